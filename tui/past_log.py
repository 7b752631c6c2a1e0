"""The log of a recording as it stood at a moment: fed forward while time goes on, begun anew when it must be."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from .core import ANEW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poolscope.workloads.recording.contents import Contents
    from poolscope.workloads.recording.log import LogLine

MOST_LINES = 50_000
"""Lines that are shown before a moment that was jumped to; older ones come when somebody goes there."""


class TimedLog(Protocol):
    """A log that can be asked for a stretch of time."""

    def lines_between(self, begin_ns: int, end_ns: int, most: int | None = None) -> Sequence[LogLine]:
        """Lines from BEGIN_NS up to and without END_NS, oldest first; the last MOST of them."""


class PastLog:
    """Gives a log panel the lines of the moment shown.

    The panel itself hides lines that are later than that moment, so nothing is fed when time goes back a little.
    """

    def __init__(self, log: TimedLog, begin_ns: int) -> None:
        self._log = log
        self._begin = begin_ns
        self._queue: deque[LogLine] = deque()
        self._from: int | None = None
        """Time of the oldest line that was fed; None before anything was."""
        self._until = begin_ns

    @classmethod
    def of(cls, recording: Contents) -> PastLog:
        """Give the lines of a RECORDING."""
        from poolscope.workloads.recording.recorded_log import RecordedLog

        return cls(RecordedLog(recording), recording.meta.begun_ns if recording.meta else 0)

    def show(self, time_ns: int) -> None:
        """Feed what is missing of the log until TIME_NS."""
        if self._from is not None and self._from <= time_ns < self._until:
            return
        if self._from is not None and time_ns >= self._until:
            lines = self._log.lines_between(self._until, time_ns + 1, MOST_LINES + 1)
            self._until = time_ns + 1
            if len(lines) <= MOST_LINES:
                self._queue.extend(lines)
                return
        else:
            lines = self._log.lines_between(self._begin, time_ns + 1, MOST_LINES + 1)
            self._until = time_ns + 1
        is_cut = len(lines) > MOST_LINES
        lines = lines[-MOST_LINES:]
        self._from = lines[0].time_ns if is_cut else self._begin
        self._queue.clear()
        self._queue.append(ANEW)
        self._queue.extend(lines)

    def drain(self, limit: int) -> Sequence[LogLine]:
        """Take at most LIMIT lines, oldest first; `ANEW` means that everything before it is to be forgotten."""
        taken: list[LogLine] = []
        while self._queue and len(taken) < limit:
            try:
                taken.append(self._queue.popleft())
            except IndexError:  # it was begun anew just now
                break
        return taken
