"""Programs under the guardian, in a session of their own: how they end, and what is known of them meanwhile."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from pathlib import Path

import pytest
from support.leaks import is_alive
from support.patience import PATIENCE, PROMISE, wait_for

from poolscope.workloads.errors import CommandError, GuardianLostError
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.program import Program
from poolscope.workloads.programs import ProgramState
from poolscope.workloads.recording.meta import read_end, read_meta


def program(guardian: Guardian, *command: str, waits: bool = False) -> Program:
    return Program(guardian, command, terminal_io=False, log_level=0, waits=waits, keeps=False)


def until_over(guardian: Guardian, program: Program) -> ProgramState:
    def is_over() -> bool:
        program.step()
        if not program.is_over:
            select.select([guardian], [], [], 0.05)
        return program.is_over

    assert wait_for(is_over, every=0)
    return program.state()


def until_it_says(program: Program, name: str = "ready") -> None:
    """Wait until the program made a file of that name in its run directory."""

    def is_there() -> bool:
        program.step()
        return program.directory is not None and (program.directory / "stdout.log").read_text().startswith(name)

    assert wait_for(is_there)


def test_every_exit_status(guardian: Guardian) -> None:
    for status in range(256):
        ended = program(guardian, "/bin/sh", "-c", f"exit {status}")
        state = until_over(guardian, ended)
        assert (state.status, ended.exit_code) == (status, status)
        assert state.state == ("failed" if status else "done")


def test_every_signal(guardian: Guardian) -> None:
    harmless = {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH}
    for number in sorted(
        signal.valid_signals() - harmless - {signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU}
    ):
        ended = program(guardian, "/bin/sh", "-c", f"ulimit -c 0; kill -{number:d} $$")
        state = until_over(guardian, ended)
        assert (state.status, ended.exit_code) == (-number, 128 + number)
        assert state.error is not None
        assert "was killed by" in state.error


def test_what_a_program_says_goes_to_logs(guardian: Guardian) -> None:
    ended = program(guardian, "sh", "-c", "echo out; echo err >&2; cat; exit 3")
    state = until_over(guardian, ended)
    assert ended.directory is not None
    assert (ended.directory / "stdout.log").read_text() == "out\n"
    assert (ended.directory / "stderr.log").read_text() == "err\n"
    assert state.state == "failed"
    assert state.ended_ns is not None
    assert state.begun_ns < state.ended_ns <= state.now_ns
    assert ended.cpu_ns is not None


def test_the_last_exception_says_why(guardian: Guardian) -> None:
    state = until_over(guardian, program(guardian, sys.executable, "-c", "import nowhere_at_all"))
    assert state.error is not None
    assert state.error.endswith("ended with exit 1: ModuleNotFoundError: No module named 'nowhere_at_all'.")


def test_begin_and_end_are_written_down(guardian: Guardian) -> None:
    ended = program(guardian, "sh", "-c", "(setsid sleep 1000 &); exit 4")
    state = until_over(guardian, ended)
    assert ended.directory is not None
    meta, end = read_meta(ended.directory), read_end(ended.directory)
    assert meta is not None
    assert end is not None
    assert meta.kind == "program"
    assert meta.command == ("sh", "-c", "(setsid sleep 1000 &); exit 4")
    assert meta.title == "sh -c '(setsid sleep 1000 &); exit 4'"
    assert meta.directory == str(Path.cwd())
    assert meta.machine["cpus"]["online"] >= 1
    assert (end.state, end.status, end.ended_ns) == ("failed", 4, state.ended_ns)
    assert list(end.statuses.values()) == [-signal.SIGTERM]
    assert any("sleep 1000" in note for note in end.notes)


def test_of_a_command_line_without_end_the_begin_is_kept(guardian: Guardian) -> None:
    ended = program(guardian, "true", *["é" * 50_000] * 5, *["x"] * 10_000)
    assert until_over(guardian, ended).status == 0
    assert ended.directory is not None
    meta = read_meta(ended.directory)
    assert meta is not None
    assert (len(meta.command), len(meta.command[1]), len(meta.title)) == (200, 1_000, 1_000)


def test_a_program_can_be_cancelled(guardian: Guardian) -> None:
    running = program(guardian, "sh", "-c", "trap '' TERM; setsid sh -c 'trap \"\" TERM; echo ready; sleep 1000'")
    until_it_says(running)
    running.cancel()
    state = until_over(guardian, running)
    assert state.state == "cancelled"
    assert state.status == -signal.SIGKILL
    assert state.error is None
    running.cancel()  # once it is over that means nothing


@pytest.mark.parametrize("has_it", [False, True])
def test_a_key_that_came_before_the_program_is_passed_on_and_no_other(guardian: Guardian, has_it: bool) -> None:
    """Nobody but the guardian knows which it was: we may hear of the program long after it has begun."""
    before = time.monotonic_ns()
    script = "trap 'exit 5' INT; trap 'exit 6' USR1; echo ready; while true; do sleep 0.01; done"
    running = program(guardian, "sh", "-c", script)
    until_it_says(running)
    running.pass_on(signal.SIGINT, time.monotonic_ns() if has_it else before)
    running.pass_on(signal.SIGUSR1)
    assert until_over(guardian, running).status == (6 if has_it else 5)


def test_one_program_after_the_other(guardian: Guardian) -> None:
    names = []
    for _ in range(2):
        ended = program(guardian, "true")
        until_over(guardian, ended)
        assert ended.directory is not None
        names.append(ended.directory.name)
    assert names == ["0001", "0002"]


def test_what_cannot_be_started(guardian: Guardian, tmp_path: Path) -> None:
    lost = tmp_path / "lost"
    lost.write_text("#!/no/such/interpreter\n")
    lost.chmod(0o755)
    for command, code in (("no-such-command", 127), (str(tmp_path), 126), (str(lost), 127)):
        refused = program(guardian, command)
        with pytest.raises(CommandError) as caught:
            until_over(guardian, refused)
        assert caught.value.exit_code == refused.exit_code == code
        assert refused.is_over
        assert refused.state().error == str(caught.value)
    assert until_over(guardian, program(guardian, "true")).status == 0


def test_a_lost_guardian_ends_the_program() -> None:
    guardian = Guardian.start(has_all_children=True)
    running = program(guardian, "sh", "-c", "env -i setsid sh -c 'echo ready; exec sleep 1000'")
    until_it_says(running)
    assert running.pid is not None
    os.kill(guardian.pid, signal.SIGKILL)
    with pytest.raises(GuardianLostError):
        wait_for(running.step, PATIENCE)
    assert running.is_over
    assert running.exit_code == 137
    assert running.state().state == "failed"
    assert wait_for(lambda: not is_alive(running.pid or 0), PROMISE)
    guardian.close()


def test_what_outlives_the_program_may_finish(guardian: Guardian) -> None:
    running = program(guardian, "sh", "-c", "(setsid sh -c 'sleep 0.6; echo late' &) ; exit 4", waits=True)
    state = until_over(guardian, running)
    assert state.status == 4
    assert running.directory is not None
    assert (running.directory / "stdout.log").read_text() == "late\n"
    assert not [note for note in state.notes if "Outlived" in note]
