"""Recordings: who is in them, what they do, how they ended."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from support.event_files import EventFileBuilder, RunBuilder
from support.patience import wait_for

from poolscope.workloads.model import ProcessState
from poolscope.workloads.recorder import layout
from poolscope.workloads.recording import reader
from poolscope.workloads.recording.meta import End, write_end
from poolscope.workloads.recording.reader import Marks, Recording
from poolscope.workloads.recording.save import save
from poolscope.workloads.recording.saved import SavedRecording


@pytest.fixture
def run(tmp_path: Path) -> RunBuilder:
    return RunBuilder(tmp_path / "0001")


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def state(recording: Recording, label: str) -> ProcessState:
    return next(process for process in recording.processes(0) if process.label == label)


def test_an_empty_directory_and_a_missing_one_are_recordings_without_anything(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "missing"):
        recording = Recording(directory)
        assert not recording.refresh()
        assert recording.marks == Marks(None, None, None, None, None)
        assert (recording.tasks_done, recording.processes(0), recording.problems) == (0, (), ())
        recording.close()


def test_marks_are_none_until_they_are_made(run: RunBuilder) -> None:
    recording = run.read()
    assert recording.marks == Marks(begun_ns=1000)
    run.runner.put(RESULTS_THERE=5000, RUN_ENDED=6000, TASKS_PLANNED=100, CHUNKS_PLANNED=8)
    run.save()
    assert recording.refresh()
    assert recording.marks == Marks(1000, 5000, 6000, 100, 8)
    assert not recording.refresh()


def test_workers_are_labelled_in_order_of_start(run: RunBuilder) -> None:
    for created in (900, 300, 600):
        run.worker(created, ENTERED=2000, ITEMS_DONE=created)
    recording = run.read()
    labels = [(process.label, process.started_ns) for process in recording.processes(0)]
    assert labels == [("runner", 10), ("w1", 300), ("w2", 600), ("w3", 900)]
    assert recording.tasks_done == 1800
    assert set(recording.files) == {RunBuilder.RUNNER, *(worker.pid for worker in run.workers)}


def test_a_label_stays_when_an_older_process_turns_up_late(run: RunBuilder) -> None:
    run.worker(900)
    recording = run.read()
    assert state(recording, "w1").started_ns == 900
    run.worker(300)
    run.worker(1200)
    run.save()
    recording.refresh()
    assert {process.started_ns: process.label for process in recording.processes(0)} == {
        10: "runner", 900: "w1", 300: "w2", 1200: "w3",
    }  # fmt: skip


def silent(run: RunBuilder, pid: int, created: int) -> EventFileBuilder:
    """A child of the runner that has not said what it is, and of whose start nobody has said anything."""
    file = EventFileBuilder(run.directory, pid, created, PARENT_PID=RunBuilder.RUNNER)
    file.save()
    return file


def test_whoever_was_made_first_comes_first_even_if_it_says_later_what_it_is(run: RunBuilder) -> None:
    now = time.perf_counter_ns()
    first = silent(run, 77, now)
    run.worker(now + 1)
    recording = run.read()
    before = [process.label for process in recording.processes(0)]
    first.put(ROLE=layout.ROLE_WORKER).save()
    recording.refresh()
    after = {process.started_ns: process.label for process in recording.processes(0)}
    assert sorted(before) == ["process", "process", "runner"]
    assert (after[now], after[now + 1]) == ("w1", "w2")


def test_whoever_started_a_process_knows_what_it_is_before_it_says_so(run: RunBuilder) -> None:
    now = time.perf_counter_ns()
    run.runner.life(layout.STARTED, a=77, time=now - 1, v1=now + 1, v2=layout.START_WORKER)
    silent(run, 77, now)
    run.worker(now + 2)
    recording = run.read()
    assert (state(recording, "w1").pid, state(recording, "w1").role) == (77, "worker")
    assert state(recording, "w2").started_ns == now + 2


def test_nobody_is_waited_for_who_will_not_say_what_it_is(run: RunBuilder) -> None:
    now = time.perf_counter_ns()
    silent(run, 77, now).put(MAGIC_SLOT=5).save()
    silent(run, 78, now - 10**12)
    silent(run, 79, now)
    run.runner.life(layout.REAPED, a=79, time=now + 1, v1=-9)
    run.worker(now + 2)
    assert state(run.read(), "w1").started_ns == now + 2


def test_only_the_runners_own_children_are_the_lanes_workers(run: RunBuilder) -> None:
    worker = run.worker(100, ITEMS_DONE=5)
    nested = EventFileBuilder(run.directory, 77, 200, ROLE=layout.ROLE_CHILD, PARENT_PID=worker.pid, ITEMS_DONE=50)
    nested.save()
    EventFileBuilder(run.directory, 78, 300).save()
    recording = run.read()
    assert recording.tasks_done == 5
    assert [(process.label, process.role) for process in recording.processes(0)] == [
        ("runner", "runner"),
        ("w1", "worker"),
        ("c1", "child"),
        ("process", "helper"),
    ]


def test_files_that_were_there_before_the_runners_are_sorted_out_once_it_is_known(run: RunBuilder) -> None:
    run.worker(100, ITEMS_DONE=5)
    run.workers[0].save()
    recording = Recording(run.directory, is_alive=lambda pid: True)
    recording.refresh()
    assert recording.tasks_done == 0
    run.save()
    recording.refresh()
    assert (recording.tasks_done, state(recording, "w1").pid) == (5, run.workers[0].pid)


def test_a_runner_that_computes_on_its_own_is_the_only_worker(run: RunBuilder) -> None:
    run.runner.put(CHUNKS_STARTED=3, CHUNKS_DONE=2, ITEMS_DONE=20, PHASE=layout.PHASE_COMPUTING, INDEX=2, ITEMS=10)
    run.worker(100, ITEMS_DONE=500)
    recording = run.read()
    assert recording.tasks_done == 20
    assert state(recording, "runner").phase == "computing"
    assert state(recording, "runner").current == "tasks 21 to 30"


@pytest.mark.parametrize(
    ("slots", "phase"),
    [
        ({}, "starting"),
        ({"ENTERED": 5}, "idle"),
        ({"ENTERED": 5, "PHASE": layout.PHASE_WAITING}, "waiting"),
        ({"ENTERED": 5, "PHASE": layout.PHASE_RECEIVING}, "receiving"),
        ({"ENTERED": 5, "PHASE": layout.PHASE_COMPUTING}, "computing"),
        ({"ENTERED": 5, "PHASE": layout.PHASE_RETURNING}, "returning"),
        ({"ENTERED": 5, "PHASE": 99}, "idle"),
        ({"ENTERED": 5, "EXITING": 9}, "ended"),
    ],
)
def test_phases(run: RunBuilder, slots: dict[str, int], phase: str) -> None:
    run.worker(100, **slots)
    assert state(run.read(), "w1").phase == phase


@pytest.mark.parametrize(
    ("chunksize", "chunks", "slots", "current"),
    [
        (625_000, 8, {"INDEX": 2, "ITEMS": 625_000}, "chunk 3 of 8, 625,000 items"),
        (5, 2, {"INDEX": 1, "ITEMS": 1}, "chunk 2 of 2, 1 item"),
        (1, 8, {"INDEX": 2, "ITEMS": 1}, "task 3 of 8"),
        (3, 0, {"INDEX": 1233, "ITEMS": 3}, "chunk 1,234, 3 items"),
        (5, 2, {"CHUNKS_STARTED": 0, "PHASE": layout.PHASE_RECEIVING}, "a chunk"),
        (5, 2, {"CHUNKS_STARTED": 0, "PHASE": layout.PHASE_WAITING}, ""),
    ],
)
def test_the_chunk_in_hand(run: RunBuilder, chunksize: int, chunks: int, slots: dict[str, int], current: str) -> None:
    run.runner.life(layout.JOB_SUBMITTED, value=chunksize, a=4, b=chunks)
    run.worker(100, **({"ENTERED": 5, "PHASE": layout.PHASE_COMPUTING, "CHUNKS_STARTED": 1, "JOB": 4} | slots))
    assert state(run.read(), "w1").current == current


def test_a_process_that_calls_the_function_itself_counts_its_own_tasks(run: RunBuilder) -> None:
    run.runner.put(TASKS_PLANNED=5_000_000)
    busy = {"ENTERED": 5, "PHASE": layout.PHASE_COMPUTING, "CHUNKS_STARTED": 3, "CHUNKS_DONE": 2, "ITEMS_DONE": 1024}
    run.worker(100, layout.ROLE_CHILD, **busy, ITEMS=1)
    recording = run.read()
    assert state(recording, "w1").current == "task 1,025"
    run.runner.put(**busy, ITEMS=1024)
    run.save()
    recording.refresh()
    assert state(recording, "runner").current == "tasks 1,025 to 2,048 of 5,000,000"


def test_ends_with_and_without_a_status(run: RunBuilder) -> None:
    killed, done, orderly, vanished, _alive = (run.worker(100 * i, ENTERED=5) for i in range(1, 6))
    run.reap(killed, time=5000, status=-9)
    done.put(EXITING=4000, EXIT_CODE=3)
    run.reap(done, time=5001, status=3)
    orderly.put(EXITING=4500, EXIT_CODE=1)
    run.vanished.add(vanished.pid)
    recording = run.read()
    recording.refresh()
    ends = {process.label: (process.phase, process.ended_ns, process.exit_status) for process in recording.processes(0)}
    assert ends["w1"] == ("ended", 5000, -9)
    assert ends["w2"] == ("ended", 4000, 3)
    assert ends["w3"] == ("ended", 4500, 1)
    assert ends["w4"][0] == "ended"
    assert ends["w4"][1] is not None
    assert ends["w4"][2] is None
    assert ends["w5"] == ("idle", None, None)
    assert dict(recording.exit_statuses) == {killed.pid: -9, done.pid: 3}
    assert recording.files[killed.pid].is_finished
    assert not recording.files[orderly.pid].is_finished


def test_who_ended_is_gone_from_then_on_however_late_its_parent_asks(run: RunBuilder, tmp_path: Path) -> None:
    orderly, killed, quick = run.worker(100, ENTERED=5), run.worker(200, ENTERED=5), run.worker(300, ENTERED=5)
    recording = run.read()
    orderly.put(EXITING=4000)
    run.save()
    run.vanished = {orderly.pid, killed.pid}
    recording.refresh()
    recording.refresh()
    missed = {file.pid: recording.left_ns(file) for file in recording.all_files}
    now = time.perf_counter_ns()
    for worker in (orderly, killed):
        run.reap(worker, time=now + 1_000_000_000, status=0)
    quick.put(EXITING=5000)
    run.reap(quick, time=6000, status=0)
    run.save()
    recording.refresh()
    again = {file.pid: recording.left_ns(file) for file in recording.all_files}
    assert again == missed | {quick.pid: 6000}
    assert again[orderly.pid] == 4000
    assert 4000 < (again[killed.pid] or 0) <= now
    # What is kept of it says the same.
    write_end(End(now, "done", status=0, gone=recording.missed()), run.directory)
    reopened = run.read()
    assert {file.pid: reopened.left_ns(file) for file in reopened.all_files} == again
    save(run.directory, tmp_path / "saved")
    saved = SavedRecording(tmp_path / "saved")
    kept = {file.pid: saved.left_ns(file) for file in saved.all_files}
    saved.close()
    assert {pid: kept[pid] for pid in run.vanished} == {pid: again[pid] for pid in run.vanished}


def test_when_an_orderly_end_was_is_not_guessed_when_all_is_over(run: RunBuilder) -> None:
    worker = run.worker(100, ENTERED=5, EXITING=4000)
    run.vanished = {worker.pid, run.runner.pid}
    recording = run.read()
    recording.refresh()
    assert recording.left_ns(recording.files[worker.pid]) is None


def test_a_process_is_not_alive_once_only_its_status_is_left() -> None:
    process = subprocess.Popen(["true"])
    try:
        assert wait_for(lambda: not reader.is_alive(process.pid))
        os.kill(process.pid, 0)  # it is there still
    finally:
        process.wait()
    assert not reader.is_alive(process.pid)
    assert reader.is_alive(os.getpid())


def test_a_pid_that_is_used_twice_is_two_processes(run: RunBuilder) -> None:
    first = run.worker(100, ENTERED=5, ITEMS_DONE=1)
    second = EventFileBuilder(
        run.directory, first.pid, 700, PARENT_PID=RunBuilder.RUNNER, ROLE=layout.ROLE_WORKER, ITEMS_DONE=2
    )
    second.save()
    run.reap(first, time=600, status=-9)
    run.reap(first, time=900, status=4)
    recording = run.read()
    assert [(p.label, p.exit_status, p.ended_ns) for p in recording.processes(0)[1:]] == [
        ("w1", -9, 600),
        ("w2", 4, 900),
    ]
    assert recording.tasks_done == 3


def test_a_process_that_executes_another_program_goes_on_as_that(run: RunBuilder) -> None:
    first = run.worker(100, layout.ROLE_CHILD, ENTERED=105)
    again = EventFileBuilder(
        run.directory, first.pid, 700, PARENT_PID=RunBuilder.RUNNER, ROLE=layout.ROLE_PROGRAM, ENTERED=701
    )
    again.save()
    run.reap(first, 900, 4)
    recording = run.read()
    recording.refresh()
    ends = {process.started_ns: (process.ended_ns, process.exit_status) for process in recording.processes(0)}
    assert ends == {10: (None, None), 100: (700, None), 700: (900, 4)}


def test_processes_are_gone_once_the_recording_is_closed(run: RunBuilder) -> None:
    worker = run.worker(100, ENTERED=5)
    recording = run.read()
    worker.life(layout.REAPED, a=9, time=200, v1=0)
    run.save()
    recording.close()
    assert recording.is_closed
    assert {process.phase for process in recording.processes(0)} == {"ended"}
    assert recording.exit_statuses[9] == 0
    assert not recording.refresh()


def test_the_result_is_there_once_the_runner_left_it(run: RunBuilder) -> None:
    recording = run.read()
    before = recording.result
    run.result(summary="8 roots\x1b[2J", lines=["a\tb", "c"], traceback="one\n\x1btwo")
    recording.refresh()
    assert before is None
    assert recording.result is not None
    assert (recording.result.ok, recording.result.tasks, recording.result.elapsed_ns) == (True, 8, 1000)
    assert recording.result.summary == "8 roots␛[2J"
    assert recording.result.lines == ("a       b", "c")
    assert recording.result.traceback == "one\n␛two"


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"ok": true, "elapsed_ns": {}}', "\udcff", "[" * 100_000])
def test_a_damaged_result_is_a_problem_and_no_error(run: RunBuilder, content: str) -> None:
    (run.directory / "result.json").write_bytes(content.encode(errors="surrogateescape"))
    recording = run.read()
    assert recording.result is None
    assert len(recording.problems) == 1
    assert recording.problems[0].startswith("The file result.json cannot be read")


def test_a_damaged_file_is_left_out_and_said(run: RunBuilder) -> None:
    run.worker(100, ITEMS_DONE=5)
    run.worker(200, ITEMS_DONE=7).put(VERSION_SLOT=8)
    recording = run.read()
    assert recording.tasks_done == 5
    assert recording.problems == (
        f"The event file {run.workers[1].pid}.200.ev has version 8, and this program reads version 1.",
    )


def test_dropped_records_are_counted(run: RunBuilder) -> None:
    run.worker(100, RECORDS_DROPPED=5)
    run.worker(200, RECORDS_DROPPED=2)
    assert run.read().records_dropped == 7


def test_a_file_made_right_after_a_look_is_found_by_the_next(run: RunBuilder) -> None:
    recording = run.read()
    deadline = time.monotonic() + 0.5
    created = 100
    while time.monotonic() < deadline:
        run.worker(created).save()
        recording.refresh()
        assert len(recording.files) == len(run.workers) + 1
        created += 100


def test_descriptors_of_the_ended_are_given_back(run: RunBuilder) -> None:
    before = _descriptors()
    for index in range(40):
        run.worker(100 + index, ENTERED=5)
    recording = run.read()
    assert _descriptors() == before + 41
    for worker in run.workers[:30]:
        run.reap(worker, time=9000, status=0)
    run.save()
    recording.refresh()
    assert _descriptors() == before + 11
    recording.close()
    assert _descriptors() == before


def test_more_processes_than_may_be_open(run: RunBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_MOST_OPEN", 3)
    before = _descriptors()
    for index in range(20):
        run.worker(100 + index, ITEMS_DONE=1)
    recording = run.read()
    assert recording.tasks_done == 20
    assert _descriptors() == before + 3
    recording.close()
