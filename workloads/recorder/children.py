"""Children that multiprocessing knows nothing of: plain forks, programs started by `subprocess`, and every reaping.

A fork is noticed by the hooks that Python has for it, not by a wrapper of ``os.fork``: a warning about threads would
name the line of the wrapper. Only the child learns its number there, so it is the child that writes the record of its
start into the file of its parent, at a place that was left for it.
"""

import os
import sys
from _thread import get_ident
from time import perf_counter_ns

from . import blocking, layout
from .eventfile import put_life, writer
from .programs import begin_as
from .quiet import hide_frame, like, quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

own_starts: "set[int]" = set()
"""Threads that just start a child in another way, with a record of its own."""
_forks: "dict[int, tuple[int, tuple[int, Any, int] | None]]" = {}
"""By thread that forks: when it began, and the place for the record."""


def watch() -> None:
    """Notice forks and reaping from now on."""
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
    for name, place in (("wait", None), ("waitpid", 1), ("wait3", 0), ("wait4", 1), ("waitid", 2)):
        function = getattr(os, name, None)
        if function is not None:
            setattr(os, name, _reaping(function, place, _seen_by_waitid if name == "waitid" else _seen))


def _before_fork() -> None:
    if get_ident() not in own_starts:
        _forks[get_ident()] = perf_counter_ns(), quietly(_leave_room)


def _leave_room() -> "tuple[int, Any, int] | None":
    return None if writer.slots[layout.ROLE] == layout.ROLE_HELPER else writer.leave_room()


def _after_fork_in_parent() -> None:
    _forks.pop(get_ident(), None)


def _after_fork_in_child() -> None:
    quietly(_become_fork)


def _become_fork() -> None:
    begin, hole = _forks.get(get_ident(), (0, None))
    is_own_start = get_ident() in own_starts
    is_of_helper = writer.slots[layout.ROLE] == layout.ROLE_HELPER
    _forks.clear()
    own_starts.clear()
    blocking.forget()
    if hole is not None:
        number, memory, offset = hole
        put_life(
            memory, offset, number, layout.STARTED, value=1, a=os.getpid(), time=begin, v1=perf_counter_ns(),
            v2=layout.START_FORK,
        )  # fmt: skip
    name = quietly(writer.text_of, layout.NAME_TEXT) or ""
    writer.after_fork()
    if not is_own_start and not is_of_helper:
        begin_as(layout.ROLE_FORK, name)
        writer.slots[layout.START_METHOD] = 1


def _reaping(
    function: "Callable[..., Any]", options_at: "int | None", seen: "Callable[[Any], tuple[int, int] | None]"
) -> "Any":
    """Wrap a function that may take in the status of a child.

    Args:
        function: What is wrapped.
        options_at: Which of its arguments holds the options; None if it has none.
        seen: Says which child's status it was and what it is, if it was any.
    """
    no_hang, begin, end, quiet, note, hide = os.WNOHANG, blocking.begin, blocking.end, quietly, _note, hide_frame
    by = layout.BLOCKED_BY_CHILD

    def reaping(*args: "Any", **kwargs: "Any") -> "Any":
        waits = options_at is None or (
            len(args) > options_at and type(args[options_at]) is int and not args[options_at] & no_hang
        )
        if waits:
            begin(by)
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            hide(error)
            raise
        finally:
            if waits:
                end()
        if result is not None and result[0]:
            quiet(note, seen, result)
        return result

    return like(reaping, function)


def _seen(result: "Any") -> "tuple[int, int] | None":
    pid, status = result[:2]
    is_end = os.WIFEXITED(status) or os.WIFSIGNALED(status)
    return (pid, os.waitstatus_to_exitcode(status)) if is_end else None


def _seen_by_waitid(result: "Any") -> "tuple[int, int] | None":
    if result.si_code == os.CLD_EXITED:
        return result.si_pid, result.si_status
    return (result.si_pid, -result.si_status) if result.si_code in (os.CLD_KILLED, os.CLD_DUMPED) else None


def _note(seen: "Callable[[Any], tuple[int, int] | None]", result: "Any") -> None:
    end = seen(result)
    if end is not None and writer.slots[layout.ROLE] != layout.ROLE_HELPER:
        reaped(*end)


def reaped(pid: int, status: int) -> None:
    """Note how a child of this process ended."""
    writer.life(layout.REAPED, a=pid, v1=status)


def hook_subprocess(module: "ModuleType") -> None:
    """Hook ``subprocess``."""
    popen = module.Popen
    popen._execute_child = _recorded_execution(popen._execute_child)
    popen.wait = blocking.blocking(popen.wait, layout.BLOCKED_BY_CHILD)
    popen.communicate = blocking.blocking(popen.communicate, layout.BLOCKED_BY_CHILD)
    # Imported before us, it keeps the true function.
    plain, ours = getattr(os.waitpid, "__wrapped__", None), os.waitpid
    poll = popen._internal_poll
    poll.__defaults__ = tuple(ours if value is plain else value for value in poll.__defaults__ or ())
    kept = getattr(module, "_del_safe", None)
    if getattr(kept, "waitpid", None) is plain and kept is not None:
        kept.waitpid = ours


def _recorded_execution(execute: "Callable[..., Any]") -> "Any":
    def _execute_child(self: "Any", args: "Any", *rest: "Any", **options: "Any") -> "Any":
        begin = perf_counter_ns()
        thread = get_ident()
        is_outermost = thread not in own_starts
        own_starts.add(thread)
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


def _note_program(pid: int, args: "Any", begin: int) -> None:
    writer.life(layout.STARTED, a=pid, time=begin, v1=perf_counter_ns(), v2=layout.START_SUBPROCESS)
    writer.name(layout.STARTED, pid, 0, _command_line(args))


def _command_line(args: "Any") -> str:
    if type(args) is str:  # a line for the shell, or a program alone
        return args
    words = args if type(args) in (list, tuple) else [args]
    return " ".join(_word(word) for word in words[:100])


def _word(word: "Any") -> str:
    if type(word) is str:
        text = word
    elif type(word) is bytes:
        text = os.fsdecode(word)
    else:
        path = sys.modules.get("pathlib")
        is_path = path is not None and type(word) in (path.PosixPath, path.PurePosixPath)
        text = str(word) if is_path else f"<{type(word).__qualname__}>"
    return text if text and not any(sign in text for sign in " \t\n'\"\\") else repr(text)
