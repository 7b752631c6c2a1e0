"""Measurements that say more about what else the machine did than about the work."""

from __future__ import annotations

import math

from ...report import figures
from .base import Case, Finding, Page

_DELAYED = 0.1
"""Share of the time in which a worker wanted a CPU and had none, although there are enough for them."""
_SATURATED = 0.8
"""Share of the budget that a run may use itself: beyond that its own processes are in each other's way."""
_OTHERS = 0.5
"""Of the delays, what others must have used of CPU time where that is known: else it was the pool's own threads."""
_SPREAD = 0.2
"""Of the middle half of the runs, as a share of their median: what single runs have to differ by to be told apart."""
_RUNS = 5
"""From which on a spread means anything."""
_LEAST_NS = 10_000_000
"""Of delays: a single interruption may be as long as this."""

PAGE = Page(
    kind="noisy-machine",
    title="The machine was busy with something else",
    meaning=(
        "Another program, another user or another guest of the same host took CPUs while the work ran, so the times "
        "are too long, and not all by the same amount. A difference between two lanes may be nothing but that."
    ),
    found_by=(
        "With no more workers than CPUs, and the CPUs not filled by the run itself, workers waited for a CPU for at "
        "least 10 % of the time; or a hypervisor took as much (steal); or the middle half of five "
        "runs or more spreads over at least 20 % of their median."
    ),
    remedy="End what else is running, or wait for it; repeat (-r) and look at the spread; use a machine of your own.",
)


def detect(case: Case) -> Finding | None:
    """Look at delays that the lane's own workers do not explain, and at how far its runs spread."""
    facts = case.facts
    evidence: list[str] = []
    lost = 0.0
    has_room = case.workers * (facts.threads or 1) <= math.ceil(case.cpus)
    own = facts.all_cpu_ns
    delayed = (facts.delayed_ns or 0) / max(1, facts.used)
    is_delayed = delayed >= max(_LEAST_NS, _DELAYED * case.wall_ns)
    is_delayed &= facts.others_ns is None or facts.others_ns >= _OTHERS * (facts.delayed_ns or 0)
    if has_room and is_delayed and own is not None and own < _SATURATED * case.cpus * case.wall_ns:
        lost = delayed
        evidence += [
            f"A worker waited for a CPU for {case.of_wall(delayed)}.",
            f"The run used {figures.duration(own)} of {case.cpus_in_words} for {figures.duration(case.wall_ns)}.",
        ]
        if facts.others_ns:
            evidence.append(f"Other programs used {figures.duration(facts.others_ns)} from its start to its end.")
    stolen = case.share_lost(facts.steal_ns or 0) * case.wall_ns
    if stolen >= max(_LEAST_NS, _DELAYED * case.wall_ns):
        lost = max(lost, stolen)
        evidence.append(f"The hypervisor gave {figures.duration(facts.steal_ns or 0)} of CPU time to other guests.")
    times = sorted(each.wall_ns for each in case.runs)
    if len(times) >= _RUNS:
        low, high = times[len(times) // 4], times[len(times) - 1 - len(times) // 4]
        if high - low >= _SPREAD * times[len(times) // 2]:
            lost = max(lost, high - low)
            evidence.append(
                f"Half of {len(times):,} runs took between {figures.duration(low)} and {figures.duration(high)}."
            )
    if not evidence:
        return None
    return case.finding(
        PAGE,
        f"Something else kept the machine busy while {case.of} ran.",
        tuple(evidence),
        "End what else is running, or repeat when it is over; compare medians of several runs.",
        lost,
    )
