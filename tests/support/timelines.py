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


def long_run(directory: Path, workers: int = 256, tasks: int = 1_000_000, seconds: float = 100.0) -> RunBuilder:
    """A run of TASKS chunks in all, of which each worker does its share in SECONDS, with a stall in the middle."""
    import numpy as np

    run = RunBuilder(directory)
    run.runner = EventFileBuilder(directory, run.RUNNER, at(0), ROLE=layout.ROLE_RUNNER, RUN_BEGUN=at(0))
    random = np.random.default_rng(1)
    each = tasks // workers
    record = np.dtype([("kind", "u1"), ("flags", "u1"), ("cpu", "<u2"), ("items", "<u4"), ("job", "<u4"),
                       ("index", "<u4"), ("times", "<i8", 6), ("in", "<u4"), ("out", "<u4"), ("us", "<u4"),
                       ("commit", "<u4")])  # fmt: skip
    for number in range(workers):
        worker = run.worker(at(10 + number / 10), ENTERED=at(50))
        lengths = random.exponential(1.0, (each, 4)) + 0.1
        lengths[each // 2, 0] = each / 50
        ends = (lengths.cumsum() / lengths.sum() * seconds * 1000 * MS).astype(np.int64).reshape(each, 4) + at(60)
        chunks = np.zeros(each, record)
        chunks["kind"], chunks["items"], chunks["job"] = layout.CHUNK, 1, 1
        chunks["index"] = np.arange(each) * workers + number
        chunks["flags"] = random.random(each) < 0.0001
        chunks["times"][:, 0] = np.concatenate([[at(60)], ends[:-1, 3]])
        chunks["times"][:, 1:4], chunks["times"][:, 5] = ends[:, :3], ends[:, 3]
        chunks["times"][:, 4] = (ends[:, 2] + ends[:, 3]) // 2
        chunks["in"], chunks["out"], chunks["commit"] = 34, 56, np.arange(each) + 1
        segments = -(-each * layout.RECORD_SIZE // layout.SEGMENT_SIZE)
        worker.data = worker.data[: layout.HEADER_SIZE] + chunks.tobytes().ljust(segments * layout.SEGMENT_SIZE, b"\0")
        worker.records = each
        spent = np.diff(chunks["times"][:, [0, 1, 2, 3, 5]], axis=1).sum(axis=0)
        worker.put(RECORDS_WRITTEN=each, CHUNKS_STARTED=each, CHUNKS_DONE=each, ITEMS_DONE=each)
        worker.put(WAITING=int(spent[0]), RECEIVING=int(spent[1]), COMPUTING=int(spent[2]), RETURNING=int(spent[3]))
        worker.put(FIRST_RECEIVED=int(ends[0, 0]), LAST_SENT=int(ends[-1, 3]), PHASE=layout.PHASE_WAITING)
        worker.put(PHASE_SINCE=int(ends[-1, 3]))
    return run
