"""One slow task among quick ones: who gets it, who waits behind it, and who waits for it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Hands out quick tasks with a slow one among them. The run is not over before the slowest worker is, and who has \
nothing left to do has to wait for it. Each task only pauses, so that the times are the same on every machine.

Watch the ends of the rows of the timeline. The empty stretch after a worker's last task is the idle tail: the worker \
is there, and paid for, but all remaining tasks belong to somebody else. A chunk cannot be divided once it was sent, \
so the quick tasks in the chunk of the slow one wait behind it, although other workers have nothing to do.

Expect the lane with one large chunk for each worker to have the longest tail, the pool's own rule, with four chunks \
for each, to be better, and chunks of one to be the best, as long as the slow task comes first.

Try next: place = last, where the slow task begins when everybody else is about to finish, so that no chunksize \
helps: start what takes longest first. Then count = 4, slow tasks that lie side by side and land in the same chunk; \
and slow = 2,000, which nobody can be quicker than, with any number of workers."""

_WORKERS = 4
_TUPLE_BYTES = 200
PLACES = ("first", "middle", "last")

Task = tuple[int, float]
"""Its number, and how long it pauses, in seconds."""


def pause(task: Task) -> int:
    """Pause, then square a number: one task."""
    number, seconds = task
    time.sleep(seconds)
    return number * number


def build() -> Workload:
    """Describe the workload."""
    from ..model import Parameter, Workload

    return Workload(
        name="stragglers",
        summary="one slow task among quick ones",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="tasks",
                kind="integer",
                default=64,
                help="How many tasks there are.",
                minimum=1,
                maximum=10_000,
                presets=(16, 64, 256),
            ),
            Parameter(
                name="quick",
                kind="integer",
                default=20,
                help="How long a quick task takes, in milliseconds.",
                minimum=0,
                maximum=10_000,
                presets=(2, 20),
            ),
            Parameter(
                name="slow",
                kind="integer",
                default=400,
                help="How long a slow task takes, in milliseconds.",
                minimum=0,
                maximum=60_000,
                presets=(20, 400, 2_000),
            ),
            Parameter(
                name="place",
                kind="choice",
                default="first",
                help="Where the slow task is among the others.",
                choices=PLACES,
                presets=PLACES,
            ),
            Parameter(
                name="count",
                kind="integer",
                default=1,
                help="How many slow tasks there are, side by side.",
                minimum=0,
                maximum=10_000,
                presets=(0, 1, 4),
            ),
        ),
        function=pause,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=_default_lanes,
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: cast("int", parameters["tasks"]),
        topic="pitfalls",
        check=_check,
    )


def slow_tasks(parameters: Parameters) -> range:
    """Numbers of the slow tasks."""
    tasks = cast("int", parameters["tasks"])
    count = min(tasks, cast("int", parameters["count"]))
    begin = {"first": 0, "middle": (tasks - count) // 2, "last": tasks - count}[cast("str", parameters["place"])]
    return range(begin, begin + count)


def _inputs(parameters: Parameters) -> Sequence[Task]:
    slow, quick = cast("int", parameters["slow"]) / 1000, cast("int", parameters["quick"]) / 1000
    stragglers = slow_tasks(parameters)
    return [(number, slow if number in stragglers else quick) for number in range(cast("int", parameters["tasks"]))]


def _default_lanes(parameters: Parameters) -> tuple[Lane, ...]:
    from ..model import Lane

    tasks = cast("int", parameters["tasks"])
    own = -(-tasks // (_WORKERS * 4))  # the pool's own rule
    sizes = dict.fromkeys((-(-tasks // _WORKERS), own, 1))
    pools = (Lane("pool", workers=_WORKERS, chunksize=None if size == own else size) for size in sizes)
    return (Lane("serial"), *pools)


def _summarise(results: Sequence[int], parameters: Parameters) -> str:
    slow = slow_tasks(parameters)
    if not slow:
        return f"{len(results):,} tasks, all of them quick"
    if len(slow) == 1:
        return f"{len(results):,} tasks, number {slow[0] + 1:,} was slow"
    return f"{len(results):,} tasks, numbers {slow[0] + 1:,} to {slow[-1] + 1:,} were slow"


def _check(results: Sequence[int], parameters: Parameters) -> str | None:
    tasks = cast("int", parameters["tasks"])
    if len(results) != tasks:
        return f"There are {len(results):,} results instead of {tasks:,}."
    wrong = next((number for number, square in enumerate(results) if square != number * number), None)
    if wrong is not None:
        return f"Task {wrong + 1:,} gave {results[wrong]:,} instead of {wrong * wrong:,}."
    return None


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes

    return peak_bytes(cast("int", parameters["tasks"]), lane, argument=_TUPLE_BYTES, result=40, held=_TUPLE_BYTES)
