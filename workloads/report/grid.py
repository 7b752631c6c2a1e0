"""A table that is not drawn yet: heads and cells, as text that is safe to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ..text import cell_width


class Grid(NamedTuple):
    """Rows under heads."""

    heads: tuple[str, ...]
    """All "" for a table without heads."""
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    """Columns of figures, which stand to the right."""
    whole: frozenset[int] = frozenset()
    """Columns that are never broken into several lines, such as names that are copied."""
    spare: int = 0
    """How many of the last columns a terminal may leave out that has no room for them."""

    @property
    def widths(self) -> list[int]:
        """Cells that each column takes."""
        return [max(map(cell_width, column)) for column in zip(self.heads, *self.rows, strict=True)]

    def without_last(self) -> Grid:
        """The same without its last column."""
        return self._replace(heads=self.heads[:-1], rows=tuple(row[:-1] for row in self.rows), spare=self.spare - 1)


Block = Grid | str
"""A part of a report: a table, or lines of text."""

Draw = Callable[[Sequence[Block]], str]
"""Makes the text of a report for a terminal out of its parts."""


def plain(blocks: Sequence[Block]) -> str:
    """Write a report for a pipe or a file: columns with two blanks between them, no lines, no colour."""
    return "\n\n".join(block if isinstance(block, str) else "\n".join(_lines(block)) for block in blocks)


def _lines(grid: Grid) -> list[str]:
    rows = [grid.heads, *grid.rows] if any(grid.heads) else list(grid.rows)
    return ["  ".join(_padded(row, grid.widths, grid.right)).rstrip() for row in rows]


def _padded(row: Sequence[str], widths: Sequence[int], right: frozenset[int]) -> list[str]:
    spaces = [" " * (width - cell_width(cell)) for cell, width in zip(row, widths, strict=True)]
    return [
        space + cell if index in right else cell + space
        for index, (cell, space) in enumerate(zip(row, spaces, strict=True))
    ]
