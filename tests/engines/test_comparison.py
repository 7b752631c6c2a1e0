"""Comparisons: lanes take turns, trouble is named within a second, and the other lanes go on."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from support.patience import PROMISE, wait_for
from support.runs import START_METHODS, below, compared

from poolscope.workloads import custody
from poolscope.workloads.analysis.failure import find_failure
from poolscope.workloads.comparison import Comparison
from poolscope.workloads.errors import GuardianLostError, UsageError
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import ComparisonState, Lane, StartMethod
from poolscope.workloads.recording import store
from poolscope.workloads.recording.saved import SavedRecording
from poolscope.workloads.rounds import LEAST_AUTOMATIC

SERIAL, POOL = Lane("serial"), Lane("pool", 2, "fork")


def test_lanes_are_interleaved_and_never_run_at_once(guardian: Guardian) -> None:
    states = compared(guardian, "DOUBLE", [SERIAL, POOL, Lane("process", 2, "fork")], runs=2)
    order = [state.running for state in states if state.running is not None]
    turns = [index for index, before in zip(order, [None, *order], strict=False) if index != before]
    assert turns == [0, 1, 2, 0, 1, 2]
    end = states[-1]
    assert [lane.state for lane in end.lanes] == ["done"] * 3
    assert [lane.runs_done for lane in end.lanes] == [2] * 3
    assert [lane.same_result for lane in end.lanes] == [None, True, True]
    assert [lane.key for lane in end.lanes] == ["A", "B", "C"]
    assert end.verdict is not None
    assert all(state.verdict is None for state in states[:-1])


def test_every_ledger_sums_to_its_run(guardian: Guardian) -> None:
    end = compared(guardian, "DOUBLE", [SERIAL, POOL], runs=2)[-1]
    for lane in end.lanes:
        assert [ledger.total_ns for ledger in lane.ledgers] == [result.elapsed_ns for result in lane.results]


TROUBLE = [
    ("RAISING", r"Task 4 of 8 \(input 3\) raised ValueError: three is too many\."),
    ("EXITING", r"Worker w\d \(pid \d+\) ended with exit 7 while it held task 4 of 8\."),
    ("LEAVING", r"Worker w\d \(pid \d+\) ended with exit 9 while it held task 4 of 8\."),
    ("DYING", r"Worker w\d \(pid \d+\) was killed by SIGKILL while it held task 4 of 8\."),
    ("UNSPEAKABLE", r"The run failed: MaybeEncodingError: .*"),
]


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize(("name", "sentence"), TROUBLE, ids=[name for name, _ in TROUBLE])
def test_trouble_in_a_pool_is_named(guardian: Guardian, method: StartMethod, name: str, sentence: str) -> None:
    end = compared(guardian, name, [Lane("pool", 2, method, 1)])[-1]
    assert end.lanes[0].state == "failed"
    assert re.fullmatch(sentence, end.lanes[0].error or ""), end.lanes[0].error


SERIAL_TROUBLE = [
    ("RAISING", SERIAL, r"Task 4 of 8 \(input 3\) raised ValueError: three is too many\."),
    ("EXITING", SERIAL, r"Task 4 of 8 \(input 3\) raised SystemExit: 7\."),
    ("LEAVING", SERIAL, r"The runner \(pid \d+\) ended with exit 9 before it had a result\."),
    ("DYING", SERIAL, r"The runner \(pid \d+\) was killed by SIGKILL\."),
    ("RAISING", Lane("process", 2), r"Task 4 of 8 \(input 3\) raised ValueError: three is too many\."),
    ("EXITING", Lane("process", 1), r"Process w1 \(pid \d+\) ended with exit 7.*\."),
    ("DYING", Lane("process", 1), r"Process w1 \(pid \d+\) was killed by SIGKILL while it held .*\."),
]


@pytest.mark.parametrize(("name", "lane", "sentence"), SERIAL_TROUBLE)
def test_trouble_elsewhere_is_named(guardian: Guardian, name: str, lane: Lane, sentence: str) -> None:
    end = compared(guardian, name, [lane])[-1]
    assert end.lanes[0].state == "failed"
    assert re.fullmatch(sentence, end.lanes[0].error or ""), end.lanes[0].error


def test_a_runner_that_cannot_leave_its_result_says_why(guardian: Guardian) -> None:
    def spoil(_: Comparison, state: ComparisonState) -> None:
        assert state.run_directory is not None
        with suppress(FileExistsError):
            Path(state.run_directory, "result.new").mkdir()

    end = compared(guardian, "SLOW", [SERIAL], meanwhile=spoil)[-1]
    said = r"The runner \(pid \d+\) ended with exit 1 before it had a result: IsADirectoryError: .*result\.new'\."
    assert re.fullmatch(said, end.lanes[0].error or ""), end.lanes[0].error


def test_a_failed_lane_does_not_hold_up_the_others(guardian: Guardian) -> None:
    end = compared(guardian, "LEAVING", [POOL, Lane("pool", 1, "fork"), Lane("process", 1, "fork")], runs=3)[-1]
    assert [lane.state for lane in end.lanes] == ["failed"] * 3
    assert guardian.is_alive
    end = compared(guardian, "DOUBLE", [POOL])[-1]
    assert [lane.state for lane in end.lanes] == ["done"]


def computing(state: ComparisonState) -> list[int]:
    return [process.pid for process in state.processes if process.phase == "computing" and process.role == "worker"]


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("wanted", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_busy_worker_that_somebody_kills_is_seen_at_once(
    guardian: Guardian, method: StartMethod, wanted: signal.Signals
) -> None:
    victims: list[int] = []

    def kill(_: Comparison, state: ComparisonState) -> None:
        if not victims and len(computing(state)) == 2:
            victims.append(computing(state)[0])
            os.kill(victims[0], wanted)

    end = compared(guardian, "BUSY", [Lane("pool", 2, method)], meanwhile=kill)[-1]
    assert end.lanes[0].state == "failed"
    assert f"(pid {victims[0]}) was killed by {wanted.name} while it held task" in (end.lanes[0].error or "")


def test_a_killed_runner_is_named_and_the_other_lane_goes_on(guardian: Guardian) -> None:
    killed: list[int] = []

    def kill(_: Comparison, state: ComparisonState) -> None:
        runners = [process.pid for process in state.processes if process.role == "runner"]
        if not killed and computing(state):
            killed.append(runners[0])
            os.kill(runners[0], signal.SIGKILL)

    def then_cancel(comparison: Comparison, state: ComparisonState) -> None:
        kill(comparison, state)
        if state.running == 1:
            comparison.cancel()

    end = compared(guardian, "BUSY", [POOL, SERIAL], meanwhile=then_cancel)[-1]
    assert end.lanes[0].error == f"The runner (pid {killed[0]}) was killed by SIGKILL."
    assert [lane.state for lane in end.lanes] == ["failed", "cancelled"]
    end = compared(guardian, "LEAVING", [SERIAL])[-1]
    assert [process.exit_status for process in end.processes if process.role == "runner"] == [9]


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("name", ["BUSY", "STUBBORN"])
def test_cancel_ends_the_run_and_all_that_were_to_come(guardian: Guardian, method: StartMethod, name: str) -> None:
    begun: list[float] = []

    def cancel(comparison: Comparison, state: ComparisonState) -> None:
        if not begun and len(computing(state)) == 2:
            for pid in computing(state):
                os.kill(pid, signal.SIGSTOP)
            comparison.cancel()
            begun.append(time.monotonic())

    end = compared(guardian, name, [Lane("pool", 2, method), SERIAL], meanwhile=cancel)[-1]
    assert time.monotonic() - begun[0] <= PROMISE
    assert [lane.state for lane in end.lanes] == ["cancelled", "cancelled"]
    assert [lane.error for lane in end.lanes] == [None, None]
    assert end.is_cancelled
    # All lost their parent, so only the guardian saw how they ended.
    workers = [process.exit_status for process in end.processes if process.role == "worker"]
    assert workers == [-signal.SIGTERM if name == "BUSY" else -signal.SIGKILL] * 2
    assert not below(guardian.pid)


def test_cancel_keeps_what_was_measured(guardian: Guardian) -> None:
    def cancel(comparison: Comparison, state: ComparisonState) -> None:
        if state.lanes[0].runs_done == 1:
            comparison.cancel()

    end = compared(guardian, "DOUBLE", [SERIAL, POOL], runs=50, meanwhile=cancel)[-1]
    assert end.is_cancelled
    assert len(end.lanes[0].results) >= 1
    assert {lane.state for lane in end.lanes} == {"cancelled"}


class Loss:
    """A comparison whose guardian is killed while its second lane computes."""

    def __init__(self, then_cancel: bool = False) -> None:
        self.guardian = Guardian.start()
        self.comparison: Comparison | None = None
        self.then_cancel = then_cancel

    def kill(self, comparison: Comparison, state: ComparisonState) -> None:
        if self.comparison is None and computing(state):
            self.comparison = comparison
            os.kill(self.guardian.pid, signal.SIGKILL)
            if self.then_cancel:
                wait_for(lambda: not self.guardian.is_alive)
                comparison.cancel()
                comparison.advance()

    def end(self) -> ComparisonState:
        with pytest.raises(GuardianLostError, match=r"The guardian of the runs was killed"):
            compared(self.guardian, "BUSY_ELSEWHERE", [SERIAL, POOL, Lane("pool", 1)], runs=2, meanwhile=self.kill)
        assert self.comparison is not None
        return self.comparison.advance()


def test_with_a_lost_guardian_what_was_measured_stays() -> None:
    loss = Loss()
    end = loss.end()
    assert end.is_over
    assert [lane.state for lane in end.lanes] == ["cancelled", "failed", "cancelled"]
    assert [lane.runs_done for lane in end.lanes] == [1, 0, 0]
    assert "guardian" in (end.lanes[1].error or "")
    assert end.verdict is not None
    assert not loss.guardian.is_alive


def test_a_cancelled_run_may_lose_its_guardian_too() -> None:
    end = Loss(then_cancel=True).end()
    assert end.is_cancelled
    assert [lane.state for lane in end.lanes] == ["cancelled"] * 3


def test_old_runs_are_removed(guardian: Guardian) -> None:
    end = compared(guardian, "ONE", [SERIAL], runs=9)[-1]
    left = [path.name for path in guardian.directory.iterdir() if path.is_dir()]
    assert len(left) < 9
    assert end.run_directory is not None
    assert end.run_directory.endswith(max(left))


def test_a_lane_that_cannot_be_is_refused_before_anything_starts(guardian: Guardian) -> None:
    with pytest.raises(UsageError):
        compared(guardian, "DOUBLE", [Lane("pool", 100_000)])
    assert [path.name for path in guardian.directory.iterdir()] == ["owner"]


def test_a_run_that_cannot_be_recorded_is_a_failed_lane(guardian: Guardian) -> None:
    custody.remove_tree(str(guardian.directory))
    end = compared(guardian, "DOUBLE", [SERIAL, POOL])[-1]
    sentence = f"The run cannot be recorded in {guardian.directory}: No such file or directory."
    assert [lane.error for lane in end.lanes] == [sentence, sentence]


def test_the_recording_of_every_run_is_kept_with_its_end(guardian: Guardian) -> None:
    end = compared(guardian, "DYING", [Lane("pool", 2, "fork"), SERIAL])[-1]
    kept = store.entries()
    assert [entry.meta.key for entry in reversed(kept) if entry.meta] == ["A", "B"]
    for lane, entry in zip(end.lanes, reversed(kept), strict=True):
        assert entry.end is not None
        assert (entry.end.state, entry.end.error) == ("failed", lane.error)
    recording = SavedRecording(kept[1].path)
    assert find_failure(recording) == end.lanes[0].error
    assert -9 in [state.exit_status for state in recording.processes(0)]


def test_the_recording_of_a_cancelled_run_is_kept(guardian: Guardian) -> None:
    def cancel(comparison: Comparison, state: ComparisonState) -> None:
        if computing(state):
            comparison.cancel()

    compared(guardian, "BUSY", [Lane("pool", 2, "fork")], meanwhile=cancel)
    (entry,) = store.entries()
    assert entry.end is not None
    assert (entry.end.state, entry.end.error) == ("cancelled", None)


def test_warm_up_runs_do_not_count(guardian: Guardian) -> None:
    states = compared(guardian, "DOUBLE", [SERIAL, POOL], runs=2, warmups=1)
    shown = [(state.running, state.lanes[state.running].warmup) for state in states if state.running is not None]
    turns = [turn for turn, before in zip(shown, [None, *shown], strict=False) if turn != before]
    assert turns == [(0, 1), (1, 1), (0, 0), (1, 0), (0, 0), (1, 0)]
    warming = [state for state in states if state.running is not None and state.lanes[state.running].warmup]
    assert {lane.runs_done for state in warming for lane in state.lanes} == {0}
    for lane in states[-1].lanes:
        assert (lane.state, lane.runs_done, lane.warmup, lane.warmups) == ("done", 2, 0, 1)
        assert len(lane.results) == len(lane.ledgers) == len(lane.accounts) == 2
        assert [ledger.total_ns for ledger in lane.ledgers] == [result.elapsed_ns for result in lane.results]
    assert [lane.same_result for lane in states[-1].lanes] == [None, True]
    assert len(store.entries()) == 4
    for lane in states[-1].lanes:
        assert len(lane.meanwhile) == 2
        for meanwhile, result in zip(lane.meanwhile, lane.results, strict=True):
            assert meanwhile is not None
            assert meanwhile.wall_ns >= result.elapsed_ns
            assert meanwhile.cpus == len(os.sched_getaffinity(0))


def test_a_lane_that_fails_to_warm_up_has_failed(guardian: Guardian) -> None:
    end = compared(guardian, "LEAVING", [SERIAL], runs=2, warmups=1)[-1]
    assert (end.lanes[0].state, end.lanes[0].runs_done) == ("failed", 0)
    assert len(store.entries()) == 1


def test_an_automatic_number_of_runs_ends_with_its_budget(guardian: Guardian) -> None:
    states = compared(guardian, "DOUBLE", [SERIAL, Lane("threads", 2)], runs=None, budget_s=0.2)
    assert {lane.runs_planned for lane in states[0].lanes} == {0}
    assert not any(lane.state == "done" for state in states[:-1] for lane in state.lanes)
    end = states[-1]
    first, second = end.lanes
    assert 1 <= first.runs_done == second.runs_done == first.runs_planned < LEAST_AUTOMATIC
    assert [lane.state for lane in end.lanes] == ["done", "done"]
    assert end.verdict is not None
