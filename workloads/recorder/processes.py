"""Hooks of `multiprocessing.Process`: what the parent and the child see of a process's life, for every start method."""

from __future__ import annotations

import sys
from functools import wraps
from time import perf_counter_ns

from . import layout
from .eventfile import writer
from .quiet import around, hide_frame, quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def hook_process(module: ModuleType) -> None:
    """Hook ``multiprocessing.process``."""
    process = module.BaseProcess
    process.start = around(process.start, _before_start, _after_start)
    process._bootstrap = _recorded_bootstrap(process._bootstrap)


def hook_popen(module: ModuleType) -> None:
    """Hook ``multiprocessing.popen_fork`` and ``popen_forkserver``: where a child's status is reaped.

    A pool asks for every worker's status whenever a result is there, so this is on the way of every chunk.
    """
    original = module.Popen.poll

    @wraps(original)
    def poll(self: Any, *args: Any, **kwargs: Any) -> Any:
        was_alive = self.returncode is None
        try:
            status = original(self, *args, **kwargs)
        except BaseException as error:
            hide_frame(error)
            raise
        if status is not None and was_alive:
            quietly(writer.life, layout.REAPED, a=self.pid, v1=status)
        return status

    module.Popen.poll = poll


def _is_pool_worker(process: Any) -> bool:
    pool = sys.modules.get("multiprocessing.pool")
    target = getattr(process, "_target", None)
    return pool is not None and target is not None and target is getattr(pool, "worker", None)


def _before_start(process: Any) -> tuple[int, bool]:
    return perf_counter_ns(), _is_pool_worker(process)


def _after_start(note: tuple[int, bool], _: None, process: Any) -> None:
    begin, is_worker = note
    popen = process._popen
    method = method_code(popen.method)
    now = perf_counter_ns()
    writer.life(layout.STARTED, value=method, a=popen.pid, time=begin, v1=now, v2=int(is_worker))


def method_code(method: str | None) -> int:
    """Return the number that stands for a start method in event files; 0 for one that is not known."""
    return layout.START_METHODS.index(method) + 1 if method in layout.START_METHODS else 0


def _recorded_bootstrap(bootstrap: Any) -> Any:
    @wraps(bootstrap)
    def _bootstrap(self: Any, *args: Any, **kwargs: Any) -> Any:
        quietly(_begin, self)
        try:
            code = bootstrap(self, *args, **kwargs)
        except BaseException as error:
            hide_frame(error)
            raise
        quietly(_finish, code)
        return code

    return _bootstrap


def _begin(process: Any) -> None:
    """Describe this new process in its event file, and see to it that its work is recorded."""
    writer.open()
    is_worker = _is_pool_worker(process)
    slots = writer.slots
    slots[layout.ROLE] = layout.ROLE_WORKER if is_worker else layout.ROLE_CHILD
    if process._parent_pid:
        slots[layout.PARENT_PID] = process._parent_pid
    slots[layout.START_METHOD] = method_code(_start_method(process))
    writer.text(layout.NAME_TEXT, process._name)
    queues = None
    if is_worker:
        from .workers import recorded_queues

        queues = recorded_queues(*process._args[:2])
    if queues is not None:
        process._args = (*queues, *process._args[2:])
    process.run = _recorded_run(process, is_entered_by_queue=queues is not None)


def _start_method(process: Any) -> str | None:
    method: str | None = getattr(process, "_start_method", None)
    if method is None:
        context = sys.modules["multiprocessing.context"]
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
                quietly(_note_error, error)
            raise

    return run


def enter() -> None:
    """Note that this process is ready for work."""
    now = perf_counter_ns()
    writer.slots[layout.ENTERED] = now
    writer.life(layout.ENTERED_TARGET, time=now)


def _note_error(error: BaseException) -> None:
    name = type(error).__name__
    text = str(error)
    writer.text(layout.ERROR_TEXT, f"{name}: {text}" if text else name)


def _finish(code: object) -> None:
    now = perf_counter_ns()
    status = code if isinstance(code, int) else 1
    slots = writer.slots
    slots[layout.EXIT_CODE] = status
    slots[layout.EXITING] = now
    writer.life(layout.EXITED_TARGET, time=now, v1=status)
