"""Records of one kind as columns of small numbers, for saved recordings; needs NumPy. ``FORMAT.md`` is its page.

The times of a chunk follow closely upon each other, and the next chunk of a process upon the one before. So what is
kept of a column is how far each value is from its neighbour, in as few bytes as the largest needs, each byte of all
rows together, compressed where that helps. Everything is modulo 2**64, so that any content comes back as it was.
"""

from __future__ import annotations

from struct import Struct
from struct import error as struct_error
from typing import TYPE_CHECKING
from zlib import compress, decompressobj
from zlib import error as zlib_error

import numpy as np

from ..recorder import layout
from .format import BLOCK, DEFLATED, ROWS_LIMIT, STORED

if TYPE_CHECKING:
    from numpy.typing import NDArray

RECORD = np.dtype(
    {
        "names": [
            "kind", "flags", "cpu", "value", "a", "b", "q0", "q1", "q2", "q3", "q4", "q5", "u0", "u1", "u2", "commit",
        ],
        "formats": ["u1", "u1", "<u2", *["<u4"] * 3, *["<u8"] * 6, *["<u4"] * 4],
    }
)  # fmt: skip
COLUMNS = tuple(name for name in RECORD.names or () if name not in ("kind", "commit"))
"""What is kept of a record: its kind is that of the block, and its commit word follows from its number."""
COLUMN = Struct("<BBQQ")
"""Neighbour and fold, bytes of a value, least value, first value."""
PLANE = Struct("<BI")
"""Encoding, size."""

SELF = 0
ABOVE = 1
LEFT = 2
CORNER = 3
"""Where the neighbour is: nowhere, in the row above, in the column before, in the last time of the row above."""
FOLDED = 0x80
"""The difference may be negative, so its sign is in its lowest bit."""
_TIMES = ("q0", "q1", "q2", "q3", "q4", "q5")
_CHUNK_NEIGHBOURS = {"a": ABOVE, "b": ABOVE, "q0": CORNER} | dict.fromkeys(_TIMES[1:], LEFT)
_OTHER_NEIGHBOURS = {"a": ABOVE, "b": ABOVE, "q0": ABOVE}
_LEVEL = 1


class DamagedColumnsError(ValueError):
    """What should be columns makes no sense."""


def pack(records: bytes) -> bytes:
    """Turn records, all of one kind and ROWS_LIMIT at most, into a block of columns."""
    rows = np.frombuffer(records, RECORD)
    kind = int(rows["kind"][0])
    neighbours = _CHUNK_NEIGHBOURS if kind == layout.CHUNK else _OTHER_NEIGHBOURS
    parts = [BLOCK.pack(kind, len(COLUMNS), 0, len(rows))]
    before: NDArray[np.uint64] | None = None
    corner = rows["q5"].astype(np.uint64)
    for name in COLUMNS:
        values = rows[name].astype(np.uint64)
        parts += _packed(values, neighbours.get(name, SELF), before, corner)
        before = values
    return b"".join(parts)


def count_of(data: bytes) -> tuple[int, int]:
    """Kind and number of the records in a block.

    Raises:
        DamagedColumnsError: If it is none.
    """
    try:
        kind, columns, _, count = BLOCK.unpack_from(data)
    except struct_error:
        raise DamagedColumnsError from None
    if columns != len(COLUMNS) or not 0 < count <= ROWS_LIMIT or not kind:
        raise DamagedColumnsError
    return kind, count


def unpack(data: bytes, first: int) -> memoryview:
    """Turn a block of columns into the records it was made of, as bytes.

    Args:
        data: The block.
        first: Number of the first record; the commit words count from it.

    Raises:
        DamagedColumnsError: If it makes no sense.
    """
    kind, count = count_of(data)
    rows = np.zeros(count, RECORD)
    rows["kind"] = kind
    rows["commit"] = np.arange(first + 1, first + 1 + count, dtype=np.uint64)
    found: dict[str, tuple[int, NDArray[np.uint64]]] = {}
    offset = BLOCK.size
    try:
        for name in COLUMNS:
            where, differences, offset = _unpacked(data, offset, count)
            found[name] = where, differences
    except (struct_error, zlib_error):
        raise DamagedColumnsError from None
    if found["q0"][0] == CORNER:
        _start_rows(found)
    before = np.zeros(count, np.uint64)
    for name in COLUMNS:
        where, values = found[name]
        if where == ABOVE:
            values = np.cumsum(values, dtype=np.uint64)
        elif where == LEFT:
            values = before + values
        rows[name] = values
        before = values
    return rows.view(np.uint8).data


def _start_rows(found: dict[str, tuple[int, NDArray[np.uint64]]]) -> None:
    """Work out the first times of all rows: each row begins where the one above ended, and its steps are known."""
    if any(found[name][0] != LEFT for name in _TIMES[1:]):
        raise DamagedColumnsError
    gaps = found["q0"][1]
    steps = sum((found[name][1] for name in _TIMES[1:]), start=np.zeros(len(gaps), np.uint64))
    ends = np.cumsum(gaps + steps, dtype=np.uint64)
    found["q0"] = SELF, ends - steps


def _packed(
    values: NDArray[np.uint64], where: int, before: NDArray[np.uint64] | None, corner: NDArray[np.uint64]
) -> list[bytes]:
    first = int(values[0])
    if where == LEFT and before is not None:
        values, first = values - before, 0
    elif where in (ABOVE, CORNER):
        above = values if where == ABOVE else corner
        values = values - np.concatenate([values[:1], above[:-1]])
    else:
        first = 0
    fold = where
    if where != SELF and int(values.max()) >= 1 << 63:
        fold |= FOLDED
        values = (values << np.uint64(1)) ^ (np.uint64(0) - (values >> np.uint64(63)))
    least = int(values.min())
    if where not in (ABOVE, CORNER) or fold & FOLDED:
        values = values - np.uint64(least)
    else:
        least = 0
    width = (int(values.max()).bit_length() + 7) // 8
    planes = values.astype("<u8").view(np.uint8).reshape(-1, 8)
    parts = [COLUMN.pack(fold, width, least, first)]
    for index in range(width):
        plane = planes[:, index].tobytes()
        packed = compress(plane, _LEVEL)
        if len(packed) < len(plane):
            parts += [PLANE.pack(DEFLATED, len(packed)), packed]
        else:
            parts += [PLANE.pack(STORED, len(plane)), plane]
    return parts


def _unpacked(data: bytes, offset: int, count: int) -> tuple[int, NDArray[np.uint64], int]:
    """Read a column: its neighbour, the differences with the first value in its place, and where the next begins."""
    fold, width, least, first = COLUMN.unpack_from(data, offset)
    offset += COLUMN.size
    where = fold & ~FOLDED
    if width > 8 or where > CORNER:
        raise DamagedColumnsError
    planes = np.zeros((count, 8), np.uint8)
    for index in range(width):
        encoding, size = PLANE.unpack_from(data, offset)
        offset += PLANE.size
        plane = data[offset : offset + size]
        offset += size
        if len(plane) != size:
            raise DamagedColumnsError
        if encoding == DEFLATED:
            plane = decompressobj().decompress(plane, count + 1)
        if len(plane) != count:
            raise DamagedColumnsError
        planes[:, index] = np.frombuffer(plane, np.uint8)
    values = planes.reshape(-1).view("<u8").astype(np.uint64, copy=False) + np.uint64(least)
    if fold & FOLDED:
        values = (values >> np.uint64(1)) ^ (np.uint64(0) - (values & np.uint64(1)))
    if where in (ABOVE, CORNER):
        values[0] = first
    return where, values, offset
