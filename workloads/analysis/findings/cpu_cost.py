"""How much more CPU time a task takes among many workers than among few: what two detectors look at."""

from __future__ import annotations

from typing import NamedTuple

from .base import Case

_LEAST_NS = 20_000_000
"""CPU time of all tasks below which the kernel's own accounting is too coarse."""


_WORTH = 0.1
"""Share of the time that the additional CPU time comes to: less is not what makes the lane slow."""


class Cost(NamedTuple):
    """CPU time of a task."""

    before_ns: float
    """In the reference."""
    now_ns: float
    more_ns: float
    """What all tasks cost more, for each worker."""

    is_worth_it: bool
    """Whether that is a notable part of the time in which no CPU was missing."""

    @property
    def growth(self) -> float:
        """How many times as much."""
        return self.now_ns / self.before_ns


def cost_of(case: Case) -> Cost | None:
    """Compare with the reference; None where that is not known, or says nothing because threads share a GIL."""
    reference = case.reference
    if case.is_serial or not case.has_processes or reference is None:
        return None
    now, before = case.facts.computing_cpu_ns, reference.facts.computing_cpu_ns
    if now is None or before is None or min(now, before) < _LEAST_NS:
        return None
    if not case.facts.tasks or case.facts.tasks != reference.facts.tasks:
        return None
    tasks = case.facts.tasks
    more = max(0, now - before) / max(1, case.facts.used)
    running = case.wall_ns - (case.facts.delayed_ns or 0) / max(1, case.facts.used)
    return Cost(before / tasks, now / tasks, more, more >= _WORTH * running)
