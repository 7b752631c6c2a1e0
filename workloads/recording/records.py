"""The records of event files as data. Times are nanoseconds on the clock of `time.perf_counter_ns`."""

from __future__ import annotations

from typing import NamedTuple

from ..recorder import layout


class Started(NamedTuple):
    """The process started a child."""

    pid: int
    time_ns: int
    ended_ns: int
    """When `start()` returned."""
    kind: int = layout.START_PROCESS
    """One of `layout.START_...`."""
    method: int = 0
    """Index into `layout.START_METHODS` plus one; 0 if unknown."""
    pool: int = 0
    """Number of the pool that a worker is of; 0 if unknown, or of none."""

    @property
    def of_pool(self) -> bool:
        """Whether it is a worker of a pool or executor."""
        return self.kind == layout.START_WORKER


class Reaped(NamedTuple):
    """The process learnt how a child of it ended."""

    pid: int
    time_ns: int
    status: int
    """As `multiprocessing.Process.exitcode`: negative for a signal."""


class PoolEvent(NamedTuple):
    """A pool was created, closed, terminated or joined."""

    kind: int
    """`layout.POOL_CREATED`, `POOL_CLOSED`, `POOL_TERMINATED` or `POOL_JOINED`."""
    pool: int
    workers: int
    """Of `POOL_CREATED`; 0 for the others."""
    time_ns: int
    ended_ns: int
    """When the call returned; 0 where that is not recorded."""
    pool_kind: int = layout.POOL_KIND_POOL
    """Of `POOL_CREATED`: one of `layout.POOL_KIND_...`."""


class JobSubmitted(NamedTuple):
    """Work was given to a pool."""

    job: int
    chunksize: int
    chunks: int
    items: int
    time_ns: int
    pool: int = 0
    """Number of the pool within its process; 0 if unknown."""


JobKey = tuple[int, int]
"""Pid of the process that owns the pool, and number of the job."""


class JobTotals(NamedTuple):
    """What was done of a job."""

    chunks: int = 0
    items: int = 0
    failed: int = 0
    """Chunks of which a task raised."""
    last_ns: int = 0
    """When its last result so far was sent; 0 before the first one."""

    def plus(self, other: JobTotals) -> JobTotals:
        """Add up what was done of the same job."""
        return JobTotals(
            self.chunks + other.chunks,
            self.items + other.items,
            self.failed + other.failed,
            max(self.last_ns, other.last_ns),
        )


class HandlerDied(NamedTuple):
    """A thread of the pool died, and the pool with it."""

    time_ns: int
    text: str
    """What it died of; "" if nothing is known."""


class Chunk(NamedTuple):
    """One chunk as its worker saw it. Times in nanoseconds, in the order in which they pass."""

    job: int
    position: int
    """Place of the chunk in its job, from 0."""
    items: int
    is_failed: bool
    cpu: int | None
    """Core it was computed on."""
    waiting_ns: int
    received_ns: int
    begin_ns: int
    end_ns: int
    pickled_ns: int
    sent_ns: int
    bytes_in: int
    bytes_out: int
    cpu_us: int
    """CPU time of the computation in microseconds; 0 if it was not measured."""


LifeRecord = Started | Reaped | PoolEvent | JobSubmitted | HandlerDied
