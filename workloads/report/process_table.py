"""What each process did with its time, and the slowest tasks, as tables of plain text.

They look like this::

    process    wall  starting  running  blocked  stopping  pickling  unpickling    sent  received
    main     2.10 s   45.0 ms   120 ms   1.90 s   30.0 ms   1.20 ms     3.40 ms  12.0 kB   5.60 MB

    worker     wall  starting  waiting  computing      CPU  sending     idle  stopping
    w1       2.01 s   2.10 ms  12.0 ms     1.71 s   1.69 s  81.0 ms   190 ms   2.00 ms
    w2       2.01 s   2.30 ms  11.0 ms     1.75 s   1.70 s  79.0 ms   150 ms   2.10 ms
    sum      4.02 s   4.40 ms  23.0 ms     3.46 s   3.39 s   160 ms   340 ms   4.10 ms

Columns that are nought in every row are left out; where there is little room, so are the least telling ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ..analysis.process_ledger import groups_of, sum_of
from ..programs import ProcessLedger, SlowTask
from ..text import cell_width, clean, shorten
from . import figures
from .columns import aligned, encodable

WIDTH = 80
MOST_ROWS = 16
"""Processes that a table shows one by one; of more, those with the longest lives."""
_ARGUMENTS_LEAST = 12
_NAME_LIMIT = 200
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


class _Column(NamedTuple):
    title: str
    short: str
    value: Callable[[ProcessLedger], int | None]
    write: Callable[[float], str]
    rank: int
    """Columns of the highest rank are the first to be left out where there is no room; 0 stays."""


def _time(name: str, short: str, rank: int, title: str = "") -> _Column:
    def value(ledger: ProcessLedger) -> int | None:
        spent: int | None = getattr(ledger, f"{name}_ns")
        return spent

    return _Column(title or name, short, value, figures.duration, rank)


def _bytes(name: str, title: str, rank: int) -> _Column:
    def value(ledger: ProcessLedger) -> int:
        size: int = getattr(ledger, name)
        return size

    return _Column(title, title, value, figures.size, rank)


_WORKER_COLUMNS = (
    _time("wall", "wall", 0),
    _time("starting", "start", 1),
    _time("waiting", "wait", 1),
    _time("receiving", "receive", 2),
    _time("computing", "compute", 0),
    _time("computing_cpu", "CPU", 3, "CPU"),
    _time("sending", "send", 2),
    _time("idle", "idle", 1),
    _time("blocked", "block", 2),
    _time("running", "run", 2),
    _time("stopping", "stop", 3),
    _Column("tasks", "tasks", lambda ledger: ledger.items, figures.short_count, 4),
    _bytes("bytes_in", "in", 5),
    _bytes("bytes_out", "out", 5),
)
_PROCESS_COLUMNS = (
    _time("wall", "wall", 0),
    _time("starting", "start", 1),
    _time("running", "run", 0),
    _time("receiving", "receive", 2),
    _time("computing", "compute", 0),
    _time("computing_cpu", "CPU", 4, "CPU"),
    _time("sending", "send", 2),
    _time("blocked", "block", 0),
    _time("stopping", "stop", 2),
    _time("pickling", "pickle", 3),
    _time("unpickling", "unpickle", 3),
    _bytes("sent_bytes", "sent", 3),
    _bytes("received_bytes", "received", 3),
)


def process_table(
    ledgers: Iterable[ProcessLedger],
    width: int = WIDTH,
    *,
    colour: bool = False,
    encoding: str | None = None,
    most: int = MOST_ROWS,
) -> str:
    """Write what each process did with its time: a table of the program, of its children and of its workers.

    Args:
        ledgers: In the order in which they are shown.
        width: Cells of a line at most.
        colour: Whether sums may stand out, provided that ``NO_COLOR`` is not set.
        encoding: What the text must be written in; characters that it lacks are replaced. Default: that of stdout.
        most: Rows of each table at most, the sum left out.

    Returns:
        Lines without a newline at the end; "" without any process.
    """
    every = tuple(ledgers)
    workers, children, others = groups_of(every)
    tables = [_table("process", others, _PROCESS_COLUMNS, width, most, is_summed=False)] if others else []
    tables += [_table("child", children, _PROCESS_COLUMNS, width, most, is_summed=True)] if children else []
    tables += [_table("worker", workers, _WORKER_COLUMNS, width, most, is_summed=True)] if workers else []
    is_bold = colour and not os.environ.get("NO_COLOR")
    lines: list[str] = []
    for table in tables:
        lines += ["", *table] if lines else table
    if is_bold:
        lines = [f"{_BOLD}{line}{_PLAIN}" if line.startswith("sum ") else line for line in lines]
    return encodable("\n".join(lines), encoding)


def slowest_table(
    tasks: Iterable[SlowTask], width: int = WIDTH, *, colour: bool = False, encoding: str | None = None
) -> str:
    """Write the slowest tasks, one a line, with what they were called with.

    Args:
        tasks: The slowest one first.
        width: Cells of a line at most.
        colour: Whether the head may stand out, provided that ``NO_COLOR`` is not set.
        encoding: As for `process_table`.

    Returns:
        Lines without a newline at the end; "" without any task.
    """
    every = tuple(tasks)
    if not every:
        return ""
    rows = [["", "computed", "CPU", "worker", "in", "out", "chunk", "call"], *map(_task_row, every)]
    keeps = [any(row[index] for row in rows[1:]) for index in range(len(rows[0]))]
    keeps[0] = True
    rows = [[cell for cell, is_kept in zip(row, keeps, strict=True) if is_kept] for row in rows]
    right = {index for index, title in enumerate(rows[0]) if title in ("computed", "CPU", "in", "out", "chunk")}
    ellipsis = encodable("…", encoding)
    lines = [shorten(line[1:], max(_ARGUMENTS_LEAST, width), ellipsis) for line in aligned(rows, right)]
    if colour and not os.environ.get("NO_COLOR"):
        lines[0] = f"{_BOLD}{lines[0]}{_PLAIN}"
    return encodable("\n".join(lines), encoding)


def call_in_words(task: SlowTask) -> str:
    """Name what was called, how often, and with what; made safe to show.

    Returns:
        ``fib(30)``, ``fib × 25: [1, 2, 3, …]`` for a chunk of 25 tasks, ``fib`` where no arguments were kept.
    """
    name = clean(task.function, _NAME_LIMIT) or "task"
    arguments = clean(task.arguments, _NAME_LIMIT)
    if task.items > 1:
        return f"{name} × {task.items:,}" + (f": {arguments}" if arguments else "")
    if not arguments:
        return name
    return name + (arguments if arguments.startswith("(") else f"({arguments})")


def task_in_words(task: SlowTask) -> str:
    """Name a task in one phrase: ``fib(30), chunk 5``."""
    return f"{call_in_words(task)}, chunk {task.position + 1:,}" + (", failed" if task.is_failed else "")


def _task_row(task: SlowTask) -> list[str]:
    return [
        "",
        figures.duration(task.end_ns - task.begin_ns),
        "" if task.cpu_ns is None else figures.duration(task.cpu_ns),
        clean(task.label, _NAME_LIMIT),
        figures.size(task.bytes_in) if task.bytes_in else "",
        figures.size(task.bytes_out) if task.bytes_out else "",
        f"{task.position + 1:,}",
        call_in_words(task) + (", failed" if task.is_failed else ""),
    ]


def _table(
    what: str, ledgers: Sequence[ProcessLedger], columns: Sequence[_Column], width: int, most: int, *, is_summed: bool
) -> list[str]:
    shown, left_out = _longest(ledgers, most)
    total = sum_of(ledgers)
    rows = [*shown, *([total] if is_summed and len(ledgers) > 1 else [])]
    columns = [column for column in columns if any(column.value(ledger) for ledger in rows)]
    lines = _fitted(what, rows, columns, width)
    if left_out:
        lines.insert(1 + len(shown), f"({left_out:,} more)")
    return lines


def _longest(ledgers: Sequence[ProcessLedger], most: int) -> tuple[list[ProcessLedger], int]:
    """Those with the longest lives, in the order in which they were, and how many others there are."""
    if len(ledgers) <= most:
        return list(ledgers), 0
    kept = sorted(range(len(ledgers)), key=lambda index: -ledgers[index].wall_ns)[:most]
    return [ledgers[index] for index in sorted(kept)], len(ledgers) - most


def _fitted(what: str, ledgers: Sequence[ProcessLedger], columns: Sequence[_Column], width: int) -> list[str]:
    """Draw the table with full names, else with short ones, else without the columns that say least."""
    while True:
        for titles, gap in (([column.title for column in columns], 2), ([column.short for column in columns], 1)):
            rows = [[what, *titles], *(_row(ledger, columns) for ledger in ledgers)]
            lines = aligned(rows, set(range(1, len(columns) + 1)), gap)
            if max(map(cell_width, lines)) <= width:
                return lines
        worst = max((column.rank for column in columns), default=0)
        if not worst:
            return [shorten(line, width) for line in lines]
        last = max(index for index, column in enumerate(columns) if column.rank == worst)
        columns = [*columns[:last], *columns[last + 1 :]]


def _row(ledger: ProcessLedger, columns: Sequence[_Column]) -> list[str]:
    cells = [clean(ledger.label, 40)]
    for column in columns:
        value = column.value(ledger)
        cells.append("-" if value is None else column.write(value) if value else "0")
    return cells
