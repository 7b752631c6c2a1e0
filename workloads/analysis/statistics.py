"""Statistics of repeated runs: their spread, and how many times as fast one lane is as another.

Medians throughout, because the times of runs have a long tail: something else on the machine makes a run slower, and
nothing makes it faster than it is. Pure functions of the standard library, and the same runs give the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

RatioAnswer = Literal["faster", "slower", "no difference shown", "not enough runs"]

FEWEST_RUNS = 5
"""Runs of each lane without which there is no interval: with 4, all that lies between the smallest and the largest of
their ratios holds the true one in 1 - 2 / 2^4 = 87 % of all cases, so that no interval could be one of 95 %."""

_RESAMPLES = 999
_FEWEST_RESAMPLES = 199
_DRAWS = 40_000
"""Runs drawn in all, beyond which there are fewer resamples: a thousand runs should not take half a second."""
_SEED = 20
_NORMAL_975 = 1.959963984540054


class Interval(NamedTuple):
    """Where a figure lies, with a confidence of 95 %."""

    low: float
    high: float


class Spread(NamedTuple):
    """How long the runs of a lane took, in nanoseconds."""

    count: int  # type: ignore[assignment]  # the method of that name is no loss
    """Number of runs."""
    minimum: int
    lower: float
    """First quartile."""
    median: float
    upper: float
    """Third quartile."""
    maximum: int
    p95: float
    """95th percentile."""

    @property
    def relative(self) -> float:
        """Interquartile range as a share of the median: 0.1 says that the middle half of the runs lies within 10 %."""
        return (self.upper - self.lower) / self.median if self.median else 0.0


class Ratio(NamedTuple):
    """How many times as fast one lane is as another."""

    value: float
    """Median of the reference divided by that of the other: above 1 the other is faster."""
    interval: Interval | None
    """Of the value; None where there are too few runs for one."""
    answer: RatioAnswer
    """About the other lane. "No difference shown" where the interval spans 1."""


def percentile(ordered: Sequence[float], share: float) -> float:
    """Find the value below which a SHARE of the values lies, interpolated linearly between the two nearest.

    The definition is number 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages" (1996), which NumPy and
    R have as their default.

    Args:
        ordered: The values in ascending order.
        share: From 0, for the least, to 1, for the largest.

    Raises:
        ValueError: If there is no value, or no such share.
    """
    if not ordered or not 0 <= share <= 1:
        raise ValueError("a percentile needs a value, and a share from 0 to 1")
    position = (len(ordered) - 1) * share
    index = min(int(position), len(ordered) - 1)
    low, high = ordered[index], ordered[min(index + 1, len(ordered) - 1)]
    return low + (high - low) * (position - index)


def spread_of(times: Sequence[int]) -> Spread:
    """Describe how the times of runs, in nanoseconds, are spread.

    Raises:
        ValueError: If there is no run.
    """
    ordered = sorted(times)
    return Spread(
        count=len(ordered),
        lower=percentile(ordered, 0.25),
        median=percentile(ordered, 0.5),
        upper=percentile(ordered, 0.75),
        p95=percentile(ordered, 0.95),
        minimum=ordered[0],
        maximum=ordered[-1],
    )


def ratio_of(reference: Sequence[int], other: Sequence[int], *, in_turns: bool = True) -> Ratio:
    """Say how many times as fast a lane is as another one, and with which certainty.

    The interval is the bootstrap's (Efron 1979): the runs are drawn again with replacement, a thousand times, and the
    ratio of the medians is taken of each draw. Runs of two lanes that took turns are drawn in pairs, so that what made
    both slower for a while says nothing about their ratio. The percentiles are those of Hesterberg, "What Teachers
    Should Know About the Bootstrap" (2015), section 5.3, which are farther out the fewer runs there are. Over simulated
    runs with tails and outliers the interval holds the true ratio in 93 % of all cases with 5 runs, and in 95 to 99 %
    with more.

    Args:
        reference: Times of the reference's runs in nanoseconds, in the order in which they were made. One of 0 counts
            as 1: the clock cannot tell them apart.
        other: Those of the other lane; as many, where the two took turns.
        in_turns: Whether as many runs of both mean that they took turns; not where the two were made on different days.

    Raises:
        ValueError: If one of the two has no run.
    """
    if not reference or not other:
        raise ValueError("a ratio needs a run of each lane")
    pairs = in_turns and len(reference) == len(other)
    return _ratio(tuple(max(1, time) for time in reference), tuple(max(1, time) for time in other), pairs)


def is_settled(ratio: Ratio, width: float = 0.05) -> bool:
    """Whether a ratio is known well enough: its interval is narrower than a share WIDTH of it."""
    return ratio.interval is not None and ratio.interval.high - ratio.interval.low < width * ratio.value


@lru_cache(maxsize=256)
def _ratio(reference: tuple[int, ...], other: tuple[int, ...], pairs: bool) -> Ratio:
    """See `ratio_of`. Kept, because several faces ask for the same one, some of them with every frame."""
    value = _median(reference) / _median(other)
    runs = min(len(reference), len(other))
    if runs < FEWEST_RUNS:
        return Ratio(value, None, "not enough runs")
    drawn = sorted(_resampled(reference, other, in_pairs=pairs))
    share = _tail(runs)
    interval = Interval(math.exp(percentile(drawn, share)), math.exp(percentile(drawn, 1 - share)))
    if interval.low > 1:
        return Ratio(value, interval, "faster")
    return Ratio(value, interval, "slower" if interval.high < 1 else "no difference shown")


def _resampled(reference: tuple[int, ...], other: tuple[int, ...], *, in_pairs: bool) -> list[float]:
    """Draw the runs again, and again; the logarithms of the ratios that come of it."""
    from random import Random  # what it imports is felt by whoever needs no interval

    count = max(_FEWEST_RESAMPLES, min(_RESAMPLES, _DRAWS // max(len(reference), len(other))))
    random = Random(_SEED)  # noqa: S311 - to draw samples, and always the same ones
    ratios = []
    for _ in range(count):
        if in_pairs:
            drawn = random.choices(range(len(reference)), k=len(reference))
            first, second = [reference[index] for index in drawn], [other[index] for index in drawn]
        else:
            first, second = random.choices(reference, k=len(reference)), random.choices(other, k=len(other))
        ratios.append(math.log(_median(first) / _median(second)))
    return ratios


def _median(times: Sequence[int]) -> float:
    ordered = sorted(times)
    return (ordered[len(ordered) // 2] + ordered[(len(ordered) - 1) // 2]) / 2


def _tail(runs: int) -> float:
    """Share of the bootstrap's distribution that is left out at either end, for an interval of 95 %.

    2.5 % in the limit, and less for few RUNS, as Student's t has longer tails than the normal distribution.
    """
    quantile = math.sqrt(runs / (runs - 1)) * _student(runs - 1)
    return math.erfc(quantile / math.sqrt(2)) / 2


def _student(freedom: int) -> float:
    """The 97.5th percentile of Student's t (Abramowitz and Stegun, 26.7.5), within 0.3 % from 4 degrees on."""
    z = _NORMAL_975
    terms = (
        (z**3 + z) / (4 * freedom),
        (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2),
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3),
    )
    return z + sum(terms)
