"""The timeline: what each process of a run did at each moment, at every zoom and to the nanosecond.

`Timeline` follows a recording (live, saved, or one moment of either) and gives a `TimelineView`, which never changes;
the functions here answer questions about a view or one of its tracks. Whoever wants only the words and shapes of the
answers imports `tracks`, which needs no NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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

    from ..programs import SlowTask
    from ..recording.reader import Recording

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

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def refresh(self, now_ns: int) -> TimelineView:
        """Take in what is new in the recording.

        The recording itself is not refreshed by this. Costs little where nothing changed.

        Args:
            now_ns: How far the tracks of living processes go; ignored once the run is over.
        """
        del self
        return TimelineView((), now_ns, now_ns, is_live=False, version=0, stall_ns=1_000_000)


def cells(track: TrackView, begin_ns: int, end_ns: int, columns: int) -> Cells:
    """Add up what a process did in each of COLUMNS equal parts of the time from BEGIN_NS to END_NS.

    Exact and equally quick at every zoom. The range may reach beyond the track on both sides.

    Args:
        track: One row of a view.
        begin_ns: Where the first column begins.
        end_ns: Where the last column ends; later than BEGIN_NS.
        columns: At least 1.
    """
    del track, begin_ns, end_ns
    amounts = np.zeros((len(STATES), columns), np.int64)
    nothing = np.zeros(columns, np.bool_)
    return Cells(np.zeros(columns, np.uint8), np.zeros(columns, np.float32), nothing, nothing, amounts)


def stalls(view: TimelineView, begin_ns: int, end_ns: int, columns: int) -> NDArray[np.bool_]:
    """Say in which columns every living worker was without work at once, for `TimelineView.stall_ns` or longer.

    A column counts even if the stall is shorter than the column, so that it is seen at every zoom.
    """
    del view, begin_ns, end_ns
    return np.zeros(columns, np.bool_)


def stretch_at(track: TrackView, time_ns: int) -> Stretch | None:
    """Say what a process did at a moment, and on which chunk; None before it was started and after it was gone."""
    del track, time_ns
    return None


def next_failure(view: TimelineView, time_ns: int, *, forward: bool = True) -> Moment | None:
    """Find the next failed task or bad end of a process after TIME_NS, or the last one before it; None without one."""
    del view, time_ns, forward
    return None


def nearest_event(view: TimelineView, time_ns: int, *, forward: bool = True) -> Moment | None:
    """Find the next thing that happened after TIME_NS, or the last one before it; None without one."""
    del view, time_ns, forward
    return None


def slowest(view: TimelineView, count: int = 10) -> list[SlowTask]:
    """The chunks that computed longest, longest first; COUNT of them at most, and 100 at most."""
    del view, count
    return []


def longest_idle(view: TimelineView, count: int = 10) -> list[IdleStretch]:
    """The longest times in which a worker had no work, longest first; COUNT of them at most, and 100 at most."""
    del view, count
    return []
