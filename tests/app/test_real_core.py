"""The app on the real core: real processes, real files, real figures."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from support.patience import PATIENCE

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.bridge import Bridge
from poolscope.tui.panels.lanes import LanesView
from poolscope.workloads import catalogue
from poolscope.workloads.history import store
from poolscope.workloads.lanes import why_no_engine
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Lane

if TYPE_CHECKING:
    from poolscope.tui.snapshot import Snapshot

FULL = (120, 40)


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    bridge = Bridge(Guardian.start(), Guardian.start)
    bridge.begin_to_sample()
    yield bridge
    bridge.close()


async def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.02)


def newest(bridge: Bridge) -> Snapshot:
    assert bridge.failure is None
    assert bridge.latest is not None
    return bridge.latest


def is_over(bridge: Bridge) -> bool:
    snapshot = bridge.latest
    return snapshot is not None and snapshot.comparison is not None and snapshot.comparison.is_over


async def test_sqrt_runs_and_is_compared(bridge: Bridge, workloads: Any) -> None:
    app = PoolscopeApp(bridge, workloads)
    async with app.run_test(size=FULL) as pilot:
        await until(lambda: bridge.latest is not None and bridge.latest.choice is not None)
        await pilot.press("right")
        await until(lambda: dict(newest(bridge).choice.parameters) == {"N": 10_000})  # type: ignore[union-attr]
        app.frame()
        await pilot.press("r")
        await until(lambda: is_over(bridge))
        app.frame()
        await pilot.pause()
        comparison = newest(bridge).comparison
        assert comparison is not None
        assert [lane.state for lane in comparison.lanes] == ["done", "done"]
        assert comparison.lanes[1].same_result is True
        lines = app.lab.lanes.query_one(LanesView).lines
        text = "\n".join("".join(text for text, _ in line) for line in lines)
        assert "9,990" in text
        assert "same result" in text
        assert "than A" in text

        def some_lines_are_left_out() -> bool:
            app.frame()
            return 0 < len(app.lab.log_panel.view.ring) < app.lab.log_panel.view.ring.total

        await until(some_lines_are_left_out)
        shown = len(app.lab.log_panel.view.ring)
        await pilot.press("7", "l", "l")
        await until(lambda: not app.lab.log_panel.view.ring.is_scanning)
        assert len(app.lab.log_panel.view.ring) == app.lab.log_panel.view.ring.total > shown
        old = {line.pid for line in app.lab.log_panel.view.ring.lines}
        await pilot.press("r")
        await until(lambda: newest(bridge).comparison is not comparison and is_over(bridge))
        await until(lambda: (app.frame(), app.lab.log_panel.view.ring.total)[1])  # type: ignore[func-returns-value]
        assert old.isdisjoint(line.pid for line in app.lab.log_panel.view.ring.lines)
        labels = {process.label for process in newest(bridge).processes}
        assert {"guardian", "runner", "w1"} <= labels


async def test_all_engines_are_compared_and_those_that_are_missing_skipped(bridge: Bridge, workloads: Any) -> None:
    app = PoolscopeApp(bridge, workloads)
    async with app.run_test(size=FULL) as pilot:
        await until(lambda: bridge.latest is not None and bridge.latest.choice is not None)
        app.frame()
        await pilot.press("right")
        await until(lambda: dict(newest(bridge).choice.parameters) == {"N": 10_000})  # type: ignore[union-attr]
        app.frame()
        await pilot.press("2", "p", "end", "enter")
        await until(lambda: len(newest(bridge).choice.reasons) == 7)  # type: ignore[union-attr]
        app.frame()
        # Serial first, threads off, a pool of one more method beside the first one.
        await pilot.press("down", "o")
        await until(lambda: len(newest(bridge).choice.reasons) == 6)  # type: ignore[union-attr]
        app.frame()
        await pilot.press("r")
        await until(lambda: is_over(bridge))
        app.frame()
        await pilot.pause()
        comparison = newest(bridge).comparison
        assert comparison is not None
        engines = {lane.lane.engine: lane for lane in comparison.lanes}
        assert "threads" not in engines
        for name, lane in engines.items():
            assert lane.state == ("done" if why_no_engine(name) is None else "skipped"), lane.error
        lines = ["".join(text for text, _ in line) for line in app.lab.lanes.query_one(LanesView).lines]
        assert any("threads" in line and line.endswith("off") for line in lines)
        assert any("is the fastest" in line or "than A" in line for line in lines)
        for lane in comparison.lanes:
            assert any(line[1:].startswith(f"{lane.key} {lane.lane.engine}") for line in lines)


async def test_a_refused_comparison_becomes_a_notice_and_the_app_lives(bridge: Bridge, workloads: Any) -> None:
    bridge.open()
    await until(lambda: bridge.latest is not None)
    bridge.start(workloads[0], {"N": 100}, (Lane("pool"), Lane("pool")))
    notices: list[str] = []

    def was_told() -> bool:
        notices.extend(notice.text for notice in bridge.drain_notices())
        return bool(notices)

    await until(was_told)
    assert "pool" in notices[0]
    bridge.start(workloads[0], {"N": 100}, (Lane("serial"),))
    await until(lambda: is_over(bridge))
    assert newest(bridge).comparison.lanes[0].state == "done"  # type: ignore[union-attr]


async def test_a_lost_guardian_fails_the_lane_and_the_next_run_gets_another(bridge: Bridge, workloads: Any) -> None:
    bridge.open()
    await until(lambda: bridge.latest is not None)
    slow = workloads[3]
    bridge.start(slow, {"pause": 60_000}, (Lane("pool", 2, "fork"),))
    await until(lambda: newest(bridge).is_running and len(newest(bridge).processes) >= 4)
    guardian = next(process.pid for process in newest(bridge).processes if process.role == "guardian")
    os.kill(guardian, signal.SIGKILL)
    await until(lambda: is_over(bridge))
    lane = newest(bridge).comparison.lanes[0]  # type: ignore[union-attr]
    assert lane.state == "failed"
    assert lane.error
    assert "guardian" in lane.error
    bridge.start(workloads[0], {"N": 100}, (Lane("serial"),))
    await until(lambda: is_over(bridge) and newest(bridge).comparison.lanes[0].state == "done")  # type: ignore[union-attr]


async def test_cancel_ends_the_run(bridge: Bridge, workloads: Any) -> None:
    bridge.open()
    await until(lambda: bridge.latest is not None)
    slow = workloads[3]
    bridge.start(slow, {"pause": 60_000}, (Lane("pool", 2, "fork"),))
    await until(lambda: newest(bridge).is_running and len(newest(bridge).processes) >= 4)
    bridge.cancel()
    await until(lambda: is_over(bridge))
    assert newest(bridge).comparison.is_cancelled  # type: ignore[union-attr]


async def test_a_run_is_scrolled_back_while_it_goes_on(bridge: Bridge, workloads: Any) -> None:
    app = PoolscopeApp(bridge, workloads)
    async with app.run_test(size=FULL) as pilot:
        await until(lambda: bridge.latest is not None and bridge.latest.choice is not None)
        slow = workloads[3]
        bridge.start(slow, {"pause": 60_000}, (Lane("serial"), Lane("pool", 2, "fork")))
        await until(lambda: newest(bridge).is_running and newest(bridge).timeline is not None)
        app.frame()
        await pilot.press("space")
        await until(lambda: not newest(bridge).transport.is_live)
        held = newest(bridge)
        assert held.is_under_way
        assert held.comparison is not None
        assert [lane.state for lane in held.comparison.lanes] == ["running", "queued"]
        assert held.comparison.lanes[0].elapsed_ns < held.transport.time_ns - held.transport.begin_ns
        await pilot.press("left_square_bracket")
        await until(lambda: newest(bridge).transport.time_ns == newest(bridge).transport.begin_ns)
        app.frame()
        first = newest(bridge)
        assert first.comparison is not None
        assert first.comparison.lanes[0].elapsed_ns == 0
        assert first.samples == {}
        # It cannot be started twice, but it can be cancelled from here.
        await pilot.press("r", "c")
        await until(lambda: not newest(bridge).is_under_way)
        app.frame()
        await pilot.press("right_square_bracket")
        await until(lambda: newest(bridge).transport.is_live)
        assert newest(bridge).comparison.is_cancelled  # type: ignore[union-attr]
        # Another choice leaves nothing to go about in.
        bridge.choose(slow, {"pause": 0}, (Lane("serial"),), keep=False)
        await until(lambda: newest(bridge).transport.end_ns == 0)


async def test_a_run_that_is_over_is_played_again(bridge: Bridge, workloads: Any) -> None:
    app = PoolscopeApp(bridge, workloads)
    async with app.run_test(size=FULL) as pilot:
        await until(lambda: bridge.latest is not None and bridge.latest.choice is not None)
        bridge.start(workloads[3], {"pause": 300}, (Lane("serial"), Lane("pool", 2, "fork")))
        await until(lambda: is_over(bridge) and newest(bridge).transport.is_over)
        app.frame()
        await pilot.press("left_square_bracket")
        await until(lambda: not newest(bridge).transport.is_live)
        app.frame()
        # So slowly that no machine comes to the end before it is held.
        await pilot.press("less_than_sign", "less_than_sign", "less_than_sign")
        await until(lambda: newest(bridge).transport.speed == 0.1)
        assert not newest(bridge).transport.is_playing
        for key in ("space", "left_square_bracket"):
            await pilot.press(key)
            await until(lambda: newest(bridge).transport.is_playing)
            app.frame()
        await pilot.press("space")
        await until(lambda: not newest(bridge).transport.is_playing)
        held = newest(bridge)
        assert not held.transport.is_live
        assert held.comparison is not None
        assert held.comparison.verdict is None
        assert [lane.state for lane in held.comparison.lanes] == ["done", "running"]
        await pilot.press("right_square_bracket")
        await until(lambda: newest(bridge).transport.is_live)
        assert newest(bridge).comparison.verdict is not None  # type: ignore[union-attr]


FIRST_SCREEN = """
import asyncio, sys
from poolscope.tui.app import PoolscopeApp
from poolscope.tui.bridge import Bridge
from poolscope.workloads import catalogue
bridge = Bridge(None)
app = PoolscopeApp(bridge, [catalogue.find(name) for name in catalogue.names()])
async def look(pilot):
    while not (bridge.latest and bridge.latest.choice and bridge.latest.cores):
        await pilot.pause(0.05)
        app.frame()
    app.exit()
asyncio.run(app.run_async(headless=True, size=(120, 40), auto_pilot=look))
bridge.close()
assert app.crash is None
print("numpy" in sys.modules)
"""


def test_the_first_screen_does_without_numpy() -> None:
    ended = subprocess.run([sys.executable, "-c", FIRST_SCREEN], capture_output=True, text=True, timeout=60)
    assert ended.stdout == "False\n", ended.stderr


async def test_a_failure_of_the_thread_ends_the_app(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)

    async def run_until_it_ends() -> None:
        async with app.run_test(size=FULL) as pilot:
            core.failure = ZeroDivisionError()
            while not app.crash:
                await pilot.pause(0.05)

    with pytest.raises(ZeroDivisionError):
        await run_until_it_ends()
    assert isinstance(app.crash, ZeroDivisionError)


async def test_what_was_compared_is_kept_in_the_history(bridge: Bridge) -> None:
    bridge.open()
    await until(lambda: bridge.latest is not None)
    bridge.start(catalogue.find("sqrt"), {"N": 1_000}, (Lane("serial"), Lane("pool", workers=2)), runs=2)
    await until(lambda: is_over(bridge))
    (kept,) = store.entries()
    assert (kept.name, kept.parameters) == ("sqrt", {"N": 1_000})
    assert [len(lane.times_ns) for lane in kept.lanes] == [2, 2]
    assert kept.lanes[1].label == "pool:workers=2"
    assert kept.machine.hostname == newest(bridge).machine.hostname
    assert kept.origin.code is not None
    assert bridge.drain_notices() == []
