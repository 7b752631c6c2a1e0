"""The log's lines in bounded memory, and which of them the level and the filter let through.

Lines are numbered from 0 as they arrive; the oldest fall out when there are too many. A new filter is applied in
slices, so that a person who types never waits for 200,000 lines; until it is through, the old one stays in force.
"""

from __future__ import annotations

import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate, islice

from poolscope.workloads.recording.log import LogLine

Kept = tuple[int, int, str, int | None, str, str]
"""A `LogLine` as a plain tuple: those of numbers and texts alone the garbage collector leaves out, and walking
200,000 objects would stop the screen for 40 ms now and then."""

LIMIT = 200_000
"""Lines kept. What is older is still in the run's files."""

LEVELS = {5: "SUBDEBUG", 10: "DEBUG", 20: "INFO", 25: "SUBWARNING", 30: "WARNING", 40: "ERROR", 50: "CRITICAL"}
"""Names of the levels that multiprocessing and logging use."""

SCAN_BLOCK = 500
"""Lines looked at between two looks at the clock."""


def level_name(line: LogLine) -> str:
    """What a line calls itself: its level, or the stream for a program's own output."""
    return _name(line.level, line.stream)


def _name(level: int, stream: str) -> str:
    if level == 0:
        return stream
    return LEVELS.get(level) or f"level {level}"


class _Filter:
    def __init__(self, level: int, query: str, position: int = 0) -> None:
        self.level = level
        self.query = query
        self.shown = array("q")
        """Numbers of the lines that pass."""
        self.position = position
        """Number of the first line that was not looked at yet."""

    def test(self) -> Callable[[Kept], bool]:
        """Compile level and query; a query in lower case matches without regard to case."""
        least, query = self.level, self.query
        if not query:
            return lambda line: line[1] >= least or line[1] == 0
        if query == query.lower():
            return lambda line: (line[1] >= least or line[1] == 0) and query in _searched(line).lower()
        return lambda line: (line[1] >= least or line[1] == 0) and query in _searched(line)


def _searched(line: Kept) -> str:
    _, level, stream, pid, process, text = line
    return f"{_name(level, stream)} {pid or ''} {process} {text}"


class LogRing:
    """The newest lines, numbered, with an index of those that pass the filter."""

    def __init__(self, limit: int = LIMIT, level: int = 20) -> None:
        self._limit = limit
        self._lines: list[Kept] = []
        self._first = 0
        self._filter = _Filter(level, "")
        self._next: _Filter | None = None
        self._until_ns: int | None = None
        self._times: array[int] = array("q")
        """Of each line, or of the latest line before it if that is later: times of two files are not quite in order."""

    @property
    def until_ns(self) -> int | None:
        """The moment after which lines are hidden; None hides none."""
        return self._until_ns

    @until_ns.setter
    def until_ns(self, time_ns: int | None) -> None:
        self._until_ns = time_ns

    @property
    def level(self) -> int:
        """Least level that is wanted."""
        return (self._next or self._filter).level

    @property
    def query(self) -> str:
        """Text that is wanted; "" for any."""
        return (self._next or self._filter).query

    @property
    def total(self) -> int:
        """Lines kept."""
        return len(self._lines)

    @property
    def reached(self) -> int:
        """Lines kept that are not later than the moment shown."""
        return len(self._lines) if self._until_ns is None else bisect_right(self._times, self._until_ns)

    @property
    def dropped(self) -> int:
        """Lines that fell out since the ring was last empty."""
        return self._first

    @property
    def lines(self) -> list[LogLine]:
        """All lines kept, oldest first; a copy."""
        return [LogLine(*line) for line in self._lines]

    @property
    def is_scanning(self) -> bool:
        """Whether a new filter is being applied."""
        return self._next is not None

    def __len__(self) -> int:
        """Lines that pass the filter in force, and are not later than the moment shown."""
        if self._until_ns is None:
            return len(self._filter.shown)
        return bisect_left(self._filter.shown, self._first + self.reached)

    def __getitem__(self, index: int) -> LogLine:
        """The line at INDEX among those that pass."""
        return LogLine(*self._lines[self._filter.shown[index] - self._first])

    def number(self, index: int) -> int:
        """The lasting number of the line at INDEX among those that pass."""
        return self._filter.shown[index]

    def index_of(self, number: int) -> int:
        """Where the line NUMBER stands among those that pass, or the next one after it."""
        return bisect_left(self._filter.shown, number)

    def matches(self, text: str) -> list[tuple[str, bool]]:
        """Cut TEXT into parts, each with whether it is what the filter in force looks for."""
        query = self._filter.query
        if not query:
            return [(text, False)]
        # Few characters change their length in lower case; such a text is shown unmarked rather than marked wrongly.
        searched = text.lower() if query == query.lower() and len(text.lower()) == len(text) else text
        parts = []
        start = 0
        while (found := searched.find(query, start)) >= 0:
            end = found + len(query)
            parts += [(text[start:found], False), (text[found:end], True)]
            start = end
        parts.append((text[start:], False))
        return [part for part in parts if part[0]]

    def extend(self, lines: Sequence[LogLine]) -> int:
        """Add LINES.

        Returns:
            How many lines that pass the filter fell out at the old end.
        """
        number = self._first + len(self._lines)
        passes = self._filter.test()
        kept: list[Kept] = [(*line,) for line in lines]
        self._filter.shown.extend([number + i for i, line in enumerate(kept) if passes(line)])
        self._lines.extend(kept)
        latest = self._times[-1] if self._times else lines[0].time_ns if lines else 0
        later = accumulate([line.time_ns for line in lines], max, initial=latest)
        self._times.extend(islice(later, 1, None))
        return self._trim() if len(self._lines) > self._limit else 0

    def clear(self) -> None:
        """Drop all lines."""
        self._lines.clear()
        del self._times[:]
        self._first = 0
        self._filter = _Filter(self.level, self.query)
        self._next = None

    def want(self, level: int, query: str) -> None:
        """Ask for lines of LEVEL or above that contain QUERY; `scan` brings it into force."""
        if (level, query) != (self.level, self.query):
            self._next = _Filter(level, query, position=self._first)

    def scan(self, seconds: float) -> bool:
        """Apply the filter that was asked for, for SECONDS at most.

        Returns:
            Whether it came into force just now.
        """
        wanted = self._next
        if wanted is None:
            return False
        deadline = time.perf_counter() + seconds
        passes = wanted.test()
        end = self._first + len(self._lines)
        while wanted.position < end:
            start = wanted.position - self._first
            block = self._lines[start : start + SCAN_BLOCK]
            wanted.shown.extend([wanted.position + i for i, line in enumerate(block) if passes(line)])
            wanted.position += len(block)
            if time.perf_counter() >= deadline and wanted.position < end:
                return False
        self._filter, self._next = wanted, None
        return True

    def _trim(self) -> int:
        """Drop the oldest eighth: rarely and all at once, because the front of a list is dear to cut."""
        count = len(self._lines) - self._limit + self._limit // 8
        del self._lines[:count]
        del self._times[:count]
        self._first += count
        gone = 0
        for kept in (self._filter, self._next):
            if kept is None:
                continue
            cut = bisect_left(kept.shown, self._first)
            del kept.shown[:cut]
            kept.position = max(kept.position, self._first)
            if kept is self._filter:
                gone = cut
        return gone
