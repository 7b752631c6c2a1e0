"""Asks for a time of the run; what is typed is checked while it is typed."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from poolscope.tui.glyphs import ASCII, Glyphs
from poolscope.tui.playback import clock, parse_moment
from poolscope.tui.snapshot import Transport
from poolscope.workloads.errors import UsageError

HINT = "Seconds such as 3.5, minutes such as 1:30, a share such as 50 %, or +2 and -2 from here."


class SeekScreen(ModalScreen[int | None]):
    """One field; Enter goes there, Esc stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Go there", priority=True),
        Binding("escape,ctrl+c,ctrl+q", "leave", "Stay", priority=True),
    ]

    def __init__(self, transport: Transport, glyphs: Glyphs) -> None:
        super().__init__()
        self._transport = transport
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """The field, and a sentence below it."""
        transport = self._transport
        whole = transport.end_ns - transport.begin_ns
        now = clock(transport.time_ns - transport.begin_ns, whole).strip()
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Go to a time"
            dialog.border_subtitle = "Enter goes there, Esc stays"
            yield Input(placeholder=f"{now} of {clock(whole, whole).strip()}", compact=True, max_length=40)
            yield Static(HINT, classes="note", markup=False)

    def on_mount(self) -> None:
        """Let it be typed at once."""
        self.set_class(self._glyphs is ASCII, "-ascii")
        self.set_focus(self.query_one(Input))

    @on(Input.Changed)
    def _check(self, event: Input.Changed) -> None:
        event.stop()
        text = event.value
        problem = None
        try:
            if text.strip():
                parse_moment(text, self._transport)
        except UsageError as error:
            problem = str(error)
        self._say(problem)

    def _say(self, problem: str | None) -> None:
        self.set_class(problem is not None, "-invalid")
        self.query_one(".note", Static).update(Text(problem or HINT))

    def action_accept(self) -> None:
        """Go there; if it is no time, say why and stay open."""
        try:
            self.dismiss(parse_moment(self.query_one(Input).value, self._transport))
        except UsageError as error:
            self._say(str(error))

    def action_leave(self) -> None:
        """Change nothing."""
        self.dismiss(None)
