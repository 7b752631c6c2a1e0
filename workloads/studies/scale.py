"""The scaling study: one lane with different numbers of workers, and a reference, in turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..analysis.scaling import Marks, ScalePoint, Scaling, scaling
from ..analysis.scaling_words import in_words
from ..analysis.statistics import FEWEST_RUNS, is_settled, ratio_of
from ..errors import UsageError
from .base import Means, Progress, Setting
from .rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model import Lane

_SETTLED = 0.1
"""Width of the intervals, as a share, from which on no more rounds are made."""


class ScaleState(NamedTuple):
    """All that a face needs to show of a scaling study at one moment."""

    progress: Progress
    lane: Lane
    """As it was asked for; its workers are what is varied."""
    reference: Lane | None
    """The lane that is to be beaten; None without one."""
    counts: tuple[int, ...]
    """Numbers of workers that are measured."""
    reference_ns: tuple[int, ...]
    """Times of the reference so far."""
    points: tuple[ScalePoint, ...]
    """Times so far, by number of workers."""
    found: Scaling
    """What these come to so far."""
    sentence: str
    """The same for a person."""


class ScaleStudy(Rounds):
    """Finds how many workers are worth having."""

    def __init__(
        self,
        means: Means,
        setting: Setting,
        lane: Lane,
        counts: Sequence[int],
        reference: Lane | None,
        runs: int | None = None,
    ) -> None:
        """Prepare a study; the first call of `advance` starts it.

        Args:
            means: With what it is made.
            setting: What is run.
            lane: Whose workers are varied.
            counts: Their numbers.
            reference: The lane that is to be beaten, such as serial; None for none.
            runs: How often each number is run; None until the figures have settled.

        Raises:
            UsageError: If the lane has no workers.
        """
        if lane.engine == "serial":
            raise UsageError("The serial lane has no workers to vary: choose a lane such as pool.")
        if not counts:
            raise UsageError("There is no number of workers to measure: write some, such as --workers 1,2,4.")
        self._counts = tuple(sorted(set(counts)))
        lanes = [lane._replace(workers=count) for count in self._counts]
        super().__init__(means, setting, [*([reference] if reference is not None else []), *lanes], runs)
        self._lane, self._reference = lane, reference
        self._first = 0 if reference is None else 1
        self._marks = _marks(means)
        self._known: tuple[int, Scaling] | None = None

    def advance(self) -> ScaleState:
        """Do what can be done now, without waiting.

        Raises:
            GuardianLostError: Once, if the guardian died; what was measured stays, and the study is over.
        """
        self._go_on()
        reference_ns = tuple(self._times[0]) if self._reference is not None else ()
        found = self._found()
        return ScaleState(
            progress=self._progress(),
            lane=self._lane,
            reference=self._reference,
            counts=self._counts,
            reference_ns=reference_ns,
            points=self._points(),
            found=found,
            sentence=in_words(found, self._reference.label if self._reference is not None else None),
        )

    def _points(self) -> tuple[ScalePoint, ...]:
        measured = zip(self._counts, self._times[self._first :], strict=True)
        return tuple(ScalePoint(count, tuple(times)) for count, times in measured if times)

    def _found(self) -> Scaling:
        if self._known is None or self._known[0] != self._done:
            reference = self._times[0] if self._reference is not None else []
            self._known = self._done, scaling(self._points(), reference, self._marks)
        return self._known[1]

    def _has_settled(self) -> bool:
        if self._rounds < FEWEST_RUNS:
            return False
        base, *others = [times for times in self._times if times]
        return all(is_settled(ratio_of(base, times), _SETTLED) for times in others)


def _marks(means: Means) -> Marks:
    from ..sampling.topology import physical_cores

    return Marks(means.machine.budget.cpus, physical_cores())
