"""Axes of charts: round ends, round ticks, and where a value is on them. Pure, and free of Textual."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

_ROUND = (1.0, 2.0, 5.0, 10.0)
"""What the ends of a logarithmic axis and the steps of ticks may be, times a power of ten."""
_ENDS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""What the upper end of a linear axis may be, times a power of ten: at most a third of it stays empty."""
_SLACK = 1e-9
"""Share by which a figure may miss a round one and still be taken for it."""
_LEAST = 1e-250
"""What is nearer to 0 has too few digits left to be rounded."""


class Axis(NamedTuple):
    """One direction of a chart. It never changes under the eye: `holding` takes another one in steps only."""

    low: float
    high: float
    """Greater than `low`; on a logarithmic axis both are greater than 0."""
    text: Callable[[float], str]
    """Writes a tick."""
    title: str = ""
    is_log: bool = False
    is_whole: bool = False
    """Whether only whole numbers are ticks, such as of workers."""

    def place(self, value: float) -> float:
        """Say where VALUE is: 0 at `low`, 1 at `high`; less or more beyond them."""
        if not self.is_log:
            return (value - self.low) / (self.high - self.low)
        if value <= 0:
            return -1.0
        return math.log(value / self.low) / math.log(self.high / self.low)

    def holding(self, values: Iterable[float]) -> Axis:
        """Return the axis itself if all VALUES are on it; otherwise one that was lengthened to the next round end."""
        least, most = self.low, self.high
        for value in values:
            if math.isfinite(value) and (value > 0 or not self.is_log):
                least, most = min(least, value), max(most, value)
        if (least, most) == (self.low, self.high):
            return self
        if self.is_log:
            low = self.low if least == self.low else _round_below(least)
            high = self.high if most == self.high else _round_above(most, _ROUND)
        else:
            low = self.low if least == self.low else -_round_above(-least, _ENDS) if least < 0 else 0.0
            high = self.high if most == self.high else _round_above(most, _ENDS)
        return self._replace(low=low, high=high)

    def ticks(self, most: int) -> list[float]:
        """Return round figures on the axis, MOST of them at most, but two where any two are to be had."""
        if not self.is_log:
            return self._even_ticks(max(2, most))
        choices = [self._log_ticks(digits) for digits in (range(1, 10), (1, 2, 5), (1,))]
        if len(choices[1]) > 2:  # more than a decade or so: all nine figures of each would be a crowd
            choices.pop(0)
        decades = choices[-1]
        choices += [decades[::stride] for stride in (2, 3, 4, 6)]
        fitting = [ticks for ticks in choices if 2 <= len(ticks) <= most]
        return fitting[0] if fitting else next((ticks for ticks in reversed(choices) if len(ticks) > 1), choices[0])

    def _log_ticks(self, digits: Iterable[int]) -> list[float]:
        chosen = tuple(digits)
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        ticks = (digit * 10.0**power for power in range(first, last + 1) for digit in chosen)
        return [tick for tick in ticks if self.low * (1 - _SLACK) <= tick <= self.high * (1 + _SLACK)]

    def _even_ticks(self, most: int) -> list[float]:
        step = _round_above((self.high - self.low) / most, _ROUND)
        if self.is_whole:
            step = max(1.0, step)
        first, last = math.ceil(self.low / step - _SLACK), math.floor(self.high / step + _SLACK)
        return [number * step for number in range(first, last + 1)]


def log_axis(values: Iterable[float], text: Callable[[float], str], title: str = "") -> Axis:
    """Make a logarithmic axis with round ends around VALUES; those that are not greater than 0 are left out."""
    usable = [value for value in values if value > 0 and math.isfinite(value)]
    low, high = (_round_below(min(usable)), _round_above(max(usable), _ROUND)) if usable else (1.0, 10.0)
    return Axis(low, high if high > low else _round_above(low * 1.1, _ROUND), text, title, is_log=True)


def even_axis(
    values: Iterable[float], text: Callable[[float], str], title: str = "", *, is_whole: bool = False
) -> Axis:
    """Make a linear axis from 0 (or from below, where VALUES are) to a round end."""
    usable = [value for value in values if math.isfinite(value)]
    axis = Axis(0.0, 1.0, text, title, is_whole=is_whole)
    most = max(usable, default=1.0)
    return axis._replace(high=_round_above(most, _ENDS) if most > 0 else 1.0).holding(usable)


def _round_below(value: float) -> float:
    value = max(value, _LEAST)
    power = 10.0 ** math.floor(math.log10(value))
    return max((digit * power for digit in _ROUND if digit * power <= value * (1 + _SLACK)), default=power)


def _round_above(value: float, digits: Iterable[float]) -> float:
    value = max(value, _LEAST)
    power = 10.0 ** math.floor(math.log10(value))
    return min(digit * power for digit in digits if digit * power >= value * (1 - _SLACK))
