"""Packs records into the memory of an event file.

The bytes are the layout's, but native: whole words are stored at once, and the commit word last. Only for records:
`pack_into` clears its place first, so a reader could see a slot of the header go to zero and back.
"""

from _struct import Struct  # not `struct`: the program may have a module of that name

from . import layout
from .eventfile import CPU_UNKNOWN, MOST

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from typing import Any

CHUNK_RECORD = Struct("@" + layout.CHUNK_FORMAT[1:]).pack_into
SENT = Struct("@q").pack_into
SENT_OFFSET = 56
COMMIT = Struct("@I").pack_into
COMMIT_OFFSET = 76
TEXT_RECORD = Struct("@" + layout.TEXT_FORMAT[1:]).pack_into
_LIFE_RECORD = Struct("@" + layout.LIFE_FORMAT[1:]).pack_into


def put_life(
    memory: "Any", offset: int, number: int, kind: int, value: int = 0, a: int = 0, b: int = 0, time: int = 0,
    v1: int = 0, v2: int = 0, v3: int = 0,
) -> None:  # fmt: skip
    """Write the record with that number at its place."""
    _LIFE_RECORD(
        memory, offset, kind, 0, CPU_UNKNOWN, value & MOST, a & MOST, b & MOST, time, v1, v2, v3, 0, 0, 0, 0, 0,
        number + 1,
    )  # fmt: skip
