"""Break-even: from which size on one lane beats another, from measured times alone.

Pure functions. `next_size` says what to measure next so that most is learnt from it; `break_even` says what the times
measured so far come to. The size comes from runs around the crossing (`crossing`); the lines fitted to all sizes
(`costs`) only say what a start and an item cost, and whether a crossing can be expected beyond what was measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from .costs import CostLine, Point, cost_line, log_slope
from .crossing import Crossing, Ratios, contradiction, find_crossing, ratios_of, split
from .statistics import Interval

__all__ = ["Answer", "BreakEven", "CostLine", "Point", "Shipping", "Step", "break_even", "next_size", "range_of"]

Answer = Literal["at", "never", "always", "unknown"]

_FAR, _NEAR = 10.0, 3.0
"""Factors by which sizes grow while no crossing is in sight, and when the lanes are close."""
_CLOSE = math.log(3.0)
_BRACKETED = 2.0
"""Factor between two sizes from which on runs are made around the crossing, rather than between the two."""
_ASIDE = 1.25
"""Factor from the crossing at which runs are made on both its sides: near enough to be about it, and far enough for a
line through them."""
_FARTHEST = 3.0
"""The same where the curves are so close to each other that the crossing is hard to tell."""
_SAME = 1.1
"""Sizes within that factor count as the same place."""
_FEWEST = 9
"""Pairs of runs around the crossing before it is believed."""
_MOST = 60
_CONFIRMING = 3
"""Sizes, and runs of the smallest one, before "always" is believed."""
CONTRADICTED = 0.25
"""Share of what was measured that may speak against the answer."""
_PROPORTIONAL = 0.85
"""Slope on log-log axes from which on times grow as the sizes do, so that nothing fixed is hidden in them any more."""
_REACH = 100.0
"""Factor below the largest size within which costs say what still larger sizes will cost."""


class Step(NamedTuple):
    """What to measure next."""

    size: int
    runs: int
    """Of each lane."""


class Shipping(NamedTuple):
    """What the ledgers say of one item, in nanoseconds, at the largest size that was measured."""

    compute_ns: float
    """Computed, in the reference lane."""
    ship_ns: float
    """Arguments sent and results returned, in the other lane."""


class BreakEven(NamedTuple):
    """From which size on a lane beats the reference."""

    answer: Answer
    """`at`: from `size` on; `never`: at no size; `always`: at every size that was measured; `unknown`: the times do not
    tell."""
    size: float | None
    """Where it begins to win; None unless the answer is `at`."""
    interval: Interval | None
    """Of the size, with a confidence of 95 %; None without a size."""
    reference: CostLine | None
    """None with fewer than two sizes."""
    lane: CostLine | None
    ratios: tuple[Ratios, ...]
    """What was measured of both lanes, smallest size first."""
    expected_size: float | None = None
    """Where the fitted lines would cross, beyond the largest size measured; None where there is no such size. Nothing
    of it was measured."""
    is_by_items: bool = False
    """Whether `never` follows from what items cost, so that it holds for larger sizes, too; otherwise all sizes that
    there are were measured."""
    runs: int = 0
    """Pairs of runs around the crossing, from which its size is; 0 without a size."""


def break_even(reference: Sequence[Point], lane: Sequence[Point], largest: int | None = None) -> BreakEven:
    """Say from which size on a lane beats the reference.

    Args:
        reference: Its times by size, in any order.
        lane: Those of the other lane, run in turns with the reference's.
        largest: The largest size that there is; None if sizes have no end.
    """
    ratios = ratios_of(reference, lane)
    answer, crossing = _answer(reference, lane, ratios, largest)
    own, other = cost_line(reference), cost_line(lane)
    expected = None
    if answer == "unknown" and ratios and split(ratios) == len(ratios):
        expected = _expected(reference, lane, ratios[-1].size)
    return BreakEven(
        answer=answer,
        size=crossing.size if crossing is not None else None,
        interval=crossing.interval if crossing is not None else None,
        reference=own,
        lane=other,
        ratios=ratios,
        expected_size=expected,
        runs=crossing.runs if crossing is not None else 0,
        is_by_items=answer == "never" and _cannot_win(reference, lane),
    )


def next_size(
    reference: Sequence[Point], lane: Sequence[Point], low: int, high: int, narrow: float = 1.1
) -> Step | None:
    """Choose the size from which most is to be learnt.

    First sizes grow geometrically until the lane wins, or no longer can; then the gap around the crossing is halved on
    a logarithmic scale; then runs are made on both its sides until the interval is narrow enough.

    Args:
        reference: Times measured so far, by size.
        lane: Those of the other lane.
        low: Smallest size that may be measured.
        high: Largest one, for whatever reason: none is larger, or it would take too long.
        narrow: Quotient of the interval's ends that is narrow enough.

    Returns:
        None if nothing more is worth measuring.
    """
    ratios = ratios_of(reference, lane)
    if not ratios:
        return Step(low, 1)
    index = split(ratios)
    if index == len(ratios):
        return _further(reference, lane, ratios, high)
    if index == 0:
        return _confirming(ratios, low, high)
    below, above = ratios[index - 1].size, ratios[index].size
    if above > _BRACKETED * below and above - below > 1:
        # Far from each other the two sides are told apart by one run; what is closer needs more.
        return Step(_whole(math.sqrt(below * above), below + 1, above - 1), 1 if above > 4 * below else 2)
    doubtful = _doubtful(ratios, index)
    if doubtful is not None:
        return doubtful
    crossing = find_crossing(ratios)
    return _around(crossing, ratios, (low, high), narrow) if crossing is not None else None


def wins(ratios: Sequence[Ratios]) -> int:
    """Pairs of runs at the sizes at which the lane wins: of one or two, each may be a bad one of the reference."""
    return sum(len(each.logs) for each in ratios[split(ratios) :])


def range_of(ratios: Sequence[Ratios]) -> tuple[int, int] | None:
    """Smallest and largest size that was measured; None before there is one."""
    return (ratios[0].size, ratios[-1].size) if ratios else None


def _answer(
    reference: Sequence[Point], lane: Sequence[Point], ratios: Sequence[Ratios], largest: int | None
) -> tuple[Answer, Crossing | None]:
    if not ratios or contradiction(ratios) > CONTRADICTED:
        return "unknown", None
    index = split(ratios)
    if index < len(ratios) and wins(ratios) < _CONFIRMING:
        return "unknown", None
    if index == 0:
        return ("always" if len(ratios) > 1 else "unknown"), None
    if index < len(ratios):
        return "at", find_crossing(ratios)
    is_all = largest is not None and ratios[-1].size >= largest
    return ("never" if is_all or _cannot_win(reference, lane) else "unknown"), None


def _cannot_win(reference: Sequence[Point], lane: Sequence[Point]) -> bool:
    """Whether what an item costs at the largest sizes says that no larger one can be won."""
    own, other = _large(reference), _large(lane)
    if len(own) < 3 or len(other) < 3:
        return False
    # As long as times do not grow with the sizes, items are hidden behind what is fixed.
    if min(log_slope(*own[-2:]), log_slope(*other[-2:])) < _PROPORTIONAL:
        return False
    alone, together = cost_line(own), cost_line(other)
    if alone is None or together is None:
        return False
    return together.item_interval.low >= alone.item_interval.high


def _expected(reference: Sequence[Point], lane: Sequence[Point], beyond: int) -> float | None:
    alone, together = cost_line(_large(reference)), cost_line(_large(lane))
    if alone is None or together is None or together.item_interval.high >= alone.item_interval.low:
        return None
    size = (together.fixed_ns - alone.fixed_ns) / (alone.item_ns - together.item_ns)
    return size if size > beyond else None


def _large(points: Sequence[Point]) -> list[Point]:
    """The points that tell of larger sizes."""
    ordered = sorted(points)
    return [point for point in ordered if point.size * _REACH >= ordered[-1].size]


def _further(reference: Sequence[Point], lane: Sequence[Point], ratios: Sequence[Ratios], high: int) -> Step | None:
    """The next larger size, as long as the lane may still win there."""
    last = ratios[-1]
    if last.size >= high or (len(ratios) >= 4 and _cannot_win(reference, lane)):
        # A single run may have been a bad one.
        return Step(last.size, 2) if len(last.logs) < _CONFIRMING else None
    factor = _FAR if last.median < -_CLOSE else _NEAR
    size = _whole(last.size * factor, last.size + 1, high)
    return Step(high if size * 1.5 > high else size, 1)


def _confirming(ratios: Sequence[Ratios], low: int, high: int) -> Step | None:
    """What shows that the lane wins at every size."""
    first, last = ratios[0], ratios[-1]
    if first.size > low:
        return Step(low, 1)
    if len(first.logs) < _CONFIRMING:
        return Step(first.size, _CONFIRMING - len(first.logs))
    if len(ratios) < _CONFIRMING and last.size < high:
        return Step(_whole(last.size * _FAR, last.size + 1, high), 1)
    return None


def _around(crossing: Crossing, ratios: Sequence[Ratios], limits: tuple[int, int], narrow: float) -> Step | None:
    """Runs on both sides of the crossing, where there are fewest."""
    low, high = crossing.interval
    is_narrow = high <= narrow * low or high - low < 1
    if (is_narrow and crossing.runs >= _FEWEST) or crossing.runs >= _MOST:
        return None
    aside = min(_FARTHEST, max(_ASIDE, math.sqrt(high / low)))
    places = [_whole(crossing.size * aside**power, *limits) for power in (-1, 1, -0.5, 0.5)]
    made = [sum(len(each.logs) for each in ratios if _is_same(each.size, place)) for place in places]
    place = places[made.index(min(made))]
    return Step(next((each.size for each in ratios if _is_same(each.size, place)), place), 3)


def _doubtful(ratios: Sequence[Ratios], index: int) -> Step | None:
    """A size whose few runs decide where the crossing is sought, or speak against it."""
    for place, each in enumerate(ratios):
        is_beside = index - 2 < place <= index
        is_wrong = (each.median > 0) == (place < index)
        if (is_beside and len(each.logs) < _CONFIRMING) or (is_wrong and len(each.logs) < 2 * _CONFIRMING):
            return Step(each.size, _CONFIRMING)
    return None


def _is_same(one: int, other: int) -> bool:
    return max(one, other) <= _SAME * min(one, other)


def _whole(size: float, least: int, most: int) -> int:
    """A size within limits, with three digits that a person can read."""
    step = int(10 ** max(0, math.floor(math.log10(max(1.0, size))) - 2))
    return max(least, min(most, round(size / step) * step))
