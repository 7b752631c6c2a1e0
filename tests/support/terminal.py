"""A terminal without a screen: runs a program in a pseudo-terminal and sees what a person would see.

A thread reads what the program writes, feeds it to a terminal emulator, and answers the questions that programs ask
terminals. Nothing here sleeps: `Terminal.wait_until` wakes up when output arrives.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte
from support.patience import PATIENCE

KEYS = {
    "enter": "\r", "escape": "\x1b", "tab": "\t", "shift+tab": "\x1b[Z", "space": " ", "backspace": "\x7f",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F",
    "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "f1": "\x1bOP",
}  # fmt: skip

QUESTIONS: tuple[tuple[re.Pattern[bytes], bytes], ...] = (
    (re.compile(rb"\x1b\[6n"), b"\x1b[1;1R"),  # where is the cursor
    (re.compile(rb"\x1b\[0?c"), b"\x1b[?62;c"),  # what are you
    (re.compile(rb"\x1b\[\?2026\$p"), b"\x1b[?2026;2$y"),  # synchronised output: known, off
    (re.compile(rb"\x1b\[\?2048\$p"), b"\x1b[?2048;0$y"),  # resize reports: not known
)
UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|[P_\]^][^\x07\x1b]*\x1b?)?$")
UNKNOWN = re.compile(
    rb"\x1b\[[<>=][0-?]*[ -/]*[@-~]"  # private sequences that the emulator would print in part
    rb"|\x1b\[\?[0-9;]*\$?[a-gi-km-z]"
    rb"|\x1b[P_^][^\x1b]*\x1b\\"
)
MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
KITTY = re.compile(rb"\x1b\[([<>])[0-9]*u")
ALTERNATE_SCREEN = {47, 1047, 1049}
MOUSE = {9, 1000, 1002, 1003, 1005, 1006, 1015, 1016}
CURSOR = 25
REPORTS = {1004, 2004, 2048}
"""Focus, bracketed paste and resize: each makes a terminal send what a shell does not expect."""


LEADER = Path(__file__).with_name("leader.py")


def ready_of(*descriptors: int, timeout: float | None = None) -> set[int]:
    """Wait until some of DESCRIPTORS can be read, TIMEOUT seconds at most; `select` knows none from 1024 on."""
    waiting = select.poll()
    for descriptor in descriptors:
        waiting.register(descriptor, select.POLLIN)
    return {descriptor for descriptor, _ in waiting.poll(None if timeout is None else timeout * 1000)}


class Terminal:
    """One program in the foreground of its own pseudo-terminal, whose session another process leads."""

    def __init__(
        self,
        command: Sequence[str | Path],
        columns: int = 120,
        rows: int = 40,
        environment: Mapping[str, str | None] | None = None,
        directory: Path | None = None,
        ignored_signals: Sequence[signal.Signals] = (),
        emulate: bool = True,
    ) -> None:
        """Start COMMAND; ENVIRONMENT changes the inherited one, and None takes a variable out."""
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen) if emulate else None
        self._news = threading.Condition()
        self._raw = bytearray()
        self._pending = b""
        self._status: int | None = None
        self._master, slave = pty.openpty()
        self._set_size(columns, rows)
        self._wake_read, self._wake_write = os.pipe()
        control, self._control = os.pipe()
        report_read, report = os.pipe()
        values = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **(environment or {})}
        try:
            ignored = ",".join(str(int(number)) for number in ignored_signals)
            self.leader = subprocess.Popen(
                [sys.executable, "-I", "-S", LEADER, os.ttyname(slave), str(report), str(control), ignored, *command],
                env={name: value for name, value in values.items() if value is not None},
                cwd=directory,
                start_new_session=True,
                pass_fds=(report, control),
            )
        finally:
            os.close(control)
            os.close(report)
        self._report = report_read
        self._reported = b""
        words = self._next_report(PATIENCE).split()
        os.close(slave)  # not before: a terminal that nobody has open reads as hung up
        self.pid = int(words[0])
        self.started = float(words[1])
        """When the program was started, on the clock of `time.monotonic`."""
        self._reader = threading.Thread(target=self._read, name="terminal reader", daemon=True)
        self._reader.start()

    # What the program wrote.

    def _read(self) -> None:
        while True:
            if self._wake_read in ready_of(self._master, self._wake_read):
                return
            try:
                data = os.read(self._master, 65536)
            except OSError:
                data = b""
            with self._news:
                if data:
                    self._raw += data
                    self._feed(data)
                self._news.notify_all()
            if not data:
                return

    def _feed(self, data: bytes) -> None:
        data = self._pending + data
        unfinished = UNFINISHED.search(data)
        self._pending = data[unfinished.start() :] if unfinished else b""
        data = data[: unfinished.start()] if unfinished else data
        for question, answer in QUESTIONS:
            for _ in question.findall(data):
                with suppress(OSError):
                    os.write(self._master, answer)
        if self._stream is not None:
            self._stream.feed(UNKNOWN.sub(b"", data))

    def stop_emulating(self) -> None:
        """Only count what the program writes from now on: watching must not cost what is measured."""
        with self._news:
            self._stream = None

    def emulate_again(self) -> None:
        """Show what the program writes from now on; the program is made to draw everything anew."""
        with self._news:
            self._stream = pyte.ByteStream(self.screen)
        columns, rows = self.screen.columns, self.screen.lines
        self.resize(columns, rows - 1)
        self.settle()
        self.resize(columns, rows)

    @property
    def raw(self) -> bytes:
        """Every byte that the program wrote so far."""
        with self._news:
            return bytes(self._raw)

    @property
    def written(self) -> int:
        """Number of bytes that the program wrote so far."""
        with self._news:
            return len(self._raw)

    @property
    def text(self) -> str:
        """What the screen shows, one line a row, without trailing blanks."""
        with self._news:
            return self._text()

    def _text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def wait_until(self, wanted: str | Callable[[str], object], deadline: float = PATIENCE) -> str:
        """Wait until the screen shows WANTED, or until WANTED(text of the screen) is true; return the screen.

        Raises:
            AssertionError: It did not within DEADLINE seconds, or the program ended before.
        """
        end = time.monotonic() + deadline
        with self._news:
            is_last_look = False
            while True:
                text = self._text()
                if wanted in text if isinstance(wanted, str) else wanted(text):
                    return text
                if is_last_look:
                    what = repr(wanted) if isinstance(wanted, str) else getattr(wanted, "__name__", "it")
                    when = "within the deadline" if self.is_running else "before the program ended"
                    message = f"the screen did not show {what} {when}:\n{text}"
                    raise AssertionError(message)
                left = end - time.monotonic()
                has_news = self._news.wait(max(0.0, min(left, 0.2)))
                is_last_look = not has_news and (left <= 0 or not self.is_running)

    def wait_for_bytes(self, wanted: bytes, after: int = 0, deadline: float = PATIENCE) -> float:
        """Wait until the program wrote WANTED, AFTER that many bytes; return the seconds since it was started."""
        end = time.monotonic() + deadline
        with self._news:
            while self._raw.find(wanted, after) < 0:
                left = end - time.monotonic()
                if left <= 0:
                    message = f"the program did not write {wanted!r}"
                    raise AssertionError(message)
                self._news.wait(min(left, 0.2))
            return time.monotonic() - self.started

    # What a person does.

    def press(self, *keys: str) -> None:
        """Press KEYS: single characters, names in `KEYS`, or ``ctrl+x``."""
        for key in keys:
            code = KEYS.get(key) or (chr(ord(key[5]) & 31) if key.startswith("ctrl+") else key)
            os.write(self._master, code.encode())

    def type_text(self, text: str) -> None:
        """Type TEXT."""
        os.write(self._master, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size, as dragging a window's corner does."""
        with self._news:
            self.screen.resize(rows, columns)
        self._set_size(columns, rows)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def hang_up(self) -> None:
        """Close the terminal's own end, as a window that is closed or a connection that drops does.

        The system then tells the session's leader, which dies of it, and with that the program.
        """
        self._stop_reading()
        os.close(self._master)
        self._master = -1

    # How the terminal was left.

    def modes(self) -> set[int]:
        """Return the private modes that the program switched on and not off again; the cursor is on at first."""
        on = {CURSOR}
        for numbers, switch in MODE.findall(self.raw):
            for number in numbers.split(b";"):
                (on.add if switch == b"h" else on.discard)(int(number))
        return on

    def disorder(self) -> list[str]:
        """Say in which ways the terminal is not as a shell needs it."""
        flags = termios.tcgetattr(self._master)[3]
        modes = self.modes()
        keyboard = list(KITTY.findall(self.raw))
        wrong = {
            "line mode is off": not flags & termios.ICANON,
            "echo is off": not flags & termios.ECHO,
            "signal keys are off": not flags & termios.ISIG,
            "the alternate screen is still on": modes & ALTERNATE_SCREEN,
            "the cursor is hidden": CURSOR not in modes,
            "mouse reports are on": modes & MOUSE,
            "other reports are on": modes & REPORTS,
            "key reports are on": keyboard.count(b">") > keyboard.count(b"<"),
        }
        return [words for words, is_wrong in wrong.items() if is_wrong]

    @property
    def is_running(self) -> bool:
        """Whether the program has not ended yet."""
        return self._poll(0) is None

    def _poll(self, timeout: float) -> int | None:
        if self._status is None:
            line = self._next_report(timeout)
            self._status = int(line) if line else None
        return self._status

    def _next_report(self, timeout: float) -> bytes:
        """Return the leader's next line, b"" if there is none within TIMEOUT seconds."""
        while b"\n" not in self._reported:
            if not ready_of(self._report, timeout=timeout):
                return b""
            data = os.read(self._report, 100)
            if not data:
                return b""
            self._reported += data
        line, _, self._reported = self._reported.partition(b"\n")
        return line

    def wait_exit(self, deadline: float = PATIENCE) -> int:
        """Wait for the program's end and for its last output; return its exit status (negative: a signal).

        Raises:
            AssertionError: It did not end within DEADLINE seconds.
        """
        status = self._poll(deadline)
        if status is None:
            message = f"the program did not end:\n{self.text}"
            raise AssertionError(message)
        self.settle()
        return status

    def settle(self, quiet: float = 0.03) -> None:
        """Wait until nothing more arrives for QUIET seconds; for use when the program has ended."""
        with self._news:
            while self._news.wait(quiet):
                pass

    def _stop_reading(self) -> None:
        if self._reader.is_alive():
            os.write(self._wake_write, b"x")
            self._reader.join()

    def close(self) -> None:
        """End the program if it still runs, and give everything back."""
        if self._control < 0:
            return
        if self._poll(0) is None and self.leader.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
            self._poll(PATIENCE)
        os.close(self._control)
        self._control = -1
        self.leader.wait(PATIENCE)
        self._stop_reading()
        for descriptor in (self._report, self._master, self._wake_read, self._wake_write):
            if descriptor >= 0:
                os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
