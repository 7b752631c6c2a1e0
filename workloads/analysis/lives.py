"""The life of a process on the timeline: what it did around its chunks, from its counters and what its parents saw.

A life is cut where `process_ledger` cuts it. A worker of a pool or of an executor::

    started   entered                                  last result     told to stop          gone
      | starting | chunks; between them: waiting           |  idle  *       |    stopping    |

Any other process (the program, a `Process` with a target of its own, a fork, a program that it started)::

    started   entered                                             exiting                   gone
      | starting | running, or chunks of its own                     |      stopping       |

``*`` waiting instead, as long as results are missing that it may still be given a task for; or the chunk in hand. Where
details stopped at the cap, nothing is known from the last chunk with details to the last result.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..recorder import layout
from ..recording.states import has_chunk
from .spans import FOREVER
from .track_data import COMPUTE, RECEIVE, WAIT, Hand, Segment
from .tracks import BLOCKED, COMPUTING, IDLE, NONE, RECEIVING, RUNNING, SENDING, STARTING, STOPPING, WAITING

if TYPE_CHECKING:
    from ..model import ProcessRole
    from ..recording.contents import Contents
    from ..recording.events import EventFile

_LONG_AGO = 10 * 365 * 86_400 * 1_000_000_000
"""Nothing that a process recorded is further than this from when it was started."""


class Surroundings(NamedTuple):
    """What is known beside the file of a process itself."""

    started: int
    gone: int | None
    """None while it lives."""
    terminated: int
    """When its pool was terminated last before it was gone; 0 if none was."""
    is_missing: bool
    """Whether results are missing that it may still be given a task for."""


class Life(NamedTuple):
    """A life, cut into segments."""

    entered: int | None
    told: int | None
    until: int
    """When it was gone, or `FOREVER`."""
    segments: tuple[Segment, ...]
    gap: int
    """Index of the segment in which its chunks lie."""
    details_until: int | None
    hand: Hand | None


class Details(NamedTuple):
    """What its chunks with details say, up to the same moment."""

    chunks: int = 0
    first: int = 0
    """When the first one began; 0 without chunks."""
    last: int = 0
    """When the last result was sent; 0 without chunks."""
    totals: Sequence[int] = (0, 0, 0, 0)
    """Of the four phases."""


def sane(moment: int, created: int) -> int:
    """Return MOMENT unless it is nonsense, in which case it is unknown: 0."""
    return moment if 0 < moment < FOREVER and abs(moment - created) < _LONG_AGO else 0


def surroundings(recording: Contents, file: EventFile, *, is_missing: bool) -> Surroundings:
    """Collect what parents and others know of a process.

    Args:
        recording: Refreshed already.
        file: Of the process.
        is_missing: Whether results are missing that it may still be given a task for.
    """
    created = min(max(file.created_ns, 0), FOREVER)
    start = recording.started(file)
    started = sane(start.time_ns, created) if start is not None else 0
    if file is recording.runner and recording.is_program and recording.meta is not None:
        started = started or sane(recording.meta.begun_ns, created)
    begun = min(started or created, created)
    gone = _gone(recording, file, created)
    terminated = 0
    if gone is not None:
        times = [
            event.time_ns
            for event in recording.pool_events(*recording.pool_of(file))
            if event.kind == layout.POOL_TERMINATED
        ]
        # It may have been started before and have come into being after that.
        terminated = max((time for time in times if begun < time <= gone), default=0)
    return Surroundings(begun, gone, terminated, is_missing)


def _gone(recording: Contents, file: EventFile, created: int) -> int | None:
    """When the process was gone, as well as anybody knows; None while it lives."""
    if recording.reaped(file) is not None:
        return sane(recording.left_ns(file) or 0, created) or created
    exiting = sane(file.slots[layout.EXITING], created)
    end = sane(recording.end.ended_ns, created) if recording.end is not None else 0
    if file is recording.runner and exiting and end:
        # Nobody but the guardian waits for the program itself, and it ends the recording when nothing is left.
        others = [recording.end_ns(other) for other in recording.all_files if other is not file]
        if all(moment is not None and moment <= exiting for moment in others):
            return max(exiting, end)
    return sane(recording.gone_ns(file) or 0, created) or exiting or end or None


def life_of(file: EventFile, around: Surroundings, details: Details, role: ProcessRole) -> Life:
    """Cut a life into segments.

    Args:
        file: Of the process.
        around: What others know of it.
        details: What its chunks say.
        role: Of the process; a worker's time without a task is a time without work.
    """
    is_worker = role == "worker"
    slots, created = file.slots, min(max(file.created_ns, 0), FOREVER)
    started = around.started
    until = FOREVER if around.gone is None else max(around.gone, started, details.last)
    entered = _entered(slots, created, started, until, role)
    if details.chunks and (entered is None or entered > details.first):
        entered = details.first
    told = _told(slots, around, entered, created, is_worker=is_worker)
    if told is not None:
        told = min(max(told, entered or started, details.last), until)
    if entered is None:
        ready = until if told is None else told
        found = [Segment(STARTING, started, ready), Segment(STOPPING, ready, until)]
        return Life(None, told, until, _not_empty(found), 0, None, None)
    head = Segment(STARTING, started, entered)
    gap = WAITING if is_worker else RUNNING
    tail, details_until, hand = _tail(file, around, details, (entered, until if told is None else told), gap)
    found = [head, Segment(gap, entered, max(entered, details.last)), *tail]
    if told is not None:
        found.append(Segment(STOPPING, told, until))
    found = _split(found, min(sane(slots[layout.BLOCKED_SINCE], created), until))
    # The segment with the chunks stays even where it is empty.
    kept = tuple(segment for index, segment in enumerate(found) if index == 1 or segment.end > segment.begin)
    return Life(entered, told, until, kept, kept.index(found[1]), details_until, hand)


def _split(segments: Sequence[Segment], since: int) -> list[Segment]:
    """Let the process be blocked from SINCE on, in whatever it was about to do; 0 for never."""
    found = []
    for index, segment in enumerate(segments):
        if index > 1 and since and since < segment.end and segment.state in (RUNNING, COMPUTING):
            found += [
                segment._replace(end=max(since, segment.begin)),
                Segment(BLOCKED, max(since, segment.begin), segment.end),
            ]
        else:
            found.append(segment)
    return found


def _not_empty(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    return tuple(segment for segment in segments if segment.end > segment.begin) or (segments[0],)


def _entered(slots: Sequence[int], created: int, started: int, until: int, role: ProcessRole) -> int | None:
    """When the process was ready for work; None if it never was."""
    entered = sane(slots[layout.ENTERED], created)
    if not entered and role in ("worker", "child"):
        entered = sane(slots[layout.FIRST_RECEIVED], created)
        if not entered:
            return None
    return min(max(entered or created, started), until)


def _told(
    slots: Sequence[int], around: Surroundings, entered: int | None, created: int, *, is_worker: bool
) -> int | None:
    """When the process was told to stop, or left by itself; None if neither."""
    exiting = sane(slots[layout.EXITING], created)
    moments = [exiting] if exiting else []
    if is_worker and entered is not None:
        since = sane(slots[layout.PHASE_SINCE], created)
        if slots[layout.PHASE] == layout.PHASE_NONE and since > entered:
            moments.append(since)
        elif not moments and around.terminated > entered:
            moments.append(around.terminated)
    return min(moments, default=None)


def _tail(
    file: EventFile, around: Surroundings, details: Details, limits: tuple[int, int], gap: int
) -> tuple[list[Segment], int | None, Hand | None]:
    """What the process did from its last chunk with details to the end of LIMITS."""
    slots, created = file.slots, min(max(file.created_ns, 0), FOREVER)
    begin, end = max(limits[0], details.last), limits[1]
    found: list[Segment] = []
    details_until = None
    # Not before the first record is known to be lost: counters and records are never read at the very same moment.
    is_cut = slots[layout.RECORDS_DROPPED] > 0 and slots[layout.CHUNKS_DONE] > details.chunks
    if is_cut:
        details_until = begin
        sent = min(max(sane(slots[layout.LAST_SENT], created), begin), end)
        found.append(Segment(NONE, begin, sent))
        begin = sent
    since = sane(slots[layout.PHASE_SINCE], created)
    phase = slots[layout.PHASE] if since >= begin else layout.PHASE_WAITING
    if has_chunk(file, has_ended=around.gone is not None) and phase in _IN_HAND and since <= end:
        waited = _in_hand(slots, None if is_cut else details, begin, since, is_worker=gap == WAITING)
        found += [
            Segment(gap, begin, waited[0]),
            Segment(RECEIVING, waited[0], waited[1]),
            Segment(COMPUTING, waited[1], waited[2] if phase == layout.PHASE_RETURNING else end),
        ]
        if phase == layout.PHASE_RECEIVING:
            found[-2:] = [Segment(RECEIVING, waited[0], end)]
            return found, details_until, None
        if phase == layout.PHASE_RETURNING:
            found.append(Segment(SENDING, waited[2], end))
        computed = waited[2] if phase == layout.PHASE_RETURNING else None
        hand = Hand(slots[layout.JOB], slots[layout.INDEX], slots[layout.ITEMS], begin, *waited[:2], computed)
        return found, details_until, hand
    is_over = around.gone is not None or end < FOREVER
    rest = gap if gap == RUNNING or (around.is_missing and not is_over) else IDLE
    return [*found, Segment(rest, begin, end)], details_until, None


_IN_HAND = (layout.PHASE_RECEIVING, layout.PHASE_COMPUTING, layout.PHASE_RETURNING)


def _in_hand(
    slots: Sequence[int], details: Details | None, begin: int, since: int, *, is_worker: bool
) -> tuple[int, int, int]:
    """When the chunk in hand was there, when its computation began and when it ended (or this phase began).

    A worker's counters of waiting and receiving were brought up to date when it began to compute, so they are ahead of
    those of the chunks before by what this one took.
    """
    phase = slots[layout.PHASE]
    if phase == layout.PHASE_RECEIVING:
        return since, since, since
    received = begun = since
    if details is not None and is_worker:
        receiving = slots[layout.RECEIVING] - int(details.totals[RECEIVE])
        if phase == layout.PHASE_COMPUTING:
            received = since - receiving
        else:
            received = begin + slots[layout.WAITING] - int(details.totals[WAIT])
            begun = received + receiving
    elif details is not None and phase == layout.PHASE_RETURNING:
        received = begun = since - (slots[layout.COMPUTING] - int(details.totals[COMPUTE]))
    received = min(max(received, begin), since)
    return received, min(max(begun, received), since), since
