"""What a run has to show, on the whole screen: the picture that workers draw, or how full queues are."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import ModalScreen

from poolscope.tui.glyphs import ASCII, Glyphs
from poolscope.tui.panels.run_view import RunView

if TYPE_CHECKING:
    from poolscope.tui.core import Core

FRAME_SECONDS = 0.25


class ViewScreen(ModalScreen[None]):
    """As large as the terminal; it goes on while it is looked at."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,v,q,ctrl+c,ctrl+q", "dismiss", "Back", priority=True)
    ]

    def __init__(self, core: Core, glyphs: Glyphs) -> None:
        super().__init__()
        self._core = core
        self.view = RunView(is_large=True)
        self.view.glyphs = glyphs

    def compose(self) -> ComposeResult:
        """The view alone."""
        with Container(id="view") as frame:
            frame.border_subtitle = "Esc goes back"
            yield self.view

    def on_mount(self) -> None:
        """Show what there is, and what comes."""
        self.set_class(self.view.glyphs is ASCII, "-ascii")
        self.set_interval(FRAME_SECONDS, self._frame)
        self._frame()

    def _frame(self) -> None:
        snapshot = self._core.latest
        if snapshot is None:
            return
        subject = snapshot.subject
        self.query_one("#view").border_title = subject.workload.name if subject else "View"
        self.view.apply(snapshot)
