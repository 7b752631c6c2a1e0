"""The timeline of 256 processes and 1,000,000 tasks: opening it, its frames at every zoom, what is new, the past."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from support.bench import report, say
from support.event_files import EventFileBuilder, RunBuilder
from support.timelines import at, chunk, long_run

from poolscope.workloads.analysis.jobs import jobs_of
from poolscope.workloads.analysis.process_ledger import process_ledgers
from poolscope.workloads.analysis.timeline import (
    Timeline,
    TimelineView,
    cells,
    longest_idle,
    nearest_event,
    next_failure,
    slowest,
    stalls,
    stretch_at,
)
from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.moment import RecordingAt
from poolscope.workloads.recording.reader import Recording

ROWS, COLUMNS = 30, 200
FRAME_MS = 16.0
ZOOMS = (1.0, 0.1, 0.01, 0.001, 0.0001)
"""Shares of the run that a frame shows; and 10 us a column besides."""


def timed(work: Callable[[], object], times: int = 15) -> float:
    """Median of the milliseconds that WORK takes."""
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        found.append((time.perf_counter() - begin) * 1000)
    return median(found)


def frame(view: TimelineView, begin: int, end: int, first: int) -> None:
    """What a screen asks for: the visible rows, the stalls, and what is under the cursor."""
    for track in view.tracks[first : first + ROWS]:
        cells(track, begin, end, COLUMNS)
    stalls(view, begin, end, COLUMNS)
    stretch_at(view.tracks[first], (begin + end) // 2)


def frames(view: TimelineView) -> float:
    """Print what a frame costs at each zoom, and return the worst."""
    length = view.end_ns - view.begin_ns
    worst = 0.0
    for width in [round(length * share) for share in ZOOMS] + [COLUMNS * 10_000]:
        begin = view.begin_ns + (length - width) // 2
        cost = timed(lambda begin=begin, width=width: frame(view, begin, begin + width, 100))  # type: ignore[misc]
        say(f"  {width / COLUMNS / 1000:>12,.0f} µs a column: {cost:.2f} ms")
        worst = max(worst, cost)
    return worst


def whole(directory: Path, processes: int, tasks: int) -> bool:
    """Measure a recording that is over."""
    say(f"writing {tasks:,} tasks of {processes} processes ...")
    long_run(directory, processes, tasks).save()
    recording = Recording(directory, is_alive=lambda pid: False)
    begin = time.perf_counter()
    recording.refresh()
    recording.close()
    say(f"reading headers and rare records: {(time.perf_counter() - begin) * 1000:.0f} ms")
    begin = time.perf_counter()
    timeline = Timeline(recording)
    view = timeline.refresh(0)
    opened = time.perf_counter() - begin
    kept = sum(array.nbytes for track in view.tracks for array in track.data if isinstance(array, np.ndarray))
    known = sum(track.data.size for track in view.tracks)
    say(f"memory: {kept / known:.1f} bytes a task")
    is_well = report("first view of a recording that is over", opened, "s", 1.0)
    is_well &= report(f"worst frame of {ROWS} rows and {COLUMNS} columns", frames(view), "ms", FRAME_MS)
    say(f"view again with nothing new: {timed(lambda: timeline.refresh(0)):.3f} ms")
    middle = (view.begin_ns + view.end_ns) // 2
    say(f"ten slowest: {timed(lambda: slowest(view)):.2f} ms; up to a moment: "
        f"{timed(lambda: slowest(view, until_ns=middle), 5):.2f} ms")  # fmt: skip
    say(f"longest idle: {timed(lambda: longest_idle(view)):.2f} ms; next failure: "
        f"{timed(lambda: next_failure(view, middle)):.2f} ms; nearest event: "
        f"{timed(lambda: nearest_event(view, middle)):.2f} ms")  # fmt: skip
    seek = timed(lambda: RecordingAt(recording, view, middle), 5)
    is_well &= report("one moment of the past", seek, "ms", 100)
    then = RecordingAt(recording, view, middle)
    costs = [timed(work, 3) for work in (
        lambda: then.processes(middle), lambda: process_ledgers(then, middle), lambda: jobs_of(then),
    )]  # fmt: skip
    say("  and its processes {:.2f} ms, ledgers {:.2f} ms, jobs {:.2f} ms".format(*costs))
    return is_well


def growing(directory: Path, workers: int, rounds: int) -> bool:
    """Measure what it costs to follow a run in which every worker has something new at each look."""
    run = RunBuilder(directory)
    files: list[EventFileBuilder] = [run.worker(at(1), ENTERED=at(2)) for _ in range(workers)]
    run.save()
    recording = Recording(directory, is_alive=lambda pid: True)
    timeline = Timeline(recording)
    costs: list[float] = []
    for index in range(rounds):
        for file in files:
            for part in range(4):
                file.chunk(job=1, index=index, times=chunk(3 + 4 * index + part, 1))
            file.put(LAST_SENT=at(7 + 4 * index), PHASE_SINCE=at(7 + 4 * index), PHASE=layout.PHASE_WAITING)
            file.put(CHUNKS_DONE=4 * (index + 1), CHUNKS_STARTED=4 * (index + 1))
            file.save()
        recording.refresh()
        begin = time.perf_counter()
        timeline.refresh(at(8 + 4 * index))
        costs.append((time.perf_counter() - begin) * 1000)
    cost = median(costs)
    is_well = report(f"live view with news of all {workers} workers", cost, "ms", 50)
    say(f"  {cost * 1000 / workers:.0f} µs a worker; {cost * 1000 / workers / 4:.0f} µs a new chunk")
    idle = timed(lambda: timeline.refresh(at(9 + 4 * rounds)))
    say(f"live view with nothing new: {idle:.2f} ms")
    return is_well


def main() -> int:
    """Measure, and say whether everything is within its bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=256)
    parser.add_argument("--tasks", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="poolscope-bench-") as place:
        is_well = whole(Path(place, "whole"), given.processes, given.tasks)
        is_well &= growing(Path(place, "growing"), given.processes, 20)
    return 0 if is_well else 1


if __name__ == "__main__":
    sys.exit(main())
