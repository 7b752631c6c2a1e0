"""What an interpreter notes from its start to its end: what it is, its plain forks, the children that it reaps.

A fork is noticed by the hooks that Python has for it, not by a wrapper of ``os.fork``: a warning about threads would
name the line of the wrapper. Only the child learns its number there, so it is the child that writes the record of its
start into the file of its parent, at a place that was left for it.

Every interpreter of a run imports this while it starts; what it needs only now and then, it imports then.
"""

import atexit
import os
import sys
from _thread import get_ident
from time import perf_counter_ns

from . import hooking, layout
from .eventfile import writer
from .quiet import hide_frame, like, quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

own_starts: set[int] = set()
"""Threads that just start a child in another way than by a plain fork, with a record of its own."""
_forks: "dict[int, tuple[int, tuple[int, Any, int] | None]]" = {}
"""By thread that forks: when it began, and the place for the record."""
_FORK_SERVERS = ("from multiprocessing.forkserver import", "from multiprocess.forkserver import")
_LONGEST_CODE = 60  # characters of the code of -c in a name
_REAPERS: "dict[str, int | None]" = {"wait": None, "waitpid": 1, "wait3": 0, "wait4": 1, "waitid": 2, "system": None}
"""Functions of ``os`` that may take in the status of a child, and which of their arguments holds the options. The pid
of what ``os.system`` starts nobody learns, so that one is a wait and nothing else."""


def begin() -> None:
    """Open the event file of an interpreter that has just started, and notice all this from now on."""
    atexit.register(_end)
    words = getattr(sys, "orig_argv", ())
    kind, text = command_of(words)
    if kind == "-c" and text.startswith(_FORK_SERVERS):
        begin_as(layout.ROLE_HELPER, "fork server")
    elif "--multiprocessing-fork" in words or (kind == "-m" and text.endswith("popen_loky_posix")):
        quietly(writer.open)  # it says what it is once it knows
    else:
        begin_as(layout.ROLE_PROGRAM, program_name(kind, text))
    os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
    for name, options_at in _REAPERS.items():
        function = getattr(os, name, None)
        if function is not None:
            setattr(os, name, _reaping(function, options_at))


def begin_as(role: int, name: str, start_method: int = 0) -> None:
    """Make the event file of this process and say what it is. It is at work already."""
    writer.begin()
    slots = writer.slots
    slots[layout.ROLE] = role
    slots[layout.ENTERED] = slots[layout.CREATED]
    slots[layout.START_METHOD] = start_method
    if name:
        quietly(writer.text, layout.NAME_TEXT, name)
    writer.publish()


def _end() -> None:
    quietly(_note_end)


def _note_end() -> None:
    """Note that the program is through; registered first, this runs when all else is over."""
    slots = writer.slots
    if slots[layout.EXITING] or not slots[layout.ENTERED]:
        return
    error = getattr(sys, "last_value", None)
    slots[layout.EXIT_CODE] = layout.EXIT_CODE_UNKNOWN
    if isinstance(error, BaseException):
        slots[layout.EXIT_CODE] = 1
        quietly(note_error, error)
    slots[layout.EXITING] = perf_counter_ns()
    writer.publish()


def note_error(error: BaseException) -> None:
    """Keep the exception that ends this process."""
    name = type(error).__name__
    text = str(error)
    writer.text(layout.ERROR_TEXT, f"{name}: {text}" if text else name)


def command_of(words: "Sequence[str]") -> tuple[str, str]:
    """Say what an interpreter with these arguments runs: ``-c`` and code, ``-m`` and module, or "" and script."""
    rest = iter(words[1:])
    for word in rest:
        if word == "--check-hash-based-pycs":
            next(rest, "")
        elif word == "-" or not word.startswith("-"):
            return "", word
        elif not word.startswith("--"):
            for place, letter in enumerate(word[1:], 2):
                if letter in "cm":
                    return f"-{letter}", word[place:] or next(rest, "")
                if letter in "WX":
                    if not word[place:]:
                        next(rest, "")
                    break
    return "", ""


def program_name(kind: str, text: str) -> str:
    """Return a short name for what an interpreter runs."""
    if kind == "-c":
        line = text.strip().partition("\n")[0]
        cut = line if len(line) <= _LONGEST_CODE else line[: _LONGEST_CODE - 1] + "…"
        return f"-c {cut}"
    if kind == "-m":
        return f"-m {text}"
    return text.rpartition("/")[2] or text or "python"


# Forks


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
    blocking = sys.modules.get(f"{__package__}.blocking")
    if blocking is not None:
        blocking.forget()
    if hole is not None:
        writer.fill(hole, layout.STARTED, begin, layout.START_FORK)
    name = quietly(writer.text_of, layout.NAME_TEXT) or ""
    writer.after_fork()
    if is_of_helper:
        hooking.forget()
    elif not is_own_start:
        begin_as(layout.ROLE_FORK, name, layout.START_METHODS.index("fork") + 1)


# Reaping


def _reaping(function: "Callable[..., Any]", options_at: "int | None") -> "Any":
    """Wrap a function that may take in the status of a child."""
    no_hang, no_reaping, quiet, note, hide, meter = os.WNOHANG, os.WNOWAIT, quietly, _note, hide_frame, _meter

    def reaping(*args: "Any", **kwargs: "Any") -> "Any":
        options = 0
        if options_at is not None and len(args) > options_at and type(args[options_at]) is int:
            options = args[options_at]
        waits = not options & no_hang
        end = quiet(meter) if waits else None
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            hide(error)
            raise
        finally:
            if end is not None:
                end()
        if result is not None and type(result) is not int and result[0] and not options & no_reaping:
            quiet(note, result)
        return result

    return like(reaping, function)


def _meter() -> "Callable[[], None]":
    """Begin to wait for a child, and return what ends it."""
    from . import blocking

    blocking.begin(layout.BLOCKED_BY_CHILD)
    return blocking.end


def _note(result: "Any") -> None:
    """Note a child's end in what one of the functions of `_REAPERS` returned."""
    if hasattr(result, "si_pid"):
        pid, status = result.si_pid, result.si_status
        if result.si_code in (os.CLD_KILLED, os.CLD_DUMPED):
            status = -status
        elif result.si_code != os.CLD_EXITED:
            return
    else:
        pid, word = result[:2]
        if not os.WIFEXITED(word) and not os.WIFSIGNALED(word):
            return
        status = os.waitstatus_to_exitcode(word)
    reaped(pid, status)


def reaped(pid: int, status: int) -> None:
    """Note how a child of this process ended; the fork server's are those of others, who note it themselves."""
    if writer.slots[layout.ROLE] != layout.ROLE_HELPER:
        writer.life(layout.REAPED, a=pid, v1=status)
