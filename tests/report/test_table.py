"""The report for people."""

from typing import Any

import pytest
from support.lanes import MACHINE, comparison, lane_state, run_result

from poolscope.workloads import catalogue
from poolscope.workloads.analysis.steadiness import MeasurementWarning
from poolscope.workloads.analysis.verdict import judge
from poolscope.workloads.model import Lane, LaneState
from poolscope.workloads.programs import ProcessLedger, RunAccount, SlowTask
from poolscope.workloads.report.table import report_table
from poolscope.workloads.text import cell_width

SERIAL = lane_state("A", Lane("serial", 1), [1.014])
POOL = lane_state("B", Lane("pool", 2, "fork", 625_000), [1.75], {"returning": 0.66, "starting": 0.001})


def table(lanes: list[LaneState], parameters: dict[str, Any] | None = None, **options: Any) -> str:
    options.setdefault("encoding", "utf-8")
    state = comparison(lanes, verdict=judge(lanes))
    return report_table(catalogue.find("sqrt"), parameters or {"N": 5_000_000}, MACHINE, state, **options)


def with_result(lane: LaneState, summary: str, *lines: str) -> dict[str, Any]:
    return {"results": tuple(run_result(1, summary=summary, lines=lines) for _ in lane.results)}


def test_the_whole_table() -> None:
    lanes = [lane_state("A", SERIAL.lane, [1.014], **with_result(SERIAL, "8 roots", "one", "two")), POOL]
    assert table(lanes).splitlines() == [
        "sqrt  N = 5,000,000",
        "Linux 6.18, CPython 3.11.7, 64 CPUs",
        "",
        "  lane                                    time    against A  tasks/s  result",
        "A serial                                1.00 s                1.00 k  reference",
        "B pool, 2 workers, fork, chunk 625,000  1.75 s  1.8× slower      571  same",
        "",
        "Where the time went:",
        "  starting  sending  computing  returning  waiting  stopping",
        "A        0        0     1.01 s          0        0         0",
        "B  1.75 ms        0     593 ms     1.16 s        0         0",
        "",
        "Result: 8 roots",
        "  one",
        "  two",
        "",
        "B is 1.8 times slower than A.",
        "66 % of B went into shipping results back.",
        "One run each is not enough for an interval: repeat with -r 5, or -r auto.",
    ]


def test_everything_keeps_within_80_columns() -> None:
    long = Lane("pool", 1024, "forkserver", 1_000_000_000)
    lanes = [
        lane_state("A", Lane("serial", 1), [1.014, 1.5, 2.0]),
        lane_state("B", long, [7000.0, 8000.0, 9000.0], {"returning": 0.66}),
        lane_state("C", long, [], state="failed", error="something " * 30, runs_planned=3),
    ]
    for line in table(lanes, {"directory": "/very/long" * 30, "N": 10**12}).splitlines():
        assert cell_width(line) <= 80, line


def test_repeats_show_their_spread_and_a_failed_lane_its_state() -> None:
    lanes = [
        lane_state("A", Lane("serial", 1), [1.0, 1.5, 2.0]),
        lane_state("B", Lane("process", 1, "spawn"), [3.0], runs_planned=3),
        lane_state("C", Lane("pool", 2, "fork", 5), [], state="failed", error="It was killed.", runs_planned=3),
    ]
    text = table(lanes)
    assert text.splitlines()[7:12] == [
        "",
        "Repeats, with the 95 % interval of the ratio:",
        "  runs  median       middle half    95th  slowest  times as fast as A",
        "A    3  1.50 s  1.25 s to 1.75 s  1.95 s   2.00 s",
        "B    1  3.00 s  3.00 s to 3.00 s  3.00 s   3.00 s     not enough runs",
    ]
    assert any(line.startswith("C pool, 2 workers, fork,") and line.endswith("failed") for line in text.splitlines())
    assert "Where the time went (last run):" in text
    assert "C failed: It was killed." in text


def test_the_interval_of_the_ratio_is_shown_and_how_many_runs_did_not_count() -> None:
    lanes = [
        lane_state("A", Lane("serial", 1), [2.0, 2.02, 2.04, 2.06, 2.08], warmups=1),
        lane_state("B", Lane("pool", 2), [1.0, 1.01, 1.02, 1.03, 1.04], warmups=1),
    ]
    text = table(lanes)
    assert "Repeats, with the 95 % interval of the ratio (after 1 warm-up run each):" in text
    assert "B    5  1.02 s  1.01 s to 1.03 s  1.04 s   1.04 s        2.00 to 2.00" in text
    assert "B is 2.0 times faster than A (2.00 to 2.00 times with 95 % confidence)." in text


def test_warnings_about_the_measurement_stand_below_the_verdict() -> None:
    warning = MeasurementWarning("noisy", "The runs of B are noisy.", "Make more of them, " * 5)
    state = comparison([SERIAL, POOL], verdict=judge([SERIAL, POOL]), warnings=(warning,))
    lines = report_table(catalogue.find("sqrt"), {"N": 5}, MACHINE, state, encoding="utf-8").splitlines()
    heading = lines.index("About the measurement:")
    assert heading > lines.index("B is 1.7 times slower than A.")
    assert lines[heading + 1].startswith("- The runs of B are noisy. Make more of them,")
    assert lines[heading + 2].startswith("  ")
    assert "About" not in table([SERIAL, POOL])


def test_results_that_differ_are_both_shown() -> None:
    one = lane_state("A", Lane("serial", 1), [1], **with_result(SERIAL, "8 roots"))
    other = lane_state("B", Lane("pool", 2), [1], same_result=False, **with_result(SERIAL, "7 roots\x1b[31m"))
    text = table([one, other])
    assert "Result: 8 roots\nResult of B: 7 roots␛[31m\n" in text
    assert "different" in text


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "no such encoding"])
def test_encodings_that_lack_our_characters(encoding: str) -> None:
    lanes = [
        lane_state("A", Lane("serial", 1), [0.000_001, 0.000_002], **with_result(POOL, "日本 “x”")),
        lane_state("B", Lane("pool", 2, "forkserver", 10**12), [2.0, 3.0]),
    ]
    text = table(lanes, encoding=encoding)
    assert text.isascii() or encoding == "latin-1"
    assert "us" in text
    assert "x slower" in text
    for line in text.splitlines():
        assert len(line) <= 80


def test_colour_only_if_asked_for_and_not_against_the_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in table([SERIAL, POOL])
    assert "\x1b[1mB is 1.7 times slower" in table([SERIAL, POOL], colour=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in table([SERIAL, POOL], colour=True)


@pytest.mark.parametrize("lanes", [[], [lane_state("A", Lane("serial", 1), [], state="cancelled")]])
def test_without_results(lanes: list[LaneState]) -> None:
    assert table(lanes).endswith("No lane came to its end, so there is nothing to compare.")


def test_details_are_of_every_process_of_the_last_run_where_they_are_wanted() -> None:
    ledgers = [ProcessLedger(pid, f"w{pid}", "worker", 10**9, computing_ns=10**9) for pid in (1, 2)]
    task = SlowTask(1, "w1", "fib", 0, 6, 1, 0, 120_000_000, None, 34, 56, False, "30")
    accounts = (RunAccount(0, tuple(ledgers[:1]), ()), RunAccount(0, tuple(ledgers), (task,)))
    lanes = [SERIAL, POOL._replace(accounts=accounts)]
    assert "Processes" not in table(lanes)
    lines = table(lanes, details=True).splitlines()
    start = lines.index("Processes of B (last run):")
    assert [line.split()[0] for line in lines[start + 1 : start + 5]] == ["worker", "w1", "w2", "sum"]
    assert lines[lines.index("Slowest tasks of B (last run):") + 2].endswith("fib(30)")
    assert not any("of A" in line for line in lines[:-2])
