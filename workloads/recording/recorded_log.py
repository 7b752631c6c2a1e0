"""The log of a recording by time: what had come until a moment, for replay.

Lines of the multiprocessing log carry their times. Those of a program's own output do not, but samples say how far each
file had come at which moment, and so when a line was there at the latest.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .log import LogLine, LogParser
from .samples import LOG_NAMES

if TYPE_CHECKING:
    from .contents import Contents

STREAMS = ("out", "err", "log")
"""What the files in `LOG_NAMES` are called in lines."""
_BLOCK = 262_144


class Output(Protocol):
    """The files that a run's processes wrote their output and log to, by their names in `samples.LOG_NAMES`."""

    def begin(self, name: str) -> int:
        """Offset of the first byte that is there; 0 unless the begin of a file was left out."""

    def size(self, name: str) -> int:
        """Offset behind the last byte that is there; 0 for a file that is not."""

    def read(self, name: str, offset: int, size: int) -> bytes:
        """Read up to SIZE bytes from OFFSET on, maybe fewer; empty at the end."""


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
        self._output = recording.output
        self._samples = recording.samples
        self._end_ns = recording.end.ended_ns if recording.end is not None else None
        self._lines: list[LogLine] | None = None

    def refresh(self) -> None:
        """Look at what has come since; of no use for a recording that is over."""
        self._lines = None

    def lines_between(self, begin_ns: int, end_ns: int) -> list[LogLine]:
        """All lines that came after BEGIN_NS and until END_NS, by time."""
        return [line for line in self._all() if begin_ns < line.time_ns <= end_ns]

    def _all(self) -> list[LogLine]:
        if self._lines is None:
            self._lines = []
            for name, stream in zip(LOG_NAMES, STREAMS, strict=True):
                parser, offset = LogParser(stream), self._output.begin(name)
                while data := self._output.read(name, offset, _BLOCK):
                    offset += len(data)
                    when = self._samples.arrival_ns(LOG_NAMES.index(name), offset)
                    self._lines += parser.feed(data, when if when is not None else self._end_ns or 0)
                self._lines += parser.finish(self._end_ns or 0)
            self._lines.sort(key=lambda line: line.time_ns)
        return self._lines
