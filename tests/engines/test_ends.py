"""Whoever is killed, and whenever: within a second nothing is left. The fixture `nothing_left` looks as well."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.leaks import is_alive, processes_of
from support.patience import PROMISE, wait_for
from support.runs import START_METHODS, below, start, until_busy, until_cleared

from poolscope.workloads.errors import GuardianLostError
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Lane, Plan, StartMethod
from poolscope.workloads.news import Cleared, Ended, Started
from poolscope.workloads.recording.reader import Recording
from poolscope.workloads.sessions import Session

USER_INTERFACE = """
import select, sys
from support.runs import start, until_busy
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Lane
guardian = Guardian.start()
recording = start(guardian, sys.argv[1], Lane("pool", 2, sys.argv[2]))
workers = until_busy(recording)
print(guardian.pid, guardian.directory, *workers, flush=True)
while True:
    select.select([guardian], [], [], 0.1)
    guardian.poll()
"""


class UserInterface:
    """Another process that holds a guardian with a busy pool."""

    def __init__(self, name: str, method: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", USER_INTERFACE, name, method],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        )  # fmt: skip
        assert self.process.stdout is not None
        words = self.process.stdout.readline().split()
        self.guardian, self.directory = int(words[0]), Path(words[1])
        self.below = below(self.guardian)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def user_interface(request: pytest.FixtureRequest) -> Iterator[UserInterface]:
    name, method = request.param
    interface = UserInterface(name, method)
    yield interface
    interface.close()


def all_gone(marker: str, directory: Path) -> bool:
    return not processes_of(marker) and not directory.exists()


BUSY_POOLS = [("BUSY", method) for method in START_METHODS]


@pytest.mark.parametrize(
    "user_interface", [*BUSY_POOLS, ("STUBBORN", "fork"), ("ESCAPING", "fork")], indirect=True, ids="-".join
)
def test_killed_user_interface(user_interface: UserInterface, own_world: str) -> None:
    user_interface.process.kill()
    assert wait_for(lambda: all_gone(own_world, user_interface.directory), PROMISE), processes_of(own_world)
    assert not {pid for pid in user_interface.below if is_alive(pid)}


@pytest.mark.parametrize("user_interface", [("BUSY", "spawn")], indirect=True, ids="-".join)
def test_user_interface_and_runner_killed_together(user_interface: UserInterface, own_world: str) -> None:
    for pid in user_interface.below:
        with suppress(ProcessLookupError):
            if b"workloads.runner" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
    user_interface.process.kill()
    assert wait_for(lambda: all_gone(own_world, user_interface.directory), PROMISE), processes_of(own_world)


@pytest.mark.parametrize("user_interface", [("STUBBORN", "fork"), ("BUSY", "spawn")], indirect=True, ids="-".join)
def test_user_interface_and_guardian_killed_together(user_interface: UserInterface, own_world: str) -> None:
    os.kill(user_interface.guardian, signal.SIGSTOP)  # so that it cannot act on the other's end
    user_interface.process.kill()
    os.kill(user_interface.guardian, signal.SIGKILL)
    user_interface.process.wait()
    # Busy workers do not notice. Whoever comes next ends them.
    assert wait_for(lambda: not is_alive(user_interface.guardian), PROMISE)
    assert user_interface.directory.exists()
    assert processes_of(own_world)
    Session.create().remove()
    assert wait_for(lambda: all_gone(own_world, user_interface.directory), PROMISE), processes_of(own_world)


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("name", ["BUSY", "STUBBORN", "ESCAPING"])
def test_killed_guardian(method: StartMethod, name: str) -> None:
    guardian = Guardian.start()
    recording = start(guardian, name, Lane("pool", 2, method))
    until_busy(recording)
    guardian.poll()
    pids = below(guardian.pid)
    assert len(pids) >= 3
    mine = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    try:
        os.kill(guardian.pid, signal.SIGKILL)
        with pytest.raises(GuardianLostError):
            wait_for(guardian.poll)
        assert not {pid for pid in pids if is_alive(pid)}
        assert mine.poll() is None, "a child that is no business of the guardian's was killed"
    finally:
        mine.kill()
        mine.wait()
    assert not guardian.is_alive
    assert not guardian.directory.exists()
    with pytest.raises(GuardianLostError):
        guardian.run(Plan("0002", "sqrt", {"N": 100}, Lane("serial", 1), 0))


def test_another_guardian_after_one_was_lost() -> None:
    lost = Guardian.start()
    os.kill(lost.pid, signal.SIGKILL)
    assert wait_for(lambda: not lost.is_alive)
    lost.close()
    with Guardian.start() as guardian:
        start(guardian, "ONE", Lane("serial"))
        assert Ended("0001", 0) in until_cleared(guardian)


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("name", ["BUSY", "STUBBORN", "ESCAPING"])
def test_killed_runner(guardian: Guardian, method: StartMethod, name: str) -> None:
    recording = start(guardian, name, Lane("pool", 2, method))
    until_busy(recording)
    os.kill(runner_of(recording), signal.SIGKILL)
    assert Ended("0001", -signal.SIGKILL) in until_cleared(guardian)
    assert wait_for(lambda: not below(guardian.pid), PROMISE)


def runner_of(recording: Recording) -> int:
    assert recording.runner is not None
    return recording.runner.pid


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("name", ["BUSY", "STUBBORN"])
def test_stop(guardian: Guardian, method: StartMethod, name: str) -> None:
    recording = start(guardian, name, Lane("pool", 2, method))
    until_busy(recording)
    pids = below(guardian.pid)
    guardian.stop()
    assert wait_for(lambda: any(isinstance(message, Cleared) for message in guardian.poll()), PROMISE)
    assert not {pid for pid in pids if is_alive(pid)}


@pytest.mark.parametrize("method", START_METHODS)
def test_stop_of_a_suspended_pool(guardian: Guardian, method: StartMethod) -> None:
    recording = start(guardian, "BUSY", Lane("pool", 2, method))
    for pid in (*until_busy(recording), runner_of(recording)):
        os.kill(pid, signal.SIGSTOP)
    guardian.stop()
    assert wait_for(lambda: any(isinstance(message, Cleared) for message in guardian.poll()), PROMISE)


def test_close_while_a_pool_is_busy() -> None:
    guardian = Guardian.start()
    recording = start(guardian, "BUSY", Lane("pool", 2, "forkserver"))
    until_busy(recording)
    pids = below(guardian.pid) | {guardian.pid}
    guardian.close()
    assert not {pid for pid in pids if is_alive(pid)}
    assert not guardian.directory.exists()


def test_close_of_a_suspended_guardian() -> None:
    guardian = Guardian.start()
    until_busy(start(guardian, "BUSY", Lane("pool", 2, "fork")))
    os.kill(guardian.pid, signal.SIGSTOP)
    guardian.close(timeout=0.05)
    assert not guardian.directory.exists()


@pytest.mark.parametrize("wanted", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_guardian_cannot_be_asked_to_leave(guardian: Guardian, wanted: signal.Signals) -> None:
    start(guardian, "ONE", Lane("serial"))
    until_cleared(guardian)
    os.kill(guardian.pid, wanted)
    start(guardian, "ONE", Lane("serial"), "0002")
    assert Ended("0002", 0) in until_cleared(guardian)


@pytest.mark.parametrize("seed", range(4))
def test_random_kills(guardian: Guardian, seed: int) -> None:
    dice = random.Random(seed)
    lane = Lane("pool", 3, dice.choice(("fork", "spawn", "forkserver")))
    recording = start(guardian, "BUSY", lane)
    until_busy(recording, 3)
    runner = runner_of(recording)
    for pid in dice.sample(sorted(below(runner)), 2):
        os.kill(pid, dice.choice((signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM)))
    os.kill(runner, signal.SIGKILL)
    assert any(isinstance(message, Started) for message in until_cleared(guardian))
    assert wait_for(lambda: not below(guardian.pid), PROMISE)
