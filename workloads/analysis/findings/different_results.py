"""Results that differ between lanes: whatever was gained in time, the work was not the same."""

from __future__ import annotations

from .base import Case, Finding, Page

PAGE = Page(
    kind="different-results",
    title="Results differ between lanes",
    meaning=(
        "The lane gave other results than the first lane did. Either the function depends on something besides its "
        "argument (global state, the order of the calls, the time, random numbers, the process that it runs in), or "
        "floats were added up in another order. A time is worth nothing as long as that is not settled."
    ),
    found_by=(
        "The digests of all results are compared with those of the first lane, and single results where the digests "
        "differ; --tolerance says how much floats may differ."
    ),
    remedy=(
        "Look at the task that is named: call the function with its argument twice, in one process. Make it a function "
        "of its argument alone, seed random numbers from the argument, or allow a --tolerance for sums of floats."
    ),
)


def detect(case: Case) -> Finding | None:
    """See whether the results were found to differ."""
    state = case.state
    if state is None or state.same_result is not False:
        return None
    evidence = (state.difference,) if state.difference else ()
    return case.finding(
        PAGE,
        f"{case.name} gave other results than the first lane, so their times cannot be compared.",
        evidence,
        "Make the function depend on its argument alone, or allow a --tolerance for floats that are added up.",
        case.wall_ns,
    )
