"""Warnings about the measurement: what must be warned of, and what must not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from support.lanes import SECOND, lane_state

from poolscope.workloads.analysis.steadiness import warnings_of
from poolscope.workloads.model import Lane, LaneState
from poolscope.workloads.sampling.conditions import Meanwhile

SERIAL, POOL = Lane("serial", 1), Lane("pool", 2, "fork", 5)
QUIET = Meanwhile(SECOND, 2, 0, 0, 0, 0, False, False)
STEADY = [1.0, 1.01, 0.99, 1.0, 1.02]


def kinds(*lanes: LaneState) -> list[str]:
    return [warning.kind for warning in warnings_of(lanes)]


def lane(seconds: Sequence[float] = STEADY, key: str = "B", of: Lane = POOL, *meanwhile: Meanwhile | None) -> LaneState:
    return lane_state(key, of, seconds, meanwhile=meanwhile or (QUIET,) * len(seconds))


def during(key: str = "B", of: Lane = POOL, **values: int | bool | None) -> LaneState:
    return lane(STEADY, key, of, *[QUIET._replace(**values)] * len(STEADY))  # type: ignore[arg-type]


def test_a_quiet_machine_gets_no_warning() -> None:
    assert kinds(lane(key="A", of=SERIAL), lane()) == []
    assert kinds() == []
    assert kinds(lane_state("A", SERIAL, [], state="failed")) == []


def test_nothing_is_said_where_nobody_looked() -> None:
    assert kinds(lane(STEADY, "B", POOL, *[None] * 5), lane_state("C", POOL, STEADY)) == []
    assert kinds(during(others_ns=None, steal_ns=None, throttled_ns=None, is_slowed=None, on_battery=None)) == []


def test_runs_that_spread_are_noisy() -> None:
    (warning,) = warnings_of([lane([1.0, 1.2, 1.1, 1.3])])
    assert warning.kind == "noisy"
    assert warning.sentence == "The runs of B are noisy: the middle half of them lies 13 % apart."
    assert "more runs" in warning.advice
    assert kinds(lane([1.0, 1.3, 1.1])) == []  # three runs have no middle half worth the name


def test_a_run_far_out_is_an_outlier() -> None:
    (warning,) = warnings_of([lane([*STEADY, 3.0])])
    assert (warning.kind, warning.sentence) == ("outliers", "1 of 6 runs of B took up to 2.99 times its median.")
    assert kinds(lane([*STEADY, 1.1])) == []  # far out of very steady runs, but not worth a word
    assert "outliers" not in kinds(lane([1.0, 1.0, 1.0, 3.0]))  # too few to say what is usual


def test_what_is_too_short_for_the_clock() -> None:
    (warning,) = warnings_of([lane([0.0002] * 5, "A", SERIAL), lane()])
    assert (warning.kind, warning.sentence) == ("too-short", "A run of A took 200 µs: too short to be timed well.")


def test_others_matter_where_there_is_no_cpu_left_for_them() -> None:
    busy = SECOND // 2
    (warning,) = warnings_of([during("A", SERIAL, others_ns=busy), during(others_ns=busy)])
    assert (warning.kind, warning.sentence) == ("others", "Other programs took 0.5 of 2 CPUs while B ran.")
    assert kinds(during(others_ns=busy, cpus=64)) == []
    assert kinds(during(others_ns=SECOND // 5)) == []
    assert kinds(during("A", SERIAL, others_ns=SECOND * 3 // 2)) == ["others"]


def test_runs_too_short_for_the_kernels_clock_say_nothing_of_others() -> None:
    assert kinds(during(others_ns=SECOND // 50, wall_ns=SECOND // 50)) == []


@pytest.mark.parametrize(
    ("values", "kind", "sentence"),
    [
        (
            {"steal_ns": SECOND // 10},
            "steal",
            "The host took 5 % of the CPU time of this virtual machine away while B ran.",
        ),
        (
            {"throttled_ns": SECOND // 10, "throttled": 3},
            "throttled",
            "The CPU limit of a cgroup stopped B in 15 periods, for 500 ms in all.",
        ),
        (
            {"is_slowed": True},
            "frequency",
            "The CPUs changed their highest frequency, or were slowed down by heat, while B ran.",
        ),
        (
            {"on_battery": True},
            "battery",
            "The machine ran on its battery, where CPUs are slower and change their frequency more often.",
        ),
    ],
)
def test_what_the_machine_did_is_warned_of(values: dict[str, Any], kind: str, sentence: str) -> None:
    (warning,) = warnings_of([lane(key="A", of=SERIAL), during(**values)])
    assert (warning.kind, warning.sentence) == (kind, sentence)
    assert warning.advice.endswith(".")


def test_small_amounts_are_not_worth_a_warning() -> None:
    assert kinds(during(steal_ns=SECOND // 100, throttled_ns=SECOND // 200, throttled=1)) == []


def test_several_lanes_are_named_together() -> None:
    lanes = [during(key, POOL, is_slowed=True) for key in "ABC"]
    assert "while A, B and C ran" in warnings_of(lanes)[0].sentence
