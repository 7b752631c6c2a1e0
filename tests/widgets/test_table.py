from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Container

from poolscope.tui.widgets.table import Cell, Column, LineTable, Widths

COLUMNS = (
    Column("pid", "pid", "right"),
    Column("what", "what"),
    Column("state", "state"),
    Column("cpu", "cpu", "right"),
)
LAYOUTS = ({"pid": 5, "what": -6, "state": 9, "cpu": 4}, {"pid": 5, "what": -3, "cpu": 4}, {"pid": 5})


def cells(pid: int, _widths: Widths) -> Mapping[str, Cell]:
    if pid == 13:
        return {"pid": Cell("13"), "what": Cell("worker"), "state": Cell("SIGKILL", "text-error", until="cpu")}
    return {
        "pid": Cell(str(pid)),
        "what": Cell("resource tracker", short="track"),
        "state": Cell("computing"),
        "cpu": Cell("97"),
    }


def table() -> LineTable:
    return LineTable(COLUMNS, LAYOUTS, empty="No processes yet. Press r to run the lanes.")


async def test_cells_line_up_and_fall_back_to_what_fits(stage: Any, rows: Any) -> None:
    widget = table()
    async with stage(widget).run_test(size=(30, 5)) as pilot:
        widget.show([7, 13], cells)
        await pilot.pause()
        assert rows(widget) == [
            "  pid what      state      cpu",
            "    7 track     computing   97",
            "   13 worker    SIGKILL",
            "",
            "",
        ]


async def test_columns_drop_out_and_one_takes_what_is_left(stage: Any, rows: Any) -> None:
    widget = table()
    async with stage(widget).run_test(size=(24, 3)) as pilot:
        widget.show([7], cells)
        await pilot.pause()
        assert rows(widget)[:2] == ["  pid what           cpu", "    7 track           97"]
        await pilot.resize_terminal(14, 3)
        assert rows(widget)[:2] == ["  pid      cpu", "    7 tr…   97"]
        await pilot.resize_terminal(6, 3)
        assert rows(widget)[:2] == ["  pid", "    7"]


async def test_an_empty_table_says_what_to_do(stage: Any, rows: Any) -> None:
    widget = table()
    async with stage(widget).run_test(size=(30, 4)) as pilot:
        await pilot.pause()
        assert rows(widget) == ["No processes yet. Press r to", "run the lanes.", "", ""]
        widget.focus()
        await pilot.press("down", "enter", "end")
        assert widget.cursor_key is None


async def test_the_cursor_stays_on_its_row_when_the_order_changes(stage: Any) -> None:
    widget = table()
    async with stage(widget).run_test(size=(30, 6)) as pilot:
        widget.focus()
        widget.show([1, 2, 3], cells)
        await pilot.press("down")
        assert widget.cursor_key == 2
        widget.show([3, 1, 2], cells)
        assert widget.cursor_key == 2
        widget.show([3, 1], cells)
        assert widget.cursor_key == 1
        widget.show([], cells)
        assert widget.cursor_key is None


async def test_keys_move_the_cursor_and_keep_it_in_sight(stage: Any, rows: Any) -> None:
    widget = table()
    async with stage(widget).run_test(size=(30, 6)) as pilot:
        widget.focus()
        widget.show(list(range(100, 200)), cells)
        for key, expected in (
            ("end", 199), ("up", 198), ("home", 100), ("k", 100), ("j", 101), ("pagedown", 105), ("pageup", 101),
        ):  # fmt: skip
            await pilot.press(key)
            assert widget.cursor_key == expected
            assert any(row.startswith(f"  {expected} ") for row in rows(widget)), rows(widget)
        await pilot.press("end")
        assert rows(widget)[0].startswith("  pid")
        assert rows(widget)[-1].startswith("  199")


async def test_only_rows_that_changed_are_painted(stage: Any) -> None:
    widget = table()
    async with stage(widget).run_test(size=(30, 10)) as pilot:
        widget.show([1, 2, 3, 4], cells)
        await pilot.pause()
        painted: list[int] = []
        draw = widget.render_line
        widget.render_line = lambda y: (painted.append(y), draw(y))[1]  # type: ignore[method-assign,func-returns-value]
        widget.show([1, 2, 3, 4], cells)
        await pilot.pause()
        assert painted == []

        def changed(pid: int, widths: Widths) -> Mapping[str, Cell]:
            return {**cells(pid, widths), "cpu": Cell("98")} if pid == 3 else cells(pid, widths)

        widget.show([1, 2, 3, 4], changed)
        await pilot.pause()
        assert painted == [3]


async def test_cells_are_asked_only_of_visible_rows(stage: Any) -> None:
    widget = table()
    asked: set[int] = set()

    def watched(pid: int, widths: Widths) -> Mapping[str, Cell]:
        asked.add(pid)
        return cells(pid, widths)

    async with stage(widget).run_test(size=(30, 10)) as pilot:
        widget.show(list(range(10_000)), watched)
        await pilot.pause()
        assert asked == set(range(9))


async def test_a_click_moves_the_cursor_and_a_second_one_chooses(stage: Any) -> None:
    widget = table()
    chosen: list[int] = []

    class Listener(Container):
        def compose(self) -> ComposeResult:
            yield widget

        def on_line_table_row_chosen(self, event: LineTable.RowChosen) -> None:
            chosen.append(event.key)

    async with stage(Listener()).run_test(size=(30, 10)) as pilot:
        widget.show([1, 2, 3], cells)
        await pilot.pause()
        await pilot.click(LineTable, offset=(3, 2))
        assert widget.cursor_key == 2
        await pilot.click(LineTable, offset=(3, 2))
        await pilot.pause()
        assert chosen == [2]
        await pilot.click(LineTable, offset=(3, 8))
        assert widget.cursor_key == 2
