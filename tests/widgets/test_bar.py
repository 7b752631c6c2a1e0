from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.tui.glyphs import ASCII, UNICODE
from poolscope.tui.widgets.bar import bar, meter, segments


@pytest.mark.parametrize(
    ("fraction", "filled"),
    [(0.0, ""), (0.5, "█████"), (1.0, "██████████"), (0.55, "█████▌"), (2.0, "██████████"), (-1.0, "")],
)
def test_a_bar_is_drawn_in_eighths_of_a_cell(fraction: float, filled: str) -> None:
    assert bar(fraction, 10, UNICODE) == (filled, "░" * (10 - len(filled)))


def test_what_has_begun_is_never_empty_and_what_is_not_complete_never_full() -> None:
    assert bar(1e-9, 10, UNICODE)[0] == "▏"
    assert bar(1 - 1e-9, 10, UNICODE)[0] == "█████████▉"
    assert bar(1 - 1e-9, 10, ASCII) == ("#########", ".")


def test_a_bar_without_a_figure_is_empty() -> None:
    assert bar(math.nan, 4, ASCII) == ("", "....")


@given(st.floats(allow_nan=True), st.integers(-3, 200), st.sampled_from([ASCII, UNICODE]))
def test_a_bar_is_always_as_wide_as_asked(fraction: float, width: int, glyphs: object) -> None:
    filled, empty = bar(fraction, width, glyphs)  # type: ignore[arg-type]
    assert len(filled + empty) == max(0, width)


def test_segments_share_by_the_largest_remainder() -> None:
    assert segments([1, 1, 1], 10) == [4, 3, 3]
    assert segments([60, 30, 10], 10) == [6, 3, 1]


def test_a_small_part_still_gets_a_cell() -> None:
    assert segments([1000, 1, 0, 1], 10) == [8, 1, 0, 1]


def test_nothing_is_drawn_as_nothing() -> None:
    assert segments([0, 0], 10) == [0, 0]
    assert segments([], 10) == []
    assert segments([-5, 0], 10) == [0, 0]


@given(st.lists(st.floats(0, 1e12), max_size=8), st.integers(0, 200))
def test_segments_add_up_to_the_width(parts: list[float], width: int) -> None:
    cells = segments(parts, width)
    positive = [part for part in parts if part > 0]
    assert sum(cells) == (width if positive else 0)
    assert all(count >= 0 for count in cells)
    assert all(count == 0 for part, count in zip(parts, cells, strict=True) if part == 0)
    if len(positive) <= width:
        assert all(count >= 1 for part, count in zip(parts, cells, strict=True) if part > 0)


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0, 100), st.integers(0, 100))
def test_a_meter_never_leaves_its_scale(user: float, system: float, steal: float, width: int) -> None:
    cells = meter(user, system, steal, width)
    assert all(count >= 0 for count in cells)
    assert sum(cells) == round(min(100.0, user + system + steal) / 100 * width)
