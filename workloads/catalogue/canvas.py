"""A picture that many workers draw together, and that somebody else looks at while they do.

It is a small file of the run directory: a header, and for each row of the picture a record of fixed size. Whoever
computed a row writes its record with one `os.pwrite`, so workers need no lock, and a row is there or not:

    header   magic "POOLCANV", version, width, height, limit
    record   checksum of all that follows, pid, thread, time, width levels of 16 bits each

A record whose checksum is wrong, since it was never written or is being written, is a row that is not there yet.
"""

from __future__ import annotations

import os
import struct
from time import perf_counter_ns
from typing import TYPE_CHECKING, NamedTuple
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..recording.recorded_log import Output

NAME = "canvas"
"""Of the file."""
MOST = 4_096
"""Pixels in a row, and rows."""
_MAGIC = b"POOLCANV"
_VERSION = 2
_HEADER = struct.Struct("<8sIIII")
_RECORD = struct.Struct("<IIQQ")
_LEVEL_BYTES = 2
_HIGHEST_LEVEL = 0xFFFF
_RECORDER_VARIABLE = "POOLSCOPE_RECORDER"


class Row(NamedTuple):
    """One row of the picture, and who drew it."""

    pid: int
    thread: int
    """As the operating system numbers it; the pid again in the main thread of a process (on Linux)."""
    time_ns: int
    """When, on the clock of ``time.perf_counter_ns``."""
    levels: memoryview
    """One level a pixel, from 0 up to the canvas's limit."""


class Canvas(NamedTuple):
    """A picture as far as it was drawn when it was read."""

    width: int
    height: int
    limit: int
    """The highest level."""
    rows: tuple[Row | None, ...]
    """From top to bottom; None for a row that is not there yet."""

    @property
    def rows_there(self) -> int:
        """How many rows were drawn."""
        return sum(row is not None for row in self.rows)

    @property
    def painters(self) -> tuple[tuple[int, int], ...]:
        """Pid and thread of everybody who drew a row, sorted: whoever has the same place has the same colour."""
        return tuple(sorted({(row.pid, row.thread) for row in self.rows if row is not None}))

    def sample(self, columns: int, lines: int) -> list[list[tuple[int, Row] | None]]:
        """Shrink the picture to so many cells: each is one pixel's level with its row, or None if not there yet."""
        sampled: list[list[tuple[int, Row] | None]] = []
        for line in range(lines):
            row = self.rows[min(self.height - 1, (2 * line + 1) * self.height // (2 * lines))]
            if row is None:
                sampled.append([None] * columns)
                continue
            places = [min(self.width - 1, (2 * column + 1) * self.width // (2 * columns)) for column in range(columns)]
            sampled.append([(row.levels[place], row) for place in places])
        return sampled

    @staticmethod
    def read(directory: Path, before: Canvas | None = None) -> Canvas | None:
        """Read the picture of a run directory.

        Args:
            directory: The run's.
            before: What was read of the same picture last; its rows are not read again.

        Returns:
            The picture so far, or None if there is none, or none that makes sense.
        """
        try:
            with (directory / NAME).open("rb") as file:
                descriptor = file.fileno()
                return _read(lambda offset, size: os.pread(descriptor, size, offset), before)
        except OSError:
            return None

    @staticmethod
    def of(output: Output) -> Canvas | None:
        """Read the picture of a saved run out of its OUTPUT; None if there is none, or none that makes sense."""
        return _read(lambda offset, size: output.read(NAME, offset, size), None)

    def until(self, time_ns: int) -> Canvas:
        """The picture as it was at the moment TIME_NS."""
        return self._replace(rows=tuple(row if row and row.time_ns <= time_ns else None for row in self.rows))


def _read(read: Callable[[int, int], bytes], before: Canvas | None) -> Canvas | None:
    header = read(0, _HEADER.size)
    if len(header) < _HEADER.size:
        return None
    magic, version, width, height, limit = _HEADER.unpack(header)
    if (magic, version) != (_MAGIC, _VERSION) or not (0 < width <= MOST and 0 < height <= MOST):
        return None
    if not 0 < limit <= _HIGHEST_LEVEL:
        return None
    known: tuple[Row | None, ...] = (None,) * height
    if before is not None and (before.width, before.height, before.limit) == (width, height, limit):
        known = before.rows
    rows = tuple(row or _row(read, number, width, limit) for number, row in enumerate(known))
    return Canvas(width, height, limit, rows)


def _row(read: Callable[[int, int], bytes], number: int, width: int, limit: int) -> Row | None:
    size = _record_size(width)
    record = read(_HEADER.size + number * size, size)
    if len(record) < size:
        return None
    checksum, pid, thread, time_ns = _RECORD.unpack_from(record)
    if not pid or checksum != crc32(record[4:]):
        return None
    levels = memoryview(record)[_RECORD.size :].cast("H")
    return Row(pid, thread, time_ns, levels) if max(levels) <= limit else None


def place() -> str:
    """Path of the canvas of the run to which this process belongs; "" if it belongs to none."""
    directory = os.environ.get(_RECORDER_VARIABLE, "").split(":", 2)[-1]
    # Not by `pathlib`: workers import this file, and do not need that.
    return os.path.join(directory, NAME) if directory else ""  # noqa: PTH118


def create(width: int, height: int, limit: int) -> str:
    """Make an empty canvas for the run to which this process belongs.

    Returns:
        Its path; "" if this is no process of a run, or nothing can be written there: then nothing is drawn.
    """
    path = place()
    if not path:
        return ""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(descriptor, _HEADER.pack(_MAGIC, _VERSION, width, height, limit), 0)
            os.ftruncate(descriptor, _HEADER.size + height * _record_size(width))
        finally:
            os.close(descriptor)
    except OSError:
        return ""
    return path


class Brush:
    """What a worker draws with."""

    def __init__(self, path: str) -> None:
        """Take a canvas by its path; nothing is drawn on one that cannot be opened."""
        from threading import get_native_id

        self._thread = get_native_id
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC) if path else -1
        except OSError:
            self._descriptor = -1

    def draw(self, number: int, levels: list[int]) -> None:
        """Draw one row; that it cannot be drawn is no trouble for who computed it."""
        if self._descriptor < 0:
            return
        rest = struct.pack(f"<IQQ{len(levels)}H", os.getpid(), self._thread(), perf_counter_ns(), *levels)
        try:
            os.pwrite(self._descriptor, struct.pack("<I", crc32(rest)) + rest, _HEADER.size + number * (4 + len(rest)))
        except OSError:
            return


def _record_size(width: int) -> int:
    return _RECORD.size + width * _LEVEL_BYTES
