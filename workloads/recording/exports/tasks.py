"""The tasks of a recording in blocks: every chunk that was recorded, process by process, never all at once.

What is read may be damaged, so times are put in order here: within a process they never go back, and they stay within
the run. Everything behind this can rely on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...recorder import layout
from ..chunks import CHUNK, LIFE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...analysis.tracks import TrackView
    from ..events import EventFile
    from .source import Source

    Integers = NDArray[np.int64]

BLOCK = 16_384
"""Records read at once."""
NO_CORE = 0xFFFF
_MOMENTS = ("waiting", "received", "begin", "end", "pickled", "sent")


class TaskBlock(NamedTuple):
    """Some chunks of one process, in the order in which it worked on them. Times count from `Source.origin_ns`."""

    track: TrackView
    functions: list[str]
    """What was called; "" where nobody knows. Untrusted text, made safe to show."""
    job: Integers
    position: Integers
    """Place of the chunk in its job, from 0."""
    items: Integers
    is_failed: NDArray[np.bool_]
    core: Integers
    """`NO_CORE` where it is not known."""
    moments: Integers
    """Six rows: waiting from, received, begin and end of computing, pickled, sent; each at or after the one before."""
    bytes_in: Integers
    bytes_out: Integers
    cpu_us: Integers
    """0 where it was not measured."""
    arguments: list[str]
    """Short forms of what the slowest chunks were called with, "" for all others. Untrusted text, made safe to show."""

    @property
    def chunks(self) -> int:
        """How many these are."""
        return len(self.job)


def task_blocks(source: Source, track: TrackView, latest: int | None = None) -> Iterator[TaskBlock]:
    """Read the chunks of one process.

    Args:
        source: What is exported.
        track: The process.
        latest: When its last chunk ended at the latest, from `Source.origin_ns`; None for the end of the run.
    """
    file = source.file_of(track)
    latest = source.length_ns if latest is None else latest
    if file is None:
        return
    earliest = max(0, max(track.started_ns, track.entered_ns or 0) - source.origin_ns)
    for records in _blocks(file):
        chunks = records[records["kind"] == layout.CHUNK]
        if len(chunks):
            block = _block(source, track, file, chunks, (earliest, latest))
            earliest = int(block.moments[-1, -1])
            yield block


def blocked_stretches(source: Source, track: TrackView) -> Integers:
    """Read when the process waited for others: begins and ends in two rows, counted from `Source.origin_ns`."""
    file = source.file_of(track)
    found = [np.empty((2, 0), np.int64)]
    for records in _blocks(file) if file is not None else ():
        life = records[records["kind"] == layout.BLOCKED_FOR].view(LIFE)
        found.append(np.stack((life["time"], life["v1"])).astype(np.int64))
    times = np.concatenate(found, axis=1)
    order = np.argsort(times[0], kind="stable")
    return _in_order(times[:, order] - source.origin_ns, 0, source.length_ns)


def _blocks(file: EventFile) -> Iterator[NDArray[np.void]]:
    """Read all records that were completed, some at a time."""
    first = 0
    while data := file.read_records(first, BLOCK):
        block = np.frombuffer(data, CHUNK)
        numbers = np.arange(first + 1, first + 1 + len(block), dtype=np.uint32)
        yield block[block["commit"] == numbers]
        first += len(block)


def _block(
    source: Source, track: TrackView, file: EventFile, chunks: NDArray[np.void], within: tuple[int, int]
) -> TaskBlock:
    times = np.stack([chunks[name] for name in _MOMENTS]).astype(np.int64) - source.origin_ns
    return TaskBlock(
        track=track,
        functions=_functions(source, track, chunks["job"]),
        job=chunks["job"].astype(np.int64),
        position=chunks["index"].astype(np.int64),
        items=chunks["items"].astype(np.int64),
        is_failed=(chunks["flags"] & layout.FLAG_FAILED) != 0,
        core=_cores(source, track, chunks),
        moments=_in_order(times, *within),
        bytes_in=chunks["bytes_in"].astype(np.int64),
        bytes_out=chunks["bytes_out"].astype(np.int64),
        cpu_us=chunks["cpu_us"].astype(np.int64),
        arguments=_arguments(file, chunks),
    )


def _in_order(times: Integers, earliest: int, latest: int) -> Integers:
    """Let no time be before the one above it, or before any of the columns to the left."""
    inside = np.clip(times, earliest, max(earliest, latest))
    return np.maximum.accumulate(inside.ravel(order="F")).reshape(inside.shape, order="F")


def _cores(source: Source, track: TrackView, chunks: NDArray[np.void]) -> Integers:
    """The cores that chunks were computed on: by their records, or else by a sample in their time."""
    cores = chunks["cpu"].astype(np.int64)
    times, sampled = source.sampled_cores.get(track.pid, ([], []))
    if times:
        last = np.searchsorted(times, chunks["end"], "right") - 1
        is_sampled = (last >= 0) & (np.array(times)[last] >= chunks["begin"]) & (cores == NO_CORE)
        cores[is_sampled] = np.array(sampled)[last][is_sampled]
    return cores


def _arguments(file: EventFile, chunks: NDArray[np.void]) -> list[str]:
    text_of, kind = file.text_of, layout.CHUNK
    return [
        text_of(kind, job, index) for job, index in zip(*(chunks[n].tolist() for n in ("job", "index")), strict=True)
    ]


def _functions(source: Source, track: TrackView, jobs: NDArray[np.uint32]) -> list[str]:
    numbers, places = np.unique(jobs, return_inverse=True)
    names = [source.function_of(track, job) for job in numbers.tolist()]
    if len(names) == 1:
        return names * len(jobs)
    return [names[place] for place in places.tolist()]
