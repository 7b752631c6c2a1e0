"""Which lane's turn it is: rounds over all lanes, warm-up rounds first, and as many as were asked for or are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LEAST_AUTOMATIC = 6
"""Rounds before which nothing is settled: that few runs can be alike by chance."""
MOST_AUTOMATIC = 60
"""Rounds after which it is not going to get better by waiting: the interval narrows with the root of their number."""
DEFAULT_BUDGET_S = 60.0


class Turn(NamedTuple):
    """The next run."""

    lane: int
    """Index of the lane."""
    warmup: int
    """Number of the warm-up run that it is; 0 for one that counts."""


class Rounds:
    """Deals out turns, interleaved: A B A B.

    Args:
        lanes: Indexes of those that can run; the first one is the reference.
        runs: How many each lane gets; None for as many as it takes until every lane's ratio to the first is settled.
        warmups: How many each lane gets before those; they do not count.
        budget_s: Seconds from the first turn on, after which an automatic number of runs ends: no round is begun that
            would not end within it, going by the one before. The first one is always made.

    Attributes:
        warmups: As it was given.
    """

    def __init__(
        self, lanes: Sequence[int], runs: int | None = 1, warmups: int = 0, budget_s: float = DEFAULT_BUDGET_S
    ) -> None:
        self.warmups = warmups
        self._lanes = list(lanes)
        self._runs = runs
        self._budget_ns = round(budget_s * 1e9)
        self._begun_ns: int | None = None
        self._round_ns = 0
        """When the last round began."""
        self._rounds = runs or 1
        """That were dealt out, or are to be."""
        self._turns = [Turn(lane, number) for number in range(1, warmups + 1) for lane in lanes]
        self._turns += [Turn(lane, 0) for _ in range(self._rounds) for lane in lanes]
        self._is_over = False

    @property
    def is_automatic(self) -> bool:
        """Whether the number of runs depends on what they give."""
        return self._runs is None

    @property
    def planned(self) -> int:
        """Runs that each lane gets; 0 while nobody knows."""
        return 0 if self.is_automatic and not self._is_over else self._rounds

    @property
    def waiting(self) -> frozenset[int]:
        """Lanes that have another turn, or may get one."""
        if self.is_automatic and not self._is_over:
            return frozenset(self._lanes)
        return frozenset(turn.lane for turn in self._turns)

    def next(self, now_ns: int, times: Mapping[int, Sequence[int]]) -> Turn | None:
        """Deal out the next turn.

        Args:
            now_ns: The time now.
            times: What the runs took so far that count, in nanoseconds, by the index of the lane.

        Returns:
            None if there is none any more.
        """
        if not self._turns and not self._is_over and self._needs_more(now_ns, times):
            self._turns = [Turn(lane, 0) for lane in self._lanes]
            self._rounds += 1
            self._round_ns = now_ns
        if not self._turns:
            self._is_over = True
            return None
        turn = self._turns.pop(0)
        if self._begun_ns is None:
            self._begun_ns = now_ns
        if self._rounds == 1 and turn == Turn(self._lanes[0], 0):
            self._round_ns = now_ns
        return turn

    def drop(self, lane: int) -> None:
        """Give a lane no further turn."""
        self._lanes = [other for other in self._lanes if other != lane]
        self._turns = [turn for turn in self._turns if turn.lane != lane]

    def end(self) -> None:
        """Deal out no further turn."""
        self._turns.clear()
        self._is_over = True

    def _needs_more(self, now_ns: int, times: Mapping[int, Sequence[int]]) -> bool:
        if not self.is_automatic or not self._lanes or self._rounds >= MOST_AUTOMATIC:
            return False
        begun_ns = now_ns if self._begun_ns is None else self._begun_ns
        if now_ns - begun_ns + now_ns - self._round_ns > self._budget_ns:
            return False
        if self._rounds < LEAST_AUTOMATIC:
            return True
        first, *others = self._lanes
        return not all_settled(times[first], (times[lane] for lane in others))


def all_settled(reference: Sequence[int], others: Iterable[Sequence[int]]) -> bool:
    """Whether it is known well enough how every one of OTHERS compares with the REFERENCE."""
    from .analysis.statistics import is_settled, ratio_of

    return all(is_settled(ratio_of(reference, times)) for times in others)
