"""Repeats on the screen: how many there will be, which one goes on, and how they are spread."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len
from support.lanes import comparison, lane_state

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.glyphs import ASCII, UNICODE
from poolscope.tui.panels.lane_lines import lane_lines, verdict_lines
from poolscope.tui.screens.why import warnings_text
from poolscope.tui.widgets.line_view import Line
from poolscope.workloads.analysis.steadiness import MeasurementWarning
from poolscope.workloads.analysis.verdict import judge
from poolscope.workloads.model import Lane, LaneState

SERIAL = lane_state("A", Lane("serial", 1), [2.0, 2.02, 2.04, 2.06, 2.08])
POOL = lane_state("B", Lane("pool", 2, "fork", 5), [1.0, 1.01, 1.02, 1.03, 1.05])
FULL = (120, 40)
NOISY = MeasurementWarning("noisy", "The runs of B are noisy.", "Make more of them.")


def text_of(line: Line) -> str:
    return "".join(piece for piece, _ in line)


def draw(lanes: list[LaneState], width: int, *, compact: bool = False) -> list[str]:
    lines = lane_lines(lanes, width, UNICODE, cursor=None, compact=compact, gaps=False)
    return [text_of(line).rstrip() for line in lines]


@pytest.mark.parametrize("compact", [False, True])
def test_median_middle_half_and_interval_are_shown(compact: bool) -> None:
    lines = draw([SERIAL, POOL], 78, compact=compact)
    assert lines[0].split() == ["A", "serial", "·", "median", "of", "5", "✔", "2.04", "s"]
    said = "\n".join(lines)
    assert "half of them 2.02 s to 2.06 s" in said
    assert "1.98 to 2.00 × A · half of them 1.01 s to 1.03 s" in said
    assert "same result" in said
    assert len(lines) == (4 if compact else 6)


@pytest.mark.parametrize("width", [24, 40, 57, 120])
def test_lines_of_repeats_keep_within_the_width(width: int) -> None:
    for line in draw([SERIAL, POOL], width):
        assert cell_len(line) <= width


def test_with_few_runs_there_is_no_interval() -> None:
    few = lane_state("B", POOL.lane, [1.0, 1.1])
    assert "not enough runs · half of them" in "\n".join(draw([SERIAL, few], 78))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"warmup": 1, "warmups": 2, "runs_planned": 5}, "warm-up 1 of 2"),
        ({"runs_planned": 5, "runs_done": 2}, "run 3 of 5"),
        ({"runs_planned": 0, "runs_done": 6}, "run 7 of as many as it takes"),
    ],
)
def test_the_run_under_way_is_named(values: dict[str, Any], said: str) -> None:
    running = lane_state("B", POOL.lane, [], state="running", **values)
    assert f"pool · 2 workers · fork · chunk 5 · {said}" in draw([SERIAL, running], 90)[3]
    # Where there is little room, it is the name that gives way.
    assert f"· {said}" in draw([SERIAL, running], 58)[3]


def test_a_single_run_is_not_counted() -> None:
    running = lane_state("B", POOL.lane, [], state="running", runs_planned=1)
    assert "run 1" not in draw([SERIAL, running], 78)[3]


def test_a_warm_lane_says_so_first() -> None:
    warm = lane_state("B", Lane("pool", 2, "fork", 5, warm=True), [1.0])
    assert draw([SERIAL, warm], 78)[3].startswith(" B warm pool · 2 workers · fork · chunk 5")


def test_the_first_warning_stands_below_the_answer() -> None:
    lanes = [SERIAL, POOL]
    state = comparison(lanes, verdict=judge(lanes), warnings=(NOISY, NOISY._replace(kind="steal")))
    said = [text_of(line).strip() for line in verdict_lines(state, 100, ASCII, rows=9)]
    assert said[-1] == "Mind: The runs of B are noisy. (and 1 more)"
    alone = state._replace(warnings=(NOISY,))
    assert text_of(verdict_lines(alone, 100, ASCII, rows=9)[-1]).strip() == "Mind: The runs of B are noisy."


def test_too_few_runs_come_with_the_key_that_helps() -> None:
    lanes = [lane_state("A", SERIAL.lane, [2.0]), lane_state("B", POOL.lane, [1.0])]
    state = comparison(lanes, verdict=judge(lanes))
    said = " ".join(text_of(line).strip() for line in verdict_lines(state, 100, ASCII, rows=9))
    assert "One run each is not enough for an interval: choose more runs with R." in said


def test_every_warning_is_told_with_what_to_do() -> None:
    said = warnings_text((NOISY, MeasurementWarning("steal", "The host\x1b took some.", "Wait."))).plain
    assert "The runs of B are noisy.\nWhat helps: Make more of them." in said
    assert "The host␛ took some.\nWhat helps: Wait." in said
    assert not warnings_text(()).plain.strip()


async def test_a_key_goes_through_the_numbers_of_runs(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.press("2")
        wanted = [(5, 1, "5 runs each"), (10, 1, "10 runs each"), (None, 1, "runs until it is known"), (1, 0, "")]
        for runs, warmups, title in wanted:
            await pilot.press("R")
            await pilot.pause()
            app.lab.lanes.apply(core.latest)
            assert app.lab.lanes.border_subtitle == title
            await pilot.press("r")
            await pilot.pause()
            assert core.told[-1][0] == "start"
            assert core.told[-1][-1] == runs
            assert (("warmups", warmups) in core.told[-2:]) == (warmups > 0)
