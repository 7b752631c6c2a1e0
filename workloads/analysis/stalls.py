"""Finds the times in which every living worker was without work at once.

A stall that is long enough to matter needs a long wait of every worker that lives, and long waits are few. So the free
stretches of one worker after the other are intersected, which soon leaves little or nothing, whatever the number of
chunks. What was found up to the look before stays; only the time since then is looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .spans import FOREVER, Stretches, nothing, stretches
from .track_data import WAIT
from .tracks import IDLE, WAITING

if TYPE_CHECKING:
    from .tracks import TrackView

LEAST_NS = 1_000_000
"""No shorter time without work counts as a stall."""
_SHARE = 10_000
"""Nor does one that is shorter than the whole time by this."""
_AGAIN_NS = 1_000_000_000
"""How far back from the last look the next one begins: counters and records are not read at the very same moment."""


def least_stall_ns(length_ns: int) -> int:
    """How long all workers must be without work at once for it to matter in a run of that length."""
    return max(LEAST_NS, length_ns // _SHARE)


class StallFinder:
    """Keeps the stalls of a run up to date."""

    def __init__(self) -> None:
        self._found = nothing()
        self._until = -FOREVER
        self._workers: set[tuple[int, int]] = set()
        self._least = LEAST_NS

    def find(self, tracks: Sequence[TrackView], end_ns: int, least_ns: int, *, has_changed: bool) -> Stretches:
        """Return all stalls so far, of LEAST_NS or longer.

        Args:
            tracks: All rows of the view.
            end_ns: Where the view ends.
            least_ns: Never less than the time before.
            has_changed: Whether anything but the time did since then.
        """
        if has_changed:
            self._look(tracks, end_ns, least_ns)
        else:
            # Whoever was without work still is.
            begins, ends = self._found
            self._found = Stretches(begins, np.where(ends >= self._until, max(end_ns, self._until), ends))
        self._until = end_ns
        return Stretches(*(side[self._found.ends - self._found.begins >= least_ns] for side in self._found))

    def _look(self, tracks: Sequence[TrackView], end_ns: int, least_ns: int) -> None:
        """Look again at the time since the last look."""
        workers = [track for track in tracks if track.is_worker and track.entered_ns is not None]
        known = {(track.pid, track.created_ns) for track in workers}
        late = [t.entered_ns or 0 for t in workers if (t.pid, t.created_ns) not in self._workers]
        # A worker that came into sight only now may have been at work long before.
        begin = min([self._until - _AGAIN_NS, *late])
        kept = self._found.begins < begin
        begins, ends = self._found.begins[kept], np.minimum(self._found.ends[kept], begin)
        new = _together(workers, begin, end_ns, least_ns)
        if len(begins) and len(new.begins) and ends[-1] >= new.begins[0]:
            ends[-1], new = new.ends[0], Stretches(new.begins[1:], new.ends[1:])
        begins, ends = np.concatenate([begins, new.begins]), np.concatenate([ends, new.ends])
        # One that reaches the end may still grow.
        matters = (ends - begins >= least_ns) | (ends >= end_ns)
        self._found = Stretches(begins[matters], ends[matters])
        self._workers = known


def _together(workers: Sequence[TrackView], begin_ns: int, end_ns: int, least_ns: int) -> Stretches:
    """When all workers that lived were without work, and one of them lived at least."""
    present = [track for track in workers if track.until_ns > begin_ns]
    free = [_waits(track, begin_ns, end_ns, least_ns) for track in present]
    order = sorted(range(len(present)), key=lambda index: len(free[index].begins))
    common = _living(present, begin_ns, end_ns)
    for index in order:
        common = common.together_with(_or_absent(present[index], free[index]))
        if not len(common.begins):
            break
    return common


def _span(track: TrackView) -> tuple[int, int]:
    """From when to when a worker could have had work."""
    begin = track.entered_ns if track.entered_ns is not None else track.until_ns
    return begin, max(begin, track.until_ns if track.exiting_ns is None else track.exiting_ns)


def _living(workers: Sequence[TrackView], begin_ns: int, end_ns: int) -> Stretches:
    """When at least one worker lived."""
    spans = sorted(_span(track) for track in workers)
    merged: list[tuple[int, int]] = []
    for first, last in spans:
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return stretches([(max(first, begin_ns), min(last, end_ns)) for first, last in merged])


def _waits(track: TrackView, begin_ns: int, end_ns: int, least_ns: int) -> Stretches:
    """The long times in which a worker was without work, up to its own end."""
    data = track.data
    first = max(int(np.searchsorted(data.starts, begin_ns, "right")) - 1, 0)
    last = int(np.searchsorted(data.starts, end_ns))
    waits = data.sums[first + 1 : last + 1, WAIT] - data.sums[first:last, WAIT]
    long = np.flatnonzero(waits >= least_ns)
    begins = data.starts[first:last][long]
    ends = begins + waits[long]
    until = _span(track)[1]
    tail = [
        (segment.begin, min(segment.end, until))
        for index, segment in enumerate(data.segments)
        if segment.state in (WAITING, IDLE) and index != data.gap and segment.begin < until
    ]
    if tail:
        begins = np.concatenate([begins, [begin for begin, _ in tail]])
        ends = np.concatenate([ends, [end for _, end in tail]])
    return Stretches(begins, ends)


def _or_absent(track: TrackView, free: Stretches) -> Stretches:
    """When a worker does not stand in the way of a stall: it is free, or not there."""
    entered, until = _span(track)
    begins = np.concatenate([[-FOREVER], free.begins, [until]])
    ends = np.concatenate([[entered], free.ends, [FOREVER]])
    # Those that touch are one.
    is_new = np.concatenate([[True], begins[1:] > ends[:-1]])
    return Stretches(begins[is_new], ends[np.concatenate([is_new[1:], [True]])])
