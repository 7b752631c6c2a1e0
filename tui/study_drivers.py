"""Begins studies of the core, and has them drawn. Used by the bridge's thread."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from poolscope.workloads.errors import UsageError

from .study_charts import MEASURING, with_progress
from .study_view import StudyView

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolscope.workloads.launcher import Guardian
    from poolscope.workloads.model import Lane
    from poolscope.workloads.studies.advise import AdviseState
    from poolscope.workloads.studies.base import Means, Study
    from poolscope.workloads.target import Own

    from .study_view import Subject
    from .studying import ShownStudy
    from .widgets.chart import Chart


class Plan(NamedTuple):
    """A study, and how it is drawn."""

    study: Study
    view_of: Callable[[Subject, Any, Chart | None], StudyView]
    """Given what is studied, the state of the study, and the chart before."""
    measured: Callable[[Any], object]
    """What of its state says whether anything was measured since: another object each time."""
    keep: Callable[[Any, str | None], tuple[str, ...]] | None = None
    """Keeps its last state and the code to paste in the history, and says what a person should know of that; None keeps
    nothing."""


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

    means = Means(guardian, describe_machine())
    return Shown(subject, _PLANS[subject.kind](subject, means, own))


def _break_even(subject: Subject, means: Means, own: Own | None) -> Plan:
    from poolscope.workloads.studies.breakeven import BreakEvenStudy
    from poolscope.workloads.studies.dial import dial_of, dial_of_target

    from .study_charts import break_even_view

    dial = dial_of_target(own.target, own.checked) if own else dial_of(subject.workload, subject.parameters)
    study = BreakEvenStudy(means, dial, two_lanes(subject))
    return Plan(study, break_even_view, lambda state: state.found)


def _scaling(subject: Subject, means: Means, own: Own | None) -> Plan:
    from poolscope.workloads.analysis.scaling import worker_counts
    from poolscope.workloads.lanes import MOST_WORKERS
    from poolscope.workloads.studies.base import Setting
    from poolscope.workloads.studies.scale import ScaleStudy

    from .study_charts import scale_view

    reference, lane = two_lanes(subject)
    setting = Setting(subject.workload, subject.parameters, own.target.reference if own else None)
    counts = worker_counts(means.machine.budget.cpus, MOST_WORKERS)
    study = ScaleStudy(means, setting, lane, counts, reference if reference.engine == "serial" else None)
    return Plan(study, scale_view, lambda state: (state.found, state.progress.is_over))


def _chunks(subject: Subject, means: Means, own: Own | None) -> Plan:
    from poolscope.workloads.studies.base import Setting
    from poolscope.workloads.studies.chunks import ChunksStudy

    from .study_charts import chunks_view

    setting = Setting(subject.workload, subject.parameters, own.target.reference if own else None)
    study = ChunksStudy(means, setting, two_lanes(subject)[1])
    return Plan(study, chunks_view, lambda state: (state.points, state.progress.is_over))


def _advice(subject: Subject, means: Means, own: Own | None) -> Plan:
    from poolscope.workloads.report.advice_report import advised_code
    from poolscope.workloads.studies.advise import Advise
    from poolscope.workloads.studies.work import work_on

    from .study_charts import advice_view

    reference, checked = (own.target.reference, own.checked) if own else (None, None)

    begun_ns = time.time_ns()

    def view_of(subject: Subject, state: AdviseState, before: Chart | None) -> StudyView:
        workload, parameters = subject.workload, subject.parameters
        code = None
        if state.progress.is_over:
            code = advised_code(workload, parameters, means.machine, state, reference, checked)
        return advice_view(subject, state, before)._replace(code=code)

    def keep(state: AdviseState, code: str | None) -> tuple[str, ...]:
        from poolscope.workloads.history import store
        from poolscope.workloads.history.advised import past_of
        from poolscope.workloads.history.origin import origin_of

        origin = origin_of(subject.workload, begun_ns)
        return store.keep(past_of(origin, subject.workload, subject.parameters, means.machine, state, code)).notes

    study = Advise(means, work_on(subject.workload, subject.parameters, own=own))
    return Plan(study, view_of, _tried, keep)


def _tried(state: AdviseState) -> object:
    """What was tried so far, without how far it is just now."""
    sizes = len(state.break_even.found.ratios) if state.break_even is not None else 0
    return [len(lane.results) for lane in state.comparison.lanes], sizes, state.advice


_PLANS = {"break-even": _break_even, "scaling": _scaling, "chunks": _chunks, "advice": _advice}


def two_lanes(subject: Subject) -> tuple[Lane, Lane]:
    """The reference, and the lane that is compared with it or varied.

    Raises:
        UsageError: If there is only one.
    """
    if len(subject.lanes) < 2:
        raise UsageError("There are no two lanes to compare: add another one, with a in the lanes panel.")
    return subject.lanes[0], subject.lanes[1]


class Shown:
    """A study, drawn anew only when something was measured."""

    def __init__(self, subject: Subject, plan: Plan) -> None:
        self._subject = subject
        self._plan = plan
        self._keep = plan.keep
        self._kept: tuple[str, ...] = ()
        """What became of that, a sentence each."""
        self._known: object = None
        self._view = StudyView(subject, MEASURING)

    def advance(self) -> StudyView:
        """Go on with the study.

        Raises:
            GuardianLostError: Once, when its guardian died; the next call says what is left.
        """
        state = self._plan.study.advance()
        measured = self._plan.measured(state)
        if measured != self._known:
            self._known = measured
            self._view = self._plan.view_of(self._subject, state, self._view.chart)
        self._view = with_progress(self._view, state.progress)
        if state.progress.is_over and self._keep is not None:
            keep, self._keep = self._keep, None
            self._kept = keep(state, self._view.code)
        self._view = self._view._replace(notes=(*self._view.notes, *self._kept))
        return self._view

    def cancel(self) -> None:
        """End it; what was measured stays."""
        self._plan.study.cancel()
