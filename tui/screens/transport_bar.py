"""The line that says which moment is shown, while that is not the present."""

from __future__ import annotations

from textual import events

from poolscope.tui.glyphs import Glyphs
from poolscope.tui.messages import MomentChosen
from poolscope.tui.playback import clock
from poolscope.tui.snapshot import Transport
from poolscope.tui.widgets.line_view import Line, line_width
from poolscope.workloads.report import figures

from .bars import Bar

LEAST_TRACK = 10
"""Cells below which words give way to the track."""


class TransportBar(Bar, can_focus=False):
    """State, time, a track with the moment on it, and speed; a click on the track goes there."""

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._shown: Transport | None = None
        self._track = (0, 0)
        """First cell of the track, and its width."""

    def show_transport(self, transport: Transport, width: int, glyphs: Glyphs) -> None:
        """Show TRANSPORT in WIDTH cells."""
        self._shown = transport
        line, self._track = transport_line(transport, width, glyphs)
        self.show_line(line)

    async def on_click(self, event: events.Click) -> None:
        """Go to the moment under the pointer."""
        start, width = self._track
        transport = self._shown
        if transport is not None and width > 1 and start <= event.x < start + width:
            share = (event.x - start) / (width - 1)
            self.post_message(MomentChosen(transport.begin_ns + round((transport.end_ns - transport.begin_ns) * share)))


def transport_line(transport: Transport, width: int, glyphs: Glyphs) -> tuple[Line, tuple[int, int]]:
    """Draw TRANSPORT in WIDTH cells.

    Returns:
        The line; and the first cell of the track on it, and the track's width.
    """
    whole = transport.end_ns - transport.begin_ns
    passed = transport.time_ns - transport.begin_ns
    state = "running" if transport.is_playing else "suspended"
    word = "playing" if transport.is_playing else "held"
    left: Line = (
        (f" {glyphs.states[state]} ", "text-success" if transport.is_playing else "text-warning"),
        (f"{word:<8}", "strong"),
        (clock(passed, whole), "strong"),
        (f" of {clock(whole, whole)}  ", "text-muted"),
    )
    right = _right(transport, width - line_width(left), glyphs)
    track = max(0, width - line_width(left) - line_width(right))
    at = round(passed / whole * (track - 1)) if whole and track else 0
    is_plain = not glyphs.bar_partial
    done, knob, rest = ("=", "O", "-") if is_plain else ("━", "●", "─")
    drawn: Line = ((done * at, "text-primary"), (knob, "strong"), (rest * (track - at - 1), "surface")) if track else ()
    return (*left, *drawn, *right), (line_width(left), track)


def _right(transport: Transport, room: int, glyphs: Glyphs) -> Line:
    """Speed, and how far behind the present that is, as much as fits beside the track."""
    speed = f"  {transport.speed:g}{glyphs.times}"
    behind = ""
    if not transport.is_over:
        behind = f"{figures.seconds(transport.end_ns - transport.time_ns)} before now"
    texts = [f"{speed:<7}{behind:>17} "] if behind else []
    text = next((text for text in (*texts, f"{speed:<7} ") if room - len(text) >= LEAST_TRACK), "")
    return ((text, "text-muted"),) if text else ()
