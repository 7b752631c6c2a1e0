"""The pass before the timed one, where a pool is kept warm: it is recorded nowhere.

The function of that pass is wrapped, and by its wrapper the recorder knows it, in whatever process it is called. The
chunks of the timed pass are numbered as if there had been none before.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

    from . import Work


class Untimed:
    """Calls a function; the recorder leaves such calls out."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, given: Any) -> Any:
        """Do one task."""
        return self.function(given)


def untimed(work: Work) -> Work:
    """The same work, recorded nowhere."""
    return work._replace(function=Untimed(work.function), begin=None)


def number_jobs_anew(pool: ModuleType) -> None:
    """Number jobs from 0 on: readers tell by its number which task a job of `apply_async` is.

    Args:
        pool: `multiprocessing.pool`, none of whose jobs is under way.
    """
    vars(pool)["job_counter"] = count()


def number_calls_anew(executor: Any) -> None:
    """Number the calls of an executor from 0 on, none of which is under way: chunks are known by their number."""
    if isinstance(vars(executor).get("_queue_count"), int):
        executor._queue_count = 0
