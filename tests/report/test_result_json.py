"""The report for programs."""

import json
import math
from typing import Any

import pytest
from support.lanes import MACHINE, comparison, lane_state, run_result

from poolscope.workloads import catalogue
from poolscope.workloads.analysis.verdict import judge
from poolscope.workloads.model import PHASES, CgroupLimit, CpuBudget, Lane, LaneState
from poolscope.workloads.programs import PARTS, ProcessLedger, RunAccount, SlowTask
from poolscope.workloads.report.process_json import process_object, slow_task_object
from poolscope.workloads.report.result_json import report_object

TASK = SlowTask(1, "w1", "fib", 0, 6, 1, 1_001_000, 121_001_000, 110_000_000, 34, 56, False, "30")

LANES = [
    lane_state("A", Lane("serial", 1), [1.0, 1.1, 1.2]),
    lane_state("B", Lane("pool", 2, "fork", 625_000), [2.2, 2.1, 2.3], {"returning": 0.66}),
]


def report(lanes: list[LaneState], **parameters: Any) -> dict[str, Any]:
    state = comparison(lanes, verdict=judge(lanes))
    found = report_object(catalogue.find("sqrt"), parameters or {"N": 5_000_000}, MACHINE, state)
    again: dict[str, Any] = json.loads(json.dumps(found, allow_nan=False))
    assert again == found
    return again


def test_the_keys_are_the_documented_ones() -> None:
    found = report(LANES)
    assert list(found) == [
        "schema", "identity", "begun", "poolscope", "code", "workload", "machine", "lanes", "verdict",
        "warnings",
    ]  # fmt: skip
    assert found["schema"] == 1
    assert found["workload"] == {"name": "sqrt", "parameters": {"N": 5_000_000}}
    assert list(found["verdict"]) == [
        "answer",
        "fastest",
        "lane",
        "speedup",
        "interval",
        "sentences",
        "findings",
        "snippet",
    ]
    for lane in found["lanes"]:
        assert list(lane) == [
            "label", "engine", "workers", "start_method", "chunksize", "flavour", "maxtasks", "blas", "warm", "state",
            "error", "tasks", "runs", "warmups", "median_s", "spread_s", "speedup", "speedup_interval", "comparison",
            "same_result", "difference", "traceback",
        ]  # fmt: skip
        for run in lane["runs"]:
            assert list(run) == [
                "elapsed_s", "ok", "error", "ledger_s", "failed", "failures", "digest", "processes", "slowest",
            ]  # fmt: skip
            assert list(run["ledger_s"]) == list(PHASES)


def test_the_figures() -> None:
    serial, pool = report(LANES)["lanes"]
    assert serial["label"] == "serial"
    assert (serial["median_s"], serial["speedup"], serial["same_result"]) == (1.1, 1.0, None)
    assert pool["label"] == "pool:workers=2,start=fork,chunksize=625000"
    assert (pool["engine"], pool["workers"], pool["start_method"], pool["chunksize"]) == ("pool", 2, "fork", 625_000)
    assert (pool["median_s"], pool["speedup"], pool["same_result"]) == (2.2, 0.5, True)
    assert [run["elapsed_s"] for run in pool["runs"]] == [2.2, 2.1, 2.3]
    for run in pool["runs"]:
        assert math.isclose(sum(run["ledger_s"].values()), run["elapsed_s"])
        assert math.isclose(run["ledger_s"]["returning"], 0.66 * run["elapsed_s"])


def test_the_label_is_the_lane_as_it_was_asked_for() -> None:
    (lane,) = report([LANES[1]._replace(asked=Lane("pool", start_method="fork"))])["lanes"]
    assert lane["label"] == "pool:start=fork"
    assert (lane["workers"], lane["chunksize"]) == (2, 625_000)


def test_the_verdict() -> None:
    assert report(LANES)["verdict"] == {
        "answer": "serial wins",
        "fastest": "A",
        "lane": {"key": "A", "label": "serial"},
        "speedup": 0.5,
        "interval": None,
        "sentences": [
            "B is 2.0 times slower than A.",
            "66 % of B went into shipping results back.",
            "3 runs each are not enough for an interval: repeat with -r 5, or -r auto with a longer --time-budget.",
        ],
        "findings": [],
        "snippet": None,
    }


def test_with_enough_runs_there_are_intervals() -> None:
    lanes = [
        lane_state("A", Lane("serial", 1), [1.0, 1.01, 1.02, 1.03, 1.04], warmups=2),
        lane_state("B", Lane("pool", 2, "fork", 625_000), [2.0, 2.02, 2.04, 2.06, 2.08]),
    ]
    found = report(lanes)
    serial, pool = found["lanes"]
    assert (serial["warmups"], serial["speedup_interval"], serial["comparison"]) == (2, None, None)
    assert serial["spread_s"] == pytest.approx(
        {
            "count": 5,
            "minimum": 1.0,
            "lower": 1.01,
            "median": 1.02,
            "upper": 1.03,
            "maximum": 1.04,
            "p95": 1.038,
            "relative": 0.02 / 1.02,
        }
    )
    assert pool["comparison"] == "slower"
    assert pool["speedup_interval"] == pytest.approx({"low": 0.5, "high": 0.5})
    assert found["verdict"]["interval"] == pool["speedup_interval"]
    assert found["verdict"]["speedup"] == pool["speedup"] == 0.5


def test_the_machine() -> None:
    machine = MACHINE._replace(load=math.nan, budget=CpuBudget(64, 64, (CgroupLimit("/a", 1.5),)))
    found = report_object(catalogue.find("sqrt"), {}, machine, comparison(LANES))["machine"]
    assert found["cpus"] == {
        "online": 64,
        "affinity": 64,
        "limits": [{"path": "/a", "cpus": 1.5}],
        "budget": 1.5,
        "threads_per_core": 1,
    }
    assert found["load"] is None
    assert found["start_methods"] == ["fork", "spawn", "forkserver"]


def test_numbers_in_a_row_become_a_list() -> None:
    assert report(LANES, array=(1, 9, 4))["workload"]["parameters"] == {"array": [1, 9, 4]}


def test_a_lane_that_was_ended_from_outside_has_a_run_that_says_so() -> None:
    failed = lane_state("B", Lane("pool", 2), [], state="failed", error="It was killed.", elapsed_ns=500_000_000)
    lane = report([LANES[0], failed])["lanes"][1]
    assert (lane["median_s"], lane["speedup"], lane["same_result"]) == (None, None, None)
    (run,) = lane["runs"]
    assert (run["elapsed_s"], run["ok"], run["error"]) == (0.5, False, "It was killed.")


def test_a_run_that_failed_by_itself_is_there_once() -> None:
    results = (run_result(0.1, ok=False, error="ValueError: bad"),)
    failed = lane_state("B", Lane("pool", 2), [], results=results, state="failed", error="ValueError: bad")
    (run,) = report([LANES[0], failed])["lanes"][1]["runs"]
    assert (run["elapsed_s"], run["ok"], run["error"], run["ledger_s"]) == (0.1, False, "ValueError: bad", None)


def test_processes_and_slowest_tasks_are_those_of_their_run() -> None:
    first, second, failed = (
        RunAccount(1_000, (ProcessLedger(pid, "w1", "worker", 5, computing_ns=5),), (TASK._replace(pid=pid),))
        for pid in (1, 2, 3)
    )
    lane = LANES[1]._replace(accounts=(first, None, second, failed), error="It was killed.", state="failed")
    runs = report([LANES[0], lane])["lanes"][1]["runs"]
    assert [run["processes"] and run["processes"][0]["pid"] for run in runs] == [1, None, 2, 3]
    assert runs[0]["slowest"] == [slow_task_object(TASK._replace(pid=1), 1_000)]
    assert runs[1]["slowest"] is None
    assert [run["ok"] for run in runs] == [True, True, True, False]


def test_a_process_and_a_slow_task_in_full() -> None:
    ledger = ProcessLedger(7, "main", "program", 3_000_000, running_ns=1_000_000, blocked_ns=2_000_000, sent_bytes=9)
    found = process_object(ledger)
    assert sum(found["parts_s"].values()) == pytest.approx(found["wall_s"]) == 0.003
    assert list(found["parts_s"]) == list(PARTS)
    assert found["parent"] == {"pickling_s": 0, "unpickling_s": 0, "sent_bytes": 9, "received_bytes": 0}
    assert (found["computing_cpu_s"], found["role"]) == (None, "program")
    task = slow_task_object(TASK, 1_000)
    assert (task["begin_s"], task["computing_s"], task["cpu_s"]) == (0.001, 0.12, 0.11)
    assert (task["worker"], task["chunk"], task["arguments"], task["failed"]) == ("w1", 6, "30", False)
    assert slow_task_object(TASK._replace(arguments="", function=""), 0)["arguments"] is None


@pytest.mark.parametrize("lanes", [[], [lane_state("A", Lane("serial", 1), [], state="cancelled")]])
def test_without_results(lanes: list[LaneState]) -> None:
    found = report(lanes)
    assert found["verdict"]["answer"] == "unknown"
    assert [lane["runs"] for lane in found["lanes"]] == [[]] * len(lanes)


def test_before_there_is_a_verdict() -> None:
    found = report_object(catalogue.find("sqrt"), {}, MACHINE, comparison(LANES))
    assert found["verdict"] == {
        "answer": "unknown",
        "fastest": None,
        "lane": None,
        "speedup": None,
        "interval": None,
        "sentences": [],
        "findings": [],
        "snippet": None,
    }
