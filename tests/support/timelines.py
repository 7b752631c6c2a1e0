"""Recordings for tests of the timeline: short ones with everything in them, long ones with a million tasks."""

from __future__ import annotations

from pathlib import Path

from support.event_files import EventFileBuilder, RunBuilder

from poolscope.workloads.analysis.timeline import Timeline, TimelineView
from poolscope.workloads.recorder import layout

MS = 1_000_000
BEGIN = 1_000 * MS


def at(milliseconds: float) -> int:
    """That long after the begin of the run."""
    return BEGIN + round(milliseconds * MS)


def chunk(begin: float, length: float) -> tuple[int, ...]:
    """The times of a chunk: from BEGIN on, a quarter of LENGTH each for waiting, receiving, computing and sending."""
    quarter = length / 4
    return (at(begin), at(begin + quarter), at(begin + 2 * quarter), at(begin + 3 * quarter),
            at(begin + 3.5 * quarter), at(begin + length))  # fmt: skip


def short_run(directory: Path, workers: int = 3, chunks: int = 10) -> RunBuilder:
    """A run of one second: workers with CHUNKS chunks each, the fourth of w2 fails, w3 is killed in its sixth.

    They are started from 100 ms on, each 20 ms after the one before, are ready 10 ms later, and take 75 ms a chunk if
    there are ten; the run ends after 1000 ms.
    """
    run = RunBuilder(directory)
    run.runner = EventFileBuilder(directory, run.RUNNER, at(0), ROLE=layout.ROLE_RUNNER, RUN_BEGUN=at(0))
    run.runner.life(layout.JOB_SUBMITTED, a=1, value=1, b=chunks * workers, time=at(105), v1=chunks * workers)
    length = 750 / max(1, chunks)
    for number in range(workers):
        ready = 110 + 20 * (number % 4)
        worker = run.worker(at(ready - 10), ENTERED=at(ready))
        worker.text(layout.FUNCTION_TEXT, "square_root").text(layout.NAME_TEXT, f"ForkPoolWorker-{number + 1}")
        dies = number == 2
        done = 5 if dies else chunks
        for index in range(done):
            failed = layout.FLAG_FAILED if number == 1 and index == 3 else 0
            worker.chunk(
                job=1, index=index * workers + number, flags=failed, times=chunk(ready + index * length, length)
            )
        worker.put(CHUNKS_STARTED=done, CHUNKS_DONE=done, ITEMS_DONE=done)
        worker.put(CHUNKS_FAILED=int(number == 1), LAST_SENT=at(ready + done * length))
        worker.put(WAITING=round(done * length * MS / 4), RECEIVING=round(done * length * MS / 4))
        worker.put(COMPUTING=round(done * length * MS / 4), RETURNING=round(done * length * MS / 4))
        if dies:
            worker.put(CHUNKS_STARTED=6, PHASE=layout.PHASE_COMPUTING, PHASE_SINCE=at(550), JOB=1, INDEX=17, ITEMS=1)
            run.reap(worker, at(600), -9)
        else:
            worker.put(PHASE=0, PHASE_SINCE=at(940), EXITING=at(950))
            run.reap(worker, at(960), 0)
    run.runner.life(layout.RUN_MARK, value=layout.RUN_ENDED, time=at(1000))
    run.runner.put(RUN_ENDED=at(1000), EXITING=at(1000), EXIT_CODE=0)
    run.vanished.update({run.RUNNER, *(worker.pid for worker in run.workers)})
    run.result()
    return run


def view_of(run: RunBuilder, now_ns: int | None = None) -> TimelineView:
    """What the timeline makes of RUN: once it is over, or as it goes on at NOW_NS."""
    recording = run.read()
    if now_ns is None:
        recording.close()
    return Timeline(recording).refresh(now_ns or at(1000))
