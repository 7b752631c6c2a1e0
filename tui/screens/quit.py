"""Asks before leaving while something runs."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static


class QuitScreen(ModalScreen[bool]):
    """Yes or no, on the keyboard alone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter,q", "answer(True)", "Quit"),
        Binding("n,escape,ctrl+c,ctrl+q", "answer(False)", "Stay"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """The question, and the keys that answer it."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Quit"
            yield Static(
                f"{self._question}\n\nEnter or y: quit    Esc or n: stay",
                markup=False,
            )

    def action_answer(self, is_sure: bool) -> None:
        """Close with the answer."""
        self.dismiss(is_sure)
