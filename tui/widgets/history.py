"""Column charts of the recent past on a fixed scale of 0 to 100, oldest on the left."""

from __future__ import annotations

from collections.abc import Sequence

FULL = 100.0

ASCII_RAMP = " .:#"
"""Ramp for charts of several rows where the terminal has no block characters."""


def column(value: float, ramp: str) -> str:
    """Pick the glyph for VALUE: the ramp's last for 100, and never its first, which stands for "not known yet"."""
    steps = len(ramp) - 1
    return ramp[min(steps, max(1, round(value / FULL * steps)))]


def row(values: Sequence[float], width: int, ramp: str) -> str:
    """Draw the newest VALUES as one row of WIDTH cells, one a value; blank on the left until there are enough."""
    if width <= 0:
        return ""
    return "".join([column(value, ramp) for value in values[-width:]]).rjust(width)


def chart(values: Sequence[float], width: int, height: int, ramp: str) -> list[str]:
    """Draw the newest VALUES as HEIGHT rows of WIDTH cells, top row first.

    Args:
        values: Percentages, oldest first; kept inside 0 to 100.
        width: Cells, one a value.
        height: Rows; together they stand for 0 to 100.
        ramp: Levels of one cell from none to full, such as ``" ▁▂▃▄▅▆▇█"``.
    """
    if width <= 0 or height <= 0:
        return []
    steps = len(ramp) - 1
    levels = [min(steps * height, max(1, round(value / FULL * steps * height))) for value in values[-width:]]
    return [
        "".join([ramp[min(steps, max(0, level - floor))] for level in levels]).rjust(width)
        for floor in range((height - 1) * steps, -1, -steps)
    ]
