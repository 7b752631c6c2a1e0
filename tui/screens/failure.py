"""What raised in a lane: the traceback from the process that it happened in, and every task that did."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from poolscope.tui.glyphs import ASCII, Glyphs
from poolscope.workloads.model import LaneState
from poolscope.workloads.text import clean

_MOST_LINES = 400
"""Of a traceback; its end says most."""


def failure_text(lane: LaneState) -> Text:
    """All that is known of what raised in a LANE."""
    text = Text()
    if lane.error:
        text.append(f"{clean(lane.error, 2_000)}\n", "bold")
    for result in lane.results[-1:]:
        if result.failures:
            text.append(f"{result.failed:,} of {result.tasks:,} tasks raised:\n", "bold")
            text.append("".join(f"  {clean(failure, 1_000)}\n" for failure in result.failures))
        if result.failed > len(result.failures):
            text.append(f"  and {result.failed - len(result.failures):,} more\n", "dim")
    if lane.traceback:
        lines = lane.traceback.splitlines()
        text.append("\nTraceback, as it was in the process that it happened in\n", "bold")
        text.append("".join(f"{clean(line, 1_000)}\n" for line in lines[-_MOST_LINES:]))
    return text


class FailureScreen(ModalScreen[None]):
    """Shows it; Esc goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,x,q,ctrl+c,ctrl+q", "dismiss", "Back", priority=True),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, lane: LaneState, glyphs: Glyphs) -> None:
        super().__init__()
        self._lane = lane
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """The sentences, and the traceback."""
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = f"What raised in {self._lane.key} {self._lane.label}"
            dialog.border_subtitle = "Arrows scroll, Esc goes back"
            yield Static(failure_text(self._lane))

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.set_class(self._glyphs is ASCII, "-ascii")
        self.set_focus(self.query_one(VerticalScroll))

    def action_scroll(self, by: int) -> None:
        """Scroll by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
