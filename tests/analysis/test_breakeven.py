"""Break-even by simulation: known curves with noise, whose crossing must be found."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.curves import Study, affine

from poolscope.workloads.analysis.breakeven import Point, Shipping, break_even, next_size
from poolscope.workloads.analysis.breakeven_words import in_words
from poolscope.workloads.analysis.crossing import contradiction, ratios_of, split

START, SHIP = 15e6, 2e3
NAMES = "serial", "pool"


def two_workers(item: float) -> Study:
    return Study(affine(50e3, item), affine(START, item / 2 + SHIP))


@pytest.mark.parametrize("item", [10e3, 30e3, 100e3, 1e6])
@pytest.mark.parametrize("noise", [0.0, 0.01, 0.04])
def test_the_crossing_of_known_curves_is_found(item: float, noise: float) -> None:
    truth = (START - 50e3) / (item / 2 - SHIP)
    found = Study(affine(50e3, item), affine(START, item / 2 + SHIP), noise, seed=3).finish(1, 10**8)
    assert found.answer == "at"
    assert found.size is not None
    assert abs(found.size / truth - 1) < 0.15
    assert found.interval is not None
    assert found.interval.low <= found.size <= found.interval.high
    assert found.reference is not None
    assert found.reference.item_ns == pytest.approx(item, rel=0.15)
    assert found.lane is not None
    assert found.lane.fixed_ns == pytest.approx(START, rel=0.25)


def test_intervals_hold_the_truth_as_a_rule() -> None:
    truth = (START - 50e3) / (30e3 / 2 - SHIP)
    held = 0
    for seed in range(40):
        found = Study(affine(50e3, 30e3), affine(START, 17e3), 0.05, seed, outliers=0.05).finish(1, 10**8)
        assert found.interval is not None
        held += found.interval.low <= truth <= found.interval.high
    assert held >= 32


def test_costs_that_bend_do_not_move_the_crossing() -> None:
    # Beyond a size of 5,000 the reference's items cost three times as much, as with a cache that no longer holds them.
    def bent(size: float) -> float:
        return 20e3 * size + max(0.0, size - 5_000) * 40e3

    truth = START / (20e3 - 12e3)
    found = Study(bent, affine(START, 12e3), 0.01, seed=1).finish(1, 10**6)
    assert found.size is not None
    assert abs(found.size / truth - 1) < 0.1


def test_costs_that_grow_with_the_square_cross_as_well() -> None:
    found = Study(lambda size: 1e3 * size**2, lambda size: START + 0.6e3 * size**2, 0.01, seed=1).finish(1, 10**6)
    assert found.size is not None
    assert abs(found.size / math.sqrt(START / 0.4e3) - 1) < 0.1


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2])
def test_a_lane_whose_items_cost_more_never_wins(noise: float) -> None:
    study = Study(affine(50e3, 100), affine(START, 400), noise, seed=2, outliers=0.1)
    found = study.finish(11, 10**9)
    assert (found.answer, found.size) == ("never", None)
    assert max(study.times) < 10**9, "what cannot be won need not be measured to the end"
    said = in_words(found, NAMES, "N", Shipping(compute_ns=100, ship_ns=1_200))
    assert said == "Never: each item costs more to ship (1.20 µs) than to compute (100 ns)."
    assert in_words(found, NAMES, "N").startswith("Never: each unit of N takes ")


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2])
def test_a_lane_that_wins_from_the_smallest_size_on_always_does(noise: float) -> None:
    found = Study(affine(50e6, 1e6), affine(START, 0.5e6), noise, seed=2).finish(11, 10**9)
    assert found.answer == "always"
    assert in_words(found, NAMES, "N") == ("Always: pool beats serial from the smallest size measured on, N = 11.")


def test_a_crossing_beyond_the_largest_size_is_expected_and_not_claimed() -> None:
    study = Study(affine(50e3, 30e3), affine(START, 17e3))
    found = study.finish(1, 500)
    assert found.answer == "never", "all there is was measured"
    assert in_words(found, NAMES, "N") == "Never: pool is slower than serial at every size up to the largest, 500."
    for_more = break_even(*study.points(), None)
    assert for_more.answer == "unknown"
    assert for_more.expected_size == pytest.approx((START - 50e3) / 13e3, rel=0.01)
    said = in_words(for_more, NAMES, "N")
    assert "which was not measured" in said
    assert said.endswith("Measured was N = 1 to 500.")


def test_a_single_bad_run_decides_nothing() -> None:
    study = two_workers(30e3)
    for size in (1, 10, 100, 1_000):
        study.measure(size)
    study.times[100][0][0] = int(1e9)  # the reference was held up, so that the lane seems to win
    found = study.finish(1, 10**6)
    assert found.size is not None
    assert abs(found.size / ((START - 50e3) / 13e3) - 1) < 0.1
    assert len(study.times[100][0]) > 1, "it was measured again"


def test_nothing_measured_is_no_answer() -> None:
    found = break_even([], [])
    assert found.answer == "unknown"
    assert found.reference is found.lane is None
    assert in_words(found, NAMES, "N") == "Nothing was measured in both lanes, so there is nothing to compare."


def test_a_lane_that_wins_at_small_sizes_only_is_no_break_even() -> None:
    study = Study(affine(5e6, 10e3), affine(1e6, 30e3))
    for size in (1, 10, 100, 1_000, 10_000, 100_000):
        study.measure(size, 3)
    found = break_even(*study.points())
    assert found.answer == "unknown"
    assert "in no order" in in_words(found, NAMES, "inputs")


def test_words_name_the_size_and_its_interval() -> None:
    found = Study(affine(0, 30e3), affine(START, 15e3), 0.01, seed=1).finish(1, 10**6)
    said = in_words(found, NAMES, "inputs")
    assert said.startswith("pool beats serial from about ")
    assert " inputs on (95 % interval " in said


@given(
    fixed=st.floats(1e5, 1e9),
    start=st.floats(1e6, 1e9),
    item=st.floats(10, 1e8),
    gain=st.floats(0.1, 3),
    noise=st.floats(0, 0.3),
    seed=st.integers(0, 1_000),
    low=st.integers(1, 100),
    span=st.integers(1, 10**7),
)
@settings(max_examples=60)
def test_every_study_comes_to_an_end_within_its_limits(
    fixed: float, start: float, item: float, gain: float, noise: float, seed: int, low: int, span: int
) -> None:
    study = Study(affine(fixed, item), affine(start, item * gain), noise, seed, outliers=0.1)
    found = study.finish(low, low + span)
    assert (found.answer == "at") == (found.size is not None)
    if found.size is not None:
        assert low <= found.size <= low + span
        assert found.interval is not None
        assert found.interval.low <= found.size <= found.interval.high
    assert in_words(found, NAMES, "N").endswith(".")


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=12))
def test_the_split_is_the_one_with_the_least_against_it(medians: list[float]) -> None:
    reference = [Point(2**index, (round(1e9 * math.exp(each)),)) for index, each in enumerate(medians)]
    ratios = ratios_of(reference, [Point(each.size, (10**9,)) for each in reference])
    assert 0 <= split(ratios) <= len(ratios)
    assert 0 <= contradiction(ratios) <= 0.5 + 1e-9


def test_what_is_measured_first_is_the_smallest_size() -> None:
    step = next_size([], [], 7, 100)
    assert step is not None
    assert (step.size, step.runs) == (7, 1)


def test_one_bad_run_of_the_reference_is_no_crossing() -> None:
    """As a busy machine left it: 16 ms for a hundred square roots."""
    own = [Point(11, (299_295,)), Point(62, (352_615, 341_019, 412_895)), Point(110, (16_530_800,))]
    other = [Point(11, (15_583_896,)), Point(62, (33_696_795, 7_667_098, 3_907_532)), Point(110, (11_125_852,))]
    found = break_even(own, other)
    assert (found.answer, found.size) == ("unknown", None)
    said = in_words(found, ("serial", "pool"), "N")
    assert said == (
        "Unknown: pool was faster from N = 110 on, but in a single pair of runs, which may be chance. Measured was "
        "N = 11 to 110."
    )
    own[-1], other[-1] = Point(110, (16_530_800,) * 3), Point(110, (11_125_852,) * 3)
    assert break_even(own, other).answer == "at"
