"""All the ways in which a process can end, and what its parent is told: by Process, Pool, executors and threads."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
A function ends in one way after the other: it returns, it raises, it calls sys.exit with a number or with a text, it \
calls os._exit, or it is struck by a signal. Each way is one task, and is tried four times: in a Process, in a Pool, \
in a ProcessPoolExecutor, and in a thread of a ThreadPoolExecutor, the last three in a process of their own that \
plays the parent. The table says what is left of the child, and what its parent was told.

Watch the processes, where each one that ended has its exit status, and the log, where the traceback of a child that \
raised appears: it goes to stderr, since an exception does not travel to the parent by itself. is_alive() says only \
whether the process is still there; exitcode is 0 for a return, 1 for an exception, n for sys.exit(n), and -n for \
signal number n.

Expect surprises with the Pool. It hands over what a function returns and raises, but if the worker ends in any other \
way, it starts a new worker, forgets the task, and get() waits for ever; it is given up here after "patience". The \
executor notices each such end and raises BrokenProcessPool, and even sys.exit arrives as an exception. A stopped \
worker (SIGSTOP) nobody notices: it is alive. In a thread, os._exit and signals end all of the program.

Try next: signals = all, and look for those that do nothing. In programs of your own: never call get() of a Pool \
without a timeout, or use an executor; and look at exitcode after every join()."""

_COMMON = ("SIGINT", "SIGTERM", "SIGHUP", "SIGKILL", "SIGSEGV", "SIGABRT", "SIGUSR1", "SIGSTOP")
_CALLS = ("return", "raise", "sys.exit(n)", "sys.exit(text)", "os._exit(n)")
_HARMLESS = ("SIGCHLD", "SIGCONT", "SIGURG", "SIGWINCH", "SIGPIPE", "SIGXFSZ", "SIGINFO")
"""Signals that do nothing to a Python process: by default, or because Python ignores them."""
_UNSURE = ("SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGIO")
"""Signals whose effect depends on where the process runs."""
_OWN = ("SIGKILL", "SIGSTOP", "SIGPIPE", "SIGXFSZ")
"""Signals whose handler cannot be set, or is left as Python has it."""
_LIMIT = 30.0
"""Seconds after which something that ought to come is given up."""
_SILENCE = "no answer"
_RESULT = "its result"

Task = tuple[str, int, float, str]
"""Way, status for exits, seconds of patience, and how processes are started."""
Ended = tuple[str, bool, int | None, str, str, str]
"""Way; of a Process is_alive() and exitcode; and what a Pool, an executor and a thread told their parent."""


def leave(way: str, status: int) -> int:
    """End in that way."""
    if way == "raise":
        raise ValueError("as it was told to")
    if way == "sys.exit(n)":
        sys.exit(status)
    if way == "sys.exit(text)":
        sys.exit("sys.exit was called with this text")
    if way == "os._exit(n)":
        os._exit(status)
    if way != "return":
        from time import sleep

        os.kill(os.getpid(), signal.Signals[way])
        sleep(0.02)  # in a process with several threads, it may take a moment
    return status


def _prepare(way: str) -> None:
    """Have a signal do what it does by default, and see to it that no memory is dumped to a file."""
    if not way.startswith("SIG"):
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    # Not 0: that is no limit where dumps are piped to a program, and 1 is.
    resource.setrlimit(resource.RLIMIT_CORE, (1 if hard else 0, hard))
    number = signal.Signals[way]
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [number])
    if way == "SIGINT":
        signal.signal(number, signal.default_int_handler)
    elif way not in _OWN:
        signal.signal(number, signal.SIG_DFL)


def prepare_and_leave(way: str, status: int) -> int:
    """End in that way, in the main thread of a process."""
    _prepare(way)
    return leave(way, status)


def end(task: Task) -> Ended:
    """Try one way to end, everywhere: one task."""
    from .children import Children

    way, status, patience, start = task
    with Children(start) as children:
        parents = {
            name: (children.start_reporter(f"{name} parent", target, way, status, patience, start), name)
            for name, target in _PARENTS.items()
        }
        is_alive, exitcode = _of_process(children, way, status, patience)
        limit = patience if _may_stay(way) else _LIMIT
        told = [_report(children, reader, name, limit) for reader, name in parents.values()]
    return way, is_alive, exitcode, told[0], told[1], told[2]


def _of_process(children: Any, way: str, status: int, patience: float) -> tuple[bool, int | None]:
    ready, child_ready = children.context.Pipe(duplex=False)
    with ready:
        with child_ready:
            process = children.start(way, _child, way, status, child_ready)
        ready.poll(_LIMIT)
    process.join(patience if _may_stay(way) else _LIMIT)
    is_alive, exitcode = process.is_alive(), process.exitcode
    if is_alive:
        process.kill()
    return is_alive, exitcode


def _child(way: str, status: int, ready: Any) -> None:
    _prepare(way)
    ready.send(True)
    leave(way, status)


def _may_stay(way: str) -> bool:
    return way == "SIGSTOP" or way in _UNSURE


def _is_told(way: str) -> bool:
    """Whether a Pool surely tells of it."""
    return way in ("return", "raise") or way in _HARMLESS


def _with_pool(way: str, status: int, patience: float, start: str, report: Any) -> None:
    """Be the parent of a Pool."""
    from .children import Children

    pool = Children(start).context.Pool(1)
    pid = pool.apply_async(os.getpid).get(_LIMIT)
    call = pool.apply_async(prepare_and_leave, (way, status))
    call.wait(_LIMIT if _is_told(way) else patience)
    report.send(_told(call.get) if call.ready() else _SILENCE)
    if _may_stay(way):
        os.kill(pid, signal.SIGKILL)
    pool.terminate()
    pool.join()


def _with_executor(way: str, status: int, patience: float, start: str, report: Any) -> None:
    """Be the parent of an executor's worker."""
    from concurrent.futures import ProcessPoolExecutor, wait

    from .children import Children

    executor = ProcessPoolExecutor(1, Children(start).context)
    pid = executor.submit(os.getpid).result(_LIMIT)
    future = executor.submit(prepare_and_leave, way, status)
    wait([future], patience if _may_stay(way) else _LIMIT)
    report.send(_told(future.result) if future.done() else _SILENCE)
    if _may_stay(way):
        os.kill(pid, signal.SIGKILL)
    executor.shutdown()


def _with_threads(way: str, status: int, patience: float, start: str, report: Any) -> None:
    """Be the parent of a thread, which may end us."""
    del patience, start
    from concurrent.futures import ThreadPoolExecutor

    _prepare(way)
    executor = ThreadPoolExecutor(1)
    try:
        told = _told(executor.submit(leave, way, status).result)
    except BaseException as error:  # noqa: BLE001 - a signal's exception comes to the main thread, wherever that is
        told = type(error).__name__
    report.send(told)
    executor.shutdown()


_PARENTS: dict[str, Callable[..., None]] = {
    "Pool": _with_pool,
    "executor": _with_executor,
    "threads": _with_threads,
}


def _told(get: Callable[[], Any]) -> str:
    """What one is told who asks for the result."""
    try:
        get()
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the answer
        return type(error).__name__
    return _RESULT


def _report(children: Any, reader: Any, name: str, limit: float) -> str:
    """What that parent was told, or what became of it."""
    from ..errors import PoolscopeError

    process = next(process for process in children.started if process.name == f"{name} parent")
    with reader:
        if not reader.poll(limit if name == "threads" else _LIMIT):
            if name != "threads":
                raise PoolscopeError(f"The parent of the {name} came to no end within {_LIMIT:g} seconds.")
            process.kill()
            return "stops all"
        try:
            return str(reader.recv())
        except EOFError:
            process.join(_LIMIT)
            return f"ends all: {process.exitcode}"


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload
    from .children import start_parameter

    return Workload(
        name="exits",
        summary="ways to end, and who is told",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="signals",
                kind="choice",
                default="common",
                help="Which signals are tried besides return, raise and the exits.",
                choices=("none", "common", "all"),
                presets=("none", "common", "all"),
            ),
            Parameter(
                name="n",
                kind="integer",
                default=3,
                help="The exit status that sys.exit and os._exit are called with.",
                minimum=0,
                maximum=255,
                presets=(0, 3, 255),
            ),
            Parameter(
                name="patience",
                kind="integer",
                default=300,
                help="After how many milliseconds of silence a parent gives up that would wait for ever.",
                minimum=10,
                maximum=10_000,
                presets=(100, 300, 2_000),
            ),
            start_parameter(),
        ),
        function=end,
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
    )


def _inputs(parameters: Parameters) -> Sequence[Task]:
    chosen, status = cast("str", parameters["signals"]), cast("int", parameters["n"])
    patience, start = cast("int", parameters["patience"]) / 1000, cast("str", parameters["start"])
    names = {"none": (), "common": _COMMON, "all": tuple(_all_signals())}[chosen]
    return [(way, status, patience, start) for way in (*_CALLS, *names)]


def _all_signals() -> list[str]:
    # Of those with the same number only one has a name of its own.
    return [number.name for number in signal.Signals if not number.name.startswith("SIGRT")]


def _expected(way: str, status: int) -> Ended | None:
    """What is told everywhere of that way to end; None where that depends on the machine."""
    if way in _UNSURE:
        return None
    if way == "return" or way in _HARMLESS:
        return way, False, 0, _RESULT, _RESULT, _RESULT
    exitcode, executor, threads = {
        "raise": (1, "ValueError", "ValueError"),
        "sys.exit(n)": (status, "SystemExit", "SystemExit"),
        "sys.exit(text)": (1, "SystemExit", "SystemExit"),
        "os._exit(n)": (status, "BrokenProcessPool", f"ends all: {status}"),
        "SIGINT": (1, "KeyboardInterrupt", "KeyboardInterrupt"),
        "SIGSTOP": (None, _SILENCE, "stops all"),
    }.get(way, (None, "BrokenProcessPool", ""))
    if exitcode is None and way != "SIGSTOP":
        exitcode = -signal.Signals[way]
        threads = f"ends all: {exitcode}"
    pool = "ValueError" if way == "raise" else _SILENCE
    return way, way == "SIGSTOP", exitcode, pool, executor, threads


def _check(results: Sequence[Ended], parameters: Parameters) -> str | None:
    ways, status = [task[0] for task in _inputs(parameters)], cast("int", parameters["n"])
    if [result[0] for result in results] != ways:
        return f"There are {len(results):,} ways to end instead of {len(ways):,}."
    what = ("way", "is_alive()", "exitcode", "answer of the Pool", "answer of the executor", "answer of the thread")
    for result in results:
        expected = _expected(result[0], status)
        for name, found, wanted in zip(what, result, expected or result, strict=True):
            if found != wanted:
                return f"After {result[0]} the {name} was {found}, where Python is known to give {wanted}."
    return None


def _summarise(results: Sequence[Ended], parameters: Parameters) -> str:
    del parameters
    silent = [sum(result[place] == _SILENCE for result in results) for place in (3, 4)]
    return f"{len(results):,} ways to end: a Pool never tells of {silent[0]:,}, an executor of {silent[1]:,}"


def _show(results: Sequence[Ended], parameters: Parameters) -> tuple[str, ...]:
    from ..report.columns import aligned

    rows = [["way", "alive", "exitcode", "Pool", "executor", "thread"]]
    for way, is_alive, exitcode, *told in results:
        rows.append([way, "yes" if is_alive else "no", str(exitcode), *told])
    lines = aligned(rows, right={2})
    if any(_SILENCE in result for result in results):
        lines.append(f"{_SILENCE}: given up after {parameters['patience']} ms; without a limit it hangs for ever.")
    return tuple(lines)


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    del parameters, lane
    from .children import children_bytes

    return children_bytes(7)
