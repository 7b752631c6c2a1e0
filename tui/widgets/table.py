"""A table of rows with stable keys, in line API: draws what is visible and repaints what changed.

The table holds no rows. It is given the keys in order and a function that tells a row's cells, asks for those that are
visible, and compares them with what it painted; so its cost does not depend on the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Literal, NamedTuple

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from poolscope.workloads.text import shorten

from .line_view import Line, Piece, StyledView, cells_of, changed_spans, sentence_line


class Cell(NamedTuple):
    """What one cell says."""

    text: str
    role: str = ""
    short: str = ""
    """Shown instead of `text` where that does not fit; "" to cut `text`."""
    until: str = ""
    """Name of the last column that the cell spreads over, where that is visible; "" for its own only."""


class Column(NamedTuple):
    """One column; how wide it is depends on the layout."""

    name: str
    title: str
    align: Literal["left", "right"] = "left"


Widths = Mapping[str, int]
"""Cells by the names of the visible columns."""

Cells = Callable[[int, Widths], Mapping[str, Cell]]
"""Tells the cells of the row with a key, by column name; a column left out is blank."""

EMPTY_CELL = Cell("")


class LineTable(StyledView):
    """Rows under a fixed header, with a cursor that stays on its row when the order changes."""

    can_focus = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "move_page(-1)", "Page up", show=False),
        Binding("pagedown", "move_page(1)", "Page down", show=False),
        Binding("home", "move_to_end(-1)", "First", show=False),
        Binding("end", "move_to_end(1)", "Last", show=False),
        Binding("enter", "choose", "Details", id="table.choose", tooltip="Show or hide the details of the row"),
    ]

    class RowChosen(Message):
        """Enter was pressed on a row, or it was clicked while it had the cursor."""

        def __init__(self, table: LineTable, key: int) -> None:
            super().__init__()
            self.table = table
            self.key = key

    class CursorMoved(Message):
        """The cursor went to another row."""

        def __init__(self, table: LineTable, key: int) -> None:
            super().__init__()
            self.table = table
            self.key = key

    def __init__(self, columns: Sequence[Column], layouts: Sequence[Mapping[str, int]], *, empty: str = "") -> None:
        """Take the shape of the table.

        Args:
            columns: What can be shown.
            layouts: Widths by column name, in the order in which they stand, the richest layout first; the first that
                fits is used. A negative width is the least of the column that also takes what is left over.
            empty: Sentence that stands in a table without rows.
        """
        super().__init__()
        self._columns = {column.name: column for column in columns}
        self._layouts = tuple(layouts)
        self.empty = empty
        """Sentence that stands in it while it has no rows; to be set before it is drawn."""
        self.ellipsis = "…"
        self._keys: Sequence[int] = ()
        self._cells: Cells = lambda _key, _widths: {}
        self._cursor: int | None = None
        self._painted: dict[int, tuple[Line, bool]] = {}
        self._widths_for: tuple[int, dict[str, int]] | None = None
        self._sorted_by = ""

    @property
    def cursor_key(self) -> int | None:
        """Key of the row under the cursor; None while the table is empty."""
        return self._cursor

    @property
    def keys(self) -> Sequence[int]:
        """Keys of all rows in the order shown."""
        return self._keys

    def show(self, keys: Sequence[int], cells: Cells, sorted_by: str = "") -> None:
        """Show the rows KEYS in that order, as CELLS tells them; SORTED_BY names the column that orders them."""
        old_count, old_index = len(self._keys), self._index
        self._keys, self._cells, self._sorted_by = keys, cells, sorted_by
        if self._cursor is None or self._index is None:
            self._cursor = keys[min(old_index or 0, len(keys) - 1)] if keys else None
        if len(keys) != old_count:
            self.virtual_size = Size(0, len(keys) + 1 if keys else 0)
        self.repaint_changes()

    def set_layouts(self, layouts: Sequence[Mapping[str, int]]) -> None:
        """Use other widths, such as when a longer pid turned up."""
        if tuple(layouts) != self._layouts:
            self._layouts = tuple(layouts)
            self._widths_for = None
            self.refresh()

    def repaint_changes(self) -> None:
        """Compare the visible rows with what was painted, and repaint those that differ."""
        width = self.content_width
        spans: list[tuple[int, int, int]] = []
        for y in range(self.content_height):
            new, old = self._row(y), self._painted.get(y)
            if old is None or new[1] != old[1]:
                spans.append((y, 0, width))
            elif new != old:
                spans += [(y, *span) for span in changed_spans(old[0], new[0], width)]
        self.repaint_spans(spans)

    def render_line(self, y: int) -> Strip:
        """Draw visible row Y; row 0 is the header."""
        line, is_cursor = self._painted[y] = self._row(y)
        return self.strip_of(line, self.content_width, is_cursor=is_cursor)

    def widths(self) -> dict[str, int]:
        """Cells by the names of the columns that fit the present width, with a blank before the scrollbar."""
        width = self.content_width - (1 if self.show_vertical_scrollbar else 0)
        if self._widths_for is None or self._widths_for[0] != width:
            self._widths_for = (width, _choose_widths(self._layouts, width))
        return self._widths_for[1]

    @property
    def _index(self) -> int | None:
        if self._cursor is None:
            return None
        try:
            return self._keys.index(self._cursor)
        except ValueError:
            return None

    def _row(self, y: int) -> tuple[Line, bool]:
        if not self._keys:
            return sentence_line(self.empty, self.content_width, y), False
        if y == 0:
            return self._header(), False
        index = self.scroll_offset.y + y - 1
        if index >= len(self._keys):
            return (), False
        key = self._keys[index]
        widths = self.widths()
        return self._line(self._cells(key, widths), widths), key == self._cursor

    def _header(self) -> Line:
        widths = self.widths()
        titles = {
            column.name: Cell(column.title, "strong" if column.name == self._sorted_by else "title", short=" ")
            for column in self._columns.values()
        }
        return self._line(titles, widths)

    def _line(self, cells: Mapping[str, Cell], widths: Widths) -> Line:
        pieces: list[Piece] = []
        visible = [self._columns[name] for name in widths]
        position = 0
        while position < len(visible):
            column = visible[position]
            cell = cells.get(column.name, EMPTY_CELL)
            width = widths[column.name]
            if cell.until in widths:
                while position + 1 < len(visible) and visible[position].name != cell.until:
                    position += 1
                    width += 1 + widths[visible[position].name]
            pieces.append(self._fit(cell, width, column.align))
            pieces.append((" ", ""))
            position += 1
        return tuple(pieces[:-1])

    def _fit(self, cell: Cell, width: int, align: str) -> Piece:
        text = cell.text
        if cells_of(text) > width:
            text = (
                cell.short
                if cell.short and cells_of(cell.short) <= width
                else shorten(cell.short or text, width, self.ellipsis)
            )
        padding = " " * (width - cells_of(text))
        return (padding + text if align == "right" else text + padding, cell.role)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Forget what was painted: every visible row is another one now."""
        super().watch_scroll_y(old_value, new_value)
        self._painted.clear()

    def on_resize(self, _event: events.Resize) -> None:
        """Draw everything again if it was painted at another width, and keep the cursor in sight."""
        if self.content_width != self.drawn_width:
            self._painted.clear()
            self.refresh()
        self._keep_cursor_in_sight()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked; choose it when it had the cursor already."""
        index = self.scroll_offset.y + event.y - 1
        if event.y > 0 and index < len(self._keys):
            if self._keys[index] == self._cursor:
                self.action_choose()
            else:
                self._move_to(index)

    def action_move(self, rows: int) -> None:
        """Move the cursor by ROWS."""
        self._move_to((self._index or 0) + rows)

    def action_move_page(self, pages: int) -> None:
        """Move the cursor by PAGES of what is visible."""
        self.action_move(pages * max(1, self.content_height - 2))

    def action_move_to_end(self, direction: int) -> None:
        """Move the cursor to the first (-1) or the last (1) row."""
        self._move_to(0 if direction < 0 else len(self._keys) - 1)

    def action_choose(self) -> None:
        """Report the row under the cursor as chosen."""
        if self._cursor is not None:
            self.post_message(self.RowChosen(self, self._cursor))

    def _move_to(self, index: int) -> None:
        if not self._keys:
            return
        key = self._keys[min(len(self._keys) - 1, max(0, index))]
        if key != self._cursor:
            self._cursor = key
            self.post_message(self.CursorMoved(self, key))
        self._keep_cursor_in_sight()
        self.repaint_changes()

    def _keep_cursor_in_sight(self) -> None:
        index, rows = self._index, self.content_height - 1
        if index is None or rows < 1:
            return
        top = self.scroll_offset.y
        if index < top:
            self.set_scroll(None, index)
        elif index >= top + rows:
            self.set_scroll(None, index - rows + 1)


def _choose_widths(layouts: Sequence[Mapping[str, int]], width: int) -> dict[str, int]:
    for layout in layouts:
        spare = width - sum(abs(cells) for cells in layout.values()) - len(layout) + 1
        if spare >= 0 or layout is layouts[-1]:
            return {name: cells if cells >= 0 else -cells + max(0, spare) for name, cells in layout.items()}
    return {}
