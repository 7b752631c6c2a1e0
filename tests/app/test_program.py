"""A program on the screen while it runs: its panels, its past, its end, and leaving it."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.patience import PATIENCE
from support.recorded import SCRIPT, TASKS

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.bridge import Bridge
from poolscope.tui.glyphs import UNICODE
from poolscope.tui.panels.base import Panel
from poolscope.tui.screens.program import ProgramScreen
from poolscope.tui.screens.quit import QuitScreen
from poolscope.tui.sources import ProgramSource
from poolscope.tui.widgets.line_view import LineView
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.program import Program
from poolscope.workloads.recording.open import open_recording

if TYPE_CHECKING:
    from poolscope.tui.snapshot import Snapshot

FULL = (120, 40)
WAITING = """
import multiprocessing, os, sys, time

def work(x):
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.02)
    return x

if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(sum(pool.map(int, range(8), chunksize=1)), flush=True)
        pool.map(work, range(2), chunksize=1)
"""
"""Does one job at once, and the other when a file is there."""


class Executed:
    """A program under a bridge, as the screen has it."""

    def __init__(self, script: Path, *arguments: str, output: Path | None = None) -> None:
        self.guardian = Guardian.start()
        self.program = Program(
            self.guardian, [sys.executable, str(script), *arguments], terminal_io=False, log_level=5, keeps=False
        )
        self.bridge = Bridge(self.guardian, source=lambda: ProgramSource(self.program, output))
        self.bridge.begin_to_sample()
        self.app = PoolscopeApp(self.bridge, [], screen=ProgramScreen(self.bridge, UNICODE))

    @property
    def newest(self) -> Snapshot:
        assert self.bridge.failure is None
        assert self.bridge.latest is not None
        return self.bridge.latest

    async def until(self, condition: Callable[[Snapshot], object]) -> Snapshot:
        end = time.monotonic() + PATIENCE
        while self.bridge.latest is None or not condition(self.newest):
            assert time.monotonic() < end, f"it did not happen: {self.bridge.latest}"
            await asyncio.sleep(0.02)
        self.app.frame()
        return self.newest

    def text(self, number: int) -> str:
        panel: Panel = self.app.main_screen.panel(number)
        return "\n".join("".join(text for text, _ in line) for line in panel.query_one(LineView).lines)


@pytest.fixture
def execute(tmp_path: Path) -> Iterator[Callable[..., Executed]]:
    made: list[Executed] = []

    def one(script: str, *arguments: str, output: Path | None = None) -> Executed:
        path = tmp_path / "script.py"
        path.write_text(script)
        made.append(Executed(path, *arguments, output=output))
        return made[-1]

    yield one
    for executed in made:
        executed.bridge.close()


async def test_a_program_is_shown_to_its_end_and_after_it(execute: Callable[..., Executed], tmp_path: Path) -> None:
    output = tmp_path / "run.poolscope"
    it = execute(SCRIPT, output=output)
    async with it.app.run_test(size=FULL) as pilot:
        end = await it.until(lambda snapshot: snapshot.program and snapshot.program.state != "running")
        await pilot.pause()
        assert end.program is not None
        assert (end.program.state, end.program.status, end.program.tasks_done) == ("failed", 3, TASKS)
        assert end.transport.is_live
        assert end.timeline is not None
        assert not end.timeline.is_live
        shown = it.text(1)
        assert "exit 3" in shown
        assert "script.py" in shown
        assert "saved" in shown
        assert "slow" in it.text(2)
        assert f"{TASKS}" in it.text(2)
        ring = it.app.main_screen.log_panel.view.ring

        def printed() -> set[str]:
            it.app.frame()
            return {ring[index].text for index in range(len(ring))}

        await it.until(lambda _: {"the begin", "the end"} <= printed())
        await pilot.press("q")
        await pilot.pause()
        assert it.app._exit
    recording = open_recording(output)
    assert recording.tasks_done == TASKS
    assert recording.samples.process_times()


async def test_a_running_program_is_scrolled_back_and_followed_again(
    execute: Callable[..., Executed], tmp_path: Path
) -> None:
    signal = tmp_path / "go"
    it = execute(WAITING, str(signal))
    async with it.app.run_test(size=FULL) as pilot:
        await it.until(
            lambda snapshot: snapshot.timeline and sum(state.phase == "computing" for state in snapshot.processes) == 2
        )
        await pilot.press("space")
        held = await it.until(lambda snapshot: not snapshot.transport.is_live)
        await pilot.pause()
        assert held.is_under_way
        assert it.app.main_screen._transport.display
        await pilot.press("left_square_bracket")
        first = await it.until(lambda snapshot: snapshot.transport.time_ns == snapshot.transport.begin_ns)
        assert first.program is not None
        assert first.program.tasks_done == 0
        assert first.program.state == "running"
        signal.touch()
        # The program goes on undisturbed, and ends while its begin is shown.
        over = await it.until(lambda snapshot: snapshot.transport.is_over)
        assert over.transport.time_ns == over.transport.begin_ns
        assert not over.is_under_way
        await pilot.press("right_square_bracket")
        end = await it.until(lambda snapshot: snapshot.transport.is_live)
        await pilot.pause()
        assert end.program is not None
        assert (end.program.state, end.program.tasks_done) == ("done", 10)
        assert not it.app.main_screen._transport.display


async def test_quitting_asks_and_ends_the_program(execute: Callable[..., Executed], tmp_path: Path) -> None:
    it = execute(WAITING, str(tmp_path / "never"))
    async with it.app.run_test(size=FULL) as pilot:
        await it.until(lambda snapshot: sum(state.phase == "computing" for state in snapshot.processes) == 2)
        await pilot.press("q")
        assert isinstance(it.app.screen, QuitScreen)
        assert "program is still running" in it.app.screen._question
        await pilot.press("n")
        assert len(it.app.screen_stack) == 1
        await pilot.press("q", "y")
        await pilot.pause()
        assert it.app._exit
    it.bridge.finish(PATIENCE)
    assert it.program.is_over
    assert it.program.exit_code > 128
    assert it.program.recording is not None
    assert it.program.recording.end is not None
    assert it.program.recording.end.state == "cancelled"


async def test_cancel_ends_the_program_and_the_screen_stays(execute: Callable[..., Executed], tmp_path: Path) -> None:
    it = execute(WAITING, str(tmp_path / "never"))
    async with it.app.run_test(size=FULL) as pilot:
        await it.until(lambda snapshot: sum(state.phase == "computing" for state in snapshot.processes) == 2)
        await pilot.press("c")
        await it.until(lambda snapshot: snapshot.program and snapshot.program.state == "cancelled")
        await pilot.pause()
        assert "ended by you" in it.text(1)
        assert it.app.main_screen.check_action("cancel", ()) is False
        assert not it.app._exit
