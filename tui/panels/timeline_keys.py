"""The timeline's keys: the one declaration behind what they do, the footer, the palette and the help."""

from __future__ import annotations

from textual.binding import Binding

KEYS = (
    Binding("left,h", "step(-1)", "Move", id="timeline.back", key_display="h/l",
            tooltip="Move the cursor back; the view goes with it"),
    Binding("right,l", "step(1)", "Move on", id="timeline.on", show=False,
            tooltip="Move the cursor on; the view goes with it"),
    Binding("shift+left,H", "page(-1)", "Page back", id="timeline.page-back", show=False,
            tooltip="Go back by a page"),
    Binding("shift+right,L", "page(1)", "Page on", id="timeline.page-on", show=False,
            tooltip="Go on by a page"),
    Binding("ctrl+left,b", "change(-1)", "Change before", id="timeline.change-back", show=False,
            tooltip="Go back to where the process began what it does at the cursor, or to what it did before"),
    Binding("ctrl+right,w", "change(1)", "Next change", id="timeline.change-on", show=False,
            tooltip="Go on to where the process did something else"),
    Binding("plus,equals_sign", "closer(True)", "Closer", id="timeline.closer", key_display="+/-",
            tooltip="Look closer, around the cursor, down to 10 us a column"),
    Binding("minus,underscore", "closer(False)", "Farther off", id="timeline.farther", show=False,
            tooltip="Look from farther off, around the cursor"),
    Binding("0", "whole", "All", id="timeline.whole", tooltip="Show the whole run"),
    Binding("n", "failure(1)", "Failed", id="timeline.failure", key_display="n/N",
            tooltip="Go to the next failure, of a task or of a process"),
    Binding("N", "failure(-1)", "Failure before", id="timeline.failure-back", show=False,
            tooltip="Go to the failure before"),
    Binding("S", "slowest", "Slow", id="timeline.slowest",
            tooltip="Go to the slowest task, then to the next slowest"),
    Binding("I", "idle", "Idle", id="timeline.idle",
            tooltip="Go to the longest time in which a worker had no task, then to the next longest"),
    Binding("f,end", "follow", "Follow", id="timeline.follow",
            tooltip="Follow the run, or the moment that is shown, again"),
    Binding("home", "begin", "Begin", id="timeline.begin", show=False, tooltip="Go to the begin of the run"),
    Binding("enter", "show_moment", "Show moment", id="timeline.moment", show=False,
            tooltip="Show the moment under the cursor in all panels"),
    Binding("up,k", "row(-1)", "Row above", id="timeline.up", show=False, tooltip="Mark the process above"),
    Binding("down,j", "row(1)", "Row below", id="timeline.down", show=False, tooltip="Mark the process below"),
    Binding("pageup", "row_page(-1)", "Rows above", id="timeline.rows-up", show=False,
            tooltip="Go up by as many processes as are in sight"),
    Binding("pagedown", "row_page(1)", "Rows below", id="timeline.rows-down", show=False,
            tooltip="Go down by as many processes as are in sight"),
)  # fmt: skip
