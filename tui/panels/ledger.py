"""Where the time went: of each lane, or of each process of a program."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult

from poolscope.tui.snapshot import Snapshot
from poolscope.tui.widgets.line_view import Line, LineView
from poolscope.workloads.model import LaneState
from poolscope.workloads.text import clean

from .base import Panel
from .lane_lines import describe_lane
from .ledger_lines import account_of, axis_line, bar_line, biggest_part, scale_of, table_lines

if TYPE_CHECKING:
    from poolscope.workloads.programs import ProcessLedger, SlowTask

    _Section = tuple[str, tuple[ProcessLedger, ...], tuple[SlowTask, ...]]
    """Title, processes and slowest tasks of a part of the tables."""

_DETAILS_LEAST = 6
"""Rows that must be left over below the bars for the tables to be begun there unasked."""


class LedgerPanel(Panel):
    """One bar a lane or a process on a common scale, parted by what the time went into; tables below."""

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

**Threads** pickle nothing, so that sending and returning are next to nothing; a thread that waits for the GIL counts as
computing, with little **CPU**. A workload that makes processes of its own, such as `exits`, `family` or `pipeline`, is
one task after the other to its lane; what its processes did stands below, one by one.

Of a program there is one bar a process. Zoom the panel, or go to it and scroll, for the figures of every process and
the ten slowest tasks. Where not all bars are in sight, *mean* stands for what the workers have in common. What a
process does is parted more finely, and adds up to its own life:

- **receiving** and **sending**: what the worker itself spends on arguments and results.
- **CPU**: of the time computing; it is less where a task slept, or had to wait for a core. `?` stands for not measured.
- **idle**: a worker after its last task, until it was told to stop.
- **blocked**: a process that waits for results or for other processes.
- **running**: whatever a process does that is no task.
- **pickling** and **unpickling**: of the pool's owner, in threads of its own.
"""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._snapshot: Snapshot | None = None
        self._details: tuple[tuple[tuple[_Section, ...], int], list[Line]] = (((), 0), [])

    def compose(self) -> ComposeResult:
        """One view that draws everything."""
        yield LineView()

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new width."""
        del event
        self._draw_again()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Put the tables below, now that they can be scrolled to."""
        del event
        self._draw_again()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Leave them out again."""
        del event
        self._draw_again()

    def _draw_again(self) -> None:
        if self._snapshot is not None:
            self.apply(self._snapshot)

    def apply(self, snapshot: Snapshot) -> None:
        """Draw the ledgers of the current or last comparison, or of the program."""
        self._snapshot = snapshot
        view = self.query_one(LineView)
        width, height = self.room
        if width < 20 or height < 1:
            return
        lines = self._summary(snapshot, width, height)
        if lines is None:
            view.show([((f" {line}", "text-muted"),) for line in wrap(self._nothing(snapshot), width - 2)])
            return
        details: list[Line] = []
        if view.has_focus or height - len(lines) >= _DETAILS_LEAST:
            details = self._tables(snapshot, width - 1)
        if len(lines) + len(details) + 1 > height:  # the scrollbar takes a column
            lines = self._summary(snapshot, width - 1, height) or []
        view.show(self.glyphs.spell([*lines, *([()] if details else []), *details]))

    def _nothing(self, snapshot: Snapshot) -> str:
        if snapshot.program is not None:
            return "A bar for each Python process appears here, parted by what its time went into."
        return "A bar for each lane appears here when it runs, parted by what its time went into."

    def _summary(self, snapshot: Snapshot, width: int, height: int) -> list[Line] | None:
        """Bars and what explains them; None while there is nothing to draw."""
        lanes = snapshot.comparison.lanes if snapshot.comparison else ()
        scale = scale_of(lanes)
        if scale:
            return self._of_lanes(snapshot, lanes, scale, width, height)
        if snapshot.ledgers:
            return self._of_processes(snapshot, width, height)
        return None

    def _of_lanes(
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

    def _of_processes(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        from .ledger_processes import bar_axis, in_a_sentence, legend_lines, process_bars, with_mean

        # What takes no part in the work has its figures in the tables.
        shown = [ledger for ledger in snapshot.ledgers if ledger.role != "helper"] or list(snapshot.ledgers)
        said: list[Line] = [((f" {text}", "strong"),) for text in wrap(in_a_sentence(shown), width - 2)]
        legend = legend_lines(shown, width, self.glyphs)
        axis = [bar_axis(shown, width)]
        if len(said) + len(legend) + len(shown) + len(axis) <= height:
            return [*said, *legend, *process_bars(shown, width, self.glyphs), *axis]
        # Where not all of it is in sight, bars are what matters, and what workers have in common before each of them.
        legend = legend_lines(shown, width, self.glyphs, is_short=True)
        if len(legend) + len(shown) > height:
            shown = with_mean(shown)
        bars = process_bars(shown, width, self.glyphs)
        is_first = len(said) + len(legend) + len(bars) <= height
        return [*(said if is_first else ()), *legend, *bars, *axis, *(() if is_first else said)]

    def _tables(self, snapshot: Snapshot, width: int) -> list[Line]:
        """All figures of every process, and the slowest tasks; worked out anew only where something changed."""
        sections = self._sections(snapshot)
        if self._details[0] != (sections, width):
            from .ledger_processes import section_lines

            lines: list[Line] = []
            for section in sections:
                lines += [*([()] if lines else []), *section_lines(*section, width, self.glyphs)]
            self._details = ((sections, width), lines)
        return self._details[1]

    def _sections(self, snapshot: Snapshot) -> tuple[_Section, ...]:
        """What the tables are about: each lane, by the run that its bar shows, or whatever else is watched."""
        comparison = snapshot.comparison if snapshot.transport.is_live else None
        found: list[_Section] = []
        for state in comparison.lanes if comparison is not None else ():
            title = f"{state.key} {describe_lane(state.lane, self.glyphs)}"
            account = account_of(state)
            if state.state == "running":
                found.append((title, snapshot.ledgers, snapshot.slowest))
            elif account is not None:
                found.append((title, account.processes, account.slowest))
        if not found and (snapshot.ledgers or snapshot.slowest):
            found.append(("", snapshot.ledgers, snapshot.slowest))
        return tuple(found)
