"""The processes of a run: what each is, what it does, and how the dead ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from poolscope.tui.glyphs import PHASE_ROLES
from poolscope.tui.snapshot import Snapshot
from poolscope.workloads.model import ProcessSample, ProcessState
from poolscope.workloads.report import figures
from poolscope.workloads.text import clean, shorten

from ..widgets.line_view import Line, LineView, Piece, cells_of
from ..widgets.table import Cell, Column, LineTable, Widths
from .base import Panel

COLUMNS = (
    Column("pid", "pid", "right"),
    Column("what", "what"),
    Column("name", "name"),
    Column("state", "state"),
    Column("done", "done", "right"),
    Column("task", "task"),
    Column("cpu", "cpu", "right"),
    Column("memory", "mem", "right"),
    Column("age", "age", "right"),
)

FACT_NAME = 8
"""Cells of a fact's name in the details."""

DETAILS_IN_TWO_COLUMNS = 50

NAME_LIMIT = 512
"""Characters kept of a name, a command or a task: they come from outside."""

ROLE_ORDER = {"guardian": 0, "runner": 1, "program": 1, "helper": 2, "child": 3, "worker": 3, "fork": 3}

SHORT_LABELS = {"guardian": "guard", "resource tracker": "tracker", "fork server": "server"}
"""What is left of a label where the column is narrow."""

WORD_ROLES = {"success": "text-success", "warning": "text-warning", "secondary": "text-secondary"}
"""The phases' colours in the tint that makes words readable."""


def layouts(pid: int) -> tuple[dict[str, int], ...]:
    """Column widths, the richest first, for pids of PID digits; the negative one takes what is left over."""
    return (
        {"pid": pid, "what": 16, "name": 18, "state": 11, "done": 7, "task": -26, "cpu": 4, "memory": 6, "age": 7},
        {"pid": pid, "what": 8, "name": 16, "state": 11, "done": 7, "task": -22, "cpu": 4, "memory": 6, "age": 7},
        {"pid": pid, "what": 8, "state": 11, "done": 5, "task": -12, "cpu": 4, "memory": 6, "age": 7},
        {"pid": pid, "what": 6, "state": 11, "done": 5, "task": -12, "cpu": 4, "memory": 6},
        {"pid": pid, "what": -8, "state": 11, "done": 5, "cpu": 4, "memory": 6},
        {"pid": pid, "state": 1, "what": -3, "done": 4, "cpu": 4, "memory": 5},
        {"pid": pid, "state": 1, "what": -3, "done": 4, "cpu": 3, "memory": 5},
        {"pid": pid, "state": 1, "what": -3, "cpu": 4, "memory": 5},
        {"pid": pid, "state": 1, "what": -3},
    )


SortKey = Callable[[ProcessState, ProcessSample | None], Any]


def _order_of_birth(state: ProcessState, _sample: ProcessSample | None) -> tuple[int, int, int]:
    return ROLE_ORDER.get(state.role, 9), state.started_ns, state.pid


SORTS: tuple[tuple[str, str, SortKey], ...] = (
    ("", "", _order_of_birth),
    ("cpu", "by CPU", lambda _state, sample: -(sample.cpu_percent or 0.0) if sample else 1.0),
    ("memory", "by memory", lambda _state, sample: -(sample.pss_bytes or sample.rss_bytes) if sample else 1),
    ("done", "by tasks done", lambda state, _sample: -state.items_done),
    ("pid", "by pid", lambda state, _sample: state.pid),
    ("state", "by state", lambda state, _sample: (state.exit_status in (0, None), state.phase == "ended", state.phase)),
)
"""Column, words and key of each order, as the sort key cycles through them; ties are broken by order of birth."""


class ProcessesPanel(Panel):
    """Everything of the run: guardian, runner, helpers, workers; the dead stay until the next run."""

    NUMBER = 6
    TITLE = "Processes"
    HELP: ClassVar[str | None] = """\
Every process of the run. The guardian watches over the others and ends them if Poolscope dies; the runner owns
the pool; workers (`w1`, `w2`, ...) call the function; helpers belong to Python's multiprocessing.

- **state** is what a process does now; for the dead the exit code, or the name of the signal that ended it.
- **done** counts finished tasks, **task** is the chunk in hand; of the dead, the one they held.
- **cpu** is in percent of one core. **mem** divides shared pages among their users (PSS); a figure marked as an upper
  bound counts them in full (RSS).
- A process that ended stays listed until the next run.
- A thread of the engine `threads` is listed as a worker, under its own number; memory and CPU are those of its process,
  the runner.
- Where a workload makes processes of its own, such as `family` or `exits`, its children are `c1`, `c2`, ...; that some
  of them end by a signal is then the lesson.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "sort", "Sort", id="processes.sort", tooltip="Sort by the next column"),
        Binding("escape", "close_details", "Close", id="processes.close", tooltip="Hide the details"),
    ]

    DEFAULT_CSS = """
    ProcessesPanel {
        layout: vertical;
        & > LineTable { height: 1fr; min-height: 2; }
        & > #process-details { height: auto; border-top: solid $foreground 25%; display: none; }
        &.-details > #process-details { display: block; }
    }
    """

    EMPTY = "No processes yet."

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._table = LineTable(COLUMNS, layouts(5), empty=self.EMPTY)
        self._details = LineView(id="process-details")
        self._details.can_focus = False
        self._sort = 0
        self._states: dict[int, ProcessState] = {}
        self._samples: Mapping[int, ProcessSample] = {}
        self._ended_by_pool: set[int] = set()
        """Pids of workers that died of a signal because their pool was terminated, which is no misfortune."""
        self._now_ns = 0
        self._keys: tuple[int, ...] = ()
        self._cleaned: dict[str, str] = {}
        self._status = ""

    def compose(self) -> ComposeResult:
        """The table; details of one process come below it when they are asked for."""
        yield self._table

    def on_mount(self) -> None:
        """Take the app's glyphs."""
        self._table.ellipsis = self.glyphs.ellipsis
        self._table.empty = f"{self.EMPTY} {self.hint}".rstrip()

    @property
    def chosen(self) -> ProcessState | None:
        """The process under the cursor."""
        return self._states.get(self._table.cursor_key or -1)

    def apply(self, snapshot: Snapshot) -> None:
        """Show the processes of SNAPSHOT."""
        if not snapshot.processes and self._states:
            self._cleaned.clear()
        self._states = {state.pid: state for state in snapshot.processes}
        self._samples = snapshot.samples
        self._now_ns = snapshot.now_ns
        tracks = snapshot.timeline.tracks if snapshot.timeline is not None else ()
        self._ended_by_pool = {track.pid for track in tracks if track.exit_status and not track.has_bad_end}
        self._show()

    def on_resize(self, _event: events.Resize) -> None:
        """Lay the details out for the new size; the row they belong to stays in sight above them."""
        self._details.styles.max_height = max(2, self.content_size.height - 2)
        self._show_details()

    def action_sort(self) -> None:
        """Sort by the next column."""
        self._sort = (self._sort + 1) % len(SORTS)
        self._show()

    def action_close_details(self) -> None:
        """Hide the details."""
        self.remove_class("-details")
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        """Offer to close the details only while they are open."""
        return self.has_class("-details") if action == "close_details" else True

    def on_line_table_row_chosen(self, _event: LineTable.RowChosen) -> None:
        """Show or hide the details."""
        if not self._details.is_attached:
            self.mount(self._details)
        self.toggle_class("-details")
        self._show_details()
        self.refresh_bindings()

    def on_line_table_cursor_moved(self, _event: LineTable.CursorMoved) -> None:
        """Show the details of the row that the cursor is on now."""
        self._show_details()

    def _show(self) -> None:
        column, words, key = SORTS[self._sort]
        samples = self._samples
        ordered = sorted(
            self._states.values(), key=lambda state: (key(state, samples.get(state.pid)), _order_of_birth(state, None))
        )
        keys = tuple(state.pid for state in ordered)
        self._keys = self._keys if keys == self._keys else keys
        self._table.set_layouts(layouts(max(5, len(str(max(self._states, default=0))))))
        self._table.show(self._keys, self._cells, column)
        ended = sum(1 for state in ordered if state.phase == "ended")
        counts = [f"{len(ordered)} processes" if len(ordered) != 1 else "1 process"] if ordered else []
        counts += [f"{ended} ended"] if ended else []
        counts += [words] if words else []
        self._set_status(f" {self.glyphs.separator} ".join(counts))
        self._show_details()

    def _set_status(self, status: str) -> None:
        if status != self._status:
            self._status = self.border_subtitle = status

    def _clean(self, text: str) -> str:
        """Make TEXT from outside safe to show, once for each text."""
        cleaned = self._cleaned.get(text)
        if cleaned is None:
            if len(self._cleaned) > 4096:
                self._cleaned.clear()
            cleaned = self._cleaned[text] = clean(text, NAME_LIMIT)
        return cleaned

    def _cells(self, pid: int, widths: Widths) -> Mapping[str, Cell]:
        state, sample = self._states[pid], self._samples.get(pid)
        glyph, word, role = self._state(state, sample)
        muted = "text-muted" if state.phase == "ended" and role != "text-error" else ""
        supporting = "" if state.role in ("worker", "child") else "text-muted"
        done = "" if supporting and not state.items_done else figures.short_size(state.items_done)
        # Only where the state is a single glyph do the two columns stand side by side.
        label_until = "done" if supporting and not done and widths["state"] == 1 else ""
        current = self._clean(state.current)
        cells = {
            "pid": Cell(str(pid), muted),
            "what": Cell(self._clean(state.label), muted or supporting, SHORT_LABELS.get(state.label, ""), label_until),
            "name": Cell(self._clean(state.name), muted or "text-muted"),
            "state": Cell(f"{glyph} {word}", role, short=glyph),
            "done": Cell(done, muted),
            "task": Cell(current, muted, short=current.partition(", ")[0]),
        }
        if "age" in widths:
            cells["age"] = Cell(_age((state.ended_ns or self._now_ns) - state.started_ns), muted)
        if state.phase == "ended":
            if widths["state"] == 1:
                cells["cpu"] = Cell(word, role, until="memory")
        elif sample is not None:
            cpu = sample.cpu_percent
            cells["cpu"] = Cell("" if cpu is None else f"{cpu:.0f}")
            cells["memory"] = Cell(self._memory(sample))
        return cells

    def _state(self, state: ProcessState, sample: ProcessSample | None) -> tuple[str, str, str]:
        """Glyph, word and colour role of what a process is doing, or of how it ended."""
        glyphs = self.glyphs.states
        if state.phase == "ended":
            if state.exit_status is None:
                return glyphs["idle"], "gone", "text-muted"
            words = figures.exit_status(state.exit_status)
            if state.exit_status == 0:
                return glyphs["ended"], words, "text-muted"
            if state.pid in self._ended_by_pool:
                return glyphs["cancelled"], words, "text-muted"
            return self.glyphs.cross, words, "text-error"
        if sample is not None and sample.is_suspended:
            return glyphs["suspended"], "suspended", "text-warning"
        phase = "sending" if state.phase == "receiving" else state.phase
        return glyphs.get(state.phase, "?"), state.phase, WORD_ROLES.get(PHASE_ROLES.get(phase, ""), "text-muted")

    def _memory(self, sample: ProcessSample) -> str:
        if sample.pss_bytes is not None:
            return figures.short_size(sample.pss_bytes)
        return self.glyphs.at_most + figures.short_size(sample.rss_bytes)

    def _show_details(self) -> None:
        state = self.chosen
        if state is None or not self.has_class("-details"):
            return
        self._details.show(self._detail_lines(state, self._samples.get(state.pid)))

    def _detail_lines(self, state: ProcessState, sample: ProcessSample | None) -> list[Line]:
        """Facts in two columns where there is room, and the command on a line of its own."""
        # One cell is left for a scrollbar, which comes and goes with the number of lines.
        width = max(FACT_NAME, self.content_size.width - 1)
        facts = self._facts(state, sample)
        columns = 2 if width >= DETAILS_IN_TWO_COLUMNS else 1
        cell = (width - 2 * (columns - 1)) // columns
        lines: list[Line] = []
        for start in range(0, len(facts), columns):
            pieces: list[Piece] = []
            for fact in facts[start : start + columns]:
                pieces += [*([("  ", "")] if pieces else []), *self._fact(fact, cell)]
            lines.append(tuple(pieces))
        if sample is not None and sample.command:
            command = self._clean(" ".join(sample.command[:64])[:4096])
            lines.append(tuple(self._fact(("command", command, ""), width)))
        return lines

    def _fact(self, fact: tuple[str, str, str], width: int) -> tuple[Piece, Piece]:
        name, text, role = fact
        text = shorten(text, max(1, width - FACT_NAME), self.glyphs.ellipsis)
        return (f"{name:<{FACT_NAME}}", "text-muted"), (text + " " * (width - FACT_NAME - cells_of(text)), role)

    def _facts(self, state: ProcessState, sample: ProcessSample | None) -> list[tuple[str, str, str]]:
        """Name, text and role of each fact about a process."""
        glyph, word, role = self._state(state, sample)
        age = figures.seconds((state.ended_ns or self._now_ns) - state.started_ns)
        done = f"{figures.count(state.items_done)} in {_chunks(state.chunks_done)}"
        facts = [
            ("state", f"{glyph} {word}", role),
            ("task", self._clean(state.current) or "none", ""),
            ("lived" if state.ended_ns else "age", age, ""),
            ("done", done, ""),
            ("name", self._clean(state.name) or "none", ""),
            ("parent", "unknown" if state.parent is None else str(state.parent), ""),
        ]
        if sample is not None:
            shared = "" if sample.pss_bytes is None else f"{figures.size(sample.pss_bytes)} of "
            facts.append(("memory", f"{shared}{figures.size(sample.rss_bytes)} resident", ""))
            facts.append(("core", "unknown" if sample.cpu_number is None else str(sample.cpu_number), ""))
        return facts


def _chunks(count: int) -> str:
    return "1 chunk" if count == 1 else f"{figures.count(count)} chunks"


def _age(nanoseconds: int) -> str:
    """A process's age in whole seconds, so that a row changes once a second at most."""
    seconds = max(0, nanoseconds // 1_000_000_000)
    if seconds < 100:
        return f"{seconds} s"
    if seconds < 6000:
        return f"{seconds // 60}m{seconds % 60:02}"
    return f"{seconds // 3600}h{seconds % 3600 // 60:02}"
