"""The ledgers of processes and the slowest tasks as plain text."""

from typing import Any

import pytest

from poolscope.workloads.model import ProcessRole
from poolscope.workloads.programs import PARTS, ProcessLedger, SlowTask
from poolscope.workloads.report.process_table import call_in_words, process_table, slowest_table, task_in_words
from poolscope.workloads.text import cell_width

MS = 10**6


def ledger(pid: int, label: str, role: ProcessRole = "worker", **values: int) -> ProcessLedger:
    parts = {f"{name}_ns": values.pop(name) * MS for name in PARTS if name in values}
    return ProcessLedger(pid, label, role, sum(parts.values()), **parts, **values)


MAIN = ledger(9, "main", "program", starting=20, running=180, blocked=1000, pickling_ns=4 * MS, sent_bytes=4_500)
W1 = ledger(10, "w1", starting=10, waiting=100, computing=700, idle=190, computing_cpu_ns=650 * MS, items=12)
W2 = ledger(11, "w2", starting=10, waiting=50, computing=900, idle=40, computing_cpu_ns=850 * MS, items=15)
TASK = SlowTask(10, "w1", "fib", 0, 6, 1, 0, 120 * MS, 110 * MS, 34, 5_600, False, "30")


def table(*ledgers: ProcessLedger, width: int = 80, **options: Any) -> str:
    return process_table(ledgers, width, encoding="utf-8", **options)


def test_the_whole_table() -> None:
    assert table(MAIN, W1, W2).splitlines() == [
        "process   wall  starting  running  blocked  pickling     sent",
        "main    1.20 s   20.0 ms   180 ms   1.00 s   4.00 ms  4.50 kB",
        "",
        "worker   wall  starting  waiting  computing     CPU     idle  tasks",
        "w1     1.00 s   10.0 ms   100 ms     700 ms  650 ms   190 ms     12",
        "w2     1.00 s   10.0 ms  50.0 ms     900 ms  850 ms  40.0 ms     15",
        "sum    2.00 s   20.0 ms   150 ms     1.60 s  1.50 s   230 ms     27",
    ]


def test_children_have_a_sum_of_their_own() -> None:
    lines = table(ledger(1, "c1", "child", running=5), ledger(2, "f1", "fork", running=6), MAIN).splitlines()
    assert [line.split()[0] for line in lines if line] == ["process", "main", "child", "c1", "f1", "sum"]
    assert lines[-1].split()[1:3] == ["11.0", "ms"]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 160])
def test_no_line_is_wider_than_allowed_and_the_essential_stays(width: int) -> None:
    figures: dict[str, Any] = dict.fromkeys(ProcessLedger._fields[4:], 1_234_567_890)
    full = [W1._replace(**figures), W2]
    text = process_table([MAIN, *full], width, encoding="utf-8")
    assert max(map(cell_width, text.splitlines())) <= width
    for word in ("wall", "comput", "w1", "w2", "sum"):
        assert word in text
    assert ("in" in text.split()) == (width == 160)


def test_of_many_workers_the_longest_lives_are_shown_and_all_are_summed() -> None:
    many = [W1._replace(label=f"w{number}", wall_ns=number * MS) for number in range(1, 101)]
    lines = table(*many, most=3).splitlines()
    assert [line.split()[0] for line in lines] == ["worker", "w98", "w99", "w100", "(97", "sum"]
    assert lines[-2] == "(97 more)"
    assert "5.05 s" in lines[-1]


def test_only_sums_stand_out_and_only_where_colours_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    lines = table(W1, W2, colour=True).splitlines()
    assert [line.startswith("\x1b[1msum") for line in lines] == [False, False, False, True]
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in table(W1, W2, colour=True)


def test_nothing_gives_no_table() -> None:
    assert table() == ""
    assert slowest_table([]) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "fib(30)"),
        ({"arguments": ""}, "fib"),
        ({"arguments": "(1, 'a')"}, "fib(1, 'a')"),
        ({"items": 25, "arguments": "[1, 2, …]"}, "fib × 25: [1, 2, …]"),
        ({"items": 2500, "arguments": ""}, "fib × 2,500"),
        ({"function": ""}, "task(30)"),
        ({"arguments": "\x1b[31m"}, "fib(␛[31m)"),
    ],
)
def test_a_call_in_words(changes: dict[str, Any], said: str) -> None:
    assert call_in_words(TASK._replace(**changes)) == said
    assert task_in_words(TASK._replace(**changes)) == f"{said}, chunk 7"


def test_the_slowest_tasks() -> None:
    failed = TASK._replace(position=1234, is_failed=True, cpu_ns=None, end_ns=99 * MS)
    lines = slowest_table([TASK, failed], encoding="utf-8").splitlines()
    assert lines == [
        "computed     CPU  worker    in      out  chunk  call",
        "  120 ms  110 ms  w1      34 B  5.60 kB      7  fib(30)",
        " 99.0 ms          w1      34 B  5.60 kB  1,235  fib(30), failed",
    ]
    long = slowest_table([TASK._replace(arguments="x" * 300)], 60, encoding="ascii").splitlines()
    assert max(map(len, long)) <= 60
    assert long[-1].endswith("...")
