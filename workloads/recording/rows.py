"""Records as plain bytes: which are complete, which are of a kind, and how a few of them are kept.

Small recordings are written and read with the standard library alone; NumPy, which takes longer to import than they
take to keep, comes in where there are many.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection
from itertools import compress

from ..recorder import layout

_SIZE = layout.RECORD_SIZE
_KEPT = _SIZE - 4
"""Bytes of a record without its commit word."""
_MANY = 4096
_NUMBER = layout.PENDING - 1
_PENDING_BYTE = 0x80
"""The last byte of a commit word from which the record may be pending."""


def complete_records(data: bytes, first: int) -> bytes:
    """The records in DATA that were completed, the first one having the number FIRST."""
    count = len(data) // _SIZE
    words = memoryview(data).cast("I")[_SIZE // 4 - 1 :: _SIZE // 4].tolist()
    if words == list(range(first + 1, first + 1 + count)):
        return data
    return _chosen(data, [word & _NUMBER == first + index + 1 for index, word in enumerate(words)])


def settled(data: bytes, first: int) -> bytes:
    """The same records of a process that is gone: those that were complete but for the end of sending are complete."""
    if not data or max(data[_SIZE - 1 :: _SIZE]) < _PENDING_BYTE:
        return data
    whole = bytearray(data)
    words = memoryview(whole).cast("I")
    for index in range(len(data) // _SIZE):
        place = (index + 1) * _SIZE // 4 - 1
        if words[place] == first + index + 1 | layout.PENDING:
            words[place] = first + index + 1
    return bytes(whole)


def of_kind(data: bytes, kind: int) -> bytes:
    """The records in DATA of one kind."""
    kinds = data[::_SIZE]
    if kinds.count(kind) == len(kinds):
        return data
    return _chosen(data, [found == kind for found in kinds])


def without_kinds(data: bytes, kinds: Collection[int]) -> bytes:
    """The records in DATA of all other kinds."""
    found = data[::_SIZE]
    if not kinds or not any(found.count(kind) for kind in kinds):
        return data
    if sum(found.count(kind) for kind in kinds) == len(found):
        return b""
    return _chosen(data, [kind not in kinds for kind in found])


def in_planes(data: bytes) -> bytes:
    """Put the first bytes of all records together, then the second ones, and so on; commit words are left out."""
    return b"".join([data[index::_SIZE] for index in range(_KEPT)])


def from_planes(data: bytes) -> bytes:
    """Turn that back into records, which are numbered from 0; what is no whole record is dropped."""
    count = len(data) // _KEPT
    records = bytearray(count * _SIZE)
    for index in range(_KEPT):
        records[index::_SIZE] = data[index * count : (index + 1) * count]
    return numbered(records, 0)


def numbered(records: bytes | bytearray, first: int) -> bytes:
    """Complete records with commit words that count from FIRST."""
    count = len(records) // _SIZE
    whole = bytearray(records)
    words = memoryview(whole).cast("I")
    words[_SIZE // 4 - 1 :: _SIZE // 4] = memoryview(array("I", range(first + 1, first + 1 + count)))
    return bytes(whole)


def _chosen(data: bytes, wanted: list[bool]) -> bytes:
    if len(wanted) > _MANY:
        import numpy as np

        rows = np.frombuffer(data, f"V{_SIZE}")
        chosen: bytes = rows[np.array(wanted)].tobytes()
        return chosen
    starts = compress(range(0, len(data), _SIZE), wanted)
    return b"".join([data[start : start + _SIZE] for start in starts])
