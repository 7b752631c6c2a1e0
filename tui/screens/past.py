"""The comparisons of the past: a list, in which two are tagged to be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message

from poolscope.tui import commands
from poolscope.tui.glyphs import Glyphs
from poolscope.tui.widgets.line_view import Line
from poolscope.tui.widgets.table import Cell, LineTable, Widths

from .bars import Bar
from .past_lines import COLUMNS, LAYOUTS, cells_of
from .sheet import SheetScreen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poolscope.tui.core import Core
    from poolscope.tui.snapshot import Snapshot
    from poolscope.workloads.history.past import Past

MOST = 1_000
"""Comparisons that are listed."""
EMPTY = (
    "No comparison is kept yet. Go back with Esc and press r: every comparison is kept when it ends, and stands here "
    "from then on."
)
OFF = "Comparisons are not kept: the history is switched off by POOLSCOPE_HISTORY=0."
READING = "Reading the history ..."


class PastTable(LineTable, inherit_bindings=False):
    """The list; what its keys do but moving about is declared with the screen's commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, tooltip="Move up"),
        Binding("down,j", "move(1)", "Down", show=False, tooltip="Move down"),
        Binding("pageup", "move_page(-1)", "Page up", show=False, tooltip="Move up by a page"),
        Binding("pagedown", "move_page(1)", "Page down", show=False, tooltip="Move down by a page"),
        Binding("home", "move_to_end(-1)", "First", show=False, tooltip="Go to the newest"),
        Binding("end", "move_to_end(1)", "Last", show=False, tooltip="Go to the oldest"),
    ]


class PastScreen(SheetScreen, inherit_bindings=False):
    """Everything that was ever compared, the newest first."""

    OFFERED: ClassVar[tuple[commands.Command, ...]] = commands.ON_HISTORY
    BINDINGS: ClassVar[list[BindingType]] = [*commands.bindings(commands.ON_HISTORY)]
    TITLE = "Past comparisons"
    HELP = """\
Every comparison that came to an end is kept, with the machine, the Python and the parameters that it was made with. The
newest stands first: when it began, what ran, and what it came to.

**Space** tags the one under the cursor; **Enter** compares the two: what differs between them, and
for each lane how many times as fast it is now, with the interval that this is known to. With one tagged, it is compared
with the one under the cursor. **f** shows those of one workload only.

The command line has the same: `poolscope history` and `poolscope compare`. `POOLSCOPE_HISTORY` says how many are kept.
"""

    @dataclass
    class Read(Message):
        """The history was read."""

        past: tuple[Past, ...]
        problem: str | None

    def __init__(self, core: Core, glyphs: Glyphs) -> None:
        super().__init__(core, glyphs)
        self._all: tuple[Past, ...] = ()
        self._listed: tuple[Past, ...] = ()
        self._tagged: list[str] = []
        """Identities, in the order in which they were tagged."""
        self._only: str | None = None
        """Name of the workload whose comparisons are listed; None for all."""
        self._table = PastTable(COLUMNS, LAYOUTS, empty=READING)
        self._table.ellipsis = glyphs.ellipsis
        self._note = Bar(id="past-note")

    @property
    def listed(self) -> tuple[Past, ...]:
        """What the list shows, from the top."""
        return self._listed

    @property
    def tagged(self) -> tuple[str, ...]:
        """Identities of those that are tagged, in the order in which they were."""
        return tuple(self._tagged)

    def body(self) -> ComposeResult:
        """The list, and a line about it."""
        with Container(id="past"):
            yield self._table
        yield self._note

    def on_mount(self) -> None:
        """Read the history."""
        self.set_focus(self._table)
        self.action_refresh()

    def show(self, snapshot: Snapshot) -> None:
        """Nothing of what goes on is shown here."""

    def circumstances(self) -> tuple[object, ...]:
        """What decides which commands are possible."""
        return bool(self._listed), len(self._tagged), self._table.cursor_key

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what is impossible now."""
        del parameters
        if action in ("tag", "filter"):
            return True if self._listed else None
        if action == "compare":
            return True if self._pair() is not None else None
        return True

    # The list.

    def action_refresh(self) -> None:
        """Read the history again."""

        def work() -> None:  # in the bridge's thread
            from poolscope.workloads.errors import PoolscopeError
            from poolscope.workloads.history import store

            try:
                past, problem = store.entries(MOST), None if store.is_on() else OFF
            except PoolscopeError as error:
                past, problem = (), str(error)
            self.post_message(self.Read(past, problem))

        self._core.carry_out(work)

    @on(Read)
    def _take(self, event: Read) -> None:
        event.stop()
        self._all = event.past
        known = {past.origin.identity for past in self._all}
        self._tagged = [identity for identity in self._tagged if identity in known]
        self._table.empty = self.spelled(event.problem or EMPTY)
        self._list()

    def _list(self) -> None:
        self._listed = tuple(past for past in self._all if self._only in (None, past.name))
        self._table.show(range(len(self._listed)), self._cells)
        self._table.refresh()
        self._show_note()
        self.refresh_keys()

    def _cells(self, key: int, widths: Widths) -> Mapping[str, Cell]:
        past = self._listed[key]
        tag = self._sign_of(past) if past.origin.identity in self._tagged else ""
        return {name: cell for name, cell in cells_of(past, tag, self.glyphs).items() if name in widths}

    def _sign_of(self, past: Past) -> str:
        """The sign that a tagged comparison has when the two are compared: the older one has the first."""
        others = [each for each in self._all if each.origin.identity in self._tagged]
        is_older = past is min(others, key=lambda each: each.origin.begun_epoch_ns)
        return self.glyphs.markers[0 if is_older else 1]

    def _show_note(self) -> None:
        many = "comparison" if len(self._listed) == 1 else "comparisons"
        text = f" {len(self._listed):,} {many}" if self._listed else ""
        if self._only is not None:
            text += f" of {self._only}; f shows all"
        if len(self._tagged) == 1:
            text += "; one is tagged: tag another one, or press Enter on it"
        elif len(self._tagged) > 1:
            text += "; Enter compares the two that are tagged"
        elif len(self._all) > 1:
            text += "; tag one with Space to compare it with another"
        line: Line = ((self.spelled(text), "text-muted"),)
        self._note.show_line(line)

    @property
    def _marked(self) -> Past | None:
        key = self._table.cursor_key
        return self._listed[key] if key is not None and key < len(self._listed) else None

    def _pair(self) -> tuple[Past, Past] | None:
        """The two that would be compared; None if there are not two."""
        by_identity = {past.origin.identity: past for past in self._all}
        chosen = [by_identity[identity] for identity in self._tagged]
        marked = self._marked
        if len(chosen) == 1 and marked is not None and marked is not chosen[0]:
            chosen.append(marked)
        return (chosen[0], chosen[1]) if len(chosen) == 2 else None

    @on(LineTable.CursorMoved)
    def _moved(self, event: LineTable.CursorMoved) -> None:
        event.stop()
        self.refresh_keys()

    @on(LineTable.RowChosen)
    def _chosen(self, event: LineTable.RowChosen) -> None:
        event.stop()
        self.action_tag()

    # Commands.

    def action_tag(self) -> None:
        """Tag the comparison under the cursor, or take its tag off; of three, the first tag goes."""
        marked = self._marked
        if marked is None:
            return
        identity = marked.origin.identity
        if identity in self._tagged:
            self._tagged.remove(identity)
        else:
            self._tagged = [*self._tagged[-1:], identity]
        self._table.repaint_changes()
        self._show_note()
        self.refresh_keys()

    def action_filter(self) -> None:
        """Show those of the marked one's workload alone, or all again."""
        marked = self._marked
        self._only = None if self._only is not None or marked is None else marked.name
        self._list()

    def action_compare(self) -> None:
        """Compare the two."""
        from .compared import ComparedScreen

        pair = self._pair()
        if pair is not None:
            older, newer = sorted(pair, key=lambda past: past.origin.begun_epoch_ns)
            self.app.push_screen(ComparedScreen(self._core, self.glyphs, older, newer))
