"""Studies as one JSON object each, for other programs.

Schema 1; every key is always there. Times are seconds, intervals are ``[low, high]`` with a confidence of 95 %, null
stands for what is not known. All of them have::

    schema      1
    study       "breakeven", "scale" or "chunks"
    workload    {name, parameters}         without the one that is varied
    machine     as in the report of a run
    elapsed_s, budget_s
    cancelled, out_of_time                 whether it ended before all was measured that it would have measured
    error       why it ended early, in a sentence
    notes       a sentence each
    verdict     {sentence, ...}

``breakeven`` has besides: ``parameter``, the name of what is varied; ``lanes``, the reference's label and the lane's;
``points`` [{size, reference_s [...], lane_s [...], speedup}], the runs of both in the order in which they took turns;
``costs`` [{lane, fixed_s, fixed_interval_s, item_s, item_interval_s, goodness, residual}], a line fitted to each; and
in the verdict ``answer`` ("at", "never", "always", "unknown"), ``size`` and ``interval``, and ``expected_size``, where
the fitted costs would cross beyond what was measured.

``scale`` has ``lane``, ``reference`` and ``reference_s``; ``points`` [{workers, times_s, median_s, speedup,
speedup_interval, over_one, over_one_interval, efficiency}], ``speedup`` being over the reference; ``laws`` [{law,
serial, coherence, goodness, residual, workers, peak, is_extrapolated}], whose peak is extrapolated if it lies beyond
what was measured; ``cpus`` {budget, cores}; and in the verdict ``workers``, those that are enough, ``fastest``,
``too_many``, ``speedup`` and ``interval``.

``chunks`` has ``lane``, ``tasks`` and ``default``; ``points`` [{chunksize, times_s, median_s, waiting_s}]; and in the
verdict ``chunksize``, ``fastest``, ``good`` [...], ``chunk_s``, what each chunk costs, ``speedup`` over the default and
its ``interval``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .machine_json import machine_object

if TYPE_CHECKING:
    from ..analysis.costs import CostLine
    from ..analysis.scaling import Fit, Speedup
    from ..analysis.statistics import Interval, Ratio
    from ..model import Lane, Machine, Parameters, Workload
    from ..studies.base import Progress
    from ..studies.breakeven import BreakEvenState
    from ..studies.chunks import ChunksState
    from ..studies.scale import ScaleState

SCHEMA = 1


def breakeven_object(
    workload: Workload, parameters: Parameters, machine: Machine, state: BreakEvenState
) -> dict[str, Any]:
    """Build the object of a break-even study."""
    found = state.found
    rest = {name: value for name, value in parameters.items() if name != state.unit}
    speedups = {each.size: math.exp(each.median) for each in found.ratios}
    return {
        **_common("breakeven", workload, rest, machine, state.progress),
        "parameter": state.unit,
        "lanes": [lane.label for lane in state.lanes],
        "points": [
            {
                "size": own.size,
                "reference_s": _seconds(own.times_ns),
                "lane_s": _seconds(other.times_ns),
                "speedup": speedups.get(own.size),
            }
            for own, other in zip(state.reference, state.lane, strict=True)
        ],
        "costs": [_costs(line, lane) for line, lane in zip((found.reference, found.lane), state.lanes, strict=True)],
        "verdict": {
            "answer": found.answer,
            "size": found.size,
            "interval": _interval(found.interval),
            "expected_size": found.expected_size,
            "sentence": state.sentence,
        },
    }


def scale_object(workload: Workload, parameters: Parameters, machine: Machine, state: ScaleState) -> dict[str, Any]:
    """Build the object of a scaling study."""
    found = state.found
    times = {point.workers: point.times_ns for point in state.points}
    enough = next((point for point in found.points if point.workers == found.enough), None)
    marks = found.marks
    common = _common("scale", workload, parameters, machine, state.progress)
    return {
        **common,
        "notes": [*common["notes"], *found.notes],
        "lane": state.lane.label,
        "reference": state.reference.label if state.reference is not None else None,
        "reference_s": _seconds(state.reference_ns),
        "points": [_speedup(point, times[point.workers]) for point in found.points],
        "laws": [_law(fit) for fit in found.fits],
        "cpus": {"budget": marks.budget, "cores": marks.cores} if marks is not None else None,
        "verdict": {
            "workers": found.enough,
            "fastest": found.best,
            "too_many": found.too_many,
            **_ratio(enough.over_reference if enough is not None else None),
            "sentence": state.sentence,
        },
    }


def chunks_object(workload: Workload, parameters: Parameters, machine: Machine, state: ChunksState) -> dict[str, Any]:
    """Build the object of a study of chunk sizes."""
    found = state.found
    return {
        **_common("chunks", workload, parameters, machine, state.progress),
        "lane": state.lane.label,
        "tasks": state.tasks,
        "default": found.default,
        "points": [
            {
                "chunksize": point.chunksize,
                "times_s": _seconds(point.times_ns),
                "median_s": point.median_ns / 1e9,
                "waiting_s": point.waiting_ns / 1e9,
            }
            for point in state.points
        ],
        "verdict": {
            "chunksize": found.chunksize,
            "fastest": found.fastest,
            "good": list(found.good),
            "chunk_s": found.chunk_ns / 1e9 if found.chunk_ns is not None else None,
            **_ratio(found.over_default),
            "sentence": found.sentence,
        },
    }


def _common(
    study: str, workload: Workload, parameters: Parameters, machine: Machine, progress: Progress
) -> dict[str, Any]:
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in parameters.items()}
    return {
        "schema": SCHEMA,
        "study": study,
        "workload": {"name": workload.name, "parameters": values},
        "machine": machine_object(machine),
        "elapsed_s": progress.elapsed_ns / 1e9,
        "budget_s": progress.budget_ns / 1e9,
        "cancelled": progress.is_cancelled,
        "out_of_time": progress.is_out_of_time,
        "error": progress.error,
        "notes": list(progress.notes),
    }


def _costs(line: CostLine | None, lane: Lane) -> dict[str, Any] | None:
    if line is None:
        return None
    return {
        "lane": lane.label,
        "fixed_s": line.fixed_ns / 1e9,
        "fixed_interval_s": _seconds(line.fixed_interval),
        "item_s": line.item_ns / 1e9,
        "item_interval_s": _seconds(line.item_interval),
        "goodness": line.goodness,
        "residual": line.residual,
    }


def _speedup(point: Speedup, times: Sequence[int]) -> dict[str, Any]:
    over_one = _ratio(point.over_one)
    return {
        "workers": point.workers,
        "times_s": _seconds(times),
        "median_s": point.median_ns / 1e9,
        "speedup": point.over_reference.value if point.over_reference is not None else None,
        "speedup_interval": _ratio(point.over_reference)["interval"],
        "over_one": over_one["speedup"],
        "over_one_interval": over_one["interval"],
        "efficiency": point.efficiency,
    }


def _law(fit: Fit) -> dict[str, Any]:
    peak = fit.peak
    return {
        "law": fit.law,
        "serial": fit.serial,
        "coherence": fit.coherence,
        "goodness": fit.goodness,
        "residual": fit.residual,
        "workers": list(fit.counts),
        "peak": peak,
        "is_extrapolated": peak is not None and peak > fit.counts[-1],
    }


def _ratio(ratio: Ratio | None) -> dict[str, Any]:
    return {
        "speedup": ratio.value if ratio is not None else None,
        "interval": _interval(ratio.interval) if ratio is not None else None,
    }


def _interval(interval: Interval | None) -> list[float] | None:
    return list(interval) if interval is not None else None


def _seconds(times: Sequence[float]) -> list[float]:
    return [time / 1e9 for time in times]
