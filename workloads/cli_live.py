"""What a headless run needs while it lasts: signals, a line of progress, and the log."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import LOG_LEVELS
from .output import is_terminal, write_error

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, Self

    from .model import ComparisonState
    from .recording.log import LogFollower, LogLine

_LEVEL_NAMES = {number: name for name, number in LOG_LEVELS.items()}
_REDRAW_NS = 250_000_000
_LOG_BATCH = 1_000


class Interruption:
    """Turns the first Ctrl-C, SIGTERM or SIGHUP into a wish, and the second into the end.

    Attributes:
        number: The signal that came; None as long as none did.
    """

    _SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.number: int | None = None
        self._before: dict[int, Callable[[int, FrameType | None], Any] | int | None] = {}
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC) if hasattr(os, "pipe2") else _pipe()
        self._wakeup = -1

    def __enter__(self) -> Self:
        self._wakeup = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in self._SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:  # as nohup does; it stays ignored
                self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        os.close(self._reader)
        os.close(self._writer)

    def fileno(self) -> int:
        """What becomes readable when a signal comes."""
        return self._reader

    def drain(self) -> None:
        """Make it unreadable again."""
        with suppress(BlockingIOError):
            os.read(self._reader, 64)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self.number is not None:
            with suppress(OSError):
                os.write(2, b"\n" if os.isatty(2) else b"")
            os._exit(128 + self.number)
        self.number = number


def _pipe() -> tuple[int, int]:
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends


class Progress:
    """One line on the terminal that says how far the runs are; nothing where stderr is no terminal."""

    def __init__(self, *, is_wanted: bool) -> None:
        stream = sys.stderr
        self._stream = stream if is_wanted and is_terminal(stream) else None
        self._drawn_ns = 0
        self._is_drawn = False

    def show(self, state: ComparisonState) -> None:
        """Redraw the line, unless that was done just now."""
        if state.running is not None:
            self.say(lambda: progress_text(state))

    def say(self, text: Callable[[], str]) -> None:
        """Draw the line with another TEXT, unless it was drawn just now."""
        if self._stream is None:
            return
        now_ns = time.perf_counter_ns()
        if now_ns - self._drawn_ns < _REDRAW_NS:
            return
        self._drawn_ns = now_ns
        from .text import shorten

        try:
            columns = os.get_terminal_size(self._stream.fileno()).columns
        except OSError:
            columns = 80
        self._write(f"\r{shorten(text(), max(10, columns - 1))}\x1b[K")
        self._is_drawn = True

    def clear(self) -> None:
        """Take the line away."""
        if self._is_drawn:
            self._write("\r\x1b[K")
            self._is_drawn = False
            self._drawn_ns = 0

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:  # the terminal is gone; the result may still be wanted
            self._stream = None


def progress_text(state: ComparisonState) -> str:
    """Say in one line what runs, and how far it is."""
    from .lane_runs import run_in_words
    from .report import figures

    assert state.running is not None  # noqa: S101 - there is no line to show otherwise
    lane = state.lanes[state.running]
    number = run_in_words(lane)
    run = f"{number}, " if number else ""
    done, tasks = figures.short_count(lane.tasks_done), figures.short_count(lane.tasks)
    return f"{lane.key} {lane.lane.label}: {run}{done} of {tasks} tasks, {figures.seconds(lane.elapsed_ns)}"


class Log:
    """The runs' own output and log lines, on stderr."""

    def __init__(self, progress: Progress, level: int) -> None:
        self._progress = progress
        self._level = level
        self._follower: LogFollower | None = None
        self._directory: str | None = None
        self._begun_ns = time.perf_counter_ns()

    def show(self, state: ComparisonState) -> None:
        """Write what has come since the last time."""
        if state.run_directory is not None and state.run_directory != self._directory:
            self._directory = state.run_directory
            if self._follower is None:
                from .recording.log import LogFollower

                self._follower = LogFollower()
            self._follower.follow(Path(state.run_directory))
        self._write()

    def finish(self) -> None:
        """Write what is still to come of the last run."""
        if self._follower is not None:
            self._follower.stop()
            self._write()
            self._follower = None

    def _write(self) -> None:
        if self._follower is None:
            return
        while lines := self._follower.drain(_LOG_BATCH):
            self._progress.clear()
            for line in lines:
                if line.level == 0 or line.level >= self._level:
                    write_error(self._written(line))

    def _written(self, line: LogLine) -> str:
        if line.level == 0:
            return line.text
        seconds = (line.time_ns - self._begun_ns) / 1e9
        name = _LEVEL_NAMES.get(line.level, str(line.level))
        return f"{seconds:9.3f}  {name:<10} {line.pid or '':>7}  {line.process}  {line.text}"
