"""A chart of curves, points and intervals, in line API; what is drawn is made by a pure function of the chart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from textual import events

from poolscope.tui.glyphs import UNICODE, Glyphs
from poolscope.workloads.text import shorten

from .chart_axis import Axis
from .line_view import Line, LineView, Piece, cells_of, line_width
from .raster import Raster

ROLES = ("text-primary", "text-warning", "secondary", "success", "text-accent", "error")
"""Of series, by their places; each has a shape of its own, too, so that nothing is told by colour alone."""
LEAST_WIDTH = 24
LEAST_HEIGHT = 6
"""Cells below which there is no chart but a sentence."""
TICK_ROWS = 3
"""Rows that a tick of the vertical axis has for itself."""
TICK_GAP = 2
"""Blanks between the ticks of the other one."""
SAMPLE = 4
"""Cells of a piece of curve beside the name of a series that has no points."""


class Point(NamedTuple):
    """One measurement."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    """Ends of its interval; None where there is none."""


class Series(NamedTuple):
    """What belongs together: points, and a curve through the plane."""

    name: str
    points: tuple[Point, ...] = ()
    curve: tuple[tuple[float, float], ...] = ()
    """Joined by straight lines."""


class Mark(NamedTuple):
    """A place on the horizontal axis that means something, such as where two curves cross."""

    x: float
    text: str
    low: float | None = None
    high: float | None = None
    """Ends of its interval on the axis; None where there is none."""
    y: float | None = None
    """Where on the line it is, for a sign there; None for the line alone."""


class Chart(NamedTuple):
    """All that is shown."""

    across: Axis
    up: Axis
    series: tuple[Series, ...] = ()
    marks: tuple[Mark, ...] = ()


def draw(chart: Chart, width: int, height: int, glyphs: Glyphs = UNICODE) -> list[Line]:
    """Draw CHART in WIDTH x HEIGHT cells: names, plot, axis, ticks. Every line is at most WIDTH cells long."""
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        sentence: Line = (("The chart needs more room."[:width], "text-muted"),)
        return [sentence][: max(0, height)]
    plot = _Plot(chart, width, height - 3, glyphs)
    plot.draw_grid()
    plot.draw_curves()
    plot.draw_marks()
    plot.draw_points()
    return glyphs.spell([_legend(chart, width, glyphs), *plot.lines()])


def role_of(index: int) -> str:
    """The role of the series at INDEX."""
    return ROLES[index % len(ROLES)]


def _legend(chart: Chart, width: int, glyphs: Glyphs) -> Line:
    """What goes up, and the name of each series behind its sign; where there is little room, the names are cut."""
    title: list[Piece] = [(f"{chart.up.title}  ", "text-muted")] if chart.up.title else []
    count = max(1, len(chart.series))
    full = sum(cells_of(series.name) + (not series.points) * (SAMPLE - 1) for series in chart.series) + 5 * count - 3
    if full + line_width(tuple(title)) > width:
        title = []
    most = width if full <= width else max(1, (width + 3) // count - 4 - SAMPLE)
    pieces = title
    for index, series in enumerate(chart.series):
        sign = glyphs.markers[index % len(glyphs.markers)] if series.points else _sample(index, glyphs)
        gap = "   " if index else ""
        pieces += [(f"{gap}{sign} ", role_of(index)), (shorten(series.name, most, glyphs.ellipsis), "")]
    return tuple(pieces)


def _sample(index: int, glyphs: Glyphs) -> str:
    """A piece of the curve of the series at INDEX."""
    if glyphs.curves:
        return glyphs.curves[index % len(glyphs.curves)] * SAMPLE
    raster = Raster(SAMPLE, 1, is_fine=True)
    raster.path([(0, 2), (2 * SAMPLE - 1, 2)], index, index)
    drawn = {column: text for column, _, text, _ in raster.cells()}
    return "".join(drawn.get(column, " ") for column in range(SAMPLE))


class _Plot:
    """The cells of one chart while they are drawn: what means least first, and what means more over it."""

    def __init__(self, chart: Chart, width: int, rows: int, glyphs: Glyphs) -> None:
        self.chart, self.width, self.rows, self.glyphs = chart, width, rows, glyphs
        ticks = chart.up.ticks(max(2, rows // TICK_ROWS))
        texts = [chart.up.text(tick) for tick in ticks]
        self.gutter = max(map(cells_of, texts), default=0) + 1
        self.columns = width - self.gutter - 1
        self.raster = Raster(self.columns, rows, is_fine=not glyphs.curves)
        self.labels = {self.row(tick): text for tick, text in zip(ticks, texts, strict=True)}
        """Ticks of the vertical axis by their rows."""
        self.ticks = {self.column(tick): text for tick, text in self._across_ticks()}
        """Those of the horizontal one by their columns."""
        self.texts = [[" "] * self.columns for _ in range(rows)]
        self.roles = [[""] * self.columns for _ in range(rows)]

    def column(self, x: float) -> int:
        """The column of X, which may be beyond the plot."""
        return self.raster.cell(self.raster.column(self.chart.across.place(x)), 0)[0]

    def row(self, y: float) -> int:
        """The row of Y, likewise."""
        return self.raster.cell(0, self.raster.row(self.chart.up.place(y)))[1]

    def put(self, column: int, row: int, text: str, role: str) -> None:
        """Write one character, unless it is beyond the plot."""
        if 0 <= column < self.columns and 0 <= row < self.rows:
            self.texts[row][column], self.roles[row][column] = text, role

    def _across_ticks(self) -> list[tuple[float, str]]:
        """As many ticks of the horizontal axis as can be written side by side."""
        axis = self.chart.across
        for most in range(max(2, self.columns // 6), 1, -1):
            ticks = [(tick, axis.text(tick)) for tick in axis.ticks(most)]
            if self._fit(ticks):
                return ticks
        return [(tick, axis.text(tick)) for tick in axis.ticks(2)[:1]]

    def _fit(self, ticks: Sequence[tuple[float, str]]) -> bool:
        middles = [(self.column(tick), len(text) / 2) for tick, text in ticks]
        return all(
            middle + half + TICK_GAP <= following - other_half
            for (middle, half), (following, other_half) in pairwise(middles)
        )

    def draw_grid(self) -> None:
        """A dot where lines from two ticks would meet."""
        for row in self.labels:
            for column in self.ticks:
                self.put(column, row, self.glyphs.separator, "surface")

    def draw_curves(self) -> None:
        """Curves and intervals."""
        raster, across, up = self.raster, self.chart.across, self.chart.up
        for index, series in enumerate(self.chart.series):
            curve = [(raster.column(across.place(x)), raster.row(up.place(y))) for x, y in series.curve]
            raster.path(curve, index, index)
            for point in series.points:
                if point.low is not None and point.high is not None:
                    x = raster.column(across.place(point.x))
                    raster.path([(x, raster.row(up.place(end))) for end in (point.low, point.high)], index)
        curves = self.glyphs.curves
        roles = [role_of(index) for index in range(len(self.chart.series))]
        for column, row, text, owner in raster.cells():
            self.texts[row][column] = curves[owner % len(curves)] if curves else text
            self.roles[row][column] = roles[owner]

    def draw_marks(self) -> None:
        """A line from top to bottom where nothing else is, and the words beside it, each mark's on a row of its own."""
        for order, mark in enumerate(self.chart.marks):
            column = self.column(mark.x)
            if not 0 <= column < self.columns:
                continue
            for row, texts in enumerate(self.texts):
                if texts[column] in (" ", self.glyphs.separator):
                    self.put(column, row, self.glyphs.stall, "text-muted")
            text = shorten(mark.text, max(1, self.columns // 2), self.glyphs.ellipsis)
            is_right = column + 2 + len(text) <= self.columns
            start = column + 2 if is_right else column - 1 - len(text)
            for at, character in enumerate(text, start):
                self.put(at, order % self.rows, character, "strong")

    def draw_points(self) -> None:
        """What was measured, and where lines cross."""
        for index, series in enumerate(self.chart.series):
            sign = self.glyphs.markers[index % len(self.glyphs.markers)]
            for point in series.points:
                self.put(self.column(point.x), self.row(point.y), sign, role_of(index))
        for mark in self.chart.marks:
            if mark.y is not None:
                self.put(self.column(mark.x), self.row(mark.y), self.glyphs.target, "strong")

    def lines(self) -> list[Line]:
        """The plot with its axes."""
        side, tick = self.glyphs.chart_lines[:2]
        found = []
        for row, (texts, roles) in enumerate(zip(self.texts, self.roles, strict=True)):
            label = self.labels.get(row, "")
            head = ((f"{label:>{self.gutter}}", "text-muted"), (tick if label else side, "surface"))
            found.append((*head, *_pieces(texts, roles)))
        return [*found, self._axis(), self._figures()]

    def _axis(self) -> Line:
        """The horizontal axis, with its ticks and the intervals of the marks."""
        corner, flat, tick, heavy, here = self.glyphs.chart_lines[2:]
        texts, roles = [flat] * self.columns, ["surface"] * self.columns
        for column in self.ticks:
            if 0 <= column < self.columns:
                texts[column] = tick
        for mark in self.chart.marks:
            middle = self.column(mark.x)
            first = middle if mark.low is None else self.column(mark.low)
            last = middle if mark.high is None else self.column(mark.high)
            for column in range(max(0, first), min(self.columns - 1, last) + 1):
                texts[column], roles[column] = here if column == middle else heavy, "strong"
        return ((" " * self.gutter, ""), (corner, "surface"), *_pieces(texts, roles))

    def _figures(self) -> Line:
        """The figures under the horizontal axis, and its title where it has room."""
        row = [" "] * self.width
        for column, text in self.ticks.items():
            start = min(self.width - len(text), max(0, self.gutter + 1 + column - len(text) // 2))
            row[start : start + len(text)] = text
        written = "".join(row).rstrip()
        title = self.chart.across.title
        if len(title) > self.width - len(written) - 2:
            title = ""
        return ((f"{written}{title:>{self.width - len(written)}}".rstrip(), "text-muted"),)


def _pieces(texts: Sequence[str], roles: Sequence[str]) -> list[Piece]:
    """Join neighbours of one role; a blank goes with what is before it, for it looks the same in every role."""
    pieces: list[Piece] = []
    begin, role = 0, ""
    for at, (text, own) in enumerate(zip(texts, roles, strict=True)):
        if text == " " or own == role:
            continue
        if at > begin:
            pieces.append(("".join(texts[begin:at]), role))
        begin, role = at, own
    pieces.append(("".join(texts[begin:]), role))
    return pieces


class ChartView(LineView, can_focus=False):
    """Shows a chart as large as it is itself, repainting the cells that changed."""

    def __init__(self, glyphs: Glyphs = UNICODE, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._glyphs = glyphs
        self._chart: Chart | None = None

    @property
    def chart(self) -> Chart | None:
        """What is shown; None before the first."""
        return self._chart

    def show_chart(self, chart: Chart | None) -> None:
        """Show CHART; None for an empty view."""
        self._chart = chart
        width, height = self.size
        self.show(draw(chart, width, height, self._glyphs) if chart is not None and width and height else ())

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        super().on_resize(event)
        self.show_chart(self._chart)
