"""Lanes that are kept warm: one pass untimed, the next one timed on the same workers, and only that one counts."""

from __future__ import annotations

import re

import pytest
from support.lanes import MACHINE
from support.runs import compared
from support.troubled import DOUBLE

from poolscope.workloads.errors import UsageError
from poolscope.workloads.lanes import check_lanes, parse_lane, resolve_lane
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Flavour, Lane
from poolscope.workloads.recording import store
from poolscope.workloads.recording.saved import SavedRecording

SERIAL = Lane("serial")
WARM = [
    Lane("pool", 2, "fork", 1, warm=True),
    Lane("pool", 2, "spawn", 3, warm=True),
    Lane("pool", 2, "fork", 2, "imap_unordered", warm=True),
    Lane("pool", 2, "fork", None, "apply_async", warm=True),
    Lane("executor", 2, "spawn", 2, warm=True),
    Lane("threads", 2, None, 2, warm=True),
    Lane("joblib", 2, None, 2, warm=True),
    Lane("joblib", 1, None, 2, warm=True),
]


def test_only_the_timed_pass_counts(guardian: Guardian) -> None:
    end = compared(guardian, "DOUBLE", [SERIAL, *WARM])[-1]
    assert [lane.error for lane in end.lanes] == [None] * len(end.lanes)
    assert [lane.state for lane in end.lanes] == ["done"] * len(end.lanes)
    assert {lane.same_result for lane in end.lanes[1:]} == {True}
    serial, *others = end.lanes
    recordings = {entry.meta.lane: SavedRecording(entry.path) for entry in store.entries() if entry.meta is not None}
    for lane in others:
        (result,), (ledger,), (account,) = lane.results, lane.ledgers, lane.accounts
        assert ledger.total_ns == result.elapsed_ns
        if lane.lane.engine != "threads":  # which are started when they are needed, the last one perhaps later
            assert ledger.starting_ns == 0, lane.label
        assert lane.tasks_done == result.tasks == serial.tasks
        assert account is not None
        assert sum(process.items for process in account.processes) == serial.tasks, lane.label
        recording = recordings[lane.lane.label]
        assert recording.meta is not None
        assert parse_lane(recording.meta.lane) == lane.lane
        begun = recording.marks.begun_ns
        assert begun is not None
        assert recording.tasks_done == serial.tasks
        chunks = [chunk for file in recording.all_files for chunk in file.chunks()]
        assert sum(chunk.items for chunk in chunks) == serial.tasks, lane.label
        assert min(chunk.begin_ns for chunk in chunks) >= begun
        if lane.lane.engine != "joblib" and lane.lane.chunksize is not None:
            assert sorted(chunk.position for chunk in chunks) == list(range(-(-serial.tasks // lane.lane.chunksize)))
        for job in recording.jobs.values():
            assert "Untimed" not in recording.function_of(recording.runner.pid if recording.runner else 0, job)


@pytest.mark.parametrize("lane", [WARM[0], WARM[4], WARM[5]], ids=["pool", "executor", "threads"])
def test_a_task_that_raises_in_the_untimed_pass_is_named(guardian: Guardian, lane: Lane) -> None:
    end = compared(guardian, "RAISING", [lane])[-1]
    assert (end.lanes[0].state, end.lanes[0].error) == (
        "failed",
        "Task 4 of 8 (input 3) raised ValueError: three is too many.",
    )


def test_a_worker_that_dies_in_the_untimed_pass_is_named(guardian: Guardian) -> None:
    end = compared(guardian, "DYING", [WARM[0]])[-1]
    said = r"Worker w\d \(pid \d+\) was killed by SIGKILL while it held a chunk of the untimed pass\."
    assert re.fullmatch(said, end.lanes[0].error or ""), end.lanes[0].error


def test_a_warm_lane_is_another_one_than_a_cold_one() -> None:
    lane = parse_lane("pool:workers=2,warm=yes")
    assert lane == Lane("pool", 2, warm=True)
    assert lane.label == "pool:workers=2,warm=yes"
    assert parse_lane("pool:workers=2,warm=no") == Lane("pool", 2)
    full = resolve_lane(lane, 100, MACHINE.budget, "fork")
    assert full.warm
    assert parse_lane(full.label) == full
    assert check_lanes([parse_lane("pool:workers=2"), lane], DOUBLE, {}, MACHINE) == (None, None)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("pool:warm=1", "warm = 1 is not allowed: choose yes or no."),
        ("serial:warm=yes", "The engine serial has no setting warm: it has blas."),
        (
            "pool:warm=yes,maxtasks=3",
            "A pool whose workers are replaced is not kept warm: leave warm out, or maxtasks.",
        ),
    ],
)
def test_what_cannot_be_warm_is_refused(spec: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=f"^{re.escape(sentence)}$"):
        parse_lane(spec)


@pytest.mark.parametrize("flavour", ["map", "imap"])
def test_a_workload_that_changes_what_it_shares_has_no_second_pass(flavour: Flavour) -> None:
    shared = DOUBLE._replace(shared=lambda *_: (), initializer=print)
    lanes = [Lane("pool", 2, flavour=flavour), Lane("pool", 2, flavour=flavour, warm=True)]
    assert check_lanes(lanes, shared, {}, MACHINE) == (
        None,
        "troubled changes what its workers share, so a second pass is another one: leave warm out.",
    )
