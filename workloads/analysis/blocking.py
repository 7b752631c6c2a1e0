"""When a process was blocked: in its own code, or in a task.

Such times are recorded beside the chunks, so they are cut at the phases of chunks here: each piece replaces a part of
what the process would have been doing, running or computing. What lies in any other phase is left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .spans import NO_SPANS, Spans, Stretches, nothing, stretches
from .track_data import COMPUTE, Growing, TrackData
from .tracks import COMPUTING, RUNNING

if TYPE_CHECKING:
    from numpy.typing import NDArray


class _Pieces:
    """Pieces that are settled, and those that may still change."""

    def __init__(self) -> None:
        self._begins = Growing(np.int64)
        self._sums = Growing(np.int64)
        self._sums.append(np.zeros(1, np.int64))

    def settle(self, pieces: Stretches) -> None:
        self._begins.append(pieces.begins)
        self._sums.append(self._sums.values[-1] + np.cumsum(pieces.ends - pieces.begins))

    def spans(self, more: Stretches) -> Spans:
        """All pieces, MORE being the last ones."""
        begins, sums = self._begins.values, self._sums.values
        if not len(more.begins):
            return Spans(begins, sums) if len(begins) else NO_SPANS
        lengths = sums[-1] + np.cumsum(more.ends - more.begins)
        return Spans(np.concatenate([begins, more.begins]), np.concatenate([sums, lengths]))


class BlockedStore:
    """Takes in the times in which one process was blocked, as they come."""

    def __init__(self) -> None:
        self._waiting = nothing()
        """Not settled yet: the chunk in which they lie may not have been recorded."""
        self._last = 0
        self._running = _Pieces()
        self._computing = _Pieces()

    def take(self, blocked: NDArray[np.void], least_ns: int, most_ns: int) -> None:
        """Take in what came since the last time, in the order in which it was recorded.

        Args:
            blocked: With the fields of `recording.chunks.LIFE`.
            least_ns: What began earlier is left out.
            most_ns: Likewise, what ended later.
        """
        is_sane = (blocked["time"] >= least_ns) & (blocked["v1"] <= most_ns) & (blocked["time"] <= blocked["v1"])
        times = np.stack([blocked["time"][is_sane], blocked["v1"][is_sane]], axis=1)
        if not len(times):
            return
        flat = times.reshape(-1)
        flat[0] = max(flat[0], self._last)
        np.maximum.accumulate(flat, out=flat)
        self._last = int(flat[-1])
        times = times[times[:, 1] > times[:, 0]]
        self._waiting = Stretches(
            np.concatenate([self._waiting.begins, times[:, 0]]), np.concatenate([self._waiting.ends, times[:, 1]])
        )

    def added_to(self, data: TrackData) -> TrackData:
        """Return DATA with what is known so far."""
        settled = self._waiting
        if len(settled.begins):
            running, computing = _beneath(data, int(settled.begins[0]))
            if data.hand is not None:
                settled = Stretches(*(side[self._waiting.ends <= (data.last or 0)] for side in self._waiting))
            self._running.settle(settled.together_with(running))
            self._computing.settle(settled.together_with(computing))
            self._waiting = Stretches(*(side[len(settled.begins) :] for side in self._waiting))
        rest = self._waiting
        if len(rest.begins):
            return data._replace(
                blocked_running=self._running.spans(rest.together_with(running)),
                blocked_computing=self._computing.spans(rest.together_with(computing)),
            )
        return data._replace(
            blocked_running=self._running.spans(nothing()), blocked_computing=self._computing.spans(nothing())
        )


def _beneath(data: TrackData, begin_ns: int) -> tuple[Stretches, Stretches]:
    """When the process would have been running, and when computing, from BEGIN_NS on."""
    first = max(int(np.searchsorted(data.starts, begin_ns, "right")) - 1, 0)
    sums = data.sums[first:]
    starts, lengths = data.starts[first:], np.diff(sums, axis=0)
    begins = starts + lengths[:, :COMPUTE].sum(axis=1)
    tail = [
        (segment.begin, segment.end)
        for index, segment in enumerate(data.segments)
        if segment.state == COMPUTING and index != data.gap
    ]
    computing = _joined(Stretches(begins, begins + lengths[:, COMPUTE]), stretches(tail))
    gap = data.segments[data.gap]
    others = [
        (segment.begin, segment.end)
        for index, segment in enumerate(data.segments)
        if segment.state == RUNNING and index != data.gap
    ]
    running = stretches(others)
    if gap.state == RUNNING:
        edge = gap.begin if not first else int(starts[0])
        ends = starts + lengths.sum(axis=1)
        between = Stretches(np.concatenate([[edge], ends]), np.concatenate([starts, [max(gap.end, edge)]]))
        running = _joined(between, running)
    return running, computing


def _joined(one: Stretches, other: Stretches) -> Stretches:
    """Both, one after the other; stretches of no length are left out."""
    begins, ends = np.concatenate([one.begins, other.begins]), np.concatenate([one.ends, other.ends])
    is_there = ends > begins
    return Stretches(begins[is_there], ends[is_there])
