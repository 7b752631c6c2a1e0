"""The timeline's keys: the one declaration behind what they do, the footer, the palette and the help."""

from __future__ import annotations

from textual.binding import Binding

_MOVE, _ZOOM, _ALL, _FAILED, _SLOW, _IDLE = map(Binding.Group, ("Move", "Closer", "All", "Failed", "Slow", "Idle"))
"""The footer's words; keys of the same group share one."""

KEYS = (
    Binding("h,left", "step(-1)", "Move back", id="timeline.back", group=_MOVE,
            tooltip="Move the cursor back; the view goes with it"),
    Binding("l,right", "step(1)", "Move on", id="timeline.on", group=_MOVE,
            tooltip="Move the cursor on; the view goes with it"),
    Binding("H,shift+left", "page(-1)", "Page back", id="timeline.page-back", show=False,
            tooltip="Go back by a page"),
    Binding("L,shift+right", "page(1)", "Page on", id="timeline.page-on", show=False,
            tooltip="Go on by a page"),
    Binding("b,ctrl+left", "change(-1)", "Change before", id="timeline.change-back", show=False,
            tooltip="Go back to where the marked process began what it does"),
    Binding("w,ctrl+right", "change(1)", "Next change", id="timeline.change-on", show=False,
            tooltip="Go on to where the marked process did something else"),
    Binding("plus,equals_sign", "closer(True)", "Closer", id="timeline.closer", group=_ZOOM,
            tooltip="Look closer, around the cursor, down to 10 microseconds a column"),
    Binding("minus,underscore", "closer(False)", "Farther off", id="timeline.farther", group=_ZOOM,
            tooltip="Look from farther off, around the cursor"),
    Binding("0", "whole", "Whole run", id="timeline.whole", group=_ALL, tooltip="Show the whole run"),
    Binding("n", "failure(1)", "Next failure", id="timeline.failure", group=_FAILED,
            tooltip="Go to the next failure, of a task or of a process"),
    Binding("N", "failure(-1)", "Failure before", id="timeline.failure-back", group=_FAILED,
            tooltip="Go to the failure before"),
    Binding("S", "slowest", "Slowest task", id="timeline.slowest", group=_SLOW,
            tooltip="Go to the slowest task, then to the next slowest"),
    Binding("I", "idle", "Longest idle stretch", id="timeline.idle", group=_IDLE,
            tooltip="Go to the longest time in which a worker had no task, and on"),
    Binding("f,end", "follow", "Follow", id="timeline.follow",
            tooltip="Follow the run, or the moment that is shown, again"),
    Binding("home", "begin", "Begin", id="timeline.begin", show=False, tooltip="Go to the beginning of the run"),
    Binding("enter", "show_moment", "Show moment", id="timeline.moment", show=False,
            tooltip="Show the moment under the cursor in all panels"),
    Binding("up,k", "row(-1)", "Row above", id="timeline.up", show=False, tooltip="Mark the process above"),
    Binding("down,j", "row(1)", "Row below", id="timeline.down", show=False, tooltip="Mark the process below"),
    Binding("pageup", "row_page(-1)", "Rows above", id="timeline.rows-up", show=False,
            tooltip="Go up by as many processes as are in sight"),
    Binding("pagedown", "row_page(1)", "Rows below", id="timeline.rows-down", show=False,
            tooltip="Go down by as many processes as are in sight"),
)  # fmt: skip
