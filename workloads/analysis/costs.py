"""What a lane costs by size: a fixed part and a part for each item, fitted to measured times.

Errors of times are relative ones: a run of a second varies by milliseconds, one of a millisecond by microseconds. So
squares of relative deviations are minimised, those of outliers count less (Huber 1964), and neither part may be
negative. The intervals are those of the bootstrap over runs. The standard library is enough for two unknowns.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import mul
from typing import NamedTuple

from .statistics import Interval, percentile

Sample = tuple[float, float]
"""A size, and what one run of that size took in nanoseconds."""

_PASSES = 5
_HUBER = 1.345
"""In standard deviations: 95 % as good as least squares where nothing is an outlier."""
_LEAST_SCALE = 0.002
"""Relative deviations that a clock shows anyway."""
_MAD = 1.4826
"""Standard deviations in a median absolute deviation."""
_RESAMPLES = 199
_SEED = 20


class Point(NamedTuple):
    """The runs of one lane at one size."""

    size: int
    times_ns: tuple[int, ...]
    """The timed region of each run, in the order in which they were made."""

    @property
    def median_ns(self) -> float:
        """Median of the times."""
        return _median(self.times_ns)


class CostLine(NamedTuple):
    """What a lane costs: ``fixed + size * item``."""

    fixed_ns: float
    """What it costs whatever the size, such as starting workers."""
    item_ns: float
    """What each further item costs."""
    fixed_interval: Interval
    item_interval: Interval
    goodness: float
    """R squared of the fit, with the relative errors that it minimises: 1 for a line without any noise."""
    residual: float
    """Median of the relative deviations: 0.05 says that half of the runs lie within 5 % of the line."""

    def at(self, size: float) -> float:
        """Nanoseconds that the line says for a SIZE."""
        return self.fixed_ns + size * self.item_ns


def cost_line(points: Sequence[Point]) -> CostLine | None:
    """Fit a line to the times of a lane; None where there are fewer than two sizes."""
    samples = [(float(point.size), float(max(1, time))) for point in points for time in point.times_ns]
    fitted = _fit(samples)
    if fitted is None:
        return None
    (fixed, item), weights = fitted
    drawn = _redrawn(samples, weights)
    deviations = [abs(time - fixed - item * size) / time for size, time in samples]
    return CostLine(
        fixed_ns=fixed,
        item_ns=item,
        fixed_interval=_interval([each[0] for each in drawn], fixed),
        item_interval=_interval([each[1] for each in drawn], item),
        goodness=_goodness(samples, fixed, item),
        residual=_median(deviations),
    )


def weighted_line(samples: Sequence[Sample], weights: Sequence[float]) -> tuple[float, float] | None:
    """Fit a line by weighted least squares.

    Returns:
        Its value at 0 and its slope; None where the samples do not determine them.
    """
    total = sum(weights)
    if total <= 0:
        return None
    xs, ys = [x for x, _ in samples], [y for _, y in samples]
    mean_x, mean_y = sum(map(mul, weights, xs)) / total, sum(map(mul, weights, ys)) / total
    aside = [x - mean_x for x in xs]
    leverage = list(map(mul, weights, aside))
    spread = sum(map(mul, leverage, aside))
    if spread <= 1e-12 * total * max(1.0, mean_x**2):
        return None
    slope = sum(leverage[index] * (y - mean_y) for index, y in enumerate(ys)) / spread
    return mean_y - slope * mean_x, slope


def huber_weights(residuals: Sequence[float]) -> list[float]:
    """Weights that make outliers count less; the scale is that of the median absolute deviation."""
    scale = max(_LEAST_SCALE, _MAD * _median([abs(each) for each in residuals]))
    return [min(1.0, _HUBER * scale / max(abs(each), 1e-300)) for each in residuals]


def _fit(samples: Sequence[Sample]) -> tuple[tuple[float, float], list[float]] | None:
    """Minimise relative deviations, those of outliers less, with no part below zero.

    Returns:
        What is fixed, what an item costs, and the weight that each sample had in the end.
    """
    expected = [time for _, time in samples]
    robust = [1.0] * len(samples)
    found: tuple[tuple[float, float], list[float]] | None = None
    for _ in range(_PASSES):
        weights = [each / value**2 for each, value in zip(robust, expected, strict=True)]
        line = _not_negative(samples, weights)
        if line is None:
            return found
        found = line, weights
        expected = [max(1.0, line[0] + line[1] * size) for size, _ in samples]
        robust = huber_weights([time / value - 1 for (_, time), value in zip(samples, expected, strict=True)])
    return found


def _not_negative(samples: Sequence[Sample], weights: Sequence[float]) -> tuple[float, float] | None:
    line = weighted_line(samples, weights)
    if line is None:
        return None
    fixed, item = line
    if item < 0:
        times = sum(weight * time for weight, (_, time) in zip(weights, samples, strict=True))
        return times / sum(weights), 0.0
    if fixed < 0:
        above = sum(weight * size * time for weight, (size, time) in zip(weights, samples, strict=True))
        below = sum(weight * size * size for weight, (size, _) in zip(weights, samples, strict=True))
        return 0.0, above / below
    return fixed, item


def _redrawn(samples: Sequence[Sample], weights: Sequence[float]) -> list[tuple[float, float]]:
    """Fit lines to runs drawn again with replacement, each with the weight that it had."""
    from random import Random  # what it imports is felt by whoever needs no interval

    random = Random(_SEED)  # noqa: S311 - to draw samples, and always the same ones
    found = []
    for _ in range(_RESAMPLES):
        drawn = random.choices(range(len(samples)), k=len(samples))
        line = _not_negative([samples[index] for index in drawn], [weights[index] for index in drawn])
        if line is not None:
            found.append(line)
    return found


def _interval(drawn: Sequence[float], value: float) -> Interval:
    ordered = sorted(drawn)
    if not ordered:
        return Interval(value, value)
    return Interval(min(value, percentile(ordered, 0.025)), max(value, percentile(ordered, 0.975)))


def _goodness(samples: Sequence[Sample], fixed: float, item: float) -> float:
    weights = [1 / time**2 for _, time in samples]
    mean = sum(weight * time for weight, (_, time) in zip(weights, samples, strict=True)) / sum(weights)
    left = sum(
        weight * (time - fixed - item * size) ** 2 for weight, (size, time) in zip(weights, samples, strict=True)
    )
    there = sum(weight * (time - mean) ** 2 for weight, (_, time) in zip(weights, samples, strict=True))
    return max(0.0, 1 - left / there) if there > 0 else 1.0


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return (ordered[len(ordered) // 2] + ordered[(len(ordered) - 1) // 2]) / 2


def log_slope(before: Point, after: Point) -> float:
    """How time grows between two sizes, on log-log axes: 0 not at all, 1 in proportion, 2 with the square."""
    return math.log(after.median_ns / before.median_ns) / math.log(after.size / before.size)
