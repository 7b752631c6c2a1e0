"""Copy-on-write, kept and broken: children that inherit a lot of memory, and what looking at it does to that."""

from __future__ import annotations

import os
import time
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
A forked child begins with all memory of its parent, and none of it is copied: both look at the same pages, until one \
of them writes to a page, which is then copied. That is copy-on-write. Here each task only reads: first an array, \
whose numbers lie in one block, then a list of as many numbers, each of which is an object of its own.

Watch the memory of the processes over time, in proportion (PSS: a page that two share counts half for each). While \
the array is read nothing happens. While the list is read the workers grow, although nothing is changed: whoever looks \
at an object counts a reference to it, the count is within the object, and to count is to write. The result says how \
much memory each process had for itself before, between and after.

Expect forked workers to have next to nothing of their own at first, the same after the array, and nearly the whole \
list of their own in the end. Expect spawned workers to have a copy of everything from the beginning, because it was \
pickled and sent to them, which also takes longer to start. Threads share all of it whatever they do.

Try next: reads = array and reads = objects alone; reads = nothing; more workers, such as pool:workers=8,start=fork; \
start=forkserver, whose children inherit from a small server and not from the parent; and objects = 10,000,000, if \
there is memory for it. What helps: arrays, NumPy, bytes, or SharedMemory, in place of many small objects."""

READS = ("both", "array", "objects", "nothing")
_WORKERS = 4
_STEPS = 20
"""Parts in which the numbers are looked at, with a pause after each."""
_DIFFERENT = 1_000
_FLOAT_BYTES = 32
_PLACE_BYTES = 8
_PICKLED_BYTES = 9
_TUPLE_BYTES = 600

Task = tuple[int, float, str]
"""Its number, how long it pauses after each part, in seconds, and what it reads."""
Figures = tuple[int, int]
"""Bytes of memory of this process alone, and with its share of what it shares; 0 where the system does not say."""
Look = tuple[int, float, float, int, tuple[Figures, Figures, Figures]]
"""The task's number, the sums of the array and of the list, the process, and its memory before, between and after."""

_array: array[float] = array("d")
_objects: list[float] = []


def keep(numbers: array[float], objects: list[float]) -> None:
    """Have the numbers at hand in this process: inherited, or sent to it."""
    global _array, _objects
    _array, _objects = numbers, objects


def look(task: Task) -> Look:
    """Look at the array, then at the objects: one task."""
    number, seconds, reads = task
    before = memory_of_process()
    # A view does not copy any part of the array.
    in_array = _in_parts(memoryview(_array), seconds) if reads in ("both", "array") else 0.0
    between = memory_of_process()
    in_objects = _in_parts(_objects, seconds) if reads in ("both", "objects") else 0.0
    if reads == "nothing":
        time.sleep(_STEPS * seconds)
    return number, in_array, in_objects, os.getpid(), (before, between, memory_of_process())


def _in_parts(numbers: Sequence[float], seconds: float) -> float:
    total, length = 0.0, len(numbers)
    for step in range(_STEPS):
        part = range(step * length // _STEPS, (step + 1) * length // _STEPS)
        total += sum(map(numbers.__getitem__, part))
        time.sleep(seconds)
    return total


def memory_of_process() -> Figures:
    """Measure the memory of this process."""
    try:
        with open("/proc/self/smaps_rollup", encoding="ascii") as file:  # noqa: PTH123 - quicker, and for workers
            lines = (line.split() for line in file)
            sizes = {fields[0]: int(fields[1]) * 1_024 for fields in lines if len(fields) == 3}
    except (OSError, ValueError):
        return 0, 0
    own = sizes.get("Private_Clean:", 0) + sizes.get("Private_Dirty:", 0)
    return own, sizes.get("Pss:", 0)


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="memory",
        summary="pages shared, pages copied",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="objects",
                kind="integer",
                default=1_000_000,
                help="How many numbers there are, in the array and in the list.",
                minimum=_STEPS,
                maximum=100_000_000,
                presets=(100_000, 1_000_000, 10_000_000),
            ),
            Parameter(
                name="reads",
                kind="choice",
                default="both",
                help="What each task reads.",
                choices=READS,
                presets=READS,
            ),
            Parameter(
                name="looks",
                kind="integer",
                default=4,
                help="How many tasks look at the numbers.",
                minimum=1,
                maximum=1_000,
                presets=(1, 4, 16),
            ),
            Parameter(
                name="pause",
                kind="integer",
                default=100,
                help="How long a task pauses after each of 20 parts, in milliseconds.",
                minimum=0,
                maximum=10_000,
                presets=(0, 20, 100, 500),
            ),
        ),
        function=look,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (
            Lane("threads", workers=_WORKERS),
            Lane("pool", workers=_WORKERS, start_method="fork"),
            Lane("pool", workers=_WORKERS, start_method="spawn"),
        ),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: cast("int", parameters["looks"]),
        show=_show,
        engines=("serial", "process", "pool", "executor", "threads"),
        engines_reason="which is about what a process inherits from its parent",
        topic="pitfalls",
        check=_check,
        shared=_shared,
        initializer=keep,
        comparable=_comparable,
    )


def _inputs(parameters: Parameters) -> Sequence[Task]:
    seconds, reads = cast("int", parameters["pause"]) / 1000, cast("str", parameters["reads"])
    return [(number, seconds, reads) for number in range(cast("int", parameters["looks"]))]


def _shared(parameters: Parameters, context: Any) -> tuple[array[float], list[float]]:
    """Make the numbers, each of which is an object of its own in the list."""
    del context  # nothing of multiprocessing is in them
    numbers = range(cast("int", parameters["objects"]))
    return array("d", (step % _DIFFERENT for step in numbers)), [float(step % _DIFFERENT) for step in numbers]


def _comparable(result: Look) -> tuple[int, float, float]:
    return result[:3]


def _by_process(results: Sequence[Look]) -> dict[int, list[tuple[Figures, Figures, Figures]]]:
    found: dict[int, list[tuple[Figures, Figures, Figures]]] = {}
    for _, _, _, pid, figures in results:
        found.setdefault(pid, []).append(figures)
    return found


def _grown(figures: Sequence[tuple[Figures, Figures, Figures]]) -> tuple[int, int, int]:
    """Bytes that a process had for itself before its first look, after an array, and after all."""
    return (
        min(before[0] for before, _, _ in figures),
        min(between[0] for _, between, _ in figures),
        max(after[0] for _, _, after in figures),
    )


def _summarise(results: Sequence[Look], parameters: Parameters) -> str:
    from ..report.figures import size

    del parameters  # what was read is in the figures
    processes = _by_process(results)
    grown = [_grown(figures) for figures in processes.values()]
    said = f"{len(results):,} look{'' if len(results) == 1 else 's'} by {len(processes):,} process"
    said += "" if len(processes) == 1 else "es"
    if not any(after for _, _, after in grown):
        return f"{said}; this system does not say what memory they have"
    before, after = max(before for before, _, _ in grown), max(after for _, _, after in grown)
    return f"{said}, own memory {size(before)} → {size(after)}"


def _show(results: Sequence[Look], parameters: Parameters) -> tuple[str, ...]:
    from ..report.figures import size

    processes = _by_process(results)
    if not any(figures[-1][-1][1] for figures in processes.values()):
        return ()
    reads = parameters["reads"]
    lines = []
    for pid, figures in processes.items():
        before, between, after = _grown(figures)
        steps = [f"{size(before)} at first"]
        if reads in ("both", "array"):
            steps.append(f"{size(between)} after the array")
        if reads in ("both", "objects"):
            steps.append(f"{size(after)} after the objects")
        if reads == "nothing":
            steps.append(f"{size(after)} in the end")
        shares = f"{size(figures[0][0][1])} → {size(figures[-1][2][1])}"
        lines.append(f"pid {pid}, its own: {', '.join(steps)}; with its share: {shares}")
    return tuple(lines)


def _check(results: Sequence[Look], parameters: Parameters) -> str | None:
    looks, reads = cast("int", parameters["looks"]), parameters["reads"]
    if [each[0] for each in results] != list(range(looks)):
        return f"There are {len({each[0] for each in results}):,} looks instead of {looks:,}."
    rounds, rest = divmod(cast("int", parameters["objects"]), _DIFFERENT)
    total = float(rounds * (_DIFFERENT * (_DIFFERENT - 1) // 2) + rest * (rest - 1) // 2)
    for number, in_array, in_objects, *_ in results:
        for name, found in (("array", in_array), ("objects", in_objects)):
            wanted = total if reads in ("both", name) else 0.0
            if found != wanted:
                return f"Look {number + 1:,} at the {name} found a sum of {found:,.0f} instead of {wanted:,.0f}."
    return None


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes, workers_of

    objects, looks = cast("int", parameters["objects"]), cast("int", parameters["looks"])
    everything = objects * (_FLOAT_BYTES + 2 * _PLACE_BYTES)
    needed = everything + peak_bytes(looks, lane, argument=_TUPLE_BYTES, result=_TUPLE_BYTES, held=_TUPLE_BYTES)
    if lane.engine in ("serial", "threads"):
        return needed
    workers = workers_of(lane)
    if lane.start_method == "fork":
        is_broken = parameters["reads"] in ("both", "objects")
        return needed + (min(workers, looks) * objects * _FLOAT_BYTES if is_broken else 0)
    # Each has a copy, and one of them at a time is pickled and unpickled.
    return needed + workers * everything + 2 * objects * (_PICKLED_BYTES + _PLACE_BYTES)
