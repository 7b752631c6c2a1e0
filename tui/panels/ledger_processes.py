"""Ledgers of processes as lines of text: a bar each, tables with all figures, and the slowest tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

from poolscope.tui.glyphs import PART_ROLES, Glyphs
from poolscope.tui.widgets.bar import segments
from poolscope.tui.widgets.line_view import Line, Piece, cells_of
from poolscope.workloads.analysis.process_ledger import groups_of, sum_of
from poolscope.workloads.programs import PARTS, ProcessLedger, ProcessPart, SlowTask
from poolscope.workloads.report import figures
from poolscope.workloads.report.process_table import call_in_words
from poolscope.workloads.text import clean, shorten

from .ledger_lines import round_scale

SHORT_NAMES: dict[str, str] = {
    "starting": "start",
    "waiting": "wait",
    "receiving": "receive",
    "computing": "compute",
    "sending": "send",
    "idle": "idle",
    "blocked": "block",
    "running": "run",
    "stopping": "stop",
    "pickling": "pickle",
    "unpickling": "unpickle",
}
SPENT_ON: dict[ProcessPart, str] = {
    "starting": "starting",
    "waiting": "waiting for tasks",
    "receiving": "receiving arguments",
    "sending": "sending results",
    "idle": "idling after the last task",
    "blocked": "waiting for results of their own",
    "running": "what is no task",
    "stopping": "stopping",
}
_FIGURE = 11
"""Cells of the figure behind a bar."""
_LABEL_MOST = 12
_COLUMN = 8
"""Cells of the narrowest column: a figure with its unit, and a blank."""
_LONG_COLUMN = 9
_LONG_FROM = 100
"""Cells from which on the columns have their full names."""
_NOTABLE = 0.01


class Column(NamedTuple):
    """A column of figures."""

    name: str
    value: Callable[[ProcessLedger], int | None]
    write: Callable[[float], str] = figures.duration
    part: ProcessPart | None = None
    """The part that it shows, whose glyph stands in its head."""
    is_optional: bool = False
    """Left out while it is nought everywhere."""
    is_spare: bool = False
    """Left out where it would take lines of its own."""


def _part(name: ProcessPart, *, is_optional: bool = False) -> Column:
    return Column(name, attrgetter(f"{name}_ns"), part=name, is_optional=is_optional)


_WALL = Column("wall", lambda ledger: ledger.wall_ns)
_CPU = Column("CPU", lambda ledger: ledger.computing_cpu_ns)
_TASKS = Column("tasks", lambda ledger: ledger.items, figures.short_count)
_CHUNKS = Column("chunks", lambda ledger: ledger.chunks, figures.short_count, is_spare=True)
_IN = Column("in", lambda ledger: ledger.bytes_in, figures.size)
_OUT = Column("out", lambda ledger: ledger.bytes_out, figures.size)
_WORKER_COLUMNS = (
    _WALL, _part("starting"), _part("waiting"), _part("receiving"), _part("computing"), _CPU, _part("sending"),
    _part("blocked", is_optional=True), _part("idle"), _part("stopping"), _TASKS, _IN, _OUT, _CHUNKS,
)  # fmt: skip
_PROCESS_COLUMNS = (
    _WALL, _part("starting"), _part("receiving", is_optional=True), _part("computing", is_optional=True),
    _CPU._replace(is_optional=True), _part("sending", is_optional=True), _part("running"), _part("blocked"),
    _part("stopping"), _TASKS._replace(is_optional=True),
)  # fmt: skip
_PARENT_COLUMNS = (
    Column("blocked", lambda ledger: ledger.blocked_ns),
    Column("pickling", lambda ledger: ledger.pickling_ns),
    Column("sent", lambda ledger: ledger.sent_bytes, figures.size),
    Column("unpickling", lambda ledger: ledger.unpickling_ns),
    Column("received", lambda ledger: ledger.received_bytes, figures.size),
)


# One bar a process


def process_bars(ledgers: Sequence[ProcessLedger], width: int, glyphs: Glyphs) -> list[Line]:
    """Draw a bar for each process, as long as its life on a common scale and parted by what it did."""
    scale = round_scale(max((ledger.wall_ns for ledger in ledgers), default=0))
    if not scale:
        return []
    label = _label_width(ledgers)
    room = max(4, width - label - 1 - _FIGURE)
    return [_bar(ledger, scale, label, room, glyphs) for ledger in ledgers]


def _bar(ledger: ProcessLedger, scale: float, label: int, room: int, glyphs: Glyphs) -> Line:
    pieces: list[Piece] = [(f" {_label(ledger, glyphs):<{label}}", "strong")]
    length = max(1, min(room, round(ledger.wall_ns / scale * room))) if ledger.wall_ns else 0
    for part, cells in zip(PARTS, segments(list(ledger.parts().values()), length), strict=True):
        if cells:
            pieces.append((glyphs.parts[part] * cells, PART_ROLES[part]))
    figure = figures.duration(ledger.wall_ns)
    pieces += [(" " * (room - length), ""), (f"{figure:>{_FIGURE - 1}} ", "")]
    return tuple(pieces)


def bar_axis(ledgers: Sequence[ProcessLedger], width: int) -> Line:
    """Write the axis of the bars: nought, the middle and the end."""
    scale = round_scale(max((ledger.wall_ns for ledger in ledgers), default=0))
    label = _label_width(ledgers)
    room = max(4, width - label - 1 - _FIGURE)
    end, middle = figures.duration(scale), figures.duration(scale / 2)
    left = "0 s" if room < 30 else f"0 s{middle:>{room // 2 - 3 + len(middle) // 2}}"
    return ((f"{' ' * label} {left}{end:>{room - len(left)}}", "text-muted"),)


def legend_lines(ledgers: Iterable[ProcessLedger], width: int, glyphs: Glyphs, *, is_short: bool = False) -> list[Line]:
    """Explain the shapes of the parts that there are, in as many lines as that takes."""
    total = sum_of(ledgers).parts()
    lines: list[list[Piece]] = [[]]
    taken = 0
    for part in PARTS:
        if not total[part]:
            continue
        word = SHORT_NAMES[part] if is_short else f" {part}"
        size = len(word) + 2
        if lines[-1] and taken + size > width:
            lines.append([])
            taken = 0
        lines[-1] += [(" ", ""), (glyphs.parts[part], PART_ROLES[part]), (word, "text-muted")]
        taken += size
    return [tuple(line) for line in lines if line]


def with_mean(ledgers: Sequence[ProcessLedger]) -> list[ProcessLedger]:
    """Put the mean of the workers before the first of them, where there are several."""
    workers = [ledger for ledger in ledgers if ledger.role == "worker"]
    if len(workers) < 2:
        return list(ledgers)
    parts = {f"{part}_ns": spent // len(workers) for part, spent in sum_of(workers).parts().items()}
    mean = ProcessLedger(pid=0, label="mean", role="worker", wall_ns=sum(parts.values()), **parts)
    first = ledgers.index(workers[0])
    return [*ledgers[:first], mean, *ledgers[first:]]


def in_a_sentence(ledgers: Sequence[ProcessLedger]) -> str:
    """Say what took the time: of the workers if there are any, else of all processes."""
    workers = [ledger for ledger in ledgers if ledger.role == "worker"]
    if not workers:
        return _of_processes(ledgers)
    total = sum_of(workers)
    if not total.wall_ns:
        return ""
    who = "The worker" if len(workers) == 1 else f"The {len(workers):,} workers"
    its = "its" if len(workers) == 1 else "their"
    said = f"{who} computed for {_percent(total.computing_ns, total.wall_ns)} of {its} time"
    parts = {part: spent for part, spent in total.parts().items() if part != "computing"}
    largest = max(parts, key=parts.__getitem__)
    if parts[largest] < _NOTABLE * total.wall_ns:
        return f"{said}."
    return f"{said}; {_percent(parts[largest], total.wall_ns)} went into {SPENT_ON[largest]}."


def _of_processes(ledgers: Sequence[ProcessLedger]) -> str:
    total = sum_of(ledgers)
    if not total.wall_ns or not total.blocked_ns:
        return ""
    who = "The process was" if len(ledgers) == 1 else f"The {len(ledgers):,} processes were"
    its = "its" if len(ledgers) == 1 else "their"
    return f"{who} blocked for {_percent(total.blocked_ns, total.wall_ns)} of {its} time."


def _percent(part: int, whole: int) -> str:
    share = part / whole
    return f"{share * 100:.0f} %" if share >= _NOTABLE or not part else "less than 1 %"


# Tables


def section_lines(
    title: str, ledgers: Sequence[ProcessLedger], slowest: Sequence[SlowTask], width: int, glyphs: Glyphs
) -> list[Line]:
    """Write everything about one run: its TITLE unless that is "", its processes, and its slowest tasks."""
    head: list[Line] = [((shorten(f" {title}", width, glyphs.ellipsis), "strong"),)] if title else []
    lines: list[Line] = []
    for block in (table_lines(ledgers, width, glyphs), slowest_lines(slowest, width, glyphs)):
        lines += [*([()] if lines and block else []), *block]
    return [*head, *lines] if lines else []


def table_lines(ledgers: Sequence[ProcessLedger], width: int, glyphs: Glyphs) -> list[Line]:
    """Write all figures of all processes: workers, then children, then the rest, then what owners of pools did."""
    workers, children, others = groups_of(ledgers)
    owners = [ledger for ledger in ledgers if ledger.sent_bytes or ledger.received_bytes]
    lines: list[Line] = []
    for title, group, columns in (
        ("Workers", workers, _WORKER_COLUMNS),
        ("Processes with a target of their own", children, _PROCESS_COLUMNS),
        ("Other processes" if workers or children else "Processes", others, _PROCESS_COLUMNS),
        ("Pools, as their owners see them", owners, _PARENT_COLUMNS),
    ):
        if group:
            is_summed = group is not others and len(group) > 1
            lines += [*([()] if lines else []), ((shorten(f" {title}", width, glyphs.ellipsis), "title"),)]
            lines += _table([*([sum_of(group)] if is_summed else []), *group], columns, width, glyphs)
    return lines


def _table(rows: Sequence[ProcessLedger], columns: Sequence[Column], width: int, glyphs: Glyphs) -> list[Line]:
    """Write one table; columns that do not fit beside each other follow below, under the same labels."""
    chosen = [column for column in columns if not column.is_optional or any(column.value(row) for row in rows)]
    label = _label_width(rows)
    # Short names side by side are better than long ones below each other.
    for is_long in (True, False) if width >= _LONG_FROM else (False,):
        blocks = _blocks(chosen, label, width, is_long=is_long)
        needed = _blocks([column for column in chosen if not column.is_spare], label, width, is_long=is_long)
        if len(needed) == 1:
            break
    if len(needed) < len(blocks):
        blocks = needed
    lines: list[Line] = []
    for block in blocks:
        lines.append(_head(block, label, glyphs, is_long=is_long))
        lines += [_row(row, block, label, glyphs) for row in rows]
    return lines


def _blocks(columns: Sequence[Column], label: int, width: int, *, is_long: bool) -> list[list[tuple[Column, int]]]:
    """Part COLUMNS into those that fit beside each other, each with its cells."""
    blocks: list[list[tuple[Column, int]]] = [[]]
    taken = label
    for column in columns:
        cells = _column_width(column, is_long=is_long)
        if blocks[-1] and taken + cells > width:
            blocks.append([])
            taken = label
        blocks[-1].append((column, cells))
        taken += cells
    return blocks


def _column_width(column: Column, *, is_long: bool) -> int:
    name = column.name if is_long else SHORT_NAMES.get(column.name, column.name)
    mark = 2 if column.part else 1
    return max(_LONG_COLUMN if is_long and column.part else _COLUMN, len(name) + mark)


def _head(block: Sequence[tuple[Column, int]], label: int, glyphs: Glyphs, *, is_long: bool) -> Line:
    pieces: list[Piece] = [(" " * label, "")]
    for column, cells in block:
        name = column.name if is_long else SHORT_NAMES.get(column.name, column.name)
        mark = glyphs.parts[column.part] if column.part else ""
        pieces.append((" " * (cells - len(name) - len(mark)), ""))
        if column.part:
            pieces.append((mark, PART_ROLES[column.part]))
        pieces.append((name, ""))
    return tuple(pieces)


def _row(ledger: ProcessLedger, block: Sequence[tuple[Column, int]], label: int, glyphs: Glyphs) -> Line:
    is_sum = not ledger.pid
    figures_of_row = "".join(f"{_figure(column, ledger, cells, glyphs):>{cells}}" for column, cells in block)
    return (
        (f" {_label(ledger, glyphs):<{label - 1}}", "strong"),
        (figures_of_row, "strong" if is_sum else "text-muted"),
    )


def _figure(column: Column, ledger: ProcessLedger, cells: int, glyphs: Glyphs) -> str:
    value = column.value(ledger)
    if not value:
        return "?" if value is None else glyphs.separator
    text = column.write(value)
    return text if len(text) < cells else text.replace(" ", "")


def _label(ledger: ProcessLedger, glyphs: Glyphs) -> str:
    return shorten(clean(ledger.label, 100), _LABEL_MOST, glyphs.ellipsis)


def _label_width(ledgers: Iterable[ProcessLedger]) -> int:
    """Cells of the labels, a blank before them included."""
    return 1 + max((min(_LABEL_MOST, cells_of(ledger.label)) for ledger in ledgers), default=1)


# The slowest tasks


def slowest_lines(tasks: Sequence[SlowTask], width: int, glyphs: Glyphs) -> list[Line]:
    """Write the slowest tasks, one a line: how long they computed, where, and what they were called with."""
    if not tasks:
        return []
    with_bytes = width >= _LONG_FROM
    label = max(6, *(min(_LABEL_MOST, cells_of(task.label)) for task in tasks))
    sizes = f"{'in':>8}{'out':>8}" if with_bytes else ""
    head = f" {'computed':>8}{'CPU':>8}  {'worker':<{label}}{sizes}{'chunk':>9}  call"
    lines: list[Line] = [((" Slowest tasks", "title"),), ((shorten(head, width, glyphs.ellipsis), ""),)]
    for task in tasks:
        left = f" {figures.duration(task.end_ns - task.begin_ns):>8}"
        cpu = "?" if task.cpu_ns is None else figures.duration(task.cpu_ns)
        middle = f"{cpu:>8}  {shorten(clean(task.label, 100), _LABEL_MOST, glyphs.ellipsis):<{label}}"
        if with_bytes:
            middle += f"{_size(task.bytes_in, glyphs):>8}{_size(task.bytes_out, glyphs):>8}"
        middle += f"{task.position + 1:>9,}"
        middle = shorten(middle, max(0, width - len(left)), glyphs.ellipsis)
        said = ("  failed: " if task.is_failed else "  ") + call_in_words(task)
        said = shorten(said, max(0, width - len(left) - cells_of(middle)), glyphs.ellipsis)
        lines.append(((left, "strong"), (middle, "text-muted"), (said, "text-error" if task.is_failed else "")))
    return lines


def _size(octets: int, glyphs: Glyphs) -> str:
    return figures.size(octets) if octets else glyphs.separator
