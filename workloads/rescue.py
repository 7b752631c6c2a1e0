"""Setting a terminal back that the screen could not set back itself, because it was killed.

Part of the guardian, so standard library only, and imported where there is a terminal.
"""

from __future__ import annotations

import os

APP_MODES_OFF = (
    b"\x18"  # cancels a sequence that was cut short
    b"\x1b[?2026l"  # end of a synchronised update
    b"\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1016l"  # no mouse reports
    b"\x1b[?2004l\x1b[?1004l\x1b[?2048l"  # no bracketed paste, no focus reports, no resize reports
    b"\x1b[<u"  # keys as they were
    b"\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[0m"  # wrapping, normal screen, cursor, colours
)


class Terminal:
    """The user interface's terminal, as it was at the beginning."""

    def __init__(self, descriptor: int) -> None:
        import termios

        self._descriptor = descriptor
        self._modes = termios.tcgetattr(descriptor)

    def restore(self) -> None:
        """Bring it back, without ever waiting for it."""
        import termios

        app_off = termios.ICANON | termios.ECHO | termios.ISIG
        try:
            # A shell may have taken it over already, and then its modes are none of our business.
            if not termios.tcgetattr(self._descriptor)[3] & app_off:
                termios.tcsetattr(self._descriptor, termios.TCSANOW, self._modes)
            termios.tcflush(self._descriptor, termios.TCOFLUSH)
            self._write(APP_MODES_OFF)
            termios.tcflush(self._descriptor, termios.TCIFLUSH)
        except (OSError, termios.error):
            return

    def _write(self, data: bytes) -> None:
        # An open file of our own: whether writing waits is a property that all holders of an open file share.
        flags = os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            own = os.open(os.ttyname(self._descriptor), flags)
        except OSError:
            own = os.open(f"/proc/self/fd/{self._descriptor}", flags)
        try:
            os.write(own, data)
        finally:
            os.close(own)


def open_terminal(descriptor: int) -> Terminal | None:
    """Remember how a terminal is; None if DESCRIPTOR is -1, or no terminal."""
    try:
        return Terminal(descriptor) if descriptor >= 0 else None
    except Exception:  # noqa: BLE001 - `termios` has an error of its own, and may be missing
        return None
