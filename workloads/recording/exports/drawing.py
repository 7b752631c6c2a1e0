"""Small parts of pictures: text that is safe in them, a time axis with round numbers, shapes for states."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable
from typing import NamedTuple

from ...text import clean

TEXT_LIMIT = 1000
GUTTER = 150
"""Room for names to the left of what is drawn over time, in pixels."""
PLOT = 900
"""Width of what is drawn over time; one column of cells a pixel."""
MARGIN = 110
"""Room for exit statuses to the right."""
WIDTH = GUTTER + PLOT + MARGIN

_SECOND = 1_000_000_000
_STEPS = (1, 2, 5)
_LONG_STEPS = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
_UNITS = ((_SECOND, "s"), (1_000_000, "ms"), (1_000, "µs"), (1, "ns"))

SHAPES: dict[str, tuple[float, float]] = {
    "starting": (0.0, 1.0),
    "waiting": (0.72, 1.0),
    "receiving": (0.0, 1.0),
    "computing": (0.0, 1.0),
    "sending": (0.0, 1.0),
    "idle": (0.84, 1.0),
    "blocked": (0.4, 0.6),
    "running": (0.3, 1.0),
    "stopping": (0.0, 1.0),
}
"""Top and bottom of each state's bar, as shares of the height of its row: states differ in form, not only in colour."""

MEANINGS = {
    "starting": "being started, until ready for work",
    "waiting": "waiting for a task while more were to come",
    "receiving": "reading and unpickling arguments",
    "computing": "computing",
    "sending": "pickling and writing results",
    "idle": "without work after the last task",
    "blocked": "waiting for results or for other processes",
    "running": "running, outside of tasks",
    "stopping": "told to stop, until gone",
}
"""What the states are, in the order of `PARTS`."""


class Tick(NamedTuple):
    """A place on a time axis."""

    time_ns: int
    label: str


def escaped(text: str) -> str:
    """Write TEXT so that no markup is in it, whatever it is, for HTML and SVG."""
    return html.escape(clean(text, TEXT_LIMIT))


def ticks(length_ns: int, most: int = 9) -> list[Tick]:
    """Divide the time from 0 to LENGTH_NS at round numbers, with MOST of them or fewer, all in one unit."""
    step = _round_step(max(1, length_ns) / max(1, most))
    return [Tick(time_ns, _axis_label(time_ns, step)) for time_ns in range(0, length_ns + 1, step)]


def _round_step(least: float) -> int:
    """The smallest round number of nanoseconds that is LEAST or more."""
    if least > 30 * _SECOND:
        fitting = (step * _SECOND for step in _LONG_STEPS if step * _SECOND >= least)
        return next(fitting, math.ceil(least / (86_400 * _SECOND)) * 86_400 * _SECOND)
    if least > 10 * _SECOND:
        return (20 if least <= 20 * _SECOND else 30) * _SECOND
    power = 1
    while True:
        for step in _STEPS:
            if step * power >= least:
                return step * power
        power *= 10


def _axis_label(time_ns: int, step_ns: int) -> str:
    if step_ns >= 60 * _SECOND:
        minutes = time_ns // (60 * _SECOND)
        if step_ns % (3600 * _SECOND) == 0:
            return f"{minutes // 60} h"
        return f"{minutes // 60}:{minutes % 60:02d} h" if minutes >= 60 else f"{minutes} min"
    unit, name = next((unit, name) for unit, name in _UNITS if step_ns >= unit or unit == 1)
    if unit < _SECOND and step_ns >= unit * 100:  # 0.1 s reads better than 100 ms, and 0.1 ms than 100 µs
        unit, name = unit * 1000, {"ms": "s", "µs": "ms", "ns": "µs"}[name]
    decimals = max(0, -math.floor(math.log10(step_ns / unit)))
    return f"{time_ns / unit:.{decimals}f} {name}"


def number(value: float) -> str:
    """Write a coordinate, briefly."""
    return f"{value:.1f}".removesuffix(".0")


def rectangle(left: float, top: float, width: float, height: float) -> str:
    """Write a rectangle as a part of a path."""
    return f"M{number(left)} {number(top)}h{number(width)}v{number(height)}h{number(-width)}z"


def axis(length_ns: int, top: float, bottom: float) -> str:
    """Draw the lines and labels of a time axis; the labels stand below BOTTOM."""
    parts = []
    for tick in ticks(length_ns):
        left = GUTTER + PLOT * tick.time_ns / length_ns
        parts.append(f'<path class="grid" d="M{number(left)} {number(top)}V{number(bottom + 4)}"/>')
        parts.append(f'<text class="tick" x="{number(left)}" y="{number(bottom + 16)}">{tick.label}</text>')
    return "".join(parts)


def picture(height: float, name: str, description: str, content: Iterable[str], width: float = WIDTH) -> str:
    """Put a picture together; NAME and DESCRIPTION are for those who cannot see it."""
    return (
        f'<svg viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" height="{number(height)}" '
        f'role="img" aria-label="{escaped(name)}. {escaped(description)}">{"".join(content)}</svg>'
    )


def swatch(state: str) -> str:
    """Draw a piece of a state's bar for the legend."""
    top, bottom = SHAPES[state]
    path = rectangle(0, 14 * top, 26, 14 * (bottom - top))
    return (
        f'<svg viewBox="0 0 26 14" width="26" height="14" aria-hidden="true"><path class="{state}" d="{path}"/></svg>'
    )


def mark(style: str, path: str) -> str:
    """Draw a small mark for the legend."""
    return (
        f'<svg viewBox="0 0 14 14" width="14" height="14" aria-hidden="true"><path class="{style}" d="{path}"/></svg>'
    )


def patterns() -> str:
    """Draw what fills the bars of states that colour alone would not tell apart; once a document."""
    lines = {
        "starting": ("M1.5 0V6", 6),
        "receiving": ("M-1 1L1 -1M0 6L6 0M5 7L7 5", 6),
        "sending": ("M-1 5L1 7M0 0L6 6M5 -1L7 1", 6),
        "blocked": ("M0 3H4", 6),
        "stopping": ("M4.5 0V6M1.5 0V6", 6),
        "idle": ("M0 2H1.5", 4),
    }
    found = [
        f'<pattern id="p-{state}" width="{size}" height="{size}" patternUnits="userSpaceOnUse">'
        f'<rect class="p-back" width="{size}" height="{size}"/><path class="p-line-{state}" d="{path}"/></pattern>'
        for state, (path, size) in lines.items()
    ]
    return f'<svg width="0" height="0" class="defs" aria-hidden="true"><defs>{"".join(found)}</defs></svg>'
