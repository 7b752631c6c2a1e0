"""The threads engine: `concurrent.futures.ThreadPoolExecutor`, some tasks at once.

What is submitted is a chunk of tasks, as a pool ships them: a future a task would cost more than most tasks do.
"""

from __future__ import annotations

from concurrent.futures import thread
from typing import TYPE_CHECKING, Any

from . import TaskError, slices
from .blocks import call_each, name_of
from .crews import Crew

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..model import Lane
    from . import Work


def execute(work: Work, lane: Lane, results_there: Callable[[], object]) -> list[Any]:
    """Have the threads of this process call the function for all inputs."""
    work.initialize()
    crew, size = Crew(), lane.chunksize or 1
    function, name = work.function, name_of(work.function)

    def call_unrecorded(index: int, chunk: Sequence[Any]) -> list[Any]:
        results: list[Any] = []
        try:
            call_each(function, chunk, len(chunk), results)
        except BaseException as error:
            raise TaskError(index * size + len(results)) from error
        return results

    def call(index: int, chunk: Sequence[Any]) -> list[Any]:
        own = crew.own
        own.begin(len(chunk), index, name)
        try:
            results = call_unrecorded(index, chunk)
        except TaskError:
            own.end(failed=True)
            raise
        own.end(failed=False)
        return results

    def call_all(called: Callable[[int, Sequence[Any]], list[Any]]) -> list[Any]:
        futures = [executor.submit(called, index, chunk) for index, chunk in enumerate(slices(work.inputs, size))]
        return [result for future in futures for result in future.result()]

    executor = thread.ThreadPoolExecutor(lane.workers, "thread", crew.enter)
    if work.begin is not None:
        call_all(call_unrecorded)
        crew.forget()
        work.begin()
    results = call_all(call)
    results_there()
    crew.note_delays()
    executor.shutdown()
    crew.leave()
    return results
