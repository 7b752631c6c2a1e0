"""What the screen looks like, at the moments that matter, in both layouts and both themes."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import app.conftest as prepared
import pytest
from app.conftest import FakeCore
from support import timelines

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.glyphs import ASCII, UNICODE
from poolscope.workloads import catalogue
from poolscope.workloads.analysis.timeline import TimelineView
from poolscope.workloads.model import ComparisonState, Verdict
from poolscope.workloads.recording.log import LogLine

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
PINNED = dict(re.findall(r"^([\w-]+)==(\S+)$", CONSTRAINTS.read_text(), re.MULTILINE))
NOW = 86_400 * 10**9
SIZES = [(120, 40), (80, 24)]

pytestmark = [
    # Another version draws a cell differently here and there; the pictures are those of the pinned one.
    pytest.mark.skipif(
        version("textual") != PINNED["textual"], reason=f"the pictures are those of textual {PINNED['textual']}"
    ),
    pytest.mark.parametrize("size", SIZES, ids=lambda size: "{}x{}".format(*size)),
]


class Replay(FakeCore):
    """A core that also has a few lines of log to show, once."""

    def drain_log(self, limit: int) -> Sequence[LogLine]:
        """Return the lines of a short run."""
        lines, self.lines = self.lines[:limit], self.lines[limit:]
        return lines

    lines: tuple[LogLine, ...] = ()
    timeline: TimelineView
    """Of a run of a second, in which a task fails and a worker dies."""


def lines_of_a_run() -> tuple[LogLine, ...]:
    def line(milliseconds: int, level: int, stream: Any, pid: int, process: str, text: str) -> LogLine:
        return LogLine(NOW - (1200 - milliseconds) * 10**6, level, stream, pid, process, text)

    return (
        line(4, 20, "log", 41208, "ForkPoolWorker-1", "child process calling self.run()"),
        line(5, 20, "log", 41209, "ForkPoolWorker-2", "child process calling self.run()"),
        line(171, 0, "out", 41207, "runner", "3,200,000 done"),
        line(1101, 20, "log", 41208, "ForkPoolWorker-1", "process shutting down"),
        line(1102, 30, "log", 41208, "ForkPoolWorker-1", "process exiting with exitcode 0"),
    )


def idle() -> None:
    return None


def running() -> ComparisonState:
    return prepared.comparison(prepared.serial_done(), prepared.pool_running())


def finished() -> ComparisonState:
    lanes = prepared.serial_done(), prepared.pool_done()
    return prepared.comparison(*lanes, is_over=True, verdict=prepared.VERDICT)


def failed() -> ComparisonState:
    verdict = Verdict("unknown", "A", ("B failed, so there is nothing to compare A with.",))
    return prepared.comparison(prepared.serial_done(), prepared.pool_failed(), is_over=True, verdict=verdict)


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Replay:
    monkeypatch.setattr(prepared, "time", types.SimpleNamespace(perf_counter_ns=lambda: NOW))
    # The log's count on the border is settled at once, not a second later.
    monkeypatch.setattr("poolscope.tui.panels.log.STATUS_SECONDS", 0.0)
    core = Replay()
    (tmp_path / "run").mkdir()
    core.timeline = timelines.view_of(timelines.short_run(tmp_path / "run"))
    return core


@pytest.fixture
def screen(core: Replay) -> PoolscopeApp:
    return PoolscopeApp(core, [catalogue.find(name) for name in catalogue.names()], UNICODE)


def at(core: Replay, moment: Callable[[], ComparisonState | None]) -> Callable[[Any], Any]:
    async def bring_about(pilot: Any) -> None:
        while core.latest is None:  # the lab chooses its first workload when it is mounted
            await pilot.pause()
        state = moment()
        if state is not None:
            core.lines = lines_of_a_run()
            timeline = core.timeline
            if not state.is_over:
                timeline = timeline._replace(is_live=True, end_ns=timelines.at(700))
            core.show(state, processes=prepared.processes(), samples=prepared.samples(), timeline=timeline)
        else:
            core.show(None)
        await pilot.pause()
        pilot.app.frame()
        await pilot.pause()

    return bring_about


@pytest.mark.parametrize("moment", [idle, running, finished, failed], ids=lambda moment: moment.__name__)
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_lab(
    snap_compare: Any, core: Replay, screen: PoolscopeApp, size: tuple[int, int], theme: str, moment: Any
) -> None:
    # With no chosen panel but the lanes, 80x24 shows what a person watches while it runs.
    press = ["2", *("t" if theme == "light" else "")]
    assert snap_compare(screen, press=press, terminal_size=size, run_before=at(core, moment))


@pytest.mark.parametrize("panel", ["1", "3", "4", "5", "6", "7"])
def test_panels(snap_compare: Any, core: Replay, screen: PoolscopeApp, size: tuple[int, int], panel: str) -> None:
    assert snap_compare(screen, press=[panel, "z"], terminal_size=size, run_before=at(core, running))


def test_help(snap_compare: Any, core: Replay, screen: PoolscopeApp, size: tuple[int, int]) -> None:
    assert snap_compare(screen, press=["4", "question_mark"], terminal_size=size, run_before=at(core, finished))


def test_ascii(snap_compare: Any, core: Replay, size: tuple[int, int]) -> None:
    screen = PoolscopeApp(core, [catalogue.find(name) for name in catalogue.names()], ASCII)
    assert snap_compare(screen, press=["2"], terminal_size=size, run_before=at(core, running))


@pytest.mark.parametrize("keys", ["n", "N", "S+++", "I"], ids=["failed", "killed", "slow", "idle"])
def test_timeline(snap_compare: Any, core: Replay, screen: PoolscopeApp, size: tuple[int, int], keys: str) -> None:
    press = ["5", *(KEYS.get(key, key) for key in keys)]
    assert snap_compare(screen, press=press, terminal_size=size, run_before=at(core, finished))


KEYS = {"+": "plus"}
