"""A grid of dots that becomes characters: eight dots a cell in braille, or one a cell where that is all there is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""Bits of a braille pattern by row and column of the cell."""
_BRAILLE = 0x2800

PATTERNS = ((True,), (True,) * 4 + (False,) * 3, (True, False, False), (True,) * 6 + (False, False, True) * 2)
"""Which dots of a curve are drawn, again and again along it: solid, dashed, dotted, dashes and dots."""
COARSE_PATTERNS = ((True,), (True, True, False), (True, False), (True, True, True, False))
"""The same where a cell has one dot."""


class Raster:
    """Dots of several owners on WIDTH x HEIGHT cells; the owner of a cell is who drew there last."""

    def __init__(self, width: int, height: int, *, is_fine: bool) -> None:
        """Begin without a dot; IS_FINE gives each cell eight of them."""
        self.width, self.height = width, height
        self.is_fine = is_fine
        self._across, self._down = (2, 4) if is_fine else (1, 1)
        self._bits: dict[int, int] = {}
        self._owners: dict[int, int] = {}

    def column(self, place: float) -> float:
        """Dots from the left, of the PLACE from 0 to 1."""
        return place * (self.width * self._across - 1)

    def row(self, place: float) -> float:
        """Dots from the top, of the PLACE from 0 at the bottom to 1 at the top."""
        return (1 - place) * (self.height * self._down - 1)

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """Column and row of the cell of a dot, which may be outside."""
        return round(x) // self._across, round(y) // self._down

    def path(self, points: list[tuple[float, float]], owner: int, style: int = 0) -> None:
        """Join POINTS, in dots, by straight lines in a STYLE, of which there are as many as `PATTERNS`."""
        patterns = PATTERNS if self.is_fine else COARSE_PATTERNS
        pattern = patterns[style % len(patterns)]
        length, travelled = len(pattern), 0
        across, down, width, height = self._across, self._down, self.width, self.height
        bits, owners, right, bottom = self._bits, self._owners, width * across - 1, height * down - 1
        for (x, y), (end_x, end_y) in pairwise(points):
            if not (0 <= x <= right and 0 <= end_x <= right and 0 <= y <= bottom and 0 <= end_y <= bottom):
                inside = _clipped(x, y, end_x, end_y, right, bottom)
                if inside is None:
                    continue
                x, y, end_x, end_y = inside  # noqa: PLW2901 - of the part that is to be seen
            steps = round(max(abs(end_x - x), abs(end_y - y))) or 1
            step_x, step_y = (end_x - x) / steps, (end_y - y) / steps
            x, y = x + 0.5, y + 0.5  # noqa: PLW2901 - so that cutting off is rounding
            for number in range(steps + 1):
                if pattern[(travelled + number) % length]:
                    column, row = int(x + step_x * number), int(y + step_y * number)
                    index = row // down * width + column // across
                    bits[index] = bits.get(index, 0) | _DOTS[row % down][column % across]
                    owners[index] = owner
            travelled += steps  # the end is the beginning of the next one

    def cells(self) -> Iterator[tuple[int, int, str, int]]:
        """The cells with dots: column, row, braille character (any, where there is one dot a cell), and owner."""
        for index, bits in self._bits.items():
            row, column = divmod(index, self.width)
            yield column, row, chr(_BRAILLE | bits), self._owners[index]


def _clipped(
    x: float, y: float, end_x: float, end_y: float, width: float, height: float
) -> tuple[float, float, float, float] | None:
    """The part of a line that is within 0 to WIDTH and 0 to HEIGHT; None if none is.

    Liang and Barsky, "A new concept and method for line clipping", ACM Transactions on Graphics 3 (1), 1984.
    """
    begin, end = 0.0, 1.0
    across, down = end_x - x, end_y - y
    for step, room in ((-across, x), (across, width - x), (-down, y), (down, height - y)):
        if step == 0:
            if room < 0:
                return None
        elif step < 0:
            begin = max(begin, room / step)
        else:
            end = min(end, room / step)
    if begin > end:
        return None
    return x + begin * across, y + begin * down, x + end * across, y + end * down
