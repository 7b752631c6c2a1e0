"""The joblib engine: `joblib.Parallel` with loky's processes."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .blocks import call_in_blocks
from .untimed import number_calls_anew, untimed

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Lane
    from . import Work

joblib: Any = import_module("joblib")  # it may be missing, and has no types
loky: Any = import_module("joblib.externals.loky")

_UNDER_WAY = 2
"""Batches a worker that are sent before a result comes, as by default, where a batch is counted as one task."""


def execute(work: Work, lane: Lane, results_there: Callable[[], object]) -> list[Any]:
    """Have joblib call the function for all inputs, some of them at once."""
    chunksize, workers = lane.chunksize or 1, lane.workers or 1
    if workers == 1:
        return _alone(work, results_there)
    options: dict[str, Any] = {}
    if work.initializer is not None:
        options = {"initializer": work.initializer, "initargs": work.initargs}
    parallel = joblib.Parallel(
        n_jobs=workers, backend="loky", batch_size=chunksize, pre_dispatch=_UNDER_WAY * workers * chunksize, **options
    )
    if work.begin is None:
        results = _call(parallel, work)
    else:
        with parallel:  # which keeps its workers between the calls
            _call(parallel, untimed(work))
            number_calls_anew(loky.get_reusable_executor(reuse=True))
            work.begin()
            results = _call(parallel, work)
    results_there()
    # It would be kept for the next call.
    loky.get_reusable_executor(reuse=True).shutdown(wait=True)
    return results


def _call(parallel: Any, work: Work) -> list[Any]:
    call = joblib.delayed(work.function)
    return list(parallel(call(each) for each in work.inputs))


def _alone(work: Work, results_there: Callable[[], object]) -> list[Any]:
    """With one worker, joblib starts no process, but calls the function here."""
    work.initialize()
    if work.begin is not None:
        joblib.Parallel(n_jobs=1)(joblib.delayed(work.function)(each) for each in work.inputs)
        work.begin()
    call = joblib.delayed(call_in_blocks)
    (results,) = joblib.Parallel(n_jobs=1)([call(work.function, work.inputs)])
    results_there()
    return list(results)
