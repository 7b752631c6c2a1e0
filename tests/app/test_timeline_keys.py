"""The timeline's keys on the whole screen: in footer, palette and help, and what they ask of the core."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.timelines import at, short_run, view_of

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.panels.timeline import TimelinePanel
from poolscope.tui.panels.timeline_keys import KEYS
from poolscope.tui.screens.help import HelpScreen
from poolscope.tui.widgets.line_view import LineView


@pytest.fixture
def app(core: Any, workloads: Any) -> PoolscopeApp:
    return PoolscopeApp(core, workloads)


async def open_timeline(pilot: Any, core: Any, moments: Any, directory: Path) -> TimelinePanel:
    await pilot.pause()
    core.show(moments.over(), timeline=view_of(short_run(directory)))
    pilot.app.frame()
    await pilot.press("5")
    panel = pilot.app.lab.panel(5)
    assert isinstance(panel, TimelinePanel)
    return panel


def footer(app: PoolscopeApp) -> str:
    return "".join(text for line in app.lab.query_one("#footer", LineView).lines for text, _ in line)


async def test_the_footer_names_them_in_groups(app: PoolscopeApp, core: Any, moments: Any, tmp_path: Path) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_timeline(pilot, core, moments, tmp_path)
        await pilot.pause()
        assert "h/l Move  +/- Closer  0 All  n/N Failed  S Slow  I Idle  f Follow" in footer(app)
        await pilot.press("6")
        await pilot.pause()
        assert "Closer" not in footer(app)


async def test_the_palette_offers_them_while_the_timeline_is_focused(
    app: PoolscopeApp, core: Any, moments: Any, tmp_path: Path
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        panel = await open_timeline(pilot, core, moments, tmp_path)
        commands = {command.title: command for command in app.get_system_commands(app.lab)}
        own = {title for title in commands if title.startswith("Timeline: ")}
        assert len(own) == len(KEYS)
        await commands["Timeline: slowest task"].callback()
        assert panel.place.found == "slowest task 1 of 10"
        await pilot.press("6")
        assert not any(str(command.title).startswith("Timeline: ") for command in app.get_system_commands(app.lab))


async def test_the_help_explains_every_one(app: PoolscopeApp, core: Any, moments: Any, tmp_path: Path) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_timeline(pilot, core, moments, tmp_path)
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, HelpScreen)
        words = "\n".join("".join(text for text, _ in line) for line in app.screen.lines)
        assert all(key.tooltip in words for key in KEYS)
        assert all(shape in words for shape in ("blocked", "stall", "receiving"))


async def test_enter_asks_for_the_moment_under_the_cursor(
    app: PoolscopeApp, core: Any, moments: Any, tmp_path: Path
) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await open_timeline(pilot, core, moments, tmp_path)
        await pilot.press("N", "enter")
        await pilot.pause()
        assert core.told[-1] == ("seek", at(600))


async def test_without_a_run_the_keys_are_grey(app: PoolscopeApp, core: Any) -> None:
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("5")
        await pilot.pause()
        own = [item for item in app.lab.active_bindings.values() if item.binding.id in {key.id for key in KEYS}]
        assert own
        assert not any(item.enabled for item in own)
        assert not any(str(command.title).startswith("Timeline: ") for command in app.get_system_commands(app.lab))
