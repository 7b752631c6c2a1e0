"""Panels never overlap, never leave a hole, and are all reachable at every size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Size

from poolscope.tui.screens.layout import LOG, regions_of, shape_of

SIZES = st.builds(Size, st.integers(60, 400), st.integers(15, 200))


@given(SIZES, st.integers(1, 7), st.booleans())
def test_panels_cover_the_room_exactly(size: Size, chosen: int, zoomed: bool) -> None:
    shape = shape_of(*size)
    room = Size(size.width, size.height - (3 if shape == "tabs" else 2))
    regions = regions_of(shape, room, chosen, zoomed=zoomed)
    assert chosen in regions
    assert sum(region.area for region in regions.values()) == room.area
    placed = list(regions.values())
    for index, region in enumerate(placed):
        assert region.right <= room.width
        assert region.bottom <= room.height
        assert all(not region.overlaps(other) for other in placed[index + 1 :])
    if zoomed:
        assert set(regions) == {chosen}
    elif shape == "full":
        assert set(regions) == {1, 2, 3, 4, 5, 6, LOG}


@given(st.integers(0, 400), st.integers(0, 200))
def test_shapes(width: int, height: int) -> None:
    shape = shape_of(width, height)
    if width < 60 or height < 15:
        assert shape == "tiny"
    elif width >= 100 and height >= 30:
        assert shape == "full"
    else:
        assert shape == "tabs"
