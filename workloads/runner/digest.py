"""A digest of results: equal results have equal digests, in whichever process they were computed."""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from typing import Any

_BLOCK = 4_096
_VERSION = 2
"""Of marshal: the last one that does not care whether two equal objects are one and the same."""


def digest(results: Sequence[Any]) -> str | None:
    """Digest RESULTS in their order; None if they cannot be compared in this way."""
    from hashlib import blake2b

    hashed = blake2b(digest_size=16)
    for start in range(0, len(results), _BLOCK):
        block = list(results[start : start + _BLOCK])
        try:
            hashed.update(marshal.dumps(block, _VERSION))
        except ValueError:
            data = _pickled(block)
            if data is None:
                return None
            hashed.update(data)
    return hashed.hexdigest()


def _pickled(block: list[Any]) -> bytes | None:
    """Pickle what marshal does not know, likewise without regard to identity."""
    from io import BytesIO
    from pickle import Pickler

    buffer = BytesIO()
    pickler = Pickler(buffer, 5)
    pickler.fast = True
    try:
        pickler.dump(block)
    except Exception:  # noqa: BLE001 - anything may happen in somebody else's classes
        return None
    return buffer.getvalue()
