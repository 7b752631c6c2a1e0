"""The pool engine: `multiprocessing.Pool` and one of its methods, as one writes it on a first day."""

from __future__ import annotations

import multiprocessing
import multiprocessing.pool  # `Pool()` would import it only when it is called, within what is measured
from typing import TYPE_CHECKING, Any

from . import TaskError
from .untimed import number_jobs_anew, untimed

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.pool import Pool

    from ..model import Lane
    from . import Work


def execute(work: Work, lane: Lane, results_there: Callable[[], object]) -> list[Any]:
    """Have a pool call the function for all inputs, by the method that the lane names."""
    context = multiprocessing.get_context(lane.start_method)
    pool = context.Pool(lane.workers, work.initializer, work.initargs, lane.maxtasks)
    method = _METHODS[lane.flavour or "map"]
    if work.begin is not None:
        method(pool, untimed(work), lane.chunksize or 1)
        number_jobs_anew(multiprocessing.pool)
        work.begin()
    results = method(pool, work, lane.chunksize or 1)
    results_there()
    pool.close()
    pool.join()
    return results


def _map(pool: Pool, work: Work, chunksize: int) -> list[Any]:
    return pool.map(work.function, work.inputs, chunksize=chunksize)


def _imap(pool: Pool, work: Work, chunksize: int) -> list[Any]:
    return list(pool.imap(work.function, work.inputs, chunksize=chunksize))


def _imap_unordered(pool: Pool, work: Work, chunksize: int) -> list[Any]:
    return list(pool.imap_unordered(work.function, work.inputs, chunksize=chunksize))


def _starmap(pool: Pool, work: Work, chunksize: int) -> list[Any]:
    return pool.starmap(work.function, zip(work.inputs), chunksize=chunksize)


def _apply_async(pool: Pool, work: Work, chunksize: int) -> list[Any]:
    del chunksize  # each task is sent for itself
    calls = [pool.apply_async(work.function, (each,)) for each in work.inputs]
    results: list[Any] = []
    try:
        results.extend(call.get() for call in calls)
    except Exception as error:
        raise TaskError(len(results)) from error
    return results


_METHODS: dict[str, Callable[[Pool, Work, int], list[Any]]] = {
    "map": _map,
    "imap": _imap,
    "imap_unordered": _imap_unordered,
    "starmap": _starmap,
    "apply_async": _apply_async,
}
