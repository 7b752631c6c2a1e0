"""Adds up what a process did in the columns of a screen, exactly and equally quickly at every zoom.

For every boundary of the columns, the time that was spent in each state from the start of the process on is known from
prefix sums by binary search; the differences between neighbours are what happened in a column. Nothing is sampled and
nothing is walked, so a row of 200 columns costs the same for ten chunks and for ten million.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .track_data import PHASES, TrackData
from .tracks import BLOCKED, COMPUTING, ENDED, NONE, RECEIVING, RUNNING, SENDING, STATES, WAITING, Cells

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .tracks import TrackView

PHASE_STATES = (WAITING, RECEIVING, COMPUTING, SENDING)
_MIXED = 4
"""A column is mixed when this times the time of all other states is at least the time that the process did anything."""


def column_edges(begin_ns: int, end_ns: int, columns: int) -> NDArray[np.int64]:
    """Return the boundaries of COLUMNS equal columns: one more than there are columns."""
    width = end_ns - begin_ns
    if abs(width) < (1 << 62) // (columns + 1):
        return begin_ns + (np.arange(columns + 1, dtype=np.int64) * width) // columns
    return np.array([begin_ns + width * column // columns for column in range(columns + 1)], np.int64)


def phase_sums(data: TrackData, moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """How long each phase of chunks took in all up to each of MOMENTS: one row a moment."""
    if not data.size:
        return np.zeros((len(moments), PHASES), np.int64)
    index = np.searchsorted(data.starts, moments, "right") - 1
    np.maximum(index, 0, out=index)
    before = data.sums[index]
    lengths = data.sums[index + 1] - before
    ends = np.cumsum(lengths, axis=1)
    inside = np.minimum(ends, np.maximum(moments - data.starts[index], 0)[:, np.newaxis])
    inside[:, 1:] -= inside[:, :-1].copy()
    found: NDArray[np.int64] = before + inside
    return found


def state_sums(track: TrackView, moments: NDArray[np.int64]) -> NDArray[np.int64]:
    """How long the process was in each state up to each of MOMENTS: one row a state, in the order of `STATES`.

    Before it was started it is in `NONE`, from the first of the moments on.
    """
    data = track.data
    begin = data.segments[0].begin
    found = np.zeros((len(STATES), len(moments)), np.int64)
    within = np.clip(moments, begin, max(begin, track.until_ns))
    outside = moments - within
    found[NONE] = np.minimum(outside, 0)
    found[NONE if track.ended_ns is None else ENDED] += np.maximum(outside, 0)
    phases = phase_sums(data, within).T if data.size else None
    for index, segment in enumerate(data.segments):
        spent = np.clip(within, segment.begin, segment.end) - segment.begin
        if index == data.gap and phases is not None:
            spent -= phases.sum(axis=0)
        found[segment.state] += spent
    if phases is not None:
        for phase, state in enumerate(PHASE_STATES):
            found[state] += phases[phase]
    for state, spans in ((RUNNING, data.blocked_running), (COMPUTING, data.blocked_computing)):
        if len(spans.begins):
            blocked = spans.covered(within)
            found[state] -= blocked
            found[BLOCKED] += blocked
    return found


def cells(track: TrackView, begin_ns: int, end_ns: int, columns: int) -> Cells:
    """Add up what a process did in each of COLUMNS equal parts of the time from BEGIN_NS to END_NS.

    Exact and equally quick at every zoom. The range may reach beyond the track on both sides.

    Args:
        track: One row of a view.
        begin_ns: Where the first column begins.
        end_ns: Where the last column ends; later than BEGIN_NS.
        columns: At least 1.
    """
    edges = column_edges(begin_ns, end_ns, columns)
    amounts = np.diff(state_sums(track, edges), axis=1)
    doing = amounts[NONE + 1 : ENDED]
    state = doing.argmax(axis=0)
    most = doing[state, np.arange(columns)]
    together = doing.sum(axis=0)
    is_absent = together == 0
    shown = np.where(is_absent, np.where(amounts[ENDED] > amounts[NONE], ENDED, NONE), state + NONE + 1)
    widths = np.maximum(np.diff(edges), 1)
    share = np.where(is_absent, 1.0, most / widths)
    return Cells(
        shown.astype(np.uint8),
        share.astype(np.float32),
        _failures(track, edges),
        ((together - most) * _MIXED >= together) & ~is_absent,
        amounts,
    )


def _failures(track: TrackView, edges: NDArray[np.int64]) -> NDArray[np.bool_]:
    """In which columns something failed; the end of the last one belongs to it."""
    found = np.zeros(len(edges) - 1, np.bool_)
    failures = track.data.failures
    if len(failures):
        index = np.searchsorted(failures, edges)
        index[-1] = np.searchsorted(failures, edges[-1], "right")
        found = np.diff(index) > 0
    if track.has_bad_end and track.ended_ns is not None and edges[0] <= track.ended_ns <= edges[-1]:
        column = int(np.searchsorted(edges, track.ended_ns, "right")) - 1
        found[min(column, len(found) - 1)] = True
    return found
