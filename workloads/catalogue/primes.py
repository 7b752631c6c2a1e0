"""Counts primes block by block: independent tasks, of which each takes a little longer than the one before."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Counts the primes below N by trial division. The numbers are cut into blocks of the same length, one a task. No task \
needs anything of another one, a task is two numbers to send and two to return, and there is plenty to compute: this \
is perfectly parallel work, what a pool was made for.

Watch the cores: alone, one of them is busy; with a pool all of them are. Watch the threads, too: they take turns \
on one core, because only the thread that holds the interpreter's lock (the GIL) can execute Python code. Watch the \
ends of the rows of the timeline: larger numbers take longer to divide, so the last blocks are the slowest, and \
whoever gets them is the last to finish.

Expect the pool to be faster by nearly as many times as there are cores, and threads to be no faster than one \
process alone, or even slower. With N = 10,000 all of them lose to the serial lane.

Try next: pool:chunksize=1, where the slow blocks at the end are spread evenly; blocks = 4, where they cannot be; and \
the engine process, which gives each child one slice of the blocks, and the last child the slowest one."""

MOST = 20_000_000
_TUPLE_BYTES = 130

Counted = tuple[int, int]
"""Where a block begins, and how many primes are in it."""


def count_primes(block: tuple[int, int]) -> Counted:
    """Count the primes from the block's begin up to, not including, its end: one task."""
    begin, end = block
    return begin, sum(map(is_prime, range(begin, end)))


def is_prime(number: int) -> bool:
    """Divide by every odd number up to the root, until one leaves no rest."""
    if number < 4:
        return number > 1
    if number % 2 == 0:
        return False
    for divisor in range(3, isqrt(number) + 1, 2):  # noqa: SIM110 - a generator would take twice as long
        if number % divisor == 0:
            return False
    return True


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="primes",
        summary="primes, block by block",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="N",
                kind="integer",
                default=1_000_000,
                help="Primes are counted among the numbers below N.",
                minimum=1,
                maximum=MOST,
                presets=(10_000, 1_000_000, 4_000_000),
            ),
            Parameter(
                name="blocks",
                kind="integer",
                default=256,
                help="Into how many blocks, and so tasks, they are cut.",
                minimum=1,
                maximum=100_000,
                presets=(4, 256, 10_000),
            ),
        ),
        function=count_primes,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("threads"), Lane("pool")),
        memory_needed=_memory_needed,
        count_tasks=_count_tasks,
        topic="perfectly parallel",
        check=_check,
    )


def _count_tasks(parameters: Parameters) -> int:
    return min(cast("int", parameters["blocks"]), cast("int", parameters["N"]))


def _inputs(parameters: Parameters) -> Sequence[tuple[int, int]]:
    limit, blocks = cast("int", parameters["N"]), _count_tasks(parameters)
    return [(limit * number // blocks, limit * (number + 1) // blocks) for number in range(blocks)]


def _summarise(results: Sequence[Counted], parameters: Parameters) -> str:
    total = sum(count for _, count in results)
    return f"{total:,} prime{'' if total == 1 else 's'} below {parameters['N']:,}"


def _check(results: Sequence[Counted], parameters: Parameters) -> str | None:
    """Compare with the sieve of Eratosthenes, which is quick where trial division is slow."""
    counted = dict(results)
    flags = _sieve(cast("int", parameters["N"]))
    blocks = _inputs(parameters)
    if len(results) != len(blocks):
        return f"There are {len(results):,} counts for {len(blocks):,} blocks."
    for begin, end in blocks:
        right, count = flags.count(1, begin, end), counted.get(begin)
        if count is None:
            return f"The count of the block from {begin:,} on is missing."
        if count != right:
            return f"The count of the block from {begin:,} to {end - 1:,} is wrong: {count:,} instead of {right:,}."
    return None


def _sieve(limit: int) -> bytearray:
    """Return a 1 for each prime below LIMIT, and a 0 for every other number."""
    flags = bytearray([1]) * limit
    flags[:2] = bytes(len(flags[:2]))
    for number in range(2, isqrt(limit) + 1):
        if number < limit and flags[number]:
            flags[number * number :: number] = bytes(len(range(number * number, limit, number)))
    return flags


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes

    tasks = _count_tasks(parameters)
    sieve = 2 * cast("int", parameters["N"])
    return sieve + peak_bytes(tasks, lane, argument=_TUPLE_BYTES, result=_TUPLE_BYTES, held=_TUPLE_BYTES)
