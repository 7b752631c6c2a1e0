"""Children and grandchildren, and what becomes of them: who waits for whom, and what daemonic processes may not do."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from time import perf_counter_ns, sleep
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
A process starts children, which start children of their own. The first task has a whole family come together, \
pause, and leave: every parent joins its children. The tasks behind it show, one by one, what is special about \
daemonic processes, those started with daemon = True, and about children that lose their parent.

Watch the processes while the family is there, and compare them with the tree in the result: name, pid, and exit \
code as the parent saw it. Watch the timeline: no parent ends before its children. With forkserver the operating \
system gives all of them another parent, the server.

Expect a daemonic process to be refused children of its own. It is ended with its parent, by SIGTERM, so nobody \
would be left to end its children. An ordinary child is not ended but waited for: its parent stays until it is done, \
join() or not. The workers of a Pool are daemonic, so a task in a Pool cannot start processes; those of an executor \
are not, so there it can. And a child whose parent just vanishes, here by os._exit, goes on as an orphan.

Try next: generations = 4, and find the youngest in the tree; then press the key that kills the parent of a large \
family while it pauses, and look who ends, and who is left."""

_LIMIT = 60.0
_LONG = 60
"""Seconds that a daemonic child would take if it were let."""
_REFUSED = "daemonic processes are not allowed to have children"

Task = tuple[str, int, int, int, str]
"""What is tried, children of each process, generations below the first one, milliseconds of a pause, start method."""
Member = tuple[int, str, int, int, int]
"""Generation, name, pid, pid of its multiprocessing parent, and exit code as that saw it."""
Told = tuple[str, str, int, tuple[Member, ...]]
"""What was tried, what came of it, in how many nanoseconds, and the family, parents before their children."""


def try_it(task: Task) -> Told:
    """Try one thing that families do: one task."""
    from .children import Children

    what, count, generations, pause, start = task
    begin = perf_counter_ns()
    with Children(start) as children:
        said, members = _TRIALS[what](children, count, generations, pause, start)
    return what, said, perf_counter_ns() - begin, members


_Answer = tuple[str, tuple[Member, ...]]


def _family(children: Any, count: int, generations: int, pause: int, start: str) -> _Answer:
    """A tree of processes, each of which joins its children."""
    with children.start_reporter("parent", _belong, count, generations, pause, start, 0) as reader:
        found = children.answer(reader, _LIMIT + pause / 1000)
    children.join()
    eldest = children.started[0]
    members = ((0, eldest.name, eldest.pid, os.getpid(), eldest.exitcode), *found)
    said = f"{len(members):,} processes came and went, each joined by its parent"
    return said, members


def _belong(count: int, generations: int, pause: int, start: str, generation: int, report: Any) -> None:
    """Be a member of the family."""
    import multiprocessing

    from .children import Children

    if not generations:
        sleep(pause / 1000)
        report.send([])
        return
    name = multiprocessing.current_process().name
    members: list[Member] = []
    with Children(start) as children:
        readers = [
            children.start_reporter(
                f"{name}.{number}" if generation else f"child-{number}",
                _belong, count, generations - 1, pause, start, generation + 1,
            )
            for number in range(1, count + 1)
        ]  # fmt: skip
        found = [children.answer(reader, _LIMIT + pause / 1000) for reader in readers]
        children.join()
        for child, below in zip(children.started, found, strict=True):
            members += [(generation + 1, child.name, child.pid or 0, os.getpid(), child.exitcode or 0), *below]
    report.send(members)


def try_child() -> str:
    """Try to have a child, and say what came of it."""
    import multiprocessing

    child = multiprocessing.Process(target=_do_nothing, name="grandchild")
    try:
        child.start()
    except AssertionError as error:
        return f"refused: {error}"
    child.join(_LIMIT)
    return "allowed"


def _do_nothing() -> None:
    """Be a child that is only there."""


def _report_child(report: Any) -> None:
    report.send(try_child())


def _daemon_parent(children: Any, *_: object) -> _Answer:
    """A daemonic process tries to start a child."""
    reader, writer = children.context.Pipe(duplex=False)
    with writer:
        children.start("daemon", _report_child, writer, daemon=True)
    with reader:
        return str(children.answer(reader, _LIMIT)), ()


def _pool_worker(children: Any, *_: object) -> _Answer:
    """A task in a Pool tries to start a child."""
    with children.context.Pool(1) as pool:
        return pool.apply_async(try_child).get(_LIMIT), ()


def _executor_worker(children: Any, *_: object) -> _Answer:
    """A task in an executor tries to start a child."""
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(1, children.context) as executor:
        return executor.submit(try_child).result(_LIMIT), ()


def _daemon_child(children: Any, count: int, generations: int, pause: int, start: str) -> _Answer:
    """A parent ends while its daemonic child has still a lot to do."""
    del count, generations, pause
    with children.start_reporter("parent", _leave_daemon, start) as reader:
        return str(children.answer(reader, _LIMIT)), ()


def _leave_daemon(start: str, report: Any) -> None:
    from .children import Children

    context = Children(start).context
    is_there = context.Event()
    context.Process(target=_stay, args=(is_there, report), name="daemon", daemon=True).start()
    is_there.wait(_LIMIT)


def _stay(is_there: Any, report: Any) -> None:
    def say(number: int, frame: object) -> None:
        del frame
        report.send(f"ended with its parent, by {signal.Signals(number).name}")
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    signal.signal(signal.SIGTERM, say)
    is_there.set()
    sleep(_LONG)
    report.send("not ended with its parent")


def _ordinary_child(children: Any, count: int, generations: int, pause: int, start: str) -> _Answer:
    """A parent has nothing left to do, and its ordinary child has."""
    del count, generations
    with children.start_reporter("parent", _leave_child, pause, start) as reader:
        done_ns = children.answer(reader, _LIMIT + pause / 1000)
        children.join()
    ended_ns = perf_counter_ns()
    return ("waited for by its parent" if ended_ns > done_ns else "left behind by its parent"), ()


def _leave_child(pause: int, start: str, report: Any) -> None:
    from .children import Children

    Children(start).context.Process(target=_take_time, args=(pause, report), name="child").start()


def _take_time(pause: int, report: Any) -> None:
    sleep(pause / 1000)
    report.send(perf_counter_ns())


def _orphan(children: Any, count: int, generations: int, pause: int, start: str) -> _Answer:
    """A parent vanishes without a word to anybody."""
    del count, generations, pause
    with children.start_reporter("parent", _vanish, start) as reader:
        said = str(children.answer(reader, _LIMIT))
        reader.poll(_LIMIT)  # until the orphan, whom nobody can join, has let go of its end
    return said, ()


def _vanish(start: str, report: Any) -> None:
    from .children import Children

    Children(start).context.Process(target=_outlive, args=(report,), name="orphan").start()
    os._exit(0)


def _outlive(report: Any) -> None:
    import multiprocessing

    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - it was started by one
    parent.join(_LIMIT)
    report.send("outlives its parent" if not parent.is_alive() else "still has its parent")


_TRIALS: dict[str, Callable[..., _Answer]] = {
    "a family": _family,
    "a daemonic process starts a child": _daemon_parent,
    "a task in a Pool starts a child": _pool_worker,
    "a task in an executor starts a child": _executor_worker,
    "a daemonic child, when its parent ends": _daemon_child,
    "an ordinary child, when its parent ends": _ordinary_child,
    "a child whose parent vanishes": _orphan,
}
_EXPECTED = (
    "",
    f"refused: {_REFUSED}",
    f"refused: {_REFUSED}",
    "allowed",
    "ended with its parent, by SIGTERM",
    "waited for by its parent",
    "outlives its parent",
)
"""What comes of each of them; of the family, a tree."""


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload
    from .children import start_parameter

    return Workload(
        name="family",
        summary="children and grandchildren",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="children",
                kind="integer",
                default=2,
                help="How many children each process of the family has.",
                minimum=1,
                maximum=4,
                presets=(1, 2, 3),
            ),
            Parameter(
                name="generations",
                kind="integer",
                default=2,
                help="How many generations there are below the first process.",
                minimum=1,
                maximum=4,
                presets=(1, 2, 3),
            ),
            Parameter(
                name="pause",
                kind="integer",
                default=1_000,
                help="How long the youngest stay, in milliseconds, so that one sees them.",
                minimum=1,
                maximum=60_000,
                presets=(100, 1_000, 10_000),
            ),
            start_parameter(),
        ),
        function=try_it,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"),),
        memory_needed=_memory_needed,
        count_tasks=lambda _: len(_TRIALS),
        show=_show,
        engines=("serial",),
        engines_reason="which starts its processes itself",
        topic="processes",
        check=_check,
        comparable=lambda result: (*result[:2], len(result[3])),
    )


def _inputs(parameters: Parameters) -> Sequence[Task]:
    count, generations, pause = (cast("int", parameters[name]) for name in ("children", "generations", "pause"))
    return [(what, count, generations, pause, cast("str", parameters["start"])) for what in _TRIALS]


def family_size(parameters: Parameters) -> int:
    """How many processes the family has, the first one too."""
    count, generations = cast("int", parameters["children"]), cast("int", parameters["generations"])
    return sum(int(count**generation) for generation in range(generations + 1))


def _check(results: Sequence[Told], parameters: Parameters) -> str | None:
    if [result[0] for result in results] != list(_TRIALS):
        return f"There are {len(results):,} results instead of {len(_TRIALS):,}."
    members, wanted = results[0][3], family_size(parameters)
    if len(members) != wanted or len({member[2] for member in members}) != wanted:
        return f"The family has {len(members):,} members instead of {wanted:,}."
    generations = {member[2]: member[0] for member in members}
    for generation, name, pid, parent, exitcode in members:
        if exitcode != 0:
            return f"{name} (pid {pid}) ended with exit code {exitcode} instead of 0."
        if generation and generations.get(parent) != generation - 1:
            return f"{name} (pid {pid}) is no child of the generation above it."
    for result, expected in zip(results[1:], _EXPECTED[1:], strict=True):
        if result[1] != expected:
            return f"For {result[0]}, the outcome was {result[1]}, where Python is known to give {expected}."
    return None


def _summarise(results: Sequence[Told], parameters: Parameters) -> str:
    del parameters
    return f"{len(results[0][3]):,} processes in one family, and what daemonic ones may not do"


def _show(results: Sequence[Told], parameters: Parameters) -> tuple[str, ...]:
    del parameters
    from ..report.figures import duration

    lines = []
    for what, said, elapsed, members in results:
        lines += [f"{what}:", f"  {said} ({duration(elapsed)})"]
        lines += [
            f"{'  ' * (generation + 2)}{name} (pid {pid}), exit code {exitcode}"
            for generation, name, pid, _, exitcode in members
        ]
    return tuple(lines)


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    del lane
    from .children import children_bytes

    return children_bytes(family_size(parameters) + 2)
