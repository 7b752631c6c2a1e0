"""Makes up the run directory of a large run, without running it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from support.event_files import EventFileBuilder, RunBuilder

from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.columns import RECORD
from poolscope.workloads.recording.meta import End, Meta, write_end, write_meta

if TYPE_CHECKING:
    from numpy.typing import NDArray

BEGIN = 5 * 10**14
"""When it begins; like the clock of a machine that has been on for some days."""
STEPS = ((9.0, 0.3), (7.0, 0.3), (5.5, 0.3), (6.5, 0.3), (8.0, 0.4))
"""From one moment of a chunk to the next: mean and spread of the logarithm of nanoseconds, as on a real pool."""
PAUSE = (9.0, 0.5)
"""Likewise, before it begins to wait for the next one."""
_CORES = 2


def make_up_run(directory: Path, tasks: int, workers: int, kind: Literal["lane", "program"] = "lane") -> int:
    """Leave what a pool of empty functions leaves, one task a chunk.

    Args:
        directory: The run directory; it must not be there yet.
        tasks: How many at most.
        workers: Each one has the same number of tasks.
        kind: Of the run.

    Returns:
        How many tasks there are.
    """
    random = np.random.default_rng(workers)
    run = RunBuilder(directory)
    runner = layout.ROLE_RUNNER if kind == "lane" else layout.ROLE_PROGRAM
    run.runner = EventFileBuilder(directory, run.RUNNER, BEGIN - 10**6, ROLE=runner)
    run.runner.put(ENTERED=BEGIN, RUN_BEGUN=BEGIN if kind == "lane" else 0, TASKS_PLANNED=tasks)
    for number in range(workers):
        run.worker(BEGIN + number, ENTERED=BEGIN + 1000 + number)
    each = tasks // workers
    chunks = [_chunks(random, each) for _ in run.workers]
    everything = np.concatenate(chunks)
    index = np.empty(len(everything), np.uint32)
    index[np.argsort(everything["q1"], kind="stable")] = np.arange(len(everything))
    for number, (worker, rows) in enumerate(zip(run.workers, chunks, strict=True)):
        rows["b"] = index[number * each : (number + 1) * each]
        last = int(rows["q5"][-1])
        worker.put(CHUNKS_STARTED=each, CHUNKS_DONE=each, ITEMS_DONE=each, LAST_SENT=last, EXITING=last + 1000)
        _write(worker, rows)
    order = np.argsort(everything["q5"], kind="stable")
    results = np.zeros(len(everything), RECORD)
    results["kind"] = layout.RESULT
    results["b"] = index[order]
    results["q0"] = everything["q5"][order] + random.lognormal(10, 0.3, len(order)).astype(np.uint64)
    results["q1"] = random.lognormal(7, 0.3, len(order))
    results["q2"] = 30
    end = int(results["q0"].max())
    run.runner.put(RESULTS_THERE=end, RUN_ENDED=end + 1000, EXITING=end + 2000)
    written = bytes(run.runner.data[layout.HEADER_SIZE :][: run.runner.records * layout.RECORD_SIZE])
    _write(run.runner, np.concatenate([np.frombuffer(written, RECORD), results]))
    meta = Meta(kind, "20261122-210355-4f2a", "made up", BEGIN - 10**6, 10**18, "1", {}, ("made", "up"))
    write_meta(meta, directory)
    write_end(End(end + 2000, "done", 0), directory)
    return len(everything)


def _chunks(random: np.random.Generator, count: int) -> NDArray[np.void]:
    steps = [random.lognormal(mean, spread, count).astype(np.uint64) for mean, spread in (PAUSE, *STEPS)]
    rows = np.zeros(count, RECORD)
    rows["kind"] = layout.CHUNK
    rows["value"] = 1
    rows["cpu"] = random.integers(0, _CORES, count)
    rows["u0"], rows["u1"] = 34, 23
    time = BEGIN + 2000 + np.cumsum(sum(steps, np.zeros(count, np.uint64)), dtype=np.uint64)
    time -= sum(steps[1:], np.zeros(count, np.uint64))
    for number in range(6):
        time = time + steps[number] if number else time
        rows[f"q{number}"] = time
    return rows


def _write(file: EventFileBuilder, rows: NDArray[np.void]) -> None:
    """Write an event file with these records."""
    file.put(RECORDS_WRITTEN=len(rows))
    rows = rows.copy()
    rows["commit"] = np.arange(1, len(rows) + 1)
    with file.path.open("wb") as output:
        output.write(file.data[: layout.HEADER_SIZE])
        output.write(rows.tobytes())
        output.write(bytes(layout.RECORD_SIZE))
