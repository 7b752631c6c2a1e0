"""What the lanes and the ledger say, line by line, at any width."""

from __future__ import annotations

from typing import Any

import pytest
from rich.cells import cell_len

from poolscope.tui.glyphs import ASCII, PHASE_ROLES, UNICODE
from poolscope.tui.panels.big_figures import big
from poolscope.tui.panels.lane_lines import dense_blocks, describe_lane, flat, lane_lines, names_of, verdict_lines
from poolscope.tui.panels.ledger_lines import axis_line, bar_line, round_scale, scale_of, short_ledger, table_lines
from poolscope.tui.widgets.line_view import Line
from poolscope.workloads.model import Lane, Verdict

SECOND = 10**9


def text_of(line: Line) -> str:
    return "".join(text for text, _ in line)


def draw(lanes: Any, width: int, **settings: Any) -> str:
    chosen = {"cursor": None, "compact": False, "gaps": False, **settings}
    return "\n".join(text_of(line) for line in lane_lines(lanes, width, UNICODE, **chosen))


@pytest.mark.parametrize(
    ("lane", "said"),
    [
        (Lane("serial", 1), "serial"),
        (Lane("pool", 1, "spawn", 7), "pool · 1 worker · spawn · chunk 7"),
        (Lane("process", 4, "fork"), "process · 4 workers · fork"),
        (Lane("pool"), "pool"),
        (
            Lane("pool", 2, "fork", 5, "imap", 9, 1),
            "pool · 2 workers · fork · imap · chunk 5 · renewed after 9 · 1 BLAS thread",
        ),
    ],
)
def test_a_lane_is_named_with_its_settings(lane: Lane, said: str) -> None:
    assert describe_lane(lane, UNICODE) == said


@pytest.mark.parametrize("width", [30, 44, 57, 77, 120, 200])
def test_no_line_is_wider_than_its_room(moments: Any, width: int) -> None:
    for moment in (moments.running, moments.over, moments.failed):
        comparison = moment()
        lines = lane_lines(comparison.lanes, width, UNICODE, cursor=0, compact=False, gaps=True)
        lines += verdict_lines(comparison, width, UNICODE, rows=10)
        lines += [bar_line(state, 2 * SECOND, width, UNICODE) for state in comparison.lanes]
        for line in lines:
            assert cell_len(text_of(line)) <= width, text_of(line)


def test_figures_keep_their_place_while_they_grow(moments: Any) -> None:
    _, lane = moments.running().lanes
    widths = {
        tuple(len(text) for text, _ in lane_lines([lane._replace(tasks_done=done, elapsed_ns=elapsed)], 57, UNICODE,
              cursor=None, compact=True, gaps=False)[0])
        for done, elapsed in ((1, 10**8), (999, 9 * SECOND), (4_999_000, 123 * SECOND))
    }  # fmt: skip
    assert len(widths) == 1


def test_running_lane_tells_done_rate_and_time_left(moments: Any) -> None:
    drawn = draw(moments.running().lanes, 60)
    for said in ("3.20 M / 5.00 M", "2.67 M tasks/s", "0.7 s left", "so far 1.8 times slower", "reference", "1.2 s"):
        assert said in drawn


def test_a_lane_is_not_compared_before_half_of_it_is_done(moments: Any) -> None:
    serial, pool = moments.running().lanes
    assert "so far" not in draw([serial, pool._replace(tasks_done=1_250_000)], 60)


def test_finished_lanes_tell_whether_results_are_the_same(moments: Any) -> None:
    serial, pool = moments.over().lanes
    assert "same result" in draw([serial, pool], 60)
    assert "different result" in draw([serial, pool._replace(same_result=False)], 60)


def test_a_failure_is_told_in_full(moments: Any) -> None:
    comparison = moments.failed()
    said = " ".join(draw(comparison.lanes, 40).split())
    assert comparison.lanes[1].error in said
    repeated = comparison._replace(verdict=Verdict("unknown", "A", ("B failed: it was killed.", "A took 1.01 s.")))
    assert [text_of(line).strip() for line in verdict_lines(repeated, 60, UNICODE, rows=9)] == ["A took 1.01 s."]


def test_a_lane_that_is_skipped_says_why_and_is_not_the_reference(moments: Any) -> None:
    serial, pool = moments.over().lanes
    reason = "joblib is not installed here: pip install 'poolscope[joblib]'."
    skipped = pool._replace(
        lane=Lane("joblib", 2), state="skipped", error=reason, results=(), elapsed_ns=0, same_result=None, key="A"
    )
    lanes = [skipped, serial._replace(key="B"), pool._replace(key="C")]
    drawn = draw(lanes, 60)
    assert reason in " ".join(drawn.split())
    assert "⊘  skipped" in drawn
    rows = [row for row in drawn.splitlines() if "reference" in row]
    assert len(rows) == 1
    assert "4.93 M tasks/s" in rows[0]
    said = Verdict("unknown", "B", (f"A was skipped: {reason}", "C is 1.7 times slower than B."))
    comparison = moments.over()._replace(lanes=tuple(lanes), verdict=said)
    assert "skipped" not in "".join(text_of(line) for line in verdict_lines(comparison, 60, UNICODE, rows=9))


@pytest.mark.parametrize("width", [40, 57, 120])
def test_a_different_result_names_the_first_task_once(moments: Any, width: int) -> None:
    serial, pool = moments.over().lanes
    told = "Task 7 of 4,999,990 gave 2.5 instead of 2.0."
    other = pool._replace(same_result=False, difference=told)
    assert told in " ".join(draw([serial, other], width).split())
    dense = dense_blocks([serial, other], width, UNICODE, cursor=1)
    assert "≠" in text_of(dense[1][0])
    assert told in " ".join(" ".join(map(text_of, dense[1])).split())
    verdict = Verdict("unknown", "A", ("B gave another result than A.", f"B: {told}"))
    comparison = moments.over()._replace(lanes=(serial, other), verdict=verdict)
    assert "Task 7" not in "".join(text_of(line) for line in verdict_lines(comparison, 60, UNICODE, rows=9))


@pytest.mark.parametrize("width", [30, 44, 57, 77, 120])
def test_many_lanes_take_one_line_each_of_one_width(moments: Any, width: int) -> None:
    serial, pool = moments.over().lanes
    off = pool._replace(key="", state="queued")
    lanes = [serial, pool, *moments.failed().lanes[1:], off, *[pool._replace(key="AB")] * 3]
    blocks = dense_blocks(lanes, width, UNICODE, cursor=None)
    assert [len(block) for block in blocks] == [1] * len(lanes)
    assert {cell_len(text_of(line)) for line in flat(blocks, gaps=False)} == {width}


def test_names_leave_out_what_lanes_have_in_common_where_room_is_short(moments: Any) -> None:
    _, pool = moments.over().lanes
    lanes = [pool._replace(lane=Lane("pool", number, "fork", 50), asked=Lane("pool", number)) for number in (1, 2)]
    assert names_of(lanes, 60, UNICODE) == [f"pool · {said} · fork · chunk 50" for said in ("1 worker", "2 workers")]
    assert names_of(lanes, 20, UNICODE) == ["pool · 1 worker", "pool · 2 workers"]


def test_the_answer_is_large_where_there_is_room(moments: Any) -> None:
    comparison = moments.over()
    large = verdict_lines(comparison, 60, UNICODE, rows=8)
    assert len(large) >= 3
    assert "╲╱" in text_of(large[1])
    assert any("1.7 times slower" in text_of(line) for line in large)
    for small in (verdict_lines(comparison, 40, UNICODE, rows=8), verdict_lines(comparison, 60, ASCII, rows=8)):
        assert "1.7 times slower" in text_of(small[0])


def test_a_cancelled_comparison_says_so(moments: Any) -> None:
    comparison = moments.over()._replace(is_cancelled=True, verdict=Verdict("unknown", None, ("Nothing.",)))
    assert "Cancelled" in text_of(verdict_lines(comparison, 60, UNICODE, rows=8)[0])


def test_big_figures_are_three_rows_of_one_width() -> None:
    rows = big("1,024.5×")
    assert rows is not None
    assert len({len(row) for row in rows}) == 1
    assert big("abc") is None
    assert big("") is None


@pytest.mark.parametrize(
    ("longest", "end"),
    [(0, 0), (1, 1), (1_014, 1_500), (1_724, 2_000), (2_000, 2_000), (7_100, 8_000), (99_000, 100_000)],
)
def test_the_axis_ends_at_a_round_figure(longest: int, end: int) -> None:
    assert round_scale(longest) == end


def test_bars_share_one_scale_and_use_the_roles_of_the_phases(moments: Any) -> None:
    serial, pool = moments.over().lanes
    scale = scale_of([serial, pool])
    assert scale == 2 * SECOND
    lengths = []
    for state in (serial, pool):
        line = bar_line(state, scale, 80, UNICODE)
        drawn = [(text, role) for text, role in line[1:-2]]
        lengths.append(sum(len(text) for text, _ in drawn))
        for text, role in drawn:
            phase = next(name for name, glyph in UNICODE.phases.items() if glyph == text[0])
            assert role == PHASE_ROLES[phase]
    assert lengths[0] / lengths[1] == pytest.approx(1014 / 1724, abs=0.03)


@pytest.mark.parametrize("width", [57, 80, 120])
def test_the_table_lines_up_under_its_legend(moments: Any, width: int) -> None:
    head, *rows = table_lines(moments.over().lanes, width, UNICODE)
    assert {cell_len(text_of(line)) for line in (head, *rows)} == {cell_len(text_of(head))}
    assert "1.00 s" in text_of(rows[1])
    assert "610 ms" in text_of(rows[1])


def test_before_any_figure_there_is_no_short_ledger(moments: Any) -> None:
    queued = [lane._replace(state="queued", ledger=type(lane.ledger)(), ledgers=()) for lane in moments.over().lanes]
    assert short_ledger(queued, 77, UNICODE) == []
    assert len(short_ledger(moments.over().lanes, 77, UNICODE)) == 3


def test_the_axis_is_as_wide_as_the_bars() -> None:
    assert cell_len(text_of(axis_line(2 * SECOND, 60)[:1])) == 60 - 11


def test_figures_and_words_are_spelled_in_ascii_where_nothing_else_can_be_shown() -> None:
    line: Line = (("12.0 µs · ", "text-muted"), ("sum 7.45 × 10^9…", ""))
    assert ASCII.spell([line]) == [(("12.0 us - ", "text-muted"), ("sum 7.45 x 10^9~", ""))]
    assert UNICODE.spell([line]) == [line]


@pytest.mark.parametrize("width", [51, 56, 57, 80])
def test_the_figures_of_the_ledger_keep_their_units_beside_a_scrollbar(width: int, moments: Any) -> None:
    lines = table_lines(moments.over().lanes, width, UNICODE)
    assert max(cell_len(text_of(line)) for line in lines) <= width
    assert text_of(lines[-1]).endswith("50.0 ms")
