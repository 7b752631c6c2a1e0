"""Columns of the timeline against a count by hand, for histories of all kinds and for damaged ones."""

import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.event_files import EventFileBuilder, RunBuilder

from poolscope.workloads.analysis.timeline import STATES, Timeline, TimelineView, TrackView, cells, stretch_at
from poolscope.workloads.recorder import layout

Interval = tuple[str, int, int]

durations = st.integers(0, 40)
chunk_lists = st.lists(st.tuples(durations, durations, durations, durations, st.booleans()), max_size=12)
windows = st.tuples(st.integers(-50, 2500), st.integers(1, 3000), st.integers(1, 17))


def by_hand(intervals: Sequence[Interval], edges: Sequence[int]) -> list[dict[str, int]]:
    """Nanoseconds of each state in each column, interval by interval."""
    found = []
    for begin, end in pairwise(edges):
        column: dict[str, int] = dict.fromkeys(STATES, 0)
        for state, first, last in intervals:
            column[state] += max(0, min(end, last) - max(begin, first))
        found.append(column)
    return found


def check(track: TrackView, intervals: Sequence[Interval], window: tuple[int, int, int]) -> None:
    begin, width, columns = window
    edges = [begin + width * column // columns for column in range(columns + 1)]
    got = cells(track, begin, begin + width, columns)
    expected = by_hand(intervals, edges)
    for column, amounts in enumerate(expected):
        assert {state: int(got.amounts[code, column]) for code, state in enumerate(STATES)} == amounts
        doing = {state: spent for state, spent in amounts.items() if state not in ("none", "ended") and spent}
        state = STATES[got.state[column]]
        if doing:
            assert doing[state] == max(doing.values())
            assert got.share[column] == pytest.approx(doing[state] / (edges[column + 1] - edges[column]))
            rest = sum(doing.values()) - doing[state]
            assert got.is_mixed[column] == (rest * 4 >= sum(doing.values()))
        else:
            assert state in ("none", "ended")


def view_of(run: RunBuilder, now: int) -> TimelineView:
    return Timeline(run.read()).refresh(now)


@settings(deadline=None, max_examples=80)
@given(chunk_lists, durations, st.sampled_from(["lives", "told", "killed"]), st.lists(windows, min_size=1, max_size=4))
def test_a_worker(
    chunks: list[tuple[int, int, int, int, bool]], left: int, end: str, looks: list[tuple[int, int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        run = RunBuilder(Path(directory, "0001"))
        worker = run.worker(100, ENTERED=150, PHASE=layout.PHASE_WAITING, CHUNKS_DONE=len(chunks))
        intervals: list[Interval] = [("none", -(10**9), 99), ("starting", 99, 150)]
        now = 150
        for index, (wait, receive, compute, send, is_failed) in enumerate(chunks):
            times = [now, now + wait, now + wait + receive, now + wait + receive + compute]
            sent = times[3] + send
            flags = layout.FLAG_FAILED if is_failed else 0
            worker.chunk(job=1, index=index, flags=flags, times=(*times, times[3], sent))
            intervals += [
                ("waiting", times[0], times[1]),
                ("receiving", times[1], times[2]),
                ("computing", times[2], times[3]),
                ("sending", times[3], sent),
            ]
            now = sent
        worker.put(LAST_SENT=now if chunks else 0, PHASE_SINCE=now)
        intervals.append(("idle", now, now + left))
        now += left
        last = 10**9
        if end == "told":
            worker.put(PHASE=layout.PHASE_NONE, PHASE_SINCE=now, EXITING=now + 5)
            run.reap(worker, now + 20, 0)
            # Told at the very moment of its last result or entry, it has to be told later by its leaving.
            told = now if now > 150 else now + 5
            intervals += [("idle", now, told), ("stopping", told, now + 20), ("ended", now + 20, last)]
        elif end == "killed":
            run.reap(worker, now, -9)
            intervals.append(("ended", now, last))
        else:
            intervals.append(("none", now, last))
        view = view_of(run, now)
        (track,) = (track for track in view.tracks if track.label == "w1")
        assert track.data.size == len(chunks)
        for look in looks:
            check(track, intervals, look)


@settings(deadline=None, max_examples=80)
@given(chunk_lists, st.lists(st.tuples(durations, durations), max_size=12), st.lists(windows, min_size=1, max_size=3))
def test_a_child_that_calls_the_function_itself_and_is_blocked_now_and_then(
    chunks: list[tuple[int, int, int, int, bool]],
    blocked: list[tuple[int, int]],
    looks: list[tuple[int, int, int]],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        run = RunBuilder(Path(directory, "0001"))
        child = run.worker(100, layout.ROLE_CHILD, ENTERED=150)
        doing = np.full(3000, STATES.index("running"))
        doing[:99] = STATES.index("none")
        doing[99:150] = STATES.index("starting")
        now = 150
        for index, (gap, compute, send, _, _) in enumerate(chunks):
            begin, end, sent = now + gap, now + gap + compute, now + gap + compute + send
            child.chunk(index=index, times=(begin, begin, begin, end, end, sent))
            doing[begin:end] = STATES.index("computing")
            doing[end:sent] = STATES.index("sending")
            now = sent
        last = now
        now = 150
        for gap, length in blocked:
            now += gap
            child.life(layout.BLOCKED_FOR, value=layout.BLOCKED_BY_JOIN, time=now, v1=now + length)
            part = doing[now : now + length]
            part[(part == STATES.index("running")) | (part == STATES.index("computing"))] = STATES.index("blocked")
            now += length
        now = max(now, last) + 10
        doing[now:] = STATES.index("none")
        child.put(PHASE_SINCE=last, LAST_SENT=last if chunks else 0, CHUNKS_DONE=len(chunks))
        (track,) = (track for track in view_of(run, now).tracks if track.label == "w1")
        intervals = [("none", -(10**9), 0), ("none", 3000, 10**9)]
        intervals += [(STATES[state], moment, moment + 1) for moment, state in enumerate(doing)]
        for look in looks:
            check(track, intervals, look)


slots_of_life = st.fixed_dictionaries(
    {},
    optional={
        name: st.integers(-10, 3000) | st.integers(-(2**63), 2**63 - 1)
        for name in (
            "ENTERED", "EXITING", "PHASE", "PHASE_SINCE", "WAITING", "RECEIVING", "COMPUTING", "RETURNING",
            "CHUNKS_STARTED", "CHUNKS_DONE", "LAST_SENT", "FIRST_RECEIVED", "RECORDS_DROPPED", "BLOCKED_SINCE",
        )
    },
)  # fmt: skip
any_time = st.integers(0, 2000) | st.integers(-(2**63), 2**63 - 1)


def build_damaged(
    directory: str, slots: dict[str, int], chunks: list[list[int]], blocked: list[list[int]], role: int
) -> RunBuilder:
    """Write a process with whatever values."""
    run = RunBuilder(Path(directory, "0001"))
    worker: EventFileBuilder = run.worker(100, role, **slots)
    for index, times in enumerate(chunks):
        worker.chunk(job=3, index=index, times=tuple(times))
    for begin, end in blocked:
        worker.life(layout.BLOCKED_FOR, time=begin, v1=end)
    return run


@settings(deadline=None, max_examples=200)
@given(
    slots_of_life,
    st.lists(st.lists(any_time, min_size=6, max_size=6), max_size=6),
    st.lists(st.lists(any_time, min_size=2, max_size=2), max_size=4),
    st.sampled_from([layout.ROLE_WORKER, layout.ROLE_CHILD]),
    st.booleans(),
    windows,
)
def test_damaged_values_break_nothing(
    slots: dict[str, int],
    chunks: list[list[int]],
    blocked: list[list[int]],
    role: int,
    is_reaped: bool,
    window: tuple[int, int, int],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        run = build_damaged(directory, slots, chunks, blocked, role)
        if is_reaped:
            run.reap(run.workers[0], 1500, -9)
        view = view_of(run, 2000)
        for track in view.tracks:
            begin, width, columns = window
            got = cells(track, begin, begin + width, columns)
            assert (got.amounts >= 0).all()
            assert got.amounts.sum() == width
            last = track.data.segments[0].begin
            for segment in track.data.segments:
                assert segment.begin == last
                assert segment.end >= segment.begin
                last = segment.end
            for moment in range(begin, begin + width, max(1, width // 6)):
                stretch = stretch_at(track, moment)
                state = STATES[cells(track, moment, moment + 1, 1).state[0]]
                if stretch is None:
                    assert state in ("none", "ended")
                elif moment < track.until_ns:  # at its very end, that is what it does now
                    assert state == stretch.state
                    assert stretch.begin_ns <= moment <= stretch.end_ns
