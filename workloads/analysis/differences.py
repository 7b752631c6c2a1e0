"""Whether one lane is shown to be slower than another, however few runs there are."""

from __future__ import annotations

from collections.abc import Sequence

from .statistics import ratio_of

_CLOSE = 1.03
"""Factor within which single runs are not told apart."""


def is_slower(fast: Sequence[int], slow: Sequence[int]) -> bool:
    """Whether the runs SLOW are shown to be slower than the runs FAST.

    By the interval of the ratio where there are runs enough for one; by their ranges, which must not overlap, with
    fewer. Both need a run at least.
    """
    answer = ratio_of(fast, slow).answer
    if answer == "not enough runs":
        return min(slow) > _CLOSE * max(fast)
    return answer == "slower"


def median(times: Sequence[int]) -> float:
    """Median of times, the mean of the two in the middle where there are two."""
    ordered = sorted(times)
    return (ordered[len(ordered) // 2] + ordered[(len(ordered) - 1) // 2]) / 2
