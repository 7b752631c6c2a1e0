"""A workload's page, its source, and what its run shows: what a person sees who presses Enter, r and arrows."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from app import conftest as prepared
from support.patience import PATIENCE
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.glyphs import ASCII, UNICODE
from poolscope.tui.panels.gauge_lines import gauge_lines, levels_of, scale_of
from poolscope.tui.panels.picture import Painters, fit, legend, pixels_of
from poolscope.tui.screens.page import PageScreen
from poolscope.tui.screens.source import SourceScreen, source_of
from poolscope.tui.screens.view import ViewScreen
from poolscope.workloads import catalogue
from poolscope.workloads.catalogue import canvas, listing
from poolscope.workloads.catalogue.gauges import Point
from poolscope.workloads.target import Target

SIZES = [(120, 40), (80, 24), (200, 50)]


def text_of(app: PoolscopeApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_where_the_cursor_is_is_what_r_runs(core: Any) -> None:
    app = PoolscopeApp(core, listing.entries())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("down", "down")
        await pilot.pause()
        await pilot.press("r")
        assert core.told[-1][:2] == ("start", "wordcount")


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_enter_opens_the_page_and_enter_runs_from_there(core: Any, size: tuple[int, int]) -> None:
    app = PoolscopeApp(core, listing.entries())
    async with app.run_test(size=size) as pilot:
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, PageScreen)
        shown = text_of(app)
        for part in ("What it shows", "Enter runs it", "Esc: back"):
            assert part in shown
        page = str(app.screen.query_one("#page-text", Static).render())
        plan = str(app.screen.query_one("#page-plan", Static).render())
        assert all(heading in page for heading in ("What to watch", "What to expect", "Try next"))
        assert "N = 5,000,000" in plan
        assert "A serial" in plan
        await pilot.press("right")
        plan_text = app.screen.query_one("#page-plan", Static)
        for _ in range(int(PATIENCE / 0.05)):
            if "N = 10,000" in str(plan_text.render()):
                break
            await pilot.pause(0.05)
        assert "N = 10,000" in str(plan_text.render())
        await pilot.press("enter")
        await pilot.pause()
        assert core.told[-1][:3] == ("start", "sqrt", {"N": 10_000})
        assert not isinstance(app.screen, ModalScreen)


async def test_escape_leaves_the_page_and_runs_nothing(core: Any) -> None:
    app = PoolscopeApp(core, listing.entries())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.press("i", "escape")
        await pilot.pause()
        assert not isinstance(app.screen, ModalScreen)
        assert not [told for told in core.told if told[0] == "start"]


@pytest.mark.parametrize("name", catalogue.names())
def test_every_workload_has_the_four_paragraphs_that_its_page_names(name: str) -> None:
    paragraphs = catalogue.find(name).explanation.split("\n\n")
    assert len(paragraphs) >= 4
    assert any(paragraph.startswith("Watch") for paragraph in paragraphs)
    assert paragraphs[-1].startswith("Try next")


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
async def test_the_source_is_shown_at_the_function(core: Any, glyphs: Any) -> None:
    app = PoolscopeApp(core, listing.entries(), glyphs)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("s")
        await pilot.pause()
        assert isinstance(app.screen, SourceScreen)
        assert "def square_root" in text_of(app)
        assert app.screen.query_one(VerticalScroll).scroll_offset.y > 0
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(app.screen, ModalScreen)


def test_the_source_of_a_persons_own_is_read_and_not_run(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("raise SystemExit\n\ndef slow(x):\n    '\x1b[2J'\n")
    found = source_of(catalogue.find("sqrt"), Target("work.py:slow", "range(3)", str(tmp_path)))
    assert not isinstance(found, str)
    assert found.line == 3
    assert "\x1b" not in found.text
    said = source_of(catalogue.find("sqrt"), Target("none.py:slow", "range(3)", str(tmp_path)))
    assert said == "There is no file none.py."


# The picture and the gauges.


@pytest.fixture
def drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], canvas.Canvas]:
    monkeypatch.setenv("POOLSCOPE_RECORDER", f"20s::{tmp_path}")
    brush = canvas.Brush(canvas.create(40, 20, 9))
    for number in range(10):
        brush.draw(number, [9 if column > 20 else column % 8 for column in range(40)])

    def read() -> canvas.Canvas:
        found = canvas.Canvas.read(tmp_path)
        assert found is not None
        return found

    return read


def test_rows_that_are_not_there_yet_are_left_empty(drawn: Callable[[], canvas.Canvas]) -> None:
    painters = Painters()
    painters.meet(drawn())
    pixels = pixels_of(drawn(), painters, 40, 20)
    assert all(pixel is not None for line in pixels[:10] for pixel in line)
    assert all(pixel is None for line in pixels[10:] for pixel in line)
    assert {pixel[1] for line in pixels[:10] for pixel in line[21:] if pixel} == {0}
    said = "".join(text for text, _ in legend(drawn(), painters, {os.getpid(): "w1"}, UNICODE))
    assert said == "10 of 20 rows  █ w1 10"


@pytest.mark.parametrize(("width", "height"), [(480, 320), (1, 4096), (4096, 1), (1, 1)])
@pytest.mark.parametrize("room", [(28, 5), (118, 36), (1, 1)])
def test_a_picture_fits(width: int, height: int, room: tuple[int, int]) -> None:
    columns, lines = fit(width, height, *room)
    assert 1 <= columns <= room[0]
    assert 1 <= lines <= room[1]


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_picture_appears_by_itself_and_large_on_a_key(
    core: Any, drawn: Callable[[], canvas.Canvas], size: tuple[int, int], glyphs: Any
) -> None:
    app = PoolscopeApp(core, listing.entries(), glyphs)
    async with app.run_test(size=size) as pilot:
        assert not app.lab.workloads.view.display
        core.show(prepared.comparison(prepared.serial_done()), canvas=drawn())
        app.frame()
        await pilot.pause()
        app.frame()
        await pilot.pause()
        assert app.lab.workloads.view.display
        assert "10 of 20 rows" in text_of(app)
        await pilot.press("v")
        await pilot.pause()
        await pilot.pause(0.3)
        assert isinstance(app.screen, ViewScreen)
        shown = text_of(app)
        assert "10 of 20 rows" in shown
        assert ("▀" in shown) == (glyphs is UNICODE)
        if glyphs is ASCII:
            assert all(ord(character) < 127 for character in shown)
        await pilot.press("escape")
        core.show(None, canvas=None)
        app.frame()
        await pilot.pause()
        assert not app.lab.workloads.view.display


def test_a_gauge_keeps_its_value_until_the_next() -> None:
    points = [Point(0, 4.0), Point(50, 8.0), Point(55, 0.0)]
    assert levels_of(points, 0, 100, 10) == [4.0, 4.0, 4.0, 4.0, 8.0, 8.0, 0.0, 0.0, 0.0, 0.0]
    assert [scale_of(value) for value in (0, 1, 3, 16, 17)] == [1, 1, 4, 16, 32]


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("height", [2, 6, 30])
def test_gauges_fit_their_room(glyphs: Any, height: int) -> None:
    gauges = {"todo": [Point(0, 4.0), Point(50, 16.0)], "done": [Point(10, 1.0)], "none": []}
    lines = gauge_lines(gauges, 60, height, 100, glyphs)
    assert 2 <= len(lines) <= height
    text = ["".join(piece for piece, _ in line) for line in lines]
    assert all(len(line) <= 60 for line in text)
    assert "todo" in text[0]
    assert "16" in "".join(text)
