"""One list of processes, from those that were recorded and those that only the operating system knows."""

from __future__ import annotations

from poolscope.tui.roster import full_roster
from poolscope.workloads.model import ProcessSample, ProcessState

GUARDIAN = 10


def sample(pid: int, parent: int, *command: str) -> ProcessSample:
    return ProcessSample(pid, parent, 1.0, 1000, None, 0, False, command)


def recorded(pid: int) -> ProcessState:
    return ProcessState(
        pid=pid, parent=11, role="worker", label="w1", name="", phase="computing", chunks_done=0, items_done=0,
        current="", started_ns=0, ended_ns=None, exit_status=None,
    )  # fmt: skip


def test_idle_shows_the_guardian_alone() -> None:
    samples = {10: sample(10, 1, "python", "guardian.py"), 11: sample(11, 10, "python")}
    assert [(state.pid, state.role) for state in full_roster((), (), samples, GUARDIAN, 5)] == [(10, "guardian")]


def test_helpers_are_labelled_and_stay_when_they_ended() -> None:
    tracker = sample(12, 11, "python", "-c", "from multiprocessing.resource_tracker import main;main(5)")
    server = sample(13, 11, "python", "-c", "from multiprocessing.forkserver import main; main(3)")
    samples = {10: sample(10, 1, "python"), 12: tracker, 13: server, 20: sample(20, 11, "python")}
    roster = full_roster((), (recorded(20),), samples, GUARDIAN, 5)
    labels = {state.pid: (state.role, state.label) for state in roster}
    assert labels == {
        10: ("guardian", "guardian"),
        12: ("helper", "resource tracker"),
        13: ("helper", "fork server"),
        20: ("worker", "w1"),
    }
    del samples[12]
    later = {state.pid: state for state in full_roster(roster, (recorded(20),), samples, GUARDIAN, 9)}
    assert (later[12].phase, later[12].ended_ns) == ("ended", 9)
    assert later[13].ended_ns is None
    last = {state.pid: state for state in full_roster(tuple(later.values()), (recorded(20),), samples, GUARDIAN, 12)}
    assert last[12].ended_ns == 9


def test_a_runner_that_recorded_nothing_yet_is_called_so_and_forgotten_once_it_did() -> None:
    samples = {10: sample(10, 1, "python"), 11: sample(11, GUARDIAN, "python", "-m", "runner")}
    roster = full_roster((), (recorded(20),), samples, GUARDIAN, 5)
    assert {state.pid: state.label for state in roster} == {10: "guardian", 11: "runner", 20: "w1"}
    runner = recorded(11)._replace(role="runner", label="runner")
    assert len(full_roster(roster, (recorded(20), runner), samples, GUARDIAN, 6)) == 3


def test_a_program_that_cannot_be_recorded_is_listed_with_its_children() -> None:
    samples = {
        10: sample(10, 1, "python"),
        11: sample(11, GUARDIAN, "/bin/sh", "-c", "sleep 3"),
        12: sample(12, 11, "/usr/bin/sleep", "3"),
    }
    roster = full_roster((), (), samples, GUARDIAN, 5, program=11)
    assert [(state.role, state.label) for state in roster] == [
        ("guardian", "guardian"), ("program", "sh"), ("child", "sleep"),
    ]  # fmt: skip
    del samples[11], samples[12]
    later = full_roster(roster, (), samples, GUARDIAN, 9, program=11)
    assert [state.ended_ns for state in later] == [None, 9, 9]
