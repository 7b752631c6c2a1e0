"""Hooks of `multiprocessing.Process`: what the parent and the child see of a process's life, for every start method."""

from __future__ import annotations

import sys
from _thread import get_ident
from time import perf_counter_ns

from . import blocking, hooking, layout, packing, programs, usage
from .eventfile import writer
from .quiet import hide_frame, like, quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

del packing  # imported here, and not in a child just forked, when another thread of the parent might have been at it
targets: dict[int, tuple[Any, Callable[[Any, Any], tuple[Any, Any] | None]]] = {}
"""By `id`: the loops of workers, and what makes recording queues for them out of their first two arguments."""
POOL_NUMBER = "_poolscope_pool"
"""Attribute of a worker's process and of its first queue: the number of its pool. A plain number can be pickled."""


def hook_process(module: ModuleType) -> None:
    """Hook ``multiprocessing.process``."""
    process = module.BaseProcess
    package = module.__name__.rpartition(".")[0]
    process.start = _recorded_start(process.start)
    process.join = blocking.blocking(process.join, layout.BLOCKED_BY_JOIN)
    process._bootstrap = _recorded_bootstrap(process._bootstrap, package)


def hook_popen(module: ModuleType) -> None:
    """Hook ``multiprocessing.popen_forkserver``: its children are reaped by the fork server, which passes it on."""
    original = module.Popen.poll

    def poll(self: Any, *args: Any, **kwargs: Any) -> Any:
        was_alive = self.returncode is None
        try:
            status = original(self, *args, **kwargs)
        except BaseException as error:
            hide_frame(error)
            raise
        if status is not None and was_alive:
            quietly(programs.reaped, self.pid, status)
        return status

    module.Popen.poll = like(poll, original)


def _queues_of(process: Any) -> tuple[Any, Callable[[Any, Any], tuple[Any, Any] | None]] | None:
    """Return the entry of `targets` for what this process is going to run, if it is a worker."""
    return targets.get(id(getattr(process, "_target", None)))


def _recorded_start(original: Any) -> Any:
    def start(self: Any) -> Any:
        thread = get_ident()
        is_outermost = thread not in programs.own_starts
        programs.own_starts.add(thread)
        note = quietly(_before_start, self)
        try:
            result = original(self)
        except BaseException as error:
            hide_frame(error)
            raise
        finally:
            if is_outermost:
                programs.own_starts.discard(thread)
            quietly(vars(self).pop, POOL_NUMBER, None)
        if note is not None:
            quietly(_after_start, self, *note)
        return result

    return like(start, original)


def _before_start(process: Any) -> tuple[int, bool, int]:
    is_worker = _queues_of(process) is not None
    number = 0
    if is_worker:
        number = vars(process._args[0]).get(POOL_NUMBER, 0)
        if number:
            setattr(process, POOL_NUMBER, number)
    return perf_counter_ns(), is_worker, number


def _after_start(process: Any, begin: int, is_worker: bool, number: int) -> None:
    popen = process._popen
    writer.life(
        layout.STARTED, value=method_code(popen.method), a=popen.pid, time=begin, v1=perf_counter_ns(),
        v2=layout.START_WORKER if is_worker else layout.START_PROCESS, v3=number,
    )  # fmt: skip


def method_code(method: str | None) -> int:
    """Return the number that stands for a start method in event files; 0 for one that is not known."""
    return layout.START_METHODS.index(method) + 1 if method in layout.START_METHODS else 0


def _recorded_bootstrap(bootstrap: Any, package: str) -> Any:
    def _bootstrap(self: Any, *args: Any, **kwargs: Any) -> Any:
        quietly(_begin, self, package)
        try:
            code = bootstrap(self, *args, **kwargs)
        except BaseException as error:
            hide_frame(error)
            raise
        quietly(_finish, code)
        return code

    return like(_bootstrap, bootstrap)


def _begin(process: Any, package: str) -> None:
    """Describe this new process in its event file, and see to it that its work is recorded."""
    writer.open()
    entry = _queues_of(process)
    slots = writer.slots
    slots[layout.ENTERED] = 0
    slots[layout.ROLE] = layout.ROLE_CHILD if entry is None else layout.ROLE_WORKER
    slots[layout.POOL] = vars(process).pop(POOL_NUMBER, 0)
    if process._parent_pid:
        slots[layout.PARENT_PID] = process._parent_pid
    slots[layout.START_METHOD] = method_code(_start_method(process, package))
    writer.text(layout.NAME_TEXT, process._name)
    queues = None
    if entry is not None:
        queues = quietly(entry[1], *process._args[:2])
        if queues is not None:
            process._args = (*queues, *process._args[2:])
    process.run = _recorded_run(process, is_entered_by_queue=queues is not None)


def _start_method(process: Any, package: str) -> str | None:
    method: str | None = getattr(process, "_start_method", None)
    if method is None:
        context = sys.modules[f"{package}.context"]
        method = context._default_context.get_start_method(allow_none=True)
    return method


def _recorded_run(process: Any, *, is_entered_by_queue: bool) -> Any:
    """Wrap `run` of this one process; the wrapper unties itself, so that no cycle keeps the process alive."""
    own = {name: value for name, value in vars(process).items() if name == "run"}

    def run() -> None:
        vars(process).pop("run", None)
        vars(process).update(own)
        if not is_entered_by_queue:
            quietly(enter)
        try:
            process.run()
        except BaseException as error:
            hide_frame(error)
            if not isinstance(error, SystemExit):
                quietly(programs.note_error, error)
            raise

    return run


def enter() -> None:
    """Note that this process is ready for work."""
    now = perf_counter_ns()
    writer.slots[layout.ENTERED] = now
    writer.life(layout.ENTERED_TARGET, time=now)
    if writer.slots[layout.START_METHOD] > 1:
        quietly(_note_imports)


def _note_imports() -> None:
    """Say what this process had to import anew, and how long that took."""
    imported = hooking.imported()
    if imported:
        writer.name(layout.ENTERED_TARGET, 0, 0, imported)


def _finish(code: object) -> None:
    now = perf_counter_ns()
    status = code if isinstance(code, int) else 1
    slots = writer.slots
    quietly(usage.note_end, slots)
    slots[layout.EXIT_CODE] = status
    slots[layout.EXITING] = now
    writer.life(layout.EXITED_TARGET, time=now, v1=status)
