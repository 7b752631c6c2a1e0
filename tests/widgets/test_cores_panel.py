from __future__ import annotations

from typing import Any

import pytest

from poolscope.tui.glyphs import ASCII
from poolscope.tui.panels.base import Panel
from poolscope.tui.panels.cores import HISTORY, CoresPanel
from poolscope.tui.panels.log import LogPanel
from poolscope.tui.panels.processes import ProcessesPanel
from poolscope.tui.widgets.line_view import LineView
from poolscope.workloads.model import CoresSample, CoreUsage


def meters(panel: CoresPanel) -> LineView:
    return panel.query_one("#core-meters", LineView)


def sums(panel: CoresPanel) -> LineView:
    return panel.query_one("#core-sums", LineView)


def usage(*cores: tuple[float, float, float]) -> CoresSample:
    return CoresSample(1, tuple(CoreUsage(i, *core) for i, core in enumerate(cores)), 1.9, 1234.0)


async def test_one_row_a_core_on_a_fixed_scale(make: Any, stage: Any, rows: Any) -> None:
    panel = CoresPanel()
    async with stage(panel).run_test(size=(30, 5)) as pilot:
        cores = usage((100, 0, 0), (0, 0, 0), (30, 30, 40))
        panel.apply(make.snapshot(cores=cores))
        await pilot.pause()
        assert rows(meters(panel))[:3] == [
            "0 ██████████████ 100         █",
            "1                  0         ▁",
            "2 ████▓▓▓▓▒▒▒▒▒▒ 100         █",
        ]


@pytest.mark.parametrize("count", [1, 2, 8, 64, 256])
@pytest.mark.parametrize("size", [(28, 12), (78, 18), (60, 40), (12, 4), (200, 50)])
async def test_every_core_has_a_place_at_every_size(
    count: int, size: tuple[int, int], make: Any, stage: Any, rows: Any
) -> None:
    panel = CoresPanel()
    async with stage(panel).run_test(size=size) as pilot:
        for moment in range(1, 5):
            panel.apply(make.snapshot(cores=make.cores(count, moment), limit=2.0))
            await pilot.pause()
        view = meters(panel)
        numbers = [word for line in view.lines for text, _ in line for word in text.split() if word.isdigit()]
        assert numbers
        assert str(count - 1) in numbers or any(int(number) % 8 == 0 for number in numbers)
        assert all(len(row) <= size[0] for row in rows(view) + rows(sums(panel)))
        if size[0] >= 28:
            assert "budget 2.0" in " ".join(rows(sums(panel))) or count <= 2


async def test_two_cores_get_a_chart_and_many_get_columns(make: Any, stage: Any, rows: Any) -> None:
    panel = CoresPanel()
    async with stage(panel).run_test(size=(30, 14)) as pilot:
        panel.apply(make.snapshot(cores=make.cores(2)))
        await pilot.pause()
        assert [row[0] for row in rows(meters(panel)) if row[:1].isdigit()] == ["0", "1"]
        panel.apply(make.snapshot(cores=make.cores(256, 2)))
        await pilot.pause()
        labels = [int(row.split()[0]) for row in rows(meters(panel)) if row.split()]
        assert labels == list(range(0, 256, 24))


async def test_columns_of_the_grid_are_numbered_downwards(make: Any, stage: Any, rows: Any) -> None:
    panel = CoresPanel()
    async with stage(panel).run_test(size=(78, 18)) as pilot:
        panel.apply(make.snapshot(cores=make.cores(64)))
        await pilot.pause()
        first = rows(meters(panel))[0].split()
        assert {"0", "16", "32", "48"} <= set(first)


async def test_the_percentage_does_not_jump(make: Any, stage: Any, rows: Any) -> None:
    panel = CoresPanel()
    async with stage(panel).run_test(size=(30, 5)) as pilot:
        ends = set()
        for busy in (0, 7, 45, 100):
            panel.apply(make.snapshot(cores=usage((busy, 0, 0), (busy, 0, 0))))
            await pilot.pause()
            row = rows(meters(panel))[0]
            ends.add(row.index(f" {busy}", 3) + len(str(busy)))
        assert len(ends) == 1


async def test_the_worker_that_sits_on_a_core_is_named(make: Any, stage: Any, rows: Any) -> None:
    panel = CoresPanel()
    processes = [
        make.process(11, "w1"),
        make.process(12, "w2"),
        make.process(13, "w3", "waiting"),
        make.process(14, "w4", "ended", exit_status=0),
        make.process(15, "guardian", "idle", role="guardian"),
    ]
    samples = [
        make.sample(11, 60.0, core=0),
        make.sample(12, 90.0, core=0),
        make.sample(13, 0.0, core=1),
        make.sample(14, 99.0, core=1),
        make.sample(15, 99.0, core=1),
    ]
    async with stage(panel).run_test(size=(40, 5)) as pilot:
        panel.apply(make.snapshot(processes, samples, cores=usage((90, 0, 0), (50, 0, 0), (1, 0, 0))))
        await pilot.pause()
        first, second, _ = rows(meters(panel))[:3]
        assert " 90 w2+" in first
        assert "w" not in second


async def test_the_budget_is_shown_when_it_is_smaller_than_the_machine(make: Any, stage: Any, rows: Any) -> None:
    panel = CoresPanel()
    async with stage(panel).run_test(size=(90, 8)) as pilot:
        panel.apply(make.snapshot(cores=make.cores(4), limit=1.5))
        await pilot.pause()
        line = rows(sums(panel))[0]
        assert line.startswith("budget 1.5 of 4 CPUs")
        assert "load 1.90" in line
        assert "1.23 k switches/s" in " ".join(rows(sums(panel)))
        panel.apply(make.snapshot(cores=make.cores(4, 2)))
        await pilot.pause()
        assert "budget" not in rows(sums(panel))[0]


async def test_a_terminal_without_block_characters(make: Any, stage: Any, rows: Any) -> None:
    panel = CoresPanel()
    panel.glyphs = ASCII
    async with stage(panel).run_test(size=(30, 14)) as pilot:
        for count in (2, 8, 64, 256):
            panel.apply(make.snapshot(cores=make.cores(count), limit=2.0))
            await pilot.pause()
            assert "".join(rows(meters(panel)) + rows(sums(panel))).isascii()


async def test_history_is_bounded_and_counts_each_sample_once(make: Any, stage: Any) -> None:
    panel = CoresPanel()
    async with stage(panel).run_test(size=(30, 14)):
        snapshot = make.snapshot(cores=make.cores(2, 1))
        panel.apply(snapshot)
        panel.apply(snapshot)
        assert len(panel._history[0]) == 1
        for moment in range(2, 1000):
            panel.apply(make.snapshot(cores=make.cores(2, moment)))
        assert len(panel._history[0]) == HISTORY
        panel.apply(make.snapshot(cores=make.cores(1, 1000)))
        assert set(panel._history) == {0}


async def test_before_the_first_sample_it_says_so(make: Any, stage: Any, rows: Any) -> None:
    panel = CoresPanel()
    async with stage(panel).run_test(size=(30, 6)) as pilot:
        panel.apply(make.snapshot())
        await pilot.pause()
        assert rows(meters(panel))[0] == "Measuring the cores."


@pytest.mark.parametrize("panel", [CoresPanel, ProcessesPanel, LogPanel])
def test_the_help_can_be_read_on_every_terminal(panel: type[Panel]) -> None:
    assert panel.HELP is not None
    assert panel.HELP.isascii()
