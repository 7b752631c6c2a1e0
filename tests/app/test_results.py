"""What lanes came to, where that is more than a line: below the lanes, and all of it on a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len
from textual.widgets import Static

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.glyphs import ASCII, UNICODE, Glyphs
from poolscope.tui.panels.lanes import LanesView
from poolscope.tui.panels.result_lines import cut, result_lines
from poolscope.tui.screens.edit_lane import EditLane
from poolscope.tui.screens.outcome import OutcomeScreen

from .conftest import pool_done, serial_done

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from poolscope.tui.widgets.line_view import Line
    from poolscope.workloads.model import LaneState

TABLE = (
    "lock   additions     lost",
    "no       320,000  120,369",
    "partly   320,000   45,001",
    "yes      320,000        0",
)
SENTENCE = (
    "  cube is the local function cube, which cannot be pickled: move it to the top level of its module, and more."
)


def with_lines(lane: LaneState, *lines: str) -> LaneState:
    return lane._replace(results=(lane.results[-1]._replace(lines=lines),))


def words(lines: list[Line]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("width", [30, 58, 78])
def test_tables_keep_their_columns_and_sentences_are_wrapped(glyphs: Glyphs, width: int) -> None:
    said = words(result_lines(with_lines(pool_done(), *TABLE, SENTENCE + "\x1b[2J"), width, glyphs))
    assert said[0] == " Result of B"
    assert len([line for line in said if line.startswith(" partly")]) == 1
    assert all(cell_len(line) <= width for line in said)
    assert " ".join(" ".join(said).split()).count("top level of its module, and more.") == 1
    assert "\x1b" not in "".join(said)


def test_what_does_not_fit_is_announced() -> None:
    lines = result_lines(with_lines(pool_done(), *TABLE), 58, UNICODE)
    assert cut(lines, 5) == lines
    for height in (1, 2, 4):
        said = words(cut(lines, height))
        assert len(said) == height
        assert said[-1] == " enter all of the result"
        assert said[:-1] == words(lines)[1:height]


async def finished(pilot: Pilot[None], core: Any, moments: Any) -> PoolscopeApp:
    app = pilot.app
    assert isinstance(app, PoolscopeApp)
    await pilot.pause()
    app.frame()
    core.show(moments.running())
    app.frame()
    lanes = (with_lines(serial_done(), "counter is right", "all of it"), with_lines(pool_done(), *TABLE))
    core.show(moments.over()._replace(lanes=lanes))
    app.frame()
    await pilot.press("2")
    await pilot.pause()
    return app


def shown(app: PoolscopeApp) -> str:
    return "\n".join(words(list(app.lab.lanes.query_one(LanesView).lines)))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids=str)
async def test_the_result_of_the_last_lane_is_seen_and_enter_shows_all(
    core: Any, workloads: Any, moments: Any, size: tuple[int, int]
) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=size) as pilot:
        await finished(pilot, core, moments)
        assert app.lab.lanes.cursor == 1
        assert "120,369" in shown(app)
        assert "B is 1.7 times slower than A." in shown(app)
        await pilot.press("up")
        await pilot.pause()
        assert "counter is right" in shown(app)
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(app.screen, OutcomeScreen)
        text = str(app.screen.query_one(Static).render())
        assert text.startswith("A serial")
        assert all(line in text for line in ("counter is right", *TABLE))
        await pilot.press("escape", "left")
        await pilot.pause()
        assert app.lab.chosen == 1


async def test_a_picture_is_not_drawn_twice(core: Any, workloads: Any, moments: Any) -> None:
    from poolscope.workloads.catalogue.canvas import Canvas

    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        await finished(pilot, core, moments)
        core.latest = core.latest._replace(canvas=Canvas(4, 4, 9, (None,) * 4))
        app.frame()
        assert "120,369" not in shown(app)
        assert app.lab.lanes.border_subtitle == "left: the picture"


async def test_enter_edits_a_lane_that_has_nothing_more_to_say(core: Any, workloads: Any, moments: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        core.show(moments.over())
        app.frame()
        await pilot.press("2", "x", "enter")
        await pilot.pause()
        assert isinstance(app.screen, EditLane)


async def test_whether_results_are_the_same_is_not_pushed_out_by_the_last_sentences(
    core: Any, workloads: Any, moments: Any
) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        over = moments.over()
        many = (*over.verdict.sentences[:2], *(f"Sentence {number} of very many in a row." for number in range(9)))
        core.show(over._replace(verdict=over.verdict._replace(sentences=many)))
        app.frame()
        await pilot.pause()
        assert "B is 1.7 times slower than A." in shown(app)
        assert "same result" in shown(app)
        assert "Sentence 8" not in shown(app)
