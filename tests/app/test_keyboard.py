"""Keys that arrive together, as from a slow link: each reaches what the one before it has opened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, ClassVar

from support.packet import arrive
from support.patience import PATIENCE
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Button, Input

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.keyboard import OrderedKeys
from poolscope.tui.screens.lab import LabScreen
from poolscope.tui.screens.study import StudyScreen


async def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.01)


async def test_what_follows_the_key_of_a_field_is_typed_into_it(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)):
        theme = app.theme
        arrive(app, "7/quit jt")
        await until(lambda: isinstance(app.focused, Input) and app.focused.value == "quit jt")
        arrive(app, "\x1b\x10abc")
        await until(lambda: isinstance(app.focused, Input) and app.focused.value == "abc")
        assert app.theme == theme, "no key was taken for a command"


async def test_what_follows_the_key_of_a_screen_is_pressed_in_it(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)):
        arrive(app, "b3")
        await until(lambda: isinstance(app.screen, StudyScreen) and app.screen.kind == "chunks")
        arrive(app, "\x1b2")
        await until(lambda: isinstance(app.screen, LabScreen) and app.lab.chosen == 2)


async def test_a_key_whose_panel_is_gone_keeps_no_other_from_coming() -> None:
    class Going(OrderedKeys):
        BINDINGS: ClassVar[list[BindingType]] = [("x", "go", ""), ("y", "count", "")]
        counted = 0

        def compose(self) -> ComposeResult:
            yield Button("one")

        async def action_go(self) -> None:
            await self.query_one(Button).remove()

        def action_count(self) -> None:
            self.counted += 1

    app = Going()
    async with app.run_test():
        await until(lambda: isinstance(app.focused, Button))
        arrive(app, "xyy")
        await until(lambda: app.counted == 2)
