"""Studies of the core, each made into what the screen shows. Used by the bridge's thread."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from poolscope.workloads.model import Lane
from poolscope.workloads.report import figures

from .study_view import StudyView
from .widgets.chart import Chart, Mark, Point, Series
from .widgets.chart_axis import Axis, log_axis

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from poolscope.workloads.analysis.costs import CostLine
    from poolscope.workloads.analysis.costs import Point as Runs
    from poolscope.workloads.launcher import Guardian
    from poolscope.workloads.studies.base import Progress
    from poolscope.workloads.studies.breakeven import BreakEvenState, BreakEvenStudy
    from poolscope.workloads.target import Own

    from .study_view import Subject
    from .studying import ShownStudy

STEPS = 60
"""Points of a curve."""


def shown_study(subject: Subject, guardian: Guardian, own: Own | None) -> ShownStudy:
    """Prepare the study of a SUBJECT.

    Args:
        subject: What is studied.
        guardian: Under which it is run.
        own: The person's own function, where that is what is studied.

    Raises:
        UsageError: If it cannot be studied like that.
    """
    from poolscope.workloads.sampling.machine import describe_machine
    from poolscope.workloads.studies.base import Means
    from poolscope.workloads.studies.breakeven import BreakEvenStudy
    from poolscope.workloads.studies.dial import dial_of, dial_of_target

    means = Means(guardian, describe_machine())
    dial = dial_of_target(own.target, own.checked) if own else dial_of(subject.workload, subject.parameters)
    return ShownBreakEven(subject, BreakEvenStudy(means, dial, two_lanes(subject.lanes)))


def two_lanes(lanes: Sequence[Lane]) -> tuple[Lane, Lane]:
    """The reference and the lane that is compared with it.

    Raises:
        UsageError: If there is only one.
    """
    if len(lanes) > 1:
        return lanes[0], lanes[1]
    if lanes[0].engine == "serial":
        return lanes[0], Lane("pool")
    return Lane("serial"), lanes[0]


class ShownBreakEven:
    """The break-even study, drawn anew only when something was measured."""

    def __init__(self, subject: Subject, study: BreakEvenStudy) -> None:
        self._subject = subject
        self._study = study
        self._known: object = None
        self._view = StudyView(subject, "Measuring ...")

    def advance(self) -> StudyView:
        """Go on with the study.

        Raises:
            GuardianLostError: Once, when its guardian died; the next call says what is left.
        """
        state = self._study.advance()
        if state.found is not self._known:
            self._known = state.found
            self._view = break_even_view(self._subject, state, self._view.chart)
        self._view = with_progress(self._view, state.progress)
        return self._view

    def cancel(self) -> None:
        """End it; what was measured stays."""
        self._study.cancel()


def with_progress(view: StudyView, progress: Progress) -> StudyView:
    """Say how far it is."""
    return view._replace(
        is_over=progress.is_over,
        is_cancelled=progress.is_cancelled,
        error=progress.error,
        doing=f"running {progress.what}" if progress.what else "",
        share=progress.share,
        left_ns=progress.left_ns,
        notes=progress.notes,
    )


def break_even_view(subject: Subject, state: BreakEvenState, before: Chart | None) -> StudyView:
    """Make of a break-even study what the screen shows; the axes of the chart BEFORE stay as far as they can."""
    found = state.found
    names = [lane.label for lane in state.lanes]
    figure = ""
    if found.answer == "at" and found.size is not None:
        figure = figures.count(round(float(f"{found.size:.3g}")))
    lines = (found.reference, found.lane)
    more = [_cost_text(name, line, state.unit) for name, line in zip(names, lines, strict=True) if line is not None]
    return StudyView(
        subject,
        state.sentence if found.ratios else "Measuring ...",
        figure,
        tuple(more),
        _break_even_chart(state, names, before),
        (state.unit, *names, "as fast"),
        [
            (figures.count(own.size), _median(own), _median(other), _times(math.exp(ratio.median)))
            for own, other, ratio in zip(state.reference, state.lane, found.ratios, strict=False)
        ],
    )


def _cost_text(name: str, line: CostLine, unit: str) -> str:
    low, high = (figures.duration(end) for end in line.item_interval)
    each = f"and {figures.duration(line.item_ns)} for each step of {unit}" if unit != "inputs" else (
        f"and {figures.duration(line.item_ns)} for each input"
    )  # fmt: skip
    return f"{name} costs {figures.duration(line.fixed_ns)} whatever the size, {each} (95 % interval {low} to {high})."


def _times(ratio: float) -> str:
    return f"{figures.three_digits(ratio) if ratio >= 0.1 else format(ratio, '.2g')} times"


def _median(runs: Runs) -> str:
    return figures.duration(runs.median_ns)


def _break_even_chart(state: BreakEvenState, names: Sequence[str], before: Chart | None) -> Chart | None:
    found = state.found
    if not state.reference or not state.lane:
        return None
    points = [tuple(map(point_of, runs)) for runs in (state.reference, state.lane)]
    sizes = [point.x for one in points for point in one]
    times = [end for one in points for point in one for end in (point.low, point.high) if end]
    across = kept(before.across if before else None, sizes, log_axis(sizes, figures.tick_count, state.unit))
    up = kept(before.up if before else None, times, log_axis(times, figures.tick_duration, "time of a run"))
    lines = (found.reference, found.lane)
    series = [
        Series(name, own, curve_of(line, across) if line is not None else tuple((each.x, each.y) for each in own))
        for name, own, line in zip(names, points, lines, strict=True)
    ]
    marks: tuple[Mark, ...] = ()
    if found.answer == "at" and found.size is not None:
        low, high = found.interval or (None, None)
        y = math.sqrt(found.reference.at(found.size) * found.lane.at(found.size)) if all(lines) else None  # type: ignore[union-attr]
        marks = (Mark(found.size, f"from {figures.count(round(float(f'{found.size:.3g}')))} on", low, high, y),)
    return Chart(across, up, tuple(series), marks)


def point_of(runs: Runs) -> Point:
    """The median of some runs, between the fastest and the slowest of them."""
    return Point(runs.size, runs.median_ns, min(runs.times_ns), max(runs.times_ns))


def curve_of(line: CostLine, across: Axis) -> tuple[tuple[float, float], ...]:
    """A fitted line as a curve over the whole axis."""
    factor = across.high / across.low
    sizes = (across.low * factor ** (step / STEPS) for step in range(STEPS + 1))
    return tuple((size, max(1.0, line.at(size))) for size in sizes)


def kept(axis: Axis | None, values: Iterable[float], new: Axis) -> Axis:
    """The AXIS that is there already, lengthened if VALUES ask for it; a NEW one where there is none."""
    return axis.holding(values) if axis is not None else new
