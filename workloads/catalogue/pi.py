"""Estimates pi by throwing random points, with every task's own random numbers, or with the same ones for all."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Throws random points at a square, and counts those that fall within the quarter of a circle in it; their share is a \
quarter of pi. Each task throws its own points, and returns how many of them hit. This is the Monte Carlo method, \
and its tasks need nothing of each other, as long as their random numbers are independent.

Watch the results. With seeding = right each task seeds a generator of its own with its number, so the result is the \
same on every engine, however many workers there are. With seeding = wrong all tasks use one generator that was \
seeded once, at the top of the module, as one writes it on a first day. In one process that works. But every worker \
begins with a copy of that generator in the same state, so all workers draw the same random numbers.

Expect the right one to be faster with a pool by nearly as many times as there are cores. Expect the wrong one to be \
just as fast, and wrong: the run fails, and says how many of its tasks drew random numbers of their own. Nothing \
raises by itself, and pi looks plausible, which is what makes this mistake so common. It is much less precise than \
it claims.

Try next: seeding = wrong with pool:workers=4, where a quarter of the points is all there is; with threads, which \
share one generator; and points = 100, where the tasks are too short to be worth sending."""

SEED = 314_159
_INHERITED = Random(SEED)  # noqa: S311 - not for secrets
"""What the wrong tasks draw from: forked workers inherit it, spawned ones make it again, in the same state."""
_TUPLE_BYTES = 150
_PI = 3.141592653589793
_SIGMA = 1.6422
"""Standard deviation of four times a single hit."""
_SIGMAS = 6

Task = tuple[int, int, bool]
"""Its number, how many points it throws, and whether it has random numbers of its own."""
Thrown = tuple[int, int, float]
"""The task's number, how many points hit, and the last number that it drew: who drew the same one drew them all."""


def throw_points(task: Task) -> Thrown:
    """Throw points at the square, and count those within the circle: one task."""
    number, points, has_own = task
    draw = (Random(f"task {number}") if has_own else _INHERITED).random  # noqa: S311 - not for secrets
    hits, x = 0, 0.0
    for _ in range(points):
        x, y = draw(), draw()
        if x * x + y * y <= 1.0:
            hits += 1
    return number, hits, x


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="pi",
        summary="pi from random points",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="tasks",
                kind="integer",
                default=256,
                help="How many tasks throw points.",
                minimum=1,
                maximum=100_000,
                presets=(16, 256, 4_096),
            ),
            Parameter(
                name="points",
                kind="integer",
                default=40_000,
                help="How many points each of them throws.",
                minimum=1,
                maximum=10_000_000,
                presets=(100, 40_000, 200_000),
            ),
            Parameter(
                name="seeding",
                kind="choice",
                default="right",
                help="Random numbers of its own for each task, or wrong: one generator that every worker copies.",
                choices=("right", "wrong"),
                presets=("right", "wrong"),
            ),
        ),
        function=throw_points,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("pool")),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: cast("int", parameters["tasks"]),
        topic="perfectly parallel",
        check=_check,
    )


def _inputs(parameters: Parameters) -> Sequence[Task]:
    points, has_own = cast("int", parameters["points"]), parameters["seeding"] == "right"
    return [(number, points, has_own) for number in range(cast("int", parameters["tasks"]))]


def _estimate(results: Sequence[Thrown], parameters: Parameters) -> tuple[float, int]:
    """Pi as far as the points tell, and how many there were."""
    thrown = len(results) * cast("int", parameters["points"])
    return 4 * sum(hits for _, hits, _ in results) / max(1, thrown), thrown


def _summarise(results: Sequence[Thrown], parameters: Parameters) -> str:
    estimate, thrown = _estimate(results, parameters)
    return f"π ≈ {estimate:.6f} from {thrown:,} points, off by {abs(estimate - _PI):.6f}"


def _check(results: Sequence[Thrown], parameters: Parameters) -> str | None:
    tasks, points = cast("int", parameters["tasks"]), cast("int", parameters["points"])
    if sorted(number for number, _, _ in results) != list(range(tasks)):
        return f"There are results of {len({number for number, _, _ in results}):,} tasks instead of {tasks:,}."
    if repeated := _repeated(results):
        return repeated
    wrong = next((result for result in results if not 0 <= result[1] <= points), None)
    if wrong is not None:
        return f"Task {wrong[0] + 1:,} counted {wrong[1]:,} hits among {points:,} points."
    first = min(results)
    if parameters["seeding"] == "right" and first != throw_points((0, points, True)):
        return "Task 1 has another result when it is done again, although its random numbers are the same."
    estimate, thrown = _estimate(results, parameters)
    margin = _SIGMAS * _SIGMA / thrown**0.5
    if abs(estimate - _PI) > margin:
        return f"{estimate:.6f} is too far from π: with {thrown:,} points it should be within {margin:.6f}."
    return None


def _repeated(results: Sequence[Thrown]) -> str | None:
    """Say how many tasks drew what another one drew; None if all drew numbers of their own."""
    different = len({(hits, last) for _, hits, last in results})
    if different == len(results):
        return None
    return (
        f"Only {different:,} of {len(results):,} tasks drew random numbers of their own: the results of the other "
        f"{len(results) - different:,} are copies, because every worker began with the same random state."
    )


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes

    tasks = cast("int", parameters["tasks"])
    return peak_bytes(tasks, lane, argument=_TUPLE_BYTES, result=_TUPLE_BYTES, held=_TUPLE_BYTES)
