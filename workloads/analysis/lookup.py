"""Answers about single stretches and moments of a timeline: what was at a place, what comes next, what took longest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..programs import SlowTask
from ..recorder import layout
from ..recording.chunks import CHUNK
from .aggregate import PHASE_STATES
from .track_data import COMPUTE, MOST_RANKED, WAIT, TrackData
from .tracks import (
    BLOCKED,
    COMPUTING,
    IDLE,
    RECEIVING,
    RUNNING,
    SENDING,
    STATES,
    WAITING,
    ChunkView,
    IdleStretch,
    Moment,
    MomentKind,
    Stretch,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .spans import Spans
    from .tracks import TimelineView, TrackState, TrackView

MOST = MOST_RANKED
"""More of the slowest tasks or longest waits than this are not found."""
_NO_CORE = 0xFFFF
_UNKNOWN = dict.fromkeys(CHUNK.names or (), 0) | {"cpu": _NO_CORE}
"""The record of a chunk that cannot be read any more."""


def stretch_at(track: TrackView, time_ns: int) -> Stretch | None:
    """Say what a process did at a moment, and on which chunk; None before it was started and after it was gone.

    A computation that was interrupted by waiting for others counts as one stretch beside the times in which it waited.
    """
    data = track.data
    if not data.segments[0].begin <= time_ns <= track.until_ns or (time_ns == track.until_ns and track.ended_ns):
        return None
    index = int(np.searchsorted(data.starts, time_ns, "right")) - 1
    found = _in_chunk(track, index, time_ns) if index >= 0 else None
    if found is None:
        found = _in_segment(track, index, time_ns)
    for state, spans in ((RUNNING, data.blocked_running), (COMPUTING, data.blocked_computing)):
        if found.state == STATES[state]:
            found = _blocked(found, spans, time_ns, track.until_ns)
    return found


def _in_chunk(track: TrackView, index: int, time_ns: int) -> Stretch | None:
    """The phase of a chunk; None if the moment is behind it."""
    data = track.data
    begin = int(data.starts[index])
    for phase, length in enumerate((data.sums[index + 1] - data.sums[index]).tolist()):
        if time_ns < begin + length:
            state = STATES[PHASE_STATES[phase]]
            return Stretch(track.pid, state, begin, begin + length, is_open=False, chunk=chunk_view(track, index))
        begin += length
    return None


def _in_segment(track: TrackView, index: int, time_ns: int) -> Stretch:
    """What the process did around its chunks, INDEX being the last one before that moment."""
    data = track.data
    number = next(
        (n for n, segment in enumerate(data.segments) if segment.begin <= time_ns < segment.end),
        len(data.segments) - 1,
    )
    segment = data.segments[number]
    begin, end = segment.begin, segment.end
    if number == data.gap and data.size:
        if index >= 0:
            begin = int(data.starts[index] + (data.sums[index + 1] - data.sums[index]).sum())
        if index + 1 < data.size:
            end = int(data.starts[index + 1])
    is_open = track.ended_ns is None and end >= track.until_ns
    chunk = None
    if data.hand is not None and number > data.gap and segment.state in (RECEIVING, COMPUTING, SENDING, BLOCKED):
        chunk = _in_hand(track)
    return Stretch(track.pid, STATES[segment.state], begin, min(end, track.until_ns), is_open, chunk)


def _blocked(found: Stretch, spans: Spans, time_ns: int, until_ns: int) -> Stretch:
    """The time in which the process was blocked at that moment, if it was."""
    index = int(np.searchsorted(spans.begins, time_ns, "right")) - 1
    if index < 0:
        return found
    begin = int(spans.begins[index])
    end = begin + int(spans.sums[index + 1] - spans.sums[index])
    if time_ns >= end and not (found.is_open and end >= until_ns):
        return found
    is_open = found.is_open and end >= until_ns
    return found._replace(state=STATES[BLOCKED], begin_ns=begin, end_ns=min(end, until_ns), is_open=is_open)


def chunk_view(track: TrackView, index: int) -> ChunkView:
    """Describe a chunk in full, from the sums and from its record."""
    data = track.data
    times = [int(data.starts[index])]
    for length in (data.sums[index + 1] - data.sums[index]).tolist():
        times.append(times[-1] + length)
    found = data.source.record(int(data.numbers[index]))
    record = {name: int(found[name][0]) for name in CHUNK.names or ()} if found is not None else _UNKNOWN
    job, position = record["job"], record["index"]
    known = data.source.job(job)
    return ChunkView(
        number=index,
        function=data.source.function(job) or track.function,
        job=job,
        position=position,
        chunks=known.chunks if known is not None else 0,
        items=record["items"],
        waiting_from_ns=times[0],
        received_ns=times[1],
        begin_ns=times[2],
        end_ns=times[3],
        sent_ns=times[4],
        pickled_ns=min(max(record["pickled"], times[3]), times[4]) if found is not None else None,
        bytes_in=record["bytes_in"] if found is not None else None,
        bytes_out=record["bytes_out"] if found is not None else None,
        cpu_ns=record["cpu_us"] * 1000 or None,
        core=record["cpu"] if record["cpu"] != _NO_CORE else data.source.core_between(track.pid, times[2], times[3]),
        is_failed=bool(record["flags"] & layout.FLAG_FAILED),
        arguments=data.source.arguments(job, position),
    )


def _in_hand(track: TrackView) -> ChunkView:
    data = track.data
    assert data.hand is not None  # noqa: S101 - asked before
    hand = data.hand
    known = data.source.job(hand.job)
    return ChunkView(
        number=None,
        function=data.source.function(hand.job) or track.function,
        job=hand.job,
        position=hand.position,
        chunks=known.chunks if known is not None else 0,
        items=hand.items,
        waiting_from_ns=hand.waiting,
        received_ns=hand.received,
        begin_ns=hand.begin,
        end_ns=hand.end,
        sent_ns=None,
        pickled_ns=None,
        bytes_in=None,
        bytes_out=None,
        cpu_ns=None,
        core=data.source.core_between(track.pid, hand.begin, track.until_ns),
        is_failed=False,
        arguments="",
    )


# Moments


def next_failure(view: TimelineView, time_ns: int, *, forward: bool = True) -> Moment | None:
    """Find the next failed task or bad end of a process after TIME_NS, or the last one before it; None without one."""
    found = []
    for track in view.tracks:
        moment = _neighbour(track.data.failures, time_ns, forward=forward)
        if moment is not None:
            found.append(Moment(moment, track.row, track.pid, "failed"))
        if track.has_bad_end and track.ended_ns is not None:
            found.append(Moment(track.ended_ns, track.row, track.pid, "killed"))
    return _nearest(found, time_ns, forward=forward)


def nearest_event(view: TimelineView, time_ns: int, *, forward: bool = True) -> Moment | None:
    """Find the next thing that happened after TIME_NS, or the last one before it; None without one."""
    found = [moment for track in view.tracks for moment in _moments(track, time_ns, forward=forward)]
    return _nearest(found, time_ns, forward=forward)


def _nearest(moments: list[Moment], time_ns: int, *, forward: bool) -> Moment | None:
    if forward:
        return min((moment for moment in moments if moment.time_ns > time_ns), default=None)
    return max((moment for moment in moments if moment.time_ns < time_ns), default=None, key=lambda m: m.time_ns)


def _neighbour(times: NDArray[np.int64], time_ns: int, *, forward: bool) -> int | None:
    """The next one of TIMES, or the one before."""
    index = int(np.searchsorted(times, time_ns, "right" if forward else "left")) - (not forward)
    return int(times[index]) if 0 <= index < len(times) else None


def _moments(track: TrackView, time_ns: int, *, forward: bool) -> Iterator[Moment]:
    """What happened on a track closest to a moment, and perhaps more."""
    data, row, pid = track.data, track.row, track.pid
    lives: tuple[tuple[int | None, MomentKind], ...] = (
        (track.started_ns, "started"),
        (track.entered_ns, "entered"),
        (track.exiting_ns, "told"),
        (track.ended_ns, "killed" if track.has_bad_end else "ended"),
    )
    for moment, kind in lives:
        if moment is not None:
            yield Moment(moment, row, pid, kind)
    if data.size:
        at = int(np.searchsorted(data.starts, time_ns, "right")) - 1
        for index in range(max(at - 1, 0), min(at + 2, data.size)):
            ends = (data.starts[index] + np.cumsum(data.sums[index + 1] - data.sums[index])).tolist()
            failure = _neighbour(data.failures, ends[2] - 1, forward=True)
            yield Moment(ends[1], row, pid, "chunk")
            yield Moment(ends[3], row, pid, "sent")
            if failure is not None and failure == ends[2]:
                yield Moment(failure, row, pid, "failed")
    if data.hand is not None:
        yield Moment(data.hand.begin, row, pid, "chunk")
    for spans in (data.blocked_running, data.blocked_computing):
        blocked = _neighbour(spans.begins, time_ns, forward=forward)
        if blocked is not None:
            yield Moment(blocked, row, pid, "blocked")


# What took longest


def slowest(view: TimelineView, count: int = 10, until_ns: int | None = None) -> list[SlowTask]:
    """The chunks that computed longest, longest first.

    Args:
        view: Of the whole run.
        count: How many at most, `MOST` at most.
        until_ns: Only those whose computation had ended by then; None for all.
    """
    found = [(row, index) for _, _, row, index in _longest_of(view.tracks, COMPUTE, min(count, MOST), until_ns)]
    # A saved recording is decoded in blocks, of which it keeps those that were read last.
    tasks = {place: _slow_task(view.tracks[place[0]], place[1]) for place in sorted(found, reverse=True)}
    return [tasks[place] for place in found]


def _longest_of(
    tracks: Iterable[TrackView], phase: int, count: int, until_ns: int | None
) -> list[tuple[int, int, int, int]]:
    """The chunks that were longest in a phase: length with the sign turned, begin, row and index, sorted."""
    found: list[tuple[int, int, int, int]] = []
    least = 0
    for track in tracks:
        data = track.data
        index, lengths = _longest(data, phase, until_ns)
        if len(index) > count:
            kept = np.argpartition(lengths, -count)[-count:]
            index, lengths = index[kept], lengths[kept]
        matters = lengths > least
        if not matters.any():
            continue
        index, lengths = index[matters], lengths[matters]
        begins = data.starts[index].tolist()
        found += zip((-lengths).tolist(), begins, [track.row] * len(index), index.tolist(), strict=True)
        if len(found) > 8 * count:
            found = sorted(found)[:count]
            least = -found[-1][0] - 1
    return sorted(found)[:count]


def _longest(data: TrackData, phase: int, until_ns: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indexes and lengths of the chunks of a process that were longest in a phase, in no order."""
    index = data.longest_computed if phase == COMPUTE else data.longest_waited
    if until_ns is not None and data.size and data.starts[-1] > until_ns:
        last = int(np.searchsorted(data.starts, until_ns, "right"))
        index = index[index < last] if len(index) < MOST else _longest_before(data, phase, last)
    lengths = data.sums[index + 1, phase] - data.sums[index, phase]
    if until_ns is not None and len(index):
        ends = data.starts[index] + (data.sums[index + 1] - data.sums[index])[:, : phase + 1].sum(axis=1)
        index, lengths = index[ends <= until_ns], lengths[ends <= until_ns]
    return index, lengths


def _longest_before(data: TrackData, phase: int, last: int) -> NDArray[np.int64]:
    lengths = np.diff(data.sums[: last + 1, phase])
    if last <= MOST:
        return np.flatnonzero(lengths > 0)
    # One more than wanted: the last one of all may not have come to its end yet.
    return np.argpartition(lengths, -min(MOST + 1, last))[-min(MOST + 1, last) :]


def _slow_task(track: TrackView, index: int) -> SlowTask:
    chunk = chunk_view(track, index)
    return SlowTask(
        pid=track.pid,
        label=track.label,
        function=chunk.function,
        job=chunk.job,
        position=chunk.position,
        items=chunk.items,
        begin_ns=chunk.begin_ns,
        end_ns=chunk.end_ns or chunk.begin_ns,
        cpu_ns=chunk.cpu_ns,
        bytes_in=chunk.bytes_in or 0,
        bytes_out=chunk.bytes_out or 0,
        is_failed=chunk.is_failed,
        arguments=chunk.arguments,
    )


def longest_idle(view: TimelineView, count: int = 10) -> list[IdleStretch]:
    """The longest times in which a worker had no work, longest first; COUNT of them at most, and `MOST` at most."""
    workers = [track for track in view.tracks if track.is_worker]
    count = min(count, MOST)
    found: list[tuple[int, int, int, TrackState]] = [
        (length, begin, row, "waiting") for length, begin, row, _ in _longest_of(workers, WAIT, count, None)
    ]
    for track in workers:
        for number, segment in enumerate(track.data.segments):
            if segment.state in (WAITING, IDLE) and (number != track.data.gap or not track.data.size):
                length = min(segment.end, track.until_ns) - segment.begin
                found.append((-length, segment.begin, track.row, STATES[segment.state]))
    found.sort()
    return [
        IdleStretch(row, view.tracks[row].pid, view.tracks[row].label, state, begin, begin - length)
        for length, begin, row, state in found[:count]
        if length < 0
    ]
