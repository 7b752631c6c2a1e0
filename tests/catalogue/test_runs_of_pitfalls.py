"""Workloads that show pitfalls on every engine and start method, in real runs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.catalogue_runs import EVERYWHERE, compared

from poolscope.workloads.analysis.process_ledger import process_ledgers
from poolscope.workloads.catalogue import find
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import ComparisonState, Lane, LaneState, ParameterValue
from poolscope.workloads.recording.reader import Recording

TINY: dict[str, dict[str, ParameterValue]] = {
    "tiny-tasks": {"N": 20},
    "big-arguments": {"tasks": 4, "size": 2},
    "big-results": {"tasks": 4, "size": 2},
    "stragglers": {"tasks": 4, "quick": 0, "slow": 1},
    "unpicklable": {"what": "lock"},
    "memory": {"objects": 2_000, "looks": 2, "pause": 0},
}
HANDED_OVER: dict[str, ParameterValue] = {"tasks": 4, "size": 2, "sent": "index"}
BY_FORK = [Lane("serial"), Lane("pool", 2, "fork")]
MEASURED = os.path.exists("/proc/self/smaps_rollup")  # noqa: PTH110


def all_agree(state: ComparisonState) -> None:
    assert [(lane.key, lane.error) for lane in state.lanes if lane.error] == []
    assert {lane.state for lane in state.lanes} == {"done"}
    assert {lane.same_result for lane in state.lanes[1:]} == {True}
    assert state.notes == ()


def failure_of(lane: LaneState) -> str:
    assert lane.state == "failed"
    assert lane.error is not None
    return lane.error


@pytest.mark.parametrize("name", TINY)
def test_every_engine_computes_the_same_and_leaves_nothing(guardian: Guardian, name: str) -> None:
    state = compared(guardian, name, TINY[name], EVERYWHERE)
    all_agree(state)
    assert len(state.lanes) == len([lane for lane in EVERYWHERE if lane.engine in find(name).engines])


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_rows_are_there_for_workers_that_got_them_at_their_start(guardian: Guardian, start: str) -> None:
    lanes = [Lane("serial"), Lane("pool", 2, start), Lane("threads", 2)]  # type: ignore[arg-type]
    all_agree(compared(guardian, "big-arguments", HANDED_OVER, lanes))


def test_products_are_the_same_with_and_without_limits(guardian: Guardian) -> None:
    pytest.importorskip("numpy")
    lanes = [Lane("serial"), Lane("pool", 2, "fork"), Lane("pool", 2, "fork", blas=1), Lane("threads", 2, blas=1)]
    state = compared(guardian, "blas", {"tasks": 4, "size": 60, "products": 1}, lanes)
    all_agree(state)
    if os.path.isdir("/proc/self/task"):  # noqa: PTH112
        assert state.lanes[2].results[0].summary.endswith(" of 1 thread")


def test_what_cannot_be_pickled_fails_where_it_is_sent(guardian: Guardian) -> None:
    lanes = [Lane("serial"), Lane("threads", 2), Lane("process", 1, "fork"), Lane("process", 1, "spawn"), *BY_FORK[1:]]
    state = compared(guardian, "unpicklable", {"what": "lambda", "way": "argument"}, lanes)
    assert [lane.state for lane in state.lanes] == ["done", "done", "done", "failed", "failed"]
    for lane in state.lanes[3:]:
        assert "_options.<locals>.<lambda>" in failure_of(lane)


def test_what_cannot_be_pickled_fails_where_it_is_returned(guardian: Guardian) -> None:
    state = compared(guardian, "unpicklable", {"what": "lock", "way": "result"}, [*BY_FORK, Lane("threads", 2)])
    assert [lane.state for lane in state.lanes] == ["done", "failed", "done"]
    assert "MaybeEncodingError" in failure_of(state.lanes[1])
    assert "_thread.lock" in failure_of(state.lanes[1])


@pytest.mark.skipif(not MEASURED, reason="this system does not say how much memory is shared")
def test_looking_at_objects_copies_them_and_looking_at_an_array_does_not(guardian: Guardian) -> None:
    objects = 200_000
    grown: dict[str, int] = {}
    for reads in ("array", "objects"):
        parameters: dict[str, ParameterValue] = {"objects": objects, "looks": 1, "pause": 0, "reads": reads}
        state = compared(guardian, "memory", parameters, [Lane("process", 1, "fork")])
        assert [lane.state for lane in state.lanes] == ["done"]
        summary = state.lanes[0].results[0].summary
        before, after = (_bytes(part) for part in summary.partition("own memory ")[2].split(" → "))
        grown[reads] = after - before
    assert grown["array"] < objects * 32 // 10
    assert grown["objects"] > objects * 32 * 8 // 10


def _bytes(text: str) -> int:
    number, unit = text.split()
    return int(float(number) * {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[unit])


@pytest.mark.parametrize(("manner", "is_large"), [("data", True), ("recipe", False)])
def test_what_a_task_carries_is_what_is_sent(guardian: Guardian, manner: str, is_large: bool) -> None:
    parameters: dict[str, ParameterValue] = {"tasks": 4, "size": 64, "sent": manner}
    state = compared(guardian, "big-arguments", parameters, BY_FORK)
    all_agree(state)
    assert state.run_directory is not None
    recording = Recording(Path(state.run_directory))
    recording.refresh()
    sent = sum(ledger.sent_bytes for ledger in process_ledgers(recording, state.now_ns))
    recording.close()
    assert (sent > 4 * 64 * 1_024) is is_large
    assert sent > 0
