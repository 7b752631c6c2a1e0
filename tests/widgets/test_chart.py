"""Charts by the lines that they are drawn as."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.tui.glyphs import ASCII, UNICODE, Glyphs
from poolscope.tui.widgets.chart import Chart, ChartView, Mark, Point, Series, draw
from poolscope.tui.widgets.chart_axis import Axis, even_axis, log_axis
from poolscope.tui.widgets.line_view import Line, line_width
from poolscope.tui.widgets.raster import Raster
from poolscope.workloads.report import figures

SIZES = [100.0 * 10**step for step in range(5)]


def serial(size: float) -> float:
    return 2e5 + 90 * size


def pool(size: float) -> float:
    return 2.2e7 + 41 * size


def series(name: str, time: Callable[[float], float]) -> Series:
    points = tuple(Point(size, time(size), 0.7 * time(size), 1.5 * time(size)) for size in SIZES)
    return Series(name, points, tuple((100 * 1.2**step, time(100 * 1.2**step)) for step in range(51)))


def break_even() -> Chart:
    both = (series("A serial", serial), series("B pool · 2 workers", pool))
    times = [point.y for one in both for point in one.points]
    across, up = log_axis(SIZES, figures.tick_count, "tasks"), log_axis(times, figures.tick_duration, "time of a run")
    crossing = 2.18e7 / 49
    return Chart(across, up, both, (Mark(crossing, "from 445 k on", crossing / 2, crossing * 2, serial(crossing)),))


def scaling() -> Chart:
    measured = Series("measured", (Point(1, 1), Point(2, 1.9, 1.7, 2.0), Point(4, 3.0), Point(8, 3.3)))
    across = even_axis([8], figures.tick_count, is_whole=True)
    up = even_axis([3.3], figures.tick_count, "times as fast")
    return Chart(across, up, (measured, Series("ideal", (), ((0, 0), (8, 8)))), (Mark(2, "2 CPUs"), Mark(4, "4 cores")))


def text(lines: list[Line]) -> list[str]:
    return ["".join(piece for piece, _ in line).rstrip() for line in lines]


def test_both_curves_their_points_and_intervals_and_the_crossing() -> None:
    assert text(draw(break_even(), 60, 12)) == [
        "time of a run  ● A serial   ▲ B pool · 2 workers",
        " 100 ms┤·            ·            ·      from 445 k on ┊ ⣀⢤▲",
        "       │⡄            ⡄            ⡄           ⢰⡀⣀⡀ ⡠⠤⣀⠴◎⠋ ⠁⠘",
        "       │▲⠒ ⠐⠒⠂ ⠒⠒ ⠐⠒⠂▲⠐⠒⠂ ⠊⠉ ⠈⠉⠁ ⠉▲ ⠈⠉⠁ ⠉⠉ ⠈⠉⠁▲  ⣀⠤⠒⠉  ┊",
        "  10 ms┤·            ·            ·         ⢀⡠●⠂⠉      ┊   ·",
        "       │                                ⢀⡠⠔⠊⠁          ┊",
        "       │                          ⡀ ⣀⡠⠔⠊⠁              ┊",
        "   1 ms┤·            ·         ⢀⡠⠤●⠉          ·        ┊   ·",
        "       │             ⡀   ⣀⣀⠤⠔⠒⠉⠁                       ┊",
        "       │●⣀⣀⣀⠤⠤⠤⠤⠤⠤⠔⠒⠒●⠊⠉⠉                              ┊",
        "       └┴────────────┴────────────┴───────────┴────━━━━╋━━━━",
        "       100          1 k         10 k        100 k        1 M",
    ]


def test_the_same_without_braille() -> None:
    assert text(draw(break_even(), 60, 12, ASCII)) == [
        "time of a run  o A serial   x B pool - 2 workers",
        " 100 ms|-            -            -      from 445 k on : ..o",
        "       |-            -            -           -    - --X-- x",
        "       |x- -- -- -- -x -- -- -- --x-- -- -- --x--.-..  :",
        "  10 ms|-            -            -          .o..      :   -",
        "       |                                ..... .        :",
        "       |                          ......               :",
        "   1 ms|-            -        ....o           -        :   -",
        "       |.            .........                         :",
        "       |o............o                                 :",
        "       ++------------+------------+-----------+----====^===+",
        "       100          1 k         10 k        100 k        1 M",
    ]


def test_linear_axes_and_several_marks_each_with_its_words() -> None:
    assert text(draw(scaling(), 60, 12)) == [
        "times as fast  ● measured   ⠤⠤ ⠠ ideal",
        " 4┤·      ·      ┊ 2 CPUs   ⢀⡀ ⠈      ·      ·      ·      ·",
        "  │              ┊       ⢀ ⠈⠁  ┊ 4 cores                   ●",
        "  │              ┊    ⡀ ⠊⠁     ●",
        "  │              ┊  ⠐⠊         ┊",
        " 2┤·      ·      ●⠉     ·      ┊      ·      ·      ·      ·",
        "  │          ⠠⠒⠁ ⠁             ┊",
        "  │       ●⠊     ┊             ┊",
        "  │   ⢀⠔⠂        ┊             ┊",
        " 0┤⡠⠔     ·      ┊      ·      ┊      ·      ·      ·      ·",
        "  └┴──────┴──────╋──────┴──────╋──────┴──────┴──────┴──────┴",
        "   0      1      2      3      4      5      6      7      8",
    ]


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("size", [(24, 6), (40, 10), (80, 20), (120, 20), (200, 50)], ids=str)
@pytest.mark.parametrize("make", [break_even, scaling])
def test_every_line_fits(make: Callable[[], Chart], size: tuple[int, int], glyphs: Glyphs) -> None:
    lines = draw(make(), *size, glyphs)
    assert len(lines) == size[1]
    assert max(map(line_width, lines)) <= size[0]
    assert glyphs is UNICODE or "".join(text(lines)).isascii()


def test_what_is_too_small_for_a_chart_says_so() -> None:
    assert text(draw(break_even(), 80, 5)) == ["The chart needs more room."]
    assert text(draw(break_even(), 12, 9)) == ["The chart ne"]
    assert draw(break_even(), 80, 0) == []


def test_names_that_are_too_long_are_cut_and_both_stay() -> None:
    long = Chart(*break_even()[:2], tuple(series(f"{key} {'lane ' * 40}", serial) for key in "AB"))
    for width in (24, 60, 120):
        legend = text(draw(long, width, 10))[0]
        assert line_width(draw(long, width, 10)[0]) <= width
        assert "● A" in legend
        assert "▲ B" in legend


def test_nothing_measured_yet_is_an_empty_plot_with_axes() -> None:
    empty = Chart(log_axis([100, 1e6], figures.tick_count), log_axis([], figures.tick_duration))
    lines = text(draw(empty, 40, 8))
    assert "100" in lines[-1]
    assert "1 M" in lines[-1]


def test_what_is_beyond_the_axes_is_left_out() -> None:
    outside = Series("A", (Point(10, 1e3), Point(1e9, 1e12, 1e11, 1e13)), ((10, 1e3), (1e9, 1e12)))
    chart = break_even()._replace(series=(outside,), marks=(Mark(1e9, "far off"), Mark(10, "near")))
    lines = text(draw(chart, 60, 12))
    assert "far off" not in "".join(lines)
    assert "●" not in "".join(lines[1:])
    assert any(0x2800 < ord(character) <= 0x28FF for character in "".join(lines)), "its way through is drawn"


positive = st.floats(1e-6, 1e15)


@given(st.lists(positive, min_size=1, max_size=5))
def test_a_log_axis_has_round_ends_around_all_and_few_ticks(values: list[float]) -> None:
    axis = log_axis(values, figures.tick_count)
    assert all(-1e-6 <= axis.place(value) <= 1 + 1e-6 for value in values)
    for most in (2, 5, 12):
        ticks = axis.ticks(most)
        assert len(ticks) >= 1
        assert all(-1e-6 <= axis.place(tick) <= 1 + 1e-6 for tick in ticks)


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=5), st.integers(2, 20))
def test_a_linear_axis_begins_at_nothing_and_has_round_ticks(values: list[float], most: int) -> None:
    axis = even_axis(values, figures.tick_count)
    assert axis.low == 0
    assert axis.high >= max(values) * (1 - 1e-9)
    ticks = axis.ticks(most)
    assert 2 <= len(ticks) <= most + 1
    steps = {round(math.log10(second - first), 6) % 1 for first, second in pairwise(ticks)}
    assert all(any(math.isclose(step, math.log10(one), abs_tol=1e-4) for one in (1, 2, 5, 10)) for step in steps)


def test_an_axis_stays_as_it_is_until_something_is_beyond_it() -> None:
    axis = log_axis([120, 9_000], figures.tick_count)
    assert (axis.low, axis.high) == (100, 10_000)
    assert axis.holding([100, 5_000, 10_000]) is axis
    assert axis.holding([10_001]).high == pytest.approx(20_000)
    assert axis.holding([99]).low == pytest.approx(50)
    assert axis.holding([0, math.inf]) is axis
    even = even_axis([3.3], figures.tick_count)
    assert even.holding([4]) is even
    assert even.holding([4.1]).high == 5


def test_whole_numbers_have_no_ticks_between_them() -> None:
    assert even_axis([3], figures.tick_count, is_whole=True).ticks(20) == [0, 1, 2, 3]


def test_dots_beyond_the_raster_are_clipped_and_patterns_go_on_over_joints() -> None:
    raster = Raster(5, 1, is_fine=False)
    raster.path([(-5, 0), (2, 0), (20, 0)], 0, style=0)
    assert sorted(column for column, *_ in raster.cells()) == [0, 1, 2, 3, 4]
    dashed = Raster(9, 1, is_fine=False)
    dashed.path([(step, 0) for step in range(9)], 0, style=1)
    assert sorted(column for column, *_ in dashed.cells()) == [0, 1, 3, 4, 6, 7]
    nothing = Raster(5, 1, is_fine=True)
    nothing.path([(0, -4), (9, -1)], 0)
    assert list(nothing.cells()) == []


async def test_the_view_draws_for_its_size_and_repaints_only_what_changed(stage: Any, rows: Any) -> None:
    view = ChartView()
    async with stage(view).run_test(size=(80, 16)) as pilot:
        assert view.chart is None
        view.show_chart(break_even())
        await pilot.pause()
        assert rows(view) == text(draw(break_even(), 80, 16))
        await pilot.resize_terminal(60, 12)
        await pilot.pause()
        assert rows(view) == text(draw(break_even(), 60, 12))
        view.show_chart(None)
        await pilot.pause()
        assert not any(rows(view))


def test_ticks_are_written_without_needless_digits() -> None:
    assert [figures.tick_count(value) for value in (0, 0.5, 1, 999, 1_000, 2_500, 1e6, 5e9)] == [
        "0", "0.5", "1", "999", "1 k", "2.5 k", "1 M", "5 G",
    ]  # fmt: skip
    assert [figures.tick_duration(value) for value in (0, 0.5, 200, 5e4, 1e6, 2.5e8, 1e9, 5e12)] == [
        "0", "0.5 ns", "200 ns", "50 µs", "1 ms", "250 ms", "1 s", "5,000 s",
    ]  # fmt: skip


def test_an_axis_places_what_cannot_be_on_it_beyond_its_begin() -> None:
    axis = Axis(1, 10, figures.tick_count, is_log=True)
    assert axis.place(0) < 0
    assert axis.place(-3) < 0
