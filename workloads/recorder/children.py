"""Hooks of `subprocess`: the programs that a process starts, be they written in Python or not."""

from __future__ import annotations

import os
import sys
from _thread import get_ident
from time import perf_counter_ns

from . import blocking, layout
from .eventfile import writer
from .programs import own_starts
from .quiet import hide_frame, like, quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def hook_subprocess(module: ModuleType) -> None:
    """Hook ``subprocess``. How these programs end is seen where ``os.waitpid`` is."""
    popen = module.Popen
    popen._execute_child = _recorded_execution(popen._execute_child)
    popen.wait = blocking.blocking(popen.wait, layout.BLOCKED_BY_CHILD)
    popen.communicate = blocking.blocking(popen.communicate, layout.BLOCKED_BY_CHILD)
    # Imported before us, it keeps the true function.
    plain, ours = getattr(os.waitpid, "__wrapped__", None), os.waitpid
    poll = popen._internal_poll
    poll.__defaults__ = tuple(ours if value is plain else value for value in poll.__defaults__ or ())
    kept: Any = getattr(module, "_del_safe", None)
    if getattr(kept, "waitpid", None) is plain:
        kept.waitpid = staticmethod(ours)


def _recorded_execution(execute: Any) -> Any:
    def _execute_child(self: Any, args: Any, *rest: Any, **options: Any) -> Any:
        begin = perf_counter_ns()
        thread = get_ident()
        is_outermost = thread not in own_starts
        own_starts.add(thread)  # it forks where it has to call a function of the program first
        try:
            result = execute(self, args, *rest, **options)
        except BaseException as error:
            hide_frame(error)
            raise
        finally:
            if is_outermost:
                own_starts.discard(thread)
        quietly(_note_program, self.pid, args, begin)
        return result

    return like(_execute_child, execute)


def _note_program(pid: int, args: Any, begin: int) -> None:
    writer.life(layout.STARTED, a=pid, time=begin, v1=perf_counter_ns(), v2=layout.START_SUBPROCESS)
    writer.name(layout.STARTED, pid, 0, _command_line(args))


def _command_line(args: Any) -> str:
    if type(args) is str:  # a line for the shell, or a program alone
        return args
    words = args if type(args) in (list, tuple) else [args]
    return " ".join(_word(word) for word in words[:100])


def _word(word: Any) -> str:
    if type(word) is str:
        text = word
    elif type(word) is bytes:
        text = os.fsdecode(word)
    else:
        path = sys.modules.get("pathlib")
        is_path = path is not None and type(word) in (path.PosixPath, path.PurePosixPath)
        text = str(word) if is_path else f"<{type(word).__qualname__}>"
    return text if text and not any(sign in text for sign in " \t\n'\"\\") else repr(text)
