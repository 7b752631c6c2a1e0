"""Which ends of processes do harm in a program, which may have many pools and executors, one after the other."""

from pathlib import Path

import pytest
from support.event_files import EventFileBuilder

from poolscope.workloads.analysis.failure import find_failure, notes
from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.meta import Meta, write_meta
from poolscope.workloads.recording.reader import Recording

MAIN = 2**31 - 1_000_000
BUSY = {"ENTERED": 50, "PHASE": layout.PHASE_COMPUTING, "CHUNKS_STARTED": 1, "ITEMS": 1}
IDLE = {"ENTERED": 50, "PHASE": layout.PHASE_WAITING, "LOCKS": layout.LOCK_READING}


class Script:
    """A program with pools on demand."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        write_meta(Meta("program", "x", "python x.py", 5, 1000, "0.1.0", {}, ("python", "x.py"), "/"), directory)
        self.main = EventFileBuilder(directory, MAIN, 10, ROLE=layout.ROLE_PROGRAM, PARENT_PID=77, ENTERED=11)
        self.files = [self.main]

    def pool(self, number: int, kind: int = layout.POOL_KIND_POOL) -> None:
        self.main.life(layout.POOL_CREATED, value=2, a=number, time=20, v1=30, v2=kind)

    def child(self, role: int, created: int = 100, **slots: int) -> EventFileBuilder:
        pid = MAIN + len(self.files)
        self.files.append(EventFileBuilder(self.directory, pid, created, ROLE=role, PARENT_PID=MAIN, **slots))
        is_worker = role == layout.ROLE_WORKER
        self.main.life(layout.STARTED, a=pid, time=created - 1, v1=created, v2=int(is_worker))
        return self.files[-1]

    def worker(self, pool: int, created: int = 100, **slots: int) -> EventFileBuilder:
        return self.child(layout.ROLE_WORKER, created, POOL=pool, **slots)

    def reap(self, process: EventFileBuilder, time: int, status: int) -> None:
        self.main.life(layout.REAPED, a=process.pid, time=time, v1=status)

    def said(self) -> tuple[str | None, tuple[str, ...]]:
        for file in self.files:
            file.save()
        recording = Recording(self.directory, is_alive=lambda pid: True)
        recording.refresh()
        said = find_failure(recording), notes(recording)
        recording.close()
        return said


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path / "0001")


def test_a_worker_of_a_second_pool_is_named_when_the_first_pool_is_over(script: Script) -> None:
    script.pool(1)
    script.reap(script.worker(1, **BUSY), 2001, -15)
    script.main.life(layout.POOL_TERMINATED, a=1, time=2000)
    script.pool(2)
    lost = script.worker(2, 2100, **BUSY)
    script.reap(lost, 3000, -9)
    failure, noted = script.said()
    assert (failure or "").startswith(f"Worker w2 (pid {lost.pid}) was killed by SIGKILL while it held")
    assert noted == ()


def test_a_pool_that_ends_with_the_program_is_not_taken_for_one_that_lost_its_workers(script: Script) -> None:
    script.pool(1)
    script.reap(script.worker(1, **BUSY), 2000, -15)
    script.reap(script.worker(1, ENTERED=50), 2001, -15)
    assert script.said() == (None, ())


def test_a_worker_that_was_made_when_its_pool_was_over_already_is_no_news(script: Script) -> None:
    """A spawned interpreter needs a while until it can say anything, and this one never said what it is."""
    script.pool(1, layout.POOL_KIND_EXECUTOR)
    script.pool(2)
    late = EventFileBuilder(script.directory, MAIN + 1, 2100, PARENT_PID=MAIN)
    script.files.append(late)
    script.main.life(layout.STARTED, a=late.pid, time=1500, v1=1501, v2=layout.START_WORKER, v3=2)
    script.main.life(layout.POOL_TERMINATED, a=2, time=2000)
    script.reap(late, 2200, -15)
    script.pool(3)
    script.worker(3, 2300, ENTERED=2350)
    assert script.said() == (None, ())


def test_a_worker_that_a_person_terminated_is_replaced_and_named(script: Script) -> None:
    script.pool(1)
    idle = script.worker(1, ENTERED=50)
    script.reap(idle, 2000, -15)
    script.worker(1, 2100, ENTERED=50)
    assert script.said()[1] == (
        f"Worker w1 (pid {idle.pid}) was killed by SIGTERM while it was idle; the pool replaces it.",
    )


def test_of_a_broken_executor_only_the_worker_is_named_that_broke_it(script: Script) -> None:
    script.pool(1, layout.POOL_KIND_EXECUTOR)
    script.reap(script.worker(1, **BUSY), 2000, -15)
    culprit = script.worker(1, **IDLE)
    script.reap(culprit, 2001, -9)
    assert script.said() == (
        f"Worker w2 (pid {culprit.pid}) was killed by SIGKILL while it was idle, which breaks the executor.",
        (),
    )


def test_what_loky_kills_when_it_is_shut_down_is_harmless(script: Script) -> None:
    script.pool(1, layout.POOL_KIND_LOKY)
    worker = script.worker(1, **BUSY)
    script.main.life(layout.POOL_CLOSED, a=1, time=1999)
    script.reap(worker, 2000, -9)
    assert script.said() == (None, ())


def test_processes_that_were_killed_or_raised_are_noted(script: Script) -> None:
    killed = script.child(layout.ROLE_CHILD, ENTERED=50)
    script.reap(killed, 2000, -9)
    script.reap(script.child(layout.ROLE_CHILD, ENTERED=50), 2000, -15)
    raised = script.child(layout.ROLE_CHILD, ENTERED=50, EXITING=90).text(layout.ERROR_TEXT, "ValueError: no.")
    script.reap(raised, 2000, 1)
    script.reap(script.child(layout.ROLE_FORK, ENTERED=50), 2000, 3)
    assert script.said() == (
        None,
        (
            f"Process c1 (pid {killed.pid}) was killed by SIGKILL.",
            f"Process c3 (pid {raised.pid}) ended with exit 1: ValueError: no.",
        ),
    )


def test_workers_that_fail_before_they_are_ready_are_counted_after_a_pool_that_is_over(script: Script) -> None:
    script.pool(1)
    script.main.life(layout.POOL_TERMINATED, a=1, time=200)
    for count in range(4):
        script.reap(script.worker(2, 300 + count), 3000, 1)
    assert (script.said()[0] or "").startswith("4 workers ended with exit 1 before they were ready")
