"""The terminal around the app: whether it will do, what it can show, and how it is left behind."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

LEAVE = (
    "\x1b[?2004l"  # no bracketed paste
    "\x1b[?7h"  # wrap lines
    "\x1b[?2048l"  # no reports of resizing
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # no reports of the mouse
    "\x1b[<u"  # keys as they were
    "\x1b[?1049l"  # the normal screen
    "\x1b[?25h"  # a visible cursor
    "\x1b[?1004l"  # no reports of the focus
    "\x1b[0m"
)
"""What brings a terminal back from everything that Textual asks of it."""

HANGUP_LOOK = 500
"""Milliseconds between two looks at a terminal that vanished without telling."""


def problem_with_terminal(environment: Mapping[str, str], command: str = "run") -> str | None:
    """Say in one sentence why the screen cannot be opened here, and which COMMAND does without; None if it can."""
    instead = f'use "poolscope {command}" instead, which needs none'
    if not _is_terminal(sys.__stdin__):
        return f"The screen needs a terminal, and standard input is none: {instead}."
    if not _is_terminal(sys.__stderr__):
        return f"The screen needs a terminal, and standard error, on which it draws, is none: {instead}."
    name = environment.get("TERM", "")
    if name in ("", "dumb"):
        said = f"TERM is {name}" if name else "TERM is not set"
        return f"The screen needs a terminal that can be drawn on, and {said}: {instead}."
    return None


def _is_terminal(stream: Any) -> bool:
    try:
        return stream is not None and bool(stream.isatty())
    except (OSError, ValueError):
        return False


def wants_ascii(environment: Mapping[str, str]) -> bool:
    """Tell whether only ASCII should be drawn: a locale that is named and is not UTF-8, or an old terminal.

    A locale that is not set at all says nothing: many containers have none, and UTF-8 terminals.
    """
    if environment.get("TERM", "").startswith(("vt1", "vt2", "linux")):
        return True
    locale = next((value for name in ("LC_ALL", "LC_CTYPE", "LANG") if (value := environment.get(name))), "")
    return bool(locale) and "utf" not in locale.lower()


class TerminalKeeper:
    """Remembers the terminal's state, and brings it back when Textual cannot."""

    def __init__(self) -> None:
        self._descriptor = sys.__stderr__.fileno() if sys.__stderr__ else 2
        self._input = sys.__stdin__.fileno() if sys.__stdin__ else 0
        self._attributes: list[Any] | None = None
        with contextlib.suppress(OSError, ImportError, ValueError):
            import termios

            with contextlib.suppress(termios.error):
                self._attributes = termios.tcgetattr(self._input)

    @property
    def descriptor(self) -> int:
        """The file descriptor that is drawn on."""
        return self._descriptor

    def restore(self) -> None:
        """Bring the terminal back, without ever waiting for it."""
        import termios

        if self._attributes is not None:
            with contextlib.suppress(termios.error, OSError):
                termios.tcsetattr(self._input, termios.TCSANOW, self._attributes)
            # What still waits to be drawn would only delay the end, on a terminal that takes nothing.
            with contextlib.suppress(termios.error, OSError):
                termios.tcflush(self._descriptor, termios.TCOFLUSH)
        with contextlib.suppress(OSError):
            os.set_blocking(self._descriptor, False)
            os.write(self._descriptor, LEAVE.encode())
        with contextlib.suppress(OSError):
            os.set_blocking(self._descriptor, True)

    def watch(self, on_hangup: Callable[[], None]) -> None:
        """Call ON_HANGUP, once and from a thread, when the terminal is gone; costs nothing meanwhile."""
        threading.Thread(target=self._watch, args=(on_hangup,), name="poolscope-terminal", daemon=True).start()

    def _watch(self, on_hangup: Callable[[], None]) -> None:
        poll = select.poll()
        poll.register(self._input, 0)  # hang-ups and errors are always reported
        while not poll.poll(HANGUP_LOOK) and os.isatty(self._input):
            pass
        on_hangup()
