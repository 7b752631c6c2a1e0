"""What is expected of lanes, from what a few tasks took."""

from __future__ import annotations

import time

import pytest
from support.lanes import MACHINE

from poolscope.workloads.calling import arguments_in_words, binds, manner_for
from poolscope.workloads.estimates import estimate
from poolscope.workloads.lanes import resolve_lane
from poolscope.workloads.model import CpuBudget, EngineName, Lane, StartMethod
from poolscope.workloads.probe.answers import Checked, Limits, Trial
from poolscope.workloads.probe.trial import attempt, places, weight
from poolscope.workloads.target import signature_of

TRIAL = Trial(
    tasks=8,
    mean_ns=10_000_000,
    longest_ns=12_000_000,
    cpu_share=1.0,
    shipping_ns=10_000,
    input_bytes=1_000,
    result_bytes=2_000,
    pickled_bytes=3_000,
    growth_bytes=5_000_000,
)
CHECKED = Checked(
    tasks=1_000,
    manner="one",
    signature="(n)",
    doc="",
    first="1",
    origin="",
    module_bytes=100_000_000,
    import_ns=500_000_000,
    function_problem=None,
    input_problem=None,
    result_problem=None,
    trial=TRIAL,
)
FOUR = MACHINE._replace(budget=CpuBudget(online=4, affinity=4, limits=()))


def expected(
    engine: EngineName, workers: int | None = 4, method: StartMethod | None = None, checked: Checked = CHECKED
) -> tuple[float, int]:
    lane = Lane(engine) if engine == "serial" else Lane(engine, workers=workers, start_method=method)
    found = estimate(checked, resolve_lane(lane, checked.tasks, FOUR.budget, "fork"), FOUR)
    assert found is not None
    return found.time_ns / 1e9, found.memory_bytes


def test_tasks_that_compute_need_a_core_each() -> None:
    serial, _ = expected("serial")
    assert serial == pytest.approx(10)
    assert expected("pool")[0] == pytest.approx(2.5, rel=0.1)
    assert expected("pool", 400)[0] > 2.5
    assert expected("threads")[0] == pytest.approx(10, rel=0.1)


def test_tasks_that_wait_do_not() -> None:
    waiting = CHECKED._replace(trial=TRIAL._replace(cpu_share=0.01))
    assert expected("threads", 10, checked=waiting)[0] == pytest.approx(1, rel=0.1)
    assert expected("pool", 10, checked=waiting)[0] == pytest.approx(1.1, rel=0.1)


def test_shipping_bounds_what_a_pool_can_reach() -> None:
    heavy = CHECKED._replace(trial=TRIAL._replace(shipping_ns=9_000_000))
    assert expected("pool", checked=heavy)[0] > 9
    assert expected("threads", checked=heavy)[0] == pytest.approx(10, rel=0.1)


def test_spawned_workers_import_and_hold_everything_again() -> None:
    fork_time, fork_memory = expected("pool", 4, "fork")
    spawn_time, spawn_memory = expected("pool", 4, "spawn")
    assert spawn_time > fork_time + 0.4
    assert spawn_memory - fork_memory == 4 * CHECKED.module_bytes


def test_what_an_engine_does_for_a_chunk_bounds_it_too() -> None:
    quick = CHECKED._replace(tasks=100_000, trial=TRIAL._replace(mean_ns=1_000, longest_ns=1_000, shipping_ns=1_000))

    def seconds(engine: EngineName, chunksize: int | None) -> float:
        lane = resolve_lane(Lane(engine, workers=2, chunksize=chunksize), quick.tasks, FOUR.budget, "fork")
        found = estimate(quick, lane, FOUR)
        assert found is not None
        return found.time_ns / 1e9

    assert seconds("executor", 1) > seconds("pool", 1) > 1
    assert seconds("threads", 1) > 1 > seconds("threads", None)
    assert seconds("joblib", None) > seconds("executor", None) + 0.5


def test_there_is_no_estimate_without_a_trial() -> None:
    assert estimate(CHECKED._replace(trial=None), Lane("serial", workers=1), FOUR) is None


@pytest.mark.parametrize(("total", "most"), [(1, 8), (2, 8), (5, 8), (100, 8), (10**15, 8), (3, 1)])
def test_a_trial_takes_tasks_from_everywhere(total: int, most: int) -> None:
    chosen = places(total, most)
    assert len(chosen) == len(set(chosen)) == min(total, most)
    assert all(0 <= place < total for place in chosen)
    assert chosen[0] == 0
    assert total == 1 or most == 1 or total - 1 in chosen


def waited(number: int) -> str:
    time.sleep(0.002)
    return "x" * number


def test_a_trial_measures() -> None:
    begun: list[int] = []
    outcome = attempt(
        waited,
        range(1000, 1100),
        4,
        Limits(),
        (1_000, 50),
        lambda index, _: begun.append(index),
        lambda _: "",
    )
    trial = outcome.trial
    assert trial is not None
    assert (trial.tasks, len(begun), outcome.error) == (4, 4, None)
    assert trial.longest_ns >= trial.mean_ns >= 2_000_000
    assert trial.cpu_share < 0.9
    assert 1_000 <= trial.result_bytes < 1_200
    assert trial.pickled_bytes > 1_050


def test_a_trial_ends_with_the_first_task_that_raises() -> None:
    outcome = attempt(
        lambda n: 1 // (n - 9), range(10), 8, Limits(), (0, 0), lambda *_: None, lambda _: " (a.py, line 1)"
    )
    assert outcome.place == 9
    assert outcome.error == "ZeroDivisionError: integer division or modulo by zero (a.py, line 1)"
    assert outcome.trial is not None
    assert outcome.trial.tasks == 1


def test_a_trial_stops_when_it_has_taken_long_enough() -> None:
    outcome = attempt(
        lambda _: time.sleep(0.02), range(100), 50, Limits(trial=0.01), (0, 0), lambda *_: None, lambda _: ""
    )
    assert outcome.trial is not None
    assert outcome.trial.tasks == 1


def test_weight() -> None:
    assert weight([0] * 10_000) > 80_000
    assert weight({"a": "x" * 5_000}) > 5_000
    large = [str(number) for number in range(100_000)]
    assert 4_000_000 < weight(large) < 10_000_000


def two(a: object, b: object) -> object:
    return a, b


def one(a: object) -> object:
    return a


def optional(a: object, b: object = 1) -> object:
    return a, b


@pytest.mark.parametrize(
    ("function", "item", "is_row", "star", "manner"),
    [
        (one, 1, False, False, "one"),
        (one, (1, 2), False, False, "one"),
        (one, {"a": 1}, False, False, "keywords"),
        (one, {"b": 1}, False, False, "one"),
        (two, (1, 2), False, False, "spread"),
        (two, [1, 2], False, False, "spread"),
        (two, {"a": 1, "b": 2}, False, False, "keywords"),
        (two, 1, False, False, None),
        (two, (1, 2, 3), False, False, None),
        (optional, (1, 2), False, False, "one"),
        (optional, (1, 2), False, True, "spread"),
        (optional, {"b": 1}, False, False, "one"),
        (one, (1,), True, False, "spread"),
        (one, (1, 2), True, False, None),
        (two, {"a": 1, "b": 2}, True, False, "keywords"),
        (one, 1, False, True, None),
        (max, (1, 2), False, False, "one"),
    ],
)
def test_how_a_function_is_called(function: object, item: object, is_row: bool, star: bool, manner: str | None) -> None:
    assert callable(function)
    assert manner_for(signature_of(function), item, is_row=is_row, star=star) == manner


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (one, "1 argument"),
        (two, "2 arguments"),
        (optional, "1 to 2 arguments"),
        (lambda: 1, "no argument"),
        (lambda a, *b: (a, b), "at least 1 argument"),
        (lambda *b: b, "any number of arguments"),
    ],
)
def test_arguments_in_words(function: object, words: str) -> None:
    assert callable(function)
    assert arguments_in_words(signature_of(function)) == words
    assert binds(None, (1, 2, 3), {})
