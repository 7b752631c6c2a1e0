"""Signals that reach the command while a program has the terminal: the program is to decide what becomes of them.

The terminal sends Ctrl-C to the whole process group, so the program has it already; what somebody sends to our pid
alone has to be passed on. The kernel tells what is its own from what a process sent, but only who waits for signals,
hence a thread; and a `Witness` knows what a process sent to the whole group.
"""

from __future__ import annotations

import os
import signal
from _thread import start_new_thread
from contextlib import suppress
from time import monotonic_ns

TYPE_CHECKING = False  # `typing` would delay every program
if TYPE_CHECKING:
    from typing import Self

    from .witness import Witness

_WATCHED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)


class Received:
    """A signal.

    Attributes:
        number: Which one.
        is_ours_alone: Whether it was sent to us, rather than to the whole process group.
        seen_ns: When it was here, on the clock of ``time.monotonic_ns``, which all processes share.
    """

    __slots__ = ("is_ours_alone", "number", "seen_ns")

    def __init__(self, number: int, is_ours_alone: bool, seen_ns: int) -> None:
        self.number = number
        self.is_ours_alone = is_ours_alone
        self.seen_ns = seen_ns


class Signals:
    """Keeps signals from ending us, and tells of them."""

    def __init__(self) -> None:
        self._watched: set[signal.Signals] = set()
        self._before: set[int] = set()
        self._received: list[Received] = []
        self._witness: Witness | None = None
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)

    def __enter__(self) -> Self:
        # What is ignored, as under nohup, stays so.
        self._watched = {number for number in _WATCHED if signal.getsignal(number) != signal.SIG_IGN}
        self._before = set(signal.pthread_sigmask(signal.SIG_BLOCK, self._watched))
        if self._watched:
            from .witness import Witness

            self._witness = Witness.start()
            start_new_thread(self._listen, ())
        return self

    def __exit__(self, *exception: object) -> None:
        # The thread goes on waiting, for nothing any more: signals prefer whoever has not blocked them.
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
        witness, self._witness = self._witness, None
        if witness is not None:
            witness.close()

    def fileno(self) -> int:
        """What becomes readable when a signal comes."""
        return self._reader

    def take(self) -> list[Received]:
        """Return what came since the last time."""
        with suppress(BlockingIOError):
            os.read(self._reader, 64)
        received, self._received = self._received, []
        return received

    def _listen(self) -> None:
        while True:
            number, is_ours_alone = _next_signal(self._watched)
            seen_ns, witness = monotonic_ns(), self._witness
            if witness is not None and witness.saw(number):  # it is asked of the terminal's, too, so as to forget them
                is_ours_alone = False
            self._received.append(Received(number, is_ours_alone, seen_ns))
            os.write(self._writer, b"!")


def _next_signal(watched: set[signal.Signals]) -> tuple[int, bool]:
    """Wait for a signal; say whether it was sent to this process only, as far as can be known."""
    if hasattr(signal, "sigwaitinfo"):
        info = signal.sigwaitinfo(watched)
        return info.si_signo, info.si_code <= 0  # positive: the kernel's own
    return signal.sigwait(watched), not _is_in_foreground()


def _is_in_foreground() -> bool:
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
