"""The timeline: what each process of a run did at each moment, at every zoom and to the nanosecond.

`Timeline` follows a recording (live, saved, or one moment of either) and gives a `TimelineView`, which never changes;
the functions here answer questions about a view or one of its tracks. Whoever wants only the words and shapes of the
answers imports `tracks`, which needs no NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..recorder import layout
from .aggregate import cells, column_edges
from .bars import Bars
from .lives import surroundings
from .lookup import longest_idle, nearest_event, next_failure, slowest, stretch_at
from .spans import FOREVER
from .stalls import StallFinder, least_stall_ns
from .track_maker import TrackMaker
from .tracks import (
    STATES,
    Cells,
    ChunkView,
    IdleStretch,
    Moment,
    MomentKind,
    Stretch,
    TimelineView,
    TrackState,
    TrackView,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..recording.contents import Contents
    from ..recording.events import EventFile

__all__ = [
    "STATES",
    "Cells",
    "ChunkView",
    "IdleStretch",
    "Moment",
    "MomentKind",
    "Stretch",
    "Timeline",
    "TimelineView",
    "TrackState",
    "TrackView",
    "cells",
    "longest_idle",
    "nearest_event",
    "next_failure",
    "slowest",
    "stalls",
    "stretch_at",
]


class Timeline:
    """Follows a recording and keeps what its processes did in arrays that only grow.

    Args:
        recording: Live or saved, or one moment of either.
    """

    def __init__(self, recording: Contents) -> None:
        self._recording = recording
        self._makers: dict[EventFile, TrackMaker] = {}
        self._bars = Bars()
        self._stalls = StallFinder()
        self._stall_ns = 0
        self._version = 0
        self._view: TimelineView | None = None

    def refresh(self, now_ns: int) -> TimelineView:
        """Take in what is new in the recording.

        The recording itself is not refreshed by this. Costs little where nothing changed.

        Args:
            now_ns: How far the tracks of living processes go; ignored once the run is over.
        """
        recording, before = self._recording, self._view
        is_live = not recording.is_closed and recording.end is None
        has_changed = self._take(now_ns, is_live=is_live)
        if before is not None and not has_changed and not before.is_live and not is_live:
            return before
        bars = self._bars.tracks(recording, now_ns, is_live=is_live)
        has_changed |= self._bars.has_changed
        tracks = [*(maker.track for maker in self._makers.values()), *bars]
        tracks.sort(key=lambda track: (_rank(track, recording), track.started_ns, track.pid))
        end = self._end(tracks, now_ns, is_live=is_live)
        rows = tuple(
            track._replace(row=row, until_ns=max(track.started_ns, end) if track.ended_ns is None else track.ended_ns)
            for row, track in enumerate(tracks)
        )
        begin = _begin(rows, recording, end)
        has_changed |= before is None or len(before.tracks) != len(rows) or before.is_live != is_live
        self._version += has_changed
        # Grows only, so that nothing that was no stall before becomes one.
        self._stall_ns = max(self._stall_ns, least_stall_ns(end - begin))
        found = self._stalls.find(rows, end, self._stall_ns, has_changed=has_changed)
        self._view = TimelineView(rows, begin, end, is_live, self._version, self._stall_ns, *found)
        return self._view

    def _take(self, now_ns: int, *, is_live: bool) -> bool:
        """Bring all tracks of recorded processes up to date; say whether anything changed."""
        recording = self._recording
        missing = _missing(recording) if is_live else set()
        has_changed = False
        for file in recording.all_files:
            maker = self._makers.get(file)
            if maker is None:
                maker = self._makers[file] = TrackMaker(recording, file)
            around = surroundings(recording, file, is_missing=file.slots[layout.PARENT_PID] in missing)
            has_changed |= maker.refresh(around, now_ns, is_live=is_live)
        return has_changed

    def _end(self, tracks: list[TrackView], now_ns: int, *, is_live: bool) -> int:
        ends = [track.ended_ns if track.ended_ns is not None else track.known_until_ns for track in tracks]
        if is_live:
            return max([now_ns, *ends])
        end = self._recording.end.ended_ns if self._recording.end is not None else 0
        last = max(ends, default=0)
        return max(last, end) if 0 < end < FOREVER and (not last or abs(end - last) < _SOON_NS) else last or now_ns


_SOON_NS = 365 * 86_400 * 1_000_000_000
"""A run that is said to have ended later than this after its last process is a damaged one."""


def _begin(tracks: tuple[TrackView, ...], recording: Contents, end: int) -> int:
    """When the run began: when it was started, or its first process."""
    first = min((track.started_ns for track in tracks), default=end)
    begun = recording.meta.begun_ns if recording.meta is not None else 0
    return begun if 0 < begun <= first and first - begun < _SOON_NS else first


def _rank(track: TrackView, recording: Contents) -> int:
    """Which part of the rows a track belongs to."""
    root = recording.runner
    if root is not None and (root.pid, root.created_ns) == (track.pid, track.created_ns):
        return 0
    return {"worker": 1, "child": 2, "helper": 4}.get(track.role, 3) + 3 * (not track.is_recorded)


def _missing(recording: Contents) -> set[int]:
    """Pids of the processes whose workers may still be given a task, because results are missing."""
    marks, root = recording.marks, recording.runner
    found = {
        file.pid for file in recording.all_files if file.slots[layout.CHUNKS_SENT] > file.slots[layout.RESULTS_RECEIVED]
    }
    if root is not None and marks.tasks_planned is not None:
        found.discard(root.pid)
        if recording.tasks_done < marks.tasks_planned:
            found.add(root.pid)
    return found


def stalls(view: TimelineView, begin_ns: int, end_ns: int, columns: int) -> NDArray[np.bool_]:
    """Say in which columns every living worker was without work at once, for `TimelineView.stall_ns` or longer.

    A column counts even if the stall is shorter than the column, so that it is seen at every zoom.
    """
    edges = column_edges(begin_ns, end_ns, columns)
    is_seen = (view.stall_begins < edges[-1]) & (view.stall_ends > edges[0])
    first = np.searchsorted(edges, view.stall_begins[is_seen], "right") - 1
    last = np.searchsorted(edges, view.stall_ends[is_seen], "left")
    changes = np.zeros(columns + 1, np.int64)
    np.add.at(changes, np.maximum(first, 0), 1)
    np.add.at(changes, np.minimum(last, columns), -1)
    return np.cumsum(changes[:-1]) > 0
