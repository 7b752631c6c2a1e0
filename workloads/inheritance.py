"""What a program that has the terminal to itself takes over from our caller, just as if it had been started by it."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

from . import custody

TYPE_CHECKING = False  # `typing` would delay every program
if TYPE_CHECKING:
    from collections.abc import Mapping

_LARGE_ENOUGH = 1 << 22


class Inheritance:
    """Beside working directory, limits and the like, which go from process to process by themselves.

    Attributes:
        ignored: Signals that are ignored, as under ``nohup``.
        blocked: Signals that are blocked.
        closed: Those of stdin, stdout and stderr that are closed.
        others: Further open files, such as a shell's ``<(...)``.
    """

    def __init__(
        self,
        ignored: tuple[int, ...] = (),
        blocked: tuple[int, ...] = (),
        closed: tuple[int, ...] = (),
        others: tuple[int, ...] = (),
    ) -> None:
        self.ignored = ignored
        self.blocked = blocked
        self.closed = closed
        self.others = others


def take_over() -> Inheritance:
    """Look what there is, before anything is opened; closed standard streams lead to the null device from now on."""
    others = tuple(number for number in custody.open_descriptors() if number > 2 and os.get_inheritable(number))
    ignored = tuple(
        number
        for number in signal.valid_signals()
        # These two are Python's own doing.
        if number not in (signal.SIGPIPE, signal.SIGXFSZ) and signal.getsignal(number) == signal.SIG_IGN
    )
    return Inheritance(ignored, tuple(signal.pthread_sigmask(signal.SIG_BLOCK, ())), _fill_gaps(), others)


def _fill_gaps() -> tuple[int, ...]:
    """Open what is closed of stdin, stdout and stderr, so that no other file takes its number."""
    closed = []
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            closed.append(number)
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:  # a lower one is closed, too, and cannot be filled
                os.dup2(null, number)
                os.close(null)
            os.set_inheritable(number, True)
    return tuple(closed)


def let_go(inheritance: Inheritance, *, keeps_stdout: bool) -> None:
    """Close what the program has now: whoever is at the other end shall see it when the program closes it."""
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    os.dup2(null, 0)
    if not keeps_stdout:
        os.dup2(null, 1)
    os.close(null)
    for number in inheritance.others:
        with suppress(OSError):
            os.close(number)


def caller_environment() -> dict[str, str]:
    """Return the environment as the caller gave it: in the C locale Python adds a variable to its own."""
    environment = dict(os.environ)
    if "LC_CTYPE" in environment and b"LC_CTYPE" not in _initial_names():
        del environment["LC_CTYPE"]
    return environment


def _initial_names() -> set[bytes]:
    try:
        with open("/proc/self/environ", "rb") as file:  # noqa: PTH123
            settings = file.read(_LARGE_ENOUGH).split(b"\0")
    except OSError:
        return {b"LC_CTYPE"}  # nobody knows
    return {setting.partition(b"=")[0] for setting in settings}


def find_command(name: str, environment: Mapping[str, str]) -> str:
    """Find a command as a shell does: on PATH, unless it says where it is.

    Raises:
        CommandError: If there is none, or it cannot be executed.
    """
    if "/" in name:
        candidates = [name]
    else:
        directories = environment.get("PATH", os.defpath).split(os.pathsep)
        candidates = [f"{directory or '.'}/{name}" for directory in directories] if name else []
    reason = ""
    for candidate in candidates:
        if os.path.isdir(candidate):  # noqa: PTH112
            reason = reason or "it is a directory"
        elif os.path.exists(candidate):  # noqa: PTH110
            if os.access(candidate, os.X_OK):
                return candidate
            reason = "you are not allowed to execute it"
    from .errors import CommandError
    from .text import clean

    shown = clean(name, 200) or "''"
    if reason and ("/" in name or "allowed" in reason):
        raise CommandError(f"{shown} cannot be started: {reason}.", CommandError.NOT_EXECUTABLE)
    where = "" if "/" in name else " on PATH"
    raise CommandError(f"{shown} cannot be started: there is no such command{where}.", CommandError.NOT_FOUND)
