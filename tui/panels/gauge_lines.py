"""Gauges of a run as lines: how full each queue was, and is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolscope.tui.glyphs import ASCII

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poolscope.tui.glyphs import Glyphs
    from poolscope.tui.widgets.line_view import Line
    from poolscope.workloads.catalogue.gauges import Point

_ROLES = ("success", "secondary", "warning", "text-primary")
_LEAST_CHART = 4
_HIGHEST_CHART = 12


def gauge_lines(
    gauges: Mapping[str, Sequence[Point]], width: int, height: int, now_ns: int, glyphs: Glyphs
) -> list[Line]:
    """Draw gauges over the time since the first of them, all on one scale.

    Args:
        gauges: By name.
        width: Cells a line may take.
        height: Lines that there may be; with few, each gauge is one line.
        now_ns: Where the axis ends.
        glyphs: What the terminal can show.
    """
    shown = {name: points for name, points in gauges.items() if points}
    if not shown:
        return []
    begin = min(points[0].time_ns for points in shown.values())
    scale = scale_of(max(point.value for points in shown.values() for point in points))
    each = min(_HIGHEST_CHART, height // len(shown) - 2)
    lines: list[Line] = []
    for number, (name, points) in enumerate(shown.items()):
        role = _ROLES[number % len(_ROLES)]
        if each >= _LEAST_CHART:
            lines += _chart(name, points, (begin, now_ns), (width, each), scale, role, glyphs)
        else:
            lines.append(_row(name, points, (begin, now_ns), width, scale, role, glyphs, max(map(len, shown))))
    return lines


def scale_of(highest: float) -> int:
    """A round upper end of the scale: a power of two, since queues mostly are as deep as one."""
    scale = 1
    while scale < highest and scale < 1 << 60:
        scale *= 2
    return scale


def levels_of(points: Sequence[Point], begin_ns: int, end_ns: int, columns: int) -> list[float]:
    """The highest value in each of COLUMNS stretches of time, in which each point holds until the next."""
    whole = max(1, end_ns - begin_ns)
    levels, value, index = [], 0.0, 0
    for column in range(columns):
        until = begin_ns + whole * (column + 1) // columns
        highest = value
        while index < len(points) and points[index].time_ns <= until:
            value = points[index].value
            highest = max(highest, value)
            index += 1
        levels.append(highest)
    return levels


def _row(
    name: str,
    points: Sequence[Point],
    span: tuple[int, int],
    width: int,
    scale: int,
    role: str,
    glyphs: Glyphs,
    longest: int,
) -> Line:
    figure = f"{points[-1].value:>6,.0f}"
    columns = max(1, width - longest - len(figure) - 2)
    top = len(glyphs.history) - 1
    cells = [glyphs.history[round(top * min(1.0, level / scale))] for level in levels_of(points, *span, columns)]
    return ((f"{name:<{longest}} ", "text-muted"), ("".join(cells), role), (f" {figure}", ""))


def _chart(
    name: str,
    points: Sequence[Point],
    span: tuple[int, int],
    room: tuple[int, int],
    scale: int,
    role: str,
    glyphs: Glyphs,
) -> list[Line]:
    width, height = room
    levels = levels_of(points, *span, width - 8)
    steps = 1 if glyphs is ASCII else 8
    eighths = [round(height * steps * min(1.0, level / scale)) for level in levels]
    highest = max(point.value for point in points)
    lines: list[Line] = [
        ((name, "title"), (f"  {points[-1].value:,.0f} now, {highest:,.0f} at most", "text-muted")),
    ]
    for row in range(height):
        above = (height - row - 1) * steps
        cells = [_cell(level - above, steps, glyphs) for level in eighths]
        label = f"{scale:>6,}" if row == 0 else f"{0:>6}" if row == height - 1 else " " * 6
        lines.append(((f"{label} ", "text-muted"), ("".join(cells), role)))
    return [*lines, ()]


def _cell(level: int, steps: int, glyphs: Glyphs) -> str:
    if level <= 0:
        return " "
    return glyphs.bar if level >= steps else glyphs.history[level]
