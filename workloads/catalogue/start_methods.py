"""How long an empty worker takes to start, what it inherits, and its memory, by start method."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Starts processes that do nothing but say that they are there, and end; by fork, by spawn, and by forkserver, several \
times each. Fork copies the parent as it is, with everything in its memory. Spawn starts a new Python, which imports \
what it needs. Forkserver starts a new Python once, the server, and has that fork whenever a process is wanted.

Each process also says what it has got from its parent: a module's global variable that the parent had changed, an \
environment variable that the parent had just set, and a file that the parent had open. And it says how many modules \
it has imported, and how much memory it takes: RSS counts all of its pages, PSS divides those that several processes \
share among them. The parent holds some data, the ballast, so that one sees what becomes of it.

Watch the processes: each start is one task.

Expect fork to take a few milliseconds, and to inherit everything; spawn to take many times longer, and to inherit \
little; and forkserver to be quick from the second time on, and to inherit least, since its processes are children of \
the server, which knows nothing of what happened since it was started. Expect a forked process to have the largest \
RSS, and the difference to its PSS to be what it shares.

Try next: ballast = 500, which fork has to copy the page tables of; it takes longer then, and the others do not \
notice. And look at one of your own programs: what it imports at its top is imported again by every spawned worker."""

METHODS = ("fork", "spawn", "forkserver")
_GLOBAL_BEFORE = "as in the source"
_changed_by_parent = _GLOBAL_BEFORE
_VARIABLE = "POOLSCOPE_EXAMPLE"
_ballast: list[bytearray] = []
_LIMIT = 60.0

Task = tuple[str, int, int]
"""Start method, number of the attempt, and megabytes that the parent holds."""
Begun = tuple[str, int, int, int, int, tuple[bool, bool, bool], int, int, int]
"""Start method; number; nanoseconds of the call of start(), until the process said that it is there, and until it was
joined; whether it had the global, the variable and the file of its parent; modules; RSS and PSS in bytes, -1 where the
system does not tell."""


def begin(task: Task) -> Begun:
    """Start one empty process: one task."""
    global _changed_by_parent  # noqa: PLW0603 - that such a change is seen or not is what this shows
    from .children import Children

    method, number, megabytes = task
    _hold(megabytes)
    if method == "forkserver":
        _start_server()
    word = f"attempt {number}"
    _changed_by_parent = os.environ[_VARIABLE] = word
    try:
        with open(__file__, "rb") as file, Children(method) as children:  # noqa: PTH123 - as everybody writes it
            # A file is a matter of one flag: here it is set, so that nobody but the start method closes it.
            os.set_inheritable(file.fileno(), True)
            called = perf_counter_ns()
            reader = children.start_reporter("empty", _say, file.fileno(), os.fstat(file.fileno()).st_ino)
            returned = perf_counter_ns()
            with reader:
                ready, *found = children.answer(reader, _LIMIT)
            children.join()
            joined = perf_counter_ns()
    finally:
        _changed_by_parent = _GLOBAL_BEFORE
        del os.environ[_VARIABLE]
    changed, variable, has_file, modules, rss, pss = found
    inherited = (changed == word, variable == word, has_file)
    return method, number, returned - called, ready - called, joined - called, inherited, modules, rss, pss


def _hold(megabytes: int) -> None:
    """Hold some memory, and touch all of it."""
    if sum(map(len, _ballast)) != megabytes * 1_000_000:
        _ballast[:] = [bytearray(b"\1" * 1_000_000) for _ in range(megabytes)]


def _start_server() -> None:
    """Start the fork server if it does not run yet, so that no attempt includes that."""
    from multiprocessing import forkserver

    forkserver.ensure_running()


def _say(descriptor: int, inode: int, report: Any) -> None:
    """Be the empty process."""
    ready = perf_counter_ns()
    try:
        has_file = os.fstat(descriptor).st_ino == inode
    except OSError:
        has_file = False
    report.send((ready, _changed_by_parent, os.environ.get(_VARIABLE), has_file, len(sys.modules), *_memory()))


def _memory() -> tuple[int, int]:
    """RSS and PSS of this process; -1 where the system does not tell."""
    try:
        with open("/proc/self/smaps_rollup", "rb") as file:  # noqa: PTH123 - an empty process needs no `pathlib`
            sizes = {line.split(b":")[0]: int(line.split()[1]) * 1_024 for line in file if line.endswith(b" kB\n")}
    except (OSError, ValueError):
        return -1, -1
    return sizes.get(b"Rss", -1), sizes.get(b"Pss", -1)


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="start-methods",
        summary="fork, spawn and forkserver",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="times",
                kind="integer",
                default=5,
                help="How often a process is started by each method.",
                minimum=1,
                maximum=1_000,
                presets=(3, 5, 20),
            ),
            Parameter(
                name="ballast",
                kind="integer",
                default=50,
                help="How much data the parent holds, in megabytes.",
                minimum=0,
                maximum=100_000,
                presets=(0, 50, 500),
            ),
        ),
        function=begin,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"),),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: len(_inputs(parameters)),
        show=_show,
        engines=("serial",),
        engines_reason="which starts its processes itself",
        topic="processes",
        check=_check,
        comparable=lambda result: (*result[:2], result[5]),
    )


def _methods() -> tuple[str, ...]:
    from multiprocessing import get_all_start_methods

    there = get_all_start_methods()
    return tuple(method for method in METHODS if method in there)


def _inputs(parameters: Parameters) -> Sequence[Task]:
    times, ballast = cast("int", parameters["times"]), cast("int", parameters["ballast"])
    return [(method, number, ballast) for method in _methods() for number in range(1, times + 1)]


def _check(results: Sequence[Begun], parameters: Parameters) -> str | None:
    wanted = [task[:2] for task in _inputs(parameters)]
    if sorted(result[:2] for result in results) != sorted(wanted):
        return f"There are {len(results):,} processes instead of {len(wanted):,}."
    for method, number, called, ready, joined, inherited, *_ in results:
        if not 0 < called <= joined or not 0 < ready <= joined:
            return f"Process {number:,} by {method} was joined before it was there."
        if method == "fork" and not all(inherited):
            return f"Process {number:,} by fork has not inherited all that its parent had."
        if method != "fork" and inherited[0]:
            return f"Process {number:,} by {method} knows what its parent had changed in memory, as if it were a copy."
    return None


def _by_method(results: Sequence[Begun]) -> dict[str, list[Begun]]:
    found: dict[str, list[Begun]] = {}
    for result in results:
        found.setdefault(result[0], []).append(result)
    return found


def _median(values: Sequence[int]) -> int:
    return sorted(values)[len(values) // 2]


def _summarise(results: Sequence[Begun], parameters: Parameters) -> str:
    del parameters
    from ..report.figures import duration

    times = {method: _median([result[3] for result in own]) for method, own in _by_method(results).items()}
    return "until it is there: " + ", ".join(f"{method} {duration(time)}" for method, time in times.items())


def _show(results: Sequence[Begun], parameters: Parameters) -> tuple[str, ...]:
    del parameters
    from ..report.columns import aligned
    from ..report.figures import duration, size

    times = [["method", "start()", "is there", "the first", "joined"]]
    inherited = [["method", "global", "variable", "file", "modules", "RSS", "PSS"]]
    for method, own in _by_method(results).items():
        called, ready, joined = zip(*(result[2:5] for result in own), strict=True)
        times.append([method, *map(duration, (_median(called), _median(ready), ready[0], _median(joined)))])
        *_, has, modules, rss, pss = own[-1]
        memory = [size(each) if each >= 0 else "-" for each in (rss, pss)]
        inherited.append([method, *("yes" if each else "no" for each in has), f"{modules:,}", *memory])
    return (
        *aligned(times, right={1, 2, 3, 4}),
        "what it has got, and its memory:",
        *aligned(inherited, right={4, 5, 6}),
    )


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    del lane
    from .children import children_bytes

    return children_bytes(2) + cast("int", parameters["ballast"]) * 1_000_000
