"""A workload whose tasks do nothing but log, and the screen with that workload alone on its list."""

from __future__ import annotations

import importlib
import os
import sys
from multiprocessing import get_logger

from poolscope.workloads.model import Lane, Workload

TASKS = 8


def log_lines(task: tuple[int, int]) -> int:
    """Log as many lines as the task says, each with its number: one task."""
    number, lines = task
    logger = get_logger()
    for line in range(lines):
        logger.info("task %d line %d of %d and some more words to fill it", number, line, lines)
    return lines


def workload(lines: int) -> Workload:
    """Describe the workload, for LINES in all."""
    return Workload(
        name="flood:WORKLOAD",
        summary="lines of log",
        explanation="Eight workers log as fast as they can.",
        parameters=(),
        function=log_lines,
        inputs=lambda _: [(number, lines // TASKS) for number in range(TASKS)],
        summarise=lambda results, _: f"{sum(results):,} lines",
        default_lanes=lambda _: (Lane("pool", workers=TASKS, chunksize=1),),
        memory_needed=lambda _parameters, _lane: 10**6,
        count_tasks=lambda _: TASKS,
        engines=("pool",),
    )


def lines_wanted() -> int:
    """Return the number of lines that the benchmark asked for."""
    return int(os.environ.get("FLOOD_LINES", "1000000"))


WORKLOAD = workload(lines_wanted())


def main() -> int:
    """Open the screen with this workload alone."""
    from poolscope.tui.__main__ import main as open_screen
    from poolscope.workloads import catalogue

    changes = {"names": lambda: (WORKLOAD.name,), "find": lambda _: WORKLOAD}
    for name, function in changes.items():
        setattr(catalogue, name, function)
    return open_screen()


if __name__ == "__main__":
    # Under its own name, so that its function can be pickled by it; its directory is on the path already.
    sys.exit(importlib.import_module("flood").main())
