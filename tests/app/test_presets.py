"""Lanes taken from a list of presets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import OptionList

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.glyphs import ASCII
from poolscope.tui.screens.presets import PresetsScreen, _Lanes
from poolscope.workloads.model import Lane

if TYPE_CHECKING:
    from textual.pilot import Pilot

FULL = (120, 40)


async def open_presets(pilot: Pilot[None], *keys: str) -> PresetsScreen:
    await pilot.pause()
    assert isinstance(pilot.app, PoolscopeApp)
    pilot.app.frame()
    await pilot.press(*keys, "p")
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, PresetsScreen)
    return screen


def drawn(screen: PresetsScreen) -> str:
    return "\n".join("".join(text for text, _ in line) for line in screen.query_one(_Lanes).lines)


@pytest.mark.parametrize("size", [FULL, (80, 24), (200, 50)], ids=str)
async def test_every_preset_says_what_it_shows_and_which_lanes_it_makes(
    core: Any, workloads: Any, size: tuple[int, int]
) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=size) as pilot:
        screen = await open_presets(pilot)
        assert len(screen.presets) == 8
        for preset in screen.presets:
            text = drawn(screen)
            assert preset.about in " ".join(text.split())
            assert f"A {preset.lanes[0].engine}" in text
            assert len(preset.lanes) > 1
            await pilot.press("down")
            await pilot.pause()
        view = screen.query_one(_Lanes)
        assert len(view.lines) <= view.size.height, "nothing is cut off"


async def test_a_preset_takes_the_place_of_the_lanes_and_can_be_taken_back(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await open_presets(pilot)
        await pilot.press("down", "enter")
        await pilot.pause()
        methods = ("fork", "spawn", "forkserver")
        assert app.lab.asked_lanes == tuple(Lane("pool", start_method=method) for method in methods)  # type: ignore[arg-type]
        assert core.told[-1][3] == app.lab.asked_lanes
        screen = await open_presets(pilot, "2")
        assert screen.query_one(OptionList).highlighted == 1, "the one that the lanes are of"
        await pilot.press("escape", "u")
        assert app.lab.asked_lanes == (Lane("serial"), Lane("pool"))


async def test_a_preset_is_added_to_the_lanes(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await open_presets(pilot)
        await pilot.press("down", "down", "a")
        await pilot.pause()
        assert app.lab.asked_lanes == (Lane("serial"), Lane("pool"), Lane("threads"), Lane("executor"))


async def test_lanes_that_cannot_run_here_are_listed_with_their_reason(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads, ASCII)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_presets(pilot)
        await pilot.press("end")
        await pilot.pause()
        text = drawn(screen)
        assert "interpreters: skipped. Python 3." in text
        assert text.isascii()
