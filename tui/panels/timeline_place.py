"""Where a person is in the timeline: which stretch of time is in sight, which row is marked, where the cursor is.

All of it is a matter of looking; what there is to see comes from the view that every method is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .timeline_window import LEAST_COLUMN_NS, Extent, Window, following, panned, placed, showing, whole, zoomed

if TYPE_CHECKING:
    from poolscope.workloads.analysis.tracks import IdleStretch, TimelineView, TrackView
    from poolscope.workloads.programs import SlowTask

MOST_FOUND = 10
"""How many of the slowest tasks, and of the longest idle stretches, are gone through."""


class Place:
    """The window, the marked row and the cursor. At first it follows: the whole run is in sight, the cursor at its end.

    Before anything else is asked, `settle` must have been called with the view at hand.
    """

    def __init__(self) -> None:
        self.follows = True
        """Whether the window and the cursor go along with the moment that is shown."""
        self.cursor_ns = 0
        """The moment that is looked at."""
        self.row = 0
        """Index of the marked track."""
        self.found = ""
        """What the cursor was sent to last, in words; "" once it moved on by itself."""
        self.window = Window(0, LEAST_COLUMN_NS, 1)
        self.extent = Extent(0, 0)
        self._shows_whole = True
        self._marked: tuple[int, int] | None = None
        self._run: tuple[int, int] | None = None
        self._moment_ns = 0
        self._is_live = False
        self._search: tuple[str, int] = ("", 0)
        self._slowest: tuple[int, list[SlowTask]] = (-1, [])
        self._idle: tuple[int, list[IdleStretch]] = (-1, [])

    @property
    def shows_whole(self) -> bool:
        """Whether the window grows with the run."""
        return self._shows_whole

    def settle(self, view: TimelineView, columns: int, moment_ns: int, *, is_sought: bool = False) -> None:
        """Find the place again in the newest VIEW.

        Args:
            view: With one track at least.
            columns: How many there is room for.
            moment_ns: The moment that is shown: now, or one of the past.
            is_sought: Whether the moment was chosen elsewhere, which is then followed.
        """
        first = view.tracks[0]
        if (first.pid, first.created_ns) != self._run:
            self.__init__()  # type: ignore[misc]
            self._run = first.pid, first.created_ns
        self.extent = Extent(view.begin_ns, max(view.begin_ns, view.end_ns))
        self._moment_ns, self._is_live = moment_ns, view.is_live
        self._find_row(view)
        if is_sought:
            self.follows = True
        if self.follows:
            self.cursor_ns = moment_ns
        columns = max(1, columns)
        if self._shows_whole:
            self.window = whole(self.extent, columns)
        elif columns != self.window.columns:
            self.window = placed(self.window.begin_ns, self.window.column_ns, columns, self.extent)
        if self.follows and not self._shows_whole:
            self.window = following(self.window, moment_ns, self.extent)

    def _find_row(self, view: TimelineView) -> None:
        tracks = view.tracks
        if self._marked is None:
            # Workers are what one wants to see first.
            self.row = next((track.row for track in tracks if track.is_worker), 0)
            return
        if self.row < len(tracks) and self._name(tracks[self.row]) == self._marked:
            return
        self.row = next((track.row for track in tracks if self._name(track) == self._marked), 0)

    @staticmethod
    def _name(track: TrackView) -> tuple[int, int]:
        return track.pid, track.created_ns

    # Going about.

    def mark(self, view: TimelineView, row: int) -> None:
        """Mark the track at ROW, or the nearest there is."""
        self.row = max(0, min(row, len(view.tracks) - 1))
        self._marked = self._name(view.tracks[self.row])
        self.found = ""

    def look_at(self, time_ns: int, found: str = "") -> None:
        """Put the cursor on a moment, and move the window if it is out of sight."""
        self._leave()
        self.cursor_ns = max(self.extent.begin_ns, min(time_ns, self.extent.end_ns))
        self.found = found
        if not self._shows_whole:
            self.window = showing(self.window, self.cursor_ns, self.extent)

    def _leave(self) -> None:
        """Stop following; while a run goes on the window then stays as it is."""
        self.follows = False
        if self._is_live:
            self._shows_whole = False

    def step(self, view: TimelineView, by: int) -> None:
        """Move the cursor BY columns, onto the failure in the column if there is one."""
        self.look_at_column(view, self.window.column_at(self.cursor_ns) + by)

    def look_at_column(self, view: TimelineView, column: int) -> None:
        """Put the cursor into COLUMN, onto the marked track's failure in it if there is one."""
        from poolscope.workloads.analysis.timeline import next_failure

        begin = self.window.begin_ns + column * self.window.column_ns
        time = begin + self.window.column_ns // 2
        found = next_failure(view, begin - 1)
        if found is not None and found.row == self.row and found.time_ns < begin + self.window.column_ns:
            time = found.time_ns
        self.look_at(time)

    def page(self, by: int) -> None:
        """Move window and cursor BY pages."""
        self._leave()
        self.found = ""
        at = self.window.column_at(self.cursor_ns)
        before = self.window
        self._shows_whole = False
        self.window = panned(before, by * before.columns, self.extent)
        if self.window == before:
            at = 0 if by < 0 else before.columns - 1
        column = min(max(at, 0), self.window.columns - 1)
        self.cursor_ns = max(self.extent.begin_ns, min(self.window.time_of(column), self.extent.end_ns))

    def pan(self, by: int) -> None:
        """Move the window alone, BY columns; the cursor stays in sight."""
        self._leave()
        self._shows_whole = False
        self.window = panned(self.window, by, self.extent)
        column = min(max(self.window.column_at(self.cursor_ns), 0), self.window.columns - 1)
        self.cursor_ns = min(self.window.time_of(column), self.extent.end_ns)

    def zoom(self, *, closer: bool, around_ns: int | None = None) -> None:
        """Look closer or from farther off; what is followed is followed still."""
        changed = zoomed(self.window, self.cursor_ns if around_ns is None else around_ns, self.extent, closer=closer)
        self._shows_whole = changed is None and not closer
        if changed is not None:
            self.window = changed
        elif not closer:
            self.window = whole(self.extent, self.window.columns)

    def show_whole(self) -> None:
        """Show the whole run; the cursor stays."""
        self._shows_whole = True
        self.window = whole(self.extent, self.window.columns)

    def follow(self) -> None:
        """Follow the moment that is shown."""
        self.follows = True
        self.found = ""
        self.cursor_ns = self._moment_ns
        if not self._shows_whole:
            self.window = following(self.window, self._moment_ns, self.extent)

    # Going to what matters.

    def seek_change(self, view: TimelineView, direction: int) -> bool:
        """Go to where the marked track did something else; False if it never did."""
        from poolscope.workloads.analysis.timeline import stretch_at

        track = view.tracks[self.row]
        stretch = stretch_at(track, self.cursor_ns)
        if stretch is None:
            time = track.started_ns if self.cursor_ns < track.started_ns else track.until_ns - 1
            is_ahead = (time > self.cursor_ns) == (direction > 0)
        elif direction > 0:
            time, is_ahead = stretch.end_ns, stretch.end_ns < track.until_ns
        else:
            time = stretch.begin_ns if stretch.begin_ns < self.cursor_ns else stretch.begin_ns - 1
            is_ahead = time >= track.started_ns
        if is_ahead:
            self.look_at(time)
        return is_ahead

    def seek_failure(self, view: TimelineView, direction: int) -> bool:
        """Go to the next failure or to the one before, and after the last one to the first; False without any."""
        from poolscope.workloads.analysis.timeline import next_failure

        is_on = direction > 0
        found = next_failure(view, self.cursor_ns, forward=is_on)
        if found is None:
            edge = self.extent.begin_ns - 1 if is_on else self.extent.end_ns + 1
            found = next_failure(view, edge, forward=is_on)
        if found is None:
            return False
        self.mark(view, found.row)
        self.look_at(found.time_ns, "a process ended badly" if found.kind == "killed" else "a task failed")
        return True

    def seek_slowest(self, view: TimelineView) -> bool:
        """Go to the slowest task, or the next slowest after that; False if there is none."""
        from poolscope.workloads.analysis.timeline import slowest

        if self._slowest[0] != view.version:  # with a million tasks this takes a moment
            self._slowest = view.version, slowest(view, MOST_FOUND)
        tasks = self._slowest[1]
        if not tasks:
            return False
        index = self._next("slowest", len(tasks))
        task = tasks[index]
        middle = (task.begin_ns + task.end_ns) // 2
        rows = [track.row for track in view.tracks if track.pid == task.pid and track.started_ns <= middle]
        self.mark(view, rows[-1] if rows else self.row)
        self.look_at(middle, f"slowest task {index + 1} of {len(tasks)}")
        return True

    def seek_idle(self, view: TimelineView) -> bool:
        """Go to the longest time without a task, or the next longest after that; False if there is none."""
        from poolscope.workloads.analysis.timeline import longest_idle

        if self._idle[0] != view.version:
            self._idle = view.version, longest_idle(view, MOST_FOUND)
        stretches = self._idle[1]
        if not stretches:
            return False
        index = self._next("idle", len(stretches))
        stretch = stretches[index]
        self.mark(view, stretch.row)
        self.look_at((stretch.begin_ns + stretch.end_ns) // 2, f"longest idle stretch {index + 1} of {len(stretches)}")
        return True

    def _next(self, kind: str, count: int) -> int:
        """Which of COUNT things of a KIND to go to: the one after that of last time, if the cursor is still there."""
        last, index = self._search
        index = (index + 1) % count if last == kind and self.found else 0
        self._search = kind, index
        return index
