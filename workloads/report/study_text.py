"""Studies as plain text, for people: the answer on top, then what was measured, then what else is to be known."""

from __future__ import annotations

import math
import os
import textwrap
from typing import TYPE_CHECKING

from ..analysis.breakeven_words import item_of
from ..analysis.differences import median
from ..text import clean, shorten
from . import figures
from .columns import aligned, encodable
from .table import WIDTH, place_in_words, title

if TYPE_CHECKING:
    from ..analysis.costs import CostLine
    from ..analysis.scaling import Fit, Scaling, Speedup
    from ..analysis.statistics import Ratio
    from ..model import Lane, Machine, Parameters, Workload
    from ..studies.base import Progress
    from ..studies.breakeven import BreakEvenState
    from ..studies.chunks import ChunksState
    from ..studies.scale import ScaleState

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_LABEL = 24
_PAIRED = (
    "The last column is the median of the ratios of runs next to each other, which a busy machine slows alike; it need "
    "not be the ratio of the medians beside it."
)
_LAWS = {"amdahl": "Amdahl", "gustafson": "Gustafson", "usl": "Universal Scalability Law"}


def breakeven_text(
    workload: Workload, parameters: Parameters, machine: Machine, state: BreakEvenState, *, colour: bool = False
) -> str:
    """Write what a break-even study has found.

    Args:
        workload: What was run.
        parameters: With all defaults filled in.
        machine: Where it was run.
        state: At the end, or where it was stopped.
        colour: Whether the answer may stand out, provided that ``NO_COLOR`` is not set.
    """
    rest = {name: value for name, value in parameters.items() if name != state.unit}
    names = [shorten(lane.label, _LABEL) for lane in state.lanes]
    rows = [["", state.unit, "runs", *names, f"{names[1]} is"]]
    for own, other, ratio in zip(state.reference, state.lane, state.found.ratios, strict=True):
        times = [figures.duration(point.median_ns) for point in (own, other)]
        words = figures.ratio_in_words(math.exp(ratio.median)).replace(" times", "×")
        rows.append(["", figures.count(own.size), figures.count(len(own.times_ns)), *times, words])
    lines = aligned(rows, right=set(range(1, 6))) if len(rows) > 1 else []
    costs = [
        _cost(line, lane, item_of(state.unit))
        for line, lane in zip((state.found.reference, state.found.lane), state.lanes, strict=True)
        if line is not None
    ]
    head = [title(workload, rest), place_in_words(machine)]
    notes = [_PAIRED] if _has_odd_pairs(state) else []
    return _put_together(state.sentence, head, lines, [*costs, *notes, *_end(state.progress)], colour=colour)


def _has_odd_pairs(state: BreakEvenState) -> bool:
    """Whether the medians of the times say the opposite of a ratio beside them."""
    points = zip(state.reference, state.lane, state.found.ratios, strict=True)
    return any((own.median_ns < other.median_ns) != (ratio.median < 0) for own, other, ratio in points)


def scale_text(
    workload: Workload, parameters: Parameters, machine: Machine, state: ScaleState, *, colour: bool = False
) -> str:
    """Write what a scaling study has found; the arguments are those of `breakeven_text`."""
    found = state.found
    against = f"against {state.reference.label}" if state.reference is not None else "against 1"
    rows = [["", "workers", "runs", "time", against, "95 % interval", "efficiency", ""]]
    if state.reference is not None and state.reference_ns:
        runs, time = figures.count(len(state.reference_ns)), figures.duration(median(state.reference_ns))
        rows.append(["", "-", runs, time, "", "", "", "reference"])
    rows += [_scale_row(point, found) for point in found.points]
    lines = aligned(rows, right=set(range(1, 7))) if found.points else []
    more = [*(_law(fit) for fit in found.fits), *found.notes, *_end(state.progress)]
    head = [title(workload, parameters), f"{place_in_words(machine)}; {state.lane.label}"]
    return _put_together(state.sentence, head, lines, more, colour=colour)


def chunks_text(
    workload: Workload, parameters: Parameters, machine: Machine, state: ChunksState, *, colour: bool = False
) -> str:
    """Write what a study of chunk sizes has found; the arguments are those of `breakeven_text`."""
    found = state.found
    rows = [["", "chunksize", "chunks", "runs", "time", "waiting", ""]]
    for point in state.points:
        marks = [
            *(["recommended"] if point.chunksize == found.chunksize else []),
            *(["default"] if point.chunksize == found.default else []),
            *(["as good"] if point.chunksize in found.good and point.chunksize != found.chunksize else []),
        ]
        chunks = math.ceil(state.tasks / point.chunksize)
        rows.append(
            [
                "",
                figures.count(point.chunksize),
                figures.count(chunks),
                str(len(point.times_ns)),
                figures.duration(point.median_ns),
                figures.duration(point.waiting_ns),
                ", ".join(marks),
            ]
        )
    lines = aligned(rows, right=set(range(1, 6))) if state.points else []
    head = [title(workload, parameters), f"{place_in_words(machine)}; {state.lane.label}, {state.tasks:,} tasks"]
    return _put_together(state.sentence, head, lines, [*state.notes, *_end(state.progress)], colour=colour)


def _put_together(sentence: str, head: list[str], lines: list[str], more: list[str], *, colour: bool) -> str:
    said = encodable("\n".join(textwrap.wrap(clean(sentence, 1_000), WIDTH)), None)
    if colour and not os.environ.get("NO_COLOR"):
        said = f"{_BOLD}{said}{_PLAIN}"
    rest = ["", *head, *(["", *lines] if lines else [])]
    if more:
        rest += ["", *(line for each in more for line in textwrap.wrap(each, WIDTH))]
    return said + "\n" + encodable("\n".join(rest), None)


def _end(progress: Progress) -> list[str]:
    """Why more was not measured."""
    if progress.is_cancelled:
        return ["It was stopped before all was measured."]
    if progress.is_out_of_time:
        budget = figures.duration(progress.budget_ns)
        return [f"The budget of {budget} was spent before the figures had settled: --budget allows more."]
    return []


def _cost(line: CostLine, lane: Lane, item: str) -> str:
    fixed, cost = figures.duration(line.fixed_ns), figures.duration(line.item_ns)
    between = " to ".join(figures.duration(end) for end in line.item_interval)
    said = f"{clean(lane.label, 60)}: {cost} for each {item} ({between}), and {fixed} whatever the size"
    bends = line.residual > 0.2
    return (
        f"{said}; half of the runs are more than {line.residual * 100:.0f} % off that line." if bends else (f"{said}.")
    )


def _scale_row(point: Speedup, found: Scaling) -> list[str]:
    ratio = point.over_reference or point.over_one
    marks = [
        *(["enough"] if point.workers == found.enough else []),
        *(["fastest"] if point.workers == found.best else []),
        *(_beyond(point.workers, found)),
    ]
    efficiency = point.efficiency
    return [
        "",
        figures.count(point.workers),
        figures.count(point.runs),
        figures.duration(point.median_ns),
        f"{figures.factor(ratio.value)}×" if ratio is not None else "",
        _ratio_interval(ratio),
        f"{efficiency * 100:.0f} %" if efficiency is not None else "",
        ", ".join(marks),
    ]


def _beyond(workers: int, found: Scaling) -> list[str]:
    """What such a number of workers has to share."""
    marks = found.marks
    if marks is None:
        return []
    if workers > math.ceil(marks.budget):
        return ["beyond the budget"]
    return ["SMT siblings"] if marks.cores is not None and workers > marks.cores else []


def _ratio_interval(ratio: Ratio | None) -> str:
    if ratio is None or ratio.interval is None:
        return "-"
    return " to ".join(figures.factor(end) for end in ratio.interval)


def _law(fit: Fit) -> str:
    share = f"{fit.serial * 100:.1f} %"
    counts = f"{fit.counts[0]} to {fit.counts[-1]} workers"
    badly = "fits badly, " if fit.is_poor else ""
    quality = f"{badly}R² {fit.goodness:.2f} over {counts}, at most {fit.residual * 100:.0f} % off"
    name = _LAWS[fit.law]
    if fit.law == "usl":
        return f"{name}: contention {share}, coherence {fit.coherence * 100:.2f} % ({quality})."
    of = "of the time on one worker" if fit.law == "amdahl" else "of the time on many"
    return f"{name}: {share} {of} is serial ({quality})."
