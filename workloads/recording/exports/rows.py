"""Rows of text by the thousand: one format applied to whole columns at once.

A recording can hold a million tasks, and an export a line for each. Formatting them one by one would take longer than
the run did, so a block of rows is one ``%`` on one long format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

_QUOTED = re.compile(r'[",\r\n]')
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def formatted(row: str, columns: Sequence[Sequence[Any]]) -> bytes:
    """Write one ROW for each entry of COLUMNS.

    Args:
        row: A ``%`` format with as many places as there are columns.
        columns: Of equal length.
    """
    count = len(columns[0])
    return ((row * count) % tuple(chain.from_iterable(zip(*columns, strict=True)))).encode()


def thousandths(values: Integers) -> tuple[list[int], list[int]]:
    """Split whole numbers that are not negative for the format ``%d.%03d``: nanoseconds become microseconds."""
    whole = values // 1000
    return whole.tolist(), (values - whole * 1000).tolist()


def billionths(values: Integers) -> tuple[list[int], list[int]]:
    """Split whole numbers that are not negative for the format ``%d.%09d``: nanoseconds become seconds."""
    whole = values // 1_000_000_000
    return whole.tolist(), (values - whole * 1_000_000_000).tolist()


def quoted(text: str) -> str:
    """Write TEXT as a JSON string that every reader of traces understands: characters as they are, few escapes."""
    return json.dumps(text, ensure_ascii=False)


def text_cell(text: str) -> str:
    """Write a text as a cell."""
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        text = f"'{text}"
    if _QUOTED.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text


def csv_line(cells: Iterable[Any]) -> bytes:
    """Write a line of a table of comma-separated values; a cell is empty for None."""
    return (",".join("" if cell is None else text_cell(str(cell)) for cell in cells) + "\n").encode()
