"""What every process did, moment by moment: one row a process, on a common axis of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from poolscope.tui.messages import MomentChosen
from poolscope.tui.snapshot import Snapshot, Transport
from poolscope.tui.widgets.line_view import Line, LineView, sentence_line
from poolscope.tui.widgets.timeline_view import TimelineRows

from .base import Panel
from .timeline_keys import KEYS
from .timeline_place import Place
from .timeline_window import LEAST_COLUMN_NS, Window

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poolscope.workloads.analysis.tracks import Stretch, TimelineView, TrackView
    from poolscope.workloads.model import ProcessState

    from .timeline_lines import Look

# What draws rows is imported when there is a row: whoever opens the screen need not wait for it.

EMPTY = "No run yet: press r."
NOTHING = "No process was recorded so far."
ACTIONS = frozenset(key.action.partition("(")[0] for key in KEYS)
"""What the keys do."""
_FOOTS = ((18, 4), (12, 3), (4, 2), (3, 1))
"""Lines kept free below the rows, for the axis and the words about the cursor, by the least height of the panel."""
MOST_DETAILS = 3


class TimelinePanel(Panel):
    """One row a process on a common axis of time.

    What it shows comes from the snapshot; its own are only the window, the marked row and the cursor.
    """

    NUMBER = 5
    TITLE = "Timeline"
    HELP: ClassVar[str | None] = """\
What every process did, moment by moment: one row a process, on a common axis of time. While a run goes on the timeline
follows it, in steps. The line below the axis says what the marked process did at the cursor.

- A column in which a process did several things shows one of them, so that many such columns side by side show each as
  often as it took time. Look closer to take them apart: a column can be as short as 10 microseconds.
- A **stall** is drawn through the rows of all workers: none of them had work then, for whatever reason.
- The cross is a task that failed, or a process that ended badly; how a process ended stands at the end of its row.
- Work that is no task of a pool, such as that of a Process or a fork, is one bar: *running*.
- A thread of the engine `threads` has a row as a worker has. Where a workload makes processes of its own, these have
  rows, too: children `c1`, ... down to grandchildren, and the workers of their pools.
"""

    BINDINGS: ClassVar[list[BindingType]] = [*KEYS]

    DEFAULT_CSS = """
    TimelinePanel {
        layout: vertical;
        & > TimelineRows { height: 2; }
        & > #timeline-foot { height: 1fr; overflow: hidden; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._rows = TimelineRows()
        self._foot = LineView(id="timeline-foot")
        self._foot.can_focus = False
        self.place = Place()
        """Where in the timeline one is."""
        self._view: TimelineView | None = None
        self._taken: tuple[TimelineView | None, dict[int, int]] = None, {}
        """What `_view` was made of."""
        self._transport = Transport()
        self._can_run = True
        self._look: Look | None = None
        self._codes: dict[int, NDArray[Any]] = {}
        self._codes_for: tuple[TimelineView | None, Window] = None, self.place.window
        self._stalled: NDArray[Any] | None = None
        self._lines: dict[int, Line] = {}
        self._least_foot = 2
        self._rows_height = 0
        self._status = ""

    def compose(self) -> ComposeResult:
        """The rows, and under them the axis and the words about the cursor."""
        yield self._rows
        yield self._foot

    # What is shown.

    def apply(self, snapshot: Snapshot) -> None:
        """Show the processes of SNAPSHOT, up to the moment that it shows."""
        before, self._transport = self._transport, snapshot.transport
        had_view = self._view is not None
        self._can_run = snapshot.program is None and not snapshot.transport.is_replay
        view = snapshot.timeline if snapshot.timeline is not None and snapshot.timeline.tracks else None
        self._take(view, snapshot.processes)
        if had_view != (self._view is not None):
            self.refresh_bindings()
        after = self._transport
        # What plays may be left alone for a look elsewhere; a moment that somebody went to is what they want to see.
        is_sought = not after.is_live and not after.is_playing and after.time_ns != before.time_ns
        self._show(is_sought=is_sought)

    def _take(self, view: TimelineView | None, processes: Sequence[ProcessState]) -> None:
        if view is None:
            self._taken, self._view = (None, {}), None
            return
        from .timeline_lines import unseen_ends, with_ends

        ends = unseen_ends(view, processes)
        if view is not self._taken[0] or ends != self._taken[1]:
            self._taken = view, ends
            self._view = with_ends(view, ends)

    def on_resize(self, _event: events.Resize) -> None:
        """Draw for the new size."""
        self._show()

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """Show the cursor."""
        self._show()

    def on_descendant_blur(self, _event: events.DescendantBlur) -> None:
        """Hide a cursor that only goes along."""
        self._show()

    @property
    def _moment_ns(self) -> int:
        """The moment that is shown."""
        view, transport = self._view, self._transport
        if view is None or transport.is_live or transport.end_ns <= transport.begin_ns:
            return view.end_ns if view else 0
        return transport.time_ns

    def _show(self, *, is_sought: bool = False) -> None:
        width, height = self.room
        if not width or not height:
            return
        self._least_foot = next((lines for least, lines in _FOOTS if height >= least), 0)
        view = self._view
        self._lines.clear()
        if view is None:
            self._codes.clear()
            self._set_height(2)
            sentence = EMPTY if self._can_run else NOTHING
            self._rows.show(2, lambda row: sentence_line(sentence, self._rows.row_width, row))
            self._foot.show(())
            self._set_status("")
            return
        from .timeline_lines import ENDING, label_width

        self._set_height(len(view.tracks))
        place = self.place
        labels = label_width(view.tracks)
        before = self._look.window if self._look else None
        place.settle(view, self._rows.row_width_in(width) - labels - 2 - ENDING, self._moment_ns, is_sought=is_sought)
        self._prepare(view, labels)
        self._rows.bring_into_sight(place.row) if self._rows.has_focus else None
        self._rows.show(len(view.tracks), self._line_of, is_other=place.window != before)
        self._show_foot(view)
        self._show_status(view)

    def _set_height(self, rows: int) -> None:
        """Give the rows the lines that they need, so that the axis is right below them."""
        height = max(1, min(rows, self.room.height - self._least_foot))
        if height != self._rows_height:
            self._rows_height = height
            self._rows.styles.height = height

    def _prepare(self, view: TimelineView, labels: int) -> None:
        """Work out what is the same for every row of this frame."""
        from .timeline_lines import Look, shapes_of, stalled_columns

        place = self.place
        window = place.window
        if self._codes_for[0] is not view or self._codes_for[1] != window:
            self._codes_for = view, window
            self._codes.clear()
            self._stalled = stalled_columns(view, window)
        has_focus = self._rows.has_focus
        column = window.column_at(place.cursor_ns)
        is_shown = (has_focus or not place.follows) and 0 <= column < window.columns
        self._look = Look(
            window=window,
            label_width=labels,
            shapes=shapes_of(self.glyphs),
            moment_ns=self._moment_ns,
            shows_later=not place.follows,
            cursor=column if is_shown else None,
            cursor_role="focused-cursor" if has_focus else "cursor",
            ellipsis=self.glyphs.ellipsis,
            marker=self.glyphs.arrow,
        )

    def _line_of(self, row: int) -> Line:
        view, look = self._view, self._look
        if view is None or look is None or row >= len(view.tracks):
            return ()
        line = self._lines.get(row)
        if line is None:
            from .timeline_lines import row_line

            track = view.tracks[row]
            line = row_line(track, self._codes_of(view, track), look, is_chosen=row == self.place.row)
            self._lines[row] = line = self.glyphs.spell([line])[0]
        return line

    def _codes_of(self, view: TimelineView, track: TrackView) -> NDArray[Any]:
        codes = self._codes.get(track.row)
        if codes is None:
            from poolscope.workloads.analysis.timeline import cells

            from .timeline_lines import codes_of

            window = self.place.window
            first = (window.begin_ns - view.begin_ns) // window.column_ns
            drawn = cells(track, window.begin_ns, window.end_ns, window.columns)
            codes = self._codes[track.row] = codes_of(drawn, self._stalled if track.is_worker else None, first)
        return codes

    def _show_foot(self, view: TimelineView) -> None:
        width = self.room.width
        height = self.room.height - self._rows_height
        if height < 1:
            return
        from .timeline_axis import Scale, axis_line
        from .timeline_detail import detail_lines
        from .timeline_lines import legend_lines

        place = self.place
        look = self._look
        assert look is not None  # noqa: S101
        scale = Scale(place.window, view.begin_ns)
        here = None if self._transport.is_live else place.window.column_at(self._moment_ns)
        lines = [axis_line(scale, place.window, look.label_width + 2, here, self.glyphs)]
        details = min(MOST_DETAILS, height - 1 if height < 4 else height - 2)
        if details:
            track = view.tracks[place.row]
            is_over = track.ended_ns is not None and track.ended_ns <= place.cursor_ns
            stretch = self._stretch(track, is_over=is_over)
            at = scale.moment(place.cursor_ns)
            lines += detail_lines(track, stretch, at, width, details, self.glyphs, is_over=is_over)
        if height > details + 1:
            legend = legend_lines(width, max(1, height - len(lines) - 1), self.glyphs)
            lines += [()] * (height - len(lines) - len(legend))
            lines += legend
        self._foot.show(self.glyphs.spell(lines))

    def _stretch(self, track: TrackView, *, is_over: bool) -> Stretch | None:
        """What the marked process does at the cursor; of the dead, what they did last if it was cut short."""
        from poolscope.workloads.analysis.timeline import stretch_at

        if not is_over:
            return stretch_at(track, self.place.cursor_ns)
        last = stretch_at(track, track.until_ns - 1)
        return last if last is not None and last.chunk is not None and last.chunk.sent_ns is None else None

    def _show_status(self, view: TimelineView) -> None:
        from .timeline_axis import column_text

        place = self.place
        parts = []
        if place.found:
            parts.append(place.found)
        if not place.follows:
            parts.append("f follows")
        elif view.is_live and self._transport.is_live:
            parts.append("following")
        processes = len(view.tracks)
        if processes > self._rows_height:
            parts.append(f"{processes} processes")
        parts.append(f"{column_text(place.window)} a column")
        text = f" {self.glyphs.separator} ".join(parts)
        self._set_status(text.translate(self.glyphs.spelling))

    def _set_status(self, status: str) -> None:
        if status != self._status:  # setting it draws the whole panel again, even if it is the same
            self._status = self.border_subtitle = status

    # What the keys do.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out the keys while there is nothing to go about in."""
        del parameters
        return True if self._view is not None or action not in ACTIONS else None

    def action_step(self, by: int) -> None:
        """Move the cursor."""
        if self._view is not None:
            self.place.step(self._view, by)
            self._show()

    def action_page(self, by: int) -> None:
        """Go a page back or on."""
        self.place.page(by)
        self._show()

    def action_change(self, direction: int) -> None:
        """Go to where the marked process did something else."""
        if self._view is not None and self.place.seek_change(self._view, direction):
            self._show()

    def action_closer(self, closer: bool) -> None:
        """Look closer, or from farther off."""
        if closer and self.place.window.column_ns <= LEAST_COLUMN_NS:
            return
        self.place.zoom(closer=closer)
        self._show()

    def action_whole(self) -> None:
        """Show the whole run."""
        self.place.show_whole()
        self._show()

    def action_failure(self, direction: int) -> None:
        """Go to a failure."""
        self._go(self._view is not None and self.place.seek_failure(self._view, direction), "Nothing failed.")

    def action_slowest(self) -> None:
        """Go to a slow task."""
        self._go(self._view is not None and self.place.seek_slowest(self._view), "No task was recorded.")

    def action_idle(self) -> None:
        """Go to a time without a task."""
        self._go(self._view is not None and self.place.seek_idle(self._view), "No worker was ever without a task.")

    def _go(self, is_found: bool, otherwise: str) -> None:
        if is_found:
            self._rows.bring_into_sight(self.place.row)
            self._show()
        else:
            self.notify(otherwise, markup=False)

    def action_follow(self) -> None:
        """Follow again."""
        self.place.follow()
        self._show()

    def action_begin(self) -> None:
        """Go to the beginning of the run."""
        self.place.look_at(self.place.extent.begin_ns)
        self._show()

    def action_show_moment(self) -> None:
        """Let every panel show the moment under the cursor."""
        self.post_message(MomentChosen(self.place.cursor_ns))

    def action_row(self, by: int) -> None:
        """Mark another process."""
        if self._view is not None:
            self.place.mark(self._view, self.place.row + by)
            self._rows.bring_into_sight(self.place.row)
            self._show()

    def action_row_page(self, by: int) -> None:
        """Mark a process a page away."""
        self.action_row(by * max(1, self._rows.size.height - 1))

    # The mouse.

    def on_timeline_rows_cell_chosen(self, event: TimelineRows.CellChosen) -> None:
        """Mark the row and put the cursor where it was clicked."""
        view, look = self._view, self._look
        if view is None or look is None:
            return
        self.place.mark(view, event.row)
        column = event.x - look.label_width - 2
        if 0 <= column < look.window.columns:
            self.place.look_at_column(view, column)
        self._show()

    def on_timeline_rows_wheel_turned(self, event: TimelineRows.WheelTurned) -> None:
        """Look closer or go about under the pointer."""
        look = self._look
        if self._view is None or look is None:
            return
        if event.is_zoom:
            column = min(max(event.x - look.label_width - 2, 0), look.window.columns - 1)
            self.place.zoom(closer=event.by < 0, around_ns=look.window.time_of(column))
        else:
            self.place.pan(event.by * max(1, look.window.columns // 8))
        self._show()
