"""Tasks that need more CPU time the more of them compute at once."""

from __future__ import annotations

from ...report import figures
from .base import Case, Finding, Page
from .cpu_cost import cost_of

_GROWTH = 1.4
"""Times the CPU time that a task takes in the reference. Clock frequency that sinks with busy cores explains up to 1.3
(the ratio of single-core to all-core turbo of common server processors), so it takes more."""

PAGE = Page(
    kind="shared-bandwidth",
    title="Tasks compete for memory or cache",
    meaning=(
        "A core that waits for memory counts as busy. Workers that go through much data share the way to the memory "
        "and the last-level cache, so each task takes more CPU time the more of them run; so does work that spins for "
        "a lock. More workers then bring little, although all cores are busy."
    ),
    found_by=(
        "The tasks take at least 1.4 times as much CPU time as in the lane with the fewest workers, and no more "
        "workers than cores explain it."
    ),
    remedy=(
        "Use fewer workers, and find the number with poolscope scale; work on pieces that fit the cache, and on each "
        "as long as it is there; use smaller types (float32), in-place operations, and fewer passes over the data."
    ),
)


def detect(case: Case) -> Finding | None:
    """Compare the CPU time of tasks with the reference's."""
    cost = cost_of(case)
    if cost is None or cost.growth < _GROWTH or not cost.is_worth_it:
        return None
    if case.threads_per_core > 1 and case.workers > case.cpus / case.threads_per_core:
        return None
    reference = case.reference
    assert reference is not None  # noqa: S101 - there is no cost without it
    return case.finding(
        PAGE,
        f"A task of {case.name} took {cost.growth:.1f} times the CPU time that it took in {reference.name}: its "
        "workers compete for memory, cache or a lock.",
        (
            (
                f"{figures.duration(cost.now_ns)} of CPU time a task with {figures.count(case.workers)} workers, "
                f"{figures.duration(cost.before_ns)} with {figures.count(reference.workers)}."
            ),
        ),
        "Use fewer workers, and let each work on pieces that fit the cache.",
        cost.more_ns,
    )
