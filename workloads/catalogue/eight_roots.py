"""Eight square roots and four friends: slow enough to watch how work is shared."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Eight square roots are to be taken. Alone that is eight, one after the other. With three friends it is two each, at \
the same time. A friend is a worker process.

Watch the processes. Each task first pauses, half a second unless you choose otherwise, so that you can see who does \
what: each worker takes one number, returns its root, and takes the next. Watch the cores too: a pause needs none, \
which is why four workers help even on a machine with a single core.

Expect four seconds alone and one second with four workers: four times faster, less the time to start them.

Try next: pool:workers=3, where eight tasks do not divide evenly and somebody waits; pool:workers=8; and \
pool:workers=4,chunksize=4, where half of the friends get nothing to do."""

NUMBERS = (1, 4, 9, 16, 25, 36, 49, 64)
_FRIENDS = 4


def slow_square_root(task: tuple[int, float]) -> float:
    """Pause, then take one square root: one task."""
    number, pause = task
    time.sleep(pause)
    return math.sqrt(number)


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="eight-roots",
        summary="four friends share the work",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="pause",
                kind="integer",
                default=500,
                help="How long each task pauses, in milliseconds.",
                minimum=0,
                maximum=60_000,
                presets=(0, 100, 500, 2_000),
            ),
        ),
        function=slow_square_root,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("pool", workers=_FRIENDS)),
        memory_needed=_memory_needed,
        count_tasks=lambda _: len(NUMBERS),
        check=_check,
    )


def _inputs(parameters: Parameters) -> Sequence[tuple[int, float]]:
    pause = parameters["pause"]
    assert isinstance(pause, int)  # noqa: S101 - `check_parameters` has seen to it
    return [(number, pause / 1000) for number in NUMBERS]


def _summarise(results: Sequence[float], parameters: Parameters) -> str:
    del parameters  # the roots are the same after any pause
    if list(results) != [math.sqrt(number) for number in NUMBERS]:
        return "the roots are wrong: " + " ".join(f"{root:g}" for root in results[: len(NUMBERS)])
    return "8 roots: " + " ".join(f"{root:g}" for root in results)


def _check(results: Sequence[float], parameters: Parameters) -> str | None:
    del parameters
    wrong = [number for number, root in zip(NUMBERS, results, strict=False) if root != math.sqrt(number)]
    if len(results) != len(NUMBERS):
        return f"There are {len(results):,} roots instead of {len(NUMBERS)}."
    return f"The root of {wrong[0]} is wrong." if wrong else None


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    del parameters  # eight numbers are next to nothing
    from .estimate import peak_bytes

    return peak_bytes(len(NUMBERS), lane, argument=200, result=40, held=200)
