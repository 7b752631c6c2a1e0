"""Advice as a comparison of the past: all lanes that a search has tried, with the advice as the verdict on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..report.advice_report import advice_object, advised, measured
from .past import Past

if TYPE_CHECKING:
    from ..model import Machine, Parameters, Workload
    from ..studies.advise import AdviseState
    from .origin import Origin


def past_of(
    origin: Origin,
    workload: Workload,
    parameters: Parameters,
    machine: Machine,
    state: AdviseState,
    code: str | None,
) -> Past:
    """Make what the history keeps of a search for advice.

    Args:
        origin: Where it comes from.
        workload: What advice was wanted on.
        parameters: With all defaults filled in. What was measured may be smaller work, and is what it is found by.
        machine: Where it was measured.
        state: At the end.
        code: The code to paste; None without any.
    """
    comparison = advised(state)._replace(is_cancelled=state.progress.is_cancelled)
    # What each process did is most of it, and is left out as in other comparisons.
    kept = comparison._replace(lanes=tuple(lane._replace(accounts=()) for lane in comparison.lanes))
    document = advice_object(workload, parameters, machine, state._replace(comparison=kept), code, origin)
    return Past(origin, workload.name, measured(state), machine, comparison, code, document)
