"""A digest of results: equal results have equal digests, in whichever process they were computed."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

BLOCK = 4_096
_VERSION = 2
"""Of marshal: the last one that does not care whether two equal objects are one and the same."""

_HOLDING = (list, tuple, set, frozenset)
_PLAIN = (int, float, str, bytes, bool, type(None), complex)


class Block(NamedTuple):
    """Some results as bytes."""

    data: bytes
    kind: bytes
    """``m`` for marshal, ``p`` for pickle."""

    def values(self) -> list[Any]:
        """The results."""
        if self.kind == b"m":
            return list(marshal.loads(self.data))  # noqa: S302 - a runner wrote it
        import pickle

        return list(pickle.loads(self.data))  # noqa: S301 - likewise


def blocks(results: Sequence[Any]) -> Iterator[Block]:
    """Turn RESULTS into bytes, so many at once.

    Raises:
        Exception: If one of them cannot be turned into bytes.
    """
    for start in range(0, len(results), BLOCK):
        some = list(results[start : start + BLOCK])
        try:
            block = Block(marshal.dumps(some, _VERSION), b"m") if _is_plain(some) else None
        except ValueError:
            block = None
        yield block or Block(_pickled(some), b"p")


def _is_plain(value: Any) -> bool:
    """Whether marshal gives back what it was given, and not the bytes of an array; judged by one of each type."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if kind is dict:
        return _is_plain(list(value.values()))
    return kind in _HOLDING and all(map(_is_plain, {type(each): each for each in value}.values()))


def digest(results: Sequence[Any], keep: Callable[[Block], None] | None = None) -> str | None:
    """Digest RESULTS in their order; None if they cannot be compared in this way.

    Args:
        results: Of all tasks.
        keep: Called with every block.
    """
    from hashlib import blake2b

    hashed = blake2b(digest_size=16)
    try:
        for block in blocks(results):
            hashed.update(block.data)
            if keep is not None:
                keep(block)
    except Exception:  # noqa: BLE001 - anything may happen in somebody else's classes
        return None
    return hashed.hexdigest()


def _pickled(some: list[Any]) -> bytes:
    """Pickle what marshal does not know, likewise without regard to identity."""
    from io import BytesIO
    from pickle import Pickler

    buffer = BytesIO()
    pickler = Pickler(buffer, 5)
    pickler.fast = True
    pickler.dump(some)
    return buffer.getvalue()
