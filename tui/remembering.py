"""Keeping what was compared on the screen in the history, as the headless command does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poolscope.workloads.model import ComparisonState, Machine, Parameters, Workload

Keep = Callable[["ComparisonState"], tuple[str, ...]]
"""Keeps a comparison that is over, and says what a person should know of that; takes some milliseconds."""


def keeping(workload: Workload, parameters: Parameters, machine: Machine) -> Keep:
    """Make what will keep a comparison that begins now."""
    begun = time.time_ns()

    def keep(state: ComparisonState) -> tuple[str, ...]:
        from poolscope.workloads.history import store
        from poolscope.workloads.history.origin import origin_of
        from poolscope.workloads.history.past import Past

        return store.keep(Past(origin_of(workload, begun), workload.name, parameters, machine, state)).notes

    return keep
