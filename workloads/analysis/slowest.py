"""The slowest tasks of a run, without the timeline and its arrays where there are few of them."""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING

from ..programs import SlowTask
from ..recorder import layout
from ..text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..recording.contents import Contents
    from ..recording.events import EventFile
    from ..recording.records import Chunk

_FEW = 20_000
"""Chunks up to which reading them one by one is quicker than to import NumPy."""
_TEXT_LIMIT = 1024


def slowest_tasks(recording: Contents, count: int = 10) -> tuple[SlowTask, ...]:
    """Find the chunks that computed longest, the longest first.

    Args:
        recording: At the end of its run, or at the moment that is asked for.
        count: How many at most.
    """
    files = recording.all_files
    chunks = sum(file.slots[layout.CHUNKS_DONE] for file in files)
    if chunks > _FEW:
        from .timeline import Timeline, slowest

        return tuple(slowest(Timeline(recording).refresh(max(_last_ns(file) for file in files)), count))
    found = nlargest(count, _all_chunks(recording), key=lambda item: item[1].end_ns - item[1].begin_ns)
    return tuple(_task(recording, file, chunk) for file, chunk in found)


def _all_chunks(recording: Contents) -> Iterator[tuple[EventFile, Chunk]]:
    for file in recording.all_files:
        if file.slots[layout.CHUNKS_DONE]:
            for chunk in file.chunks():
                yield file, chunk


def _last_ns(file: EventFile) -> int:
    slots = file.slots
    return max(slots[layout.EXITING], slots[layout.LAST_SENT], slots[layout.PHASE_SINCE], file.created_ns)


def _task(recording: Contents, file: EventFile, chunk: Chunk) -> SlowTask:
    return SlowTask(
        pid=file.pid,
        label=recording.label(file),
        function=_function(recording, file, chunk),
        job=chunk.job,
        position=chunk.position,
        items=chunk.items,
        begin_ns=chunk.begin_ns,
        end_ns=chunk.end_ns,
        cpu_ns=chunk.cpu_us * 1000 or None,
        bytes_in=chunk.bytes_in,
        bytes_out=chunk.bytes_out,
        is_failed=chunk.is_failed,
        arguments=clean(file.text_of(layout.CHUNK, chunk.job, chunk.position), _TEXT_LIMIT),
    )


def _function(recording: Contents, file: EventFile, chunk: Chunk) -> str:
    parent = recording.files.get(file.slots[layout.PARENT_PID])
    job = recording.jobs.get((file.slots[layout.PARENT_PID], chunk.job))
    name = parent.text_of(layout.JOB_SUBMITTED, chunk.job, job.chunks) if parent is not None and job is not None else ""
    return name or file.function
