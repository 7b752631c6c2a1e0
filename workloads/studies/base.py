"""What all studies are: comparisons made one after the other, each chosen by what those before it have shown.

Nothing here waits. A face calls `advance` again and again, as it does with a `Comparison`, and shows the state that it
gets; `cancel` ends the study and keeps what was measured.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from time import perf_counter_ns
from typing import TYPE_CHECKING, NamedTuple, Protocol

from ..errors import GuardianLostError, UsageError

if TYPE_CHECKING:
    from ..comparison import Comparison
    from ..launcher import Guardian
    from ..model import ComparisonState, Lane, Machine, Parameters, Workload
    from ..recording.reader import Recording

_NOTES_KEPT = 20


class Setting(NamedTuple):
    """What is run at one point of a study."""

    workload: Workload
    parameters: Parameters
    reference: str | None = None
    """How a runner finds the workload, if not by its name in the catalogue."""


class Progress(NamedTuple):
    """How far a study is: the part of its state that all studies have in common."""

    now_ns: int
    what: str
    """What runs now, such as ``N = 20,000``; what ran last, at the end; "" before the first."""
    comparison: ComparisonState | None
    """The comparison under way, or the last one; None before the first."""
    comparisons_done: int
    elapsed_ns: int
    """Since the first call of `advance`."""
    budget_ns: int
    """The study ends by then, with what it has."""
    share: float
    """How much of it is done, 0 to 1, as far as that can be known: it never goes back."""
    left_ns: int | None
    """How long it will take at most; None when it is over."""
    is_over: bool
    is_cancelled: bool
    is_out_of_time: bool
    """Whether the budget ended it before all was measured that it would have measured."""
    error: str | None
    """Why it ended early, in one sentence; None if it did not."""
    notes: tuple[str, ...]
    """What a person should know, a sentence each."""


class StudyState(Protocol):
    """What the states of all studies have."""

    @property
    def progress(self) -> Progress:
        """How far it is."""


class Study(Protocol):
    """A study as its faces see it."""

    def advance(self) -> StudyState:
        """Do what can be done now, without waiting.

        Raises:
            GuardianLostError: Once, if the guardian died; what was measured stays, and the study is over.
        """

    def cancel(self) -> None:
        """End the run under way and start no other one. What was measured stays."""

    @property
    def watched(self) -> tuple[int, Recording] | None:
        """Index of the lane whose run is under way, or was the last one, and what that recorded; None before it."""


class Means(NamedTuple):
    """With what a study is made."""

    guardian: Guardian
    machine: Machine
    budget_ns: int = 60_000_000_000
    """How long it may take."""
    tolerance: float = 0.0
    """By how much floats in results may differ between lanes."""


class Driver(ABC):
    """Makes the comparisons of a study, one after the other, within its budget."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._begun_ns: int | None = None
        self._ended_ns: int | None = None
        self._comparison: Comparison | None = None
        """The one under way."""
        self._watched: Comparison | None = None
        """The one under way, or the last one."""
        self._old: Comparison | None = None
        """The one before, whose files are still there for who reads them."""
        self._latest: ComparisonState | None = None
        self._what = ""
        self._comparison_begun_ns = 0
        self._share = 0.0
        self._done = 0
        self._is_cancelled = False
        self._is_out_of_time = False
        self._error: str | None = None
        self._notes: list[str] = []

    # What each study decides

    @abstractmethod
    def _next(self) -> Comparison | None:
        """Make the next comparison; None if nothing more is worth measuring, or an error was set.

        `_what` is set to what it is about.
        """

    @abstractmethod
    def _take(self, state: ComparisonState, wall_ns: int) -> None:
        """Take in a comparison that has ended, perhaps because it was cancelled, WALL_NS after it began."""

    @abstractmethod
    def _share_done(self) -> float:
        """How much is done of what is planned, apart from the budget, 0 to 1."""

    # What they have in common

    @property
    def watched(self) -> tuple[int, Recording] | None:
        """Index of the lane whose run is under way, or was the last one, and what that recorded; None before it."""
        return self._watched.watched if self._watched is not None else None

    @property
    def left_ns(self) -> int:
        """What is left of the budget."""
        begun = self._begun_ns if self._begun_ns is not None else perf_counter_ns()
        return begun + self._means.budget_ns - perf_counter_ns()

    def cancel(self) -> None:
        """End the run under way and start no other one. What was measured stays."""
        if self._ended_ns is None:
            self._is_cancelled = True
            if self._comparison is not None:
                self._comparison.cancel()

    def _go_on(self) -> None:
        """Do what can be done now."""
        if self._ended_ns is not None:
            return
        if self._begun_ns is None:
            self._begun_ns = perf_counter_ns()
        if self._comparison is None and not self._begin():
            self._ended_ns = perf_counter_ns()
            return
        comparison = self._comparison
        assert comparison is not None  # noqa: S101 - it has begun
        try:
            self._latest = comparison.advance()
        except GuardianLostError as error:
            self._latest = comparison.advance()
            self._finish(self._latest)
            self._error, self._ended_ns = str(error), perf_counter_ns()
            raise
        if self._latest.is_over:
            self._finish(self._latest)
        elif self.left_ns <= 0 and not self._is_out_of_time:
            self._is_out_of_time = True
            comparison.cancel()

    def _begin(self) -> bool:
        """Begin the next comparison; False if there is none."""
        if self._is_cancelled or self._is_out_of_time or self._error is not None:
            return False
        if self.left_ns <= 0:
            self._is_out_of_time = True
            return False
        try:
            comparison = self._next()
        except UsageError as error:
            self._error = str(error)
            return False
        if comparison is None:
            return False
        self._comparison = self._watched = comparison
        self._comparison_begun_ns = perf_counter_ns()
        return True

    def _finish(self, state: ComparisonState) -> None:
        self._done += 1
        if self._old is not None:
            self._old.discard()
        self._old, self._comparison = self._comparison, None
        self._notes += [note for note in state.notes if note not in self._notes][: _NOTES_KEPT - len(self._notes)]
        self._take(state, perf_counter_ns() - self._comparison_begun_ns)

    def _compare(self, setting: Setting, lanes: Sequence[Lane], runs: int) -> Comparison:
        """Make a comparison.

        Raises:
            UsageError: If a lane is not allowed, or none of them can run here.
        """
        from ..comparison import Comparison

        return Comparison(
            self._means.guardian,
            setting.workload,
            setting.parameters,
            lanes,
            runs=runs,
            log_level=0,
            workload_reference=setting.reference,
            machine=self._means.machine,
            tolerance=self._means.tolerance,
            keeps=False,
        )

    def _note(self, sentence: str) -> None:
        if sentence not in self._notes and len(self._notes) < _NOTES_KEPT:
            self._notes.append(sentence)

    def _progress(self) -> Progress:
        now = self._ended_ns or perf_counter_ns()
        elapsed = now - self._begun_ns if self._begun_ns is not None else 0
        is_over = self._ended_ns is not None
        spent = min(1.0, elapsed / max(1, self._means.budget_ns))
        self._share = 1.0 if is_over else max(self._share, min(0.99, max(spent, self._share_done())))
        return Progress(
            now_ns=now,
            what=self._what,
            comparison=self._latest,
            comparisons_done=self._done,
            elapsed_ns=elapsed,
            budget_ns=self._means.budget_ns,
            share=self._share,
            left_ns=None if is_over else max(0, self._means.budget_ns - elapsed),
            is_over=is_over,
            is_cancelled=self._is_cancelled,
            is_out_of_time=self._is_out_of_time,
            error=self._error,
            notes=tuple(self._notes),
        )


def times_of(state: ComparisonState) -> Mapping[int, tuple[int, ...]]:
    """Times of the runs that succeeded, in nanoseconds, by index of the lane."""
    return {
        index: tuple(result.elapsed_ns for result in lane.results if result.ok)
        for index, lane in enumerate(state.lanes)
    }


def failure_of(state: ComparisonState) -> str | None:
    """Why a lane has failed or gave other results, in one sentence; None if none did."""
    for lane in state.lanes:
        if lane.state == "failed":
            return f"{lane.label} failed: {lane.error or 'nothing is known of why'}"
        if lane.same_result is False:
            return (
                f"{lane.label} gave another result than {state.lanes[0].label}, so their times cannot be compared. "
                f"{lane.difference or ''}"
            ).strip()
    return None
