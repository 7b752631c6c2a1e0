"""The cores: one meter each on a fixed scale, with a short history and the worker that sits there now."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult

from poolscope.tui.snapshot import Snapshot
from poolscope.workloads.model import CoresSample, CoreUsage
from poolscope.workloads.report import figures
from poolscope.workloads.text import clean, shorten

from ..widgets import history
from ..widgets.bar import meter
from ..widgets.line_view import Line, LineView, Piece, sentence_line
from .base import Panel

HISTORY = 240
"""Samples kept of each core."""

SEATED_PHASES = ("receiving", "computing", "returning")
"""What a process does when it is worth saying which core it sits on."""

METER_ROLES = ("success", "warning", "error")
"""Of user, system and steal time."""

LEAST_METER = 4
GAP = 2
"""Cells between two cores side by side."""


class _Shape(NamedTuple):
    """How one core is laid out in a cell of the grid."""

    number: int
    meter: int
    label: int
    history: int
    """Cells of the history beside the meter; 0 for none."""


class CoresPanel(Panel):
    """One meter a core, from two to hundreds."""

    NUMBER = 3
    TITLE = "Cores"
    HELP: ClassVar[str | None] = """\
One meter for each core of the machine, always from 0 to 100 %. Three shapes, named at the foot of the panel, tell
**user** time (programs), **system** time (the kernel, such as pipes and memory) and **steal** (taken by other guests
of the same host). Beside it the percentage, the worker that sits on that core now (`w1+`: more than one of them; `run`:
the runner), and the recent past, oldest on the left.

With many cores each becomes one column, and the number on the left says which core a row begins with; underlined
columns have a worker. NumPy's own threads, as in `blas`, load cores that show no worker of theirs.

The **budget** is what this program may use: the least of the cores that are online, the affinity and the cgroup
limits. More workers than that wait for each other.
"""

    DEFAULT_CSS = """
    CoresPanel {
        layout: vertical;
        & > #core-meters { height: 1fr; }
        & > #core-sums { height: auto; max-height: 4; }
    }
    """

    EMPTY = "Measuring the cores."
    EMPTY_THEN = "The cores were not measured until then."

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._meters = LineView(id="core-meters")
        self._sums = LineView(id="core-sums")
        self._sums.can_focus = False
        self._history: dict[int, deque[float]] = {}
        self._sample: CoresSample | None = None
        self._snapshot: Snapshot | None = None

    def compose(self) -> ComposeResult:
        """Meters above, sums below."""
        yield self._meters
        yield self._sums

    def apply(self, snapshot: Snapshot) -> None:
        """Show the cores of SNAPSHOT."""
        self._snapshot = snapshot
        sample = snapshot.cores
        if sample is None:
            self._history.clear()
        elif self._sample is None or sample.time_ns != self._sample.time_ns:
            self._remember(sample, snapshot.cores_before)
        self._sample = sample
        self._show()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay the cores out for the new size."""
        self._show()

    def _remember(self, newest: CoresSample, before: Sequence[CoresSample]) -> None:
        """Take in the NEWEST sample, and all BEFORE it (which ends with it) where time was gone back or jumped over."""
        known = self._sample.time_ns if self._sample else None
        is_next = not before or (len(before) > 1 and before[-2].time_ns == known)
        if not is_next:
            self._history.clear()
        for sample in (newest,) if is_next else before:
            present = {core.number for core in sample.cores}
            for number in self._history.keys() - present:
                del self._history[number]
            for core in sample.cores:
                past = self._history.get(core.number)
                if past is None:
                    past = self._history[core.number] = deque(maxlen=HISTORY)
                past.append(core.busy)

    def _show(self) -> None:
        snapshot = self._snapshot
        width, height = self.room
        if snapshot is None or width < 1:
            return
        if snapshot.cores is None or not snapshot.cores.cores:
            sentence = self.EMPTY if snapshot.transport.is_live else self.EMPTY_THEN
            self._meters.show([sentence_line(sentence, width, row) for row in range(min(3, height))])
            self._sums.show(())
            return
        cores = snapshot.cores.cores
        seats, label_width = _seats(snapshot)
        sums = self._sum_lines(snapshot, snapshot.cores, width, most=min(4, height // 3))
        self._sums.show(sums)
        rows = max(1, height - len(sums))
        self._meters.show(self._core_lines(cores, seats, label_width, width, rows))

    def _core_lines(
        self, cores: Sequence[CoreUsage], seats: dict[int, str], label_width: int, width: int, rows: int
    ) -> list[Line]:
        """Choose among meters with a chart under each, a grid of meters, and one column a core."""
        digits = len(str(max(core.number for core in cores)))
        least = digits + 1 + LEAST_METER + 1 + 3
        if rows >= 3 * len(cores):
            return self._meters_with_charts(cores, seats, label_width, width, rows)
        for columns in range(1, max(1, (width + GAP) // (least + GAP)) + 1):
            if -(-len(cores) // columns) <= rows:
                return self._grid(cores, seats, label_width, width, columns)
        return self._columns(cores, seats, width, rows)

    def _meters_with_charts(
        self, cores: Sequence[CoreUsage], seats: dict[int, str], label_width: int, width: int, rows: int
    ) -> list[Line]:
        shape = _shape(width, cores, label_width, has_history=False)
        chart_rows = min(16, rows // len(cores) - 1)
        spare = chart_rows > 2 and rows >= len(cores) * (chart_rows + 1) + len(cores) - 1
        ramp = self._ramp(chart_rows)
        indent = shape.number + 1
        lines: list[Line] = []
        for core in cores:
            if lines and spare:
                lines.append(())
            lines.append(self._meter_line(core, seats, shape))
            past = list(self._history.get(core.number, ()))
            chart = history.chart(past, width - indent, chart_rows, ramp)
            lines += [((" " * indent, ""), (text, "past")) for text in chart]
        return lines

    def _grid(
        self, cores: Sequence[CoreUsage], seats: dict[int, str], label_width: int, width: int, columns: int
    ) -> list[Line]:
        """Meters side by side, numbered down the columns."""
        cell = (width - GAP * (columns - 1)) // columns
        shape = _shape(cell, cores, label_width, has_history=True)
        per_column = -(-len(cores) // columns)
        lines: list[Line] = []
        for row in range(per_column):
            pieces: list[Piece] = []
            for core in cores[row::per_column]:
                if pieces:
                    pieces.append((" " * GAP, ""))
                pieces += self._meter_line(core, seats, shape)
            lines.append(tuple(pieces))
        return lines

    def _meter_line(self, core: CoreUsage, seats: dict[int, str], shape: _Shape) -> Line:
        glyphs = self.glyphs
        cells = meter(core.user, core.system, core.steal, shape.meter)
        pieces: list[Piece] = [(f"{core.number:>{shape.number}} ", "text-muted")]
        pieces += [(glyph * count, role) for glyph, count, role in zip(glyphs.meter, cells, METER_ROLES, strict=True)]
        pieces.append((" " * (shape.meter - sum(cells)), "track"))
        pieces.append((f" {core.busy:3.0f}", ""))
        if shape.label:
            label = shorten(seats.get(core.number, ""), shape.label, glyphs.ellipsis)
            pieces.append((" " + label + " " * (shape.label - cell_len(label)), "strong"))
        if shape.history:
            past = list(self._history.get(core.number, ()))
            pieces.append((" " + history.row(past, shape.history, glyphs.history), "past"))
        return tuple(piece for piece in pieces if piece[0])

    def _columns(self, cores: Sequence[CoreUsage], seats: dict[int, str], width: int, rows: int) -> list[Line]:
        """One column a core, in rows of a round number of cores."""
        digits = len(str(max(core.number for core in cores)))
        room = max(1, width - digits - 1)
        per_row = _cores_per_row(len(cores), room, rows)
        groups = [cores[start : start + per_row] for start in range(0, len(cores), per_row)]
        tall = max(1, min(4, rows // len(groups)))
        ramp = self._ramp(tall)
        lines: list[Line] = []
        for group in groups:
            heads = [history.chart([core.busy], 1, tall, ramp) for core in group]
            for level in range(tall):
                is_base = level == tall - 1
                label = f"{group[0].number:>{digits}} " if is_base else " " * (digits + 1)
                there = seats if is_base else {}
                pieces = ((head[level], _column_role(core, there)) for head, core in zip(heads, group, strict=True))
                lines.append(((label, "text-muted"), *pieces))
        return lines

    def _ramp(self, rows: int) -> str:
        """Levels of one cell: in charts of several rows digits would read as figures."""
        return history.ASCII_RAMP if rows > 1 and not self.glyphs.bar_partial else self.glyphs.history

    def _sum_lines(self, snapshot: Snapshot, sample: CoresSample, width: int, most: int) -> list[Line]:
        """What holds for the whole machine, as many facts a line as fit, at most MOST lines."""
        lines: list[list[Piece]] = []
        used = width + 1
        separator = f" {self.glyphs.separator} "
        for fact in self._facts(snapshot, sample):
            size = sum(cell_len(text) for text, _ in fact)
            if lines and used + len(separator) + size <= width:
                lines[-1] += [(separator, "text-muted"), *fact]
                used += len(separator) + size
            elif len(lines) < most:
                lines.append(list(fact))
                used = size
        return [tuple(pieces) for pieces in lines]

    def _facts(self, snapshot: Snapshot, sample: CoresSample) -> list[tuple[Piece, ...]]:
        count = len(sample.cores)
        user = sum(core.user for core in sample.cores) / count
        system = sum(core.system for core in sample.cores) / count
        steal = sum(core.steal for core in sample.cores) / count
        budget = snapshot.machine.budget
        facts: list[tuple[Piece, ...]] = []
        if budget.cpus < budget.online:
            facts.append(((f"budget {budget.cpus:.1f} of {budget.online} CPUs", "text-warning"),))
        kinds = zip(self.glyphs.meter, ("user", "system", "steal"), (user, system, steal), METER_ROLES, strict=True)
        facts += [((glyph, role), (f" {name}{value:4.0f}", "text-muted")) for glyph, name, value, role in kinds]
        facts.append(((f"load {sample.load:.2f}", "text-muted"),))
        if sample.context_switches is not None:
            facts.append(((f"{figures.short_count(sample.context_switches)} switches/s", "text-muted"),))
        return facts


def _seats(snapshot: Snapshot) -> tuple[dict[int, str], int]:
    """Say who sits on which core.

    Returns:
        The label by core, the busiest process's with a plus sign when there are more; and the cells to keep for
        labels, which depend on who is there and not on where they sit, so that nothing jumps.
    """
    seated: dict[int, list[tuple[float, str]]] = {}
    label_width = 2
    for state in snapshot.processes:
        if state.phase == "ended" or state.role in ("guardian", "helper"):
            continue
        label = "run" if state.role == "runner" else clean(state.label, 16)
        label_width = max(label_width, cell_len(label) + 1)
        sample = snapshot.samples.get(state.pid)
        if sample is None or sample.cpu_number is None or sample.is_suspended:
            continue
        cpu = sample.cpu_percent or 0.0
        if cpu >= 1 or state.phase in SEATED_PHASES:
            seated.setdefault(sample.cpu_number, []).append((cpu, label))
    labels = {core: max(there)[1] + ("+" if len(there) > 1 else "") for core, there in seated.items()}
    return labels, min(6, label_width)


def _shape(cell: int, cores: Sequence[CoreUsage], label_width: int, *, has_history: bool) -> _Shape:
    """Share the CELL cells of one core among number, meter, percentage, label and history."""
    number = len(str(max(core.number for core in cores)))
    room = cell - number - 1 - 4
    label = label_width if room - label_width - 1 >= LEAST_METER + 2 else 0
    room -= label + 1 if label else 0
    past = 0
    if has_history and room >= 12:
        past = max(3, min(60, room // 3 - 1))
        room -= past + 1
    return _Shape(number, max(1, room), label, past)


def _cores_per_row(cores: int, room: int, rows: int) -> int:
    """Choose a round number of cores that fits into ROOM cells, so that everything fits into ROWS where it can."""
    round_numbers = [count for count in (64, 32, 16, 8) if count <= room]
    for count in round_numbers:
        if -(-cores // count) <= rows:
            return count
    return room // 8 * 8 or room


def _column_role(core: CoreUsage, seats: dict[int, str]) -> str:
    """Colour of a one-column core by what it mostly does; underlined when somebody of ours sits there."""
    role = max(zip((core.user, core.system, core.steal), METER_ROLES, strict=True), key=lambda pair: pair[0])[1]
    return f"{role}-seated" if core.number in seats else role
