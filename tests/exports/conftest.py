"""A recording for the exports: two workers of a pool, of which one was killed, and a program that waits for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.event_files import EventFileBuilder

from poolscope.workloads.model import CoresSample, CoreUsage, ProcessSample
from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.exports.source import Source, gather
from poolscope.workloads.recording.meta import End, Meta, write_end, write_meta
from poolscope.workloads.recording.reader import Recording
from poolscope.workloads.recording.samples import SampleWriter

MS = 1_000_000
BEGIN = 5_000 * MS
MAIN, FIRST, SECOND = 2**31 - 1_000_000, 2**31 - 999_999, 2**31 - 999_998
HOSTILE = """<script>alert("1")</script>&amp;'`|@all\x1b[31m\x07\u202e=1+1]]>"""
"""A name that is everything but harmless."""


def at(milliseconds: float) -> int:
    """Return a moment of the run."""
    return BEGIN + round(milliseconds * MS)


def write_run(directory: Path, *, function: str = "work.square", name: str = "script.py") -> Path:
    """Write a run directory: a job of ten chunks, of which the first worker did six and the second three."""
    directory.mkdir()
    main = EventFileBuilder(
        directory, MAIN, at(0), ROLE=layout.ROLE_PROGRAM, ENTERED=at(1), PARENT_PID=1, EXITING=at(118),
        CHUNKS_SENT=10, SENDING=2 * MS, SENT_BYTES=340, RESULTS_RECEIVED=9, UNPICKLING=MS, RESULT_BYTES=504,
        BLOCKED=90 * MS,
    )  # fmt: skip
    main.text(layout.NAME_TEXT, name)
    main.life(layout.POOL_CREATED, value=2, a=1, time=at(5), v1=at(9))
    main.life(layout.JOB_SUBMITTED, value=2, a=0, b=10, time=at(12), v1=20)
    for start in range(0, len(function), 50):
        main.name(layout.JOB_SUBMITTED, 0, 10, function[start : start + 50])
    main.life(layout.BLOCKED_FOR, value=layout.BLOCKED_BY_RESULTS, time=at(20), v1=at(110))
    for pid, created in ((FIRST, 7), (SECOND, 8)):
        main.life(layout.STARTED, a=pid, time=at(created - 1), v1=at(created), v2=layout.START_WORKER)
    workers = [worker(directory, FIRST, 7, 6, function), worker(directory, SECOND, 8, 3, function, in_hand=True)]
    workers[0].put(EXITING=at(112), CHUNKS_FAILED=1)
    main.life(layout.REAPED, a=FIRST, time=at(115), v1=0)
    main.life(layout.REAPED, a=SECOND, time=at(70), v1=-9)
    for file in (main, *workers):
        file.save()
    write_texts(directory, name)
    return directory


def worker(
    directory: Path, pid: int, created: int, chunks: int, function: str, *, in_hand: bool = False
) -> EventFileBuilder:
    """Write a worker that works on a chunk each 10 ms: 2 ms waiting, 1 receiving, 6 computing, 1 sending."""
    file = EventFileBuilder(
        directory, pid, at(created), ROLE=layout.ROLE_WORKER, PARENT_PID=MAIN, ENTERED=at(10), START_METHOD=1,
        CHUNKS_STARTED=chunks + in_hand, CHUNKS_DONE=chunks, ITEMS_DONE=2 * chunks,
        WAITING=2 * MS * chunks, RECEIVING=MS * chunks, COMPUTING=6 * MS * chunks, RETURNING=MS * chunks,
        BYTES_IN=34 * chunks, BYTES_OUT=56 * chunks, FIRST_RECEIVED=at(14), LAST_SENT=at(12 + 10 * chunks),
    )  # fmt: skip
    file.text(layout.NAME_TEXT, f"ForkPoolWorker-{pid - MAIN}").text(layout.FUNCTION_TEXT, function)
    for number in range(chunks):
        begin = 12 + 10 * number
        times = tuple(at(begin + offset) for offset in (0, 2, 3, 9, 9.5, 10))
        flags = layout.FLAG_FAILED if pid == FIRST and number == 4 else 0
        file.chunk(job=0, index=2 * number + (pid == SECOND), items=2, flags=flags, times=times)
    if in_hand:
        file.put(PHASE=layout.PHASE_COMPUTING, PHASE_SINCE=at(15 + 10 * chunks), JOB=0, INDEX=9, ITEMS=2)
    return file


def write_texts(directory: Path, name: str) -> None:
    """Write what surrounds the event files."""
    machine = {
        "system": "Linux 6.18", "python": "3.11.7", "implementation": "CPython", "cpu_model": "A processor",
        "cpus": {"online": 2, "affinity": 2, "limits": [], "budget": 2.0},
    }  # fmt: skip
    meta = Meta("program", "20261122-210355-4f2a", f"python {name}", at(0), 1_790_000_000 * 10**9, "0.1.0", machine,
                command=("python", name), directory="/home/someone/project")  # fmt: skip
    write_meta(meta, directory)
    note = f"The process {name} could not be recorded."
    write_end(End(at(120), "failed", -9, {}, f"Worker w2 of {name} was killed by SIGKILL.", (note,)), directory)
    writer = SampleWriter(directory)
    for step in range(13):
        cores = tuple(CoreUsage(number, 10.0 * number + step, 2.5, 0.0) for number in range(2))
        process = ProcessSample(FIRST, MAIN, 50.0, 20_000_000 + step, 10_000_000, 1, False, ("python", name))
        writer.write(at(10 * step), CoresSample(at(10 * step), cores, 0.5, 100.0), [process])
    writer.close()


def read_run(directory: Path) -> Source:
    """Read a run directory and work out what exports need."""
    recording = Recording(directory, is_alive=lambda pid: False)
    recording.refresh()
    recording.close()
    return gather(recording)


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """Return the recording that this module describes."""
    return read_run(write_run(tmp_path / "run"))


@pytest.fixture
def hostile(tmp_path: Path) -> Source:
    """Return the same with names that are made to do harm."""
    return read_run(write_run(tmp_path / "run", function=HOSTILE, name=HOSTILE))
