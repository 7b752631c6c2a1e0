"""Statistics of runs: known values, what must hold of any runs, and intervals that hold the truth."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poolscope.workloads.analysis.statistics import (
    FEWEST_RUNS,
    Interval,
    Ratio,
    is_settled,
    percentile,
    ratio_of,
    spread_of,
)

MS = 1_000_000
TIMES = st.lists(st.integers(0, 10**12), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([7], 0.3, 7),
        ([1, 2], 0.5, 1.5),
        ([1, 2, 3, 4], 0.25, 1.75),
        ([1, 2, 3, 4], 0.95, 3.85),
        ([10, 20, 30, 40, 50], 0, 10),
        ([10, 20, 30, 40, 50], 1, 50),
    ],
)
def test_percentiles_are_those_of_the_common_definition(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == pytest.approx(expected)


@given(st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=50), st.integers(1, 99))
def test_percentiles_agree_with_the_standard_library(values: list[int], hundredth: int) -> None:
    expected = statistics.quantiles(values, n=100, method="inclusive")[hundredth - 1]
    assert percentile(sorted(values), hundredth / 100) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1], -0.1), ([1], 1.1)])
def test_a_percentile_of_nothing_is_refused(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="percentile"):
        percentile(values, share)


def test_the_spread_of_known_runs() -> None:
    spread = spread_of([400, 100, 300, 200, 500])
    assert spread[:-1] == (5, 100, 200, 300, 400, 500)
    assert spread.p95 == pytest.approx(480)
    assert spread.relative == pytest.approx(2 / 3)


@given(TIMES)
def test_a_spread_is_in_order(times: list[int]) -> None:
    spread = spread_of(times)
    assert spread.count == len(times)
    figures = [spread.minimum, spread.lower, spread.median, spread.upper, spread.maximum]
    assert figures == sorted(figures)
    assert spread.upper <= spread.p95 * (1 + 1e-12) or len(times) < 2
    assert spread.median == statistics.median(times)
    assert spread.relative >= 0


def test_the_spread_of_one_run_and_of_runs_without_duration() -> None:
    assert spread_of([5]) == (1, 5, 5, 5, 5, 5, 5)
    assert spread_of([5]).relative == 0
    assert spread_of([0, 0]).relative == 0
    with pytest.raises(ValueError, match="percentile"):
        spread_of([])


def test_a_ratio_above_one_is_faster() -> None:
    ratio = ratio_of(
        [200 * MS, 202 * MS, 201 * MS, 199 * MS, 203 * MS], [100 * MS, 102 * MS, 99 * MS, 101 * MS, MS * 98]
    )
    assert ratio.value == pytest.approx(2.01)
    assert ratio.answer == "faster"
    assert ratio.interval is not None
    assert 1.9 < ratio.interval.low < ratio.value < ratio.interval.high < 2.1


def test_a_ratio_below_one_is_slower() -> None:
    ratio = ratio_of([100, 101, 102, 103, 104], [200, 202, 204, 206, 208])
    assert (ratio.value, ratio.answer) == (0.5, "slower")
    # Each pair has the same ratio, and so has every draw of pairs.
    assert list(ratio.interval or ()) == pytest.approx([0.5, 0.5])


def test_an_interval_that_spans_one_shows_no_difference() -> None:
    ratio = ratio_of([100, 110, 120, 105, 112], [111, 104, 100, 121, 109])
    assert ratio.answer == "no difference shown"
    assert ratio.interval is not None
    assert ratio.interval.low < 1 < ratio.interval.high


@pytest.mark.parametrize("runs", [FEWEST_RUNS, 6, 40])
def test_equal_runs_show_no_difference(runs: int) -> None:
    assert ratio_of([MS] * runs, [MS] * runs) == (1, (1, 1), "no difference shown")
    assert ratio_of([MS] * runs, [MS] * (runs + 1)) == (1, (1, 1), "no difference shown")


@pytest.mark.parametrize(("reference", "other"), [(1, 1), (FEWEST_RUNS - 1, 100), (100, FEWEST_RUNS - 1)])
def test_with_few_runs_there_is_a_ratio_but_no_interval(reference: int, other: int) -> None:
    ratio = ratio_of([300] * reference, [100] * other)
    assert (ratio.value, ratio.interval, ratio.answer) == (3, None, "not enough runs")
    assert not is_settled(ratio)


def test_runs_without_duration_count_as_the_least_there_is() -> None:
    assert ratio_of([0] * 5, [0] * 5) == (1, (1, 1), "no difference shown")
    assert ratio_of([1000] * 5, [0] * 5).value == 1000
    assert ratio_of([0], [4]).value == 0.25


@pytest.mark.parametrize(("reference", "other"), [([], [1]), ([1], []), ([], [])])
def test_a_ratio_needs_runs(reference: list[int], other: list[int]) -> None:
    with pytest.raises(ValueError, match="a run of each"):
        ratio_of(reference, other)


def test_runs_in_pairs_share_what_slows_both_down() -> None:
    """A machine that gets slower and slower says nothing about which of two lanes is the faster one."""
    drift = [100, 150, 200, 260, 330, 410, 500, 620]
    paired = ratio_of([each * MS for each in drift], [each * MS * 9 // 10 for each in drift])
    assert paired.answer == "faster"
    assert is_settled(paired)
    apart = ratio_of([each * MS for each in drift], [each * MS * 9 // 10 for each in [*drift, 620]])
    assert apart.answer == "no difference shown"
    assert not is_settled(apart)


@settings(max_examples=40, deadline=None)
@given(TIMES, TIMES)
def test_the_same_runs_give_the_same_ratio(reference: list[int], other: list[int]) -> None:
    first = ratio_of(reference, other)
    from poolscope.workloads.analysis import statistics as module

    module._ratio.cache_clear()  # so that it is computed again
    random.seed(len(reference))  # the state that everybody shares has no part in it
    assert ratio_of(tuple(reference), tuple(other)) == first


@settings(max_examples=60, deadline=None)
@given(TIMES, TIMES)
def test_what_holds_of_every_ratio(reference: list[int], other: list[int]) -> None:
    ratio = ratio_of(reference, other)
    assert ratio.value > 0
    assert (ratio.interval is None) == (ratio.answer == "not enough runs") == (min(map(len, (reference, other))) < 5)
    if ratio.interval is None:
        return
    low, high = ratio.interval
    assert 0 < low <= high < math.inf
    least, most = max(1, min(reference)) / max(1, *other), max(1, *reference) / max(1, min(other))
    assert least * (1 - 1e-9) <= low
    assert high <= most * (1 + 1e-9)
    assert ratio.answer == ("faster" if low > 1 else "slower" if high < 1 else "no difference shown")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 10**9)), min_size=5, max_size=20))
def test_the_other_way_round_the_ratio_is_the_reciprocal(pairs: list[tuple[int, int]]) -> None:
    reference, other = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    one, turned = ratio_of(reference, other), ratio_of(other, reference)
    assert one.value == pytest.approx(1 / turned.value)
    assert one.interval is not None
    assert turned.interval is not None
    assert one.interval == pytest.approx((1 / turned.interval.high, 1 / turned.interval.low))


@pytest.mark.parametrize(
    ("value", "interval", "settled"),
    [
        (2.0, Interval(1.96, 2.05), True),
        (2.0, Interval(1.94, 2.05), False),
        (1.0, Interval(1.0, 1.0), True),
        (100.0, Interval(98.0, 102.9), True),
        (2.0, None, False),
    ],
)
def test_a_ratio_is_settled_when_its_interval_is_narrow(value: float, interval: Interval | None, settled: bool) -> None:
    assert is_settled(Ratio(value, interval, "faster")) is settled


def test_how_narrow_may_be_chosen() -> None:
    assert is_settled(Ratio(2.0, Interval(1.9, 2.2), "faster"), width=0.2)


def lognormal(noise: random.Random) -> float:
    return math.exp(noise.gauss(0, 0.03))


def with_outliers(noise: random.Random) -> float:
    return math.exp(noise.gauss(0, 0.02)) * (1.5 if noise.random() < 0.1 else 1)


def with_a_tail(noise: random.Random) -> float:
    return 1 + 0.05 * noise.expovariate(1)


def times(noise: random.Random, kind: Callable[[random.Random], float], runs: int, typical: float) -> list[int]:
    return [round(typical * kind(noise)) for _ in range(runs)]


@pytest.mark.parametrize(
    ("kind", "first", "second", "promised"),
    [(lognormal, 5, 5, 0.9), (with_outliers, 10, 10, 0.93), (with_a_tail, 8, 12, 0.93)],
)
def test_the_interval_holds_the_truth(
    kind: Callable[[random.Random], float], first: int, second: int, promised: float
) -> None:
    noise, truth, cases, held = random.Random(11), 1.1, 150, 0
    for _ in range(cases):
        ratio = ratio_of(times(noise, kind, first, truth * 1e9), times(noise, kind, second, 1e9))
        assert ratio.interval is not None
        held += ratio.interval.low <= truth <= ratio.interval.high
    assert held / cases >= promised


def test_lanes_that_are_alike_are_seldom_told_apart() -> None:
    noise, cases = random.Random(3), 100
    told = sum(
        ratio_of(times(noise, lognormal, 10, 1e9), times(noise, lognormal, 10, 1e9)).answer != "no difference shown"
        for _ in range(cases)
    )
    assert told <= 0.06 * cases


def test_a_thousand_runs_are_told_apart_by_little() -> None:
    noise = random.Random(5)
    ratio = ratio_of(times(noise, lognormal, 1000, 1.02e9), times(noise, lognormal, 1000, 1e9))
    assert ratio.answer == "faster"
    assert is_settled(ratio, 0.02)
