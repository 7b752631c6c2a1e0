"""Asks before something that may be regretted."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static


class AskScreen(ModalScreen[bool]):
    """Yes or no; Enter alone is no answer, for it is pressed without reading."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "dismiss(True)", "Yes"),
        Binding("n,escape,q,ctrl+c,ctrl+q", "dismiss(False)", "No"),
    ]

    def __init__(self, title: str, question: str, yes: str, no: str) -> None:
        """Ask a QUESTION; YES and NO say what happens then."""
        super().__init__()
        self._title = title
        self._text = f"{question}\n\ny: {yes}    Esc or n: {no}"

    def compose(self) -> ComposeResult:
        """The question, and the keys that answer it."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = self._title
            yield Static(Text(self._text))
