"""Recordings of real programs on the screen: every panel shows the moment that the person chose."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.packet import arrive
from support.patience import PATIENCE
from support.recorded import SCRIPT, TASKS, record_program

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.bridge import Bridge
from poolscope.tui.glyphs import UNICODE
from poolscope.tui.panels.base import Panel
from poolscope.tui.screens.program import ReplayScreen
from poolscope.tui.screens.seek import SeekScreen
from poolscope.tui.sources import RecordedSource
from poolscope.tui.widgets.line_view import LineView
from poolscope.workloads.analysis.timeline import stretch_at
from poolscope.workloads.recording.open import open_recording

if TYPE_CHECKING:
    from poolscope.tui.snapshot import Snapshot

FULL = (120, 40)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record_program(tmp_path_factory.mktemp("recorded"))


@pytest.fixture
def bridge(saved: Path) -> Iterator[Bridge]:
    source = RecordedSource(open_recording(saved), saved)
    bridge = Bridge(None, source=lambda: source)
    yield bridge
    bridge.close()


@pytest.fixture
def app(bridge: Bridge) -> PoolscopeApp:
    return PoolscopeApp(bridge, [], screen=ReplayScreen(bridge, UNICODE, is_of_program=True))


async def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.02)


def newest(bridge: Bridge) -> Snapshot:
    assert bridge.failure is None
    assert bridge.latest is not None
    return bridge.latest


async def opened(app: PoolscopeApp, bridge: Bridge) -> Snapshot:
    await until(lambda: bridge.latest is not None and bridge.latest.timeline is not None)
    app.frame()
    return newest(bridge)


async def moved(app: PoolscopeApp, bridge: Bridge, time_ns: int) -> Snapshot:
    """Wait until the moment TIME_NS is shown."""
    await until(lambda: newest(bridge).transport.time_ns == time_ns)
    app.frame()
    return newest(bridge)


def text_of(panel: Panel) -> str:
    return "\n".join("".join(text for text, _ in line) for line in panel.query_one(LineView).lines)


async def test_opens_at_its_end_with_all_that_happened(app: PoolscopeApp, bridge: Bridge) -> None:
    async with app.run_test(size=FULL) as pilot:
        snapshot = await opened(app, bridge)
        await pilot.pause()
        transport = snapshot.transport
        assert (transport.is_replay, transport.is_live, transport.is_playing) == (True, False, False)
        assert transport.time_ns == transport.end_ns > transport.begin_ns
        program = snapshot.program
        assert program is not None
        assert (program.state, program.status, program.tasks_done) == ("failed", 3, TASKS)
        assert [job.items_done for job in program.jobs] == [TASKS]
        assert {"main", "w1", "w2"} <= {state.label for state in snapshot.processes}
        assert sum(ledger.items for ledger in snapshot.ledgers) == TASKS
        assert len(snapshot.slowest) == 10
        screen = app.main_screen
        assert "exit 3" in text_of(screen.panel(1))
        assert "slow" in text_of(screen.panel(2))
        assert "replay" in "".join(text for text, _ in screen._header.lines[0])


async def test_the_begin_has_nothing_of_what_comes_later(app: PoolscopeApp, bridge: Bridge) -> None:
    async with app.run_test(size=FULL) as pilot:
        last = await opened(app, bridge)
        await pilot.press("left_square_bracket")
        first = await moved(app, bridge, last.transport.begin_ns)
        await pilot.pause()
        assert first.program is not None
        assert (first.program.state, first.program.tasks_done, first.program.jobs) == ("running", 0, ())
        assert "w1" not in {state.label for state in first.processes}
        assert first.slowest == ()
        assert first.samples == {}
        assert first.timeline is not None
        assert first.timeline.end_ns == last.transport.end_ns
        assert "running" in text_of(app.main_screen.panel(1))
        await pilot.press("right_square_bracket")
        again = await moved(app, bridge, last.transport.end_ns)
        assert again.program == last.program


async def test_a_typed_time_shows_that_moment_in_every_panel(app: PoolscopeApp, bridge: Bridge) -> None:
    async with app.run_test(size=FULL) as pilot:
        last = await opened(app, bridge)
        timeline = last.timeline
        assert timeline is not None
        workers = [track for track in timeline.tracks if track.is_worker]
        begin = max(track.entered_ns or 0 for track in workers)
        middle = (begin + min(track.exiting_ns or track.until_ns for track in workers)) // 2
        await pilot.press("g")
        assert isinstance(app.screen, SeekScreen)
        await pilot.press(*f"{(middle - last.transport.begin_ns) / 1e9:.6f}", "enter")
        await until(lambda: newest(bridge).transport.time_ns != last.transport.time_ns)
        now = newest(bridge)
        moment = now.transport.time_ns
        assert abs(moment - middle) <= 500
        assert now.program is not None
        assert now.program.state == "running"
        assert 0 < now.program.tasks_done < TASKS
        assert now.program.tasks_done == sum(state.items_done for state in now.processes)
        assert now.program.tasks_done == sum(ledger.items for ledger in now.ledgers)
        assert now.cores is not None
        assert now.cores.time_ns <= moment
        assert now.cores_before[-1] == now.cores
        assert {track.pid for track in workers} <= set(now.samples)
        phases = {state.pid: state.phase for state in now.processes}
        words = {"computing": "computing", "waiting": "waiting", "receiving": "receiving", "sending": "returning"}
        for track in workers:
            stretch = stretch_at(track, moment)
            assert stretch is not None
            assert phases[track.pid] == words[stretch.state]
        assert all(task.end_ns <= moment for task in now.slowest)


async def test_steps_go_from_event_to_event_and_back(app: PoolscopeApp, bridge: Bridge) -> None:
    async with app.run_test(size=FULL) as pilot:
        last = await opened(app, bridge)
        await pilot.press("left_square_bracket")
        times = [(await moved(app, bridge, last.transport.begin_ns)).transport.time_ns]
        for _ in range(6):
            await pilot.press("full_stop")
            await until(lambda: newest(bridge).transport.time_ns > times[-1])
            times.append(newest(bridge).transport.time_ns)
        for time_ns in reversed(times[:-1]):
            await pilot.press("comma")
            await moved(app, bridge, time_ns)


async def test_space_plays_to_the_end_and_holds(app: PoolscopeApp, bridge: Bridge) -> None:
    async with app.run_test(size=FULL) as pilot:
        last = await opened(app, bridge)
        await pilot.press("less_than_sign", "less_than_sign", "less_than_sign", "space")
        await until(lambda: newest(bridge).transport.is_playing)
        seen: list[int] = []

        def is_on_its_way() -> bool:
            seen.append(newest(bridge).transport.time_ns)
            return len(set(seen)) >= 3

        await until(is_on_its_way)
        assert seen == sorted(seen)
        assert newest(bridge).transport.speed == 0.1
        await pilot.press("space")
        await until(lambda: not newest(bridge).transport.is_playing)
        held = newest(bridge).transport.time_ns
        assert held < last.transport.end_ns
        await pilot.press(*["greater_than_sign"] * 9, "space")
        end = await moved(app, bridge, last.transport.end_ns)
        assert not end.transport.is_playing
        assert end.transport.speed == 100
        await pilot.press("less_than_sign")
        await until(lambda: newest(bridge).transport.speed == 50)
        assert newest(bridge).transport.time_ns == last.transport.end_ns


async def test_the_log_is_that_of_the_moment(app: PoolscopeApp, bridge: Bridge) -> None:
    async with app.run_test(size=FULL) as pilot:
        last = await opened(app, bridge)
        ring = app.main_screen.log_panel.view.ring

        def shown() -> list[str]:
            app.frame()
            return [ring[index].text for index in range(len(ring))]

        await until(lambda: {"the begin", "the end"} <= set(shown()))
        await pilot.press("left_square_bracket")
        await moved(app, bridge, last.transport.begin_ns)
        assert "the end" not in shown()
        assert "1 line" in str(app.main_screen.log_panel.border_subtitle)
        await pilot.press("right_square_bracket")
        await moved(app, bridge, last.transport.end_ns)
        await until(lambda: "the end" in shown())
        assert shown().count("the begin") == 1


async def test_a_time_may_arrive_with_the_key_that_asks_for_it(app: PoolscopeApp, bridge: Bridge) -> None:
    async with app.run_test(size=FULL):
        last = (await opened(app, bridge)).transport
        arrive(app, "g50%\r")
        await until(
            lambda: newest(bridge).transport.time_ns == last.begin_ns + round((last.end_ns - last.begin_ns) / 2)
        )


async def test_what_is_no_time_is_told_and_changes_nothing(app: PoolscopeApp, bridge: Bridge) -> None:
    async with app.run_test(size=FULL) as pilot:
        last = await opened(app, bridge)
        await pilot.press("g", *"99999", "enter")
        screen = app.screen
        assert isinstance(screen, SeekScreen)
        assert "after its end" in str(screen.query_one(".note").render())
        await pilot.press("escape")
        await pilot.pause()
        assert app.screen is app.main_screen
        assert newest(bridge).transport.time_ns == last.transport.time_ns


async def test_a_click_on_the_track_goes_there(app: PoolscopeApp, bridge: Bridge) -> None:
    async with app.run_test(size=FULL) as pilot:
        last = await opened(app, bridge)
        await pilot.pause()
        start, width = app.main_screen._transport._track
        await pilot.click("#transport", offset=(start, 0))
        await moved(app, bridge, last.transport.begin_ns)
        await pilot.click("#transport", offset=(start + width - 1, 0))
        await moved(app, bridge, last.transport.end_ns)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (200, 50)])
async def test_the_line_of_the_moment_is_always_there(app: PoolscopeApp, bridge: Bridge, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await opened(app, bridge)
        for keys in ("1", "7", "z"):
            await pilot.press(keys)
            bar = app.main_screen._transport
            assert bar.region.height == 1
            assert bar.region.bottom == size[1] - 1
            assert "●" in "".join(text for text, _ in bar.lines[0])


async def test_lanes_and_runs_have_no_keys_here_and_q_just_quits(app: PoolscopeApp, bridge: Bridge) -> None:
    async with app.run_test(size=FULL) as pilot:
        await opened(app, bridge)
        titles = {command.title for command in app.get_system_commands(app.main_screen)}
        assert "Play or hold" in titles
        assert not titles & {"Run all lanes", "Cancel the run", "Add a lane"}
        await pilot.press("q")
        await pilot.pause()
        assert app._exit


def test_the_script_has_what_the_tests_expect() -> None:
    assert str(TASKS) in SCRIPT
