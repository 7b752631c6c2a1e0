"""Lanes worth a try: the engines that fit a workload, and what may be set otherwise in a lane."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..lanes import MOST_WORKERS, SETTINGS, why_no_engine
from ..model import EngineName, Lane

if TYPE_CHECKING:
    from ..model import Machine, StartMethod, Workload

_ENGINES: tuple[EngineName, ...] = ("pool", "executor", "threads", "process", "joblib", "interpreters")
"""The usual ones first: where the budget is small, the others are not tried."""
_PARTS = 4
"""Factor between two sizes of chunks."""
_BEYOND = 8
"""Times the CPU budget, beyond which workers that wait are not tried."""


def engines_for(workload: Workload) -> tuple[Lane, ...]:
    """The parallel lanes to begin with, each with its defaults."""
    return tuple(Lane(engine) for engine in _ENGINES if engine in workload.engines and why_no_engine(engine) is None)


def start_methods(lane: Lane, machine: Machine) -> tuple[StartMethod, ...]:
    """The other ways of starting the processes of a resolved lane."""
    if lane.start_method is None:
        return ()
    return tuple(method for method in machine.start_methods if method != lane.start_method)


def worker_counts(workers: int, tasks: int, cpus: int, *, upwards: bool) -> Iterator[int]:
    """Other numbers of workers, each next one worth a try only if the one before it was better.

    Args:
        workers: How many there are.
        tasks: More workers than these would have nothing to do.
        cpus: The CPU budget, in whole CPUs.
        upwards: Whether to try more of them, or fewer.
    """
    most = min(tasks, MOST_WORKERS, _BEYOND * cpus)
    count = workers
    while True:
        count = count * 2 if upwards else count // 2
        if not 1 <= count <= most:
            return
        yield count


def chunk_sizes(chunksize: int, tasks: int, workers: int, *, upwards: bool) -> Iterator[int]:
    """Other sizes of chunks, each next one worth a try only if the one before it was better.

    Args:
        chunksize: What it is.
        tasks: How many there are.
        workers: With chunks larger than a worker's part of the tasks, some would have nothing to do.
        upwards: Whether to try larger ones, or smaller.
    """
    most = max(1, -(-tasks // workers))
    size = chunksize
    while True:
        larger = min(most, size * _PARTS)
        other = larger if upwards else max(1, size // _PARTS)
        if other == size or other > most:
            return
        size = other
        yield size


def has_setting(lane: Lane, name: str) -> bool:
    """Whether an engine has a setting of that name, such as ``chunksize``."""
    return name in SETTINGS[lane.engine] and not (name == "chunksize" and lane.flavour == "apply_async")
