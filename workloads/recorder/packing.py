"""Maps an event file, and packs records into its memory; who writes none never imports this.

The bytes are the layout's, but native: whole words are stored at once, and the commit word last. Only for records:
`pack_into` clears its place first, so a reader could see a slot of the header go to zero and back.
"""

import os
from _struct import Struct  # not `struct`: the program may have a module of that name
from mmap import ALLOCATIONGRANULARITY, mmap
from sys import version_info

from . import layout
from .eventfile import CPU_UNKNOWN, MOST

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from typing import Any

__all__ = ["ALLOCATIONGRANULARITY", "MAP_OPTIONS", "map_file"]

MAP_OPTIONS: "dict[str, Any]" = {"trackfd": False} if version_info >= (3, 13) else {}
_LOWEST_KEPT = 48  # descriptors that mappings keep are at least this, out of the way of the program's own
CHUNK_RECORD = Struct("@" + layout.CHUNK_FORMAT[1:]).pack_into
_SENT = Struct("@q").pack_into
_SENT_OFFSET = 56
_COMMIT = Struct("@I").pack_into
_COMMIT_OFFSET = 76
TEXT_RECORD = Struct("@" + layout.TEXT_FORMAT[1:]).pack_into
_LIFE_RECORD = Struct("@" + layout.LIFE_FORMAT[1:]).pack_into


def complete(memory: "Any", offset: int, number: int, sent: int) -> None:
    """Say in the record of a chunk when its result had been sent; only then it is not pending any more."""
    _SENT(memory, offset + _SENT_OFFSET, sent)
    _COMMIT(memory, offset + _COMMIT_OFFSET, number + 1)


def put_life(
    memory: "Any", offset: int, number: int, kind: int, value: int = 0, a: int = 0, b: int = 0, time: int = 0,
    v1: int = 0, v2: int = 0, v3: int = 0,
) -> None:  # fmt: skip
    """Write the record with that number at its place."""
    _LIFE_RECORD(
        memory, offset, kind, 0, CPU_UNKNOWN, value & MOST, a & MOST, b & MOST, time, v1, v2, v3, 0, 0, 0, 0, 0,
        number + 1,
    )  # fmt: skip


def map_file(descriptor: int, size: int, offset: int = 0) -> "Any":
    """Map a part of a file. Before 3.13, the mapping keeps a descriptor, and that shall not be among the low ones."""
    if MAP_OPTIONS:
        return mmap(descriptor, size, offset=offset, **MAP_OPTIONS)
    stairs: list[int] = []
    try:
        if os.sysconf("SC_OPEN_MAX") >= 4 * _LOWEST_KEPT:  # else another thread might want what is left
            while not stairs or stairs[-1] < _LOWEST_KEPT - 1:
                stairs.append(os.dup(descriptor))
        return mmap(descriptor, size, offset=offset)
    finally:
        for step in stairs:
            os.close(step)
