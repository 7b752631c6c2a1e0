"""Figures that change while a run goes on, such as how full a queue is, for somebody who looks at them meanwhile.

They are lines in a small file of the run directory, ``TIME NAME VALUE``: nanoseconds on the clock of
``time.perf_counter_ns``, a name without blanks, a number. Each line is one write to the end of the file, so several
processes may write. Whoever reads takes whole lines only, and leaves out what is none.
"""

from __future__ import annotations

import os
from time import perf_counter_ns
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..recording.recorded_log import Output

FILE_NAME = "gauges"
MOST_NAMES = 64
MOST_POINTS = 4_096
"""Of one gauge that are kept in memory; beyond that every second one is left out."""
_LONGEST_NAME = 40
_LONGEST_LINE = 200
_BLOCK = 1 << 16
_MOST_BLOCKS = 64
"""That are read at once: the next look goes on from there."""
_RECORDER_VARIABLE = "POOLSCOPE_RECORDER"


class Point(NamedTuple):
    """One figure at one moment."""

    time_ns: int
    value: float


class GaugeWriter:
    """Writes gauges of the run to which this process belongs.

    That nothing can be written there, or that this is no process of a run, is no trouble for who measures.
    """

    def __init__(self) -> None:
        directory = os.environ.get(_RECORDER_VARIABLE, "").split(":", 2)[-1]
        self._last: dict[str, float] = {}
        self._descriptor = -1
        if directory:
            path = os.path.join(directory, FILE_NAME)  # noqa: PTH118 - workers import this file, and need no `pathlib`
            try:
                self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            except OSError:
                return

    def __enter__(self) -> GaugeWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def put(self, name: str, value: float) -> None:
        """Write what the gauge of that NAME, a word, shows now, if it changed."""
        if self._descriptor < 0 or self._last.get(name) == value:
            return
        self._last[name] = value
        try:
            os.write(self._descriptor, f"{perf_counter_ns()} {name} {value:g}\n".encode())
        except OSError:
            return

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Gauges:
    """Reads the gauges of a run directory, what is new at each look."""

    def __init__(self, directory: Path | None) -> None:
        """Take a run DIRECTORY; None where they are not in one."""
        self._path = directory / FILE_NAME if directory is not None else None
        self._offset = 0
        self._rest = b""
        self._points: dict[str, list[Point]] = {}
        self._latest: dict[str, Point] = {}
        self._every: dict[str, int] = {}
        self._skipped: dict[str, int] = {}

    @classmethod
    def of(cls, output: Output) -> Gauges:
        """Read the gauges of a saved run out of its OUTPUT."""
        gauges = cls(None)
        offset = output.begin(FILE_NAME)
        while block := output.read(FILE_NAME, offset, _BLOCK):
            offset += len(block)
            gauges._take(block)
        return gauges

    @property
    def points(self) -> Mapping[str, list[Point]]:
        """By name, in the order in which they were written, thinned where there are very many."""
        return self._points

    @property
    def latest(self) -> Mapping[str, Point]:
        """The last one of each name."""
        return self._latest

    def refresh(self) -> bool:
        """Read what is new; never raises.

        Returns:
            Whether there was anything.
        """
        is_new = False
        if self._path is None:
            return is_new
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                for _ in range(_MOST_BLOCKS):
                    block = file.read(_BLOCK)
                    if not block:
                        break
                    self._offset += len(block)
                    is_new |= self._take(block)
        except OSError:
            pass
        return is_new

    def _take(self, block: bytes) -> bool:
        *lines, rest = (self._rest + block).split(b"\n")
        # What never ends is no line.
        self._rest = rest[-_LONGEST_LINE:]
        taken = [self._take_line(line) for line in lines]
        return any(taken)

    def _take_line(self, line: bytes) -> bool:
        fields = line.split(b" ")
        if len(fields) != 3 or len(line) > _LONGEST_LINE:
            return False
        try:
            point = Point(int(fields[0]), float(fields[2]))
        except ValueError:
            return False
        if point.value - point.value != 0:  # no number that could be drawn: infinite, or none at all
            return False
        from ..text import clean

        name = clean(fields[1], _LONGEST_NAME)
        if not name or (name not in self._points and len(self._points) >= MOST_NAMES):
            return False
        self._latest[name] = point
        self._keep(name, point)
        return True

    def _keep(self, name: str, point: Point) -> None:
        points, every = self._points.setdefault(name, []), self._every.get(name, 1)
        skipped = self._skipped.get(name, 0) + 1
        if skipped >= every:
            points.append(point)
            skipped = 0
        self._skipped[name] = skipped
        if len(points) > MOST_POINTS:
            del points[1::2]
            self._every[name] = 2 * every
