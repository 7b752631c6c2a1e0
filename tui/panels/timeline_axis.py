"""The timeline's axis: round moments, in units that stay the same while the window moves."""

from __future__ import annotations

from collections.abc import Iterator

from poolscope.tui.glyphs import Glyphs
from poolscope.tui.widgets.line_view import Line

from .timeline_window import Window

_CLOCK_FROM_NS = 600 * 10**9
"""From ten minutes on moments are written as a clock does."""
_GAP = 7
"""Cells from the end of a figure to the beginning of the next; the first of them also has its unit and a tick."""
_CLOCK_STEPS = tuple(
    seconds * 10**9
    for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
)  # fmt: skip
_UNITS = ((10**9, "s"), (10**6, "ms"), (10**3, "µs"))


class Scale:
    """How moments of a run are written on one axis."""

    def __init__(self, window: Window, origin_ns: int) -> None:
        """Choose unit and digits for WINDOW of a run that began at ORIGIN_NS."""
        self._window = window
        self._origin = origin_ns
        self._end = end = max(1, window.end_ns - origin_ns)
        self._is_clock = end >= _CLOCK_FROM_NS
        self._unit, self._unit_name = next(((ns, name) for ns, name in _UNITS if end >= ns), _UNITS[-1])
        self.step_ns = next(step for step in self._steps() if self._fits(step))
        """Between two figures of the axis."""

    def _steps(self) -> Iterator[int]:
        power = 1
        while power <= 10**8 or not self._is_clock:
            for step in (1, 2, 5):
                yield step * power
            power *= 10
        yield from _CLOCK_STEPS
        days = 2
        while True:
            yield days * _CLOCK_STEPS[-1]
            days *= 2

    def _fits(self, step: int) -> bool:
        return step >= self._window.column_ns * (len(self._figure(self._end, step)) + _GAP)

    def _figure(self, since_ns: int, step: int) -> str:
        if self._is_clock:
            return _clock(since_ns, _decimals(step, 10**9))
        return f"{since_ns / self._unit:.{_decimals(step, self._unit)}f}"

    def moment(self, time_ns: int) -> str:
        """Write TIME_NS, as exactly as a column is long, with its unit: ``0.412 s``, ``12:07.5 min``."""
        since = time_ns - self._origin
        return f"{self._figure(since, self._window.column_ns)} {self._unit_of(since)}"

    def _unit_of(self, since_ns: int) -> str:
        if not self._is_clock:
            return self._unit_name
        return "h" if since_ns >= 3600 * 10**9 else "min"

    def figures(self) -> list[tuple[int, str]]:
        """The columns that have a figure and what it says; the first has the unit."""
        window = self._window
        since = -(-(window.begin_ns - self._origin) // self.step_ns) * self.step_ns
        found: list[tuple[int, str]] = []
        while (column := window.column_at(self._origin + since)) < window.columns:
            text = self._figure(since, self.step_ns) if since else "0"
            found.append((column, text if found else f"{text} {self._unit_of(since)}"))
            since += self.step_ns
        return found


def column_text(window: Window) -> str:
    """Write how long a column is, which is always a round time: ``15 ms``."""
    length = window.column_ns
    if length >= _CLOCK_STEPS[6]:
        return f"{length / _CLOCK_STEPS[6]:g} min"
    unit, name = next((unit for unit in _UNITS if length >= unit[0]), _UNITS[-1])
    return f"{length / unit:g} {name}"


def _decimals(step: int, unit: int) -> int:
    count = 0
    while step % unit and count < 9:
        step *= 10
        count += 1
    return count


def _clock(since_ns: int, decimals: int) -> str:
    whole, rest = divmod(max(0, since_ns), 10**9)
    fraction = f"{rest:09}"[:decimals]
    minutes, seconds = divmod(whole, 60)
    text = f"{minutes}:{seconds:02}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    return f"{text}.{fraction}" if fraction else text


def axis_line(scale: Scale, window: Window, indent: int, here: int | None, glyphs: Glyphs) -> Line:
    """Draw the axis under WINDOW, with a tick in the column that each figure belongs to.

    Args:
        scale: Units and digits.
        window: What is in sight.
        indent: Cells before the first column.
        here: Column of the moment that all panels show; None marks none.
        glyphs: What the terminal can show.
    """
    cells = [" "] * window.columns
    for column, figure in scale.figures():
        if column + len(figure) < window.columns:
            cells[column : column + 1 + len(figure)] = [glyphs.tick, *figure]
    line: Line = ((" " * indent + "".join(cells), "text-muted"),)
    if here is None or not 0 <= here < window.columns:
        return line
    before, after = "".join(cells[:here]), "".join(cells[here + 1 :])
    # A figure stays whole; the mark is then its colour.
    is_free = cells[here] in (" ", glyphs.tick)
    mark = (glyphs.here, "text-accent") if is_free else (cells[here], "cursor")
    return ((" " * indent + before, "text-muted"), mark, (after, "text-muted"))
