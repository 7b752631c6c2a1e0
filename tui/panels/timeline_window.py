"""Which stretch of time the timeline shows: pure functions of where it was, what was asked, and how long the run is.

A window is so many columns of the same length. Columns begin at whole multiples of their length from the beginning of
the run, so that a column holds the same moments however the window is moved, and nothing flickers. Lengths are round.
"""

from __future__ import annotations

from typing import NamedTuple

LEAST_COLUMN_NS = 10_000
"""The closest look."""
FIT_STEPS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)
"""Tenths of a power of ten that a column may be long where the whole run is shown: it grows in steps of a quarter."""
ZOOM_STEPS = (10, 20, 50)
"""Likewise where a person zooms."""
FOLLOW_SHARE = 0.75
"""Where in the window the moment is that is followed, once the window has moved on with it."""


class Window(NamedTuple):
    """Some columns of time."""

    begin_ns: int
    column_ns: int
    columns: int

    @property
    def end_ns(self) -> int:
        """Where the last column ends."""
        return self.begin_ns + self.column_ns * self.columns

    @property
    def span_ns(self) -> int:
        """How long it is."""
        return self.column_ns * self.columns

    def column_at(self, time_ns: int) -> int:
        """The column that TIME_NS falls into; below 0 or from `columns` on if it is outside."""
        return (time_ns - self.begin_ns) // self.column_ns

    def time_of(self, column: int) -> int:
        """The moment in the middle of COLUMN."""
        return self.begin_ns + column * self.column_ns + self.column_ns // 2

    def holds(self, time_ns: int) -> bool:
        """Whether TIME_NS falls into it."""
        return self.begin_ns <= time_ns < self.end_ns


class Extent(NamedTuple):
    """From where to where there is something to see."""

    begin_ns: int
    end_ns: int


def next_length(length_ns: float, steps: tuple[int, ...] = FIT_STEPS) -> int:
    """The least round length that is at least LENGTH_NS."""
    power = LEAST_COLUMN_NS // 10
    while True:
        for step in steps:
            if step * power >= length_ns:
                return step * power
        power *= 10


def whole(extent: Extent, columns: int) -> Window:
    """The window that shows all of EXTENT."""
    columns = max(1, columns)
    return Window(extent.begin_ns, next_length((extent.end_ns - extent.begin_ns + 1) / columns), columns)


def placed(begin_ns: int, column_ns: int, columns: int, extent: Extent) -> Window:
    """The window that begins near BEGIN_NS, on a whole column and within EXTENT; all of it if it is short."""
    last = (extent.end_ns - extent.begin_ns) // column_ns - int(columns * FOLLOW_SHARE)
    first = max(0, min((begin_ns - extent.begin_ns) // column_ns, last))
    return Window(extent.begin_ns + first * column_ns, column_ns, columns)


def panned(window: Window, by: int, extent: Extent) -> Window:
    """Move WINDOW BY columns, as far as there is something to see."""
    return placed(window.begin_ns + by * window.column_ns, window.column_ns, window.columns, extent)


def zoomed(window: Window, around_ns: int, extent: Extent, *, closer: bool) -> Window | None:
    """Look CLOSER, or from farther off, with the moment AROUND_NS staying in its column.

    Returns:
        The new window; None if that would show the whole run.
    """
    length = _closer(window.column_ns) if closer else next_length(window.column_ns + 1, ZOOM_STEPS)
    if length >= whole(extent, window.columns).column_ns:
        return None
    column = min(max(window.column_at(around_ns), 0), window.columns - 1)
    return placed(around_ns - column * length, length, window.columns, extent)


def _closer(length_ns: int) -> int:
    length = LEAST_COLUMN_NS
    while (longer := next_length(length + 1, ZOOM_STEPS)) < length_ns:
        length = longer
    return length


def showing(window: Window, time_ns: int, extent: Extent) -> Window:
    """Move WINDOW as little as lets TIME_NS be seen: by less than a page if it is near, else to its middle."""
    column = window.column_at(time_ns)
    if 0 <= column < window.columns:
        return window
    margin = window.columns // 8
    if -window.columns < column < 0:
        return panned(window, column - margin, extent)
    if column < 2 * window.columns and column > 0:
        return panned(window, column - window.columns + 1 + margin, extent)
    return placed(time_ns - window.columns // 2 * window.column_ns, window.column_ns, window.columns, extent)


def following(window: Window, time_ns: int, extent: Extent) -> Window:
    """Move WINDOW on in a step once TIME_NS has left it, so that there is room ahead again."""
    if window.holds(time_ns):
        return window
    begin = time_ns - int(window.columns * FOLLOW_SHARE) * window.column_ns
    return placed(begin, window.column_ns, window.columns, extent)
