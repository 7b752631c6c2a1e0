"""Calling a function over many inputs in this very process, in blocks, so that progress shows.

A block is grown until it takes a few hundredths of a second: then recording it costs next to nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Protocol, cast

from . import TaskError

if TYPE_CHECKING:
    from array import array

_SHORT_NS = 20_000_000
_LONG_NS = 80_000_000


class Recorder(Protocol):
    """What engines and the runner use of the recorder."""

    def become(self, role: int, name: str) -> None:
        """Say what this process is."""

    def mark(self, slot: int) -> int:
        """Note a moment of the run, and return it."""

    def usage(self) -> tuple[int, int]:
        """Look up what the process has used so far."""

    def used(self, since: tuple[int, int]) -> None:
        """Note what it has used since then."""

    def forget(self) -> None:
        """Forget what this process counted so far."""

    def keep_order(self) -> array[int]:
        """Keep the numbers of chunks in the order in which they come back to pools."""

    def plan(self, tasks: int, chunks: int) -> None:
        """Say how much there is to do."""

    def begin(self, items: int, job: int, index: int, function: str) -> None:
        """Begin a chunk."""

    def returning(self) -> None:
        """Hand over the chunk's results."""

    def end(self, failed: bool) -> None:
        """End a chunk."""


def recorder() -> Recorder:
    """The recorder of this process."""
    package = sys.modules.get("_poolscope_recorder")
    if package is not None:
        return cast("Recorder", package.api)
    # Not injected: an interpreter that ignores its environment. The same functions count for nobody.
    from ..recorder import api

    return api


def call_in_blocks(
    function: Callable[[Any], Any],
    inputs: Sequence[Any],
    *,
    job: int = 0,
    first: int = 0,
    hand_over: Callable[[list[Any]], None] | None = None,
) -> list[Any]:
    """Call FUNCTION once for each of the INPUTS.

    Args:
        function: What is called.
        inputs: What it is called with.
        job: Number under which the blocks are recorded.
        first: Number of the first task, for errors.
        hand_over: Called with all results, as part of the last block.

    Raises:
        TaskError: If the function raised, whatever it was.
    """
    api, name = recorder(), name_of(function)
    results: list[Any] = []
    iterator, total = iter(inputs), len(inputs)
    size, index = 1, 0
    while len(results) < total:
        size = min(size, total - len(results))
        api.begin(size, job, index, name)
        begin = perf_counter_ns()
        try:
            call_each(function, islice(iterator, size), size, results)
        except BaseException as error:
            api.end(failed=True)
            raise TaskError(first + len(results)) from error
        if hand_over is not None and len(results) == total:
            api.returning()
            hand_over(results)
        api.end(failed=False)
        taken = perf_counter_ns() - begin
        if taken < _SHORT_NS:
            size *= 2
        elif taken > _LONG_NS:
            size = max(1, size // 2)
        index += 1
    return results


def call_each(function: Callable[[Any], Any], inputs: Iterable[Any], count: int, results: list[Any]) -> None:
    """Call FUNCTION for each of the INPUTS, COUNT of them, and add what it returns to RESULTS.

    Raises:
        BaseException: Whatever the function raised; RESULTS has what came before that.
    """
    wanted = len(results) + count
    results.extend(map(function, inputs))
    if len(results) < wanted:  # `map` cannot tell the function's own from the end of the inputs
        raise StopIteration


def name_of(function: Callable[[Any], Any]) -> str:
    """Qualified name of a function, or of the type of a callable object; of a wrapper of ours, of what it calls."""
    from ..recorder.quiet import function_name

    return function_name(function)
