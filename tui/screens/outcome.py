"""What came of the lanes: their results as far as they say more than a line, and what raised, with its traceback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from poolscope.tui.glyphs import ASCII, Glyphs
from poolscope.tui.panels.result_lines import has_failures, has_lines
from poolscope.workloads.model import LaneState
from poolscope.workloads.text import clean

_MOST_LINES = 400
"""Of a traceback; its end says most."""
_LONGEST = 1_000


def has_outcome(lane: LaneState) -> bool:
    """Whether there is anything to show of a LANE."""
    return has_lines(lane) or has_failures(lane)


def outcome_text(lane: LaneState) -> Text:
    """All that is known of what came of a LANE."""
    text = Text(f"{lane.key} {clean(lane.label, 200)}\n", "bold")
    if lane.error:
        text.append(f"{clean(lane.error, 2_000)}\n", "not bold")
    for result in lane.results[-1:]:
        text.append(f"{clean(result.summary, _LONGEST)}\n" if result.summary else "", "not bold")
        text.append("".join(f"{clean(line, _LONGEST)}\n" for line in result.lines), "not bold")
        if result.failures:
            text.append(f"{result.failed:,} of {result.tasks:,} tasks raised:\n", "not bold")
            text.append("".join(f"  {clean(failure, _LONGEST)}\n" for failure in result.failures), "not bold")
        if result.failed > len(result.failures):
            text.append(f"  and {result.failed - len(result.failures):,} more\n", "not bold dim")
    if lane.traceback:
        lines = lane.traceback.splitlines()
        text.append("\nTraceback, as it was in the process that it happened in\n", "bold")
        text.append("".join(f"{clean(line, _LONGEST)}\n" for line in lines[-_MOST_LINES:]), "not bold")
    return text


class OutcomeScreen(ModalScreen[None]):
    """Shows it; Esc goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,x,q,ctrl+c,ctrl+q", "dismiss", "Back", priority=True),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, lanes: Sequence[LaneState], glyphs: Glyphs) -> None:
        """Show what came of LANES, one after the other."""
        super().__init__()
        self._lanes = lanes
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """What there is to say of each."""
        text = Text("\n").join(outcome_text(lane) for lane in self._lanes)
        spelling = dict(self._glyphs.spelling) if self._glyphs.spelling else {}
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = "What came of it"
            dialog.border_subtitle = "Arrows scroll, Esc goes back"
            yield Static(Text(text.plain.translate(spelling), spans=text.spans))

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.set_class(self._glyphs is ASCII, "-ascii")
        self.set_focus(self.query_one(VerticalScroll))

    def action_scroll(self, by: int) -> None:
        """Scroll by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
