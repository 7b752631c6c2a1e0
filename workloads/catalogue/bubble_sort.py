"""Bubble sort, as one child process that sorts one array, or as many arrays over a pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
In the form "one", a single child process sorts an array and prints it. The parent starts it, and then waits for it \
with join(): the smallest multiprocessing program there is.

Watch the processes: the child appears, computes, and leaves exit code 0 behind. Watch the log: it tells each step \
of the child's life, and the sorted array arrives there as the child's own output.

Expect the child to be slower than sorting the array right here, since starting a process takes thousands of times \
longer than sorting eight numbers.

In the form "many", K random arrays of n numbers each are sorted, first alone and then by a pool. Watch the ledger: \
these tasks are small to send and long to compute, which is the kind of work a pool is good at. Expect it to be \
faster by nearly as many times as there are cores. The arrays are the same in every run.

Try next: the form "many" with n = 10 and then with n = 1,000. Bubble sort takes a hundred times longer for ten \
times more numbers, while sending them takes only ten times longer."""

MOST_NUMBERS = 5_000
_LARGEST_NUMBER = 10**12
_NUMBER_BYTES = 44

Job = tuple[list[int], bool]
"""The numbers to sort, and whether to print them."""


def bubble_sort(job: Job) -> list[int]:
    """Sort one array by swapping neighbours until none are in the wrong order: one task."""
    numbers, is_printed = job
    numbers = list(numbers)
    for end in range(len(numbers) - 1, 0, -1):
        swapped = False
        for index in range(end):
            if numbers[index] > numbers[index + 1]:
                numbers[index], numbers[index + 1] = numbers[index + 1], numbers[index]
                swapped = True
        if not swapped:
            break
    if is_printed:
        print(numbers, flush=True)  # noqa: T201 - what the child prints is part of the lesson
    return numbers


def build() -> Workload:
    """Describe the workload."""
    from ..model import Parameter, Workload

    return Workload(
        name="bubble-sort",
        summary="one child sorts, or many",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="form",
                kind="choice",
                default="one",
                help="One array in one child process, or many arrays over a pool.",
                choices=("one", "many"),
                presets=("one", "many"),
            ),
            Parameter(
                name="array",
                kind="numbers",
                default=(1, 9, 4, 5, 2, 6, 8, 4),
                help="The numbers to sort, in the form one.",
                minimum=-_LARGEST_NUMBER,
                maximum=_LARGEST_NUMBER,
                most=MOST_NUMBERS,
                presets=((1, 9, 4, 5, 2, 6, 8, 4), tuple(range(40, 0, -1))),
            ),
            Parameter(
                name="K",
                kind="integer",
                default=32,
                help="How many arrays are sorted, in the form many.",
                minimum=1,
                maximum=10_000,
                presets=(4, 32, 256),
            ),
            Parameter(
                name="n",
                kind="integer",
                default=800,
                help="How many numbers each of them has, in the form many.",
                minimum=1,
                maximum=MOST_NUMBERS,
                presets=(10, 100, 1_000),
            ),
        ),
        function=bubble_sort,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=_default_lanes,
        memory_needed=_memory_needed,
        count_tasks=_count_tasks,
        show=_show,
        check=_check,
    )


def _is_many(parameters: Parameters) -> bool:
    return parameters["form"] == "many"


def _count_tasks(parameters: Parameters) -> int:
    return cast("int", parameters["K"]) if _is_many(parameters) else 1


def _inputs(parameters: Parameters) -> Sequence[Job]:
    if not _is_many(parameters):
        return [(list(cast("tuple[int, ...]", parameters["array"])), True)]
    from random import Random

    size = cast("int", parameters["n"])
    # One generator an array, so that array 7 is the same however many there are.
    return [
        ([generator.randrange(10 * size) for _ in range(size)], False)
        for generator in (Random(seed) for seed in range(_count_tasks(parameters)))  # noqa: S311 - not for secrets
    ]


def _default_lanes(parameters: Parameters) -> tuple[Lane, ...]:
    from ..model import Lane

    return (Lane("serial"), Lane("pool" if _is_many(parameters) else "process"))


def _summarise(results: Sequence[list[int]], parameters: Parameters) -> str:
    wanted = [sorted(numbers) for numbers, _ in _inputs(parameters)]
    wrong = sum(result != right for result, right in zip(results, wanted, strict=False))
    if len(results) != len(wanted) or wrong:
        return f"{wrong + abs(len(wanted) - len(results)):,} of {len(wanted):,} arrays are not sorted"
    if _is_many(parameters):
        return f"{len(results):,} arrays sorted, {sum(map(len, results)):,} numbers"
    return f"{len(results[0]):,} numbers sorted"


def _check(results: Sequence[list[int]], parameters: Parameters) -> str | None:
    arrays = _inputs(parameters)
    if len(results) != len(arrays):
        return f"There are {len(results):,} arrays instead of {len(arrays):,}."
    for index, ((numbers, _), result) in enumerate(zip(arrays, results, strict=True), 1):
        if result != sorted(numbers):
            return f"Array {index:,} of {len(arrays):,} is not sorted."
    return None


def _show(results: Sequence[list[int]], parameters: Parameters) -> tuple[str, ...]:
    if _is_many(parameters) or not results:
        return ()
    shown = " ".join(map(str, results[0][:40]))
    return (f"sorted: {shown}{' …' if len(results[0]) > 40 else ''}",)


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes

    if _is_many(parameters):
        numbers = cast("int", parameters["n"])
    else:
        numbers = len(cast("tuple[int, ...]", parameters["array"]))
    array = 120 + numbers * _NUMBER_BYTES
    return peak_bytes(_count_tasks(parameters), lane, argument=array, result=array, held=array, travelling=10 * numbers)
