"""Lanes that cost what a formula says, with noise: what is measured of them, as a study would."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from poolscope.workloads.analysis.breakeven import BreakEven, Point, break_even, next_size

Cost = Callable[[float], float]
"""From a size to nanoseconds."""


def affine(fixed: float, item: float) -> Cost:
    """A cost that grows in proportion, from a fixed part on."""
    return lambda size: fixed + item * size


class Study:
    """A break-even study of two made-up lanes."""

    def __init__(self, reference: Cost, lane: Cost, noise: float = 0.0, seed: int = 0, outliers: float = 0.0) -> None:
        self._costs = reference, lane
        self._noise, self._outliers = noise, outliers
        self._random = random.Random(seed)
        self.times: dict[int, tuple[list[int], list[int]]] = {}
        self.steps = 0
        self.runs = 0

    def points(self) -> tuple[list[Point], list[Point]]:
        """What was measured of both."""
        sizes = sorted(self.times)
        first = [Point(size, tuple(self.times[size][0])) for size in sizes]
        return first, [Point(size, tuple(self.times[size][1])) for size in sizes]

    def measure(self, size: int, runs: int = 1) -> None:
        """Measure both lanes in turns."""
        both = self.times.setdefault(size, ([], []))
        for _ in range(runs):
            for times, cost in zip(both, self._costs, strict=True):
                factor = math.exp(self._random.gauss(0, self._noise))
                if self._random.random() < self._outliers:
                    factor *= 1 + 2 * self._random.random()
                times.append(max(1, round(cost(size) * factor)))
        self.runs += runs

    def finish(self, low: int, high: int, most: int = 80) -> BreakEven:
        """Measure what `next_size` asks for, until it asks for nothing more."""
        while (step := next_size(*self.points(), low, high)) is not None:
            assert self.steps < most, "it never comes to an end"
            assert low <= step.size <= high
            assert step.runs >= 1
            self.measure(step.size, step.runs)
            self.steps += 1
        return break_even(*self.points(), high)
