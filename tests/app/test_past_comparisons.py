"""The comparisons of the past in the app: listed, filtered, tagged, and two of them compared."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.lanes import MACHINE, lane_state
from support.pasts import past, two_lanes

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.glyphs import ASCII, UNICODE, Glyphs
from poolscope.tui.screens.bars import Bar
from poolscope.tui.screens.compared import ComparedScreen
from poolscope.tui.screens.compared_lines import answer_sentence, chart_of, difference_lines, ratio_lines
from poolscope.tui.screens.help import HelpScreen
from poolscope.tui.screens.lab import LabScreen
from poolscope.tui.screens.past import PastScreen, PastTable
from poolscope.tui.widgets.line_view import Line, LineView, line_width
from poolscope.workloads.analysis.difference import compare
from poolscope.workloads.history import store
from poolscope.workloads.model import CpuBudget, Lane

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZES = [(80, 24), (200, 50)]
SLOW = [2.0, 2.1, 2.2, 2.15, 2.05, 2.12]
FAST = [1.0, 1.1, 1.05, 1.02, 1.04, 1.06]


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the history is in these tests."""
    monkeypatch.setenv("POOLSCOPE_DATA_DIRECTORY", str(tmp_path / "data"))
    return tmp_path / "data" / "history.sqlite"


def keep_some() -> None:
    elsewhere = MACHINE._replace(hostname="elsewhere", python="3.13.0", budget=CpuBudget(4, 4, ()))
    for one in (
        past(1, two_lanes(FAST, SLOW)),
        past(2, two_lanes(FAST, SLOW), name="primes"),
        past(3, two_lanes(SLOW, FAST), machine=elsewhere, parameters={"N": 2000}),
    ):
        assert store.keep(one).identity


async def open_list(pilot: Pilot[None]) -> PastScreen:
    await pilot.pause()
    await pilot.press("C")
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, PastScreen)
    return screen


def table_text(screen: PastScreen) -> str:
    table = screen.query_one(PastTable)
    return "\n".join(table.render_line(y).text.rstrip() for y in range(table.size.height))


def bar_text(screen: Any, name: str) -> str:
    return text(screen.query_one(f"#{name}", Bar).lines)


def text(lines: Any) -> str:
    return "\n".join("".join(piece for piece, _ in line) for line in lines)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_an_empty_history_says_how_it_fills(core: Any, workloads: Any, size: tuple[int, int]) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=size) as pilot:
        screen = await open_list(pilot)
        assert "No comparison is kept yet." in table_text(screen)
        await pilot.press("space", "enter", "f")
        assert app.screen is screen
        assert screen.tagged == ()
        await pilot.press("escape")
        assert isinstance(app.screen, LabScreen)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_the_newest_stands_first_with_what_it_came_to(core: Any, workloads: Any, size: tuple[int, int]) -> None:
    keep_some()
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=size) as pilot:
        screen = await open_list(pilot)
        head, *rows = table_text(screen).splitlines()[:4]
        assert "answer" in head
        assert [row.split()[2] for row in rows] == ["sqrt", "primes", "sqrt"]
        assert "B 2.0 times faster" in rows[0] or "B 2.0 times" in rows[0]
        assert "3 comparisons" in bar_text(screen, "past-note")


async def test_one_workload_only_and_all_again(core: Any, workloads: Any) -> None:
    keep_some()
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_list(pilot)
        await pilot.press("down", "f")
        assert [each.name for each in screen.listed] == ["primes"]
        assert "1 comparison of primes; f shows all" in bar_text(screen, "past-note")
        await pilot.press("f")
        assert len(screen.listed) == 3


async def test_two_are_tagged_and_compared_and_swapped(core: Any, workloads: Any) -> None:
    keep_some()
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_list(pilot)
        await pilot.press("enter")
        assert app.screen is screen, "one is no pair"
        await pilot.press("space", "end", "space")
        assert len(screen.tagged) == 2
        assert "Enter compares the two" in bar_text(screen, "past-note")
        assert [line[0] for line in table_text(screen).splitlines()[1:4]] == ["▲", " ", "●"]
        await pilot.press("enter")
        await pilot.pause()
        compared = app.screen
        assert isinstance(compared, ComparedScreen)
        older, newer = compared.both
        assert older.origin.begun_epoch_ns < newer.origin.begun_epoch_ns
        shown = "\n".join(text(view.lines) for view in compared.query(LineView))
        assert "pool 2.0 times faster" in shown
        assert "serial 2.0 times slower" in shown
        assert "elsewhere" in shown
        assert "N = 1,000" in shown
        assert "N = 2,000" in shown
        await pilot.press("x")
        assert compared.both == (newer, older)
        shown = "\n".join(text(view.lines) for view in compared.query(LineView))
        assert "pool 2.0 times slower" in shown
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape", "escape")
        assert app.screen is screen
        await pilot.press("space")
        assert len(screen.tagged) == 1


async def test_a_third_tag_takes_the_place_of_the_first(core: Any, workloads: Any) -> None:
    keep_some()
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_list(pilot)
        newest, second, oldest = (each.origin.identity for each in screen.listed)
        await pilot.press("space", "down", "space", "down", "space")
        assert screen.tagged == (second, oldest)
        assert newest not in screen.tagged


async def test_one_that_is_tagged_is_compared_with_the_one_under_the_cursor(core: Any, workloads: Any) -> None:
    keep_some()
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_list(pilot)
        await pilot.press("space", "down", "enter")
        await pilot.pause()
        assert isinstance(app.screen, ComparedScreen)


@pytest.fixture
def unreadable(place: Path) -> Path:
    """Put a directory where the database should be."""
    place.mkdir(parents=True)
    return place


async def test_what_cannot_be_read_is_said_in_place_of_the_list(core: Any, workloads: Any, unreadable: Path) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(80, 24)) as pilot:
        screen = await open_list(pilot)
        assert "The history" in table_text(screen)
        os.rmdir(unreadable)  # noqa: PTH106 - once more there is nothing
        keep_some()
        await pilot.press("r")
        await pilot.pause()
        assert len(screen.listed) == 3


async def test_a_history_that_is_switched_off_says_so(
    core: Any, workloads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POOLSCOPE_HISTORY", "0")
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(80, 24)) as pilot:
        assert "switched off" in table_text(await open_list(pilot))


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_every_lane_has_a_row_that_fits(width: int, glyphs: Glyphs) -> None:
    long = Lane("pool", 4, "forkserver", 1_234_567, "imap_unordered", 12, 8)
    first = past(1, [*two_lanes(FAST, SLOW), lane_state("C", long, FAST), lane_state("D", Lane("threads", 2), FAST)])
    second = past(
        2, [*two_lanes(SLOW, SLOW), lane_state("C", long, FAST[:2]), lane_state("D", Lane("joblib", 2), FAST)]
    )
    lines: list[Line] = glyphs.spell(ratio_lines(compare(first, second), width, glyphs))
    assert len(lines) == 6
    assert max(map(line_width, lines)) <= width or width == 60
    rows = text(lines)
    for words in ("slower", "no difference shown", "too few runs", "not in the second", "not in the first"):
        assert words[: width // 6] in rows
    assert glyphs is UNICODE or rows.isascii()


def test_the_sentence_says_what_is_shown_and_no_more() -> None:
    def sentence(before: Any, after: Any) -> str:
        return answer_sentence(compare(past(1, two_lanes(*before)), past(2, two_lanes(*after))))

    assert sentence((FAST, FAST), (FAST, FAST)) == "No difference is shown between the two."
    assert sentence((FAST, FAST), (FAST, SLOW)) == (
        "In the second: pool 2.0 times slower; no difference shown in 1 other."
    )
    assert sentence((FAST[:2], FAST[:2]), (FAST[:2], FAST[:2])).startswith("There are too few runs")
    assert sentence(((), ()), (FAST, FAST)).startswith("No lane gave results in both")


def test_only_what_differs_is_said_to_differ() -> None:
    same = past(1)
    assert "Nothing else differs" in text(difference_lines(compare(same, past(2)), 80, UNICODE))
    other = past(2, machine=MACHINE._replace(python="3.13.0"), name="primes")
    rows = text(difference_lines(compare(same, other), 80, UNICODE)).splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["workload", "Python"]


def test_the_chart_has_both_times_of_every_lane() -> None:
    chart = chart_of(compare(past(1, two_lanes(FAST, SLOW)), past(2, two_lanes(SLOW, FAST))))
    assert chart is not None
    assert [len(series.points) for series in chart.series] == [2, 2]
    assert [chart.across.text(tick) for tick in (0, 1, 2, 3)] == ["", "A", "B", ""]
    assert chart_of(compare(past(1, two_lanes((), ())), past(2, two_lanes((), ())))) is None
