"""What the counters of a process said at a moment that has passed, from its chunks and their sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..recorder import layout
from ..recording.records import JobTotals
from .track_data import (
    BYTES_IN,
    BYTES_OUT,
    CHECKPOINT,
    COMPUTE,
    CPU,
    FAILED,
    ITEMS,
    MEASURED,
    RECEIVE,
    SEND,
    WAIT,
    TrackData,
    add_columns,
)
from .tracks import BLOCKED, COMPUTING, IDLE, RECEIVING, RUNNING, SENDING, STARTING, WAITING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .tracks import TrackView

_MOMENTS = (
    layout.ENTERED, layout.EXITING, layout.FIRST_RECEIVED, layout.RUN_BEGUN, layout.RESULTS_THERE, layout.RUN_ENDED,
)  # fmt: skip
"""Slots that hold the time at which they were set, once."""
_SUMS = (
    layout.CHUNKS_STARTED, layout.CHUNKS_DONE, layout.CHUNKS_FAILED, layout.ITEMS_DONE, layout.WAITING,
    layout.RECEIVING, layout.COMPUTING, layout.RETURNING, layout.BYTES_IN, layout.BYTES_OUT, layout.COMPUTING_CPU,
    layout.COMPUTING_MEASURED,
)  # fmt: skip
"""Slots that only grow while chunks are done."""
_AT_A_MOMENT = (
    layout.LOCKS, layout.JOB, layout.INDEX, layout.ITEMS, layout.BLOCKED_SINCE, layout.RECORDS_DROPPED,
)  # fmt: skip
_PHASES = (layout.PHASE_WAITING, layout.PHASE_RECEIVING, layout.PHASE_COMPUTING, layout.PHASE_RETURNING)
_SUM_SLOTS = (layout.WAITING, layout.RECEIVING, layout.COMPUTING, layout.RETURNING)
_SEGMENT_PHASES = {
    WAITING: layout.PHASE_WAITING,
    IDLE: layout.PHASE_WAITING,
    RECEIVING: layout.PHASE_RECEIVING,
    COMPUTING: layout.PHASE_COMPUTING,
    SENDING: layout.PHASE_RETURNING,
    BLOCKED: layout.PHASE_COMPUTING,
}


class Then(NamedTuple):
    """A process at a moment."""

    slots: list[int]
    done: int
    """How many of its chunks were done."""
    job: int | None
    """Of the chunk in hand; None if it had none."""


def then(track: TrackView, slots: Sequence[int], time_ns: int) -> Then:
    """Say what the counters of a process were at a moment of its life.

    Args:
        track: Of the process.
        slots: Its counters as of the end of the view.
        time_ns: The moment; not before the process was there.
    """
    data = track.data
    found = list(slots)
    for slot in _MOMENTS:
        if found[slot] > time_ns:
            found[slot] = 0
    if track.ended_ns is not None and time_ns >= track.until_ns:
        return Then(found, data.size, None)
    for slot in (*_AT_A_MOMENT, *_SUMS):
        found[slot] = 0
    index = int(np.searchsorted(data.starts, time_ns, "right")) - 1
    done = index if index >= 0 and time_ns < _sent(data, index) else index + 1
    _add_up(found, data, done)
    found[layout.LAST_SENT] = _sent(data, done - 1) if done else 0
    job = _in_hand(found, track, index, time_ns) if done == index else _in_tail(found, track, time_ns)
    _blocked(found, slots, track, time_ns)
    if track.details_until_ns is not None and time_ns > track.details_until_ns:
        _grow_evenly(found, slots, track.details_until_ns, time_ns)
    return Then(found, done, job)


def _sent(data: TrackData, index: int) -> int:
    """When the result of a chunk was sent."""
    return int(data.starts[index] + (data.sums[index + 1] - data.sums[index]).sum())


def totals_of(data: TrackData, done: int) -> NDArray[np.int64]:
    """What adds up over the first DONE chunks, in the order of the columns of `TrackData.checkpoints`."""
    if not done:
        return np.zeros(MEASURED + 1, np.int64)
    # All chunks before the last full checkpoint are in it.
    number = min(done // CHECKPOINT, len(data.checkpoints) - 1)
    first = number * CHECKPOINT
    chunks = data.source.chunks(data.numbers[first:done])
    values = np.empty((len(chunks), MEASURED + 1), np.int64)
    computed = np.diff(data.sums[first : done + 1, COMPUTE])
    if len(chunks) != len(computed):  # they cannot be read any more
        before: NDArray[np.int64] = data.checkpoints[number]
        return before
    add_columns(values, chunks, (chunks["flags"] & layout.FLAG_FAILED) != 0, computed)
    total: NDArray[np.int64] = data.checkpoints[number] + values.sum(axis=0)
    return total


def _add_up(found: list[int], data: TrackData, done: int) -> None:
    """Fill in the counters of all chunks that were done."""
    totals = totals_of(data, done).tolist()
    sums = data.sums[done].tolist()
    found[layout.CHUNKS_STARTED] = found[layout.CHUNKS_DONE] = done
    found[layout.CHUNKS_FAILED] = totals[FAILED]
    found[layout.ITEMS_DONE] = totals[ITEMS]
    found[layout.BYTES_IN] = totals[BYTES_IN]
    found[layout.BYTES_OUT] = totals[BYTES_OUT]
    found[layout.COMPUTING_CPU] = totals[CPU]
    found[layout.COMPUTING_MEASURED] = totals[MEASURED]
    for phase, slot in zip((WAIT, RECEIVE, COMPUTE, SEND), _SUM_SLOTS, strict=True):
        found[slot] = sums[phase]


def _in_hand(found: list[int], track: TrackView, index: int, time_ns: int) -> int | None:
    """Fill in what the process did with the chunk that it had not done yet."""
    data = track.data
    begin = int(data.starts[index])
    phase = 0
    for phase, length in enumerate((data.sums[index + 1] - data.sums[index]).tolist()):
        if time_ns < begin + length or phase == SEND:
            break
        found[_SUM_SLOTS[phase]] += length
        begin += length
    found[layout.PHASE], found[layout.PHASE_SINCE] = _PHASES[phase], begin
    if phase < COMPUTE:
        return None
    chunk = data.source.chunks(data.numbers[index : index + 1])
    if len(chunk):
        found[layout.JOB], found[layout.INDEX] = int(chunk["job"][0]), int(chunk["index"][0])
        found[layout.ITEMS] = int(chunk["items"][0])
        found[layout.BYTES_IN] += int(chunk["bytes_in"][0])
    found[layout.CHUNKS_STARTED] += 1
    return found[layout.JOB]


def _in_tail(found: list[int], track: TrackView, time_ns: int) -> int | None:
    """Fill in what the process did when it had none of its recorded chunks."""
    data = track.data
    segment = next((s for s in data.segments if s.begin <= time_ns < s.end), data.segments[-1])
    since = max(segment.begin, found[layout.LAST_SENT] if segment.state in (WAITING, RUNNING) else 0)
    if segment.state == STARTING:
        since = 0
    found[layout.PHASE] = _SEGMENT_PHASES.get(segment.state, layout.PHASE_NONE)
    hand = data.hand
    if segment.state == BLOCKED and hand is None:
        found[layout.PHASE] = layout.PHASE_NONE
    found[layout.PHASE_SINCE] = since
    if hand is None or segment.state not in (RECEIVING, COMPUTING, SENDING, BLOCKED) or time_ns < hand.waiting:
        return None
    found[layout.WAITING] += hand.received - hand.waiting
    if time_ns < hand.begin:
        return None
    found[layout.RECEIVING] += hand.begin - hand.received
    found[layout.JOB], found[layout.INDEX], found[layout.ITEMS] = hand.job, hand.position, hand.items
    found[layout.CHUNKS_STARTED] += 1
    if hand.end is None or time_ns < hand.end:
        found[layout.PHASE_SINCE] = hand.begin
    else:
        found[layout.COMPUTING] += hand.end - hand.begin
    return hand.job


def _blocked(found: list[int], slots: Sequence[int], track: TrackView, time_ns: int) -> None:
    """Fill in how long the process had waited for others."""
    data = track.data
    moments = np.array([time_ns, track.until_ns], np.int64)
    before = after = 0
    for spans in (data.blocked_running, data.blocked_computing):
        if len(spans.begins):
            covered = spans.covered(moments)
            before, after = before + int(covered[0]), after + int(covered[1])
            index = int(np.searchsorted(spans.begins, time_ns, "right")) - 1
            if index >= 0 and time_ns < spans.begins[index] + spans.sums[index + 1] - spans.sums[index]:
                found[layout.BLOCKED_SINCE] = int(spans.begins[index])
                before -= time_ns - found[layout.BLOCKED_SINCE]
    live = next((s.begin for s in data.segments if s.state == BLOCKED and s.begin <= time_ns < s.end), 0)
    found[layout.BLOCKED_SINCE] = found[layout.BLOCKED_SINCE] or live
    entered = track.entered_ns or track.started_ns
    short = max(0, slots[layout.BLOCKED] - after)
    share = max(0, time_ns - entered) / max(1, track.until_ns - entered)
    found[layout.BLOCKED] = before + round(short * min(1.0, share))


def _grow_evenly(found: list[int], slots: Sequence[int], begin_ns: int, time_ns: int) -> None:
    """Add what the counters grew by since details stopped."""
    last = slots[layout.LAST_SENT]
    share = min(1.0, (time_ns - begin_ns) / (last - begin_ns)) if last > begin_ns else 1.0
    in_hand = slots[layout.CHUNKS_STARTED] - slots[layout.CHUNKS_DONE]
    for slot in (*_SUMS, layout.RECORDS_DROPPED):
        whole = slots[slot] - (in_hand if slot == layout.CHUNKS_STARTED else 0)
        found[slot] = max(0, found[slot] + round((whole - found[slot]) * share))
    if share < 1:
        found[layout.LAST_SENT] = time_ns
        found[layout.PHASE], found[layout.PHASE_SINCE] = layout.PHASE_NONE, time_ns
        found[layout.CHUNKS_STARTED] = found[layout.CHUNKS_DONE]
    else:
        found[layout.LAST_SENT] = last


def job_totals(data: TrackData, done: int, found: Sequence[int]) -> dict[int, JobTotals]:
    """What was done of each job by the first DONE chunks.

    Args:
        data: Of the process.
        done: How many chunks count.
        found: Its counters at that moment.
    """
    totals: dict[int, JobTotals] = {}
    runs = data.job_runs[: int(np.searchsorted(data.job_runs[:, 1], done))]
    if not len(runs):
        return totals
    ends = np.concatenate([runs[1:, 1:], [[done, found[layout.ITEMS_DONE], found[layout.CHUNKS_FAILED]]]])
    last = ends[:, 0] - 1
    sent = data.starts[last] + (data.sums[last + 1] - data.sums[last]).sum(axis=1)
    rows = np.concatenate([ends - runs[:, 1:], sent[:, np.newaxis]], axis=1).tolist()
    for job, row in zip(runs[:, 0].tolist(), rows, strict=True):
        totals[job] = totals.get(job, JobTotals()).plus(JobTotals(*row))
    return totals
