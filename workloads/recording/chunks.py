"""The many records of a process as NumPy arrays, read in blocks, while its file grows or at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..recorder import layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from .events import EventFile

CHUNK = np.dtype(
    [
        ("kind", "<u1"),
        ("flags", "<u1"),
        ("cpu", "<u2"),
        ("items", "<u4"),
        ("job", "<u4"),
        ("index", "<u4"),
        ("waiting", "<i8"),
        ("received", "<i8"),
        ("begin", "<i8"),
        ("end", "<i8"),
        ("pickled", "<i8"),
        ("sent", "<i8"),
        ("bytes_in", "<u4"),
        ("bytes_out", "<u4"),
        ("cpu_us", "<u4"),
        ("commit", "<u4"),
    ]
)
"""`layout.CHUNK_RECORD` as NumPy sees it."""
LIFE = np.dtype(
    [
        ("kind", "<u1"),
        ("flags", "<u1"),
        ("cpu", "<u2"),
        ("value", "<u4"),
        ("a", "<u4"),
        ("b", "<u4"),
        ("time", "<i8"),
        ("v1", "<i8"),
        ("v2", "<i8"),
        ("v3", "<i8"),
        ("v4", "<i8"),
        ("v5", "<i8"),
        ("z1", "<u4"),
        ("z2", "<u4"),
        ("z3", "<u4"),
        ("commit", "<u4"),
    ]
)
"""`layout.LIFE_RECORD` likewise."""
BLOCK = 16384
"""Records read at once."""
_MANY = 1 << 40


class NewRecords(NamedTuple):
    """The many records of a process that were not known before, in the order in which they were written."""

    chunks: NDArray[np.void]
    """With the fields of `CHUNK`."""
    blocked: NDArray[np.void]
    """Of the kind `layout.BLOCKED_FOR`, with the fields of `LIFE`."""
    next: int
    """Number of the first record that is not among them."""


def blocks_since(file: EventFile, first: int) -> Iterator[NewRecords]:
    """Read what came since record FIRST, a block at a time.

    Of a file that still grows, up to the first record that is not complete; of a finished one, everything, past records
    that were never completed. Never raises.
    """
    # A file that grows is longer than what was written to it.
    written = _MANY if file.is_finished else file.slots[layout.RECORDS_WRITTEN]
    while (first := file.pass_results(first)) < written:
        data = file.read_records(first, min(BLOCK, written - first))
        block = np.frombuffer(data, CHUNK)
        if not len(block):
            return
        is_complete = block["commit"] == np.arange(first + 1, first + 1 + len(block), dtype=np.uint32)
        is_cut = not file.is_finished and not is_complete.all()
        if is_cut:
            block = block[: int(np.argmin(is_complete))]
            is_complete = is_complete[: len(block)]
        first += len(block)
        kinds = np.where(is_complete, block["kind"], 0)
        blocked = block[kinds == layout.BLOCKED_FOR].view(LIFE)
        yield NewRecords(block[kinds == layout.CHUNK], blocked, first)
        if is_cut:
            return


def records_since(file: EventFile, first: int) -> NewRecords:
    """Read what came since record FIRST, likewise, at once."""
    blocks = list(blocks_since(file, first))
    chunks = [block.chunks for block in blocks]
    blocked = [block.blocked for block in blocks]
    return NewRecords(
        np.concatenate(chunks) if chunks else np.empty(0, CHUNK),
        np.concatenate(blocked) if blocked else np.empty(0, LIFE),
        blocks[-1].next if blocks else first,
    )


def chunks_since(file: EventFile, first: int) -> tuple[NDArray[np.void], int]:
    """Read the chunks that came since record FIRST, likewise, and the number of the record after them."""
    new = records_since(file, first)
    return new.chunks, new.next
