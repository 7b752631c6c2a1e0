"""The jobs of a run: what was given to pools and executors, and how far each one is.

What was done of a job lies in the event files of the workers, so the records of chunks are counted by the jobs that
they belong to: once each, however often somebody asks. Where an owner of pools has one job only, the workers' counters
say all, and nothing is read.
"""

from __future__ import annotations

import sys
from itertools import islice
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from ..programs import JobState
from ..recorder import layout
from ..recording.records import JobKey, JobTotals, PoolEvent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..recording.contents import Contents
    from ..recording.events import EventFile
    from ..recording.records import JobSubmitted

_POOLS = {
    layout.POOL_KIND_POOL: "Pool",
    layout.POOL_KIND_EXECUTOR: "ProcessPoolExecutor",
    layout.POOL_KIND_LOKY: "loky executor",
}
_ENDS = (layout.POOL_TERMINATED, layout.POOL_JOINED)
_FEW = 20_000
"""New chunks of a process up to which reading them one by one is quicker than to import NumPy."""


def jobs_of(recording: Contents) -> tuple[JobState, ...]:
    """Say what was given to the pools and executors of a run, in the order in which it was.

    Tasks that were given to a pool one by one, each a job of its own as with ``apply_async``, count as one job as long
    as they come one after the other and call the same function.

    Args:
        recording: Refreshed already; live, saved, or one moment of either.
    """
    book = _BOOKS.get(recording)
    if book is None:
        book = _BOOKS[recording] = _Book()
    return book.states(recording)


class _Entry:
    """One job, or several that count as one."""

    def __init__(self, key: JobKey, job: JobSubmitted, function: str, pool: str) -> None:
        self.key = key
        self.first = job
        self.function = function
        self.pool = pool
        self.jobs = 1
        self.counted = JobTotals()
        """By the records of its chunks that were read so far."""

    def takes(self, key: JobKey, job: JobSubmitted, function: str) -> bool:
        """Whether a job that comes after this one is another one of the same kind."""
        return (
            _is_single(self.first)
            and _is_single(job)
            and (self.key[0], self.first.pool, self.function) == (key[0], job.pool, function)
        )

    def state(self, job: JobSubmitted, done: JobTotals, events: Iterable[PoolEvent]) -> JobState:
        """Describe it; JOB is what is known of it now, and EVENTS what was done with its pool."""
        return JobState(
            parent=self.key[0],
            job=job.job,
            function=self.function,
            pool=self.pool,
            chunksize=job.chunksize,
            chunks=job.chunks * self.jobs,
            items=job.items * self.jobs,
            chunks_done=done.chunks,
            items_done=done.items,
            chunks_failed=done.failed,
            submitted_ns=job.time_ns,
            last_ns=done.last_ns,
            is_over=bool(job.pool) and any(event.kind in _ENDS for event in events),
        )


def _is_single(job: JobSubmitted) -> bool:
    return job.chunks == 1 and job.items == 1 and job.job < layout.EXECUTOR_JOBS


class _Book:
    """Keeps count of the jobs of one recording; does not hold on to the recording itself."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._by_job: dict[JobKey, _Entry] = {}
        self._early: dict[JobKey, JobTotals] = {}
        """Of jobs that were not known yet."""
        self._next: dict[tuple[int, int], int] = {}
        """By pid and time of creation: the first record of a process that was not read yet."""

    def states(self, recording: Contents) -> tuple[JobState, ...]:
        self._take_jobs(recording)
        known = recording.job_totals()
        if known is not None:
            done: dict[_Entry, JobTotals] = {}
            for key, totals in known.items():
                entry = self._by_job.get(key)
                if entry is not None:
                    done[entry] = done.get(entry, JobTotals()).plus(totals)
        else:
            done = self._count(recording)
        return tuple(
            entry.state(
                recording.jobs.get(entry.key, entry.first),
                done.get(entry, JobTotals()),
                recording.pool_events(entry.key[0], entry.first.pool),
            )
            for entry in self._entries
        )

    def _take_jobs(self, recording: Contents) -> None:
        """Enter the jobs that are new."""
        for key, job in islice(recording.jobs.items(), len(self._by_job), None):
            function = recording.function_of(key[0], job)
            last = self._entries[-1] if self._entries else None
            if last is not None and last.takes(key, job, function):
                last.jobs += 1
            else:
                last = _Entry(key, job, function, _pool_name(recording, key[0], job.pool))
                self._entries.append(last)
            self._by_job[key] = last
            last.counted = last.counted.plus(self._early.pop(key, JobTotals()))

    def _count(self, recording: Contents) -> dict[_Entry, JobTotals]:
        """Say what was done of each entry, by counters where one job is all that they count, else by records."""
        by_owner: dict[int, list[_Entry]] = {}
        for entry in self._entries:
            by_owner.setdefault(entry.key[0], []).append(entry)
        done = {entry: JobTotals() for entry in self._entries}
        for file in recording.all_files:
            slots = file.slots
            mine = by_owner.get(slots[layout.PARENT_PID], ())
            if slots[layout.ROLE] != layout.ROLE_WORKER or not mine:
                continue
            if len(mine) == 1:
                counts = slots[layout.CHUNKS_DONE], slots[layout.ITEMS_DONE], slots[layout.CHUNKS_FAILED]
                done[mine[0]] = done[mine[0]].plus(JobTotals(*counts, slots[layout.LAST_SENT]))
            else:
                self._read(file)
        for entries in by_owner.values():
            if len(entries) > 1:
                done.update((entry, entry.counted) for entry in entries)
        return done

    def _read(self, file: EventFile) -> None:
        """Count the chunks of a process that are new."""
        name = file.pid, file.created_ns
        first, written = self._next.get(name, 0), file.slots[layout.RECORDS_WRITTEN]
        if first >= written:
            return
        read = _read_many if written - first > _FEW or "numpy" in sys.modules else _read_few
        found, self._next[name] = read(file, first)
        for job, totals in found.items():
            key = file.slots[layout.PARENT_PID], job
            entry = self._by_job.get(key)
            if entry is not None:
                entry.counted = entry.counted.plus(totals)
            else:
                self._early[key] = self._early.get(key, JobTotals()).plus(totals)


_BOOKS: WeakKeyDictionary[Contents, _Book] = WeakKeyDictionary()


def _read_few(file: EventFile, first: int) -> tuple[dict[int, JobTotals], int]:
    """Count chunks by jobs, from a record on.

    Returns:
        Totals by job, and the first record that was not read.
    """
    found: dict[int, JobTotals] = {}
    following = first
    for number, chunk in file.numbered_chunks(first):
        following = number + 1
        done = JobTotals(1, chunk.items, chunk.is_failed, chunk.sent_ns)
        found[chunk.job] = found.get(chunk.job, JobTotals()).plus(done)
    return found, following


def _read_many(file: EventFile, first: int) -> tuple[dict[int, JobTotals], int]:
    """Likewise, for many chunks."""
    import numpy as np

    from ..recording.chunks import chunks_since

    chunks, following = chunks_since(file, first)
    jobs, index = np.unique(chunks["job"], return_inverse=True)
    counts = np.bincount(index)
    items = np.bincount(index, chunks["items"])
    failed = np.bincount(index, chunks["flags"] & layout.FLAG_FAILED)
    last = np.zeros(len(jobs), np.int64)
    np.maximum.at(last, index, chunks["sent"])
    rows = zip(counts.tolist(), items.tolist(), failed.tolist(), last.tolist(), strict=True)
    return {
        job: JobTotals(chunks, int(tasks), int(bad), sent)
        for job, (chunks, tasks, bad, sent) in zip(jobs.tolist(), rows, strict=True)
    }, following


def _pool_name(recording: Contents, owner: int, number: int) -> str:
    """Such as ``Pool 1``; "" if it is not known which pool it was."""
    file = recording.files.get(owner)
    if file is None or not number:
        return ""
    for record in file.life:
        if isinstance(record, PoolEvent) and record.kind == layout.POOL_CREATED and record.pool == number:
            return f"{_POOLS.get(record.pool_kind, 'Pool')} {number}"
    return f"Pool {number}"
