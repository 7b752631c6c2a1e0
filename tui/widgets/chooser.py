"""One of a few values, on one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from poolscope.tui.glyphs import ASCII, Glyphs
from poolscope.workloads.text import shorten

_PAGE = 10


class Chooser(Widget, can_focus=True):
    """A value between two arrows; left and right go through the others.

    Words go round from the last to the first, numbers have an end on either side.
    """

    DEFAULT_CSS = """
    Chooser { width: 20; height: 1; background: $surface; }
    Chooser:focus { background: $border; color: $background; text-style: bold; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h,minus", "step(-1)", "Before", show=False),
        Binding("right,l,space,plus", "step(1)", "Next", show=False),
        Binding("pageup", f"step({_PAGE})", "Much more", show=False),
        Binding("pagedown", f"step(-{_PAGE})", "Much less", show=False),
        Binding("home", "end(0)", "First", show=False),
        Binding("end", "end(-1)", "Last", show=False),
    ]

    class Changed(Message):
        """Another value was chosen."""

    def __init__(self, glyphs: Glyphs, *, id: str, goes_round: bool = False) -> None:  # noqa: A002
        super().__init__(id=id)
        self._arrows = ("<", ">") if glyphs is ASCII else ("◂", "▸")
        self._ellipsis = glyphs.ellipsis
        self._goes_round = goes_round
        self._values: tuple[tuple[Any, str], ...] = ()
        self._index = 0

    @property
    def value(self) -> Any:
        """The chosen value."""
        return self._values[self._index][0]

    @property
    def text(self) -> str:
        """The chosen value as it is shown."""
        return self._values[self._index][1]

    @property
    def values(self) -> tuple[Any, ...]:
        """Those that can be chosen."""
        return tuple(value for value, _ in self._values)

    def offer(self, values: Sequence[tuple[Any, str]], chosen: Any) -> None:
        """Offer VALUES, each with its text; CHOSEN is one of them."""
        self._values = tuple(values)
        self._index = next((index for index, (value, _) in enumerate(values) if value == chosen), 0)
        self.refresh()

    def render(self) -> RenderResult:
        """Draw the value between arrows; where it goes no farther, there is none."""
        if not self._values:
            return Text("")
        last = len(self._values) - 1
        before = self._arrows[0] if (self._index > 0 or self._goes_round) and last else " "
        after = self._arrows[1] if (self._index < last or self._goes_round) and last else " "
        room = max(1, self.size.width - 4)
        return Text(f"{before} {shorten(self.text, room, self._ellipsis):<{room}} {after}", no_wrap=True)

    def action_step(self, by: int) -> None:
        """Go on or back by some values."""
        last = len(self._values) - 1
        self._go_to((self._index + by) % (last + 1) if self._goes_round else max(0, min(last, self._index + by)))

    def action_end(self, index: int) -> None:
        """Go to the first value, or with -1 to the last."""
        self._go_to(index % len(self._values))

    def _go_to(self, index: int) -> None:
        if index != self._index:
            self._index = index
            self.refresh()
            self.post_message(self.Changed())

    def on_click(self, event: events.Click) -> None:
        """Go on; back at the left arrow."""
        event.stop()
        self.action_step(-1 if event.x < 2 else 1)
