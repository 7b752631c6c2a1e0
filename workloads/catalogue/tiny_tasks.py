"""Tasks that do next to nothing: what it costs to hand out a task at all, and what chunks save of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Hands out tasks that do next to nothing: each adds up a few numbers. What remains is what a pool itself costs. A task \
has to be pickled, written into a pipe, read and unpickled by a worker, and its result has to take the same way back.

Watch the ledger of pool:chunksize=1, where every task makes that way alone: hardly anything is computed, the workers \
are sending, returning and waiting. Then look at the pool that follows its own rule, which sends tasks in chunks, four \
for each worker: it pays for the way only so many times, however many tasks there are.

Expect the serial lane to win, chunks of one to be slower by far, often more than a hundred times, and the pool's \
own chunks to lose mostly by the time that starting the workers takes. More workers do not help: the parent is what \
everybody waits for.

Try next: steps = 1,000 and steps = 10,000, to find how long a task has to be before the pool pays on this machine, \
with chunks and without; N = 1,000, where starting the workers is all that counts; and threads, where nothing is \
pickled and yet nothing is gained."""

_TUPLE_BYTES = 130
"""Two whole numbers, their tuple, and its place in a list."""
_NUMBER_BYTES = 32

Task = tuple[int, int]
"""Its number, and how many numbers it adds up."""


def add_up(task: Task) -> int:
    """Add up so many numbers from that number on: one task."""
    first, steps = task
    total = 0
    for step in range(steps):
        total += first + step
    return total


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="tiny-tasks",
        summary="tasks not worth sending",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="N",
                kind="integer",
                default=20_000,
                help="How many tasks there are.",
                minimum=1,
                maximum=10_000_000,
                presets=(1_000, 20_000, 200_000),
            ),
            Parameter(
                name="steps",
                kind="integer",
                default=1,
                help="How many numbers each of them adds up.",
                minimum=1,
                maximum=10_000_000,
                presets=(1, 100, 1_000, 10_000),
            ),
        ),
        function=add_up,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("pool", chunksize=1), Lane("pool")),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: cast("int", parameters["N"]),
        topic="pitfalls",
        check=_check,
        unsuitable=_unsuitable,
    )


def _inputs(parameters: Parameters) -> Sequence[Task]:
    steps = cast("int", parameters["steps"])
    return [(number, steps) for number in range(cast("int", parameters["N"]))]


def _summarise(results: Sequence[int], parameters: Parameters) -> str:
    del parameters  # `_check` has compared
    return f"{len(results):,} tiny task{'' if len(results) == 1 else 's'}, sum {sum(results):,}"


def _check(results: Sequence[int], parameters: Parameters) -> str | None:
    """Compare with the formula for such sums."""
    tasks, steps = cast("int", parameters["N"]), cast("int", parameters["steps"])
    if len(results) != tasks:
        return f"There are {len(results):,} results instead of {tasks:,}."
    for number, result in enumerate(results):
        wanted = number * steps + steps * (steps - 1) // 2
        if result != wanted:
            return f"Task {number + 1:,} added up to {result:,} instead of {wanted:,}."
    return None


_MOST_ALONE = 1_000_000
"""Tasks that may be sent one by one; more would take minutes."""


def _unsuitable(lane: Lane, parameters: Parameters) -> str | None:
    tasks = cast("int", parameters["N"])
    is_alone = lane.flavour == "apply_async" or lane.chunksize == 1
    if tasks > _MOST_ALONE and is_alone and lane.engine != "threads":
        return (
            f"{tasks:,} tasks sent one by one would take minutes, and show what {_MOST_ALONE:,} show: choose a "
            f"chunksize, or N = {_MOST_ALONE:,} at most."
        )
    return None


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes

    tasks = cast("int", parameters["N"])
    # A future for each chunk, or a call for each task; a pool's map has neither.
    has_many = lane.engine in ("executor", "threads") or lane.flavour == "apply_async"
    alone = tasks * 1_500 // (lane.chunksize or 1) if has_many else 0
    return alone + peak_bytes(tasks, lane, argument=_TUPLE_BYTES, result=_NUMBER_BYTES, held=_TUPLE_BYTES)
