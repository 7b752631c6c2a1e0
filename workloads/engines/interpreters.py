"""The interpreters engine: `concurrent.futures.InterpreterPoolExecutor`, which came with Python 3.14.

Each of its threads has an interpreter with a GIL of its own, into which the function is imported. What is submitted is
a chunk of tasks, as in the threads engine.
"""

from __future__ import annotations

import concurrent.futures
from threading import Lock, get_native_id
from time import perf_counter_ns, thread_time_ns
from typing import TYPE_CHECKING, Any

from . import TaskError, slices
from .blocks import call_each, name_of
from .crews import Crew

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from ..model import Lane
    from . import Work

Answer = tuple[list[Any], tuple[int, str, str] | None, tuple[int, int, int, int]]
"""Results, where and how a task raised, and of the chunk: thread, begin, end, and nanoseconds of CPU."""


def execute(work: Work, lane: Lane, results_there: Callable[[], object]) -> list[Any]:
    """Have interpreters of this process call the function for all inputs."""
    crew, lock, size = Crew(), Lock(), lane.chunksize or 1
    name = name_of(work.function)
    executor: Any = concurrent.futures.InterpreterPoolExecutor(  # type: ignore[attr-defined]
        lane.workers, "interpreter", initializer=work.initializer, initargs=work.initargs
    )
    futures: list[Future[Answer]] = []
    for index, chunk in enumerate(slices(work.inputs, size)):
        future = executor.submit(call, work.function, chunk)
        future.add_done_callback(_noter(crew, lock, index, len(chunk), name))
        futures.append(future)
    results: list[Any] = []
    for index, future in enumerate(futures):
        part, failure, _ = future.result()
        if failure is not None:
            place, said, remote = failure
            raise TaskError(index * size + place, said, remote)
        results += part
    results_there()
    executor.shutdown()
    crew.leave()
    return results


def call(function: Callable[[Any], Any], chunk: Sequence[Any]) -> Answer:
    """Call the function for a chunk, in another interpreter."""
    results: list[Any] = []
    failure = None
    begun, cpu = perf_counter_ns(), thread_time_ns()
    try:
        call_each(function, chunk, len(chunk), results)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
        from ..runner.failures import in_words, traceback_of

        failure = len(results), in_words(error), traceback_of(error)
    return results, failure, (get_native_id(), begun, perf_counter_ns(), thread_time_ns() - cpu)


def _noter(crew: Crew, lock: Lock, index: int, items: int, name: str) -> Callable[[Future[Answer]], None]:
    def note(future: Future[Answer]) -> None:
        """Record a chunk; this may be called in any thread."""
        if not future.cancelled() and future.exception() is None:
            _, failure, (thread, begun, ended, cpu) = future.result()
            with lock:
                member = crew.member(thread, "interpreter")
                member.did(items, index, name, begun, ended, cpu, failure is not None)

    return note
