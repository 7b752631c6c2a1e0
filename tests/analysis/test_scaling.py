"""Laws of scaling on speed-ups that follow them, and what is said of workers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.lanes import MACHINE

from poolscope.workloads.analysis.scaling import Fit, Marks, ScalePoint, fit, scaling, worker_counts
from poolscope.workloads.analysis.scaling_words import in_words
from poolscope.workloads.catalogue import find
from poolscope.workloads.model import Lane
from poolscope.workloads.report.study_text import scale_text
from poolscope.workloads.studies.base import Progress
from poolscope.workloads.studies.scale import ScaleState

COUNTS = (2, 4, 8, 16, 32)


def universal(sigma: float, kappa: float, counts: tuple[int, ...] = COUNTS) -> list[tuple[int, float]]:
    return [(count, count / (1 + sigma * (count - 1) + kappa * count * (count - 1))) for count in counts]


def times(*each: int) -> tuple[int, ...]:
    return tuple(each)


def runs(median: float, spread: float = 0.004) -> tuple[int, ...]:
    """Seven runs around a time in milliseconds."""
    return tuple(round(median * 1e6 * (1 + spread * step)) for step in (0, 1, -1, 2, -2, 3, -3))


@given(st.floats(0, 1), st.floats(0, 0.1))
def test_the_universal_law_is_found_again(sigma: float, kappa: float) -> None:
    found = fit("usl", universal(sigma, kappa))
    assert found.serial == pytest.approx(sigma, abs=1e-4)
    assert found.coherence == pytest.approx(kappa, abs=1e-4)
    assert found.residual < 1e-3


@given(st.floats(0, 1))
def test_amdahls_and_gustafsons_shares_are_found_again(share: float) -> None:
    assert fit("amdahl", universal(share, 0)).serial == pytest.approx(share, abs=1e-6)
    grown = [(count, count - share * (count - 1)) for count in COUNTS]
    assert fit("gustafson", grown).serial == pytest.approx(share, abs=1e-6)


@given(st.lists(st.tuples(st.integers(2, 200), st.floats(0.05, 300)), min_size=1, max_size=8))
def test_no_share_is_negative_or_more_than_all(speedups: list[tuple[int, float]]) -> None:
    for law in ("amdahl", "gustafson", "usl"):
        found: Fit = fit(law, speedups)
        assert 0 <= found.serial <= 1
        assert found.coherence >= 0
        assert found.goodness <= 1
        assert found.peak is None or found.peak >= 1


def test_goodness_says_that_a_law_does_not_fit() -> None:
    dented = [(2, 1.9), (4, 3.7), (8, 2.0), (16, 9.0)]
    assert fit("amdahl", universal(0.1, 0)).goodness == pytest.approx(1)
    assert fit("amdahl", dented).goodness < 0.7
    assert fit("amdahl", dented).residual > 0.3


def test_a_law_needs_speedups() -> None:
    with pytest.raises(ValueError, match="needs"):
        fit("usl", [])


def test_the_peak_is_where_the_curve_turns() -> None:
    found = fit("usl", universal(0.05, 0.01))
    assert found.peak == pytest.approx((0.95 / 0.01) ** 0.5)
    assert found.at(9) > found.at(7)
    assert found.at(10) > found.at(13)


def test_workers_that_bring_nothing_are_named() -> None:
    points = [ScalePoint(count, runs(time)) for count, time in ((1, 100), (2, 52), (3, 52.2), (4, 60))]
    found = scaling(points, runs(95), Marks(2.0, 2))
    assert (found.best, found.enough, found.too_many) == (2, 2, 3)
    first = found.points[0]
    assert first.over_reference is not None
    assert first.over_reference.value == pytest.approx(0.95)
    assert [point.efficiency for point in found.points] == pytest.approx([1, 0.96, 0.64, 0.417], abs=0.01)
    assert found.points[1].efficiency_interval is not None
    said = in_words(found, "serial")
    assert said.startswith("2 workers are enough: 1.8 times faster than serial (ratio 1.83, 95 % interval 1.8")
    assert said.endswith("; 3 bring nothing more.")


def test_fewer_workers_are_enough_if_more_are_not_shown_to_be_faster() -> None:
    noisy, few = runs(100, spread=0.05), runs(98, spread=0.05)
    points = [ScalePoint(1, noisy), ScalePoint(2, noisy[::-1]), ScalePoint(4, few[3:] + few[:3])]
    found = scaling(points)
    assert (found.best, found.enough) == (4, 1)


def test_it_is_said_that_no_number_beats_the_reference() -> None:
    found = scaling([ScalePoint(1, runs(300)), ScalePoint(2, runs(200)), ScalePoint(4, runs(250))], runs(100))
    said = in_words(found, "serial")
    assert said.startswith("No number of workers beats serial: 2 workers are 2.0 times slower (ratio 0.50, ")


def test_a_gain_whose_interval_spans_one_is_not_said_to_be_one() -> None:
    for times_ns in (runs(95, 0.15), runs(105, 0.15)):
        found = scaling([ScalePoint(1, times_ns), ScalePoint(2, times_ns)], runs(100, 0.15)[::-1])
        said = in_words(found, "serial")
        assert said.startswith("No number of workers is shown to beat serial: between that and 1 worker no difference")


def test_a_loss_of_more_workers_is_one_against_those_that_are_enough() -> None:
    found = scaling([ScalePoint(1, runs(100)), ScalePoint(2, runs(51)), ScalePoint(4, runs(102))], runs(204))
    assert in_words(found, "serial").endswith("; 4 are 2.0 times slower than 2.")


def test_the_median_of_the_reference_is_that_of_the_ratios_beside_it() -> None:
    points, reference = (ScalePoint(1, (10**8, 10**8)),), (10**8, 3 * 10**8)
    progress = Progress(0, "", None, 1, 0, 1, 1.0, None, True, False, False, None, ())
    state = ScaleState(progress, Lane("pool"), Lane("serial"), (1,), reference, points, scaling(points, reference), ".")
    rows = [line.split() for line in scale_text(find("sqrt"), {"N": 11}, MACHINE, state).splitlines()]
    assert ["-", "2", "200", "ms", "reference"] in rows
    assert ["1", "2", "100", "ms", "2.00×", "-", "100", "%", "enough,", "fastest"] in rows


def test_few_runs_are_told_apart_only_where_their_ranges_are() -> None:
    assert scaling([ScalePoint(1, times(100)), ScalePoint(2, times(60))]).enough == 2
    assert scaling([ScalePoint(1, times(102)), ScalePoint(2, times(100))]).enough == 1
    assert scaling([ScalePoint(1, times(60, 100)), ScalePoint(2, times(70, 70))]).enough == 1


def test_the_largest_number_measured_is_not_said_to_be_the_most_that_helps() -> None:
    found = scaling([ScalePoint(1, runs(100)), ScalePoint(2, runs(51))], runs(99))
    assert found.too_many is None
    assert "More than 2 workers were not measured; they may bring more." in found.notes
    assert in_words(found, "serial").startswith("2 workers are best of those measured: 1.9 times faster than serial")


def test_too_few_points_are_said_to_be_so() -> None:
    few = scaling([ScalePoint(1, runs(100)), ScalePoint(2, runs(51)), ScalePoint(4, runs(30))])
    assert [each.law for each in few.fits] == ["amdahl", "gustafson"]
    assert any(note.startswith("Too few numbers of workers for the Universal") for note in few.notes)
    none = scaling([ScalePoint(2, runs(51)), ScalePoint(4, runs(30))], runs(100))
    assert none.fits == ()
    assert any(note.startswith("One worker was not measured") for note in none.notes)
    assert none.points[0].efficiency is None
    single = scaling([ScalePoint(1, times(100)), ScalePoint(2, times(60))], times(90))
    assert any(note.startswith("There are fewer than 5 runs") for note in single.notes)
    assert in_words(scaling([]), "serial") == "Nothing was measured, so nothing can be said of workers."


def test_an_extrapolation_is_called_one() -> None:
    speedups = [(1, 1.0), *universal(0.02, 0.0001, (2, 4, 8))]
    found = scaling([ScalePoint(count, runs(100 / value, 0.0001)) for count, value in speedups])
    assert any(note.endswith("beyond the 8 that were measured: an extrapolation.") for note in found.notes)


def test_laws_are_fitted_to_workers_with_a_cpu_of_their_own_where_these_are_enough() -> None:
    speedups = [(1, 1.0), *universal(0.1, 0, (2, 4, 8)), (16, 2.0)]
    points = [ScalePoint(count, runs(100 / value, 0.0001)) for count, value in speedups]
    within = scaling(points, marks=Marks(8.0, 4))
    assert all(each.counts == (2, 4, 8) for each in within.fits)
    beyond = scaling(points, marks=Marks(2.0, 2))
    assert all(each.counts == (2, 4, 8, 16) for each in beyond.fits)
    assert any("more workers than there are CPUs" in note for note in beyond.notes)


@pytest.mark.parametrize(
    ("budget", "counts"),
    [(1, (1, 2)), (2, (1, 2, 3, 4)), (1.5, (1, 2, 3, 4)), (6, (1, 2, 4, 6, 9, 12)), (8, (1, 2, 4, 8, 12, 16))],
)
def test_workers_are_measured_up_to_the_budget_and_beyond(budget: float, counts: tuple[int, ...]) -> None:
    assert worker_counts(budget) == counts
    assert worker_counts(budget, 3) == tuple(count for count in counts if count <= 3)


def test_a_number_of_workers_has_a_gain_only_where_one_is_shown() -> None:
    assert scaling([ScalePoint(1, runs(200)), ScalePoint(2, runs(60))], runs(100)).has_gain
    assert not scaling([ScalePoint(1, runs(300)), ScalePoint(2, runs(200))], runs(100)).has_gain
    assert not scaling([ScalePoint(1, runs(95, 0.15))], runs(100, 0.15)[::-1]).has_gain
    assert scaling([ScalePoint(1, runs(300))]).has_gain, "there is nothing to beat"
