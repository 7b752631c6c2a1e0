"""The panel that says where the time went: of lanes as ever, of processes by bars, tables and slowest tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rich.cells import cell_len

from poolscope.tui.glyphs import ASCII, PART_ROLES, UNICODE
from poolscope.tui.panels.ledger import LedgerPanel
from poolscope.tui.panels.ledger_processes import (
    bar_axis,
    in_a_sentence,
    legend_lines,
    process_bars,
    section_lines,
    slowest_lines,
    table_lines,
    with_mean,
)
from poolscope.tui.snapshot import Snapshot
from poolscope.tui.widgets.line_view import Line, LineView
from poolscope.workloads.model import ProcessRole
from poolscope.workloads.programs import PARTS, ProcessLedger, SlowTask

MS = 10**6


def ledger(pid: int, label: str, role: ProcessRole = "worker", **values: int) -> ProcessLedger:
    """Make a ledger of VALUES in milliseconds by part; others by the names of their fields."""
    parts = {f"{name}_ns": values.pop(name) * MS for name in PARTS if name in values}
    return ProcessLedger(pid, label, role, sum(parts.values()), **parts, **values)


WORKERS = tuple(
    ledger(
        100 + number, f"w{number}", starting=10, waiting=90, receiving=30, computing=700, sending=100, idle=60,
        stopping=10, computing_cpu_ns=690 * MS, chunks=12, items=1200, bytes_in=1_500, bytes_out=2_500_000,
    )
    for number in (1, 2, 3)
)  # fmt: skip
MAIN = ledger(
    99, "main", "program", starting=20, running=180, blocked=1000, stopping=10, pickling_ns=4 * MS,
    unpickling_ns=5 * MS, sent_bytes=4_500, received_bytes=7_500_000,
)  # fmt: skip
CHILD = ledger(200, "c1", "child", starting=5, running=400, stopping=5)
ALL = (MAIN, *WORKERS, CHILD)
TASK = SlowTask(101, "w1", "fib", 0, 6, 1, 0, 120 * MS, 110 * MS, 34, 5_600, False, "30")
SLOWEST = (TASK, TASK._replace(position=1, items=25, is_failed=True, cpu_ns=None, arguments="[1, 2, 3, …]"))


def text_of(line: Line) -> str:
    return "".join(text for text, _ in line)


def texts(lines: list[Line]) -> list[str]:
    return [text_of(line) for line in lines]


@pytest.mark.parametrize("width", [30, 57, 75, 100, 117, 197])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_no_line_is_wider_than_its_room(width: int, glyphs: Any) -> None:
    huge = WORKERS[0]._replace(
        label="a label that is far too long", computing_ns=7_200_000 * MS, wall_ns=7_200_000 * MS, bytes_out=10**15
    )
    odd = TASK._replace(function="f" * 300, arguments="漢字" * 90)
    lines = process_bars((*ALL, huge), width, glyphs) + legend_lines(ALL, width, glyphs)
    lines += [bar_axis(ALL, width), *section_lines("t" * 300, (*ALL, huge), (odd, *SLOWEST), width, glyphs)]
    for line in lines:
        assert cell_len(text_of(line)) <= width, text_of(line)


def test_bars_are_as_long_as_lives_and_parted_like_the_timeline() -> None:
    lines = process_bars(ALL, 118, UNICODE)
    lengths = {}
    for line, each in zip(lines, ALL, strict=True):
        (label, _), *drawn, _, (figure, _) = line
        assert label.strip() == each.label
        assert figure.split()
        lengths[each.label] = sum(len(text) for text, _ in drawn)
        for text, role in drawn:
            part = next(name for name in PARTS if UNICODE.parts[name] == text[0])
            assert role == PART_ROLES[part]
            assert each.parts()[part] > 0
    assert lengths["w1"] == lengths["w2"]
    assert lengths["w1"] / lengths["main"] == pytest.approx(1000 / 1210, abs=0.02)
    assert "1.50 s" in text_of(bar_axis(ALL, 118))


def test_the_legend_explains_what_there_is_and_nothing_else() -> None:
    said = " ".join(texts(legend_lines([CHILD], 60, UNICODE)))
    assert said.split() == ["▏", "starting", "▄", "running", "▕", "stopping"]


def test_the_mean_of_the_workers_stands_before_them_where_there_are_several() -> None:
    found = with_mean(ALL)
    assert [each.label for each in found] == ["main", "mean", "w1", "w2", "w3", "c1"]
    assert found[1].parts() == WORKERS[0].parts()
    assert found[1].wall_ns == sum(found[1].parts().values())
    assert with_mean(ALL[:2]) == list(ALL[:2])


@pytest.mark.parametrize(
    ("ledgers", "said"),
    [
        (ALL, "The 3 workers computed for 70 % of their time; 10 % went into sending results."),
        (WORKERS[:1], "The worker computed for 70 % of its time; 10 % went into sending results."),
        ([ledger(1, "w1", computing=100)], "The worker computed for 100 % of its time."),
        ([MAIN], "The process was blocked for 83 % of its time."),
        ([CHILD], ""),
        ([], ""),
    ],
)
def test_one_sentence_says_what_took_the_time(ledgers: Any, said: str) -> None:
    assert in_a_sentence(ledgers) == said


def test_tables_line_up_under_their_heads_and_begin_with_the_sum() -> None:
    lines = texts(table_lines(ALL, 117, UNICODE))
    head, total, *rows = lines[1 : 3 + len(WORKERS)]
    assert lines[0] == " Workers"
    assert [row.split()[0] for row in (total, *rows)] == ["sum", "w1", "w2", "w3"]
    assert {len(line) for line in (head, total, *rows)} == {len(head)}
    for title, figure in (("wall", "3.00 s"), ("computing", "2.10 s"), ("CPU", "2.07 s"), ("out", "7.50 MB")):
        end = head.index(title) + len(title)
        assert total[:end].endswith(figure)
    assert " Processes with a target of their own" in lines
    assert any(line.split() == ["main", "1.00", "s", "4.00", "ms", "4.50", "kB", "5.00", "ms", "7.50", "MB"]
               for line in lines)  # fmt: skip


def test_columns_that_do_not_fit_follow_below_and_none_is_lost() -> None:
    words = " ".join(texts(table_lines(WORKERS, 75, UNICODE))).split()
    for title in ("wall", "▏start", "░wait", "▚receive", "█compute", "CPU", "▞send", "·idle", "▕stop", "tasks", "out"):
        assert title in words
    assert words.count("w2") == 2


def test_names_of_columns_are_shortened_before_the_table_is_broken() -> None:
    nested = [ledger(1, "w1", computing=5, blocked=6), ledger(2, "w2", computing=5)]
    for width, title in ((117, "█compute"), (140, "█computing")):
        lines = texts(table_lines(nested, width, UNICODE))
        assert len(lines) == 2 + 1 + len(nested)
        assert title in lines[1].split()


def test_a_table_says_what_is_nought_and_what_is_not_known() -> None:
    lines = texts(table_lines([WORKERS[0]._replace(computing_cpu_ns=None, waiting_ns=0)], 117, UNICODE))
    assert "?" in lines[2].split()
    assert "·" in lines[2].split()


def test_slowest_tasks_say_where_and_with_what() -> None:
    title, head, first, second = texts(slowest_lines(SLOWEST, 117, UNICODE))
    assert title == " Slowest tasks"
    assert head.split() == ["computed", "CPU", "worker", "in", "out", "chunk", "call"]
    assert first.split() == ["120", "ms", "110", "ms", "w1", "34", "B", "5.60", "kB", "7", "fib(30)"]
    assert second.endswith("failed: fib × 25: [1, 2, 3, …]")
    assert slowest_lines((), 117, UNICODE) == []


@pytest.fixture
def panel() -> LedgerPanel:
    return LedgerPanel()


def shown(panel: LedgerPanel) -> str:
    return "\n".join(texts(list(panel.query_one(LineView).lines)))


async def test_a_program_has_a_bar_a_process_and_tables_where_there_is_room(
    panel: LedgerPanel, make: Any, stage: Callable[[Any], Any]
) -> None:
    snapshot: Snapshot = make.snapshot()._replace(ledgers=ALL, slowest=SLOWEST)
    async with stage(panel).run_test(size=(120, 60)) as pilot:
        panel.apply(make.snapshot())
        assert "appears here" in shown(panel)
        panel.apply(snapshot)
        await pilot.pause()
        assert "The 3 workers computed for 70 %" in shown(panel)
        assert "Slowest tasks" in shown(panel)
        await pilot.resize_terminal(120, 12)
        await pilot.pause()
        panel.query_one(LineView).blur()
        await pilot.pause()
        assert "Slowest tasks" not in shown(panel)
        panel.take_focus()
        await pilot.pause()
        assert "Slowest tasks" in shown(panel)
        assert "Workers" in shown(panel)


@pytest.mark.parametrize(
    ("rows", "first"),
    [(8, "The 3 workers computed"), (7, "The 3 workers computed"), (6, "▏start"), (5, "▏start")],
)
async def test_bars_come_first_where_there_is_little_room(
    rows: int, first: str, panel: LedgerPanel, make: Any, stage: Callable[[Any], Any]
) -> None:
    async with stage(panel).run_test(size=(120, rows)) as pilot:
        panel.query_one(LineView).blur()
        await pilot.pause()
        panel.apply(make.snapshot()._replace(ledgers=ALL, slowest=SLOWEST))
        lines = shown(panel).splitlines()
        assert lines[0].strip().startswith(first)
        labels = [line.split()[0] for line in lines if line.split()[0] in ("main", "mean", "w1", "w2", "w3", "c1")]
        assert labels == ["main", *(["mean"] if rows < 6 else []), "w1", "w2", "w3", "c1"]
        assert any("The 3 workers computed" in line for line in lines)


async def test_tables_are_worked_out_anew_only_where_something_changed(
    panel: LedgerPanel, make: Any, stage: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def counted(*arguments: Any) -> list[Line]:
        calls.append(arguments)
        return section_lines(*arguments)

    monkeypatch.setattr("poolscope.tui.panels.ledger_processes.section_lines", counted)
    snapshot = make.snapshot()._replace(ledgers=ALL, slowest=SLOWEST)
    async with stage(panel).run_test(size=(120, 60)) as pilot:
        panel.apply(snapshot)
        await pilot.pause()
        before = len(calls)
        panel.apply(snapshot._replace(now_ns=5))
        assert len(calls) == before > 0
        panel.apply(snapshot._replace(ledgers=ALL[:2]))
        assert len(calls) == before + 1
