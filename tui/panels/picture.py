"""A picture that workers draw together, in cells: two pixels each, in the colour of the worker of the row."""

from __future__ import annotations

from math import log1p
from typing import TYPE_CHECKING, NamedTuple

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from poolscope.tui.glyphs import ASCII

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.widget import Widget

    from poolscope.tui.glyphs import Glyphs
    from poolscope.tui.widgets.line_view import Line
    from poolscope.workloads.catalogue.canvas import Canvas, Row

ROLES = ("success", "warning", "secondary", "text-primary", "text-accent", "text-muted")
"""Colours of the workers, in turn."""
_NAMES = ("success", "warning", "secondary", "primary", "accent", "foreground")
"""The same in the theme."""
_SHADES = 10
_RAMP = " .:-=+*%#@"
_UPPER_HALF = "▀"

Pixel = tuple[int, int] | None
"""Number of the painter and shade; None where nothing was drawn yet."""


class Fit(NamedTuple):
    """How a picture is fitted into cells."""

    columns: int
    lines: int


def fit(width: int, height: int, columns: int, lines: int) -> Fit:
    """Fit a picture of WIDTH x HEIGHT pixels into a room of cells, which are twice as high as they are wide."""
    wanted = min(columns, max(1, 2 * lines * width // height))
    return Fit(wanted, max(1, min(lines, -(-wanted * height // (2 * width)))))


class Painters:
    """Who drew: each has a number, and so a colour, that does not change while others come."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, int], int] = {}

    def number(self, row: Row) -> int:
        """The number of who drew ROW."""
        return self._numbers.setdefault((row.pid, row.thread), len(self._numbers))

    def meet(self, canvas: Canvas) -> None:
        """Number those who are new, in the order of their pids."""
        known = canvas.painters
        if not set(known) >= set(self._numbers):
            self._numbers.clear()  # another run
        for painter in known:
            self._numbers.setdefault(painter, len(self._numbers))

    def names(self, labels: Mapping[int, str]) -> list[str]:
        """What they are called, by number; LABELS are those of processes by pid."""
        pids = [pid for pid, _ in self._numbers]
        names: list[str] = []
        for pid, _ in self._numbers:
            label = labels.get(pid, str(pid))
            names.append(label if pids.count(pid) == 1 else f"t{len(names) + 1}")
        return names


def legend(canvas: Canvas, painters: Painters, labels: Mapping[int, str], glyphs: Glyphs) -> Line:
    """Say who drew how many rows."""
    counts: dict[int, int] = {}
    for row in canvas.rows:
        if row is not None:
            number = painters.number(row)
            counts[number] = counts.get(number, 0) + 1
    pieces: list[tuple[str, str]] = [(f"{canvas.rows_there:,} of {canvas.height:,} rows", "")]
    for number, name in enumerate(painters.names(labels)):
        role = ROLES[number % len(ROLES)]
        pieces += [("  ", ""), (f"{glyphs.bar} ", role), (f"{name} {counts.get(number, 0):,}", role)]
    return tuple(pieces)


def pixels_of(canvas: Canvas, painters: Painters, columns: int, lines: int) -> list[list[Pixel]]:
    """Shrink the picture to so many pixels."""
    whole = log1p(canvas.limit)
    shades = [1 + round((_SHADES - 1) * log1p(level) / whole) for level in range(min(canvas.limit, 4096))]

    def pixel(sampled: tuple[int, Row] | None) -> Pixel:
        if sampled is None:
            return None
        level, row = sampled
        if level >= canvas.limit:
            return painters.number(row), 0
        return painters.number(row), shades[min(level, len(shades) - 1)]

    return [[pixel(sampled) for sampled in line] for line in canvas.sample(columns, lines)]


class Paint:
    """The colours of the current theme."""

    def __init__(self, widget: Widget) -> None:
        variables = widget.app.theme_variables
        self._background = widget.background_colors[1]
        self._hues = [Color.parse(variables[name]) for name in _NAMES]
        self._colors: dict[Pixel, RichColor] = {}
        self._styles: dict[tuple[Pixel, Pixel], Style] = {}

    def _color(self, pixel: Pixel) -> RichColor:
        if pixel not in self._colors:
            color = self._background
            if pixel is not None:
                hue = self._hues[pixel[0] % len(self._hues)]
                # What belongs to the set is nearly as the background, yet not as what is not drawn yet.
                color = self._background.blend(hue, 0.12 if pixel[1] == 0 else 0.22 + 0.78 * pixel[1] / _SHADES)
            self._colors[pixel] = color.rich_color
        return self._colors[pixel]

    def style(self, upper: Pixel, lower: Pixel) -> Style:
        """How two pixels look in one cell."""
        key = upper, lower
        if key not in self._styles:
            self._styles[key] = Style(color=self._color(upper), bgcolor=self._color(lower))
        return self._styles[key]


def picture_lines(pixels: list[list[Pixel]], paint: Paint, glyphs: Glyphs) -> list[list[Segment]]:
    """Draw pixels: two lines of them in each line of cells, or one where the terminal has no half blocks."""
    if glyphs is ASCII:
        return [_ascii_line(line, paint) for line in pixels]
    lines = []
    for upper, lower in zip(pixels[::2], pixels[1::2], strict=True):
        segments: list[Segment] = []
        begin = 0
        pairs = list(zip(upper, lower, strict=True))
        for end in range(1, len(pairs) + 1):
            if end == len(pairs) or pairs[end] != pairs[begin]:
                segments.append(Segment(_UPPER_HALF * (end - begin), paint.style(*pairs[begin])))
                begin = end
        lines.append(segments)
    return lines


def _ascii_line(line: list[Pixel], paint: Paint) -> list[Segment]:
    return [
        Segment(" ", paint.style(None, None))
        if pixel is None
        else Segment("@" if pixel[1] == 0 else _RAMP[min(pixel[1], len(_RAMP) - 2)], paint.style((pixel[0], 9), None))
        for pixel in line
    ]
