"""The process engine: a few `multiprocessing.Process`, each with its slice of the inputs, started and joined."""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from . import ChildError, TaskError
from .blocks import call_in_blocks

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from ..model import Lane


def execute(
    function: Callable[[Any], Any], inputs: Sequence[Any], lane: Lane, results_there: Callable[[], object]
) -> list[Any]:
    """Call FUNCTION once for each of the INPUTS, a slice of them in each child."""
    context = multiprocessing.get_context(lane.start_method)
    children: dict[Connection[Any, Any], tuple[int, BaseProcess]] = {}
    slices: list[list[Any]] = []
    for number, (begin, end) in enumerate(slice_bounds(len(inputs), lane.workers or 1)):
        reader, writer = context.Pipe(duplex=False)
        child = context.Process(  # type: ignore[attr-defined]
            target=_work, args=(writer, function, inputs[begin:end], number, begin)
        )
        child.start()
        writer.close()
        children[reader] = number, child
        slices.append([])
    processes = [child for _, child in children.values()]
    while children:
        for reader in multiprocessing.connection.wait(list(children)):
            number, child = children.pop(reader)  # type: ignore[index]
            slices[number] = _received(reader, child)  # type: ignore[arg-type]
    results_there()
    for child in processes:
        child.join()
        if child.exitcode:
            raise ChildError(_end_of(child))
    return [result for results in slices for result in results]


def slice_bounds(total: int, parts: int) -> list[tuple[int, int]]:
    """Cut TOTAL inputs into PARTS of nearly the same length, the longer ones first; some may be empty."""
    size, longer = divmod(total, parts)
    ends = [size * number + min(number, longer) for number in range(parts + 1)]
    return list(pairwise(ends))


def _work(
    writer: Connection[Any, Any], function: Callable[[Any], Any], inputs: Sequence[Any], job: int, first: int
) -> None:
    """Be the child."""
    try:
        results = call_in_blocks(
            function, inputs, job=job, first=first, hand_over=lambda results: writer.send((results, None))
        )
        if not results:
            writer.send(([], None))
    except TaskError as error:
        cause = error.__cause__
        if not isinstance(cause, Exception):
            assert cause is not None  # noqa: S101
            raise cause from None  # it wants to end the process, and does
        import traceback

        from ..runner.failures import in_words

        writer.send((None, (error.index, in_words(cause), "".join(traceback.format_exception(cause)))))


def _received(reader: Connection[Any, Any], child: BaseProcess) -> list[Any]:
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
