"""Where two curves of times cross: from the runs around the crossing, on log-log axes, and not from a line over all.

Costs bend: caches, memory and chunks see to it. So what far smaller and far larger sizes say is used only to know
between which sizes the crossing lies. There the logarithm of the ratio is fitted by a line over the logarithm of the
size, with weights that fall off with the distance (Cleveland 1979) and less for outliers. The interval is that of
Fieller (1954): all sizes at which the line cannot be told from zero, the variances being those of the residuals as they
are (White 1980), which need not be the same on both sides.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .costs import Point, Sample, huber_weights, weighted_line
from .statistics import Interval

_NEAREST = math.log(1.6)
"""Logarithm of the factor within which runs always have a say."""
_FARTHEST = math.log(4.0)
_REACH = 1.25
"""Sizes on both sides of the crossing are within the window by that factor of their distance."""
_ROUNDS = 4
_FEWEST = 6
"""Runs around the crossing below which the interval is at least that between the sizes on its two sides."""
_CLEAR = 1.0
"""Logarithms of ratios count for no more than that when the sides are told apart: one bad run decides nothing."""


class Ratios(NamedTuple):
    """How the two lanes compare at one size."""

    size: int
    logs: tuple[float, ...]
    """Of each pair of runs, the logarithm of reference / lane: above 0 the lane is faster."""

    @property
    def median(self) -> float:
        """Median of the logarithms."""
        ordered = sorted(self.logs)
        return (ordered[len(ordered) // 2] + ordered[(len(ordered) - 1) // 2]) / 2


class Crossing(NamedTuple):
    """Where the lane begins to be faster."""

    size: float
    interval: Interval
    runs: int
    """Pairs of runs that had a say."""


def ratios_of(reference: Sequence[Point], lane: Sequence[Point]) -> tuple[Ratios, ...]:
    """Pair the runs of both lanes, as they took turns, at each size that both have; smallest size first."""
    others = {point.size: point.times_ns for point in lane}
    found = []
    for point in sorted(reference):
        pairs = zip(point.times_ns, others.get(point.size, ()), strict=False)
        logs = tuple(math.log(max(1, alone) / max(1, together)) for alone, together in pairs)
        if logs:
            found.append(Ratios(point.size, logs))
    return tuple(found)


def split(ratios: Sequence[Ratios]) -> int:
    """Tell the sizes at which the lane loses from those above, at which it wins.

    Returns:
        How many sizes are on the losing side: the number that fits best where noise makes a size of one side look like
        one of the other.
    """
    weights = [max(-_CLEAR, min(_CLEAR, each.median)) * math.sqrt(len(each.logs)) for each in ratios]
    costs = [
        sum(max(0.0, weight) for weight in weights[:index]) + sum(max(0.0, -weight) for weight in weights[index:])
        for index in range(len(weights) + 1)
    ]
    return costs.index(min(costs))


def contradiction(ratios: Sequence[Ratios]) -> float:
    """How much of what was measured speaks against the split: 0 nothing, 0.5 as much as for it."""
    index = split(ratios)
    weights = [max(-_CLEAR, min(_CLEAR, each.median)) * math.sqrt(len(each.logs)) for each in ratios]
    wrong = sum(max(0.0, each) for each in weights[:index]) + sum(max(0.0, -each) for each in weights[index:])
    total = sum(map(abs, weights))
    return wrong / total if total > 0 else 0.0


def find_crossing(ratios: Sequence[Ratios]) -> Crossing | None:
    """Find the size from which the lane is faster; None where it is so at all sizes, or at none."""
    index = split(ratios)
    if not 0 < index < len(ratios):
        return None
    below, above = math.log(ratios[index - 1].size), math.log(ratios[index].size)
    samples = [(math.log(each.size), log) for each in ratios for log in each.logs]
    found = _locally(samples, (below, above), _NEAREST)
    low, high = (math.log(end) for end in found.interval)
    if high - low > _NEAREST:
        # The curves are nearly the same there: what is farther away has to help.
        found = _locally(samples, (below, above), min(_FARTHEST, high - low))
    return found


def _locally(samples: Sequence[Sample], sides: tuple[float, float], nearest: float) -> Crossing:
    """Fit the line around the crossing, from runs at least as far as NEAREST."""
    below, above = sides
    centre, weights = (below + above) / 2, [0.0] * len(samples)
    for _ in range(_ROUNDS):
        weights = _weights(samples, centre, max(nearest, _REACH * max(centre - below, above - centre)))
        zero = _zero(samples, weights)
        limits = min(below, centre - nearest / 2), max(above, centre + nearest / 2)
        centre = min(limits[1], max(limits[0], zero)) if zero is not None else centre
    near = [(sample, weight) for sample, weight in zip(samples, weights, strict=True) if weight > 0]
    outer = min(below, *(x for (x, _), _ in near)), max(above, *(x for (x, _), _ in near))
    low, high = _bounds([each[0] for each in near], [each[1] for each in near], centre, outer)
    if len(near) < _FEWEST:
        low, high = min(low, below), max(high, above)
    return Crossing(math.exp(centre), Interval(math.exp(low), math.exp(high)), len(near))


def _weights(samples: Sequence[Sample], centre: float, reach: float) -> list[float]:
    """Weights by distance, and by how far a run is from the line of the others."""
    near = [max(0.0, 1 - (abs(x - centre) / reach) ** 3) ** 3 for x, _ in samples]
    line = weighted_line(samples, near)
    if line is None:
        return near
    inside = [(index, y - line[0] - line[1] * x) for index, (x, y) in enumerate(samples) if near[index] > 0]
    for (index, _), robust in zip(inside, huber_weights([each for _, each in inside]), strict=True):
        near[index] *= robust
    return near


def _zero(samples: Sequence[Sample], weights: Sequence[float]) -> float | None:
    """Where the line through the samples is zero; None where it does not rise."""
    line = weighted_line(samples, weights)
    if line is None or line[1] <= 1e-9:
        return None
    return -line[0] / line[1]


def _bounds(
    samples: Sequence[Sample], weights: Sequence[float], centre: float, outer: tuple[float, float]
) -> tuple[float, float]:
    """The interval of the crossing's logarithm; OUTER where the runs set no bounds."""
    line = weighted_line(samples, weights)
    total = sum(weights)
    runs = total**2 / sum(weight**2 for weight in weights)  # as many as they are worth (Kish 1965)
    if line is None or runs <= 2.5:
        return outer
    middle = sum(weight * x for weight, (x, _) in zip(weights, samples, strict=True)) / total
    spread = sum(weight * (x - middle) ** 2 for weight, (x, _) in zip(weights, samples, strict=True))
    height, slope = line[0] + line[1] * middle, line[1]
    of_height = of_both = of_slope = 0.0
    for weight, (x, y) in zip(weights, samples, strict=True):
        residual = weight * (y - line[0] - slope * x) * math.sqrt(runs / (runs - 2))
        first, second = residual / total, residual * (x - middle) / spread
        of_height, of_both, of_slope = of_height + first**2, of_both + first * second, of_slope + second**2
    square = (1.96 + 2.4 / (runs - 2)) ** 2  # Student's t, near enough
    # (height + slope u)^2 <= t^2 (variance of that), for u from the middle
    quadratic = slope**2 - square * of_slope
    linear = height * slope - square * of_both
    constant = height**2 - square * of_height
    inside = linear**2 - quadratic * constant
    if quadratic <= 0 or inside < 0 or slope <= 0:
        return outer
    root = math.sqrt(inside)
    low, high = middle + (-linear - root) / quadratic, middle + (-linear + root) / quadratic
    return max(outer[0], min(low, centre)), min(outer[1], max(high, centre))
