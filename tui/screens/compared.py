"""Two comparisons of the past: what differs, how many times as fast each lane is, and a chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.widget import Widget

from poolscope.tui import commands
from poolscope.tui.glyphs import Glyphs
from poolscope.tui.widgets.chart import ChartView
from poolscope.tui.widgets.line_view import Line
from poolscope.workloads.analysis.difference import compare

from . import compared_lines as lines_of
from .sheet import Lines, SheetScreen

if TYPE_CHECKING:
    from poolscope.tui.core import Core
    from poolscope.tui.snapshot import Snapshot
    from poolscope.workloads.history.past import Past


class ComparedScreen(SheetScreen, inherit_bindings=False):
    """The first one is compared with; x swaps the two."""

    OFFERED: ClassVar[tuple[commands.Command, ...]] = commands.ON_COMPARED
    BINDINGS: ClassVar[list[BindingType]] = [*commands.bindings(commands.ON_COMPARED)]
    TITLE = "Two comparisons"
    HELP = """\
Two comparisons of the past. The **first** is the older one, unless they were swapped with **x**.

For every lane that both have: its median time in each, how many times as fast the second is, and between which values
that lies with a confidence of 95 %. "No difference shown": that interval holds 1. With fewer than five runs of a lane
there is no interval, and nothing is claimed. On the right the interval is drawn, with 1 in the middle.

The chart shows the median of each lane in both, between its fastest and its slowest run.

Below stands **what differs** between the two: machine, Python, parameters, code of the workload, and what the lanes'
defaults came to. Times of different work, or of different machines, can be compared, but tell of these differences.
"""

    def __init__(self, core: Core, glyphs: Glyphs, first: Past, second: Past) -> None:
        super().__init__(core, glyphs)
        self._first, self._second = first, second
        self._head = Lines(id="compared-head")
        self._ratios = Lines(id="compared-ratios")
        self._chart = ChartView(glyphs, id="compared-chart")
        self._differences = Lines(id="compared-differences")

    @property
    def both(self) -> tuple[Past, Past]:
        """The one that is compared with, and the other one."""
        return self._first, self._second

    def body(self) -> ComposeResult:
        """Which two, ratios, chart, differences."""
        with VerticalScroll(id="compared", can_focus=False):
            yield self._head
            yield self._ratios
            yield self._chart
            yield self._differences

    def scrolled(self) -> Widget:
        """All of it."""
        return self.query_one("#compared")

    def on_mount(self) -> None:
        """Draw the two."""
        self._draw()

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        del event
        self._draw()

    def show(self, snapshot: Snapshot) -> None:
        """Nothing of what goes on is shown here."""

    def _draw(self) -> None:
        width = self.app.size.width - 3  # the scrollbar
        first, second, glyphs = self._first, self._second, self.glyphs
        change = compare(first, second)
        answer: Line = ((f" {lines_of.answer_sentence(change)}", "strong"),)
        self._head.show_all(glyphs.spell([*lines_of.heading_lines(first, second, width, glyphs), (), answer]))
        self._ratios.show_all(glyphs.spell(lines_of.ratio_lines(change, width, glyphs)))
        chart = lines_of.chart_of(change)
        self._chart.display = chart is not None
        self._chart.show_chart(chart)
        self._differences.show_all(glyphs.spell(lines_of.difference_lines(change, width, glyphs)))

    def action_swap(self) -> None:
        """Compare the first one with the second."""
        self._first, self._second = self._second, self._first
        self._draw()
