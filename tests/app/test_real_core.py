"""The app on the real core: real processes, real files, real figures."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.bridge import Bridge
from poolscope.tui.panels.lanes import LanesView
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Lane

if TYPE_CHECKING:
    from poolscope.tui.snapshot import Snapshot

FULL = (120, 40)
PATIENCE = 30.0


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
        await pilot.press("p")
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
        await until(lambda: newest(bridge).is_running)
        await until(lambda: is_over(bridge))
        await until(lambda: (app.frame(), app.lab.log_panel.view.ring.total)[1])  # type: ignore[func-returns-value]
        assert old.isdisjoint(line.pid for line in app.lab.log_panel.view.ring.lines)
        labels = {process.label for process in newest(bridge).processes}
        assert {"guardian", "runner", "w1"} <= labels


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
