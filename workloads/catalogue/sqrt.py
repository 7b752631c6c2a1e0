"""The square root of every number in a range: the classic first try with a pool, and why it disappoints."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Takes the square root of every whole number from 10 up to N, first alone and then with a pool of workers, just as \
one writes it on a first day with multiprocessing: pool.map(square_root, range(10, N)).

Watch the ledger. Each root takes some ten millionths of a second, but its argument has to be sent to a worker and \
its result has to be shipped back, and for that Python pickles it, writes it through a pipe, and reads it again.

Expect the pool to be far slower with N = 10,000, because starting the workers alone takes longer than all the \
roots. With N = 5,000,000 it depends on your machine: with many cores the pool may win, with two it mostly loses, \
because one process, the parent, has to take in five million results.

Try next: other values of N, to find the size from which the pool pays on this machine; then a lane such as \
pool:chunksize=1, to see what shipping one task at a time costs (with a small N). Then look at eight-roots, whose \
tasks take long enough to be worth sending."""

_FIRST = 10
_LARGEST = 1_000_000_000
_LOOKED_AT = 20_000
"""Roots of which each is looked at, evenly from all over the results."""
_NUMBER_BYTES = 40
"""A whole number or a float, with its place in a list."""


def square_root(number: int) -> float:
    """Take one square root: one task."""
    return math.sqrt(number)


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="sqrt",
        summary="square root of every number",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="N",
                kind="integer",
                default=5_000_000,
                help="Roots are taken of the numbers from 10 up to, not including, N.",
                minimum=_FIRST + 1,
                maximum=_LARGEST,
                presets=(10_000, 5_000_000),
            ),
        ),
        function=square_root,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("pool")),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: len(_inputs(parameters)),
        check=_check,
    )


def _inputs(parameters: Parameters) -> Sequence[int]:
    limit = parameters["N"]
    assert isinstance(limit, int)  # noqa: S101 - `check_parameters` has seen to it
    return range(_FIRST, limit)


def _summarise(results: Sequence[float], parameters: Parameters) -> str:
    wanted = len(_inputs(parameters))
    if len(results) != wanted:
        return f"{len(results):,} roots instead of {wanted:,}"
    for index in (0, wanted // 2, wanted - 1):
        if results[index] != math.sqrt(_FIRST + index):
            return f"{wanted:,} roots, but that of {_FIRST + index:,} is wrong"
    return f"{wanted:,} roots, sum {_in_words(sum(results))}"


def _check(results: Sequence[float], parameters: Parameters) -> str | None:
    """Look whether there is a root for every number, and whether those of numbers from all over are right."""
    wanted = len(_inputs(parameters))
    if len(results) != wanted:
        return f"There are {len(results):,} roots instead of {wanted:,}."
    for index in (*range(0, wanted, max(1, wanted // _LOOKED_AT)), wanted - 1):
        if results[index] != math.sqrt(_FIRST + index):
            return f"The root of {_FIRST + index:,} is wrong."
    return None


def _in_words(value: float) -> str:
    """Write a large sum as people do: ``7.45 × 10^9``."""
    if value < 1e6:
        return f"{value:,.2f}"
    mantissa, exponent = f"{value:.2e}".split("e")
    return f"{mantissa} × 10^{int(exponent)}"


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes

    return peak_bytes(len(_inputs(parameters)), lane, argument=_NUMBER_BYTES, result=_NUMBER_BYTES)
