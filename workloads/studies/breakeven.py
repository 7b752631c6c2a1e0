"""The break-even study: two lanes, measured in turns at the sizes from which most is to be learnt."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from ..analysis.breakeven import BreakEven, Point, Shipping, Step, break_even, next_size
from ..analysis.breakeven_words import in_words
from ..errors import UsageError
from .base import Driver, Means, Progress, failure_of, times_of

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..model import ComparisonState, Lane
    from .dial import Dial

_SHARE_OF_LEFT = 0.5
"""Of what is left of the budget, as much may go into one larger size."""
_LEAST_NS = 1_000_000
_WORTH_IT = 1.2
"""Factor by which a size must be larger than the largest one yet to be worth measuring."""

_MANY, _HARDLY = 1_000, 1.5
"""Sizes that differ by that factor, with times that differ by no more than that one, are no sizes."""


class BreakEvenState(NamedTuple):
    """All that a face needs to show of a break-even study at one moment."""

    progress: Progress
    unit: str
    """What sizes are called: the parameter, or ``inputs``."""
    lanes: tuple[Lane, Lane]
    """The reference and the lane, as they were asked for."""
    reference: tuple[Point, ...]
    """What was measured so far, smallest size first; as many runs of each size as of `lane`."""
    lane: tuple[Point, ...]
    size: int | None
    """What is measured now; None between two sizes and at the end."""
    found: BreakEven
    """What these come to so far."""
    sentence: str
    """The same for a person."""


class BreakEvenStudy(Driver):
    """Finds the size from which on a lane beats the reference."""

    def __init__(self, means: Means, dial: Dial, lanes: tuple[Lane, Lane]) -> None:
        """Prepare a study; the first call of `advance` starts it.

        Args:
            means: With what it is made.
            dial: What is varied.
            lanes: The reference, and the lane that is to beat it.
        """
        super().__init__(means)
        self._dial = dial
        self._lanes = lanes
        self._times: dict[int, tuple[list[int], list[int]]] = {}
        """Of both lanes, by size."""
        self._step: Step | None = None
        self._ceiling = dial.most
        """Largest size that can be run here."""
        self._overhead_ns: int | None = None
        """Of a pair of runs, outside of what is timed, at its least."""
        self._rest_ns: dict[int, float] = {}
        """What a pair of runs takes beyond that, by size."""
        self._shipping: dict[int, Shipping] = {}
        self._found: BreakEven | None = None

    def advance(self) -> BreakEvenState:
        """Do what can be done now, without waiting.

        Raises:
            GuardianLostError: Once, if the guardian died; what was measured stays, and the study is over.
        """
        self._go_on()
        return self._state()

    def _next(self) -> Comparison | None:
        while True:
            largest = self._largest_affordable()
            step = next_size(*self._points(), self._dial.least, largest)
            if step is None or not self._has_time_for(step):
                self._say_what_was_left_out(largest)
                return None
            setting = self._dial.at(step.size)
            try:
                from ..lanes import check_lanes

                refused = check_lanes(self._lanes, setting.workload, setting.parameters, self._means.machine)
                reason = next((each for each in refused if each is not None), None)
            except UsageError as error:
                reason = str(error)
            if reason is None:
                break
            # The smallest size must do; for a larger one, there may be no room, or too many tasks for the lane.
            below = max((size for size in self._times if size < step.size), default=None)
            if below is None:
                raise UsageError(reason)
            self._ceiling = below
            self._note(f"{self._called(step.size)} was left out: {reason}")
        runs = min(step.runs, max(1, int(self.left_ns / max(1.0, self._cost_ns(step.size)))))
        self._step = Step(step.size, runs)
        self._what = self._called(step.size)
        return self._compare(setting, self._lanes, runs)

    def _take(self, state: ComparisonState, wall_ns: int) -> None:
        step, self._step = self._step, None
        self._error = self._error or failure_of(state)
        times = times_of(state)
        pairs = list(zip(times[0], times[1], strict=False))
        if step is None or not pairs or self._error is not None:
            return
        own, other = self._times.setdefault(step.size, ([], []))
        own += [pair[0] for pair in pairs]
        other += [pair[1] for pair in pairs]
        self._found = None
        timed = sum(map(sum, pairs))
        overhead = max(0, wall_ns - timed) // len(pairs)
        self._overhead_ns = overhead if self._overhead_ns is None else min(overhead, self._overhead_ns)
        self._rest_ns[step.size] = max(_LEAST_NS, wall_ns / len(pairs) - self._overhead_ns)
        shipping = _shipping(state)
        if shipping is not None:
            self._shipping[step.size] = shipping

    def _points(self) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
        sizes = sorted(self._times)
        own = tuple(Point(size, tuple(self._times[size][0])) for size in sizes)
        return own, tuple(Point(size, tuple(self._times[size][1])) for size in sizes)

    # What fits into the budget

    def _cost_ns(self, size: int) -> float:
        """What a pair of runs will take, from those of the size below; 0 as long as nothing is known."""
        known = max((each for each in self._rest_ns if each <= size), default=None)
        if known is None or self._overhead_ns is None:
            return 0.0
        return self._overhead_ns + self._rest_ns[known] * math.pow(size / known, self._growth())

    def _growth(self) -> float:
        """The exponent with which time grows at the largest sizes, at least 1."""
        sizes = sorted(self._rest_ns)[-2:]
        if len(sizes) < 2:
            return 1.0
        grown = math.log(self._rest_ns[sizes[1]] / self._rest_ns[sizes[0]]) / math.log(sizes[1] / sizes[0])
        return min(4.0, max(1.0, grown))

    def _largest_affordable(self) -> int:
        """The largest size that may be measured now."""
        if not self._rest_ns or self._overhead_ns is None:
            return self._ceiling
        largest = max(self._rest_ns)
        room = max(0.0, _SHARE_OF_LEFT * self.left_ns - self._overhead_ns)
        factor = math.pow(room / self._rest_ns[largest], 1 / self._growth())
        if factor < _WORTH_IT:
            return min(self._ceiling, largest)
        return min(self._ceiling, int(min(1e15, largest * factor)))

    def _has_time_for(self, step: Step) -> bool:
        if self._cost_ns(step.size) <= self.left_ns:
            return True
        self._is_out_of_time = True
        return False

    def _say_what_was_left_out(self, largest: int) -> None:
        """Say that the budget and nothing else kept larger sizes from being measured, where these were wanted."""
        found = self._found_now()
        if self._hardly_depends():
            self._note(f"What it takes hardly depends on {self._dial.name}: vary another one, or set others.")
        if found.answer != "unknown" or not found.ratios or largest >= self._ceiling:
            return
        if max(each.median for each in found.ratios) <= 0:
            self._is_out_of_time = True
            size = self._called(found.ratios[-1].size)
            self._note(f"Sizes above {size} would have taken too much of the budget.")

    def _hardly_depends(self) -> bool:
        """Whether a size many times as large took the reference hardly longer."""
        points = self._points()[0]
        if not points or points[-1].size < _MANY * points[0].size:
            return False
        return points[-1].median_ns < _HARDLY * min(point.median_ns for point in points)

    def _share_done(self) -> float:
        # The number of steps is not known before; some twenty are usual.
        return min(0.95, self._done / 25)

    # The state

    def _called(self, size: int) -> str:
        return f"{size:,} inputs" if self._dial.name == "inputs" else f"{self._dial.name} = {size:,}"

    def _found_now(self) -> BreakEven:
        if self._found is None:
            self._found = break_even(*self._points(), self._dial.most if self._dial.is_bounded else None)
        return self._found

    def _state(self) -> BreakEvenState:
        own, other = self._points()
        found = self._found_now()
        names = self._lanes[0].label, self._lanes[1].label
        shipping = self._shipping[max(self._shipping)] if self._shipping else None
        return BreakEvenState(
            progress=self._progress(),
            unit=self._dial.name,
            lanes=self._lanes,
            reference=own,
            lane=other,
            size=self._step.size if self._step is not None else None,
            found=found,
            sentence=in_words(found, names, self._dial.name, shipping),
        )


def _shipping(state: ComparisonState) -> Shipping | None:
    """What the ledgers say of an item; None where nothing was shipped, or nobody saw it."""
    alone, together = state.lanes
    if not alone.ledgers or not together.ledgers or alone.tasks < 1:
        return None
    items = alone.tasks
    compute = sum(each.computing_ns for each in alone.ledgers) / len(alone.ledgers)
    workers = alone.lane.workers or 1
    ship = sum(each.sending_ns + each.returning_ns for each in together.ledgers) / len(together.ledgers)
    return Shipping(compute * workers / items, ship / items) if ship > 0 else None
