"""What scaling and chunk sizes have in common: the same lanes again and again, in rounds of one run each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UsageError
from .base import Driver, Means, Setting, failure_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..comparison import Comparison
    from ..model import ComparisonState, Lane

MOST_ROUNDS = 15
"""Without a wish for so many runs, there are no more, however much they differ."""


class Rounds(Driver):
    """Runs lanes in turns, round by round, until enough is known or the budget is spent."""

    _first = 0
    """Index of the first lane that is studied; those before it are there to be compared with."""

    def __init__(self, means: Means, setting: Setting, lanes: Sequence[Lane], runs: int | None) -> None:
        """Prepare the rounds.

        Args:
            means: With what they are made.
            setting: What is run.
            lanes: All of them.
            runs: How many rounds; None for as many as it takes until the figures have settled.
        """
        super().__init__(means)
        self._setting = setting
        self._lanes = list(lanes)
        self._runs = runs
        self._times: list[list[int]] = [[] for _ in lanes]
        """Of each lane, a run a round."""
        self._waiting: list[list[int]] = [[] for _ in lanes]
        self._current: list[int] = []
        """Lanes of the comparison under way."""
        self._rounds = 0
        self._round_ns: int | None = None
        """What the last round took."""

    def _wanted(self) -> list[int]:
        """Lanes of the next round; none if enough is known."""
        if self._runs is not None:
            return list(range(len(self._lanes))) if self._rounds < self._runs else []
        if self._rounds >= MOST_ROUNDS or (self._rounds and self._has_settled()):
            return []
        return list(range(len(self._lanes)))

    def _has_settled(self) -> bool:
        """Whether more rounds would change nothing."""
        return False

    def _next(self) -> Comparison | None:
        wanted = self._wanted()
        if not wanted:
            return None
        if self._round_ns is not None and self._round_ns > self.left_ns:
            self._is_out_of_time = True
            return None
        self._current = self._able(wanted)
        self._what = self._called()
        return self._compare(self._setting, [self._lanes[index] for index in self._current], 1)

    def _able(self, wanted: list[int]) -> list[int]:
        """Those of the lanes WANTED that can run here; why others cannot is said once.

        Raises:
            UsageError: If none of those can that are studied.
        """
        from ..lanes import check_lanes
        from ..parameters import listed

        setting = self._setting
        able = []
        reasons: dict[str, list[str]] = {}
        for index in wanted:
            try:
                (reason,) = check_lanes([self._lanes[index]], setting.workload, setting.parameters, self._means.machine)
            except UsageError as error:
                reason = str(error)
            if reason is None:
                able.append(index)
            else:
                reasons.setdefault(reason, []).append(self._lanes[index].label)
        if all(index < self._first for index in able):
            raise UsageError(next(reversed(reasons)))
        for reason, labels in reasons.items():
            self._note(f"{listed(labels)} {'was' if len(labels) == 1 else 'were'} left out: {reason}")
        return able

    def _take(self, state: ComparisonState, wall_ns: int) -> None:
        self._error = self._error or failure_of(state)
        for place, lane in enumerate(state.lanes):
            index = self._current[place]
            self._times[index] += [result.elapsed_ns for result in lane.results if result.ok]
            self._waiting[index] += [ledger.waiting_ns for ledger in lane.ledgers]
        self._taken(wall_ns)

    def _taken(self, wall_ns: int) -> None:
        """Take in that a round has ended."""
        self._rounds += 1
        self._round_ns = wall_ns

    def _called(self) -> str:
        return f"round {self._rounds + 1}" + (f" of {self._runs}" if self._runs is not None else "")

    def _share_done(self) -> float:
        latest = self._latest
        within = 0.0
        if self._comparison is not None and latest is not None and self._current:
            within = sum(lane.runs_done for lane in latest.lanes) / len(self._current)
        return (self._rounds + within) / (self._runs or MOST_ROUNDS)
