"""The process engine: a few `multiprocessing.Process`, each with its slice of the inputs, started and joined."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from . import ChildError, TaskError
from .blocks import call_in_blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from ..model import Lane
    from . import Work


def execute(work: Work, lane: Lane, results_there: Callable[[], object]) -> list[Any]:
    """Call the function once for each of the inputs, a slice of them in each child."""
    context: Any = multiprocessing.get_context(lane.start_method)
    processes: list[BaseProcess] = []
    open_ends: dict[Any, int] = {}
    slices: list[list[Any]] = []
    for number, (begin, end) in enumerate(slice_bounds(len(work.inputs), lane.workers or 1)):
        reader, writer = context.Pipe(duplex=False)
        process = context.Process(
            target=_work, args=(writer, work._replace(inputs=work.inputs[begin:end]), number, begin)
        )
        process.start()
        writer.close()
        processes.append(process)
        open_ends[reader] = number
        slices.append([])
    while open_ends:
        for reader in multiprocessing.connection.wait(list(open_ends)):
            number = open_ends.pop(reader)
            slices[number] = _received(reader, processes[number])
    results = [result for part in slices for result in part]
    results_there()
    for process in processes:
        process.join()
        if process.exitcode:
            raise ChildError(_end_of(process))
    return results


def slice_bounds(total: int, parts: int) -> list[tuple[int, int]]:
    """Cut TOTAL inputs into PARTS of nearly the same length, the longer ones first; some may be empty."""
    size, longer = divmod(total, parts)
    ends = [size * number + min(number, longer) for number in range(parts + 1)]
    return list(pairwise(ends))


def _work(writer: Connection[Any, Any], work: Work, job: int, first: int) -> None:
    """Be the child."""
    work.initialize()
    try:
        results = call_in_blocks(
            work.function, work.inputs, job=job, first=first, hand_over=lambda results: writer.send((results, None))
        )
        if not results:
            writer.send(([], None))
    except TaskError as error:
        cause = error.__cause__
        if not isinstance(cause, Exception):
            assert cause is not None  # noqa: S101
            raise cause from None  # it wants to end the process, and does
        from ..runner.failures import in_words, traceback_of

        writer.send((None, (error.index, in_words(cause), traceback_of(cause))))


def _received(reader: Any, child: BaseProcess) -> list[Any]:
    with reader:
        try:
            results, failure = reader.recv()
        except EOFError:
            child.join()
            raise ChildError(_end_of(child)) from None
    if failure is not None:
        raise TaskError(*failure)
    return list(results)


def _end_of(child: BaseProcess) -> str:
    from ..report.figures import exit_status

    status = child.exitcode or 0
    how = f"was killed by {exit_status(status)}" if status < 0 else f"ended with {exit_status(status)}"
    return f"{child.name} (pid {child.pid}) {how} before it gave its results."
