"""A recording as tables of comma-separated values, with the units in the names of the columns.

``tasks`` has a row a chunk, ``processes`` a row a process, ``samples`` a row a core and sample. Times count in seconds
from the begin of the recording, sizes are bytes; a cell is empty where nothing is known. Texts are quoted as RFC 4180
says, and one that a spreadsheet would take for a formula gets an apostrophe before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...programs import PARTS
from .rows import billionths, csv_line, formatted, text_cell
from .tasks import NO_CORE, TaskBlock, task_blocks

if TYPE_CHECKING:
    from .sink import Write
    from .source import Source

_TASK_COLUMNS = (
    "process", "pid", "function", "job", "chunk", "tasks", "failed", "core", "waiting_from_s", "received_s", "begin_s",
    "end_s", "pickled_s", "sent_s", "cpu_s", "bytes_in", "bytes_out",
    "arguments",
)  # fmt: skip
_TIME = "%d.%09d"
_TASK_ROW = f"%s,%d,%s,%d,%d,%d,%s,%s,{','.join([_TIME] * 6)},%s,%d,%d,%s\n"
_PROCESS_COLUMNS = (
    "process", "pid", "parent_pid", "role", "name", "function", "begin_s", "ready_s", "end_s", "exit_status", "wall_s",
    *(f"{part}_s" for part in PARTS), "computing_cpu_s", "chunks", "chunks_failed", "tasks", "bytes_in", "bytes_out",
    "pickling_s", "unpickling_s", "sent_bytes", "received_bytes",
)  # fmt: skip
_SAMPLE_COLUMNS = ("time_s", "core", "user_percent", "system_percent", "steal_percent", "load")


def write_tasks(source: Source, write: Write) -> None:
    """Write a row a chunk, process by process."""
    write(csv_line(_TASK_COLUMNS))
    for track in source.view.tracks:
        for block in task_blocks(source, track):
            write(_tasks(block))


def write_processes(source: Source, write: Write) -> None:
    """Write a row a process: its life, and what it did with its time."""
    write(csv_line(_PROCESS_COLUMNS))
    ledgers = {(ledger.pid, ledger.label): ledger for ledger in source.ledgers}
    for track in source.view.tracks:
        life = [_seconds(source, moment) for moment in (track.started_ns, track.entered_ns, track.ended_ns)]
        row: list[Any] = [track.label, track.pid, track.parent, track.role, track.name, track.function, *life]
        row.append(track.exit_status)
        ledger = ledgers.get((track.pid, track.label))
        if ledger is None:
            row += [_length(track.until_ns - track.started_ns), *[None] * (len(PARTS) + 1)]
            row += [track.chunks_done, track.chunks_failed, track.items_done, *[None] * 6]
        else:
            row += [_length(ledger.wall_ns), *map(_length, ledger.parts().values()), _length(ledger.computing_cpu_ns)]
            row += [ledger.chunks, track.chunks_failed, ledger.items, ledger.bytes_in, ledger.bytes_out]
            row += [_length(ledger.pickling_ns), _length(ledger.unpickling_ns)]
            row += [ledger.sent_bytes, ledger.received_bytes]
        write(csv_line(row))


def write_samples(source: Source, write: Write) -> None:
    """Write a row a core and sample."""
    write(csv_line(_SAMPLE_COLUMNS))
    for sample in source.cores:
        when = _length(sample.time_ns - source.origin_ns)
        for core in sample.cores:
            use = [f"{share:.1f}" for share in (core.user, core.system, core.steal)]
            write(csv_line([when, core.number, *use, f"{sample.load:.2f}"]))


TABLES: Mapping[str, Callable[[Source, Write], None]] = {
    "tasks": write_tasks,
    "processes": write_processes,
    "samples": write_samples,
}
"""By the names that a person may choose from."""


def _tasks(block: TaskBlock) -> bytes:
    count = block.chunks
    label = text_cell(block.track.label)
    names = {name: text_cell(name) for name in set(block.functions)}
    columns: list[Sequence[Any]] = [
        [label] * count,
        [block.track.pid] * count,
        [names[name] for name in block.functions],
        block.job.tolist(),
        block.position.tolist(),
        block.items.tolist(),
        ["yes" if failed else "" for failed in block.is_failed.tolist()],
        ["" if core == NO_CORE else str(core) for core in block.core.tolist()],
    ]
    for moment in block.moments:
        columns += billionths(moment)
    columns += [
        [f"{spent / 1e6:.6f}" if spent else "" for spent in block.cpu_us.tolist()],
        block.bytes_in.tolist(),
        block.bytes_out.tolist(),
        [text_cell(text) if text else "" for text in block.arguments],
    ]
    return formatted(_TASK_ROW, columns)


def _seconds(source: Source, moment_ns: int | None) -> str | None:
    return None if moment_ns is None else _length(moment_ns - source.origin_ns)


def _length(nanoseconds: int | None) -> str | None:
    return None if nanoseconds is None else f"{nanoseconds / 1e9:.9f}"
