from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from poolscope.tui.glyphs import ASCII, UNICODE
from poolscope.tui.widgets import history


def test_the_scale_is_fixed() -> None:
    assert history.row([1, 2, 1, 2], 4, UNICODE.history) == "▁▁▁▁"
    assert history.row([0, 50, 100], 3, UNICODE.history) == "▁▄█"
    assert history.row([0, 50, 100], 3, ASCII.history) == "149"


def test_the_newest_is_on_the_right_and_what_is_not_known_blank() -> None:
    assert history.row([100], 4, UNICODE.history) == "   █"
    assert history.row([0, 0, 0, 100], 2, UNICODE.history) == "▁█"
    assert history.row([], 3, UNICODE.history) == "   "


def test_a_chart_fills_from_below() -> None:
    assert history.chart([0, 25, 50, 75, 100], 6, 2, UNICODE.history) == ["    ▄█", " ▁▄███"]
    assert history.chart([0, 100], 2, 2, history.ASCII_RAMP) == [" #", ".#"]


def test_a_chart_without_room_is_empty() -> None:
    assert history.chart([1], 0, 3, UNICODE.history) == []
    assert history.chart([1], 3, 0, UNICODE.history) == []
    assert history.row([1], 0, UNICODE.history) == ""


@given(st.lists(st.floats(-50, 500), max_size=50), st.integers(1, 40), st.integers(1, 6))
def test_a_chart_is_always_as_large_as_asked(values: list[float], width: int, height: int) -> None:
    rows = history.chart(values, width, height, UNICODE.history)
    assert [len(row) for row in rows] == [width] * height
