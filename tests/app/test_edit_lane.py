"""Editing, adding and removing lanes, with the keyboard alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, Static

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.screens.edit_lane import EditLane
from poolscope.workloads.model import Lane

if TYPE_CHECKING:
    from textual.pilot import Pilot

FULL = (120, 40)


async def open_editor(pilot: Pilot[None], *keys: str) -> EditLane:
    await pilot.pause()
    await pilot.press("2", *keys)
    screen = pilot.app.screen
    assert isinstance(screen, EditLane)
    return screen


async def test_a_lane_is_edited(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await open_editor(pilot, "down", "e")
        await pilot.press("down", *"4", "down", "right", "right", "down", *"100", "enter")
        await pilot.pause()
        assert app.screen is app.lab
        assert app.lab.asked_lanes == (Lane("serial"), Lane("pool", 4, "spawn", 100))
        assert core.told[-1][0] == "choose"


async def test_escape_leaves_everything_as_it_was(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await open_editor(pilot, "down", "e")
        await pilot.press("down", *"4", "escape")
        assert app.screen is app.lab
        assert app.lab.asked_lanes == (Lane("serial"), Lane("pool"))


@pytest.mark.parametrize("workers", ["0", "100000", "-1", "two", "[/"])
async def test_bad_workers_are_named_and_not_taken(core: Any, workloads: Any, workers: str) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        editor = await open_editor(pilot, "down", "e")
        editor.query_one("#workers", Input).value = workers
        await pilot.pause()
        row = editor.query_one("#row-workers")
        assert row.has_class("-invalid")
        note = str(row.query_one(".note", Static).render())
        assert workers in note
        assert "1,024" in note
        await pilot.press("enter")
        assert app.screen is editor


async def test_settings_that_the_engine_has_not_cannot_be_reached(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        editor = await open_editor(pilot, "e")
        for name in ("workers", "start", "chunksize"):
            assert editor.query_one(f"#{name}").disabled
        await pilot.press("right")
        assert not editor.query_one("#workers").disabled
        assert editor.query_one("#chunksize").disabled
        await pilot.press("right")
        assert not editor.query_one("#chunksize").disabled


async def test_lanes_are_added_and_removed(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await open_editor(pilot, "a")
        await pilot.press("down", *"7", "enter")
        await pilot.pause()
        assert app.lab.asked_lanes == (Lane("serial"), Lane("pool"), Lane("pool", 7))
        app.frame()
        await pilot.press("up", "up", "d")
        await pilot.pause()
        assert list(app.lab.asked_lanes) == [Lane("pool"), Lane("pool", 7)]
        await pilot.press("d")
        await pilot.pause()
        await pilot.press("d")
        await pilot.pause()
        assert len(app.lab.asked_lanes) == 1


async def test_lanes_are_not_edited_while_they_run(core: Any, workloads: Any, moments: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.pause()
        core.show(moments.running())
        app.frame()
        await pilot.press("2", "e", "a", "d")
        assert app.screen is app.lab
        assert app.lab.asked_lanes == (Lane("serial"), Lane("pool"))
