"""The pool engine: `multiprocessing.Pool` and its `map`, as one writes it on a first day."""

from __future__ import annotations

import multiprocessing
import multiprocessing.pool  # `Pool()` would import it only when it is called, within what is measured
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..model import Lane


def execute(
    function: Callable[[Any], Any], inputs: Sequence[Any], lane: Lane, results_there: Callable[[], object]
) -> list[Any]:
    """Map FUNCTION over the INPUTS."""
    context = multiprocessing.get_context(lane.start_method)
    pool = context.Pool(lane.workers)
    results = pool.map(function, inputs, chunksize=lane.chunksize)
    results_there()
    pool.close()
    pool.join()
    return results
