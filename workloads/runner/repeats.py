"""Results that are copies of each other where chance should have made them differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

MOST = 10_000
"""Results that are looked at; more would be felt."""
_PARTS = 16
"""Of a result that is a tuple or list."""
_BYTES = 65_536
"""Of a NumPy array."""


def repeated(results: Sequence[Any]) -> int | None:
    """Count the results whose fractional numbers are all those of another result before.

    Whole numbers say nothing: they repeat in honest results too, and number the tasks. This never raises.

    Args:
        results: Of all tasks.

    Returns:
        None where there are too many of them to look, or none has a fraction.
    """
    if len(results) > MOST:
        return None
    seen: set[tuple[Any, ...]] = set()
    count = 0
    for result in results:
        try:
            key = _fractions(result)
        except Exception:  # noqa: BLE001 - somebody else's class
            return None
        if key:
            count += key in seen
            seen.add(key)
    return count if seen else None


def _fractions(result: Any) -> tuple[Any, ...]:
    if isinstance(result, float):
        return _fractions((result,))
    if isinstance(result, tuple | list):
        # What is not finite leaves no difference of 0.
        parts = (float(part) for part in result[:_PARTS] if isinstance(part, float) and not part.is_integer())
        return tuple(part for part in parts if part - part == 0)
    if type(result).__module__ == "numpy" and getattr(result, "dtype", None) is not None:
        is_looked_at = result.dtype.kind == "f" and 0 < result.nbytes <= _BYTES
        return (result.tobytes(),) if is_looked_at else ()
    return ()
