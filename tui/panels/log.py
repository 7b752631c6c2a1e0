"""The log: what multiprocessing and the program say, filtered by level and text, none of it lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input, Static

from poolscope.tui.core import ANEW
from poolscope.tui.snapshot import Snapshot
from poolscope.workloads.report import figures
from poolscope.workloads.text import clean

from ..widgets.log_ring import LEVELS
from ..widgets.log_view import LogView, as_text
from .base import Panel

if TYPE_CHECKING:
    from textual.widget import AwaitMount

    from poolscope.workloads.recording.log import LogLine

DRAIN_SECONDS = 0.008
"""Time that taking in lines may cost a frame."""

DRAIN_BATCH = 1000
"""Lines taken between two looks at the clock."""

CHOICES = (5, 10, 20, 25, 30, 40)
"""Levels that can be chosen."""

DEFAULT_LEVEL = 20

STATUS_SECONDS = 1.0
"""Least time between two counts on the border while lines flow: a new title repaints the whole panel."""

TYPING_PAUSE = 0.15
"""Seconds without a key press after which a filter is applied."""


class LogPanel(Panel):
    """Log lines and output of every process of the run, as they come."""

    NUMBER = 7
    TITLE = "Log"
    HELP: ClassVar[str | None] = """\
What Python's multiprocessing logs in every process of the run, and what the program itself prints: `out` is its
standard output, `err` its standard error. Columns: seconds since the first line, level, pid, process, text.

- Lines below the chosen level and lines that the filter leaves out are kept: they come back.
- Scrolling up stops following; End follows again.
- Processes that a workload makes itself, such as the stages of `pipeline`, are named as it named them.
- A killed process logs nothing: its end stands in the table of processes.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/", id="log.filter", tooltip="Show lines with a text"),
        Binding("l", "level(-1)", "Level", id="log.level", tooltip="Show more detail, level by level"),
        Binding("L", "level(1)", "Less", show=False, id="log.level-up", tooltip="Show less detail, level by level"),
        Binding("f", "follow", "Follow", id="log.follow", tooltip="Keep the newest line in sight, or stay"),
        Binding("w", "write", "Write", id="log.write", tooltip="Write all lines to a file in this directory"),
        Binding(
            "ctrl+l", "clear", "Clear", show=False, id="log.clear", tooltip="Forget the lines; the files keep them"
        ),
        Binding("escape", "close_filter", "All lines", id="log.close", tooltip="Show lines with any text"),
    ]

    DEFAULT_CSS = """
    LogPanel {
        layout: vertical;
        & > LogView { height: 1fr; }
        & > #log-filter-row { display: none; height: 1; background: $boost; }
        &.-filter > #log-filter-row { display: block; }
        #log-filter-prompt { width: 2; color: $text-muted; }
        #log-filter { width: 1fr; height: 1; border: none; padding: 0; background: transparent; }
    }
    """

    class Written(Message):
        """The lines were written to a file, or could not be."""

        def __init__(self, path: Path, lines: int, error: str | None) -> None:
            super().__init__()
            self.path = path
            self.lines = lines
            self.error = error

    def __init__(
        self,
        source: Callable[[int], Sequence[LogLine]] | None = None,
        *,
        id: str | None = None,  # noqa: A002
        classes: str | None = None,
    ) -> None:
        """Take the SOURCE of lines: called with the most to return, returns the next ones without waiting."""
        super().__init__(id=id, classes=classes)
        self.source = source
        self._view = LogView()
        self._input = Input(placeholder="text to look for", id="log-filter", compact=True, select_on_focus=False)
        self._row = Horizontal(Static("/", id="log-filter-prompt", markup=False), self._input, id="log-filter-row")
        self._added: AwaitMount | None = None
        """The filter's row, once it is there: the first screen does without."""
        self._typing: Timer | None = None
        self._status = ""
        self._status_due = 0.0
        self._lost = 0
        self._is_under_way = False

    @property
    def view(self) -> LogView:
        """The lines on screen."""
        return self._view

    @property
    def level(self) -> int:
        """Least level shown."""
        return self._view.ring.level

    def compose(self) -> ComposeResult:
        """Lines; the filter below comes when these are drawn."""
        yield self._view

    async def _add_filter(self) -> None:
        if self._added is None and self.is_attached:
            self._added = self.mount(self._row)
        if self._added is not None:
            await self._added

    def on_mount(self) -> None:
        """Take the app's glyphs."""
        self.call_after_refresh(self._add_filter)
        self._view.ellipsis = self.glyphs.ellipsis
        self._show_status()

    def on_resize(self, _event: events.Resize) -> None:
        """Say as much as fits on the border now."""
        self._show_status()

    def apply(self, snapshot: Snapshot) -> None:
        """Take in what came since the last frame, as much as fits into the frame."""
        self._lost = snapshot.log_lines_lost
        self._is_under_way = snapshot.is_under_way
        if self.source is not None:
            deadline = time.perf_counter() + DRAIN_SECONDS
            while lines := self.source(DRAIN_BATCH):
                self._take(lines)
                if time.perf_counter() >= deadline:
                    break
        transport = snapshot.transport
        if transport.is_replay:
            self._view.count_from(transport.begin_ns)
        is_moved = self._view.until(None if transport.is_live else transport.time_ns)
        if is_moved or time.monotonic() >= self._status_due:
            self._show_status()

    def _take(self, lines: Sequence[LogLine]) -> None:
        """Add LINES, without what was to be forgotten."""
        if ANEW in lines:
            self._view.clear()
            lines = lines[len(lines) - [*reversed(lines)].index(ANEW) :]
        self._view.extend(lines)

    def set_level(self, level: int) -> None:
        """Show lines of LEVEL or above."""
        self._view.want(level, self._view.ring.query)
        self._show_status()

    def action_level(self, direction: int) -> None:
        """Choose the next level, down (-1) or up (1), and around at the end."""
        self.set_level(CHOICES[(CHOICES.index(self.level) + direction) % len(CHOICES)])

    async def action_filter(self) -> None:
        """Open the filter."""
        await self._add_filter()
        self.add_class("-filter")
        self.screen.set_focus(self._input)
        self.refresh_bindings()

    def action_close_filter(self) -> None:
        """Close the filter and show lines with any text."""
        self._input.value = ""
        self._view.want(self.level, "")
        self.remove_class("-filter")
        self.screen.set_focus(self._view)
        self.refresh_bindings()
        self._show_status()

    def action_follow(self) -> None:
        """Keep the newest line in sight, or stay."""
        self._view.follow(not self._view.is_following)

    def action_clear(self) -> None:
        """Forget the lines."""
        self._view.clear()

    def action_write(self) -> None:
        """Write all lines, whatever level and filter, to a new file in the current directory."""
        self._write(self._view.ring.lines, self._view.base_ns)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer to close the filter only while there is one."""
        if action == "close_filter":
            return self.has_class("-filter") or bool(self._view.ring.query)
        return True

    @on(Input.Changed, "#log-filter")
    def _filter_typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(TYPING_PAUSE, self._apply_filter)

    @on(Input.Submitted, "#log-filter")
    def _filter_entered(self, event: Input.Submitted) -> None:
        """Keep the filter and go back to the lines."""
        event.stop()
        self._apply_filter()
        self.screen.set_focus(self._view)
        if not self._input.value:
            self.remove_class("-filter")
        self.refresh_bindings()

    def _apply_filter(self) -> None:
        if self._typing is not None:
            self._typing.stop()
            self._typing = None
        self._view.want(self.level, clean(self._input.value, 200))
        self._show_status()

    def on_log_view_changed(self, event: LogView.Changed) -> None:
        """Say what is shown now."""
        event.stop()
        self._show_status()

    @work(thread=True, exclusive=True, group="log-writer", exit_on_error=False)
    def _write(self, lines: Sequence[LogLine], base_ns: int) -> None:
        path, error = Path(), None
        try:
            path = _free_path(Path.cwd())
            with path.open("x", encoding="utf-8", errors="replace") as file:
                file.writelines(as_text(line, base_ns) + "\n" for line in lines)
        except OSError as problem:
            error = problem.strerror or type(problem).__name__
        self.post_message(self.Written(path, len(lines), error))

    def on_log_panel_written(self, event: Written) -> None:
        """Tell where the lines are, or what went wrong."""
        place = clean(str(event.path), 200)
        if event.error is None:
            self.notify(f"{figures.count(event.lines)} lines are in {place}", title="Log written", markup=False)
        else:
            message = (
                f"The log could not be written to {place}: {event.error}. Start from a directory you may write to."
            )
            self.notify(message, title="Log not written", severity="error", markup=False)

    def _show_status(self) -> None:
        self._status_due = time.monotonic() + STATUS_SECONDS
        width = self.size.width - 4
        full, brief = self._status_texts()
        status = full if len(full) <= width or width <= 0 else brief
        if status != self._status:
            self._status = self.border_subtitle = status
        self._view.set_empty(self._empty_sentence(self._view.ring.reached))

    def _status_texts(self) -> tuple[str, str]:
        """What is shown, in words, and what is left of it on a narrow border."""
        ring, view = self._view.ring, self._view
        shown, total, level = len(ring), ring.reached, LEVELS[ring.level]
        full = [f"{level} and above"]
        full.append(f"{figures.count(shown)} of {_lines(total)}" if shown != total else _lines(total))
        brief = [level, f"{figures.short_count(shown)} of {figures.short_count(total)}"]
        if ring.is_scanning:
            full.append("filtering")
        missing = ring.dropped + self._lost
        if missing:
            full.append(f"{figures.short_count(missing)} older only in the files")
        below = figures.count(view.lines_below)
        full.append("following" if view.is_following else f"paused, {below} below")
        brief.append("following" if view.is_following else "paused")
        separator = f" {self.glyphs.separator} "
        return separator.join(full), separator.join(brief)

    def _empty_sentence(self, total: int) -> str:
        if not total and self._view.ring.until_ns is not None:
            return "Nothing was logged until then."
        if not total:
            return f"Nothing was logged yet. {'' if self._is_under_way else self.hint}".rstrip()
        if self._view.ring.query:
            return f"The filter matches none of {_lines(total)}. Press Esc to see them all."
        return f"{_lines(total)} below {LEVELS[self.level]}. Press l to see more detail."


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{figures.count(count)} lines"


def _free_path(directory: Path) -> Path:
    """A name that nothing in DIRECTORY has yet."""
    stem = time.strftime("poolscope-log-%Y%m%d-%H%M%S")
    path = directory / f"{stem}.txt"
    number = 2
    while path.exists():
        path = directory / f"{stem}-{number}.txt"
        number += 1
    return path
