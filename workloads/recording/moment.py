"""One moment in the past of a recording, with the interface of the recording itself.

Whatever describes a run (its processes, ledgers, jobs, failures) describes that moment when it is given this instead,
and knows nothing of the difference. The counters that a process had then follow from its chunks, whose sums up to any
moment are known: they are exact, as the records are. Three things were counted and not recorded one by one, and are
worked out:

- what the owner of a pool spent on sending tasks and taking in results, and the bytes of that, is shared out over the
  results that its workers had sent by then;
- the waits for others that were too short for a record of their own are spread evenly over the life of the process;
- where the details of a worker stopped at their cap, its counters grow evenly from there to the last result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..analysis.past import Then, job_totals, then
from ..recorder import layout
from .contents import Contents
from .events import EventFile
from .records import JobKey, JobSubmitted, JobTotals

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ..analysis.tracks import TimelineView, TrackView
    from .recorded_log import Output
    from .samples import Samples

_SENT = (layout.SENDING, layout.SENT_BYTES)
_TAKEN_IN = (layout.RESULTS_RECEIVED, layout.UNPICKLING, layout.RESULT_BYTES)


class FileAt(EventFile):
    """The event file of a process as it was at one moment.

    Args:
        file: As it is.
        track: Of the process.
        time_ns: The moment.

    Attributes:
        track: Of the process, as far as it is known.
        then: Its counters at the moment, and how many of its chunks were done.
    """

    def __init__(self, file: EventFile, track: TrackView, time_ns: int) -> None:
        super().__init__(file.path)
        self._whole = file
        self.track = track
        self.then: Then = then(track, file.slots, time_ns)
        self.last_slots = file.slots
        self.slots = tuple(self.then.slots)
        self.is_ready = True
        self.life = [record for record in file.life if record.time_ns <= time_ns]
        self._is_finished = True
        data = track.data
        done = self.then.done
        self._records = int(data.numbers[done]) if done < data.size else None
        """How many of its records there were; None for all."""

    @property
    def name(self) -> str:
        """The multiprocessing name of the process."""
        return self._whole.name

    @property
    def function(self) -> str:
        """Qualified name of the function in hand or last called, by the job of the chunk; "" if unknown."""
        job = self.then.job
        return (self.track.data.source.function(job) if job is not None else "") or self._whole.function

    @property
    def error(self) -> str:
        """The exception that ended the process; "" before that."""
        has_ended = self.slots[layout.EXITING] or self._records is None
        return self._whole.error if has_ended else ""

    def refresh(self) -> bool:
        """There is never anything new."""
        return False

    def finish(self) -> None:
        """It was read to its end."""

    def close(self) -> None:
        """The file itself is what is open."""

    def read_records(self, first: int, count: int) -> bytes:
        """Read records by their numbers, of those that there were; never raises."""
        if self._records is not None:
            count = min(count, self._records - first)
        return self._whole.read_records(first, count) if count > 0 else b""

    def text_of(self, kind: int, a: int, b: int) -> str:
        """The text that names the record of KIND with the numbers A and B; "" if there is none."""
        return self._whole.text_of(kind, a, b)

    def share_out(self, done: int, of: int, submitted: int | None) -> None:
        """Work out what this owner of pools had sent and taken in.

        Args:
            done: Results that its workers had sent.
            of: Results that they sent in all.
            submitted: Chunks that it had given to its pools; None where that is not known.
        """
        slots, last = list(self.slots), self.last_slots
        for slot in _TAKEN_IN:
            slots[slot] = last[slot] * min(done, of) // max(of, 1)
        whole = last[layout.CHUNKS_SENT]
        sent = whole if submitted is None else min(whole, max(submitted, slots[layout.RESULTS_RECEIVED]))
        slots[layout.CHUNKS_SENT] = sent
        for slot in _SENT:
            slots[slot] = last[slot] * sent // max(whole, 1)
        self.slots = tuple(slots)

    def set_last_result(self, time_ns: int) -> None:
        """Say when the last result had come in: about when it was sent."""
        slots = list(self.slots)
        slots[layout.LAST_RESULT] = min(slots[layout.LAST_RESULT], time_ns)
        self.slots = tuple(slots)


class RecordingAt(Contents):
    """What the recording would have said at one moment. Never changes.

    Args:
        recording: The whole one; not changed by this.
        view: Of the same recording.
        time_ns: The moment, on the clock of the recording.

    Attributes:
        time_ns: The moment.
    """

    def __init__(self, recording: Contents, view: TimelineView, time_ns: int) -> None:
        super().__init__()
        self.time_ns = time_ns
        self.directory = recording.directory
        self.meta = recording.meta
        self._whole = recording
        is_over = recording.is_closed and time_ns >= view.end_ns
        if recording.end is not None and (is_over or recording.end.ended_ns <= time_ns):
            self.end = recording.end
        self._then: list[FileAt] = []
        names: dict[EventFile, str] = {}
        tracks = {(track.pid, track.created_ns): track for track in view.tracks}
        for file in recording.all_files:
            track = tracks.get((file.pid, file.created_ns))
            if track is not None and file.created_ns <= time_ns:
                names[self._add_file(file, track)] = recording.label(file)
        self._share_out()
        for found in self._files:
            self._take(found)
        # As they are called in the whole, whatever the order in which they came into sight here.
        self._place_new()
        self._labels.given.update((file, names[file]) for file in self._labels.given)
        ended = self.marks.ended_ns
        if recording.result is not None and (is_over or (ended is not None and ended <= time_ns)):
            self.result = recording.result
        self.is_closed = is_over

    @property
    def samples(self) -> Samples:
        """What cores and processes did, in the whole run."""
        return self._whole.samples

    @property
    def output(self) -> Output:
        """What the processes printed and logged, in the whole run."""
        return self._whole.output

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read, a sentence each."""
        return self._whole.problems

    def job_totals(self) -> Mapping[JobKey, JobTotals]:
        """What was done of each job."""
        found: dict[JobKey, JobTotals] = {}
        for file in self._then:
            if file.slots[layout.ROLE] == layout.ROLE_WORKER:
                owner = file.slots[layout.PARENT_PID]
                for job, totals in job_totals(file.track.data, file.then.done, file.slots).items():
                    found[owner, job] = found.get((owner, job), JobTotals()).plus(totals)
        return found

    def _add_file(self, file: EventFile, track: TrackView) -> FileAt:
        found = FileAt(file, track, self.time_ns)
        self._then.append(found)
        self._add(found)
        gone = self._whole.gone_ns(file)
        if gone is not None and gone <= self.time_ns:
            self._gone[found] = gone
        return found

    def _share_out(self) -> None:
        """Work out what owners of pools had sent and taken in."""
        done: dict[int, list[int]] = {}
        for file in self._then:
            if file.slots[layout.ROLE] == layout.ROLE_WORKER:
                sums = done.setdefault(file.slots[layout.PARENT_PID], [0, 0, 0])
                sums[0] += file.slots[layout.CHUNKS_DONE]
                sums[1] = max(sums[1], file.slots[layout.LAST_SENT])
        for worker in self._whole.all_files:
            if worker.slots[layout.ROLE] == layout.ROLE_WORKER:
                done.setdefault(worker.slots[layout.PARENT_PID], [0, 0, 0])[2] += worker.slots[layout.CHUNKS_DONE]
        for owner in self._then:
            if owner.last_slots[layout.CHUNKS_SENT] or owner.last_slots[layout.RESULTS_RECEIVED]:
                now, last_sent, whole = done.get(owner.pid, (0, 0, 0))
                owner.share_out(now, whole, _submitted(owner.life))
                owner.set_last_result(last_sent)


def _submitted(life: Iterable[object]) -> int | None:
    """Chunks that were given to pools; None where that is not known."""
    jobs = [record.chunks for record in life if isinstance(record, JobSubmitted)]
    return sum(jobs) if all(jobs) else None
