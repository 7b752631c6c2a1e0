"""The axis: round figures under their ticks, one unit, never one over the other."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.tui.glyphs import ASCII, UNICODE
from poolscope.tui.panels.timeline_axis import Scale, axis_line, column_text
from poolscope.tui.panels.timeline_window import Extent, Window, panned, placed, whole, zoomed

MS = 10**6
SECOND = 10**9


def drawn(window: Window, origin: int = 0) -> str:
    return "".join(text for text, _ in axis_line(Scale(window, origin), window, 0, None, UNICODE)).rstrip()


@pytest.mark.parametrize(
    ("length", "begins", "last"),
    [
        (1200 * MS, "╵0 s         ╵0.2         ╵0.4", "╵1.4"),
        (5 * MS, "╵0 ms           ╵1", "╵5"),
        (90 * SECOND, "╵0 s      ╵10       ╵20", "╵90"),
        (700 * SECOND, "╵0 min         ╵2:00", "╵12:00"),
        (5000 * SECOND, "╵0 min         ╵15:00", "╵1:30:00"),
        (40, "╵0 ms", "╵0.9"),
    ],
)
def test_figures_are_round_and_the_first_has_the_unit(length: int, begins: str, last: str) -> None:
    text = drawn(whole(Extent(0, length), 100))
    assert text.startswith(begins)
    assert text.endswith(last)


def figures_at(window: Window, origin: int) -> dict[int, str]:
    """The figures by the moment of their column."""
    return {window.begin_ns + match.start() * window.column_ns: match.group(1)
            for match in re.finditer(r"╵([\d.:]+)", drawn(window, origin))}  # fmt: skip


def test_a_figure_stays_with_its_moment_while_the_window_moves() -> None:
    extent = Extent(7, 7 + 20 * SECOND)
    window = placed(7 + 3 * SECOND, 5 * MS, 100, extent)
    before = figures_at(window, 7)
    after = figures_at(panned(window, 13, extent), 7)
    common = before.keys() & after.keys()
    assert len(common) >= 3
    assert all(before[time] == after[time] for time in common)


@given(st.integers(1, 10**14), st.integers(20, 300), st.integers(0, 40), st.floats(0, 1))
def test_figures_never_touch_and_fit_at_every_zoom(length: int, columns: int, zooms: int, at: float) -> None:
    extent = Extent(1000, 1000 + length)
    window = whole(extent, columns)
    for _ in range(zooms):
        window = zoomed(window, 1000 + round(length * at), extent, closer=True) or window
    text = drawn(window, 1000)
    assert len(text) <= columns
    found = [(column, figure) for column, figure in Scale(window, 1000).figures() if column + len(figure) < columns]
    for column, figure in found:
        assert text[column : column + 1 + len(figure)] == f"╵{figure}"
        assert text[column + 1 + len(figure) :][:1].strip() == ""
    assert len({figure for _, figure in found}) == len(found)


def test_a_moment_is_written_as_exactly_as_a_column_is_long() -> None:
    extent = Extent(0, 2 * SECOND)
    assert Scale(whole(extent, 100), 0).moment(412_345_678) == "0.412 s"
    assert Scale(placed(0, 10_000, 100, extent), 0).moment(412_345) == "0.41 ms"
    assert Scale(placed(SECOND, 10_000, 100, extent), 0).moment(SECOND + 412_345) == "1.00041 s"
    assert Scale(whole(Extent(0, 5000 * SECOND), 100), 0).moment(3723 * SECOND) == "1:02:03 h"


def test_the_moment_that_is_shown_has_a_mark_in_every_terminal() -> None:
    window = whole(Extent(0, SECOND), 50)
    for glyphs in (UNICODE, ASCII):
        line = axis_line(Scale(window, 0), window, 3, 20, glyphs)
        text = "".join(text for text, _ in line)
        assert text[23] == glyphs.here
        assert "text-accent" in [role for _, role in line]
        (_, (figure, role), _) = axis_line(Scale(window, 0), window, 3, 1, glyphs)
        assert (figure, role) == ("0", "cursor")
        outside = axis_line(Scale(window, 0), window, 3, 50, glyphs)
        assert glyphs.here not in "".join(text for text, _ in outside)


def test_the_length_of_a_column_is_short() -> None:
    assert column_text(Window(0, 10_000, 10)) == "10 µs"
    assert column_text(Window(0, 15 * MS, 10)) == "15 ms"
    assert column_text(Window(0, 2 * SECOND + SECOND // 2, 10)) == "2.5 s"
    assert column_text(Window(0, 120 * SECOND, 10)) == "2 min"
