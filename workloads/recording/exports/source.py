"""All that the exports say of a recording, worked out once, for whatever holds it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from ...programs import JobState, ProcessLedger, SlowTask

if TYPE_CHECKING:
    from ...analysis.tracks import TimelineView, TrackView
    from ...model import CoresSample
    from ..contents import Contents
    from ..events import EventFile
    from ..samples import Samples

SLOWEST = 10


class Source(NamedTuple):
    """A recording with what follows from it."""

    recording: Contents
    view: TimelineView
    origin_ns: int
    """The moment from which all times of exports count."""
    length_ns: int
    """From there to the end of the run."""
    ledgers: tuple[ProcessLedger, ...]
    jobs: tuple[JobState, ...]
    slowest: tuple[SlowTask, ...]
    cores: tuple[CoresSample, ...]
    error: str | None
    """Why the run failed, in one sentence; None if it did not, or if nobody knows."""
    notes: tuple[str, ...]
    """What a person should know of it, a sentence each."""
    samples: Samples
    sampled_cores: Mapping[int, tuple[list[int], list[int]]]
    """By pid: when it was sampled, and the core it ran on then."""
    files: Mapping[tuple[int, int], EventFile]
    """By pid and time of creation."""
    functions: Mapping[tuple[int, int], str]
    """What was called, by the pool's owner and the job."""

    def file_of(self, track: TrackView) -> EventFile | None:
        """The event file of a process; None if it has none, or is known from samples only."""
        return self.files.get((track.pid, track.created_ns))

    def function_of(self, track: TrackView, job: int) -> str:
        """What the chunks of a job call, as far as it is known; made safe to show."""
        return self.functions.get((track.parent or 0, job)) or track.function

    @property
    def tasks_done(self) -> int:
        """Tasks of all processes, in whatever way they ended."""
        return sum(track.items_done for track in self.view.tracks)


def gather(recording: Contents) -> Source:
    """Work out what the exports need of a recording that was read already."""
    from ...analysis.jobs import jobs_of
    from ...analysis.process_ledger import process_ledgers
    from ...analysis.timeline import Timeline, slowest

    now = recording.end.ended_ns if recording.end is not None else time.perf_counter_ns()
    view = Timeline(recording).refresh(now)
    origin = min([view.begin_ns, *(track.started_ns for track in view.tracks)])
    jobs = jobs_of(recording)
    error, notes = _said(recording)
    samples = _samples(recording)
    return Source(
        recording=recording,
        view=view,
        origin_ns=origin,
        length_ns=max(1, view.end_ns - origin),
        ledgers=process_ledgers(recording, view.end_ns),
        jobs=jobs,
        slowest=tuple(slowest(view, SLOWEST)),
        cores=samples.all_cores(),
        samples=samples,
        sampled_cores=_sampled_cores(samples),
        files={(file.pid, file.created_ns): file for file in recording.all_files},
        error=error,
        notes=notes,
        functions={
            key: function for key, job in recording.jobs.items() if (function := recording.function_of(key[0], job))
        },
    )


def _said(recording: Contents) -> tuple[str | None, tuple[str, ...]]:
    """Why the run failed, and what else is to be known of it."""
    from ...analysis.failure import find_failure, notes

    end = recording.end
    found = list(end.notes) if end is not None else []
    found += [note for note in notes(recording) if note not in found]
    error = end.error if end is not None else None
    if error is None and (end is None or end.state == "failed"):
        error = find_failure(recording)
    return error, tuple(found)


def _sampled_cores(samples: Samples) -> dict[int, tuple[list[int], list[int]]]:
    found: dict[int, tuple[list[int], list[int]]] = {}
    for time_ns in samples.process_times():
        for sample in samples.processes_at(time_ns):
            if sample.cpu_number is not None:
                times, cores = found.setdefault(sample.pid, ([], []))
                times.append(time_ns)
                cores.append(sample.cpu_number)
    return found


def _samples(recording: Contents) -> Samples:
    """What was sampled beside what the processes recorded themselves."""
    from ..samples import Samples

    samples: Samples | None = getattr(recording, "samples", None)
    if samples is None:
        samples = Samples(getattr(recording, "directory", None))
        samples.refresh()
    return samples
