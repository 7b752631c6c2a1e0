"""Rows that are drawn when they are in sight, with one of them chosen: the timeline's scrolling part."""

from __future__ import annotations

from collections.abc import Callable

from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from .line_view import Line, StyledView, changed_spans, exact_strip

DrawRow = Callable[[int], Line]
"""Draws the row with a number."""


class TimelineRows(StyledView):
    """Shows rows that somebody else draws; asks only for those in sight, and repaints what changed in them.

    It holds no rows, so its cost does not depend on their number.
    """

    can_focus = True

    class CellChosen(Message):
        """A cell was clicked."""

        def __init__(self, row: int, x: int) -> None:
            super().__init__()
            self.row = row
            self.x = x

    class WheelTurned(Message):
        """The wheel was turned with a key held down; BY is 1 towards the person and -1 away from them."""

        def __init__(self, by: int, *, is_zoom: bool, x: int) -> None:
            super().__init__()
            self.by = by
            self.is_zoom = is_zoom
            self.x = x

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._count = 0
        self._draw: DrawRow = lambda _row: ()
        self._painted: dict[int, Line] = {}
        self._painted_top = 0

    @property
    def row_width(self) -> int:
        """Cells of a row, the same with a scrollbar and without."""
        return self.row_width_in(self.size.width)

    def row_width_in(self, width: int) -> int:
        """Cells of a row in a view that is WIDTH cells wide."""
        return max(0, width - 1) if self.styles.scrollbar_size_vertical else width

    def show(self, count: int, draw: DrawRow, *, is_other: bool = False) -> None:
        """Show COUNT rows as DRAW draws them, repainting what changed; all of it at once if it is something other."""
        self._draw = draw
        if count != self._count:
            self._count = count
            self.virtual_size = Size(0, count)
        top = self.scroll_offset.y
        if is_other or top != self._painted_top:
            self._painted_top = top
            self.refresh()
        else:
            self.repaint_changes()

    def repaint_changes(self) -> None:
        """Compare the rows in sight with what was painted, and repaint those cells that differ."""
        width = self.content_width
        spans: list[tuple[int, int, int]] = []
        for y in range(self.content_height):
            new, old = self._row(y), self._painted.get(y)
            if old is None:
                spans.append((y, 0, width))
            elif new != old:
                spans += [(y, *span) for span in changed_spans(old, new, width)]
        self.repaint_spans(spans)

    def bring_into_sight(self, row: int) -> None:
        """Scroll as little as lets ROW be seen."""
        height = self.content_height
        top = self.scroll_offset.y
        if height and not top <= row < top + height:
            self.scroll_to(y=row if row < top else row - height + 1, animate=False, force=True, immediate=True)

    def render_line(self, y: int) -> Strip:
        """Draw visible row Y."""
        line = self._painted[y] = self._row(y)
        # Neighbours in a row look different already, so there is nothing to merge.
        style = self.style_of
        segments = [Segment(text, style(role)) for text, role in line]
        return exact_strip(segments, self.drawn_width or self.content_width, style(""))

    def _row(self, y: int) -> Line:
        row = self.scroll_offset.y + y
        return self._draw(row) if 0 <= row < self._count else ()

    def on_resize(self, _event: events.Resize) -> None:
        """Draw everything again if it was painted at another width."""
        if self.content_width != self.drawn_width:
            self._painted.clear()
            self.refresh()

    def on_click(self, event: events.Click) -> None:
        """Say which cell was clicked."""
        row = self.scroll_offset.y + event.y
        if row < self._count:
            self.post_message(self.CellChosen(row, event.x))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """With control look closer, with shift go back; else scroll."""
        self._wheel(event, -1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """With control look from farther off, with shift go on; else scroll."""
        self._wheel(event, 1)

    def _wheel(self, event: events.MouseScrollUp | events.MouseScrollDown, by: int) -> None:
        if event.ctrl or event.shift or event.meta:
            event.stop()
            event.prevent_default()
            self.post_message(self.WheelTurned(by, is_zoom=not event.shift, x=event.x))
