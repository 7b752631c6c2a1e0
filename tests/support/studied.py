"""Studies as they stand at their end or before, made up: break-even, scaling and advice."""

from __future__ import annotations

from support.lanes import comparison as comparison_of
from support.pasts import two_lanes as two_lanes_of_the_past

from poolscope.tui.study_charts import break_even_view, with_progress
from poolscope.tui.study_view import StudyView, Subject
from poolscope.workloads import catalogue
from poolscope.workloads.analysis.advice import advise as advise_on
from poolscope.workloads.analysis.breakeven import Point, break_even
from poolscope.workloads.analysis.scaling import Marks, ScalePoint, scaling
from poolscope.workloads.model import Lane
from poolscope.workloads.studies.advise import AdviseState
from poolscope.workloads.studies.base import Progress, Setting
from poolscope.workloads.studies.breakeven import BreakEvenState
from poolscope.workloads.studies.scale import ScaleState

SIZES = (10, 100, 1_000, 10_000, 100_000, 300_000, 600_000, 1_000_000)
LANES = (Lane("serial"), Lane("pool"))
WORKLOAD = catalogue.find("sqrt")
SUBJECT = Subject("break-even", WORKLOAD, {"N": 5_000_000}, LANES)
DONE = Progress(
    now_ns=0, what="N = 1,000", comparison=None, comparisons_done=9, elapsed_ns=10**10, budget_ns=6 * 10**10,
    share=1.0, left_ns=None, is_over=True, is_cancelled=False, is_out_of_time=False, error=None, notes=(),
)  # fmt: skip
GOING_ON = DONE._replace(is_over=False, share=0.43, left_ns=21 * 10**9)


def state_of(count: int = len(SIZES), *, item_ns: float = 41.0, progress: Progress = DONE) -> BreakEvenState:
    """Make a study in which the first COUNT sizes were measured five times each."""

    def runs(fixed: float, item: float) -> tuple[Point, ...]:
        wobbles = (1.0, 1.02, 0.99, 1.01, 0.98)
        return tuple(
            Point(size, tuple(round((fixed + item * size) * wobble) for wobble in wobbles)) for size in SIZES[:count]
        )

    own, other = runs(2e5, 90.0), runs(2.2e7, item_ns)
    found = break_even(own, other)
    return BreakEvenState(progress, "N", LANES, own, other, None, found, f"The answer is {found.answer}.")


def view_of(state: BreakEvenState) -> StudyView:
    return with_progress(break_even_view(SUBJECT, state, None), state.progress)


def scale_state(progress: Progress = DONE) -> ScaleState:
    """Make a study of scaling: 1, 2 and 4 workers, serial beside them."""
    points = [ScalePoint(count, tuple(round(10**9 / gain) + number * 10**6 for number in range(5)))
              for count, gain in ((1, 1.0), (2, 1.9), (4, 2.1))]  # fmt: skip
    serial = (900_000_000,) * 5
    found = scaling(points, serial, Marks(2.0, 1))
    return ScaleState(progress, LANES[1], LANES[0], (1, 2, 4), serial, tuple(points), found, "4 workers are enough.")


def advice_state(progress: Progress = DONE) -> AdviseState:
    """Make a search for advice that found a pool twice as fast as serial."""
    lanes = two_lanes_of_the_past([1.0, 1.01, 1.02, 1.0, 1.01], [0.5, 0.51, 0.5, 0.52, 0.5])
    found = advise_on(lanes)
    return AdviseState(
        progress, "break-even", Setting(WORKLOAD, {"N": 1_000}), comparison_of(lanes), state_of(),
        found if progress.is_over else None,
    )  # fmt: skip
