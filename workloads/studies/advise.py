"""What to do with a piece of work: measured within a time budget, the most telling things first.

First a serial run, which says how large the work may be; then the engines that fit; then, of the fastest, start
methods, numbers of workers and chunk sizes; then it and serial in turns, until it is known how they compare; then, with
what is left, from which size on it pays. Each run is planned from what those before it took (see `search`), and one
that takes too long is cut off. Whatever was measured when time is up, or a person had enough, is what the advice comes
from.
"""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING, NamedTuple

from ..analysis.advice import Advice, Answer, advise
from ..errors import GuardianLostError
from ..model import Lane
from ..parameters import listed
from ..report import figures
from .base import Progress
from .search import Budget, Search, Stage, Step

if TYPE_CHECKING:
    from ..model import ComparisonState
    from ..recording.reader import Recording
    from .base import Means, Setting
    from .breakeven import BreakEvenState, BreakEvenStudy
    from .work import Work

_LEAST_FOR_BREAK_EVEN_NS = 4_000_000_000
"""With less time, hardly two sizes are told apart."""
_BELOW = 1_000
"""Where serial wins, the break-even is sought from the size over that on: if there is one, it is above it."""

_LARGER = "All of it may pay all the same, for the start of the workers counts for less there: allow a larger budget."


_IN_A_PARAGRAPH = {
    "Unknown": "From which size on it pays is not known",
    "Never": "It pays at no size",
}
"""How the answers of a break-even study begin where nobody has asked for it."""


class AdviseState(NamedTuple):
    """All that a face needs to show of a search for advice at one moment."""

    progress: Progress
    stage: Stage
    setting: Setting
    """What is measured: perhaps smaller work than was asked for."""
    comparison: ComparisonState
    """Of all lanes."""
    break_even: BreakEvenState | None
    """None before that stage, and where there is no such study."""
    advice: Advice | None
    """None before the end."""


class Advise:
    """Searches for advice, as a `Study`."""

    def __init__(self, means: Means, work: Work, begun_ns: int | None = None) -> None:
        """Prepare it; the first call of `advance` starts it.

        Args:
            means: With what it is made, and the budget.
            work: What advice is wanted on.
            begun_ns: When the budget began, on the clock of ``perf_counter_ns``; now by default.

        Raises:
            UsageError: If it cannot run serially here.
        """
        self._means = means
        self._work = work
        self._budget = Budget(begun_ns if begun_ns is not None else perf_counter_ns(), means.budget_ns)
        self._ended_ns: int | None = None
        self._search = Search(means, work, self._budget)
        self._steps = self._search.steps()
        self._step: Step | None = None
        self._step_ns = 0
        """When it began."""
        self._study: BreakEvenStudy | None = None
        self._break_even: BreakEvenState | None = None
        self._runs = 0
        self._is_cancelled = self._is_out_of_time = False
        self._error: str | None = None
        self._advice: Advice | None = None

    @property
    def watched(self) -> tuple[int, Recording] | None:
        """Index of the lane whose run is under way, or was the last one, and what that recorded; None before it."""
        return self._study.watched if self._study is not None else self._search.trials.watched

    def cancel(self) -> None:
        """End the run under way and start no other one. What was measured is what the advice comes from."""
        if self._ended_ns is not None:
            return
        self._is_cancelled = True
        if self._study is not None:
            self._study.cancel()
        else:
            self._search.trials.cut()

    def advance(self) -> AdviseState:
        """Do what can be done now, without waiting.

        Raises:
            GuardianLostError: Once, if the guardian died; what was measured stays, and it is over.
        """
        try:
            self._go_on()
        except GuardianLostError as error:
            self._error = str(error)
            self._finish()
            raise
        return self._state()

    def _go_on(self) -> None:
        if self._ended_ns is not None:
            return
        if self._study is not None:
            self._break_even = self._study.advance()
            if self._break_even.progress.is_over:
                self._study, self._steps = None, self._search.more_steps()
            return
        search = self._search
        search.latest = search.trials.advance()
        if not search.trials.is_idle:
            self._look_at_the_run()
            return
        step, self._step = self._step, None
        if step is not None:
            search.took(step.lane, perf_counter_ns() - self._step_ns)
            self._runs += 1
        if self._is_cancelled or self._is_out_of_time:
            self._finish()
            return
        self._step = next(self._steps, None)
        if self._step is None:
            self._after(search.stage)
            return
        self._step_ns = perf_counter_ns()
        search.trials.ask(self._step.lane)
        search.latest = search.trials.advance()

    def _after(self, stage: Stage) -> None:
        """Begin what comes after a stage whose runs have all been made."""
        if stage != "certainty":
            self._finish()
        elif not self._begins_break_even():
            self._steps = self._search.more_steps()

    def _look_at_the_run(self) -> None:
        """Cut off what takes too long."""
        if self._budget.left_ns() <= 0:
            self._is_out_of_time = True
            self._search.trials.cut()
        elif self._step is not None and perf_counter_ns() - self._step_ns > self._step.limit_ns:
            self._search.trials.cut()

    def _begins_break_even(self) -> bool:
        """Look from which size on the best lane pays, if there is time and such a thing as a size."""
        search, dial, left = self._search, self._work.dial, self._budget.left_ns()
        if search.best is None or dial is None or left < _LEAST_FOR_BREAK_EVEN_NS:
            return False
        from .breakeven import BreakEvenStudy

        search.stage = "break-even"
        best = search.lane(search.best)
        if search.wins_serially:
            dial = dial._replace(least=max(dial.least, search.size // _BELOW))
        lanes = Lane("serial"), best.asked or best.lane
        self._study = BreakEvenStudy(self._means._replace(budget_ns=left), dial, lanes)
        return True

    def _finish(self) -> None:
        """Say what to do, from what there is."""
        search = self._search
        search.trials.close()
        try:
            search.latest = search.trials.advance()
        except GuardianLostError as error:
            self._error = str(error)
            search.latest = search.trials.advance()
        state = search.latest
        if state.lanes[0].state == "failed" and self._error is None:
            self._error = f"serial failed: {state.lanes[0].error or 'nothing is known of why'}"
        study = self._break_even
        studies = said_of_sizes(study, advise(state.lanes).answer, search.size) if study is not None else []
        found = advise(state.lanes, state.findings, studies, self._trust(), more="with a larger budget")
        is_never = study is not None and study.found.answer == "never"
        if search.smaller and found.answer in ("serial wins", "no difference") and not is_never:
            found = found._replace(sentences=(*found.sentences, _LARGER))
        self._advice = found
        self._ended_ns = perf_counter_ns()

    def _trust(self) -> str:
        """What is to be known of the figures."""
        serial = self._search.latest.lanes[0]
        if serial.state == "cancelled" and not serial.results and not self._is_cancelled:
            budget = figures.duration(self._budget.whole_ns)
            return f"A serial run takes too much of the budget of {budget}: allow a larger one."
        return self._search.smaller

    def _state(self) -> AdviseState:
        search = self._search
        return AdviseState(
            progress=self._progress(),
            stage=search.stage,
            setting=search.setting,
            comparison=search.latest,
            break_even=self._break_even,
            advice=self._advice,
        )

    def _progress(self) -> Progress:
        is_over = self._ended_ns is not None
        now = self._ended_ns if self._ended_ns is not None else perf_counter_ns()
        elapsed, whole = now - self._budget.begun_ns, self._budget.whole_ns
        study = self._break_even.progress if self._break_even is not None else None
        is_study = study is not None and self._study is not None
        return Progress(
            now_ns=now,
            what=self._what(),
            comparison=study.comparison if is_study and study is not None else self._search.latest,
            comparisons_done=self._runs + (study.comparisons_done if study is not None else 0),
            elapsed_ns=elapsed,
            budget_ns=whole,
            share=1.0 if is_over else min(0.99, elapsed / whole),
            left_ns=None if is_over else max(0, whole - elapsed),
            is_over=is_over,
            is_cancelled=self._is_cancelled,
            is_out_of_time=self._is_out_of_time,
            error=self._error,
            notes=(*self._search.latest.notes, *self._left_out()),
        )

    def _left_out(self) -> list[str]:
        """What there was no time for."""
        lanes = list(dict.fromkeys(lane.label for lane in self._search.left_out))
        return [f"There was no time for {listed(lanes)}: allow a larger budget."] if lanes else []

    def _what(self) -> str:
        search = self._search
        if self._study is not None and self._break_even is not None:
            return f"break-even, {self._break_even.progress.what}"
        if self._step is None:
            return search.stage
        return f"{search.stage}, {search.lane(self._step.lane).label}"


def said_of_sizes(study: BreakEvenState, answer: Answer, size: int) -> list[str]:
    """What a break-even study says within advice, if it found anything that does not speak against the advice.

    Its sizes are mostly smaller, and run less often: where the two differ, it is the study that is wrong.

    Args:
        study: At its end.
        answer: Of the advice.
        size: Of the work that the advice is from.
    """
    found = study.found
    pays = answer == "parallel pays"
    says_so = found.answer == "always" or (found.answer == "at" and found.size is not None and found.size <= size)
    if not found.ratios or (says_so and not pays) or (found.answer == "never" and pays):
        return []
    word, colon, rest = study.sentence.partition(": ")
    return [f"{_IN_A_PARAGRAPH[word]}: {rest}" if colon and word in _IN_A_PARAGRAPH else study.sentence]
