"""What every panel shares: a number to jump to, a title, a help text, and a frame snapshot that it applies."""

from __future__ import annotations

from typing import ClassVar

from textual.containers import Container
from textual.geometry import Region, Size

from poolscope.tui.glyphs import UNICODE, Glyphs
from poolscope.tui.snapshot import Snapshot


class Panel(Container):
    """One bordered part of the lab screen.

    A panel holds no truth of its own: `apply` shows a snapshot, and changes only the rows whose text changed.
    """

    NUMBER: ClassVar[int]
    """Digit that jumps to it."""
    TITLE: ClassVar[str]
    SHORT_TITLE: ClassVar[str] = ""
    """For the line of tabs; the title unless given."""
    HELP: ClassVar[str | None] = None
    """Markdown for the help screen: what is shown, what the shapes mean."""

    glyphs: Glyphs = UNICODE
    """Set by the screen before the panel is mounted."""
    hint: str = "Press r to run the lanes."
    """What to do where there is nothing to show, a sentence; "" where nothing can be done. Set likewise."""
    _place: Region | None = None

    @property
    def room(self) -> Size:
        """Cells inside border and padding, in the layout that is about to be made where the screen told it.

        What is drawn for them beforehand is there with that layout, and need not be drawn again after it.
        """
        return self.content_size if self._place is None else self._place.shrink(self.gutter).size

    def expect(self, place: Region) -> None:
        """Take the PLACE that the next layout is going to give."""
        self._place = place

    def on_mount(self) -> None:
        """Write number and title into the border."""
        self.border_title = f"{self.NUMBER} {self.TITLE}"

    def apply(self, snapshot: Snapshot) -> None:
        """Show SNAPSHOT; called once a frame, also while the panel is hidden."""
        raise NotImplementedError

    def take_focus(self) -> None:
        """Give the focus to the part of the panel that its keys act on: by default the first that can have it."""
        # Not `focus`, which moves it a moment later: keys that follow at once would go astray.
        for widget in self.query("*"):
            if widget.focusable and widget.display:
                self.screen.set_focus(widget, scroll_visible=False)
                return
