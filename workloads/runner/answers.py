"""The results of the first lane's first run, kept in its run directory, and what others are compared with.

The file holds block after block: four bytes of length, the letter ``m`` for marshal or ``p`` for pickle, and so many
results in it. It is written by one runner and read by another, both of the same workload; nobody else opens it.
"""

from __future__ import annotations

import marshal
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from ..engines.failed_tasks import brief
from .digest import BLOCK, Block, blocks

NAME = "answers"
MOST_BYTES = 64_000_000
"""Of a file; larger results can be compared by their digests alone."""
_SORTABLE = (int, float, str, bytes, tuple, list)


class Kept:
    """The file while it is written. Whatever goes wrong with it, there is no file then."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / NAME
        self._left = MOST_BYTES
        self._file: BinaryIO | None = None
        try:
            self._file = self._path.open("wb")
        except OSError:
            self._left = 0

    def add(self, block: Block) -> None:
        """Write the next block."""
        if self._left <= 0 or self._file is None:
            return
        self._left -= len(block.data) + 5
        try:
            if self._left > 0:
                self._file.write(len(block.data).to_bytes(4, "little") + block.kind + block.data)
                return
        except OSError:
            self._left = 0
        self.give_up()

    def give_up(self) -> None:
        """Remove the file."""
        self._left = 0
        try:
            if self._file is not None:
                self._file.close()
                self._path.unlink()
        except OSError:
            return

    def close(self) -> None:
        """Have it complete."""
        if self._left > 0 and self._file is not None:
            try:
                self._file.close()
            except OSError:
                self.give_up()


def compare(
    results: Sequence[Any], directory: Path, tolerance: float, *, is_ordered: bool
) -> tuple[bool | None, str | None]:
    """Compare RESULTS with those that are kept in a run directory.

    Args:
        results: Of this run.
        directory: The reference's.
        tolerance: By how much floats may differ: absolutely, or as a share of the larger one.
        is_ordered: Whether both are in the order of the inputs; else they are compared as multisets.

    Returns:
        Whether they are the same, None if nobody can say; and the first difference in one sentence, or None.
    """
    try:
        if is_ordered:
            difference = _first_difference(results, directory, tolerance)
        else:
            expected = [each for block in _kept(directory) for each in block.values()]
            difference = _difference_of_multisets(list(results), expected, tolerance)
    except Exception:  # noqa: BLE001 - a file that is not there, or anything in somebody else's classes
        return None, None
    return difference is None, difference


def _kept(directory: Path) -> Iterator[Block]:
    with (directory / NAME).open("rb") as file:
        while head := file.read(5):
            yield Block(file.read(int.from_bytes(head[:4], "little")), head[4:])


def _first_difference(results: Sequence[Any], directory: Path, tolerance: float) -> str | None:
    total, start = len(results), 0
    own = blocks(results)
    for block in _kept(directory):
        mine = next(own, None)
        if mine is not None and mine == block:
            start = min(start + BLOCK, total)
            continue
        expected = block.values()
        for index, value in enumerate(expected, start):
            if index >= total:
                break
            if not is_same(results[index], value, tolerance):
                return f"Task {index + 1:,} of {total:,} gave {_both(results[index], value)}."
        start += len(expected)
    return f"There are {total:,} results instead of {start:,}." if start != total else None


def _difference_of_multisets(results: list[Any], expected: list[Any], tolerance: float) -> str | None:
    if len(results) != len(expected):
        return f"There are {len(results):,} results instead of {len(expected):,}."
    mine, other = _sorted(results, expected) or ((sorted(each, key=_bytes)) for each in (results, expected))
    for value, wanted in zip(mine, other, strict=True):
        if not is_same(value, wanted, tolerance):
            return _missing_one(value, wanted)
    return None


def _missing_one(value: Any, wanted: Any) -> str:
    """Name the one of two that has no counterpart among the others, where both are the first in order that differ."""
    try:
        is_extra = bool(value < wanted)
    except Exception:  # noqa: BLE001 - somebody else's class
        is_extra = _bytes(value) < _bytes(wanted)
    if is_extra:
        return f"{brief(value)} is among the results, but not among those of the first lane."
    return f"{brief(wanted)} is among the results of the first lane, but not among these."


def _sorted(results: list[Any], expected: list[Any]) -> tuple[list[Any], list[Any]] | None:
    """Sort both by value; None where that gives no certain order."""
    for each in (*results, *expected):
        if not isinstance(each, _SORTABLE) or each != each:  # NaN
            return None
    try:
        return sorted(results), sorted(expected)
    except TypeError:
        return None


def _both(value: Any, expected: Any) -> str:
    return f"{brief(value)} instead of {brief(expected)}"


def is_same(value: Any, expected: Any, tolerance: float = 0.0) -> bool:
    """Compare two results; floats in them may differ by TOLERANCE. NaN is the same as NaN.

    Raises:
        Exception: Anything that somebody else's class raises.
    """
    if isinstance(value, float) and isinstance(expected, float | int):
        return _is_near(value, float(expected), tolerance)
    if type(value) is not type(expected):
        return isinstance(expected, float) and isinstance(value, int) and _is_near(float(value), expected, tolerance)
    if isinstance(value, list | tuple):
        return len(value) == len(expected) and all(
            is_same(mine, other, tolerance) for mine, other in zip(value, expected, strict=True)
        )
    if isinstance(value, dict):
        return value.keys() == expected.keys() and all(
            is_same(mine, expected[key], tolerance) for key, mine in value.items()
        )
    if type(value).__module__ == "numpy":
        import numpy as np

        near = np.isclose(value, expected, rtol=tolerance, atol=tolerance, equal_nan=True) if tolerance else None
        return bool(np.all(near)) if near is not None else _bytes(value) == _bytes(expected)
    return bool(value == expected) or _bytes(value) == _bytes(expected)


def _is_near(value: float, expected: float, tolerance: float) -> bool:
    if value == expected or (value != value and expected != expected):  # NaN
        return True
    distance = abs(value - expected)
    return bool(tolerance) and distance != math.inf and distance <= tolerance * max(1.0, abs(value), abs(expected))


def _bytes(value: Any) -> bytes:
    try:
        return marshal.dumps(value, 2)
    except ValueError:
        import pickle  # only now, for its import would be seen in every run

        return pickle.dumps(value, 5)
