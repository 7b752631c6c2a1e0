"""Studies of the core as the screen shows them: sentence, figure, chart and table. Pure functions of their states."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from poolscope.workloads.report import figures

from .study_view import StudyView
from .widgets.chart import Chart, Mark, Point, Series
from .widgets.chart_axis import Axis, even_axis, log_axis

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from poolscope.workloads.analysis.chunking import ChunkPoint
    from poolscope.workloads.analysis.costs import CostLine
    from poolscope.workloads.analysis.costs import Point as Runs
    from poolscope.workloads.analysis.scaling import Scaling, Speedup
    from poolscope.workloads.analysis.statistics import Interval
    from poolscope.workloads.model import LaneState
    from poolscope.workloads.studies.advise import AdviseState
    from poolscope.workloads.studies.base import Progress
    from poolscope.workloads.studies.breakeven import BreakEvenState
    from poolscope.workloads.studies.chunks import ChunksState
    from poolscope.workloads.studies.scale import ScaleState

    from .study_view import Subject

MEASURING = "Measuring ..."
STEPS = 60
"""Points of a curve."""
_TIME = "time of a run"
_LAWS = {"amdahl": "Amdahl's law", "gustafson": "Gustafson's law", "usl": "the Universal Scalability Law"}


def with_progress(view: StudyView, progress: Progress) -> StudyView:
    """Say how far the study is."""
    return view._replace(
        is_over=progress.is_over,
        is_cancelled=progress.is_cancelled,
        error=progress.error,
        doing=f"running {progress.what}" if progress.what else "",
        share=progress.share,
        left_ns=progress.left_ns,
        notes=progress.notes,
    )


# Break-even


def break_even_view(subject: Subject, state: BreakEvenState, before: Chart | None) -> StudyView:
    """Make of a break-even study what the screen shows; the axes of the chart BEFORE stay as far as they can."""
    found = state.found
    names = [lane.label for lane in state.lanes]
    lines = (found.reference, found.lane)
    more = [_cost_text(name, line, state.unit) for name, line in zip(names, lines, strict=True) if line is not None]
    return StudyView(
        subject,
        state.sentence if found.ratios else MEASURING,
        _rounded(found.size) if found.answer == "at" and found.size is not None else "",
        tuple(more),
        _break_even_chart(state, names, before),
        (state.unit, *names, "as fast"),
        [
            (figures.count(own.size), _median(own), _median(other), _times(math.exp(ratio.median)))
            for own, other, ratio in zip(state.reference, state.lane, found.ratios, strict=False)
        ],
    )


def _rounded(size: float) -> str:
    """A size with three digits; the others would be noise."""
    return figures.count(round(float(f"{size:.3g}")))


def _cost_text(name: str, line: CostLine, unit: str) -> str:
    low, high = (figures.duration(end) for end in line.item_interval)
    each = "each input" if unit == "inputs" else f"each step of {unit}"
    return (
        f"{name} costs {figures.duration(line.fixed_ns)} whatever the size, and {figures.duration(line.item_ns)} for "
        f"{each} (95 % interval {low} to {high})."
    )


def _times(ratio: float) -> str:
    return f"{figures.factor(ratio)} times"


def _median(runs: Runs | ChunkPoint) -> str:
    return figures.duration(runs.median_ns)


def _break_even_chart(state: BreakEvenState, names: Sequence[str], before: Chart | None) -> Chart | None:
    found = state.found
    if not state.reference or not state.lane:
        return None
    points = [tuple(map(_point, runs)) for runs in (state.reference, state.lane)]
    across, up = _axes(before, points, state.unit)
    lines = (found.reference, found.lane)
    series = [
        Series(name, own, _curve(line, across) if line is not None else _joined(own))
        for name, own, line in zip(names, points, lines, strict=True)
    ]
    marks: tuple[Mark, ...] = ()
    if found.answer == "at" and found.size is not None:
        low, high = found.interval or (None, None)
        y = None
        if found.reference is not None and found.lane is not None:
            y = math.sqrt(max(1.0, found.reference.at(found.size)) * max(1.0, found.lane.at(found.size)))
        marks = (Mark(found.size, f"from {_rounded(found.size)} on", low, high, y),)
    return Chart(across, up, tuple(series), marks)


def _axes(before: Chart | None, series: Sequence[Sequence[Point]], title: str) -> tuple[Axis, Axis]:
    """Logarithmic ones around all points; those that are there already stay as far as they can."""
    sizes = [point.x for points in series for point in points]
    times = [end for points in series for point in points for end in (point.low, point.high) if end]
    if before is not None:
        return before.across.holding(sizes), before.up.holding(times)
    return log_axis(sizes, figures.tick_count, title), log_axis(times, figures.tick_duration, _TIME)


def _point(runs: Runs) -> Point:
    """The median of some runs, between the fastest and the slowest of them."""
    return Point(runs.size, runs.median_ns, min(runs.times_ns), max(runs.times_ns))


def _curve(line: CostLine, across: Axis) -> tuple[tuple[float, float], ...]:
    """A fitted line as a curve over the whole axis."""
    factor = across.high / across.low
    sizes = (across.low * factor ** (step / STEPS) for step in range(STEPS + 1))
    return tuple((size, max(1.0, line.at(size))) for size in sizes)


def _joined(points: Iterable[Point]) -> tuple[tuple[float, float], ...]:
    return tuple((point.x, point.y) for point in points)


# Scaling


def scale_view(subject: Subject, state: ScaleState, before: Chart | None) -> StudyView:
    """Make of a scaling study what the screen shows; the axes of the chart BEFORE stay as far as they can."""
    found = state.found
    reference = state.reference.label if state.reference is not None else None
    head = ("workers", "time", "as fast as 1", "95 % interval", "efficiency")
    is_over = state.progress.is_over
    return StudyView(
        subject,
        state.sentence if found.points else MEASURING,
        figures.count(found.enough) if found.enough is not None and found.has_gain and is_over else "",
        tuple(_laws(found)) if is_over else (),
        _scale_chart(state, before),
        head if reference is None else (*head, f"than {reference}"),
        [_scale_row(point, has_reference=reference is not None) for point in found.points],
    )


def _scale_row(point: Speedup, *, has_reference: bool) -> tuple[str, ...]:
    one, efficiency = point.over_one, point.efficiency
    row = (
        figures.count(point.workers),
        figures.duration(point.median_ns),
        _times(one.value) if one is not None else "",
        _between(one.interval) if one is not None else "",
        figures.percent(efficiency) if efficiency is not None else "",
    )
    if not has_reference:
        return row
    return (*row, figures.ratio_in_words(point.over_reference.value) if point.over_reference is not None else "")


def _between(interval: Interval | None) -> str:
    return figures.interval(*interval) if interval is not None else ""


def _laws(found: Scaling) -> list[str]:
    said = []
    for fit in found.fits:
        what = "contention" if fit.law == "usl" else "a serial share of"
        keeping = f" and {fit.coherence:.2g} for keeping up with each other" if fit.law == "usl" else ""
        badly = "fits badly, " if fit.is_poor else ""
        quality = f"{badly}R² {fit.goodness:.2f}, at most {figures.percent(fit.residual)} off"
        said.append(f"By {_LAWS[fit.law]}: {what} {figures.percent(fit.serial)}{keeping} ({quality}).")
    return [*said, *found.notes]


def _scale_chart(state: ScaleState, before: Chart | None) -> Chart | None:
    found = state.found
    own = tuple(
        Point(each.workers, each.over_one.value, *(each.over_one.interval or (None, None)))
        for each in found.points
        if each.over_one is not None
    )
    if not own:
        return None
    most = max(state.counts)
    budget = found.marks.budget if found.marks is not None else most
    up = even_axis([min(most, max(1.0, budget))], figures.tick_count, "times as fast")
    if before is not None:
        across, up = before.across, before.up
    else:
        across = even_axis([most], figures.tick_count, "workers", is_whole=True)
    series = [Series("as one worker", own, _law_curve(found) or _joined(own))]
    if state.reference is not None:
        over = tuple(
            Point(each.workers, each.over_reference.value, *(each.over_reference.interval or (None, None)))
            for each in found.points
            if each.over_reference is not None
        )
        series.append(Series(f"as {state.reference.label}", over))
    tops = [end for one in series for point in one.points for end in (point.y, point.high or 0.0)]
    series.append(Series("ideal", (), ((1, 1), (most, most))))
    return Chart(across, up.holding(tops), tuple(series), _scale_marks(found))


def _law_curve(found: Scaling) -> tuple[tuple[float, float], ...]:
    """The law that fits best, as far as it was measured: beyond, nobody knows."""
    fit = max(found.fits, key=lambda each: each.goodness, default=None)
    if fit is None:
        return ()
    most = max(fit.counts)
    places = [1 + (most - 1) * step / STEPS for step in range(STEPS + 1)]
    return tuple((place, fit.at(place)) for place in places)


def _scale_marks(found: Scaling) -> tuple[Mark, ...]:
    marks = []
    if found.marks is not None:
        budget, cores = found.marks.budget, found.marks.cores
        marks.append(Mark(budget, f"{figures.cpus(budget)} CPU{'' if budget == 1 else 's'} to use"))
        if cores is not None and cores < budget:
            marks.append(Mark(cores, f"{figures.count(cores)} core{'' if cores == 1 else 's'}, then SMT siblings"))
    if found.enough is not None:
        marks.append(Mark(found.enough, "enough"))
    return tuple(marks)


# Chunk sizes


def chunks_view(subject: Subject, state: ChunksState, before: Chart | None) -> StudyView:
    """Make of a study of chunk sizes what the screen shows; the axes of the chart BEFORE stay as far as they can."""
    found = state.found
    fastest = min((point.median_ns for point in state.points), default=1.0)
    is_known = found.chunksize is not None and state.progress.is_over
    costs = []
    if found.chunk_ns is not None:
        each = figures.duration(found.chunk_ns)
        costs.append(f"{figures.count(state.tasks)} tasks; each chunk costs about {each} by itself.")
    return StudyView(
        subject,
        state.sentence if state.points else MEASURING,
        figures.count(found.chunksize) if is_known and found.chunksize is not None else "",
        (*costs, *(state.notes if state.progress.is_over else ())),
        _chunks_chart(state, before),
        ("chunksize", "chunks", "time", "as the fastest", "idle workers"),
        [
            (
                figures.count(point.chunksize),
                figures.count(math.ceil(state.tasks / point.chunksize)),
                _median(point),
                _times(fastest / max(1.0, point.median_ns)),
                figures.duration(point.waiting_ns),
            )
            for point in state.points
        ],
    )


def _chunks_chart(state: ChunksState, before: Chart | None) -> Chart | None:
    if not state.points:
        return None
    points = tuple(
        Point(point.chunksize, point.median_ns, min(point.times_ns), max(point.times_ns)) for point in state.points
    )
    across, up = _axes(before, [points], "tasks a chunk")
    if before is None:  # all sizes are known from the beginning
        across = log_axis([*state.sizes, 1], figures.tick_count, "tasks a chunk")
    found = state.found
    marks = []
    if found.chunksize is not None:
        low, high = (found.good[0], found.good[-1]) if found.good else (None, None)
        is_default = found.chunksize == found.default
        marks.append(Mark(found.chunksize, "what Pool.map takes" if is_default else "take this", low, high))
    if found.chunksize != found.default:
        marks.append(Mark(found.default, "what Pool.map takes"))
    return Chart(across, up, (Series(state.lane.label, points, _joined(points)),), tuple(marks))


# Advice


def advice_view(subject: Subject, state: AdviseState, before: Chart | None) -> StudyView:
    """Make of a search for advice what the screen shows; the axes of the chart BEFORE stay as far as they can."""
    advice, study = state.advice, state.break_even
    figure = ""
    if advice is not None and advice.answer == "parallel pays" and advice.ratio is not None:
        figure = f"{advice.ratio.value:.1f}×"
    sentences = advice.sentences if advice is not None else (MEASURING,)
    lanes = [lane for lane in state.comparison.lanes if lane.times_ns or lane.error]
    return StudyView(
        subject,
        sentences[0],
        figure,
        tuple(sentences[1:]),
        _break_even_chart(study, [lane.label for lane in study.lanes], before) if study is not None else None,
        ("lane", "runs", "time", "than serial", "95 % interval"),
        [_lane_row(lane, lanes[0]) for lane in lanes],
    )


def _lane_row(lane: LaneState, serial: LaneState) -> tuple[str, ...]:
    from poolscope.workloads.analysis.statistics import ratio_of

    times, others = serial.times_ns, lane.times_ns
    time = figures.duration(lane.median_ns) if lane.median_ns else lane.state
    name = f"{lane.key} {lane.label}"  # sentences call it by its letter
    if lane is serial or not times or not others:
        return name, figures.count(len(others)), time, "", ""
    ratio = ratio_of(times, others)
    return name, figures.count(len(others)), time, figures.ratio_in_words(ratio.value), _between(ratio.interval)
