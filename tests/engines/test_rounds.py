"""Whose turn it is: pure tests of the order of runs, and of when an automatic number of them ends."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from poolscope.workloads.rounds import LEAST_AUTOMATIC, MOST_AUTOMATIC, Rounds, Turn

SECOND = 1_000_000_000


def play(rounds: Rounds, time_of: Callable[[int], int], lanes: int = 2) -> list[Turn]:
    """Deal out all turns; each takes as long as TIME_OF its lane says."""
    now, turns = 0, list[Turn]()
    times: dict[int, list[int]] = {lane: [] for lane in range(lanes)}
    while (turn := rounds.next(now, times)) is not None:
        turns.append(turn)
        spent = time_of(turn.lane)
        now += spent
        if not turn.warmup:
            times[turn.lane].append(spent)
    return turns


def counted(turns: list[Turn], lane: int = 0) -> int:
    return sum(turn == Turn(lane, 0) for turn in turns)


def noisy(spread: float, seed: int = 1) -> Callable[[int], int]:
    noise = random.Random(seed)
    return lambda lane: round(SECOND * (1 + lane) * noise.lognormvariate(0, spread))


def test_lanes_take_turns_and_warm_up_first() -> None:
    rounds = Rounds([0, 2], runs=2, warmups=2)
    assert (rounds.planned, rounds.warmups, rounds.is_automatic) == (2, 2, False)
    assert play(rounds, lambda _: SECOND, lanes=3) == [
        *(Turn(lane, number) for number in (1, 2) for lane in (0, 2)),
        *(Turn(lane, 0) for _ in range(2) for lane in (0, 2)),
    ]
    assert not rounds.waiting


def test_a_lane_that_is_dropped_gets_no_turn_any_more() -> None:
    rounds = Rounds([0, 1], runs=2, warmups=1)
    assert rounds.next(0, {}) == Turn(0, 1)
    rounds.drop(1)
    assert rounds.waiting == {0}
    assert [rounds.next(0, {}) for _ in range(3)] == [Turn(0, 0), Turn(0, 0), None]


def test_an_automatic_number_ends_when_the_ratio_is_settled() -> None:
    rounds = Rounds([0, 1], runs=None, warmups=1, budget_s=10_000)
    assert (rounds.planned, rounds.is_automatic) == (0, True)
    turns = play(rounds, noisy(0.02))
    assert LEAST_AUTOMATIC < counted(turns) == counted(turns, 1) < MOST_AUTOMATIC
    assert rounds.planned == counted(turns)
    assert turns[:2] == [Turn(0, 1), Turn(1, 1)]


def test_what_is_quiet_is_settled_at_the_least_number() -> None:
    assert counted(play(Rounds([0, 1], runs=None), lambda _: SECOND // 10)) == LEAST_AUTOMATIC


def test_what_is_noisy_ends_at_the_largest_number() -> None:
    assert counted(play(Rounds([0, 1], runs=None, budget_s=10_000), noisy(0.5))) == MOST_AUTOMATIC


@pytest.mark.parametrize(("budget", "rounds"), [(1, 1), (3, 1), (6.5, 2), (9.5, 3), (12.5, 4)])
def test_no_round_begins_that_would_not_end_within_the_budget(budget: float, rounds: int) -> None:
    assert counted(play(Rounds([0, 1], runs=None, budget_s=budget), lambda lane: SECOND * (1 + lane))) == rounds


def test_all_lanes_have_to_be_settled() -> None:
    noise = random.Random(4)

    def time_of(lane: int) -> int:
        return SECOND if lane < 2 else round(SECOND * noise.lognormvariate(0, 0.5))

    assert counted(play(Rounds([0, 1, 2], runs=None, budget_s=10_000), time_of, lanes=3)) == MOST_AUTOMATIC


def test_a_single_lane_has_nothing_to_be_compared_with() -> None:
    assert counted(play(Rounds([0], runs=None, budget_s=10_000), noisy(0.5), lanes=1)) == LEAST_AUTOMATIC


def test_after_the_end_there_is_no_turn() -> None:
    rounds = Rounds([0, 1], runs=None)
    assert rounds.next(0, {}) == Turn(0, 0)
    rounds.end()
    assert rounds.next(SECOND, {}) is None
    assert (rounds.planned, rounds.waiting) == (1, frozenset())


def test_without_a_lane_left_there_is_no_turn() -> None:
    rounds = Rounds([0], runs=None)
    rounds.next(0, {})
    rounds.drop(0)
    assert rounds.next(SECOND, {0: []}) is None
