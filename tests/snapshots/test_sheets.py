"""What the sheets over the lab look like: studies, reasons, and the past."""

from __future__ import annotations

import re
import time
import types
from collections.abc import Awaitable, Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import app.conftest as prepared
import pytest
from app.conftest import FakeCore, pool_done, serial_done
from app.test_why import over
from support.lanes import MACHINE, lane_state
from support.pasts import past, two_lanes
from support.studied import DONE, GOING_ON, SUBJECT, scale_state, state_of, view_of

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.glyphs import ASCII, UNICODE
from poolscope.tui.screens.why import Explanation
from poolscope.tui.study_charts import scale_view, with_progress
from poolscope.workloads import catalogue
from poolscope.workloads.history import store
from poolscope.workloads.model import Lane

CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
PINNED = dict(re.findall(r"^([\w-]+)==(\S+)$", CONSTRAINTS.read_text(), re.MULTILINE))
NOW = 86_400 * 10**9
LARGE, SMALL = (120, 40), (80, 24)
SLOW, FAST = [2.0, 2.1, 2.2, 2.15, 2.05, 2.12], [1.0, 1.1, 1.05, 1.02, 1.04, 1.06]

CODE = '''\
"""Square roots, one after the other."""

import math


def main():
    return list(map(math.sqrt, [1, 2]))
'''
EXPLANATION = Explanation(
    (
        "Leave it serial: the fastest way in parallel, a pool of 2 processes, is 1.7 times slower than serial.",
        "Shipping results back took more time than computing them.",
        "Return less from each task.",
    ),
    "serial",
    CODE,
    (),
)

pytestmark = pytest.mark.skipif(
    version("textual") != PINNED["textual"], reason=f"the pictures are those of textual {PINNED['textual']}"
)

Prepare = Callable[[FakeCore], None]


def nothing(core: FakeCore) -> None:
    core.show(None)


def measuring(core: FakeCore) -> None:
    core.show(None, studies={"break-even": view_of(state_of(5, progress=GOING_ON))})


def measured(core: FakeCore) -> None:
    core.show(None, studies={"break-even": view_of(state_of())})


def failed(core: FakeCore) -> None:
    error = DONE._replace(error="pool failed: worker w2 (pid 41209) was killed by SIGKILL while it held chunk 3 of 8.")
    core.show(None, studies={"break-even": view_of(state_of(3, progress=error))})


def scaled(core: FakeCore) -> None:
    subject = SUBJECT._replace(kind="scaling")
    core.show(None, studies={"scaling": with_progress(scale_view(subject, scale_state(), None), DONE)})


def compared(core: FakeCore) -> None:
    core.show(over(serial_done(), pool_done()))


def kept(core: FakeCore) -> None:
    long = Lane("pool", 4, "forkserver", 1_234_567, "imap_unordered", 12, 8)
    elsewhere = MACHINE._replace(hostname="a-host-name-that-is-rather-long.example", python="3.13.0")
    store.keep(past(1, two_lanes(FAST, SLOW)))
    store.keep(past(2, two_lanes(FAST, FAST), name="a-workload-with-quite-a-long-name"))
    lanes = [*two_lanes(SLOW, FAST), lane_state("C", long, FAST), lane_state("D", Lane("threads", 2), FAST[:2])]
    store.keep(past(3, lanes, machine=elsewhere, parameters={"N": 2000}))
    core.show(None)


@pytest.fixture
def core(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeCore]:
    monkeypatch.setattr(prepared, "time", types.SimpleNamespace(perf_counter_ns=lambda: NOW))
    monkeypatch.setenv("POOLSCOPE_DATA_DIRECTORY", str(tmp_path / "data"))
    # What is advised in which words is tested where that is made.
    monkeypatch.setattr("poolscope.tui.screens.why.explain", lambda *_: EXPLANATION)
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "UTC")
        time.tzset()
        yield FakeCore()
    time.tzset()


def at(core: FakeCore, prepare: Prepare, *keys: str) -> Callable[[Any], Awaitable[None]]:
    async def bring_about(pilot: Any) -> None:
        while core.latest is None:  # the lab chooses its first workload when it is mounted
            await pilot.pause()
        prepare(core)
        pilot.app.frame()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
            frame = getattr(pilot.app.screen, "frame", None)
            if frame is not None and pilot.app.screen is not pilot.app.main_screen:
                frame()
            await pilot.pause()

    return bring_about


PICTURES: dict[str, tuple[Prepare, str, tuple[int, int]]] = {
    "study-empty": (nothing, "b", SMALL),
    "study-measuring": (measuring, "b", LARGE),
    "study-over": (measured, "b", LARGE),
    "study-over-small": (measured, "b", SMALL),
    "study-failed": (failed, "b", SMALL),
    "scaling": (scaled, "b 2", LARGE),
    "why": (compared, "w", LARGE),
    "why-small": (compared, "w", SMALL),
    "past-empty": (nothing, "C", SMALL),
    "past": (kept, "C space", LARGE),
    "compared": (kept, "C space end space enter", LARGE),
    "compared-small": (kept, "C space end space enter", SMALL),
}


@pytest.mark.parametrize("picture", PICTURES)
def test_sheets(snap_compare: Any, core: FakeCore, picture: str) -> None:
    prepare, keys, size = PICTURES[picture]
    screen = PoolscopeApp(core, [catalogue.find(name) for name in catalogue.names()], UNICODE)
    assert snap_compare(screen, terminal_size=size, run_before=at(core, prepare, *keys.split()))


def test_ascii(snap_compare: Any, core: FakeCore) -> None:
    screen = PoolscopeApp(core, [catalogue.find(name) for name in catalogue.names()], ASCII)
    assert snap_compare(screen, terminal_size=SMALL, run_before=at(core, measured, "b"))


def test_light(snap_compare: Any, core: FakeCore) -> None:
    screen = PoolscopeApp(core, [catalogue.find(name) for name in catalogue.names()], UNICODE)
    assert snap_compare(screen, terminal_size=LARGE, run_before=at(core, measured, "b", "t"))
