"""More workers than CPUs, for work that computes."""

from __future__ import annotations

import math

from ...report import figures
from .base import Case, Finding, Page

_DELAYED = 0.2
"""Share of the function's time in which workers wanted a CPU and had none: below, the CPUs sufficed."""

PAGE = Page(
    kind="many-workers",
    title="There are more workers than CPUs",
    meaning=(
        "Work that computes keeps a CPU busy for each worker. More workers than CPUs take turns: each is interrupted "
        "by the others, nothing gets done sooner, and every one of them had to be started and needs memory. What "
        "counts is the budget: affinity and cgroup limits may leave fewer CPUs than the machine has (os.cpu_count)."
    ),
    found_by=(
        "There are more workers than the budget has CPUs, and workers wait for a CPU for at least 20 % of the time "
        "that they are in the function. Work that waits for something else is not meant."
    ),
    remedy="Start as many workers as the budget has CPUs; more only for work that waits.",
)


def detect(case: Case) -> Finding | None:
    """Compare workers with the budget, and see whether they were in each other's way."""
    facts = case.facts
    budget = max(1, math.ceil(case.cpus))
    busy = min(case.workers, facts.used) if facts.used else 0
    delayed = facts.delayed_ns
    if facts.computing_cpu_ns is not None and case.engine != "threads":
        # Delays are those of the whole worker; none of them is in the function while it has a CPU.
        without = facts.computing_ns - facts.computing_cpu_ns
        delayed = without if delayed is None else min(delayed, without)
    if case.is_serial or busy <= budget or delayed is None or (case.waited_share or 0.0) > 0.5:
        return None
    if delayed < _DELAYED * facts.computing_ns:
        return None
    return case.finding(
        PAGE,
        f"{case.name} had {figures.count(case.workers)} workers for {case.cpus_in_words}, so they took turns.",
        (
            (
                f"Of {figures.duration(facts.computing_ns)} in the function, the workers waited for a CPU for "
                f"{figures.duration(min(delayed, facts.computing_ns))}."
            ),
        ),
        f"Start {budget:,} worker{'' if budget == 1 else 's'}: more cannot be faster, and cost memory and their start.",
        delayed / max(1, case.workers),
    )
