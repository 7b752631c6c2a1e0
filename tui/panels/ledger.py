"""Where each lane's time went."""

from __future__ import annotations

from textwrap import wrap

from textual import events
from textual.app import ComposeResult

from poolscope.tui.snapshot import Snapshot
from poolscope.tui.widgets.line_view import Line, LineView
from poolscope.workloads.model import LaneState
from poolscope.workloads.text import clean

from .base import Panel
from .ledger_lines import axis_line, bar_line, biggest_part, scale_of, table_lines


class LedgerPanel(Panel):
    """One bar a lane on a common scale, parted by what the time went into."""

    NUMBER = 4
    TITLE = "Where the time went"
    SHORT_TITLE = "Time"
    HELP = """\
One bar a lane, all on the same time axis. Each bar is the lane's wall time, shared among the phases as its workers
spent it on average, so that the parts add up to the whole.

- **starting**: until a worker was ready.
- **sending**: tasks are pickled, written to a pipe by the parent, read and unpickled by the worker.
- **computing**: the work itself.
- **returning**: results are pickled and written by the worker, read and unpickled by the parent.
- **waiting**: a worker had nothing to do although results were missing.
- **stopping**: from the last result until the workers were gone.

Only *computing* is work; everything else is the price of doing it in several processes.
"""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._snapshot: Snapshot | None = None

    def compose(self) -> ComposeResult:
        """One view that draws everything."""
        yield LineView()

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new width."""
        del event
        if self._snapshot is not None:
            self.apply(self._snapshot)

    def apply(self, snapshot: Snapshot) -> None:
        """Draw the ledgers of the current or last comparison."""
        self._snapshot = snapshot
        view = self.query_one(LineView)
        width, height = view.size
        if width < 20 or height < 1:
            return
        lanes = snapshot.comparison.lanes if snapshot.comparison else ()
        scale = scale_of(lanes)
        if not scale:
            text = "A bar for each lane appears here when it runs, parted by what its time went into."
            view.show([((f" {line}", "text-muted"),) for line in wrap(text, width - 2)])
            return
        lines = self._lines(snapshot, lanes, scale, width, height)
        if len(lines) > height:  # the scrollbar takes a column
            lines = self._lines(snapshot, lanes, scale, width - 1, height)
        view.show(self.glyphs.spell(lines))

    def _lines(
        self, snapshot: Snapshot, lanes: tuple[LaneState, ...], scale: float, width: int, height: int
    ) -> list[Line]:
        bars = [bar_line(state, scale, width, self.glyphs) for state in lanes]
        table = table_lines(lanes, width, self.glyphs)
        reason = [((f" {text}", "strong"),) for text in wrap(self._reason(snapshot), width - 2)]
        # The room decides what gives way: first the axis, then the blank lines; the rest scrolls.
        spare = height - len(bars) - len(table) - len(reason)
        lines: list[Line] = list(bars)
        if spare >= 1:
            lines.append(axis_line(scale, width))
        if spare >= 2:
            lines.append(())
        lines += table
        if spare >= 3 and reason:
            lines.append(())
        return lines + reason

    def _reason(self, snapshot: Snapshot) -> str:
        comparison = snapshot.comparison
        if comparison is None:
            return ""
        if comparison.verdict is not None:
            from poolscope.workloads.analysis.verdict import explain

            measured = [lane for lane in comparison.lanes if lane.median_ns]
            return clean(explain(measured) or "", 400) if measured else ""
        return biggest_part(comparison.lanes) or ""
