"""Makes the track of one process and keeps it up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..recorder import layout
from ..recording.chunks import blocks_since
from ..recording.states import process_state
from .blocking import BlockedStore
from .lives import Details, Surroundings, life_of, sane
from .spans import FOREVER, NO_SPANS
from .track_data import ChunkStore, TrackData, TrackSource
from .tracks import TrackView

if TYPE_CHECKING:
    from ..recording.contents import Contents
    from ..recording.events import EventFile
    from .lives import Life

_SLACK_NS = 1_000_000_000
"""Records may be this much younger than the time at which their counters were read."""
_DAY_NS = 86_400 * 1_000_000_000


class TrackMaker:
    """Makes the track of one recorded process.

    Args:
        recording: Whose process it is.
        file: Of the process.

    Attributes:
        track: As of the last refresh; its row and its end are left to the view.
    """

    track: TrackView

    def __init__(self, recording: Contents, file: EventFile) -> None:
        self._recording = recording
        self._file = file
        self._source = TrackSource(recording, file)
        self._created = min(max(file.created_ns, 0), FOREVER)
        self._chunks = ChunkStore(self._created)
        self._blocked = BlockedStore()
        self._next = 0
        self._is_complete = False
        self._known: object = None

    def refresh(self, around: Surroundings, now_ns: int, *, is_live: bool) -> bool:
        """Bring the track up to date.

        Args:
            around: What others know of the process.
            now_ns: The time, on the clock of the recording if it is live.
            is_live: Whether the run goes on.

        Returns:
            Whether anything but the time changed.
        """
        file = self._file
        known = (file.slots, around, self._recording.label(file), self._recording.exit_status(file), len(file.life))
        if known == self._known and self._has_all():
            return False
        self._known = known
        self._read(around, now_ns if is_live else 0)
        self.track = self._make(around)
        return True

    def _has_all(self) -> bool:
        return self._is_complete or (
            not self._file.is_finished and self._next >= self._file.slots[layout.RECORDS_WRITTEN]
        )

    def _read(self, around: Surroundings, now_ns: int) -> None:
        """Take in new records."""
        file = self._file
        if self._has_all():
            return
        is_last, created = file.is_finished, self._created
        times = (now_ns, around.gone or 0, *(file.slots[slot] for slot in _TIMES))
        most = max((sane(time, created) for time in times), default=0) or created + _DAY_NS
        least, most = max(created - _DAY_NS, 0), min(most + _SLACK_NS, FOREVER)
        for new in blocks_since(file, self._next):
            self._next = new.next
            self._chunks.take(new.chunks, least, most)
            self._blocked.take(new.blocked, least, most)
        self._is_complete = is_last

    def _make(self, around: Surroundings) -> TrackView:
        file, recording, chunks = self._file, self._recording, self._chunks
        state = process_state(recording, file)
        slots = file.slots
        first = int(chunks.starts.values[0]) if chunks.count else 0
        details = Details(chunks.count, first, chunks.last, tuple(chunks.totals.tolist()))
        life = life_of(file, around, details, state.role)
        ended = None if around.gone is None else life.until
        status = state.exit_status
        return TrackView(
            row=0,
            pid=file.pid,
            created_ns=file.created_ns,
            parent=state.parent,
            label=state.label,
            name=state.name,
            role=state.role,
            function=file.function,
            started_ns=around.started,
            entered_ns=life.entered,
            exiting_ns=life.told,
            ended_ns=ended,
            known_until_ns=max(chunks.last, around.started, life.told or 0, life.entered or 0),
            until_ns=life.until,
            exit_status=status,
            has_bad_end=bool(status) and not (status < 0 and around.terminated and around.terminated <= life.until)
            if status is not None
            else False,
            is_recorded=True,
            chunks_done=max(0, slots[layout.CHUNKS_DONE]),
            chunks_failed=max(0, slots[layout.CHUNKS_FAILED]),
            items_done=max(0, slots[layout.ITEMS_DONE]),
            details_until_ns=life.details_until,
            data=self._data(life),
        )

    def _data(self, life: Life) -> TrackData:
        chunks = self._chunks
        data = TrackData(
            source=self._source,
            starts=chunks.starts.values,
            sums=chunks.sums.values,
            numbers=chunks.numbers.values,
            checkpoints=chunks.checkpoints.values,
            segments=life.segments,
            gap=life.gap,
            blocked_running=NO_SPANS,
            blocked_computing=NO_SPANS,
            job_runs=chunks.job_runs.values,
            failures=chunks.failures.values,
            longest_computed=chunks.longest_computed,
            longest_waited=chunks.longest_waited,
            hand=life.hand,
        )
        return self._blocked.added_to(data)


_TIMES = (layout.LAST_SENT, layout.PHASE_SINCE, layout.EXITING, layout.LAST_RESULT, layout.ENTERED)
