"""What one recording says of any moment: its timeline, and every panel's figures as they were then.

Used by the bridge's thread alone. NumPy is imported with the first look at the timeline, not before.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from poolscope.workloads.analysis.timeline import Timeline, TimelineView
    from poolscope.workloads.model import CoresSample, ProcessSample
    from poolscope.workloads.programs import ProcessLedger, SlowTask
    from poolscope.workloads.recording.contents import Contents

SLOWEST = 10
"""Tasks that are named."""
SLOW = 100
"""Tasks among which those until a moment are looked for."""
CORES_KEPT = 240
"""Samples of the cores before a moment."""
SAMPLES_END = 1 << 62
"""A moment after every sample."""
SHARE = 0.01
"""Of one core, that looking at a run may take while it goes on."""
LEAST_PAUSE, MOST_PAUSE = 0.5, 5.0
"""Seconds between two looks at a run that goes on."""


class Past(NamedTuple):
    """What the recording says of a moment."""

    moment: Contents
    cores: CoresSample | None
    cores_before: tuple[CoresSample, ...]
    """Samples of the cores until then, oldest first."""
    samples: dict[int, ProcessSample]
    ledgers: tuple[ProcessLedger, ...]
    slowest: tuple[SlowTask, ...]


class History:
    """Follows one recording.

    Args:
        recording: Live or saved.
    """

    def __init__(self, recording: Contents) -> None:
        self.recording = recording
        self.view: TimelineView | None = None
        """As of the last look; None before the first one."""
        self.ledgers: tuple[ProcessLedger, ...] = ()
        self._slow: tuple[SlowTask, ...] = ()
        self._timeline: Timeline | None = None
        self._due = 0.0
        self._is_closed = False
        self._version: int | None = None
        self._past: tuple[int, int | None, Past] | None = None

    @property
    def slowest(self) -> tuple[SlowTask, ...]:
        """The slowest tasks as of the last look."""
        return self._slow[:SLOWEST]

    def look(self, now_ns: int, *, is_closed: bool, at_once: bool = False) -> None:
        """Take in what is new, if that is due.

        Args:
            now_ns: The present, for what goes on.
            is_closed: Whether nothing more will come, so that one look more is enough.
            at_once: Whether or not it is due.
        """
        begun = time.monotonic()
        if self._is_closed or not (is_closed or at_once or begun >= self._due):
            return
        self._is_closed = is_closed
        if self._timeline is None:
            from poolscope.workloads.analysis.timeline import Timeline

            self._timeline = Timeline(self.recording)
            begun = time.monotonic()  # the import comes once and is no measure
        from poolscope.workloads.analysis.process_ledger import process_ledgers
        from poolscope.workloads.analysis.timeline import slowest

        self.view = self._timeline.refresh(now_ns)
        self.ledgers = process_ledgers(self.recording, self.view.end_ns)
        if self.view.version != self._version:
            self._version = self.view.version
            self._slow = tuple(slowest(self.view, SLOW))
        cost = time.monotonic() - begun
        self._due = time.monotonic() + min(MOST_PAUSE, max(LEAST_PAUSE, cost / SHARE))

    def at(self, time_ns: int) -> Past | None:
        """Say how everything stood at TIME_NS; None before the first look."""
        if self.view is None:
            return None
        if self._past is None or self._past[:2] != (time_ns, self._version):
            self._past = (time_ns, self._version, self._at(self.view, time_ns))
        return self._past[2]

    def _at(self, view: TimelineView, time_ns: int) -> Past:
        from poolscope.workloads.analysis.process_ledger import process_ledgers
        from poolscope.workloads.recording.moment import RecordingAt

        samples = self.recording.samples
        samples.refresh()
        is_end = self._is_closed and time_ns >= view.end_ns
        moment = self.recording if is_end else RecordingAt(self.recording, view, time_ns)
        # The last look at the cores came when all had ended.
        until = SAMPLES_END if is_end else time_ns
        cores = samples.cores_between(view.begin_ns, until)[-CORES_KEPT:]
        return Past(
            moment=moment,
            cores=samples.cores_at(until),
            cores_before=cores,
            samples={sample.pid: sample for sample in samples.processes_at(time_ns)},
            ledgers=self.ledgers if is_end else process_ledgers(moment, time_ns),
            slowest=tuple(task for task in self._slow if task.end_ns <= time_ns)[:SLOWEST],
        )

    def event_near(self, time_ns: int, direction: int) -> int:
        """When the next thing after TIME_NS happened (1), or the last one before it (-1); the end if there is none."""
        view = self.view
        if view is None:
            return time_ns
        from poolscope.workloads.analysis.timeline import nearest_event

        event = nearest_event(view, time_ns, forward=direction > 0)
        if event is None:
            return view.end_ns if direction > 0 else view.begin_ns
        return event.time_ns
