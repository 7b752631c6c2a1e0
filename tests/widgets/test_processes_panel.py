from __future__ import annotations

from typing import Any

import pytest

from poolscope.tui.glyphs import ASCII
from poolscope.tui.panels.processes import ProcessesPanel
from poolscope.tui.widgets.line_view import LineView
from poolscope.tui.widgets.table import LineTable


def table(panel: ProcessesPanel) -> LineTable:
    return panel.query_one(LineTable)


def a_run(make: Any) -> Any:
    processes = [
        make.process(41206, "guardian", "idle", role="guardian", name=""),
        make.process(41300, "resource tracker", "idle", role="helper", name=""),
        make.process(41207, "runner", "waiting", role="runner", name="MainProcess"),
        make.process(41208, "w1", "computing", items=1_250_000, current="chunk 3 of 8, 625,000 items"),
        make.process(41209, "w2", "ended", items=625_000, current="chunk 3 of 8, 625,000 items", exit_status=-9),
        make.process(41210, "w3", "ended", items=625_000, exit_status=0),
        make.process(41211, "w4", "ended", exit_status=3),
        make.process(41212, "w5", "ended", exit_status=None),
    ]
    samples = [
        make.sample(41206, 0.3),
        make.sample(41207, 41.2, rss=88_000_000, pss=61_000_000),
        make.sample(41208, 97.0, command=("python", "-c", "\x1b[2J")),
    ]
    return make.snapshot(processes, samples)


async def test_a_wide_table(make: Any, stage: Any, rows: Any) -> None:
    panel = ProcessesPanel()
    async with stage(panel).run_test(size=(118, 12)) as pilot:
        panel.apply(a_run(make))
        await pilot.pause()
        by_pid = {row.split()[0]: row.split() for row in rows(table(panel)) if row}
        assert by_pid["pid"] == ["pid", "what", "name", "state", "done", "task", "cpu", "mem", "age"]
        worker = "41208 w1 ForkPoolWorker-1 ▶ computing 1.2M chunk 3 of 8, 625,000 items 97 ≤31M 10 s"
        assert by_pid["41208"] == worker.split()
        assert by_pid["41207"] == ["41207", "runner", "MainProcess", "░", "waiting", "41", "61M", "10", "s"]
        assert by_pid["41300"] == ["41300", "resource", "tracker", "·", "idle", "10", "s"]
        assert by_pid["41209"][3:5] == ["✗", "SIGKILL"]
        assert by_pid["41210"][3:6] == ["✔", "exit", "0"]
        assert by_pid["41211"][3:6] == ["✗", "exit", "3"]
        assert by_pid["41212"][3:5] == ["·", "gone"]


async def test_a_narrow_table_still_tells_how_a_process_ended(make: Any, stage: Any, rows: Any) -> None:
    panel = ProcessesPanel()
    async with stage(panel).run_test(size=(28, 12)) as pilot:
        panel.apply(a_run(make))
        await pilot.pause()
        assert rows(table(panel))[:7] == [
            "  pid   what done  cpu   mem",
            "41206 · guardian     0  ≤31M",
            "41207 ░ runner      41   61M",
            "41300 · tracker",
            "41208 ▶ w1   1.2M   97  ≤31M",
            "41209 ✗ w2   625k    SIGKILL",
            "41210 ✔ w3   625k     exit 0",
        ]


@pytest.mark.parametrize("width", [12, 20, 28, 32, 50, 78, 118, 200])
async def test_rows_fit_at_every_width(width: int, make: Any, stage: Any, rows: Any) -> None:
    panel = ProcessesPanel()
    async with stage(panel).run_test(size=(width, 12)) as pilot:
        panel.apply(a_run(make))
        await pilot.pause()
        assert all(len(row) <= width for row in rows(table(panel)))
        assert any("41209" in row for row in rows(table(panel)))


async def test_a_suspended_process_is_shown_as_such(make: Any, stage: Any, rows: Any) -> None:
    panel = ProcessesPanel()
    async with stage(panel).run_test(size=(78, 6)) as pilot:
        panel.apply(make.snapshot([make.process(7, "w1")], [make.sample(7, 0.0, is_suspended=True)]))
        await pilot.pause()
        assert "⏸ suspended" in rows(table(panel))[1]


async def test_before_the_first_run_it_says_what_to_do(make: Any, stage: Any, rows: Any) -> None:
    panel = ProcessesPanel()
    async with stage(panel).run_test(size=(28, 6)) as pilot:
        panel.apply(make.snapshot())
        await pilot.pause()
        assert " ".join(rows(table(panel))).strip() == "No processes yet. Press r to run the lanes."


async def test_text_from_outside_cannot_reach_the_terminal_as_it_is(make: Any, stage: Any, rows: Any) -> None:
    panel = ProcessesPanel()
    hostile = "\x1b]0;title\x07[bold]\u202e\n[/"
    async with stage(panel).run_test(size=(118, 24)) as pilot:
        panel.apply(
            make.snapshot([make.process(7, "w1", name=hostile, current=hostile)], [make.sample(7, command=(hostile,))])
        )
        panel.take_focus()
        await pilot.press("enter")
        await pilot.pause()
        shown = "".join(rows(table(panel)) + rows(panel.query_one("#process-details", LineView)))
        assert "␛]0;title" in shown
        assert "[bold]" in shown
        assert shown.isprintable()


async def test_the_sort_key_goes_round_the_orders(make: Any, stage: Any, rows: Any) -> None:
    panel = ProcessesPanel()
    processes = [
        make.process(11, "w1", items=5, started_ns=1),
        make.process(12, "w2", items=9, started_ns=2),
        make.process(13, "w3", "ended", items=7, started_ns=0, exit_status=-11),
    ]
    samples = [make.sample(11, 10.0, rss=900), make.sample(12, 20.0, rss=100)]
    async with stage(panel).run_test(size=(78, 6)) as pilot:
        panel.apply(make.snapshot(processes, samples))
        panel.take_focus()
        orders = {}
        for _ in range(6):
            await pilot.pause()
            orders[panel.border_subtitle] = list(table(panel).keys)
            await pilot.press("s")
        assert orders == {
            "3 processes · 1 ended": [13, 11, 12],
            "3 processes · 1 ended · by CPU": [12, 11, 13],
            "3 processes · 1 ended · by memory": [11, 12, 13],
            "3 processes · 1 ended · by tasks done": [12, 13, 11],
            "3 processes · 1 ended · by pid": [11, 12, 13],
            "3 processes · 1 ended · by state": [13, 11, 12],
        }
        assert panel.border_subtitle == "3 processes · 1 ended"


async def test_details_of_the_row_under_the_cursor(make: Any, stage: Any, rows: Any) -> None:
    panel = ProcessesPanel()
    async with stage(panel).run_test(size=(78, 30)) as pilot:
        panel.apply(a_run(make))
        panel.take_focus()
        await pilot.press("down", "down", "down", "enter")
        await pilot.pause()
        details = panel.query_one("#process-details", LineView)
        assert [" ".join(row.split()) for row in rows(details)] == [
            "state ▶ computing task chunk 3 of 8, 625,000 items",
            "age 10.0 s done 1,250,000 in 125,000 chunks",
            "name ForkPoolWorker-1 parent 1",
            "memory 31.0 MB resident core 0",
            "command python -c ␛[2J",
        ]
        await pilot.press("down")
        await pilot.pause()
        assert rows(details)[0].startswith("state   ✗ SIGKILL")
        await pilot.resize_terminal(30, 8)
        await pilot.pause()
        assert rows(details)[:2] == ["state   ✗ SIGKILL", "task    chunk 3 of 8, 625,00…"]
        assert any("41209" in row for row in rows(table(panel)))
        await pilot.press("escape")
        await pilot.pause()
        assert not details.display
        assert "close_details" not in {active.binding.action for active in panel.screen.active_bindings.values()}


async def test_the_dead_stay_until_the_next_run(make: Any, stage: Any, rows: Any) -> None:
    panel = ProcessesPanel()
    async with stage(panel).run_test(size=(78, 12)) as pilot:
        panel.apply(a_run(make))
        await pilot.pause()
        assert any("SIGKILL" in row for row in rows(table(panel)))
        panel.apply(make.snapshot([make.process(50000, "runner", "starting", role="runner")]))
        await pilot.pause()
        assert [row.split()[0] for row in rows(table(panel)) if row] == ["pid", "50000"]


async def test_long_pids_keep_their_digits(make: Any, stage: Any, rows: Any) -> None:
    panel = ProcessesPanel()
    async with stage(panel).run_test(size=(28, 4)) as pilot:
        panel.apply(make.snapshot([make.process(4_194_303, "w1")]))
        await pilot.pause()
        assert rows(table(panel))[1] == "4194303 ▶ w1     0"


async def test_a_terminal_without_special_characters(make: Any, stage: Any, rows: Any) -> None:
    panel = ProcessesPanel()
    panel.glyphs = ASCII
    async with stage(panel).run_test(size=(40, 12)) as pilot:
        panel.apply(a_run(make))
        for width in (20, 28, 40, 56, 78, 118):
            await pilot.resize_terminal(width, 12)
            await pilot.pause()
            assert "".join(rows(table(panel))).isascii()


async def test_hundreds_of_workers_paint_only_what_changed(make: Any, stage: Any) -> None:
    panel = ProcessesPanel()
    workers = [make.process(1000 + i, f"w{i}", items=i) for i in range(256)]
    async with stage(panel).run_test(size=(118, 40)) as pilot:
        panel.apply(make.snapshot(workers))
        await pilot.pause()
        view = table(panel)
        painted: list[int] = []
        draw = view.render_line
        view.render_line = lambda y: (painted.append(y), draw(y))[1]  # type: ignore[method-assign,func-returns-value]
        panel.apply(make.snapshot(workers))
        await pilot.pause()
        assert painted == []
        workers[3] = make.process(1003, "w3", "waiting", items=3)
        panel.apply(make.snapshot(workers))
        await pilot.pause()
        assert painted == [4]
