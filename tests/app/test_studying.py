"""A study under the real bridge, in front of the comparison that was watched before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest
from support.patience import wait_for
from support.studied import WORKLOAD

from poolscope.tui.bridge import Bridge
from poolscope.tui.study_view import StudyView, Subject
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Lane


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    bridge = Bridge(Guardian.start(), Guardian.start)
    yield bridge
    bridge.close()


async def until(condition: Callable[[], object]) -> None:
    found = await asyncio.to_thread(wait_for, condition)
    assert found, "it did not happen"


async def test_a_study_stands_in_front_of_the_comparison_and_leaves_it_there(bridge: Bridge) -> None:
    def study() -> StudyView | None:
        return bridge.latest.studies.get("chunks") if bridge.latest is not None else None

    bridge.open()
    small = {"N": 10_000}
    lanes = (Lane("serial"), Lane("pool", workers=2))
    bridge.choose(WORKLOAD, small, lanes, keep=False)
    bridge.start(WORKLOAD, small, lanes)
    await until(lambda: bridge.latest is not None and bridge.latest.comparison and bridge.latest.comparison.is_over)
    assert bridge.latest is not None
    before = bridge.latest.comparison
    bridge.study(Subject("chunks", WORKLOAD, small, lanes))
    await until(lambda: (found := study()) is not None and len(found.rows) > 1)
    assert bridge.latest.comparison is before, "what was watched stays in sight"
    assert bridge.latest.is_under_way
    bridge.start(WORKLOAD, small, lanes)
    bridge.study(Subject("break-even", WORKLOAD, small, lanes))
    bridge.cancel()
    await until(lambda: (found := study()) is not None and found.is_over)
    refused = [notice.text for notice in bridge.drain_notices()]
    assert refused.count("A study is under way already; cancel it first with c.") == 2
    found = study()
    assert found is not None
    assert found.is_cancelled
    assert len(found.rows) > 1
    assert found.chart is not None
    bridge.study(Subject("chunks", WORKLOAD, small, (Lane("serial"), Lane("process"))))
    bridge.start(WORKLOAD, small, lanes)
    await until(lambda: bridge.latest is not None and bridge.latest.comparison is not before)
    assert any("ships no chunks" in notice.text for notice in bridge.drain_notices())
    assert study() is found, "it stays until it is made anew"
    bridge.cancel()
