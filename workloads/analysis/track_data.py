"""What is known of one process, as arrays that only grow.

A chunk takes 44 bytes here: when it begins, the sums of its four phases over all chunks before it, and the number of
its record, by which everything else is read from the recording when somebody asks. With the sums, the time that was
spent in a phase up to any moment takes one binary search and one subtraction, however many chunks there were::

    chunk i   | waiting | receiving | computing | sending |      | ...
           starts[i]                                       a gap  starts[i + 1]
    sums[i]   waiting, receiving, computing, sending before chunk i

Around the chunks lie a few `Segment` s, from the start of the process to its end: whatever it did when it had no chunk,
and the chunk in hand. All chunks lie in one of them, the one with the number `TrackData.gap`, whose state is what the
process does between its chunks. On top of all that, a process may be blocked, in its own code or in a task.

Recordings may be damaged: chunks that lie far outside of the life of their process are left out, and times that go back
are moved up to the one before them.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

import numpy as np

from ..recorder import layout
from ..recording.chunks import CHUNK
from .spans import Spans

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..recording.contents import Contents
    from ..recording.events import EventFile
    from ..recording.records import JobSubmitted

PHASES = 4
WAIT, RECEIVE, COMPUTE, SEND = range(PHASES)
"""Columns of `TrackData.sums`."""
CHECKPOINT = 256
"""Chunks between two entries of `TrackData.checkpoints`."""
ITEMS, BYTES_IN, BYTES_OUT, FAILED, CPU, MEASURED = range(6)
"""Columns of `TrackData.checkpoints`."""
MOST_RANKED = 100
"""How many of the longest computations and waits of each process are kept in order."""


Scalar = TypeVar("Scalar", bound=np.generic)


class Segment(NamedTuple):
    """A process did one thing for a while, chunks apart."""

    state: int
    """Index into `tracks.STATES`."""
    begin: int
    end: int
    """`FOREVER` where it goes on."""


class Hand(NamedTuple):
    """The chunk in hand."""

    job: int
    position: int
    items: int
    waiting: int
    received: int
    begin: int
    end: int | None
    """When it was computed; None before that."""


class TrackSource:
    """Where everything about a process is read that is not kept in arrays.

    Args:
        recording: Whose process it is.
        file: Of the process; None for one that was not recorded.
    """

    def __init__(self, recording: Contents, file: EventFile | None) -> None:
        self._recording = recording
        self._file = file

    def record(self, number: int) -> NDArray[np.void] | None:
        """Read the record of a chunk, an array of one; None if it cannot be read any more."""
        content = self._file.read_records(number, 1) if self._file is not None else b""
        if len(content) != CHUNK.itemsize:
            return None
        record = np.frombuffer(content, CHUNK)
        return record if record["commit"][0] == (number + 1) & 0xFFFFFFFF else None

    def chunks(self, numbers: NDArray[np.uint32]) -> NDArray[np.void]:
        """Read the records of chunks with these numbers, which ascend; fewer if they cannot be read any more."""
        found = []
        if self._file is not None and len(numbers):
            first, last = int(numbers[0]), int(numbers[-1]) + 1
            while first < last:
                content = self._file.read_records(first, last - first)
                if not content:
                    break
                found.append(np.frombuffer(content, CHUNK))
                first += len(found[-1])
        records = np.concatenate(found) if found else np.empty(0, CHUNK)
        place = numbers.astype(np.int64) - int(numbers[0]) if len(numbers) else numbers.astype(np.int64)
        return records[place[place < len(records)]]

    def job(self, job: int) -> JobSubmitted | None:
        """The job of a pool or executor with that number, to which chunks of this process belong."""
        if self._file is None or self._file.slots[layout.ROLE] != layout.ROLE_WORKER:
            return None
        return self._recording.jobs.get((self._file.slots[layout.PARENT_PID], job))

    def function(self, job: int) -> str:
        """Qualified name of the function of a job; "" if unknown."""
        known = self.job(job)
        if known is None or self._file is None:
            return ""
        return self._recording.function_of(self._file.slots[layout.PARENT_PID], known)

    def arguments(self, job: int, position: int) -> str:
        """Short form of the arguments of a chunk; "" if none was kept."""
        return self._file.text_of(layout.CHUNK, job, position) if self._file is not None else ""

    def core_between(self, pid: int, begin_ns: int, end_ns: int) -> int | None:
        """A core on which the process was seen within that time; None if it was not."""
        samples = self._recording.samples
        times = samples.process_times()
        index = bisect_right(times, end_ns) - 1
        if index < 0 or times[index] < begin_ns:
            return None
        return samples.core_of(pid, end_ns)


class TrackData(NamedTuple):
    """The chunks of a process and its other stretches, up to one moment."""

    source: TrackSource
    """Where the rest is read."""
    starts: NDArray[np.int64]
    sums: NDArray[np.int64]
    """One row more than there are chunks, of `PHASES` columns."""
    numbers: NDArray[np.uint32]
    """Of the records."""
    checkpoints: NDArray[np.int64]
    """What else adds up, before every `CHECKPOINT` th chunk."""
    segments: tuple[Segment, ...]
    gap: int
    """Index of the segment in which the chunks lie."""
    blocked_running: Spans
    """When it was blocked in its own code."""
    blocked_computing: Spans
    """When it was blocked in a task."""
    job_runs: NDArray[np.int64]
    """Where the job changes: number of the job, index of its chunk, and the items and failed chunks before it."""
    failures: NDArray[np.int64]
    """When failed tasks ended."""
    longest_computed: NDArray[np.int64]
    """Indexes of the chunks that computed longest, in no order."""
    longest_waited: NDArray[np.int64]
    """Likewise, of those whose worker waited longest for them."""
    hand: Hand | None

    @property
    def size(self) -> int:
        """How many chunks there are."""
        return len(self.starts)

    @property
    def last(self) -> int | None:
        """When the last result was sent; None without chunks."""
        if not self.size:
            return None
        return int(self.starts[-1] + (self.sums[-1] - self.sums[-2]).sum())


class Growing(Generic[Scalar]):
    """An array that grows at its end; what was taken of it before stays as it was."""

    def __init__(self, dtype: type[Scalar], columns: int = 0) -> None:
        self._shape = (columns,) if columns else ()
        self._buffer: NDArray[Scalar] = np.empty((0, *self._shape), dtype)
        self.size = 0

    def append(self, values: NDArray[Scalar]) -> None:
        """Add values at the end."""
        size = self.size + len(values)
        if size > len(self._buffer):
            buffer = np.empty((max(size, 2 * len(self._buffer), 16), *self._shape), self._buffer.dtype)
            buffer[: self.size] = self._buffer[: self.size]
            self._buffer = buffer
        self._buffer[self.size : size] = values
        self.size = size

    @property
    def values(self) -> NDArray[Scalar]:
        """What is there so far."""
        return self._buffer[: self.size]


class ChunkStore:
    """Takes in the chunks of one process as they come.

    Args:
        begin_ns: When the process was there; chunks are moved up to it.
    """

    def __init__(self, begin_ns: int) -> None:
        self._begin = begin_ns
        self.starts = Growing(np.int64)
        self.sums = Growing(np.int64, PHASES)
        self.numbers = Growing(np.uint32)
        self.checkpoints = Growing(np.int64, MEASURED + 1)
        self.failures = Growing(np.int64)
        self.job_runs = Growing(np.int64, 4)
        self.last = 0
        """When the last result was sent; 0 without chunks."""
        self.longest_computed = np.empty(0, np.int64)
        self.longest_waited = np.empty(0, np.int64)
        self.sums.append(np.zeros((1, PHASES), np.int64))
        self._totals = np.zeros(MEASURED + 1, np.int64)

    @property
    def count(self) -> int:
        """How many chunks there are."""
        return self.starts.size

    @property
    def totals(self) -> NDArray[np.int64]:
        """What each phase took in all."""
        last: NDArray[np.int64] = self.sums.values[-1]
        return last

    def take(self, chunks: NDArray[np.void], least_ns: int, most_ns: int) -> None:
        """Take in the chunks that came since the last time, in the order in which they were recorded.

        Args:
            chunks: With the fields of `recording.chunks.CHUNK`.
            least_ns: Chunks with an earlier time are left out; not negative.
            most_ns: Likewise, those with a later one; `FOREVER` at most.
        """
        times = np.empty((len(chunks), PHASES + 1), np.int64)
        for column, name in enumerate(("waiting", "received", "begin", "end", "sent")):
            times[:, column] = chunks[name]
        is_sane = ((times >= least_ns) & (times <= most_ns)).all(axis=1)
        if not is_sane.all():
            times, chunks = times[is_sane], chunks[is_sane]
        if not len(chunks):
            return
        # Each time is at least the one before it, across chunks, too.
        flat = times.reshape(-1)
        flat[0] = max(flat[0], self.last, self._begin)
        np.maximum.accumulate(flat, out=flat)
        lengths = np.diff(times, axis=1)
        first = self.count
        self.starts.append(times[:, 0])
        self.sums.append(self.totals + np.cumsum(lengths, axis=0))
        self.numbers.append(chunks["commit"] - np.uint32(1))
        self.last = int(flat[-1])
        is_failed = (chunks["flags"] & layout.FLAG_FAILED) != 0
        self.failures.append(times[is_failed, 3])
        self._add_up(chunks, is_failed, lengths[:, COMPUTE], first)
        self.longest_computed = self._ranked(self.longest_computed, lengths[:, COMPUTE], COMPUTE, first)
        self.longest_waited = self._ranked(self.longest_waited, lengths[:, WAIT], WAIT, first)

    def _add_up(
        self, chunks: NDArray[np.void], is_failed: NDArray[np.bool_], computed: NDArray[np.int64], first: int
    ) -> None:
        values = np.empty((len(chunks), MEASURED + 1), np.int64)
        add_columns(values, chunks, is_failed, computed)
        # Sums before each chunk, of which every so many-th is kept.
        before = np.cumsum(values, axis=0) - values + self._totals
        self.checkpoints.append(before[-first % CHECKPOINT :: CHECKPOINT])
        self._note_jobs(chunks["job"], before, first)
        self._totals = before[-1] + values[-1]

    def _note_jobs(self, jobs: NDArray[np.uint32], before: NDArray[np.int64], first: int) -> None:
        """Note where the job is another one than that of the chunk before."""
        is_new = np.empty(len(jobs), np.bool_)
        is_new[0] = not self.job_runs.size or self.job_runs.values[-1, 0] != jobs[0]
        np.not_equal(jobs[1:], jobs[:-1], out=is_new[1:])
        index = np.flatnonzero(is_new)
        if len(index):
            self.job_runs.append(
                np.stack([jobs[index], index + first, before[index, ITEMS], before[index, FAILED]], axis=1)
            )

    def _ranked(
        self, known: NDArray[np.int64], lengths: NDArray[np.int64], phase: int, first: int
    ) -> NDArray[np.int64]:
        """Return the indexes of the longest ones, the new ones among them."""
        sums = self.sums.values
        least = 0
        if len(known) >= MOST_RANKED:
            least = int((sums[known + 1, phase] - sums[known, phase]).min())
        new = np.flatnonzero(lengths > least)
        if not len(new):
            return known
        both = np.concatenate([known, new + first])
        if len(both) <= MOST_RANKED:
            return both
        longest = sums[both + 1, phase] - sums[both, phase]
        return both[np.argpartition(longest, -MOST_RANKED)[-MOST_RANKED:]]


def add_columns(
    values: NDArray[np.int64], chunks: NDArray[np.void], is_failed: NDArray[np.bool_], computed: NDArray[np.int64]
) -> None:
    """Fill in what adds up over chunks, in the order of the columns of `TrackData.checkpoints`."""
    values[:, ITEMS] = chunks["items"]
    values[:, BYTES_IN] = chunks["bytes_in"]
    values[:, BYTES_OUT] = chunks["bytes_out"]
    values[:, FAILED] = is_failed
    values[:, CPU] = chunks["cpu_us"]
    values[:, CPU] *= 1000
    values[:, MEASURED] = np.where(chunks["cpu_us"] > 0, computed, 0)
