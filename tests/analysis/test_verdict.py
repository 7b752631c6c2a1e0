"""The verdict: what a person would say."""

from collections.abc import Sequence

import pytest
from support.lanes import lane_state, run_result

from poolscope.workloads.analysis.verdict import REPEAT, explain, judge
from poolscope.workloads.model import Lane, LaneState

SERIAL = Lane("serial", 1)
POOL = Lane("pool", 2, "fork", 625_000)
POOL_4 = Lane("pool", 4, "fork", 625_000)


def serial(*seconds: float) -> LaneState:
    return lane_state("A", SERIAL, seconds)


def pool(*seconds: float, key: str = "B", lane: Lane = POOL, **shares: float) -> LaneState:
    return lane_state(key, lane, seconds, shares)


def test_parallel_pays() -> None:
    verdict = judge([serial(2.74), pool(1.64, returning=0.04, starting=0.01)])
    assert verdict.answer == "parallel pays"
    assert verdict.fastest == "B"
    assert verdict.sentences == (
        "B is 1.7 times faster than A.",
        "2 workers could at best halve the time; 4 % of B went into shipping results back.",
        REPEAT,
    )
    assert verdict.speedup == pytest.approx(2.74 / 1.64)
    assert verdict.interval is None


def test_serial_wins_by_a_landslide() -> None:
    verdict = judge([serial(0.0051), pool(0.3757, starting=0.91, stopping=0.05)])
    assert (verdict.answer, verdict.fastest) == ("serial wins", "A")
    assert verdict.sentences == (
        "B is 74 times slower than A.",
        "91 % of B went into starting workers.",
        REPEAT,
    )


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        ("starting", "starting workers"),
        ("sending", "sending arguments to the workers"),
        ("returning", "shipping results back"),
        ("waiting", "workers that had nothing to do"),
        ("stopping", "stopping workers"),
    ],
)
def test_the_largest_overhead_is_named(phase: str, words: str) -> None:
    shares = dict.fromkeys(("starting", "sending", "returning", "waiting", "stopping"), 0.05) | {phase: 0.66}
    assert judge([serial(1), lane_state("B", POOL, [1.75], shares)]).sentences[1] == f"66 % of B went into {words}."


def test_workers_that_compute_as_long_as_serial_are_said_to_hold_each_other_up() -> None:
    verdict = judge([serial(1.0), pool(1.5, returning=0.1)])
    assert verdict.sentences[1].startswith("Each of B's 2 workers computed for 1.35 s, A for 1.00 s in all")


def test_results_that_differ_are_said_first() -> None:
    wrong = lane_state("B", POOL, [0.5], same_result=False)
    verdict = judge([serial(1), wrong])
    assert verdict.answer == "unknown"
    assert verdict.sentences[0] == "B gave another result than A, so their times cannot be compared."
    third = pool(0.5, key="C", lane=POOL_4)
    verdict = judge([serial(1), wrong, third])
    assert verdict.sentences[0].startswith("B gave another result")
    assert verdict.sentences[1] == "C is 2.0 times faster than A."
    assert (verdict.answer, verdict.fastest) == ("parallel pays", "C")


def test_a_small_difference_of_single_runs_is_none() -> None:
    verdict = judge([serial(1.00), pool(1.04)])
    assert verdict.answer == "no difference"
    assert verdict.sentences[0] == "B is as fast as A, as far as one run each can tell."
    assert verdict.sentences[-1] == REPEAT


def test_a_middling_difference_of_single_runs_should_be_repeated() -> None:
    verdict = judge([serial(1.00), pool(1.14, waiting=0.2)])
    assert verdict.answer == "serial wins"
    assert verdict.sentences == (
        "B is 1.1 times slower than A.",
        "20 % of B went into workers that had nothing to do.",
        REPEAT,
    )


def test_runs_that_overlap_show_no_difference() -> None:
    verdict = judge([serial(1.0, 1.1, 1.2), pool(0.9, 0.95, 1.05)])
    assert verdict.answer == "no difference"
    assert verdict.sentences[0] == (
        "No difference shown between B and A: their runs overlap (B 900 ms to 1.05 s, and A 1.00 s to 1.20 s)."
    )
    assert REPEAT not in verdict.sentences


def test_runs_that_do_not_overlap_show_even_a_small_difference() -> None:
    verdict = judge([serial(1.02, 1.03, 1.04), pool(0.99, 1.0, 1.01)])
    assert verdict.answer == "parallel pays"
    assert verdict.sentences[0] == "B is 1.03 times faster than A."


def test_one_outlier_in_many_runs_hides_no_difference() -> None:
    usual, with_outlier = serial(*([1.0, 1.1] * 4)), pool(*([0.5] * 7), 3.0)
    assert judge([usual, with_outlier]).answer == "parallel pays"


def test_with_enough_runs_the_interval_decides_and_is_said() -> None:
    verdict = judge([serial(1.0, 1.1, 1.2, 1.0, 1.1, 1.2), pool(0.9, 1.0, 1.1, 0.9, 1.0, 1.1)])
    assert verdict.answer == "parallel pays"  # although the runs overlap: each pair says the same
    assert verdict.speedup == pytest.approx(1.1)
    assert verdict.interval is not None
    assert verdict.interval.low > 1
    low, high = verdict.interval
    assert verdict.sentences[0] == f"B is 1.1 times faster than A ({low:.2f} to {high:.2f} times with 95 % confidence)."


def test_of_a_slower_lane_the_interval_is_said_the_same_way_round_as_the_figure() -> None:
    verdict = judge([serial(1.0, 1.0, 1.0, 1.0, 1.0), pool(2.0, 2.1, 2.2, 2.3, 2.4)])
    assert verdict.sentences[0] == "B is 2.2 times slower than A (2.00 to 2.40 times with 95 % confidence)."
    assert verdict.speedup == pytest.approx(1 / 2.2)


def test_an_interval_that_spans_1_shows_no_difference() -> None:
    verdict = judge([serial(1.0, 1.1, 1.2, 1.05, 1.15), pool(1.1, 1.0, 1.15, 1.2, 1.05)])
    assert verdict.answer == "no difference"
    assert verdict.speedup == pytest.approx(1.0)
    assert verdict.sentences[0].startswith("No difference shown between B and A: the 95 % interval of their ratio, 0.")
    assert verdict.sentences[0].endswith(", spans 1.")
    assert not any("not enough" in sentence for sentence in verdict.sentences)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([0.5, 0.6], "2 runs of a lane are not enough"),
        ([0.5, 0.6, 0.5, 0.6], "4 runs each are not enough"),
        ([0.5], "1 run of a lane is not enough"),
    ],
)
def test_too_few_runs_are_said(times: list[float], said: str) -> None:
    verdict = judge([serial(1.0, 1.1, 1.0, 1.1), pool(*times)])
    assert verdict.answer == "parallel pays"
    assert verdict.sentences[-1] == f"{said} for an interval: repeat with -r 5, or -r auto with a longer --time-budget."


def test_the_speedup_is_that_of_the_fastest_parallel_lane_against_the_fastest_serial_one() -> None:
    lanes = [pool(1.0, key="A"), lane_state("B", SERIAL, [2.0]), pool(0.5, key="C", lane=POOL_4)]
    assert judge(lanes).speedup == 4.0
    assert judge([lanes[0], lanes[2]]).speedup == 2.0
    assert judge([serial(1.0), lane_state("B", Lane("serial", blas=1), [1.0])]).speedup is None


def test_one_run_against_several() -> None:
    assert judge([serial(1.0), pool(0.9, 1.1)]).answer == "no difference"


def test_failures_are_said_before_figures() -> None:
    failed = lane_state(
        "B", POOL, [], state="failed", error="Worker w2 (pid 5) was killed by SIGKILL", same_result=None
    )
    verdict = judge([serial(1), failed])
    assert verdict.answer == "unknown"
    assert verdict.fastest == "A"
    assert verdict.sentences == (
        "B failed: Worker w2 (pid 5) was killed by SIGKILL.",
        "A took 1.00 s; there is nothing to compare it with.",
    )


def test_cancelled() -> None:
    cancelled = lane_state("B", POOL, [], state="cancelled", runs_planned=3)
    assert judge([serial(1), cancelled]).sentences[0] == "B was cancelled after 0 of 3 runs."


@pytest.mark.parametrize("lanes", [[], [lane_state("A", SERIAL, [], state="cancelled")]])
def test_without_any_result(lanes: Sequence[LaneState]) -> None:
    verdict = judge(lanes)
    assert (verdict.answer, verdict.fastest) == ("unknown", None)
    assert verdict.sentences[-1] == "No lane came to its end, so there is nothing to compare."


def test_a_run_that_failed_does_not_count() -> None:
    results = (run_result(1.0), run_result(50.0, ok=False, error="bad"))
    partly = lane_state("B", POOL, [1.0], results=results)
    assert judge([serial(2.0), partly]).sentences[0] == "B is 2.0 times faster than A."


def test_several_lanes() -> None:
    lanes = [serial(1.0), pool(2.0, starting=0.6), pool(0.4, key="C", lane=POOL_4, sending=0.1)]
    verdict = judge(lanes)
    assert (verdict.answer, verdict.fastest) == ("parallel pays", "C")
    assert verdict.sentences == (
        "C is the fastest: 2.5 times faster than A.",
        "4 workers could at best make it 4 times faster; 10 % of C went into sending arguments to the workers.",
        REPEAT,
    )
    lanes = [serial(1.0), pool(2.0), pool(4.0, key="C", lane=POOL_4)]
    assert judge(lanes).sentences[0] == "A is the fastest; B is 2.0 times slower than A, and the others more."


def test_without_a_serial_lane_there_is_no_answer_but_a_sentence() -> None:
    verdict = judge([pool(1.0, key="A"), pool(0.5, key="B", lane=POOL_4, waiting=0.3)])
    assert verdict.answer == "unknown"
    assert verdict.sentences[0] == "B is 2.0 times faster than A."
    assert judge([pool(1.0, key="A"), pool(1.0, key="B", lane=POOL_4)]).answer == "no difference"


def test_between_parallel_lanes_the_phase_that_differs_most_is_named() -> None:
    one = lane_state("A", Lane("pool", 1, "fork"), [0.84], {"returning": 0.01, "starting": 0.005})
    two = lane_state("B", POOL, [0.44], {"waiting": 0.03})
    assert explain([one, two]) == (
        "The largest part of what A took longer than B went into computing: 827 ms against 427 ms."
    )
    spawned = lane_state("C", Lane("pool", 2, "spawn"), [0.92], {"starting": 0.5, "waiting": 0.03})
    assert explain([two, spawned]) == (
        "The largest part of what C took longer than B went into starting workers: 460 ms against 0 s."
    )
    assert explain([two]) is None


def test_better_than_ideal_is_not_called_impossible() -> None:
    assert explain([serial(3.0), pool(1.0, returning=0.1)]) == "10 % of B went into shipping results back."
    assert explain([serial(3.0), pool(1.0)]) is None


def test_tiny_shares_are_not_worth_a_word() -> None:
    assert explain([serial(1.9), pool(1.0, waiting=0.004)]) == "2 workers could at best halve the time."
    assert explain([serial(1.9), pool(1.0, waiting=0.008)]) == (
        "2 workers could at best halve the time; less than 1 % of B went into workers that had nothing to do."
    )
