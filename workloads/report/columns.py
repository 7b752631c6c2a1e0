"""Text in columns, and in whatever characters the reader's terminal has."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence

from ..text import cell_width

_ASCII = str.maketrans({"µ": "u", "…": "...", "×": "x", "·": "-", "“": '"', "”": '"', "’": "'", "±": "+-"})


def aligned(rows: Sequence[Sequence[str]], right: Collection[int], gap: int = 2) -> list[str]:
    """Put the cells of ROWS under each other; those in the columns RIGHT, such as figures, to the right.

    The first column is one blank away from the second one, all others GAP blanks from each other.
    """
    widths = [max(map(cell_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for index, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - cell_width(cell))
            cells.append(space + cell if index in right else cell + space)
        lines.append((cells[0] + " " + (" " * gap).join(cells[1:])).rstrip())
    return lines


def encodable(text: str, encoding: str | None) -> str:
    """Replace what cannot be written in ENCODING, with something that looks like it where there is such a thing.

    Args:
        text: Of several lines, perhaps.
        encoding: None for that of stdout.
    """
    encoding = encoding or getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except LookupError:
        encoding = "ascii"
    except UnicodeEncodeError:
        pass
    else:
        return text
    return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
