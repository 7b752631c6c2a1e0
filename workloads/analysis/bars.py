"""Processes that recorded nothing: known from the records of whoever started them, from samples, or from both."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..recorder import layout
from .lives import sane
from .spans import FOREVER, NO_SPANS
from .track_data import MEASURED, PHASES, Segment, TrackData, TrackSource
from .tracks import RUNNING, TrackView

if TYPE_CHECKING:
    from ..recording.contents import Contents
    from ..recording.records import Reaped, Started
    from ..recording.samples import SeenProcess

_PATIENCE_NS = 1_000_000_000
"""A process that was just started may still begin to record."""
_NO_TIMES = np.empty(0, np.int64)


class _Bar(NamedTuple):
    """One process without an event file."""

    pid: int
    parent: int | None
    command: str
    started: int
    ended: int | None
    status: int | None


class Bars:
    """Makes a bar for each process of a run that did not record anything, and keeps those that did not change.

    Attributes:
        has_changed: Whether the last look found anything that the one before did not.
    """

    def __init__(self) -> None:
        self.has_changed = False
        self._tracks: dict[_Bar, TrackView] = {}

    def tracks(self, recording: Contents, now_ns: int, *, is_live: bool) -> list[TrackView]:
        """Make them.

        Args:
            recording: Refreshed already.
            now_ns: The time, on the clock of the recording if it is live.
            is_live: Whether the run goes on.
        """
        bars = _bars(recording, now_ns, is_live=is_live)
        before = self._tracks
        self._tracks = {bar: before.get(bar) or _track(recording, bar) for bar in bars}
        self.has_changed = self._tracks.keys() != before.keys()
        return list(self._tracks.values())


def _bars(recording: Contents, now_ns: int, *, is_live: bool) -> list[_Bar]:
    bars = {bar.pid: bar for bar in _started(recording, now_ns, is_live=is_live)}
    known = {pid for pid, _ in recording.starts()}
    for seen in recording.samples.seen():
        if seen.pid not in recording.files and not _is_ours(seen) and (seen.pid in bars or seen.pid not in known):
            bars[seen.pid] = _with_sample(recording, seen, bars.get(seen.pid), is_live=is_live)
    return list(bars.values())


def _started(recording: Contents, now_ns: int, *, is_live: bool) -> list[_Bar]:
    """Processes that a recorded one started."""
    found = []
    for pid, (parent, start) in recording.starts():
        if _is_recorded(recording, pid, start):
            continue
        end = recording.end_after(pid, start.time_ns)
        if end is None and (
            is_live and (start.kind != layout.START_SUBPROCESS or start.time_ns > now_ns - _PATIENCE_NS)
        ):
            continue
        ended = _ended(recording, start, end, is_live=is_live)
        command = parent.text_of(layout.STARTED, pid, 0)
        found.append(_Bar(pid, parent.pid, command, start.time_ns, ended, end.status if end is not None else None))
    return found


def _is_recorded(recording: Contents, pid: int, start: Started) -> bool:
    file = recording.files.get(pid)
    return file is not None and file.created_ns >= start.time_ns


def _ended(recording: Contents, start: Started, end: Reaped | None, *, is_live: bool) -> int | None:
    """When the process was gone; None while it lives."""
    if end is not None:
        return sane(end.time_ns, start.time_ns) or start.time_ns
    if is_live:
        return None
    # Nobody waited for it; the guardian left nothing behind.
    over = recording.end.ended_ns if recording.end is not None else 0
    return max(sane(over, start.time_ns), start.ended_ns, start.time_ns)


def _is_ours(seen: SeenProcess) -> bool:
    """Whether it is the guardian, which is no part of the program."""
    return any(argument.endswith("/guardian.py") for argument in seen.command[:8])


def _with_sample(recording: Contents, seen: SeenProcess, bar: _Bar | None, *, is_live: bool) -> _Bar:
    """Complete what is known of a process by what samples say."""
    command = " ".join(seen.command)
    if bar is not None:
        return bar._replace(command=command or bar.command)
    last = recording.samples.process_times()[-1]
    is_gone = not is_live or seen.last_ns < last
    status = recording.exit_statuses.get(seen.pid)
    return _Bar(seen.pid, seen.parent, command, seen.first_ns, seen.last_ns if is_gone else None, status)


def _track(recording: Contents, bar: _Bar) -> TrackView:
    started = min(max(bar.started, 0), FOREVER)
    ended = None if bar.ended is None else max(bar.ended, started)
    word = bar.command.partition(" ")[0].rpartition("/")[2]
    return TrackView(
        row=0,
        pid=bar.pid,
        created_ns=started,
        parent=bar.parent,
        label=word or "process",
        name=bar.command,
        role="helper",
        function="",
        started_ns=started,
        entered_ns=started,
        exiting_ns=None,
        ended_ns=ended,
        known_until_ns=started if ended is None else ended,
        until_ns=FOREVER if ended is None else ended,
        exit_status=bar.status,
        has_bad_end=bool(bar.status),
        is_recorded=False,
        chunks_done=0,
        chunks_failed=0,
        items_done=0,
        details_until_ns=None,
        data=_no_chunks(recording, Segment(RUNNING, started, FOREVER if ended is None else ended)),
    )


def _no_chunks(recording: Contents, segment: Segment) -> TrackData:
    return TrackData(
        source=TrackSource(recording, None),
        starts=_NO_TIMES,
        sums=np.zeros((1, PHASES), np.int64),
        numbers=np.empty(0, np.uint32),
        checkpoints=np.empty((0, MEASURED + 1), np.int64),
        segments=(segment,),
        gap=0,
        blocked_running=NO_SPANS,
        blocked_computing=NO_SPANS,
        job_runs=np.empty((0, 4), np.int64),
        failures=_NO_TIMES,
        longest_computed=_NO_TIMES,
        longest_waited=_NO_TIMES,
        hand=None,
    )
