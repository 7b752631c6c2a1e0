"""Every engine and flavour in real runners: the same results, all of them recorded, trouble named, nothing left."""

from __future__ import annotations

import concurrent.futures
import re
from importlib import util
from pathlib import Path
from typing import Any

import pytest
from support.runs import START_METHODS, below, compared, until_cleared
from support.runs import start as start_run

from poolscope.workloads.analysis.ledger import ledger_of
from poolscope.workloads.engines import TaskError, Work, engine
from poolscope.workloads.errors import UsageError
from poolscope.workloads.lanes import parse_lane, resolve_lane, why_no_engine
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import CpuBudget, Lane, LaneState

SERIAL = Lane("serial")
FLAVOURS = [
    f"pool:workers=2,start=fork,flavour={name}" for name in ("imap", "imap_unordered", "starmap", "apply_async")
]


def lanes(*specs: str) -> list[Lane]:
    return [parse_lane(spec) for spec in specs]


def ends(guardian: Guardian, name: str, *specs: str) -> tuple[LaneState, ...]:
    end = compared(guardian, name, lanes(*specs))[-1]
    assert below(guardian.pid) == set()
    return end.lanes


@pytest.mark.parametrize("method", START_METHODS)
def test_all_engines_come_to_the_same_results(guardian: Guardian, method: str) -> None:
    processes = [f"{name}:workers=2,start={method}" for name in ("process", "pool", "executor")]
    others = ["threads:workers=2", "joblib:workers=2", "joblib:workers=1"] if method == "fork" else []
    for lane in ends(guardian, "DOUBLE", "serial", *processes, *others):
        assert lane.state == "done", lane.error
        assert lane.same_result is (None if lane.key == "A" else True), lane
        assert lane.tasks_done == lane.tasks == 8
        assert lane.results[0].summary == "[0, 2, 4, 6, 8, 10, 12, 14]"
        assert lane.ledgers[0].total_ns == lane.results[0].elapsed_ns


def test_all_flavours_come_to_the_same_results(guardian: Guardian) -> None:
    replaced = "pool:workers=2,start=fork,maxtasks=1"
    for lane in ends(guardian, "DOUBLE", "serial", *FLAVOURS, replaced):
        assert lane.state == "done", lane.error
        assert lane.same_result is (None if lane.key == "A" else True), lane
        assert lane.tasks_done == 8
        # That of the first lane, where the results themselves come in no certain order.
        assert lane.results[0].summary == "[0, 2, 4, 6, 8, 10, 12, 14]"
        account = lane.accounts[0]
        assert account is not None
        workers = [process for process in account.processes if process.role == "worker"]
        if lane.label == replaced:
            assert len(workers) >= 8
        else:
            assert len(workers) == (0 if lane.key == "A" else 2)


@pytest.mark.parametrize("spec", ["threads", "joblib", "executor:start=fork", FLAVOURS[1], FLAVOURS[3]])
def test_few_tasks_are_no_trouble(guardian: Guardian, spec: str) -> None:
    for name, count in (("NOTHING", 0), ("ONE", 1)):
        (lane,) = ends(guardian, name, spec)
        assert lane.state == "done", lane.error
        assert lane.results[0].tasks == lane.tasks_done == count


KILLED = r"Worker w\d \(pid \d+\) was killed by SIGKILL while it held (chunk|task) 4.*"
RAISED = r"Task 4 of 8 \(input 3\) raised ValueError: three is too many\."
TROUBLE = [
    ("RAISING", "threads:workers=2", RAISED),
    ("RAISING", "executor:workers=2,start=spawn", RAISED),
    ("RAISING", "joblib:workers=2", RAISED),
    ("RAISING", "joblib:workers=1", RAISED),
    ("RAISING", FLAVOURS[1], RAISED),
    ("RAISING", FLAVOURS[3], RAISED),
    ("EXITING", "threads:workers=2", r"Task 4 of 8 \(input 3\) raised SystemExit: 7\."),
    (
        "EXITING",
        "executor:workers=2,start=fork",
        r"A task raised SystemExit: 7, in chunk 4 of 8 \(1 item\) of worker .*",
    ),
    ("EXITING", "joblib:workers=2", r"A task raised SystemExit: 7, in chunk 4 \(1 item\) of worker .*"),
    ("LEAVING", "threads:workers=2", r"The runner \(pid \d+\) ended with exit 9 before it had a result\."),
    ("DYING", "executor:workers=2,start=fork", KILLED),
    ("DYING", "executor:workers=2,start=forkserver", KILLED),
    ("DYING", "joblib:workers=2", KILLED),
    ("DYING", FLAVOURS[3], KILLED),
    (
        "UNSPEAKABLE",
        "executor:workers=2,start=fork",
        r"A task raised AttributeError: Can't (pickle|get) local object .*",
    ),
    ("UNSENDABLE", "executor:workers=2,start=fork", r"A task raised PicklingError: .*"),
    ("UNSENDABLE", "pool:workers=2,start=fork", r"The run failed: PicklingError: .*"),
]


@pytest.mark.parametrize(("name", "spec", "sentence"), TROUBLE)
def test_trouble_is_named_in_one_sentence(guardian: Guardian, name: str, spec: str, sentence: str) -> None:
    (lane,) = ends(guardian, name, spec)
    assert lane.state == "failed"
    assert re.fullmatch(sentence, lane.error or ""), lane.error


def test_threads_are_recorded_as_workers(guardian: Guardian) -> None:
    recording = start_run(guardian, "SLEEPY", resolve_lane(Lane("threads", 2), 8, CpuBudget(2, 2, ()), "fork"))
    until_cleared(guardian)
    recording.refresh()
    recording.close()
    runner, *threads = recording.processes(0)
    assert (runner.role, runner.items_done) == ("runner", 0)
    assert [(thread.label, thread.role, thread.parent) for thread in threads] == [
        ("w1", "worker", runner.pid),
        ("w2", "worker", runner.pid),
    ]
    assert sum(thread.items_done for thread in threads) == recording.tasks_done == 8
    assert all(thread.phase == "ended" and thread.exit_status == 0 for thread in threads)
    result = recording.result
    assert result is not None
    ledger = ledger_of(recording, 0)
    assert ledger.total_ns == result.elapsed_ns
    # Eight tasks of 20 ms, two at a time.
    assert ledger.computing_ns >= 4 * 20_000_000


def test_processes_that_tasks_start_are_their_own_business(guardian: Guardian) -> None:
    (lane,) = ends(guardian, "PARENTING", "threads:workers=2")
    assert lane.state == "done", lane.error
    assert lane.results[0].summary == str([5] * 8)
    account = lane.accounts[0]
    assert account is not None
    roles = [process.role for process in account.processes]
    assert (roles.count("worker"), roles.count("child")) == (2, 8)


def test_results_that_cannot_be_written_down_are_not_said_to_differ(guardian: Guardian) -> None:
    found = ends(guardian, "UNSPEAKABLE", "serial", "threads:workers=2")
    assert [(lane.state, lane.same_result, lane.difference) for lane in found] == [("done", None, None)] * 2


def test_what_workers_share_reaches_each_of_them(guardian: Guardian) -> None:
    found = ends(
        guardian, "SHARING", "serial", "threads:workers=2", "pool:workers=2,start=spawn",
        "process:workers=2,start=fork", "executor:workers=2,start=forkserver", "joblib",
        "pool:workers=2,start=fork,maxtasks=1",
    )  # fmt: skip
    assert [lane.state for lane in found] == ["done"] * 5 + ["skipped", "done"], [lane.error for lane in found]
    assert found[5].error == (
        "troubled shares objects of multiprocessing, which joblib cannot hand to its workers: "
        "choose pool, process or executor."
    )
    # The counter went up in the runner itself, or in the processes that it was shared with.
    assert [lane.results[0].summary for lane in found[:2]] == ["8", "8"]
    assert all(lane.same_result for lane in found[1:] if lane.state == "done")


def test_what_surrounds_a_run_is_there_for_all_of_it(guardian: Guardian) -> None:
    end = compared(guardian, "SURROUNDED", lanes("serial", "pool:workers=2,start=spawn"))[-1]
    assert [lane.results[0].summary for lane in end.lanes] == [str([True] * 8)] * 2
    assert end.run_directory is not None
    directory = Path(end.run_directory)
    assert (directory / "stdout.log").read_text() == "surroundings are gone\n"
    assert list((directory / "tmp").iterdir()) == []


def test_wrong_results_fail_and_right_ones_do_not(guardian: Guardian) -> None:
    for spec in ("pool:workers=2,start=fork", FLAVOURS[1]):
        (wrong,) = ends(guardian, "WRONG", spec)
        assert (wrong.state, wrong.error) == ("failed", "The sum is 56, and it should be 9.")
    assert [lane.state for lane in ends(guardian, "RIGHT", "threads", FLAVOURS[1])] == ["done"] * 2


@pytest.mark.parametrize("more", ["", ",chunksize=3", ",warm=yes"])
def test_results_in_no_certain_order_are_checked_in_that_of_the_inputs(guardian: Guardian, more: str) -> None:
    (lane,) = ends(guardian, "TARDY", f"pool:workers=2,start=fork,flavour=imap_unordered{more}")
    assert (lane.state, lane.error) == ("done", None)
    assert lane.results[0].summary == str([*range(0, 16, 2)])


def test_lanes_that_do_not_suit_are_skipped_and_the_next_one_is_the_reference(guardian: Guardian) -> None:
    end = compared(guardian, "PICKY", lanes("serial", "pool:start=fork", "pool:start=spawn", "executor:start=fork"))[-1]
    sentence = "It needs the method fork: choose start=fork."
    assert [(lane.state, lane.error) for lane in end.lanes] == [
        ("skipped", sentence), ("done", None), ("skipped", sentence), ("done", None)
    ]  # fmt: skip
    assert [lane.same_result for lane in end.lanes] == [None, None, None, True]
    assert end.verdict is not None
    assert end.verdict.sentences[0] == f"A was skipped: {sentence}"
    with pytest.raises(UsageError, match="It needs the method fork"):
        compared(guardian, "PICKY", lanes("pool:start=spawn", "serial"))


def test_numerical_libraries_are_told_how_many_threads_they_may_use(guardian: Guardian) -> None:
    first, second = ends(guardian, "LIMITED", "pool:workers=2,start=spawn,blas=3", "serial")
    assert first.results[0].summary == str(["3"] * 8)
    assert second.results[0].summary != first.results[0].summary


def test_what_is_missing_here_is_said_with_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda _: None)
    assert why_no_engine("joblib") == "joblib is not installed here: pip install 'poolscope[joblib]'."
    assert "InterpreterPoolExecutor" in (why_no_engine("interpreters") or "InterpreterPoolExecutor")
    assert why_no_engine("executor") is None


class Interpreters(concurrent.futures.ThreadPoolExecutor):
    """Stands in where Python has none: like it, it calls the function in threads of this process."""


@pytest.fixture
def execute(monkeypatch: pytest.MonkeyPatch) -> Any:
    if not hasattr(concurrent.futures, "InterpreterPoolExecutor"):
        monkeypatch.setattr(concurrent.futures, "InterpreterPoolExecutor", Interpreters, raising=False)
    return engine("interpreters")


def test_interpreters_give_results_in_order_and_name_the_task_that_raised(execute: Any) -> None:
    marks: list[str] = []
    lane = Lane("interpreters", 2, None, 3)
    assert execute(Work(str, range(8)), lane, lambda: marks.append("there")) == list("01234567")
    assert marks == ["there"]
    with pytest.raises(TaskError) as caught:
        execute(Work(ord, ["a", "b", "c", "d", "ef"]), lane, lambda: None)
    assert caught.value.index == 4
    assert caught.value.said.startswith("TypeError: ord() expected a character")
