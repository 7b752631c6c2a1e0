"""A recording as one JSON object, for other programs.

Schema 1; every key is always there. Times are seconds from the beginning of the recording, sizes bytes, null stands for
what is not known::

    schema      1
    meta        {kind, identity, title, begun_epoch_s, poolscope, command, directory, workload, parameters, lane,
                 machine}                                     null where the recording does not say
    end         {state, status, error, notes, elapsed_s}      likewise, while a run goes on
    tasks       how many were done
    processes   [{pid, parent, label, role, name, function, recorded, begin_s, ready_s, told_s, end_s, exit_status,
                  chunks, chunks_failed, tasks, ledger}]
    jobs        [{parent, job, function, pool, chunksize, chunks, tasks, chunks_done, tasks_done, chunks_failed,
                  submitted_s, last_s}]
    slowest     [a slow task, ...]
    samples     [{time_s, load, cores [[number, user, system, steal], ...],
                  processes [[pid, cpu_percent, rss_bytes, pss_bytes, core], ...]}]
    problems    what could not be read, a sentence each
    chunks      {columns, rows}                               with --tasks only, otherwise null

A process's ``ledger`` and a ``slow task`` are those of `report.process_json`; ``ledger`` is null where none was kept.
``told_s`` is when a process was told to stop or left by itself. Core usage is percentages of the core's time.
``chunks`` and ``tasks`` of a job are 0 where nobody knows how many there are. ``chunks`` holds every recorded chunk as
an array in the order of ``columns``: process (index in ``processes``), function, job, chunk, tasks, failed, core
(null: unknown), waiting_from_s, received_s, begin_s, end_s, pickled_s, sent_s, cpu_s (0: not measured), bytes_in,
bytes_out, arguments (a short form, kept of the slowest ones only).
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...report.process_json import process_object, slow_task_object
from .rows import billionths, formatted, quoted
from .tasks import NO_CORE, TaskBlock, task_blocks

if TYPE_CHECKING:
    from ...analysis.tracks import TrackView
    from ...model import CoresSample, ProcessSample
    from ...programs import JobState, ProcessLedger
    from .sink import Write
    from .source import Source

SCHEMA = 1
_COLUMNS = (
    "process", "function", "job", "chunk", "tasks", "failed", "core", "waiting_from_s", "received_s", "begin_s",
    "end_s", "pickled_s", "sent_s", "cpu_s", "bytes_in", "bytes_out",
    "arguments",
)  # fmt: skip
_TIME = "%d.%09d"
_ROW = f",\n[%d,%s,%d,%d,%d,%s,%s,{','.join([_TIME] * 6)},%d.%06d,%d,%d,%s]"


def write_object(source: Source, write: Write, *, with_tasks: bool = False) -> None:
    """Write the object that this module describes.

    Args:
        source: What is exported.
        write: Takes the bytes.
        with_tasks: Whether every recorded chunk is in it.
    """
    text = json.dumps(_finite(recording_object(source)), indent=2, allow_nan=False)
    if not with_tasks:
        write(text.encode() + b"\n")
        return
    head = text.removesuffix("}").rstrip().removesuffix('"chunks": null')
    write(f'{head}"chunks": {{"columns": {json.dumps(_COLUMNS)}, "rows": ['.encode())
    is_first = True
    for track in source.view.tracks:
        for block in task_blocks(source, track):
            rows = _rows(block)
            write(rows[1:] if is_first else rows)
            is_first = False
    write(b"\n]}\n}\n")


def recording_object(source: Source) -> dict[str, Any]:
    """Build the object without its chunks."""
    ledgers = {(ledger.pid, ledger.label): ledger for ledger in source.ledgers}
    return {
        "schema": SCHEMA,
        "meta": _meta(source),
        "end": _end(source),
        "tasks": source.tasks_done,
        "processes": [_process(source, track, ledgers.get((track.pid, track.label))) for track in source.view.tracks],
        "jobs": [_job(source, job) for job in source.jobs],
        "slowest": [slow_task_object(task, source.origin_ns) for task in source.slowest],
        "samples": _samples(source),
        "problems": list(source.recording.problems),
        "chunks": None,
    }


def _meta(source: Source) -> dict[str, Any] | None:
    meta = source.recording.meta
    if meta is None:
        return None
    return {
        "kind": meta.kind,
        "identity": meta.identity,
        "title": meta.title,
        "begun_epoch_s": meta.begun_epoch_ns / 1e9,
        "poolscope": meta.poolscope,
        "command": list(meta.command),
        "directory": meta.directory,
        "workload": meta.workload,
        "parameters": dict(meta.parameters),
        "lane": meta.lane,
        "machine": dict(meta.machine),
    }


def _end(source: Source) -> dict[str, Any] | None:
    end = source.recording.end
    if end is None and source.view.is_live:
        return None
    return {
        "state": None if end is None else end.state,
        "status": None if end is None else end.status,
        "error": source.error,
        "notes": list(source.notes),
        "elapsed_s": source.length_ns / 1e9,
    }


def _process(source: Source, track: TrackView, ledger: ProcessLedger | None) -> dict[str, Any]:
    return {
        "pid": track.pid,
        "parent": track.parent,
        "label": track.label,
        "role": track.role,
        "name": track.name,
        "function": track.function or None,
        "recorded": track.is_recorded,
        "begin_s": _seconds(source, track.started_ns),
        "ready_s": _seconds(source, track.entered_ns),
        "told_s": _seconds(source, track.exiting_ns),
        "end_s": _seconds(source, track.ended_ns),
        "exit_status": track.exit_status,
        "chunks": track.chunks_done,
        "chunks_failed": track.chunks_failed,
        "tasks": track.items_done,
        "ledger": None if ledger is None else process_object(ledger),
    }


def _job(source: Source, job: JobState) -> dict[str, Any]:
    return {
        "parent": job.parent,
        "job": job.job,
        "function": job.function or None,
        "pool": job.pool,
        "chunksize": job.chunksize,
        "chunks": job.chunks,
        "tasks": job.items,
        "chunks_done": job.chunks_done,
        "tasks_done": job.items_done,
        "chunks_failed": job.chunks_failed,
        "submitted_s": _seconds(source, job.submitted_ns),
        "last_s": _seconds(source, job.last_ns or None),
    }


def _samples(source: Source) -> list[dict[str, Any]]:
    known = {sample.time_ns: sample for sample in source.cores}
    return [
        _sample(source, time_ns, known.get(time_ns), source.samples.processes_at(time_ns))
        for time_ns in source.samples.process_times()
    ]


def _sample(
    source: Source, time_ns: int, cores: CoresSample | None, processes: Sequence[ProcessSample]
) -> dict[str, Any]:
    return {
        "time_s": _seconds(source, time_ns),
        "load": None if cores is None else cores.load,
        "cores": [
            [core.number, round(core.user, 1), round(core.system, 1), round(core.steal, 1)]
            for core in (() if cores is None else cores.cores)
        ],
        "processes": [
            [process.pid, process.cpu_percent, process.rss_bytes, process.pss_bytes, process.cpu_number]
            for process in processes
        ],
    }


def _rows(block: TaskBlock) -> bytes:
    names = {name: quoted(name) if name else "null" for name in set(block.functions)}
    cpu = block.cpu_us
    columns: list[Sequence[Any]] = [
        [block.track.row] * block.chunks,
        [names[name] for name in block.functions],
        block.job.tolist(),
        block.position.tolist(),
        block.items.tolist(),
        ["true" if failed else "false" for failed in block.is_failed.tolist()],
        ["null" if core == NO_CORE else str(core) for core in block.core.tolist()],
    ]
    for moment in block.moments:
        columns += billionths(moment)
    columns += [(cpu // 1_000_000).tolist(), (cpu % 1_000_000).tolist()]
    columns += [block.bytes_in.tolist(), block.bytes_out.tolist()]
    columns.append([quoted(text) if text else "null" for text in block.arguments])
    return formatted(_ROW, columns)


def _seconds(source: Source, moment_ns: int | None) -> float | None:
    return None if moment_ns is None else (moment_ns - source.origin_ns) / 1e9


def _finite(value: Any) -> Any:
    """Put null where a number is none that JSON has."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
