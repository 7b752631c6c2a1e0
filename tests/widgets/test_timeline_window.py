"""Which stretch of time the timeline shows: round lengths, whole columns, nothing lost and no jitter."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from poolscope.tui.panels.timeline_window import (
    FIT_STEPS,
    LEAST_COLUMN_NS,
    Extent,
    Window,
    following,
    next_length,
    panned,
    placed,
    showing,
    whole,
    zoomed,
)

SECOND = 10**9
BEGINS = st.integers(0, 10**15)
LENGTHS = st.integers(0, 48 * 3600 * SECOND)
COLUMNS = st.integers(1, 400)
EXTENTS = st.builds(lambda begin, length: Extent(begin, begin + length), BEGINS, LENGTHS)


def is_round(length: int) -> bool:
    while length % 10 == 0:
        length //= 10
    return length in (1, 12, 15, 2, 25, 3, 4, 5, 6, 8)


@given(EXTENTS, COLUMNS)
def test_the_whole_run_fits_and_fills_most_of_the_room(extent: Extent, columns: int) -> None:
    window = whole(extent, columns)
    assert window.begin_ns == extent.begin_ns
    assert window.holds(extent.end_ns)
    assert is_round(window.column_ns)
    if window.column_ns > LEAST_COLUMN_NS:
        assert (extent.end_ns - extent.begin_ns + 1) > 0.74 * window.span_ns


@given(st.integers(1, 10**15))
def test_lengths_are_the_least_round_ones(length: int) -> None:
    found = next_length(length)
    assert is_round(found)
    assert found >= length
    assert found == LEAST_COLUMN_NS or found <= length * 1.34
    assert next_length(found) == found


def windows(extent: Extent, columns: int, zooms: int, at: float) -> Window:
    """Look closer ZOOMS times at a place of the run."""
    window = whole(extent, columns)
    around = extent.begin_ns + round((extent.end_ns - extent.begin_ns) * at)
    for _ in range(zooms):
        window = zoomed(window, around, extent, closer=True) or window
    return window


@given(EXTENTS, COLUMNS, st.integers(0, 40), st.floats(0, 1), st.integers(-500, 500))
def test_columns_begin_at_whole_multiples_wherever_one_goes(
    extent: Extent, columns: int, zooms: int, at: float, by: int
) -> None:
    window = panned(windows(extent, columns, zooms, at), by, extent)
    assert (window.begin_ns - extent.begin_ns) % window.column_ns == 0
    assert window.begin_ns >= extent.begin_ns
    assert window.begin_ns <= extent.end_ns
    assert window.columns == columns


@given(EXTENTS, COLUMNS, st.integers(0, 40), st.floats(0, 1))
def test_looking_closer_keeps_the_moment_in_sight_and_ends_at_ten_microseconds(
    extent: Extent, columns: int, zooms: int, at: float
) -> None:
    around = extent.begin_ns + round((extent.end_ns - extent.begin_ns) * at)
    window = windows(extent, columns, zooms, at)
    assert window.holds(around)
    assert window.column_ns >= LEAST_COLUMN_NS
    for _ in range(60):
        window = zoomed(window, around, extent, closer=True) or window
    assert window.column_ns == LEAST_COLUMN_NS
    assert window.holds(around)


@given(EXTENTS, COLUMNS, st.integers(1, 40), st.floats(0, 1))
def test_looking_from_farther_off_ends_at_the_whole_run(extent: Extent, columns: int, zooms: int, at: float) -> None:
    window: Window | None = windows(extent, columns, zooms, at)
    for _ in range(60):
        if window is None:
            break
        window = zoomed(window, extent.begin_ns, extent, closer=False)
    assert window is None


@given(EXTENTS, COLUMNS, st.integers(1, 40), st.floats(0, 1), st.floats(0, 1))
def test_a_moment_is_brought_into_sight_and_the_window_stays_if_it_is(
    extent: Extent, columns: int, zooms: int, at: float, wanted: float
) -> None:
    window = windows(extent, columns, zooms, at)
    time = extent.begin_ns + round((extent.end_ns - extent.begin_ns) * wanted)
    moved = showing(window, time, extent)
    assert moved.holds(time)
    assert moved == window or not window.holds(time)


def test_following_moves_in_steps_with_room_ahead() -> None:
    extent = Extent(0, 10 * SECOND)
    window = placed(0, SECOND // 100, 100, extent)
    moves = 0
    for now in range(0, 10 * SECOND, SECOND // 20):
        moved = following(window, now, Extent(0, now))
        assert moved.holds(now)
        moves += moved != window
        window = moved
    assert moves == 36


@given(st.integers(1, 3600), COLUMNS)
def test_the_whole_run_grows_in_few_steps(seconds: int, columns: int) -> None:
    assume(columns >= 10)
    lengths = {whole(Extent(0, now * SECOND), columns).column_ns for now in range(seconds, 10 * seconds, seconds)}
    assert len(lengths) <= len(FIT_STEPS) + 1


@given(EXTENTS, COLUMNS, st.integers(0, 40), st.floats(0, 1), st.integers(0, 399))
def test_a_column_holds_its_own_middle(extent: Extent, columns: int, zooms: int, at: float, column: int) -> None:
    window = windows(extent, columns, zooms, at)
    assume(column < columns)
    assert window.column_at(window.time_of(column)) == column
