"""Workers that share a core with another one."""

from __future__ import annotations

import math

from ...report import figures
from .base import Case, Finding, Page
from .cpu_cost import cost_of

_GROWTH = 1.2
"""Times the CPU time that a task takes in the reference. Two siblings that share a core typically get 1.1 to 1.3 times
as much done as one alone, so that each takes 1.5 to 1.8 times as long; halved by those that have a core for themselves,
that is still more than this."""

PAGE = Page(
    kind="smt-siblings",
    title="CPUs that share a core are not cores",
    meaning=(
        "With SMT (hyper-threading) the system shows two CPUs for each core. Both share its arithmetic units and "
        "caches, so that a second worker on the same core adds a tenth to a third, and each of the two is slower than "
        "alone. Twice the CPUs are not twice the speed."
    ),
    found_by=(
        "There are more workers than cores (CPUs divided by those that share one), and tasks take at least 1.2 times "
        "as much CPU time as with the fewest workers."
    ),
    remedy=(
        "Count cores, not CPUs, when you say what a speed-up should be. Try one worker a core: it takes less memory "
        "and is often as fast; for work that waits for memory, siblings do help."
    ),
)


def detect(case: Case) -> Finding | None:
    """See whether workers outnumber cores, and what that cost."""
    cores = max(1, math.ceil(case.cpus / case.threads_per_core))
    cost = cost_of(case)
    if case.threads_per_core < 2 or case.workers <= cores or cost is None or cost.growth < _GROWTH:
        return None
    if not cost.is_worth_it:
        return None
    return case.finding(
        PAGE,
        f"{case.name} had {figures.count(case.workers)} workers on {figures.count(cores)} cores, so some shared one.",
        (
            f"{figures.count(case.threads_per_core)} CPUs share a core here.",
            (
                f"A task took {figures.duration(cost.now_ns)} of CPU time, against {figures.duration(cost.before_ns)} "
                "with fewer workers."
            ),
        ),
        f"Try {cores:,} worker{'' if cores == 1 else 's'}, one a core.",
        cost.more_ns,
    )
