"""Recordings of programs: who is the program, who works for whom, what they are called and how they ended."""

from pathlib import Path

import pytest
from support.event_files import EventFileBuilder

from poolscope.workloads.model import ProcessState
from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.meta import End, Meta, write_end, write_meta
from poolscope.workloads.recording.reader import Recording

MAIN = 2**31 - 1_000_000
META = Meta("program", "20261122-210355-4f2a", "python x.py", 5, 1000, "0.1.0", {}, ("python", "x.py"), "/")


class ProgramBuilder:
    """The run directory of a program, with processes on demand."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        write_meta(META, directory)
        self.files: list[EventFileBuilder] = []
        self.main = self.add(layout.ROLE_PROGRAM, parent=77, created=10, ENTERED=11)

    def add(self, role: int, parent: int, created: int, **slots: int) -> EventFileBuilder:
        """Add a process."""
        pid = MAIN + len(self.files)
        self.files.append(EventFileBuilder(self.directory, pid, created, ROLE=role, PARENT_PID=parent, **slots))
        return self.files[-1]

    def read(self) -> Recording:
        """Write all files and read them."""
        for file in self.files:
            file.save()
        recording = Recording(self.directory, is_alive=lambda pid: True)
        recording.refresh()
        return recording


@pytest.fixture
def program(tmp_path: Path) -> ProgramBuilder:
    return ProgramBuilder(tmp_path / "0001")


def states(recording: Recording) -> dict[str, ProcessState]:
    return {state.label: state for state in recording.processes(0)}


def test_everybody_has_a_label_by_what_it_is(program: ProgramBuilder) -> None:
    worker = program.add(layout.ROLE_WORKER, MAIN, 20, ITEMS_DONE=5)
    program.add(layout.ROLE_WORKER, worker.pid, 30, ITEMS_DONE=7)
    program.add(layout.ROLE_CHILD, MAIN, 40)
    program.add(layout.ROLE_FORK, MAIN, 50)
    program.add(layout.ROLE_PROGRAM, MAIN, 60)
    program.add(layout.ROLE_HELPER, MAIN, 70).text(layout.NAME_TEXT, "fork server")
    recording = program.read()
    assert [(state.label, state.role) for state in recording.processes(0)] == [
        ("main", "program"), ("w1", "worker"), ("w2", "worker"), ("c1", "child"), ("f1", "fork"), ("p1", "program"),
        ("fork server", "helper"),
    ]  # fmt: skip
    assert recording.is_program
    assert recording.runner is not None
    assert recording.runner.pid == MAIN
    assert [recording.label(file) for file in recording.workers] == ["w1", "w2"]
    assert recording.tasks_done == 12


def test_the_first_python_below_a_shell_is_the_program_and_the_next_one_another(program: ProgramBuilder) -> None:
    program.add(layout.ROLE_PROGRAM, 77, 5000)
    recording = program.read()
    assert [(state.label, state.started_ns) for state in recording.processes(0)] == [("main", 10), ("p1", 5000)]


def test_a_program_without_a_meta_is_told_by_its_role(program: ProgramBuilder) -> None:
    (program.directory / "meta.json").unlink()
    program.add(layout.ROLE_WORKER, MAIN, 20)
    recording = program.read()
    assert recording.is_program
    assert list(states(recording)) == ["main", "w1"]


def test_a_lane_has_no_program_before_its_runner_says_what_it_is(program: ProgramBuilder) -> None:
    write_meta(META._replace(kind="lane"), program.directory)
    recording = program.read()
    before = recording.runner
    program.main.put(ROLE=layout.ROLE_RUNNER)
    program.add(layout.ROLE_CHILD, MAIN, 40)
    for file in program.files:
        file.save()
    recording.refresh()
    assert before is None
    assert list(states(recording)) == ["runner", "w1"]
    assert not recording.is_program


def test_what_the_program_did_with_its_pools_is_known_however_early_it_was_read(program: ProgramBuilder) -> None:
    program.main.life(layout.POOL_CREATED, value=2, a=1, time=20, v1=30, v2=layout.POOL_KIND_EXECUTOR)
    program.main.life(layout.POOL_TERMINATED, a=1, time=90)
    recording = program.read()
    assert [(event.kind, event.pool_kind) for event in recording.pools] == [
        (layout.POOL_CREATED, layout.POOL_KIND_EXECUTOR),
        (layout.POOL_TERMINATED, 0),
    ]


def test_statuses_that_only_the_guardian_saw(program: ProgramBuilder) -> None:
    orphan = program.add(layout.ROLE_FORK, 1, 50, EXITING=80)
    child = program.add(layout.ROLE_CHILD, MAIN, 60, EXITING=90, EXIT_CODE=4)
    reaped = program.add(layout.ROLE_FORK, MAIN, 70)
    program.main.life(layout.REAPED, a=reaped.pid, time=99, v1=7)
    before = states(program.read())
    write_end(End(200, "failed", -11, {orphan.pid: -9, reaped.pid: 1}), program.directory)
    after = states(program.read())
    assert [before[label].exit_status for label in ("main", "f1", "c1", "f2")] == [None, None, 4, 7]
    assert [after[label].exit_status for label in ("main", "f1", "c1", "f2")] == [-11, -9, 4, 7]
    assert child.pid == after["c1"].pid


def test_how_a_process_was_started(program: ProgramBuilder) -> None:
    worker = program.add(layout.ROLE_WORKER, MAIN, 40)
    program.main.life(layout.STARTED, value=2, a=worker.pid, time=30, v1=35, v2=layout.START_WORKER)
    program.main.life(layout.STARTED, a=123, time=50, v1=55, v2=layout.START_SUBPROCESS)
    program.main.life(layout.REAPED, a=123, time=70, v1=3)
    recording = program.read()
    start = recording.started(recording.files[worker.pid])
    assert start is not None
    assert (start.time_ns, start.of_pool, start.method) == (30, True, 2)
    assert recording.started(recording.files[MAIN]) is None
    assert [(pid, owner.pid, start.kind) for pid, (owner, start) in recording.starts()] == [
        (worker.pid, MAIN, layout.START_WORKER),
        (123, MAIN, layout.START_SUBPROCESS),
    ]
    end = recording.end_after(123, 50)
    assert end is not None
    assert end.status == 3
    assert recording.end_after(123, 71) is None
