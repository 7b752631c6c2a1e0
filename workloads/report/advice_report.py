"""Advice as text for people, and as one JSON object for programs.

The object is that of a comparison (see `result_json`), of all lanes that were tried, with these changes: the
``sentences`` of its ``verdict`` are the paragraph of advice; ``fastest``, ``speedup`` and ``interval`` are about lanes
that were run often enough. It has besides::

    study       "advise"
    elapsed_s, budget_s, runs
    stage       what was being found out at the end
    cancelled, out_of_time
    measured    {parameter: value, ...} or {inputs: number}: perhaps smaller work than was asked for
    error       why it ended early, in a sentence
    notes       a sentence each
    break_even  null, or {lane, unit, answer, size, interval {low, high}, sentence,
                points [{size, reference_s [...], lane_s [...]}]}, with the times of all runs at each size
"""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING, Any

from ..analysis.advice import fastest
from ..model import Verdict
from ..text import clean
from .columns import encodable
from .result_json import interval_object, report_object
from .snippet import snippet, subject_of
from .table import WIDTH, report_table

if TYPE_CHECKING:
    from ..history.origin import Origin
    from ..model import ComparisonState, Machine, Parameters, Workload
    from ..probe.answers import Checked
    from ..studies.advise import AdviseState
    from ..studies.breakeven import BreakEvenState

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_LONGEST = 1_000


def advice_text(machine: Machine, state: AdviseState, code: str | None, *, colour: bool = False) -> str:
    """Write the paragraph, the table of what was tried, and the code.

    Args:
        machine: Where it was measured.
        state: At the end.
        code: The code to paste; None without any.
        colour: Whether the paragraph may stand out, provided that ``NO_COLOR`` is not set.
    """
    said = " ".join(clean(each, _LONGEST) for each in (state.advice.sentences if state.advice is not None else ()))
    paragraph = encodable("\n".join(textwrap.wrap(said, WIDTH)), None)
    if paragraph and colour and not os.environ.get("NO_COLOR"):
        paragraph = f"{_BOLD}{paragraph}{_PLAIN}"
    setting = state.setting
    table = report_table(setting.workload, setting.parameters, machine, state.comparison._replace(verdict=None))
    return "\n\n".join(part for part in (paragraph, table, (code or "").rstrip()) if part)


def advice_object(
    workload: Workload,
    parameters: Parameters,
    machine: Machine,
    state: AdviseState,
    code: str | None,
    origin: Origin | None = None,
) -> dict[str, Any]:
    """Build the object that this module describes.

    Args:
        workload: What advice was wanted on.
        parameters: With all defaults filled in.
        machine: Where it was measured.
        state: At the end.
        code: The code to paste; None without any.
        origin: Where it comes from; None where nobody knows.
    """
    content = report_object(workload, parameters, machine, advised(state), origin, code)
    advice, progress = state.advice, state.progress
    if advice is not None:
        lane = next((lane for lane in state.comparison.lanes if lane.key == advice.lane), None)
        content["verdict"]["lane"] = {"key": lane.key, "label": lane.label} if lane is not None else None
    return {
        **content,
        "study": "advise",
        "elapsed_s": progress.elapsed_ns / 1e9,
        "budget_s": progress.budget_ns / 1e9,
        "runs": progress.comparisons_done,
        "stage": state.stage,
        "cancelled": progress.is_cancelled,
        "out_of_time": progress.is_out_of_time,
        "measured": {
            name: list(value) if isinstance(value, tuple) else value for name, value in measured(state).items()
        },
        "error": progress.error,
        "notes": list(progress.notes),
        "break_even": _break_even(state.break_even) if state.break_even is not None else None,
    }


def advised(state: AdviseState) -> ComparisonState:
    """The comparison of all that was tried, with the advice, if there is any, as the verdict on it."""
    advice = state.advice
    if advice is None:
        return state.comparison
    quickest, ratio = fastest(state.comparison.lanes), advice.ratio
    verdict = Verdict(
        answer=advice.answer,
        fastest=quickest.key if quickest is not None else None,
        sentences=advice.sentences,
        speedup=ratio.value if ratio is not None else None,
        interval=ratio.interval if ratio is not None else None,
    )
    return state.comparison._replace(verdict=verdict)


def measured(state: AdviseState) -> Parameters:
    """Say with what it was measured: perhaps smaller work than was asked for."""
    return dict(state.setting.parameters) or {"inputs": state.comparison.lanes[0].tasks}


def _break_even(state: BreakEvenState) -> dict[str, Any]:
    found = state.found
    return {
        "lane": state.lanes[1].label,
        "unit": state.unit,
        "answer": found.answer,
        "size": found.size,
        "interval": interval_object(found.interval),
        "sentence": state.sentence,
        "points": [
            {
                "size": own.size,
                "reference_s": [time / 1e9 for time in own.times_ns],
                "lane_s": [time / 1e9 for time in other.times_ns],
            }
            for own, other in zip(state.reference, state.lane, strict=True)
        ],
    }


def advised_code(
    workload: Workload,
    parameters: Parameters,
    machine: Machine,
    state: AdviseState,
    reference: str | None = None,
    checked: Checked | None = None,
) -> str | None:
    """Write the program for all of the work, with the lane that is advised.

    Args:
        workload: What advice was wanted on.
        parameters: With all defaults filled in.
        machine: Where it was measured.
        state: At the end.
        reference: How a runner finds the workload, if not by its name in the catalogue.
        checked: What is known of a person's function.

    Returns:
        None where no lane is advised, or no code can be written.
    """
    from ..errors import UsageError
    from ..lanes import resolve_lane

    advice = state.advice
    lane = next((lane for lane in state.comparison.lanes if advice is not None and lane.key == advice.lane), None)
    if lane is None:
        return None
    tasks = workload.count_tasks(parameters)
    asked = lane.asked or lane.lane
    if asked.chunksize is not None and lane.tasks:
        # What was measured may be smaller work: as many chunks are as good for more of it.
        asked = asked._replace(chunksize=max(1, asked.chunksize * tasks // lane.tasks))
    try:
        full = resolve_lane(asked, tasks, machine.budget, machine.default_start_method)
        subject = subject_of(workload, parameters, reference, checked)
    except UsageError:  # its file is gone
        return None
    return snippet(subject, full, tasks) if subject is not None else None
