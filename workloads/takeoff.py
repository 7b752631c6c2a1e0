"""What a fresh child of the guardian does before it is the runner or the program.

Part of the guardian, so standard library only, and as little of it as possible.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # `typing` would cost milliseconds
if TYPE_CHECKING or __package__:
    from . import custody
else:
    import custody

_NOT_FOUND = 127
_NO_PROGRAM = 8  # ENOEXEC; `errno` is one import more
_SHELL = b"/bin/sh"


class Order:
    """What is to be started, as the user interface said it."""

    def __init__(self, words: list[bytes]) -> None:
        self.name, self.directory, self.path, options, count = words[:5]
        self.arguments = words[5 : 5 + int(count)]
        self._settings = words[5 + int(count) :]
        self._options = dict(option.split(b"=", 1) for option in options.split())
        self.is_program = self._options.get(b"kind") == b"program"
        """Whether it is a person's own program rather than a runner."""
        self.shares_terminal = self._options.get(b"io") == b"shared"
        """Whether it gets the user interface's stdin, stdout and stderr, and is of its process group."""
        self.waits = self._options.get(b"waits") == b"1"
        """Whether what outlives it may go on."""

    def numbers(self, name: bytes) -> list[int]:
        """Numbers that an option lists."""
        return [int(number) for number in self._options.get(name, b"").split(b",") if number]

    def environment(self) -> dict[bytes, bytes]:
        """The environment of what is started."""
        return dict(setting.split(b"=", 1) for setting in self._settings)


def become(order: Order, guardian: int, report: int) -> None:
    """Turn this fresh child into what was ordered; never returns.

    Args:
        order: What to start.
        guardian: Pid of the parent.
        report: Where the number of the error goes, should it fail; closed by success.
    """
    number = 0
    try:
        custody.prctl(custody.DEATH_SIGNAL, custody.SIGKILL)
        if os.getppid() == guardian:
            _settle(order)
            _execute(order)
    except OSError as error:
        number = error.errno or 0
    finally:
        os.write(report, b"%d" % number)
        os._exit(_NOT_FOUND)


def _settle(order: Order) -> None:
    """Take the place of the process that the caller would have started: group, signals, descriptors."""
    if not order.shares_terminal:
        os.setsid()
    _set_signals(order.numbers(b"ignored"), order.numbers(b"blocked"))
    if order.shares_terminal:
        for descriptor in order.numbers(b"closed"):
            os.close(descriptor)
        return
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for descriptor, log in ((1, b"stdout.log"), (2, b"stderr.log")):
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        os.dup2(os.open(order.directory + b"/" + log, flags, 0o600), descriptor)


def _set_signals(ignored: list[int], blocked: list[int]) -> None:
    from _signal import (  # type: ignore[import-not-found]  # `signal` would cost milliseconds
        NSIG,
        SIG_DFL,
        SIG_IGN,
        SIG_SETMASK,
        pthread_sigmask,
        set_wakeup_fd,
        signal,
    )

    set_wakeup_fd(-1)
    for number in range(1, NSIG):
        try:
            signal(number, SIG_IGN if number in ignored else SIG_DFL)
        except (OSError, ValueError):
            continue  # SIGKILL, SIGSTOP, those of the C library
    pthread_sigmask(SIG_SETMASK, blocked)


def _execute(order: Order) -> None:
    environment = order.environment()
    try:
        os.execve(order.path, order.arguments, environment)  # noqa: S606
    except OSError as error:
        if error.errno != _NO_PROGRAM or not order.is_program:
            raise
        # A script that does not say what runs it: a shell does, as everywhere.
        os.execve(_SHELL, [_SHELL, order.path, *order.arguments[1:]], environment)  # noqa: S606
