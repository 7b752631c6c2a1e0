"""Whoever of a program is killed, and whenever: what was written is in the recording, and nobody else waits for it."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.patience import wait_for

from poolscope.workloads.launcher import Guardian
from poolscope.workloads.program import Program
from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.events import EventFile
from poolscope.workloads.recording.reader import Recording
from poolscope.workloads.recording.save import save
from poolscope.workloads.recording.saved import SavedRecording

KILLS = 200
CHILDREN = 4
BUSY = 2
SEED = 20260101
CHUNK = layout.CHUNK


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    path = tmp_path / "truth"
    path.mkdir()
    return path


@pytest.fixture
def program(truth: Path) -> Iterator[Program]:
    script = Path(__file__).with_name("under_fire.py")
    with Guardian.start() as guardian:
        command = ["nice", "-n", "10", sys.executable, str(script), str(truth), str(CHILDREN)]
        program = Program(guardian, command, terminal_io=False, log_level=5, keeps=False)
        program.advance()
        yield program
        program.cancel()
        assert wait_for(lambda: is_over(program), every=0.05)


def is_over(program: Program) -> bool:
    program.step()
    return program.is_over


def recording_of(program: Program) -> Recording:
    assert program.recording is not None
    return program.recording


def living(program: Program) -> list[EventFile]:
    """The processes that have no end yet, but for the supervisor itself."""
    program.step()
    recording = recording_of(program)
    return [
        file
        for file in recording.files.values()
        if file.is_ready and file.pid != program.pid and recording.end_ns(file) is None
    ]


def tasks_done(program: Program) -> dict[int, int]:
    return {file.pid: file.slots[layout.ITEMS_DONE] for file in living(program)}


def got_on(before: dict[int, int], now: dict[int, int]) -> list[int]:
    """Workers that have done more than ten tasks since."""
    return [pid for pid, done in now.items() if done > before.get(pid, 0) + 10]


@pytest.mark.timeout(300)
def test_random_kills_lose_nothing_and_hold_up_nobody(program: Program, truth: Path, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    victims: set[int] = set()
    busy_workers = 0

    def busy() -> list[EventFile]:
        """Workers that have done some work, and were not killed yet."""
        return [file for file in living(program) if file.pid not in victims and file.slots[layout.ITEMS_DONE]]

    while len(victims) < KILLS:
        assert wait_for(lambda: len(busy()) >= BUSY, every=0.05)
        candidates = [file for file in living(program) if file.pid not in victims]
        if not candidates:  # the last victims' deaths were seen only now, and nobody has taken their places yet
            continue
        victim = chance.choice(candidates)
        with suppress(ProcessLookupError):
            os.kill(victim.pid, signal.SIGKILL)
            victims.add(victim.pid)
            busy_workers += victim.slots[layout.ROLE] == layout.ROLE_WORKER

    # Those that are left, and those that took the others' places, get on with their work.
    before = tasks_done(program)
    assert wait_for(
        lambda: sum(done > before.get(pid, 0) + 10 for pid, done in tasks_done(program).items()) == CHILDREN
    )
    assert busy_workers > KILLS // 10

    program.cancel()
    assert wait_for(lambda: is_over(program), every=0.05)
    recording = recording_of(program)
    assert not recording.problems
    assert recording.records_dropped == 0
    assert len(recording.files) > KILLS

    recorded = {file.pid: sum(1 for _ in file.chunks()) for file in recording.files.values()}
    counted = {file.pid: file.slots[layout.CHUNKS_DONE] for file in recording.files.values()}
    for path in truth.iterdir():
        pid, done = int(path.name), path.stat().st_size
        # The one task that was in hand when death came may have ended without its result being sent.
        assert done - 1 <= recorded[pid] <= done, path.name
        assert recorded[pid] - 1 <= counted[pid] <= recorded[pid], path.name
    assert sum(recorded.values()) > KILLS

    assert program.directory is not None
    save(program.directory, tmp_path / "saved.poolscope")
    saved = SavedRecording(tmp_path / "saved.poolscope")
    assert not saved.problems
    assert {file.pid: sum(1 for _ in file.chunks()) for file in saved.files.values()} == recorded
