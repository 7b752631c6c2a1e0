"""The timeline of real programs: against the clocks of their tasks, their ledgers, and themselves once saved."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.observed_run import environment
from support.patience import wait_for

from poolscope.workloads.analysis.jobs import jobs_of
from poolscope.workloads.analysis.process_ledger import process_ledgers
from poolscope.workloads.analysis.timeline import (
    STATES,
    Timeline,
    TimelineView,
    TrackView,
    cells,
    next_failure,
    slowest,
    stretch_at,
)
from poolscope.workloads.model import ProcessState
from poolscope.workloads.programs import ProcessPart
from poolscope.workloads.recording.meta import Meta, write_meta
from poolscope.workloads.recording.moment import RecordingAt
from poolscope.workloads.recording.reader import Recording
from poolscope.workloads.recording.save import save
from poolscope.workloads.recording.saved import SavedRecording

PROGRAM = """
import json, os, sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter_ns as now

def task(number):
    begin = now()
    while now() < begin + 1_000_000 * (1 + number % 3):
        pass
    if number == 17:
        raise ValueError(number)
    return os.getpid(), begin, now()

def outer(number):
    return task(number)

if __name__ == "__main__":
    context, seen = get_context(sys.argv[1]), []
    with context.Pool(2) as pool:
        seen += pool.map(task, range(10, 16), chunksize=2)
        seen += pool.imap_unordered(task, range(3))
        pool.apply(time.sleep, (0.4,))
        results = [pool.apply_async(task, (number,)) for number in range(14, 20)]
        for result in results:
            try:
                seen.append(result.get())
            except ValueError:
                pass
        pool.close()
        pool.join()
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        seen += executor.map(outer, range(8))
    child = context.Process(target=task, args=(1,))
    child.start()
    child.join()
    print(json.dumps(seen))
"""
METHODS = ["fork", "spawn", "forkserver"]


class Followed:
    """A program that was followed from its begin to its end."""

    def __init__(self, directory: Path, *arguments: str, source: str = PROGRAM) -> None:
        self.directory = directory / "run"
        self.directory.mkdir()
        program = directory / "program.py"
        program.write_text(source)
        write_meta(Meta("program", "x", "program.py", time.perf_counter_ns(), time.time_ns(), "0", {}), self.directory)
        self.recording = Recording(self.directory)
        self.timeline = Timeline(self.recording)
        self.looks: list[tuple[int, tuple[ProcessState, ...], int]] = []
        """What was seen meanwhile, and the times before and after."""
        with subprocess.Popen(
            [sys.executable, program, *arguments], env=environment(self.directory), cwd=directory,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        ) as process:  # fmt: skip
            try:
                assert wait_for(lambda: self._is_over(process), every=0.003)
            finally:
                process.kill()
            assert process.stdout is not None
            self.output = process.stdout.read()
        assert process.returncode == 0
        self.recording.close()
        self.view = self.timeline.refresh(time.perf_counter_ns())

    def _is_over(self, process: subprocess.Popen[bytes]) -> bool:
        before = time.perf_counter_ns()
        self.recording.refresh()
        self.timeline.refresh(time.perf_counter_ns())
        self.looks.append((before, self.recording.processes(before), time.perf_counter_ns()))
        return process.poll() is not None


@pytest.fixture(scope="module", params=METHODS)
def followed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Followed:
    return Followed(tmp_path_factory.mktemp(request.param), request.param)


def test_every_task_computes_when_it_says_so(followed: Followed) -> None:
    tracks = {track.pid: track for track in followed.view.tracks}
    seen = json.loads(followed.output)
    assert len(seen) == 6 + 3 + 5 + 8
    for pid, begin, end in seen:
        for moment in (begin, (begin + end) // 2, end - 1):
            stretch = stretch_at(tracks[pid], moment)
            assert stretch is not None
            assert stretch.state == "computing"
            assert stretch.chunk is not None
            assert stretch.begin_ns <= begin
            assert stretch.end_ns >= end
            assert stretch.chunk.function in ("task", "outer")
            assert not stretch.chunk.is_failed


def test_rows_jobs_and_failures(followed: Followed) -> None:
    rows = [(track.label, track.items_done, track.data.size == track.chunks_done) for track in followed.view.tracks]
    workers = [row for row in rows if row[0].startswith("w")]
    assert sorted(label for label, *_ in rows if label != "fork server") == ["c1", "main", "w1", "w2", "w3", "w4"]
    assert sum(items for _, items, _ in workers) == 6 + 3 + 1 + 6 + 8
    assert all(is_whole for *_, is_whole in rows)
    jobs = jobs_of(followed.recording)
    assert [(job.function, job.items_done, job.chunks_failed) for job in jobs] == [
        ("task", 6, 0), ("task", 3, 0), ("sleep", 1, 0), ("task", 6, 1), ("outer", 8, 0),
    ]  # fmt: skip
    assert [job.pool for job in jobs] == ["Pool 1"] * 4 + ["ProcessPoolExecutor 2"]
    failure = next_failure(followed.view, followed.view.begin_ns)
    assert failure is not None
    stretch = stretch_at(followed.view.tracks[failure.row], failure.time_ns - 1)
    assert stretch is not None
    assert stretch.chunk is not None
    assert (stretch.state, stretch.chunk.is_failed, stretch.chunk.arguments) == ("computing", True, "17")
    assert next_failure(followed.view, failure.time_ns) is None
    best = slowest(followed.view, 5)
    assert len(best) == 5
    assert all(task.end_ns - task.begin_ns >= 2_000_000 for task in best)


def test_what_columns_add_up_to_is_what_ledgers_say(followed: Followed) -> None:
    view = followed.view
    rows = {(track.pid, track.label): track for track in view.tracks}
    for ledger in process_ledgers(followed.recording, view.end_ns):
        amounts = cells(rows[ledger.pid, ledger.label], view.begin_ns, view.end_ns, 37).amounts.sum(axis=1)
        found = {state: int(spent) for state, spent in zip(STATES, amounts, strict=True)}
        for part, spent in ledger.parts().items():
            # Waits that are too short for a record are counted only.
            short = 5_000_000 if part in ("blocked", "running", "computing") and ledger.blocked_ns else 0
            assert abs(found[part] - spent) <= short, (ledger.label, part)


def _equal(one: Any, other: Any) -> bool:
    return bool(np.array_equal(one, other))


def without_data(track: TrackView) -> dict[str, Any]:
    return {name: value for name, value in track._asdict().items() if name != "data"}


def same(one: TimelineView, other: TimelineView) -> bool:
    """Whether two views say the same, at two zooms."""
    assert [track.label for track in one.tracks] == [track.label for track in other.tracks]
    for track, again in zip(one.tracks, other.tracks, strict=True):
        for begin, end in ((one.begin_ns, one.end_ns), (one.begin_ns, (one.begin_ns + one.end_ns) // 2)):
            found, expected = (cells(row, begin, end, 200) for row in (track, again))
            assert all(_equal(mine, its) for mine, its in zip(found, expected, strict=True)), track.label
    assert one.stall_begins.tolist() == other.stall_begins.tolist()
    assert one.stall_ends.tolist() == other.stall_ends.tolist()
    return [without_data(track) for track in one.tracks] == [without_data(track) for track in other.tracks]


def test_who_followed_a_run_has_what_who_opens_it_at_its_end_has(followed: Followed) -> None:
    assert len(followed.looks) > 10
    assert same(followed.view, Timeline(followed.recording).refresh(0))


def test_a_saved_recording_has_the_same_timeline(followed: Followed, tmp_path: Path) -> None:
    save(followed.directory, tmp_path / "x.poolscope")
    saved = SavedRecording(tmp_path / "x.poolscope")
    view = Timeline(saved).refresh(0)
    assert [track.pid for track in view.tracks] == [track.pid for track in followed.view.tracks]
    for track, again in zip(view.tracks, followed.view.tracks, strict=True):
        assert np.array_equal(track.data.starts, again.data.starts)
        assert np.array_equal(track.data.sums, again.data.sums)
        if track.ended_ns == again.ended_ns:
            found, expected = (cells(row, view.begin_ns, view.end_ns, 99).amounts for row in (track, again))
            assert (found == expected).all()
    # Labels go by the order in which processes came into sight.
    assert [task._replace(label="") for task in slowest(view)] == [
        task._replace(label="") for task in slowest(followed.view)
    ]
    assert jobs_of(saved) == jobs_of(followed.recording)
    middle = (view.begin_ns + view.end_ns) // 2
    one, other = (
        RecordingAt(recording, whole, middle).processes(middle)
        for recording, whole in ((saved, view), (followed.recording, followed.view))
    )
    assert {state.pid: state._replace(label="") for state in one} == {
        state.pid: state._replace(label="") for state in other
    }


def test_the_past_is_what_it_was_when_it_was_the_present(followed: Followed) -> None:
    compared = 0
    for before, states, after in followed.looks:
        first, last = (
            {s.pid: s for s in RecordingAt(followed.recording, followed.view, moment).processes(moment)}
            for moment in (before, after)
        )
        for state in states:
            if state.pid not in first or state.role != first[state.pid].role:
                continue  # it had just been made, and had not said what it is
            # A worker counts a chunk before it sends the result, its past after that.
            returning = state.phase == "returning"
            assert first[state.pid].chunks_done <= state.chunks_done <= last[state.pid].chunks_done + returning
            assert state.label in ("process", first[state.pid].label)
            if first[state.pid] == last[state.pid] and state.role == "worker" and state.phase == "computing":
                # It may have been about to say that it was done.
                assert first[state.pid].phase in ("computing", "returning")
                # How many tasks a job has may have been known only after the first of them had begun.
                known = first[state.pid].current
                assert state.current in (known, re.sub(r" of [\d,]+", "", known))
                compared += 1
    assert compared > 0


def test_ledgers_of_the_past_only_grow(followed: Followed) -> None:
    view = followed.view
    before: dict[int, Mapping[ProcessPart, int]] = {}
    for share in range(11):
        moment = view.begin_ns + (view.end_ns - view.begin_ns) * share // 10
        then = RecordingAt(followed.recording, view, moment)
        for ledger in process_ledgers(then, moment):
            parts = ledger.parts()
            assert sum(parts.values()) == ledger.wall_ns
            known = before.get(ledger.pid, parts)
            growing: tuple[ProcessPart, ...] = ("starting", "receiving", "computing", "sending")
            for part in growing:
                assert parts[part] >= known[part]
            before[ledger.pid] = parts
    assert {ledger.pid: ledger.parts() for ledger in process_ledgers(followed.recording, view.end_ns)} == before


def test_a_worker_that_dies_is_dead_on_its_row_and_the_pool_goes_on(tmp_path: Path) -> None:
    source = """
import os, signal, time
from multiprocessing import Pool

def deadly(number):
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number

if __name__ == "__main__":
    with Pool(1) as pool:
        pool.apply(deadly, (0,))
        pool.apply_async(deadly, (1,))
        deadline = time.monotonic() + 30
        while True:
            try:
                assert pool.apply_async(deadly, (2,)).get(timeout=0.2) == 2
                break
            except Exception:
                assert time.monotonic() < deadline
"""
    followed = Followed(tmp_path, source=source)
    moment = next_failure(followed.view, followed.view.begin_ns)
    assert moment is not None
    track = followed.view.tracks[moment.row]
    assert (moment.kind, track.label, track.exit_status, track.has_bad_end) == ("killed", "w1", -9, True)
    stretch = stretch_at(track, moment.time_ns - 1)
    assert stretch is not None
    assert stretch.chunk is not None
    assert (stretch.state, stretch.end_ns, stretch.chunk.function) == ("computing", moment.time_ns, "deadly")
    then = RecordingAt(followed.recording, followed.view, moment.time_ns - 1)
    assert {state.label: state.phase for state in then.processes(0)}["w1"] == "computing"
    assert next_failure(followed.view, moment.time_ns) is None
