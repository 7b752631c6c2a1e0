"""The timeline: its rows, what is under the cursor, what comes next, what took longest."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.event_files import EventFileBuilder, RunBuilder
from support.timelines import MS, at, chunk, short_run, view_of

from poolscope.workloads.analysis.timeline import (
    STATES,
    Moment,
    Timeline,
    TimelineView,
    TrackView,
    cells,
    longest_idle,
    nearest_event,
    next_failure,
    slowest,
    stalls,
    stretch_at,
)
from poolscope.workloads.model import ProcessSample
from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.reader import Recording
from poolscope.workloads.recording.samples import SampleWriter


def track_of(view: TimelineView, label: str) -> TrackView:
    return next(track for track in view.tracks if track.label == label)


@pytest.fixture
def view(tmp_path: Path) -> TimelineView:
    return view_of(short_run(tmp_path / "0001"))


# Rows


def test_rows_are_the_runner_then_workers_by_start_then_the_rest(tmp_path: Path) -> None:
    run = short_run(tmp_path / "0001")
    worker = run.workers[0]
    EventFileBuilder(run.directory, 77, at(50), ROLE=layout.ROLE_HELPER, PARENT_PID=run.RUNNER, ENTERED=1).save()
    EventFileBuilder(run.directory, 78, at(60), ROLE=layout.ROLE_CHILD, PARENT_PID=worker.pid, ENTERED=1).save()
    EventFileBuilder(run.directory, 79, at(190), ROLE=layout.ROLE_WORKER, PARENT_PID=worker.pid, ENTERED=1).save()
    found = view_of(run)
    assert [(track.label, track.row) for track in found.tracks] == [
        ("runner", 0), ("w1", 1), ("w2", 2), ("w3", 3), ("w4", 4), ("c1", 5), ("helper", 6),
    ]  # fmt: skip
    assert (found.begin_ns, found.is_live) == (at(0), False)


def test_a_row_says_what_is_known_of_its_process(view: TimelineView) -> None:
    w1, w3 = track_of(view, "w1"), track_of(view, "w3")
    assert (w1.started_ns, w1.entered_ns, w1.exiting_ns, w1.ended_ns) == (at(100) - 1, at(110), at(940), at(960))
    assert (w1.exit_status, w1.has_bad_end, w1.chunks_done, w1.name) == (0, False, 10, "ForkPoolWorker-1")
    assert (w1.function, w1.is_recorded, w1.details_until_ns) == ("square_root", True, None)
    assert (w3.exiting_ns, w3.ended_ns, w3.exit_status, w3.has_bad_end) == (None, at(600), -9, True)


def test_a_worker_that_its_pool_terminated_did_not_end_badly(tmp_path: Path) -> None:
    run = short_run(tmp_path / "0001")
    idle = run.worker(at(200), ENTERED=at(210), PHASE=layout.PHASE_WAITING, PHASE_SINCE=at(210))
    run.runner.life(layout.POOL_TERMINATED, a=1, time=at(700))
    run.reap(idle, at(720), -15)
    found = track_of(view_of(run), "w4")
    assert (found.exit_status, found.has_bad_end, found.exiting_ns) == (-15, False, at(700))


def test_nothing_new_gives_the_same_view_and_more_time_another_one(tmp_path: Path) -> None:
    run = short_run(tmp_path / "0001")
    live = run.worker(at(200), ENTERED=at(210), PHASE=layout.PHASE_WAITING, PHASE_SINCE=at(210))
    recording = run.read()
    timeline = Timeline(recording)
    first = timeline.refresh(at(1000))
    second = timeline.refresh(at(1100))
    assert first.version == second.version
    assert (first.end_ns, second.end_ns, first.is_live) == (at(1000), at(1100), True)
    assert (track_of(first, "w4").until_ns, track_of(second, "w4").until_ns) == (at(1000), at(1100))
    live.chunk(job=1, times=chunk(210, 40))
    live.save()
    recording.refresh()
    third = timeline.refresh(at(1100))
    assert third.version > second.version
    assert (track_of(second, "w4").data.size, track_of(third, "w4").data.size) == (0, 1)
    recording.close()
    last = timeline.refresh(at(1200))
    assert not last.is_live
    assert timeline.refresh(at(9999)) is last


def test_a_view_stays_as_it_was_while_its_run_goes_on(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "0001")
    worker = run.worker(at(1), ENTERED=at(2))
    recording = run.read()
    timeline = Timeline(recording)
    views, pictures = [], []
    for index in range(60):
        worker.chunk(job=index, times=chunk(2 + index, 1))
        worker.put(LAST_SENT=at(3 + index), CHUNKS_DONE=index + 1)
        worker.save()
        recording.refresh()
        views.append(timeline.refresh(at(3 + index)))
        pictures.append(cells(track_of(views[-1], "w1"), at(0), at(70), 50).amounts)
    for found, picture in zip(views, pictures, strict=True):
        assert (cells(track_of(found, "w1"), at(0), at(70), 50).amounts == picture).all()


def test_where_details_stop_nothing_is_made_up(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "0001")
    worker = run.worker(at(1), ENTERED=at(2), RECORDS_DROPPED=7, CHUNKS_DONE=9, CHUNKS_STARTED=9, LAST_SENT=at(30))
    worker.put(PHASE=layout.PHASE_WAITING, PHASE_SINCE=at(30))
    for index in range(2):
        worker.chunk(job=1, index=index, times=chunk(2 + 4 * index, 4))
    (track,) = (track for track in view_of(run, at(40)).tracks if track.label == "w1")
    assert track.details_until_ns == at(10)
    assert (track.chunks_done, track.data.size) == (9, 2)
    found = cells(track, at(10), at(40), 3)
    assert [STATES[state] for state in found.state] == ["none", "none", "idle"]


# What is under the cursor


def test_the_phases_of_a_chunk(view: TimelineView) -> None:
    w2 = track_of(view, "w2")
    begin = 130 + 3 * 75
    found = [stretch_at(w2, at(begin + 75 * share / 4)) for share in (0.5, 1.5, 2.5, 3.5)]
    assert [stretch.state for stretch in found if stretch] == ["waiting", "receiving", "computing", "sending"]
    stretch = found[2]
    assert stretch is not None
    assert (stretch.begin_ns, stretch.end_ns) == (at(begin + 75 / 2), at(begin + 75 * 3 / 4))
    about = stretch.chunk
    assert about is not None
    assert (about.number, about.job, about.position, about.chunks, about.items) == (3, 1, 10, 30, 1)
    assert (about.is_failed, about.bytes_in, about.bytes_out, about.cpu_ns, about.core) == (True, 34, 56, 7000, 1)
    assert about.pickled_ns == at(begin + 75 * 3.5 / 4)
    assert about.function == "square_root"


def test_before_and_after_its_life_a_process_does_nothing(view: TimelineView) -> None:
    w1 = track_of(view, "w1")
    assert stretch_at(w1, at(99)) is None
    assert stretch_at(w1, at(960)) is None
    states = [stretch_at(w1, at(moment)) for moment in (105, 900, 950)]
    assert [(s.state, s.begin_ns, s.end_ns) for s in states if s] == [
        ("starting", at(100) - 1, at(110)),
        ("idle", at(860), at(940)),
        ("stopping", at(940), at(960)),
    ]


def test_the_chunk_in_hand_goes_on_to_now(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "0001")
    worker = run.worker(at(1), ENTERED=at(2), CHUNKS_STARTED=2, CHUNKS_DONE=1, LAST_SENT=at(6))
    worker.chunk(job=1, times=chunk(2, 4))
    worker.put(PHASE=layout.PHASE_COMPUTING, PHASE_SINCE=at(9), JOB=1, INDEX=5, ITEMS=3)
    worker.put(WAITING=at(3) - at(2) + 2 * MS, RECEIVING=2 * MS, COMPUTING=MS)
    run.runner.life(layout.JOB_SUBMITTED, value=3, a=1, b=8, time=at(1), v1=24)
    run.runner.name(layout.JOB_SUBMITTED, 1, 8, "cube")
    (track,) = (track for track in view_of(run, at(20)).tracks if track.label == "w1")
    found = [stretch_at(track, at(moment)) for moment in (7, 8.5, 15, 20)]
    assert [(s.state, s.begin_ns, s.end_ns, s.is_open) for s in found if s] == [
        ("waiting", at(6), at(8), False),
        ("receiving", at(8), at(9), False),
        ("computing", at(9), at(20), True),
        ("computing", at(9), at(20), True),
    ]
    about = found[2].chunk if found[2] else None
    assert about is not None
    assert (about.function, about.position, about.chunks, about.items) == ("cube", 5, 8, 3)
    assert (about.number, about.end_ns, about.bytes_out) == (None, None, None)


def test_a_process_that_waits_for_others_now_is_blocked_up_to_now(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "0001")
    run.runner.put(ENTERED=at(0), BLOCKED_SINCE=at(30))
    run.runner.life(layout.BLOCKED_FOR, time=at(10), v1=at(20))
    runner = view_of(run, at(50)).tracks[0]
    found = [stretch_at(runner, at(moment)) for moment in (15, 25, 40)]
    assert [(s.state, s.begin_ns, s.end_ns, s.is_open) for s in found if s] == [
        ("blocked", at(10), at(20), False),
        ("running", at(0), at(30), False),
        ("blocked", at(30), at(50), True),
    ]


@pytest.mark.parametrize(("missing", "state"), [(3, "waiting"), (0, "idle")])
def test_whoever_may_get_another_task_waits_and_else_is_idle(tmp_path: Path, missing: int, state: str) -> None:
    run = RunBuilder(tmp_path / "0001")
    run.runner.put(CHUNKS_SENT=5, RESULTS_RECEIVED=5 - missing)
    run.worker(at(1), ENTERED=at(2), PHASE=layout.PHASE_WAITING, PHASE_SINCE=at(2))
    found = stretch_at(track_of(view_of(run, at(20)), "w1"), at(10))
    assert found is not None
    assert (found.state, found.begin_ns, found.is_open) == (state, at(2), True)


def test_the_core_is_that_of_a_sample_where_the_record_has_none(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "0001")
    worker = run.worker(at(1), ENTERED=at(2), LAST_SENT=at(10))
    times = chunk(2, 8)
    worker._record(layout.CHUNK_RECORD, layout.CHUNK, 0, 0xFFFF, 1, 1, 0, *times, 34, 56, 0)
    writer = SampleWriter(run.directory)
    for moment, core in ((1, 1), (7, 5), (30, 6)):
        writer.write(at(moment), None, [ProcessSample(worker.pid, 1, None, 0, None, core, False)])
    writer.close()
    recording = run.read()
    recording.samples.refresh()
    found = stretch_at(track_of(Timeline(recording).refresh(at(40)), "w1"), at(7))
    assert found is not None
    assert found.chunk is not None
    assert (found.chunk.core, found.chunk.cpu_ns) == (5, None)


# Processes that recorded nothing


def test_processes_that_recorded_nothing_have_a_bar(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "0001")
    run.runner.life(layout.STARTED, a=500, time=at(10), v1=at(11), v2=layout.START_SUBPROCESS)
    run.runner.name(layout.STARTED, 500, 0, "/bin/sh -c exit")
    run.runner.life(layout.REAPED, a=500, time=at(30), v1=3)
    run.runner.life(layout.STARTED, a=501, time=at(40), v1=at(41), v2=layout.START_SUBPROCESS)
    writer = SampleWriter(run.directory)
    for moment in (42, 60):
        known = [ProcessSample(pid, 1, None, 0, None, 0, False, ("/usr/bin/sleep", "9")) for pid in (501, 502)]
        ours = ProcessSample(9, 1, None, 0, None, 0, False, ("python", "/x/guardian.py"))
        writer.write(at(moment), None, [*known, ours])
    writer.write(at(80), None, known[:1])
    writer.close()
    recording = run.read()
    recording.samples.refresh()
    found = {track.pid: track for track in Timeline(recording).refresh(at(2000)).tracks if not track.is_recorded}
    assert set(found) == {500, 501, 502}
    shell, sleep, other = found[500], found[501], found[502]
    assert (shell.label, shell.name, shell.started_ns, shell.ended_ns) == ("sh", "/bin/sh -c exit", at(10), at(30))
    assert (shell.exit_status, shell.has_bad_end, shell.parent) == (3, True, run.RUNNER)
    assert (sleep.label, sleep.started_ns, sleep.ended_ns, sleep.until_ns) == ("sleep", at(40), None, at(2000))
    assert (other.started_ns, other.ended_ns, other.exit_status) == (at(42), at(60), None)
    assert [STATES[s] for s in cells(sleep, at(0), at(60), 3).state] == ["none", "none", "running"]


# What comes next


def test_failures_one_after_the_other(view: TimelineView) -> None:
    first = next_failure(view, view.begin_ns)
    assert first == Moment(at(130 + 3.75 * 75), track_of(view, "w2").row, track_of(view, "w2").pid, "failed")
    second = next_failure(view, first.time_ns)
    assert second == Moment(at(600), track_of(view, "w3").row, track_of(view, "w3").pid, "killed")
    assert next_failure(view, second.time_ns) is None
    assert next_failure(view, second.time_ns, forward=False) == first
    assert next_failure(view, first.time_ns, forward=False) is None


def test_columns_with_failures_are_marked(view: TimelineView) -> None:
    failed = cells(track_of(view, "w2"), at(0), at(1000), 100)
    killed = cells(track_of(view, "w3"), at(0), at(600), 60)
    assert np.flatnonzero(failed.has_failure).tolist() == [41]
    assert np.flatnonzero(killed.has_failure).tolist() == [59]
    assert not cells(track_of(view, "w1"), at(0), at(1000), 100).has_failure.any()


def walk(view: TimelineView, begin: int, *, forward: bool) -> list[tuple[int, str]]:
    """All moments at which something happened, one after the other."""
    found: list[tuple[int, str]] = []
    while (moment := nearest_event(view, found[-1][0] if found else begin, forward=forward)) is not None:
        found.append((moment.time_ns, moment.kind))
        assert len(found) < 1000
    return found


def test_stepping_from_event_to_event_visits_every_moment_in_both_directions(view: TimelineView) -> None:
    forward = [time for time, _ in walk(view, view.begin_ns - 1, forward=True)]
    backward = [time for time, _ in walk(view, view.end_ns + 1, forward=False)]
    assert forward == sorted(set(forward))
    assert forward == backward[::-1]
    begins = {at(130 + index * 75 + 37.5) for index in range(10)}
    ends = {at(130 + (index + 1) * 75) for index in range(10)}
    assert begins | ends | {at(100) - 1, at(600), at(960), at(130 + 3.75 * 75)} <= set(forward)


# What took longest

lengths = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=300)


@settings(deadline=None, max_examples=25)
@given(st.lists(lengths, min_size=1, max_size=3), st.integers(1, 20), st.integers(0, 20_000))
def test_the_longest_are_found_whatever_their_number(
    workers: list[list[tuple[int, int]]], count: int, until: int
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        run = RunBuilder(Path(directory, "0001"))
        computed: list[tuple[int, int]] = []
        waited: list[int] = []
        last = 0
        for chunks in workers:
            now = 300
            worker = run.worker(200, ENTERED=now, PHASE=layout.PHASE_WAITING)
            for index, (wait, compute) in enumerate(chunks):
                begin, end = now + wait, now + wait + compute
                worker.chunk(job=1, index=index, times=(now, begin, begin, end, end, end))
                computed.append((compute, end))
                waited.append(wait)
                now = end
            worker.put(LAST_SENT=now if chunks else 0, PHASE_SINCE=now, CHUNKS_DONE=len(chunks))
            last = max(last, now)
        view = view_of(run, last)
        tails = [last - (track.data.last or 300) for track in view.tracks if track.is_worker]
        best = [task.end_ns - task.begin_ns for task in slowest(view, count)]
        assert best == sorted((length for length, _ in computed if length), reverse=True)[:count]
        early = [task.end_ns - task.begin_ns for task in slowest(view, count, until_ns=until)]
        assert early == sorted((length for length, end in computed if length and end <= until), reverse=True)[:count]
        idle = [stretch.end_ns - stretch.begin_ns for stretch in longest_idle(view, count)]
        assert idle == sorted((length for length in waited + tails if length), reverse=True)[:count]


# Stalls

UNIT = 400_000
work = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=8)


def build_work(directory: str, workers: list[tuple[int, list[tuple[int, int]], int | None]]) -> RunBuilder:
    run = RunBuilder(Path(directory, "0001"))
    for entered, parts, rest in workers:
        now = at(0) + (10 + entered) * UNIT
        worker = run.worker(at(0), ENTERED=now, PHASE=layout.PHASE_WAITING)
        for index, (wait, busy) in enumerate(parts):
            begin = now + wait * UNIT
            worker.chunk(job=1, index=index, times=(now, begin, begin, *[begin + busy * UNIT] * 3))
            now = begin + busy * UNIT
        worker.put(LAST_SENT=now if parts else 0, PHASE_SINCE=now, CHUNKS_DONE=len(parts))
        if rest is not None:
            run.reap(worker, now + rest * UNIT, 0)
    return run


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 5), work, st.none() | st.integers(0, 6)), min_size=1, max_size=4))
def test_stalls_are_the_times_in_which_all_who_live_are_without_work(
    workers: list[tuple[int, list[tuple[int, int]], int | None]],
) -> None:
    size = 150
    lives = np.zeros(size, bool)
    free = np.ones(size, bool)
    for entered, parts, rest in workers:
        now = 10 + entered
        own = np.ones(size, bool)  # where it is not there, it is not in the way
        for wait, busy in parts:
            own[now : now + wait] = wait * UNIT >= MS
            own[now + wait : now + wait + busy] = False
            now += wait + busy
        last = size if rest is None else now + rest
        lives[10 + entered : last] = True
        free &= own
    expected = free & lives
    edges = np.flatnonzero(np.diff(np.concatenate([[0], expected.astype(int), [0]]))).reshape(-1, 2)
    with tempfile.TemporaryDirectory() as directory:
        view = view_of(build_work(directory, workers), at(0) + size * UNIT)
    found = [
        ((begin - at(0)) // UNIT, (end - at(0)) // UNIT)
        for begin, end in zip(view.stall_begins.tolist(), view.stall_ends.tolist(), strict=True)
    ]
    assert found == [(begin, end) for begin, end in edges.tolist() if (end - begin) * UNIT >= MS]


def test_a_stall_is_seen_at_every_zoom(tmp_path: Path) -> None:
    run = build_work(str(tmp_path), [(0, [(0, 100), (3, 5000)], None), (0, [(0, 98), (5, 5000)], None)])
    view = view_of(run, at(0) + 5000 * UNIT)
    begin = at(0) + 110 * UNIT
    for columns in (3, 50, 1000):
        seen = stalls(view, view.begin_ns, view.end_ns, columns)
        width = (view.end_ns - view.begin_ns) / columns
        assert np.flatnonzero(seen).tolist() == [
            column for column in range(columns)
            if view.begin_ns + column * width < begin + 3 * UNIT and view.begin_ns + (column + 1) * width > begin
        ]  # fmt: skip
    assert stalls(view, begin - UNIT, begin + 5 * UNIT, 6).tolist() == [False, True, True, True, False, False]
    assert not stalls(view, begin + 10 * UNIT, begin + 500 * UNIT, 20).any()


def test_stalls_of_a_run_that_is_followed_are_those_of_the_run_as_a_whole(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    run = RunBuilder(tmp_path / "0001")
    workers = [run.worker(at(1), ENTERED=at(2), PHASE=layout.PHASE_WAITING) for _ in range(3)]
    recording = run.read()
    timeline = Timeline(recording)
    now = [at(2)] * 3
    for look in range(1, 40):
        until = at(2 + 100 * look)
        for index, worker in enumerate(workers):
            while True:
                wait, busy = (int(x) for x in random.integers(0, 30 * MS, 2))
                begin = now[index] + wait
                if begin + busy > until:
                    break
                worker.chunk(job=1, times=(now[index], begin, begin, *[begin + busy] * 3))
                now[index] = begin + busy
            worker.put(LAST_SENT=now[index], PHASE_SINCE=now[index])
            worker.save()
        recording.refresh()
        view = timeline.refresh(until)
    whole = Timeline(run.read()).refresh(until)
    assert len(whole.stall_begins) > 20
    assert view.stall_begins.tolist() == whole.stall_begins.tolist()
    assert view.stall_ends.tolist() == whole.stall_ends.tolist()


# What is needed, and what is asked before there is anything


def test_its_words_and_the_jobs_need_no_numpy() -> None:
    modules = "analysis.tracks", "analysis.jobs", "recording.reader", "recording.saved"
    source = "".join(f"import poolscope.workloads.{name}\n" for name in modules)
    source += "import sys\nassert 'numpy' not in sys.modules, 'numpy'"
    subprocess.run([sys.executable, "-c", source], check=True, timeout=60)


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_recording_without_anything(tmp_path: Path, is_closed: bool) -> None:
    recording = Recording(tmp_path)
    recording.refresh()
    if is_closed:
        recording.close()
    view = Timeline(recording).refresh(1000)
    assert view.tracks == ()
    answers: list[Any] = [next_failure(view, 0), nearest_event(view, 0), *slowest(view), *longest_idle(view)]
    assert not any(answers)
    assert not stalls(view, 0, 1000, 10).any()
