"""Makes recordings of real programs, without any screen."""

from __future__ import annotations

import select
import sys
import time
from pathlib import Path

from support.patience import PATIENCE, wait_for

from poolscope.workloads.launcher import Guardian
from poolscope.workloads.program import Program
from poolscope.workloads.recording.samples import SampleWriter
from poolscope.workloads.recording.save import save
from poolscope.workloads.sampling.cores import CoreSampler
from poolscope.workloads.sampling.processes import ProcessSampler

TASKS = 40
SCRIPT = f"""
import multiprocessing, sys, time

def slow(x):
    time.sleep(0.01)
    return x

if __name__ == "__main__":
    print("the begin", flush=True)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pool.map(slow, range({TASKS}), chunksize=1)
        pool.close()
        pool.join()
    print("the end", flush=True)
    sys.exit(3)
"""
"""A program with one job of `TASKS` tasks, that prints before and after it and exits with 3."""


def record_program(directory: Path, script: str = SCRIPT) -> Path:
    """Execute SCRIPT and return the file that its recording is saved in."""
    path, target = directory / "script.py", directory / "run.poolscope"
    path.write_text(script)
    with Guardian.start() as guardian:
        program = Program(guardian, [sys.executable, str(path)], terminal_io=False, log_level=20, keeps=False)

        samplers = CoreSampler(), ProcessSampler()
        writer: SampleWriter | None = None

        def is_over() -> bool:
            nonlocal writer
            program.step()
            if writer is None and program.directory is not None:
                writer = SampleWriter(program.directory)
            if writer is not None:
                writer.write(time.perf_counter_ns(), samplers[0].sample(), samplers[1].sample(guardian.pid))
                writer.write_sizes(time.perf_counter_ns())
            select.select([guardian], [], [], 0.02)
            return program.is_over

        assert wait_for(is_over, PATIENCE)
        assert program.directory is not None
        save(program.directory, target)
    return target
