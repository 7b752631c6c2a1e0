"""Tasks whose results are large: what it costs to ship them back, and what summarising them in the worker saves."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Takes square roots, many in each task. With answer = whole a task returns all of them; with answer = summary it \
returns how many there are, their sum, the smallest and the largest, for which nobody needs the others. The computing \
is the same.

Watch the ledger of the pool: with whole answers much of the time is returning. Each worker pickles its roots and \
writes them into the one pipe that all of them share, and the parent, alone, reads and unpickles what everybody sends. \
However many workers there are, that part does not get faster. Watch the memory of the parent, too.

Expect the pool to gain little with whole answers, or to be slower than one process alone. With answer = summary \
almost nothing comes back, and the pool gets faster by nearly as many times as there are cores, less what starting \
the workers takes.

Try next: answer = summary; then size = 4,096 with either answer; and threads, which hand over whole answers without \
pickling anything, but wait for the interpreter's lock (the GIL) to compute."""

ANSWERS = ("whole", "summary")
_KIBIBYTE = 1_024
_NUMBER_BYTES = 8
_OWN_NUMBER_BYTES = 40
"""Of a float with its place in a list."""
_PICKLED_NUMBER_BYTES = 9
_TUPLE_BYTES = 200
_CHECKED = 8

Task = tuple[int, int, bool]
"""Its number, how many roots it takes, and whether it returns all of them."""
Summary = tuple[int, float, float, float]
"""How many roots there are, their sum, the smallest and the largest."""
Answer = list[float] | Summary


def take_roots(task: Task) -> Answer:
    """Take many square roots: one task."""
    number, length, is_whole = task
    first = number * length
    roots = [math.sqrt(each) for each in range(first, first + length)]
    return roots if is_whole else summary_of(roots)


def summary_of(roots: Sequence[float]) -> Summary:
    """What anybody wants to know of the roots."""
    return len(roots), math.fsum(roots), min(roots), max(roots)


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="big-results",
        summary="much to ship back",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="tasks",
                kind="integer",
                default=100,
                help="How many tasks there are.",
                minimum=1,
                maximum=100_000,
                presets=(10, 100, 400),
            ),
            Parameter(
                name="size",
                kind="integer",
                default=256,
                help="Size of a task's roots in KiB.",
                minimum=1,
                maximum=65_536,
                presets=(1, 64, 256, 4_096),
            ),
            Parameter(
                name="answer",
                kind="choice",
                default="whole",
                help="A task returns all of its roots, or a summary of them.",
                choices=ANSWERS,
                presets=ANSWERS,
            ),
        ),
        function=take_roots,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("pool"), Lane("threads")),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: cast("int", parameters["tasks"]),
        topic="pitfalls",
        check=_check,
    )


def _length(parameters: Parameters) -> int:
    return cast("int", parameters["size"]) * _KIBIBYTE // _NUMBER_BYTES


def _inputs(parameters: Parameters) -> Sequence[Task]:
    length, is_whole = _length(parameters), parameters["answer"] == "whole"
    return [(number, length, is_whole) for number in range(cast("int", parameters["tasks"]))]


def _summary(answer: Answer) -> Summary:
    return answer if isinstance(answer, tuple) else summary_of(answer)


def _summarise(results: Sequence[Answer], parameters: Parameters) -> str:
    summaries = [_summary(each) for each in results]
    roots, total = sum(each[0] for each in summaries), math.fsum(each[1] for each in summaries)
    numbers = roots if parameters["answer"] == "whole" else 4 * len(results)
    return f"{roots:,} roots, sum {total:.6g}; {numbers:,} numbers came back"


def _check(results: Sequence[Answer], parameters: Parameters) -> str | None:
    """Take some of the roots again, and see whether each answer has the right number of them."""
    tasks, length, is_whole = cast("int", parameters["tasks"]), _length(parameters), parameters["answer"] == "whole"
    if len(results) != tasks:
        return f"There are {len(results):,} answers instead of {tasks:,}."
    for number, answer in enumerate(results):
        is_near_an_end = not _CHECKED <= number < tasks - _CHECKED
        if is_near_an_end and answer != take_roots((number, length, is_whole)):
            return f"Task {number + 1:,} gave other roots than it gives when it is done again."
        count = len(answer) if is_whole else answer[0]
        if count != length:
            return f"Task {number + 1:,} took {count:,} roots instead of {length:,}."
    return None


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes, workers_of

    tasks, length = cast("int", parameters["tasks"]), _length(parameters)
    own = length * _OWN_NUMBER_BYTES
    if parameters["answer"] == "summary":
        needed = peak_bytes(tasks, lane, argument=_TUPLE_BYTES, result=_TUPLE_BYTES, held=_TUPLE_BYTES)
        return needed + min(tasks, workers_of(lane)) * own
    travelling = 2 * length * _PICKLED_NUMBER_BYTES  # in a buffer that grows by copying, and as what is read
    return peak_bytes(tasks, lane, argument=_TUPLE_BYTES, result=own, held=_TUPLE_BYTES, travelling=travelling)
