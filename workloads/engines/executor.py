"""The executor engine: `concurrent.futures.ProcessPoolExecutor` and its `map`."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import process  # the executor's own import would fall within what is measured
from typing import TYPE_CHECKING, Any

from .untimed import number_calls_anew, untimed

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Lane
    from . import Work


_MOST_SECONDS = 2.0
"""Within which a broken executor has ended its workers, unless one of them defies that."""


def execute(work: Work, lane: Lane, results_there: Callable[[], object]) -> list[Any]:
    """Have the executor call the function for all inputs, some of them at once."""
    executor = process.ProcessPoolExecutor(
        lane.workers, multiprocessing.get_context(lane.start_method), work.initializer, work.initargs
    )
    try:
        if work.begin is not None:
            list(executor.map(untimed(work).function, work.inputs, chunksize=lane.chunksize or 1))
            number_calls_anew(executor)
            work.begin()
        results = list(executor.map(work.function, work.inputs, chunksize=lane.chunksize or 1))
    except process.BrokenProcessPool:
        _await_ends(executor)
        raise
    results_there()
    executor.shutdown()
    return results


def _await_ends(executor: process.ProcessPoolExecutor) -> None:
    """Let a broken executor join its workers: its thread says that it is broken before it learns how they ended."""
    thread = vars(executor).get("_executor_manager_thread")
    if thread is not None:
        thread.join(_MOST_SECONDS)
