"""Editing, adding, copying, ordering and switching lanes, with the keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, Static

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.panels.lanes import LanesView
from poolscope.tui.screens.edit_lane import EditLane
from poolscope.tui.widgets.chooser import Chooser
from poolscope.workloads.lanes import SETTINGS, parse_lane
from poolscope.workloads.model import Lane

if TYPE_CHECKING:
    from textual.pilot import Pilot

FULL = (120, 40)
SERIAL, POOL = Lane("serial"), Lane("pool")


async def open_editor(pilot: Pilot[None], *keys: str) -> EditLane:
    await pilot.pause()
    assert isinstance(pilot.app, PoolscopeApp)
    pilot.app.frame()
    await pilot.press("2", *keys)
    screen = pilot.app.screen
    assert isinstance(screen, EditLane)
    return screen


def asked(app: PoolscopeApp) -> list[Lane]:
    return list(app.lab.asked_lanes)


def rows_of(editor: EditLane) -> list[str]:
    return [str(row.id).removeprefix("row-") for row in editor.query(".row") if row.display]


def lines_of(app: PoolscopeApp) -> list[str]:
    return ["".join(text for text, _ in line) for line in app.lab.lanes.query_one(LanesView).lines]


def said(editor: EditLane, name: str) -> str:
    widget = editor.query_one(f"#{name}", Static)
    return str(widget.render()) if widget.display else ""


async def test_a_lane_is_edited(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await open_editor(pilot, "down", "e")
        # From two workers, which is the default here, to four; fork to spawn; a smaller chunk.
        await pilot.press("down", "right", "right", "down", "right", "down", "right", "down", "home", "enter")
        await pilot.pause()
        assert app.screen is app.lab
        assert asked(app) == [SERIAL, Lane("pool", 4, "spawn", 1, flavour="imap")]
        assert core.told[-1][0] == "choose"
        assert list(core.told[-1][3]) == asked(app)


async def test_escape_leaves_everything_as_it_was(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await open_editor(pilot, "down", "e")
        await pilot.press("down", "right", "escape")
        assert app.screen is app.lab
        assert asked(app) == [SERIAL, POOL]


async def test_the_default_stays_one_however_the_others_change(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        editor = await open_editor(pilot, "down", "e")
        assert editor.query_one("#workers", Chooser).text == "2"
        assert editor.query_one("#chunksize", Chooser).text == "624,999"
        await pilot.press("down", "right", "right")
        await pilot.pause()
        assert editor.query_one("#chunksize", Chooser).text == "312,500"
        assert editor.lane == Lane("pool", 4)
        await pilot.press("left", "left")
        assert editor.lane == POOL


@pytest.mark.parametrize("name", list(SETTINGS))
async def test_only_the_settings_of_the_engine_are_offered(core: Any, workloads: Any, name: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        app.lab.begin_lanes([Lane(name), Lane("serial", blas=1)])
        editor = await open_editor(pilot, "e")
        assert sorted(rows_of(editor)) == sorted(("engine", *SETTINGS[name]))
        assert not editor.query(Input)


async def test_whatever_is_chosen_can_be_used(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        editor = await open_editor(pilot, "a")
        engines = editor.query_one("#engine", Chooser)
        assert "interpreters" not in engines.values
        for _ in engines.values:
            for name in rows_of(editor)[1:]:
                chooser = editor.query_one(f"#{name}", Chooser)
                app.screen.set_focus(chooser)
                for _ in range(min(len(chooser.values), 12)):
                    await pilot.press("right")
                    await pilot.pause()
                    assert parse_lane(editor.lane.label) == editor.lane
            app.screen.set_focus(engines)
            await pilot.press("right")
            await pilot.pause()


async def test_settings_come_back_when_the_engine_does(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        app.lab.begin_lanes([Lane("pool", 3, "spawn", 50, maxtasks=2), SERIAL])
        editor = await open_editor(pilot, "e")
        await pilot.press("left", "left")
        await pilot.pause()
        assert editor.lane.engine == "serial"
        await pilot.press("right", "right", "enter")
        await pilot.pause()
        assert app.lab.asked_lanes[0] == Lane("pool", 3, "spawn", 50, maxtasks=2)


async def test_each_task_for_itself_has_no_chunks(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        app.lab.begin_lanes([Lane("pool", chunksize=50), SERIAL])
        editor = await open_editor(pilot, "e")
        app.screen.set_focus(editor.query_one("#flavour"))
        await pilot.press("left")  # goes round to the last one
        await pilot.pause()
        assert "chunksize" not in rows_of(editor)
        await pilot.press("enter")
        await pilot.pause()
        assert app.lab.asked_lanes[0] == Lane("pool", flavour="apply_async")


async def test_engines_that_cannot_run_it_say_why(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, [workloads[0]._replace(engines=("serial", "pool", "interpreters"))])
    async with app.run_test(size=FULL) as pilot:
        editor = await open_editor(pilot, "down", "e")
        assert editor.query_one("#engine", Chooser).values[:2] == ("serial", "pool")
        missing = said(editor, "lane-missing")
        assert "Makes no sense for sqrt: process, executor, threads, joblib." in missing


async def test_a_lane_that_is_there_already_is_not_taken(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        editor = await open_editor(pilot, "down", "y")
        assert "the same as the lane pool" in said(editor, "lane-problem")
        await pilot.press("enter")
        assert app.screen is editor
        await pilot.press("down", "left")
        await pilot.pause()
        assert said(editor, "lane-problem") == ""
        await pilot.press("enter")
        await pilot.pause()
        assert asked(app) == [SERIAL, POOL, Lane("pool", 1)]
        assert app.lab.lanes.cursor == 2


async def test_lanes_are_added_and_removed_and_it_is_taken_back(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await open_editor(pilot, "a")
        await pilot.press("enter", "a", "enter")
        await pilot.pause()
        assert asked(app) == [SERIAL, POOL, Lane("executor"), Lane("threads")]
        await pilot.press("home", "d", "d", "d", "d", "d")
        await pilot.pause()
        assert asked(app) == [Lane("threads")]
        await pilot.press("u", "u")
        assert asked(app) == [POOL, Lane("executor"), Lane("threads")]
        await pilot.press(*"uuuuu")
        assert asked(app) == [SERIAL, POOL]


async def test_lanes_are_put_in_order(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.press("2")
        app.lab.begin_lanes([SERIAL, POOL, Lane("threads")])
        await pilot.pause()
        app.frame()
        await pilot.press("J")
        assert asked(app) == [POOL, SERIAL, Lane("threads")]
        assert app.lab.lanes.cursor == 1
        await pilot.press("shift+down", "J")
        assert asked(app) == [POOL, Lane("threads"), SERIAL]
        await pilot.press("K", "shift+up", "K")
        assert asked(app) == [SERIAL, POOL, Lane("threads")]
        assert app.lab.lanes.cursor == 0


async def test_a_lane_that_is_off_keeps_its_place_and_is_not_run(core: Any, workloads: Any, moments: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.press("2")
        app.lab.begin_lanes([Lane("threads", 3), SERIAL, POOL])
        await pilot.pause()
        app.frame()
        await pilot.press("o")
        assert asked(app) == [SERIAL, POOL]
        assert core.told[-1][3] == (SERIAL, POOL)
        app.frame()
        await pilot.pause()
        drawn = lines_of(app)
        assert drawn[0].startswith("▸· threads · 3 workers")
        assert drawn[0].endswith("off")
        assert any(line.startswith(" A serial") for line in drawn)
        await pilot.press("r")
        assert core.told[-1][:1] + core.told[-1][3:] == ("start", (SERIAL, POOL), 1)
        core.show(moments.over())
        app.frame()
        await pilot.pause()
        drawn = lines_of(app)
        assert drawn[0].endswith("off")
        assert any(line.startswith(" B pool") and "1.72 s" in line for line in drawn)
        await pilot.press("o")
        assert asked(app) == [Lane("threads", 3), SERIAL, POOL]


async def test_one_lane_is_always_on(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.pause()
        app.frame()
        await pilot.press("2", "o", "down", "o", "d")
        assert asked(app) == [POOL]
        assert len(app.lab.lane_list.entries) == 2
        assert any("has to be on" in note.message for note in app._notifications)


async def test_lanes_are_not_changed_while_they_run(core: Any, workloads: Any, moments: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.pause()
        core.show(moments.running())
        app.frame()
        await pilot.press("2", *"eadopyKJu")
        assert app.screen is app.lab
        assert asked(app) == [SERIAL, POOL]


async def test_keys_of_the_lanes_work_in_their_panel_and_stand_first_in_its_footer(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(200, 50)) as pilot:
        await pilot.pause()
        app.frame()
        footer = app.lab.query_one("#footer")
        await pilot.press("3", *"doyJ")
        assert asked(app) == [SERIAL, POOL]
        await pilot.pause()
        assert "Remove" not in "".join(text for text, _ in footer.lines[0])  # type: ignore[attr-defined]
        await pilot.press("2", "down")
        await pilot.pause()
        text = "".join(text for text, _ in footer.lines[0])  # type: ignore[attr-defined]
        for key in ("a Add", "e Edit", "p Presets", "o Off/on", "y Copy", "d Remove", "K J Move", "u Undo"):
            assert 0 <= text.find(key) < text.find("r Run")


async def test_many_lanes_scroll_and_the_marked_one_stays_in_sight(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.press("2")
        app.lab.begin_lanes([Lane("pool", number) for number in range(1, 31)])
        await pilot.pause()
        app.frame()
        await pilot.pause()
        view = app.lab.lanes.query_one(LanesView)

        def in_sight() -> str:
            top = view.scroll_offset.y
            return "\n".join(lines_of(app)[top : top + view.content_height])

        assert "▸A  pool · 1 worker" in in_sight()
        await pilot.press("end")
        await pilot.pause()
        assert app.lab.lanes.cursor == 29
        assert "▸AD pool · 30 workers" in in_sight()
        await pilot.press("pageup", "up", "home")
        await pilot.pause()
        assert "▸A  pool · 1 worker" in in_sight()
        assert view.scroll_offset.y == 0
