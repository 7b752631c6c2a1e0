"""The first screen: what is drawn first is all there is to show, and is not drawn otherwise a moment later."""

from __future__ import annotations

import pytest
from app.conftest import FakeCore
from textual.strip import Strip

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.screens.quit import QuitScreen
from poolscope.tui.widgets.line_view import LineView
from poolscope.workloads.model import Workload


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_lines_are_drawn_for_their_room_before_it_is_laid_out(
    core: FakeCore, workloads: list[Workload], size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    first: dict[tuple[LineView, int], str] = {}
    draw = LineView.render_line

    def render_line(view: LineView, y: int) -> Strip:
        strip = draw(view, y)
        first.setdefault((view, y), strip.text)
        return strip

    monkeypatch.setattr(LineView, "render_line", render_line)
    chosen = workloads[0]
    parameters = {parameter.name: parameter.default for parameter in chosen.parameters}
    core.choose(chosen, parameters, chosen.default_lanes(parameters), keep=False)
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert first == {(view, y): draw(view, y).text for view, y in first}
        assert {view.id for (view, _), text in first.items() if text.strip()} >= {"header", "footer"}
        lanes = app.lab.lanes.query_one(LineView)
        assert bool(lanes.size.area) == (size == (120, 40))
        assert bool(lanes.size.area) == any("queued" in text for (view, _), text in first.items() if view is lanes)


async def test_what_opens_before_the_first_screen_is_drawn_has_its_styles(
    core: FakeCore, workloads: list[Workload]
) -> None:
    def open_at_once() -> None:
        app.push_screen(QuitScreen("A run is under way."))

    app = PoolscopeApp(core, workloads, on_started=open_at_once)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert isinstance(app.screen, QuitScreen)
        dialog = app.screen.query_one(".dialog")
        assert dialog.outer_size.width == 60
        assert dialog.styles.border_top[0] == "heavy"


async def test_who_leaves_before_the_first_screen_is_drawn_is_not_held_up(
    core: FakeCore, workloads: list[Workload]
) -> None:
    def leave() -> None:
        app.call_after_refresh(app.exit)

    app = PoolscopeApp(core, workloads, on_started=leave)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
    assert app.crash is None
    assert app.return_code == 0
