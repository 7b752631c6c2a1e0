"""What the lanes of a person's function are expected to need, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .figures import duration, size

if TYPE_CHECKING:
    from ..estimates import Expected

LONG_NS = 3_600_000_000_000
"""What takes longer than that is asked about."""


def expected_in_words(name: str, expected: Expected) -> str | None:
    """Say how long each lane of the function called NAME will take, in one sentence; None where nothing is known."""
    trial = expected.checked.trial
    if trial is None or not expected.lanes:
        return None
    least = "at least" if trial.exceeded_ns is not None else "about"
    count = expected.checked.tasks
    tasks = f"{count:,} task{'' if count == 1 else 's'}"
    lanes = ", ".join(f"{lane.label} {least} {duration(needed.time_ns)}" for lane, needed in expected.lanes)
    return f"{name} has {tasks} of {least} {duration(trial.mean_ns)}, so expect: {lanes}."


def too_much(expected: Expected, available_bytes: int, runs: int = 1) -> str | None:
    """Say what should be asked about before it is run: hours, or more memory than there is.

    Args:
        expected: Of all lanes that would run.
        available_bytes: Memory that is free now.
        runs: Of each lane.

    Returns:
        A sentence without its full stop; None where there is nothing to ask.
    """
    if not expected.lanes:
        return None
    lane, largest = max(expected.lanes, key=lambda each: each[1].memory_bytes)
    if largest.memory_bytes > available_bytes:
        return (
            f"The lane {lane.label} will need about {size(largest.memory_bytes)} of memory, "
            f"and {size(available_bytes)} is free"
        )
    total = runs * sum(needed.time_ns for _, needed in expected.lanes)
    if total > LONG_NS:
        least = "at least" if any(needed.is_at_least for _, needed in expected.lanes) else "about"
        return f"This will take {least} {duration(total)}"
    return None
