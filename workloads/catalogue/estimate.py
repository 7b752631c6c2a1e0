"""How much memory a run will take, from the number of tasks and their sizes alone.

The figures were measured on square roots, over all processes, with shared pages counted once: 40 bytes a task in a
serial run, 67 in a pool of two or of eight workers, 129 in a pool that gets a single chunk. This estimates 48, 85, 71
and 148: a little more, because a moment of a peak is easily missed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model import Lane

_RUNNER_BYTES = 32_000_000
_WORKER_BYTES = 14_000_000
"""What an interpreter holds without any task; more than a forked one, which shares most of it."""
_THREAD_BYTES = 200_000
"""What a thread holds without any task."""
_PARTS_A_WORKER = 4
"""`Pool.map` cuts the tasks into this many chunks a worker unless told otherwise."""
_BOOKKEEPING = 8
"""A task's place in a list."""


def peak_bytes(tasks: int, lane: Lane, argument: int, result: int, held: int = 0, travelling: int = 20) -> int:
    """Estimate the peak memory of one run over its runner and all its workers.

    Args:
        tasks: Number of tasks.
        lane: What executes them; a lane that is not resolved counts with one worker a core.
        argument: Bytes of one task's argument in memory.
        result: Bytes of one task's result in memory.
        held: Bytes of one task's argument that the runner holds all the time; 0 for a range.
        travelling: Bytes of one task's argument and result when pickled.
    """
    kept = _RUNNER_BYTES + tasks * (held + result + _BOOKKEEPING)
    workers = workers_of(lane)
    if lane.engine == "serial":
        return kept + argument
    if lane.engine == "threads":
        # Nothing is sent: they look at the same memory.
        return kept + workers * (_THREAD_BYTES + argument)
    chunk = lane.chunksize or -(-tasks // (workers * _PARTS_A_WORKER))
    is_bounded = lane.engine in ("pool", "executor", "interpreters")
    under_way = min(tasks, chunk * (workers + 1)) if is_bounded else tasks
    return kept + workers * _WORKER_BYTES + under_way * (argument + result + travelling)


def workers_of(lane: Lane) -> int:
    """How many workers a lane has; one that is not resolved counts with one a core."""
    if lane.engine == "serial":
        return 1
    if lane.workers is not None:
        return lane.workers
    import os

    return os.cpu_count() or 1
