"""Workloads of shared memory, message passing and processes in real runs: right, recorded, and gone at the end."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from pathlib import Path

import pytest
from support.catalogue_runs import EVERYWHERE, compared
from support.runs import START_METHODS

from poolscope.workloads.catalogue import find
from poolscope.workloads.catalogue.gauges import Gauges
from poolscope.workloads.comparison import Comparison
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Lane, ParameterValue
from poolscope.workloads.parameters import check_parameters

TINY: dict[str, dict[str, ParameterValue]] = {
    "shared-array": {"sizes": (1_000,), "time": 1},
    "ping-pong": {"sizes": (300,), "time": 1},
    "pipeline": {"items": 12, "depth": (2,), "workers": 2, "produce": 0, "work": 1, "collect": 0},
    "family": {"children": 1, "generations": 1, "pause": 1},
}


def test_a_counter_with_its_lock_is_right_on_every_engine(guardian: Guardian) -> None:
    lanes = [lane for lane in EVERYWHERE if lane.engine in find("shared-counter").engines]
    state = compared(guardian, "shared-counter", {"tasks": 4, "additions": 500}, lanes)
    assert [(lane.key, lane.error) for lane in state.lanes if lane.error] == []
    assert {lane.same_result for lane in state.lanes[1:]} == {True}
    assert len(state.lanes) == 11
    assert all(lane.results[0].summary.endswith("with it none") for lane in state.lanes)


def test_a_counter_that_lost_updates_is_done_all_the_same(guardian: Guardian) -> None:
    given: dict[str, ParameterValue] = {"tasks": 2, "additions": 200_000, "lock": "partly"}
    serial, process = compared(guardian, "shared-counter", given, [Lane("serial"), Lane("process", 2)]).lanes
    assert (serial.state, process.state, process.same_result) == ("done", "done", True)
    assert serial.results[0].summary == "updates lost: with it held partly none"
    assert " of 400,000" in process.results[0].summary


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("name", TINY)
def test_tasks_with_processes_of_their_own(guardian: Guardian, name: str, method: str) -> None:
    state = compared(guardian, name, {**TINY[name], "start": method}, [Lane("serial")])
    (lane,) = state.lanes
    assert lane.state == "done", lane.error
    assert lane.results[0].lines
    assert state.notes == ()
    children = [process for process in state.processes if process.role in ("child", "worker")]
    assert len(children) >= 3
    assert {process.phase for process in children} == {"ended"}


def test_ways_to_end_are_no_failure_of_the_run(guardian: Guardian) -> None:
    state = compared(guardian, "exits", {"signals": "none", "patience": 50, "n": 5}, [Lane("serial")])
    (lane,) = state.lanes
    assert lane.state == "done", lane.error
    assert {process.exit_status for process in state.processes if process.role == "child"} == {0, 1, 5}


def test_start_methods_in_a_runner(guardian: Guardian) -> None:
    state = compared(guardian, "start-methods", {"times": 1, "ballast": 0}, [Lane("serial")])
    (lane,) = state.lanes
    assert lane.state == "done", lane.error
    assert [line.split()[:4] for line in lane.results[0].lines[-3:]] == [
        ["fork", "yes", "yes", "yes"],
        ["spawn", "no", "yes", "no"],
        ["forkserver", "no", "no", "no"],
    ]


def test_how_full_the_queues_are_can_be_seen_meanwhile_and_a_killed_worker_ends_the_run(guardian: Guardian) -> None:
    workload = find("pipeline")
    parameters = check_parameters(workload, {"items": 100_000, "depth": (3,), "work": 5, "workers": 2})
    comparison = Comparison(guardian, workload, parameters, [Lane("serial")])
    state = comparison.advance()
    assert state.run_directory is not None
    gauges = Gauges(Path(state.run_directory))
    killed = 0
    while not state.is_over:
        select.select([guardian], [], [], 0.02)
        state = comparison.advance()
        gauges.refresh()
        workers = [process for process in state.processes if process.name.startswith("worker-")]
        if not killed and workers and len(gauges.points.get("todo", ())) >= 2:
            killed = workers[0].pid
            with suppress(ProcessLookupError):
                os.kill(killed, signal.SIGKILL)
    assert {point.value for point in gauges.points["todo"]} <= {0, 1, 2, 3}
    (lane,) = state.lanes
    assert lane.state == "failed"
    assert lane.error is not None
    assert f"(pid {killed}) ended with SIGKILL before the answer was there" in lane.error
