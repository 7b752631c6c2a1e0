"""The lanes side by side, and the answer."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from poolscope.tui.snapshot import Choice, Snapshot
from poolscope.tui.widgets.line_view import Line, LineView
from poolscope.workloads.model import LaneState, Ledger

from .base import Panel
from .lane_lines import lane_lines, verdict_lines
from .ledger_lines import short_ledger

KEYS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class LanesView(LineView):
    """The lines; up and down move from lane to lane."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", "Lane above", show=False, tooltip="Move to the lane above"),
        Binding("down,j", "step(1)", "Lane below", show=False, tooltip="Move to the lane below"),
        Binding("enter", "screen.edit_lane", "Edit", show=False, tooltip="Edit the lane under the cursor"),
    ]

    def action_step(self, by: int) -> None:
        """Move the cursor to another lane."""
        panel = self.parent
        assert isinstance(panel, LanesPanel)  # noqa: S101
        panel.step(by)


class LanesPanel(Panel):
    """Serial, pool and the others: state, progress, speed, and what that means."""

    NUMBER = 2
    TITLE = "Lanes"
    HELP = """\
A **lane** is one way of running the workload: an engine (`serial`, `process`, `pool`) with its settings. The lanes
run one after the other, never at once, each in a fresh process. The first one, **A**, is the reference.

For each lane: its state, the time from before its processes exist until the results are there and the processes are
gone, tasks done of all, tasks a second, the time left at the present speed, and its result in short. At the end,
the results of all lanes are compared, and the answer is written below in words.

**Up** and **down** mark a lane; **e** or **Enter** edits it, **a** adds one, **d** removes it. **r** runs them all.
"""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._cursor = 0
        self._snapshot: Snapshot | None = None
        self._shown_hint = ""
        self.with_ledger = False
        """Whether the ledger is drawn below the lanes, because it has no panel in sight."""

    @property
    def cursor(self) -> int:
        """Index of the marked lane."""
        return self._cursor

    def compose(self) -> ComposeResult:
        """One view that draws everything."""
        yield LanesView()

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new width."""
        del event
        if self._snapshot is not None:
            self.apply(self._snapshot)

    def step(self, by: int) -> None:
        """Move the cursor BY lanes, staying within them."""
        self.move_to(self._cursor + by)

    def move_to(self, index: int) -> None:
        """Mark the lane at INDEX, or the nearest there is."""
        count = len(self._lanes())
        self._cursor = max(0, min(index, count - 1))
        if self._snapshot is not None:
            self.apply(self._snapshot)

    def apply(self, snapshot: Snapshot) -> None:
        """Draw the lanes as they are, or as they would run."""
        self._snapshot = snapshot
        view = self.query_one(LanesView)
        width, height = view.size
        if width < 20 or height < 2:
            return
        hint = self._hint(snapshot)
        if hint != self._shown_hint:  # setting it draws the whole panel again, even if it is the same
            self._shown_hint = self.border_subtitle = hint
        lanes = self._lanes()
        if not lanes:
            view.show([(("  Choose a workload with 1, then run it with r.", "text-muted"),)])
            return
        self._cursor = min(self._cursor, len(lanes) - 1)
        lines = self._fit(snapshot, lanes, width, height)
        if len(lines) > height:  # the scrollbar takes a column
            lines = self._fit(snapshot, lanes, width - 1, height)
        view.show(self.glyphs.spell(lines))

    def _lanes(self) -> tuple[LaneState, ...]:
        snapshot = self._snapshot
        if snapshot is None:
            return ()
        if snapshot.comparison is not None:
            return snapshot.comparison.lanes
        return queued(snapshot.choice) if snapshot.choice else ()

    def _hint(self, snapshot: Snapshot) -> str:
        choice = snapshot.choice
        if choice is not None and choice.problem and not snapshot.is_running:
            return "cannot run as it stands"
        if snapshot.comparison is None or snapshot.is_running or choice is None or snapshot.subject is None:
            return ""
        return "" if dict(choice.parameters) == dict(snapshot.subject.parameters) else "changed since: r runs again"

    def _fit(self, snapshot: Snapshot, lanes: tuple[LaneState, ...], width: int, height: int) -> list[Line]:
        """Draw with as much air as the height allows: gaps go first, then the third line of each lane."""
        below: list[Line] = self._below(snapshot, width, height)
        ledger = short_ledger(lanes, width, self.glyphs) if self.with_ledger else []
        airy = lane_lines(lanes, width, self.glyphs, cursor=self._cursor, compact=False, gaps=True)
        tight = lane_lines(lanes, width, self.glyphs, cursor=self._cursor, compact=False, gaps=False)
        short = lane_lines(lanes, width, self.glyphs, cursor=self._cursor, compact=True, gaps=False)
        for drawn, extra in ((airy, ledger), (tight, ledger), (airy, []), (tight, []), (short, ledger), (short, [])):
            parts = [part for part in (drawn, below, extra) if part]
            if sum(map(len, parts)) <= height:
                break
        blank = sum(map(len, parts)) + len(parts) - 1 <= height
        lines: list[Line] = []
        for part in parts:
            if blank and lines:
                lines.append(())
            lines += part
        return lines

    def _below(self, snapshot: Snapshot, width: int, height: int) -> list[Line]:
        if snapshot.comparison is not None:
            return verdict_lines(snapshot.comparison, width, self.glyphs, rows=height - 6)
        choice = snapshot.choice
        if choice is None:
            return []
        if choice.problem:
            from textwrap import wrap

            return [((" ", ""), (text, "text-error")) for text in wrap(choice.problem, width - 2)]
        return [((" Press ", "text-muted"), ("r", "text-primary"), (" to run and compare them.", "text-muted"))]


def queued(choice: Choice) -> tuple[LaneState, ...]:
    """Return the chosen lanes as they stand before anything ran."""
    return tuple(
        LaneState(
            lane=lane,
            key=KEYS[index % len(KEYS)],
            state="queued",
            runs_done=0,
            runs_planned=1,
            tasks=choice.tasks or 0,
            tasks_done=0,
            elapsed_ns=0,
            ledger=Ledger(),
            results=(),
            ledgers=(),
            error=None,
            same_result=None,
        )
        for index, lane in enumerate(choice.lanes)
    )
