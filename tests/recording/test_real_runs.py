"""Recordings of real runs: what the recorder wrote is what the reader says."""

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support.patience import wait_for

from poolscope.workloads.analysis.failure import find_failure, notes
from poolscope.workloads.analysis.ledger import ledger_of
from poolscope.workloads.catalogue import find
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import EngineName, Lane, Plan, ProcessState, StartMethod
from poolscope.workloads.news import Cleared
from poolscope.workloads.parameters import check_parameters
from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.log import parse_log
from poolscope.workloads.recording.reader import Recording

POOLS = [Lane("pool", 2, method, 100) for method in ("fork", "spawn", "forkserver")]
PROCESSES = [Lane("process", 2, method) for method in ("fork", "spawn", "forkserver")]


@pytest.fixture
def guardian() -> Iterator[Guardian]:
    with Guardian.start() as guardian:
        yield guardian


def start(guardian: Guardian, workload: str, lane: Lane, **parameters: Any) -> Recording:
    """Start a run under the guardian."""
    given = check_parameters(find(workload), parameters)
    return Recording(guardian.run(Plan("0001", workload, given, lane, 10)))


def whole_run(guardian: Guardian, workload: str, lane: Lane, **parameters: Any) -> Recording:
    """Read a run again and again while it runs, and then to its end."""
    recording = start(guardian, workload, lane, **parameters)

    def is_over() -> bool:
        recording.refresh()
        recording.processes(time.perf_counter_ns())
        found = ledger_of(recording, time.perf_counter_ns())
        assert all(spent >= 0 for spent in found.phases().values())
        assert find_failure(recording) is None
        return any(isinstance(message, Cleared) for message in guardian.poll())

    assert wait_for(is_over), "the run did not end"
    recording.close()
    return recording


@pytest.mark.parametrize("lane", [Lane("serial", 1), *POOLS, *PROCESSES], ids=lambda lane: lane.label)
def test_counters_result_and_ledger_of_a_run_agree(guardian: Guardian, lane: Lane) -> None:
    recording = whole_run(guardian, "sqrt", lane, N=2010)
    marks = recording.marks
    assert recording.problems == ()
    assert recording.result is not None
    assert (recording.result.ok, recording.result.tasks) == (True, 2000)
    assert recording.tasks_done == marks.tasks_planned == 2000
    assert marks.begun_ns is not None
    assert marks.results_there_ns is not None
    assert marks.ended_ns is not None
    assert marks.begun_ns < marks.results_there_ns <= marks.ended_ns
    assert marks.chunks_planned == (20 if lane.engine == "pool" else None)
    found = ledger_of(recording, 0)
    assert found.total_ns == recording.result.elapsed_ns
    assert found.computing_ns > 0
    if lane.engine != "serial":
        assert found.starting_ns > 0
    assert sum(chunk.items for file in recording.workers for chunk in file.chunks()) == 2000


@pytest.mark.parametrize("lane", [*POOLS, *PROCESSES], ids=lambda lane: lane.label)
def test_processes_of_a_run(guardian: Guardian, lane: Lane) -> None:
    recording = whole_run(guardian, "sqrt", lane, N=2010)
    runner, *workers = recording.processes(0)
    assert (runner.label, runner.role, runner.phase) == ("runner", "runner", "ended")
    own = [process for process in workers if process.label.startswith("w")]
    # They are numbered as they come into sight, which may be the other way round for two that start together.
    assert sorted(process.label for process in own) == ["w1", "w2"]
    for process in own:
        assert process.role == ("worker" if lane.engine == "pool" else "child")
        assert process.parent == runner.pid
        assert (process.phase, process.exit_status, process.current) == ("ended", 0, "")
        assert process.ended_ns is not None
        assert process.started_ns < process.ended_ns
        assert "Process" in process.name or "Worker" in process.name
    assert sum(process.items_done for process in own) == 2000
    assert set(recording.exit_statuses.values()) == {0}


def test_chunks_say_when_they_were_where(guardian: Guardian) -> None:
    recording = whole_run(guardian, "sqrt", Lane("pool", 2, "fork", 100), N=1010)
    chunks = [chunk for file in recording.workers for chunk in file.chunks()]
    assert sorted(chunk.position for chunk in chunks) == list(range(10))
    for chunk in chunks:
        assert chunk.items == 100
        assert not chunk.is_failed
        times = (chunk.waiting_ns, chunk.received_ns, chunk.begin_ns, chunk.end_ns, chunk.pickled_ns, chunk.sent_ns)
        assert list(times) == sorted(times)
        assert chunk.bytes_out > 900


def test_the_log_of_a_run_names_its_processes(guardian: Guardian) -> None:
    recording = whole_run(guardian, "sqrt", Lane("pool", 2, "fork", 100), N=1010)
    lines = parse_log((recording.directory / "stderr.log").read_bytes(), "err")
    logged = [line for line in lines if line.level]
    assert {worker.pid for worker in recording.workers} <= {line.pid for line in logged}
    assert any(line.text == "process exiting with exitcode 0" and line.level == 20 for line in logged)
    assert [line for line in lines if not line.level] == []


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_worker_killed_at_work_is_named_with_its_task(guardian: Guardian, method: StartMethod) -> None:
    recording = start(guardian, "eight-roots", Lane("pool", 2, method, 1), pause=60_000)
    state = wait_for(lambda: next(iter(busy(recording)), None))
    assert state is not None
    os.kill(state.pid, signal.SIGKILL)
    said = wait_for(lambda: recording.refresh() and find_failure(recording))
    assert said == f"Worker {state.label} (pid {state.pid}) was killed by SIGKILL while it held {state.current}."
    dead = next(process for process in recording.processes(0) if process.pid == state.pid)
    assert (dead.phase, dead.exit_status) == ("ended", -9)
    recording.close()


@pytest.mark.parametrize("is_holder", [True, False])
def test_an_idle_worker_matters_only_if_it_holds_the_lock(guardian: Guardian, is_holder: bool) -> None:
    recording = start(guardian, "eight-roots", Lane("pool", 10, "fork", 1), pause=60_000)

    def idle() -> dict[bool, int]:
        recording.refresh()
        waiting = [file for file in recording.workers if file.slots[layout.PHASE] == layout.PHASE_WAITING]
        found = {bool(file.slots[layout.LOCKS] & layout.LOCK_READING): file.pid for file in waiting}
        return found if len(waiting) == 2 and len(found) == 2 and len(busy(recording)) == 8 else {}

    pid = wait_for(idle)[is_holder]
    os.kill(pid, signal.SIGKILL)
    assert wait_for(lambda: recording.refresh() and pid in recording.exit_statuses)
    if is_holder:
        assert "while it held the lock for taking tasks" in (find_failure(recording) or "")
    else:
        assert find_failure(recording) is None
        assert len(notes(recording)) == 1
    recording.close()


@pytest.mark.parametrize("engine", ["pool", "process"])
def test_a_runner_that_is_killed_leaves_a_recording_that_ends(guardian: Guardian, engine: EngineName) -> None:
    recording = start(guardian, "eight-roots", Lane(engine, 2, "fork", 1 if engine == "pool" else None), pause=60_000)
    assert wait_for(lambda: busy(recording))
    os.kill(recording.processes(0)[0].pid, signal.SIGKILL)
    gone = wait_for(lambda: recording.refresh() and recording.processes(0)[0].ended_ns)
    assert gone
    recording.close()
    assert recording.result is None
    assert recording.processes(0)[0].exit_status is None
    begun = recording.marks.begun_ns
    assert begun is not None
    assert ledger_of(recording, time.perf_counter_ns()).total_ns == gone - begun


def busy(recording: Recording) -> list[ProcessState]:
    """The workers that compute now."""
    recording.refresh()
    return [process for process in recording.processes(0) if process.phase == "computing"]
