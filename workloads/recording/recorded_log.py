"""The log of a recording by time: what had come until a moment, for replay.

Lines of the multiprocessing log carry their times. Those of a program's own output do not, but samples say how far each
file had come at which moment: a line gets the last moment at which it was not there yet. That is never later than the
time of a line behind it, so that each file keeps its order; it is early by a tenth of a second, the pace of samples.
"""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..recorder import layout
from .log import PIECE_LIMIT, LogLine, LogParser
from .names import LOG_NAMES

if TYPE_CHECKING:
    from .contents import Contents

STREAMS = ("out", "err", "log")
"""What the files in `LOG_NAMES` are called in lines."""
_STEP = 65_536
"""Bytes between two places of which the time is known."""
_LATEST = 1 << 62
_MARKED = re.compile(re.escape(layout.LOG_MARK.encode()) + rb"([0-9]{1,19})" + re.escape(layout.LOG_SEPARATOR.encode()))


class Output(Protocol):
    """The files that a run's processes wrote their output and log to, by their names in `names.LOG_NAMES`."""

    def begin(self, name: str) -> int:
        """Offset of the first byte that is there; 0 unless the beginning of a file was left out."""

    def size(self, name: str) -> int:
        """Offset behind the last byte that is there; 0 for a file that is not."""

    def read(self, name: str, offset: int, size: int) -> bytes:
        """Read SIZE bytes from OFFSET on; fewer at the end, and where something is missing."""


class NoOutput:
    """Nothing was printed, or nobody knows."""

    def begin(self, name: str) -> int:
        """Nothing is there."""
        del name
        return 0

    def size(self, name: str) -> int:
        """Nothing is there."""
        del name
        return 0

    def read(self, name: str, offset: int, size: int) -> bytes:
        """Nothing is there."""
        del name, offset, size
        return b""


class DirectoryOutput:
    """The files in a run directory, whole or growing."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def begin(self, name: str) -> int:
        """Nothing is left out."""
        del name
        return 0

    def size(self, name: str) -> int:
        """Bytes of a file."""
        try:
            return (self._directory / name).stat().st_size
        except OSError:
            return 0

    def read(self, name: str, offset: int, size: int) -> bytes:
        """Read a part of a file."""
        try:
            descriptor = os.open(self._directory / name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return b""
        try:
            return os.pread(descriptor, size, offset)
        except OSError:
            return b""
        finally:
            os.close(descriptor)


class RecordedLog:
    """The log and the output of a recording, by time. Not thread-safe.

    Args:
        recording: Whole or growing, live or saved; `refresh` looks at what is new.
    """

    def __init__(self, recording: Contents) -> None:
        self._recording = recording
        begin_ns = recording.meta.begun_ns if recording.meta is not None else 0
        self._files = [
            _TimedFile(recording, name, stream, begin_ns) for name, stream in zip(LOG_NAMES, STREAMS, strict=True)
        ]
        self.refresh()

    def refresh(self) -> None:
        """Look at what has come since; of no use for a recording that is over."""
        self._recording.samples.refresh()
        for file in self._files:
            file.refresh()

    def lines_between(self, begin_ns: int, end_ns: int, most: int | None = None) -> list[LogLine]:
        """All lines that came from BEGIN_NS on and before END_NS, by time.

        Args:
            begin_ns: On the clock of the recording.
            end_ns: Likewise.
            most: How many are wanted at most, the last ones; None for all.
        """
        found = [file.lines_between(begin_ns, end_ns, most) for file in self._files]
        lines = [line for part in found for line in part]
        lines.sort(key=_time_of)
        return lines if most is None else lines[max(0, len(lines) - most) :]


class _TimedFile:
    """One file of output, with places in it of which the time is known."""

    def __init__(self, recording: Contents, name: str, stream: str, begin_ns: int) -> None:
        self._recording = recording
        self._name = name
        self._index = LOG_NAMES.index(name)
        self._parser = LogParser(stream)
        self._begin_ns = begin_ns
        self._offset = recording.output.begin(name)
        """Where the next place is looked for."""
        self._offsets = [self._offset]
        """Places: each is the beginning of a line."""
        self._marked = [begin_ns]
        """The latest time that any line before such a place says of itself."""

    def refresh(self) -> None:
        """Find places in what is new."""
        output = self._recording.output
        while data := output.read(self._name, self._offset, _STEP + PIECE_LIMIT):
            end = data.find(b"\n", _STEP) + 1
            if not end and len(data) < _STEP + PIECE_LIMIT:
                return
            end = end or data.rfind(b"\n") + 1 or len(data)
            times = [int(digits) for digits in _MARKED.findall(data, 0, end)]
            self._marked.append(max([self._marked[-1], *(time for time in times if time < _LATEST)]))
            self._offset += end
            self._offsets.append(self._offset)

    def lines_between(self, begin_ns: int, end_ns: int, most: int | None) -> list[LogLine]:
        """The lines of a stretch of time, or the last MOST of them."""
        places = range(len(self._offsets))
        first = max(0, bisect_left(places, begin_ns, key=self._time_at) - 1)
        last = bisect_left(places, end_ns, key=self._time_at)
        parts: list[list[LogLine]] = []
        count = 0
        for place in reversed(range(first, last)):
            lines = [line for line in self._lines_from(place) if begin_ns <= line.time_ns < end_ns]
            parts.append(lines)
            count += len(lines)
            if most is not None and count >= most:
                break
        return [line for lines in reversed(parts) for line in lines]

    def _time_at(self, place: int) -> int:
        """All lines before a place have this time or an earlier one, and all behind it this or a later one."""
        return max(self._marked[place], self._before(self._offsets[place]))

    def _before(self, end: int) -> int:
        """The last moment at which it is known that the file had not come as far as END."""
        return self._recording.samples.missing_ns(self._index, end) or self._begin_ns

    def _lines_from(self, place: int) -> list[LogLine]:
        """The lines from one place to the next, or to the end."""
        offset = self._offsets[place]
        is_last = place + 1 == len(self._offsets)
        end = self._recording.output.size(self._name) if is_last else self._offsets[place + 1]
        latest = self._time_at(place)
        found: list[LogLine] = []
        for line in self._split(offset, end, is_last=is_last):
            offset += len(line)
            latest = max(latest, self._before(offset))
            for entry in self._parser.feed(line, latest) or self._parser.finish(latest):
                latest = max(latest, entry.time_ns if entry.time_ns < _LATEST else 0)
                found.append(entry._replace(time_ns=latest))
        return found

    def _split(self, offset: int, end: int, *, is_last: bool) -> list[bytes]:
        data = b""
        while offset < end and (part := self._recording.output.read(self._name, offset, end - offset)):
            data += part
            offset += len(part)
        lines = data.splitlines(keepends=True) if b"\r" not in data else _lines_of(data)
        if is_last and lines and not lines[-1].endswith(b"\n") and self._recording.end is None:
            del lines[-1]  # it may still go on
        return lines


def _lines_of(data: bytes) -> list[bytes]:
    *whole, rest = data.split(b"\n")
    lines = [line + b"\n" for line in whole]
    return [*lines, rest] if rest else lines


def _time_of(line: LogLine) -> int:
    return line.time_ns
