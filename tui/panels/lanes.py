"""The lanes side by side, and the answer."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from poolscope.tui.lane_list import LaneList
from poolscope.tui.lane_settings import resolved
from poolscope.tui.repeats import CHOICES
from poolscope.tui.snapshot import Choice, Snapshot
from poolscope.tui.widgets.line_view import Line, LineView
from poolscope.workloads.lane_runs import key_of
from poolscope.workloads.model import Lane, LaneState, Ledger

from .base import Panel
from .lane_lines import dense_blocks, flat, is_off, lane_blocks, verdict_lines
from .ledger_lines import short_ledger
from .result_lines import cut, has_failures, has_lines, result_lines

_KEYS_SHOWN = (("r", "run"), ("a", "add"), ("e", "edit"), ("p", "presets"))
_MOST = 1_000_000
_SENTENCES = (4, 3, 2)
"""How many of the answer's sentences are left, step by step, where the lanes have no room."""
_RESULT_LINES = 5
"""Lines of a result that are worth more than air, bars and facts of the lanes."""


class LanesView(LineView):
    """The lines; up and down move from lane to lane."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "step(-1)", "Lane above", show=False, tooltip="Move to the lane above"),
        Binding("down,j", "step(1)", "Lane below", show=False, tooltip="Move to the lane below"),
        Binding("pageup", "step(-5)", "Lanes above", show=False, tooltip="Move up by five lanes"),
        Binding("pagedown", "step(5)", "Lanes below", show=False, tooltip="Move down by five lanes"),
        Binding("home", f"step(-{_MOST})", "First lane", show=False, tooltip="Move to the first lane"),
        Binding("end", f"step({_MOST})", "Last lane", show=False, tooltip="Move to the last lane"),
        Binding("enter", "screen.open_lane", "Open", show=False, tooltip="Show all of the result, or edit the lane"),
        Binding("left,escape", "screen.jump(1)", "Left", show=False, tooltip="Go to the panel left of the lanes"),
    ]

    def action_step(self, by: int) -> None:
        """Move the cursor to another lane."""
        self._panel.step(by)

    def on_click(self, event: events.Click) -> None:
        """Mark the lane under the pointer."""
        self._panel.mark_line(event.y + self.scroll_offset.y)

    @property
    def _panel(self) -> LanesPanel:
        panel = self.parent
        assert isinstance(panel, LanesPanel)  # noqa: S101
        return panel


class LanesPanel(Panel):
    """Serial, pool and the others: state, progress, speed, and what that means."""

    NUMBER = 2
    TITLE = "Lanes"
    HELP = """\
A **lane** is one way of running the workload: an engine such as `serial`, `pool` or `threads`, with its settings. The
lanes run one after the other, never at once, each in a fresh process. The first one, **A**, is the reference.

For each lane: its state, the time from before its processes exist until the results are there and the processes are
gone, tasks done of all, tasks a second, the time left at the present speed, and its result in short. At the end,
the results of all lanes are compared, and the answer is written below in words. Where results differ, the first task
is named whose result is not the reference's. A lane that cannot run here is **skipped**, and says why.

**Up** and **down** mark a lane; **left** goes back to the workloads. **Enter** shows all of a result that has more to
say than a line, such as the table of `exits`, and where tasks raised, which ones, with what input, and the traceback
from the worker that it happened in; **x** does so, too. Where there is nothing more to say it edits the lane, as **e**
does.

**p** offers comparisons that are often wanted. **o** switches a lane off: it keeps its place and settings, but is not
run. Many lanes take one line each; what else there is to say stands below the marked one. **u** takes any change of the
lanes back, and **r** runs them all.

**R** chooses how often each lane is run: once, 5 or 10 times, or until its ratio to A is known to 5 %. They take turns,
after a warm-up run that does not count. With 5 runs or more, the middle half of a lane's times and the 95 % interval of
its ratio to A are shown, and where that interval spans 1, no difference is. A **warm** lane keeps its pool: one pass is
made untimed, and the next one is timed. **Mind** is followed by what makes the times worth less than they look, such as
other programs on the same CPUs; **w** says all of it, and what to do.

For a function of your own, how long each lane will take is estimated from a trial of a few tasks; before hours, or
more memory than there is, **r** asks.
"""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._cursor = 0
        self._snapshot: Snapshot | None = None
        self._list: LaneList | None = None
        self._shown_hint = ""
        self._spans: tuple[tuple[int, int], ...] = ()
        """First line of each lane, and the first one after it."""
        self._seen_running: int | None = None
        self._was_over = False
        self.repeats = CHOICES[0]
        """How often each lane is run the next time."""
        self.with_ledger = False
        """Whether the ledger is drawn below the lanes, because it has no panel in sight."""

    @property
    def cursor(self) -> int:
        """Index of the marked lane."""
        return self._cursor

    @property
    def marked(self) -> LaneState | None:
        """The marked lane as it stands; None before there is any."""
        rows = self._rows()
        return rows[self._cursor] if self._cursor < len(rows) else None

    def compose(self) -> ComposeResult:
        """One view that draws everything."""
        yield LanesView()

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new width."""
        del event
        self._draw_again()
        self._reveal(self._cursor)

    def show_list(self, lanes: LaneList, cursor: int | None = None) -> None:
        """Show LANES at once, before anybody found out whether they can run; mark the one at CURSOR."""
        self._list = lanes
        self.move_to(self._cursor if cursor is None else cursor)

    def step(self, by: int) -> None:
        """Move the cursor BY lanes, staying within them."""
        self.move_to(self._cursor + by)

    def move_to(self, index: int) -> None:
        """Mark the lane at INDEX, or the nearest there is."""
        count = len(self._rows())
        self._cursor = max(0, min(index, count - 1))
        self._draw_again()
        self._reveal(self._cursor)

    def mark_line(self, y: int) -> None:
        """Mark the lane that has line Y."""
        for index, (start, end) in enumerate(self._spans):
            if start <= y < end:
                self.move_to(index)

    def _draw_again(self) -> None:
        if self._snapshot is not None:
            self.apply(self._snapshot)

    def _reveal(self, index: int) -> None:
        """Scroll until the lane at INDEX is in sight."""
        if not self.is_mounted or not index < len(self._spans):
            return
        view = self.query_one(LanesView)
        (start, end), top, height = self._spans[index], view.scroll_offset.y, view.content_height
        if start < top or end - start > height:
            view.scroll_to(y=0 if index == 0 else start, animate=False, force=True, immediate=True)
        elif end > top + height:
            view.scroll_to(y=end - height, animate=False, force=True, immediate=True)

    def apply(self, snapshot: Snapshot) -> None:
        """Draw the lanes as they are, or as they would run."""
        self._snapshot = snapshot
        view = self.query_one(LanesView)
        width, height = self.room
        if width < 20 or height < 2:
            return
        hint = self._beside(snapshot) or self._hint(snapshot) or ("" if snapshot.is_running else self.repeats.title)
        if hint != self._shown_hint:  # setting it draws the whole panel again, even if it is the same
            self._shown_hint = self.border_subtitle = hint
        lanes = self._rows()
        if not lanes:
            self._spans = ()
            view.show([(("  Choose a workload with 1, then run it with r.", "text-muted"),)])
            return
        self._cursor = min(self._cursor, len(lanes) - 1)
        lines = self._fit(snapshot, lanes, width, height)
        if len(lines) > height:  # the scrollbar takes a column
            lines = self._fit(snapshot, lanes, width - 1, height)
        view.show(self.glyphs.spell(lines))
        self._follow(snapshot, lanes)

    def _follow(self, snapshot: Snapshot, lanes: tuple[LaneState, ...]) -> None:
        """Keep the lane in sight that begins to run; at the end, the answer."""
        comparison = snapshot.comparison
        running = next((index for index, lane in enumerate(lanes) if lane.state == "running"), None)
        is_over = comparison is not None and comparison.is_over
        has_begun = running is not None and running != self._seen_running
        has_ended = is_over and not self._was_over
        self._seen_running, self._was_over = running, is_over
        if has_begun and running is not None:
            self._reveal(running)
        elif has_ended and len(lanes) > 1:
            if self._cursor == 0 and has_lines(lanes[-1]):
                self.move_to(len(lanes) - 1)  # what the last lane came to is the news
            self.query_one(LanesView).scroll_to(y=0, animate=False, force=True, immediate=True)

    def _rows(self) -> tuple[LaneState, ...]:
        """The lanes from the top: those that ran or would run, and those that are switched off at their places."""
        snapshot, chosen = self._snapshot, self._list
        if snapshot is None:
            return ()
        comparison, choice = snapshot.comparison, snapshot.choice
        if chosen is None:
            lanes = choice.lanes if choice else ()
            return comparison.lanes if comparison is not None else queued(lanes, lanes, choice)
        on = chosen.lanes_on
        if comparison is not None and len(comparison.lanes) != len(on):
            return comparison.lanes  # of another choice, whose run is still in sight
        tasks = choice.tasks if choice and choice.tasks else 0

        def full(lane: Lane) -> Lane:
            return resolved(lane, tasks, snapshot.machine)

        states = iter(comparison.lanes if comparison is not None else queued(on, tuple(map(full, on)), choice))
        return tuple(
            next(states) if entry.is_on else _not_run(full(entry.lane), entry.lane, "", 0, None)
            for entry in chosen.entries
        )

    def _hint(self, snapshot: Snapshot) -> str:
        if snapshot.studied is not None:
            from poolscope.tui.study_view import TITLES

            return f"{TITLES[snapshot.studied.subject.kind]} is being measured: b shows it, c ends it"
        choice = snapshot.choice
        if choice is not None and choice.problem and not snapshot.is_running:
            return "cannot run as it stands"
        if snapshot.comparison is None or snapshot.is_running or choice is None or snapshot.subject is None:
            return ""
        is_same = dict(choice.parameters) == dict(snapshot.subject.parameters)
        if not is_same:
            return "changed since: r runs again"
        return "left: another workload" if self.with_ledger else ""  # they are in sight elsewhere

    @staticmethod
    def _beside(snapshot: Snapshot) -> str:
        """Where to look for what the run shows beside figures."""
        if not snapshot.transport.is_live:
            return ""
        if snapshot.canvas is not None:
            return "left: the picture"
        return "left: the queues" if snapshot.gauges else ""

    def _fit(self, snapshot: Snapshot, rows: tuple[LaneState, ...], width: int, height: int) -> list[Line]:
        """Draw with as much air as the height allows: gaps go first, then the third line of each lane, then bars.

        Where not even one line a lane is to be had, the answer comes first, and the lanes scroll.
        """
        below: list[Line] = self._below(snapshot, width, height)
        lines_of_lanes = sum(len(block) for block in lane_blocks(rows, width, self.glyphs, cursor=None, compact=False))
        for most in _SENTENCES:  # whether results are the same is worth more than the last sentence
            if lines_of_lanes + len(below) > height:
                below = self._below(snapshot, width, height, most)
        able = tuple(state for state in rows if not is_off(state))
        result = self._result(snapshot, rows, width)
        ledger: list[Line] = short_ledger(able, width, self.glyphs) if self.with_ledger and not result else []
        cursor = self._cursor
        large = lane_blocks(rows, width, self.glyphs, cursor=cursor, compact=False)
        short = lane_blocks(rows, width, self.glyphs, cursor=cursor, compact=True)
        dense = dense_blocks(rows, width, self.glyphs, cursor=cursor) if len(rows) > 2 else short
        ladder: tuple[tuple[list[list[Line]], bool, list[Line]], ...] = (
            (large, True, ledger), (large, False, ledger), (large, True, []), (large, False, []),
            (short, False, ledger), (short, False, []), (dense, False, ledger), (dense, False, []),
        )  # fmt: skip
        wanted = min(len(result), _RESULT_LINES)
        for blocks, gaps, extra in ladder:
            parts = [part for part in (flat(blocks, gaps=gaps), below, extra) if part]
            total = sum(map(len, parts))
            if total + wanted <= height:
                break
        is_below = total <= height
        if result and total < height:
            parts.append(cut(result, height - total))
            total += len(parts[-1])
        if not is_below:
            parts = [part for part in (below, flat(blocks, gaps=gaps)) if part]
        first = 0 if is_below or not below else len(below)
        self._spans = _spans(blocks, first, gaps=gaps)
        blank = is_below and total + len(parts) - 1 <= height
        lines: list[Line] = []
        for part in parts:
            if blank and lines:
                lines.append(())
            lines += part
        return lines

    def _result(self, snapshot: Snapshot, rows: Sequence[LaneState], width: int) -> list[Line]:
        """What the result of the marked lane has to say beside its summary, once all is over."""
        comparison = snapshot.comparison
        if comparison is None or not comparison.is_over or snapshot.canvas is not None or self._cursor >= len(rows):
            return []
        lane = rows[self._cursor]
        return result_lines(lane, width, self.glyphs) if has_lines(lane) else []

    def _below(self, snapshot: Snapshot, width: int, height: int, most: int | None = None) -> list[Line]:
        if snapshot.comparison is not None:
            lines = verdict_lines(snapshot.comparison, width, self.glyphs, rows=height - 6, most=most)
            if self.hint and any(map(has_failures, snapshot.comparison.lanes)):
                lines.append(((" enter ", "text-primary"), ("what raised, with its traceback", "text-muted")))
            return lines
        choice = snapshot.choice
        if choice is None:
            return []
        if choice.problem:
            if choice.problem in choice.reasons:  # the lane says so itself
                return [((" None of them can run here: choose other lanes with p.", "text-error"),)]
            return [((" ", ""), (text, "text-error")) for text in wrap(choice.problem, width - 2)]
        pieces: Line = ()
        for key, word in _KEYS_SHOWN:
            pieces += ((f" {key} ", "text-primary"), (f"{word}  ", "text-muted"))
        told = wrap(choice.expectation, width - 2) if choice.expectation else []
        return [*(((" ", ""), (text, "text-muted")) for text in told), pieces]


def _spans(blocks: Sequence[Sequence[Line]], first: int, *, gaps: bool) -> tuple[tuple[int, int], ...]:
    """First line of each of BLOCKS, and the first one after it, if they begin with the line FIRST."""
    spans = []
    for block in blocks:
        spans.append((first, first + len(block)))
        first += len(block) + gaps
    return tuple(spans)


def queued(asked: Sequence[Lane], full: Sequence[Lane], choice: Choice | None) -> tuple[LaneState, ...]:
    """Return lanes as they stand before anything ran.

    Args:
        asked: As they were asked for.
        full: The same with their defaults filled in.
        choice: What is known of them by now; of other lanes, it is left out of account.
    """
    tasks = choice.tasks if choice and choice.tasks else 0
    is_known = choice is not None and choice.asked == tuple(asked) and len(choice.reasons) == len(asked)
    reasons = choice.reasons if choice is not None and is_known else (None,) * len(asked)
    return tuple(
        _not_run(lane, wanted, key_of(index), tasks, reason)
        for index, (lane, wanted, reason) in enumerate(zip(full, asked, reasons, strict=True))
    )


def _not_run(lane: Lane, asked: Lane, key: str, tasks: int, reason: str | None) -> LaneState:
    return LaneState(
        lane=lane,
        key=key,
        state="queued" if reason is None else "skipped",
        runs_done=0,
        runs_planned=1,
        tasks=tasks,
        tasks_done=0,
        elapsed_ns=0,
        ledger=Ledger(),
        results=(),
        ledgers=(),
        error=reason,
        same_result=None,
        asked=asked,
    )
