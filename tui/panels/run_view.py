"""What a run has to show beside figures: the picture that its workers draw, or how full its queues are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from poolscope.tui.glyphs import ASCII, UNICODE, Glyphs
from poolscope.tui.widgets.line_view import Line, StyledView, exact_strip

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poolscope.tui.snapshot import Snapshot

    from .picture import Paint, Painters

_MOST_LINES = 11
"""Of a picture that is not shown large."""

Drawn = Line | list[Segment]


class RunView(StyledView, can_focus=False):
    """Shows it as large as there is room; hidden where a run has nothing to show."""

    DEFAULT_CSS = """
    RunView { height: 0; display: none; overflow: hidden; margin: 0 0 1 0; }
    """

    def __init__(self, *, is_large: bool = False) -> None:
        super().__init__()
        self.glyphs: Glyphs = UNICODE
        self.drawn: list[Drawn] = []
        """What is shown, from the top."""
        self._is_large = is_large
        self._painters: Painters | None = None
        self._paint: Paint | None = None
        self._shown: tuple[object, ...] = ()
        self._snapshot: Snapshot | None = None

    def apply(self, snapshot: Snapshot) -> None:
        """Show what the run of SNAPSHOT has to show."""
        self._snapshot = snapshot
        has_any = snapshot.canvas is not None or any(snapshot.gauges.values())
        if self.display != has_any:
            self.display = has_any
        if has_any and self.container_size.width:
            self._draw(snapshot)

    def notify_style_update(self) -> None:
        """Forget the colours when the theme changed them."""
        super().notify_style_update()
        self._paint, self._shown = None, ()

    def on_resize(self, _event: events.Resize) -> None:
        """Fit it into the new room."""
        self._again()

    def on_show(self) -> None:
        """Draw what there is, now that it is known in how much room."""
        self._again()

    def _again(self) -> None:
        self._shown = ()
        if self._snapshot is not None:
            self.apply(self._snapshot)

    def _room(self) -> tuple[int, int]:
        if self._is_large:
            return self.container_size.width, self.container_size.height
        assert self.parent is not None  # noqa: S101
        region = self.parent.scrollable_content_region  # type: ignore[attr-defined]
        return region.width, min(_MOST_LINES, max(4, region.height - 1))

    def _draw(self, snapshot: Snapshot) -> None:
        width, height = self._room()
        canvas, gauges = snapshot.canvas, snapshot.gauges
        latest = tuple((name, points[-1:]) for name, points in gauges.items())
        there = (canvas.width, canvas.height, canvas.rows_there, canvas.painters) if canvas else None
        shown = (width, height, there, latest, self.app.theme)
        if shown == self._shown or width < 8:
            return
        self._shown = shown
        before, self.drawn = self.drawn, self._lines(snapshot, width, height)
        if len(before) != len(self.drawn) or not self._is_large:
            if not self._is_large:
                self.styles.height = len(self.drawn)
            self.refresh()
            return
        self.repaint([y for y, line in enumerate(self.drawn) if line != before[y]])

    def _lines(self, snapshot: Snapshot, width: int, height: int) -> list[Drawn]:
        canvas = snapshot.canvas
        if canvas is None:
            from .gauge_lines import gauge_lines

            gauges = gauge_lines(snapshot.gauges, width, height, self._until(snapshot), self.glyphs)
            return [*self.glyphs.spell(gauges)]
        from .picture import Paint, Painters, fit, legend, picture_lines, pixels_of

        if self._painters is None:
            self._painters = Painters()
        self._painters.meet(canvas)
        if self._paint is None:
            self._paint = Paint(self)
        labels: Mapping[int, str] = {state.pid: state.label for state in snapshot.processes}
        columns, lines = fit(canvas.width, canvas.height, width, height - 1)
        pixels = pixels_of(canvas, self._painters, columns, lines * (1 if self.glyphs is ASCII else 2))
        picture = picture_lines(pixels, self._paint, self.glyphs)
        indent = Segment(" " * ((width - columns) // 2), self.style_of(""))
        return [*([indent, *line] for line in picture), legend(canvas, self._painters, labels, self.glyphs)]

    @staticmethod
    def _until(snapshot: Snapshot) -> int:
        """Where the axis of time ends: now while it runs, with the last news after that."""
        if snapshot.is_running:
            return snapshot.now_ns
        return max(points[-1].time_ns for points in snapshot.gauges.values() if points)

    def render_line(self, y: int) -> Strip:
        """Draw visible row Y."""
        line = self.drawn[y] if y < len(self.drawn) else ()
        width = self.content_width
        if isinstance(line, list):
            return exact_strip(list(line), width, self.style_of(""))
        return self.strip_of(line, width)
