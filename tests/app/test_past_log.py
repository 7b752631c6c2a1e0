"""The log of a moment: what is fed, when it begins anew, and what the panel hides of it."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from poolscope.tui import past_log
from poolscope.tui.core import ANEW
from poolscope.tui.past_log import PastLog
from poolscope.tui.widgets.log_ring import LogRing
from poolscope.workloads.recording.log import LogLine


def line(time_ns: int, level: int = 20) -> LogLine:
    return LogLine(time_ns, level, "log", 1, "p", f"line {time_ns}")


class Lines:
    """A log that is asked for stretches of time, and counts how much it gave."""

    def __init__(self, count: int) -> None:
        self.lines = [line(time_ns) for time_ns in range(count)]
        self.given = 0

    def lines_between(self, begin_ns: int, end_ns: int, most: int | None = None) -> Sequence[LogLine]:
        found = self.lines[max(0, begin_ns) : max(0, end_ns)]
        found = found[-most:] if most is not None else found
        self.given += len(found)
        return found


class Shown:
    """What a log panel makes of it."""

    def __init__(self, log: PastLog) -> None:
        self.log = log
        self.ring = LogRing()

    def at(self, time_ns: int) -> list[int]:
        self.log.show(time_ns)
        while lines := self.log.drain(1000):
            if ANEW in lines:
                self.ring.clear()
                lines = lines[len(lines) - [*reversed(lines)].index(ANEW) :]
            self.ring.extend(lines)
        self.ring.until_ns = time_ns
        return [self.ring[index].time_ns for index in range(len(self.ring))]


@given(st.lists(st.integers(-5, 300), max_size=30), st.integers(1, 400))
def test_every_moment_shows_all_lines_until_then(moments: list[int], most: int) -> None:
    before, past_log.MOST_LINES = past_log.MOST_LINES, most
    try:
        shown = Shown(PastLog(Lines(200), 0))
        for moment in moments:
            wanted = list(range(min(200, moment + 1)))
            got = shown.at(moment)
            assert got == wanted[len(wanted) - len(got) :]
            assert len(got) >= min(len(wanted), 1)
    finally:
        past_log.MOST_LINES = before


def test_going_back_a_little_and_on_again_reads_nothing_twice() -> None:
    lines = Lines(100)
    shown = Shown(PastLog(lines, 0))
    shown.at(50)
    shown.at(20)
    shown.at(60)
    shown.at(0)
    assert shown.at(60) == list(range(61))
    assert lines.given == 61


def test_lines_that_come_late_are_not_shown_before_their_neighbours() -> None:
    ring = LogRing()
    ring.extend([line(10), line(30), line(20), line(40)])
    for until, count in ((5, 0), (10, 1), (25, 1), (30, 3), (39, 3), (40, 4)):
        ring.until_ns = until
        assert len(ring) == count
    ring.until_ns = None
    assert len(ring) == 4


def test_the_level_still_counts_at_a_moment() -> None:
    ring = LogRing()
    ring.extend([line(time_ns, level) for time_ns, level in ((1, 10), (2, 20), (3, 10), (4, 30))])
    ring.until_ns = 3
    assert [ring[index].time_ns for index in range(len(ring))] == [2]
    ring.want(10, "")
    ring.scan(1.0)
    assert [ring[index].time_ns for index in range(len(ring))] == [1, 2, 3]


def test_lines_that_fall_out_take_their_times_along() -> None:
    ring = LogRing(limit=8)
    for time_ns in range(20):
        ring.extend([line(time_ns)])
    ring.until_ns = 17
    shown = [ring[index].time_ns for index in range(len(ring))]
    assert shown[-1] == 17
    assert shown == list(range(shown[0], 18))
