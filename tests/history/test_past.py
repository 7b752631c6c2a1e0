"""A comparison is read back as what it was, and what is none is refused with a sentence."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.lanes import MACHINE, lane_state, run_result
from support.pasts import POOL, past, two_lanes

from poolscope.workloads import catalogue
from poolscope.workloads.analysis.findings.base import Finding
from poolscope.workloads.analysis.steadiness import MeasurementWarning
from poolscope.workloads.errors import UsageError
from poolscope.workloads.history.origin import code_of, origin_of
from poolscope.workloads.history.past import Past, object_of, past_from, read_past
from poolscope.workloads.model import CgroupLimit, CpuBudget, Lane
from poolscope.workloads.report.table import report_table


def again(one: Past) -> Past:
    return past_from(json.loads(json.dumps(object_of(one), allow_nan=False)))


def table(one: Past) -> str:
    return report_table(one, one.parameters, one.machine, one.state, encoding="utf-8")


def test_what_was_written_is_read_back() -> None:
    one = past(parameters={"N": 1000, "array": (1, 9, 4), "form": "many", "share": 0.5})
    finding = Finding("small-chunks", "B", "Chunks are small.", ("1 µs each.",), "Use larger ones.", 7_000, "chunks")
    warning = MeasurementWarning("noisy", "A is noisy.", "Repeat it.")
    state = one.state._replace(findings=(finding,), warnings=(warning,))
    one = one._replace(state=state, snippet="import os\n\nprint()\n")
    other = again(one)
    assert other.origin == one.origin
    assert (other.name, other.parameters, other.machine) == (one.name, one.parameters, one.machine)
    assert object_of(other) == object_of(one)
    assert object_of(other._replace(document=None)) == object_of(one), "as far as it is understood here"
    assert table(other) == table(one)
    assert [lane.times_ns for lane in other.lanes] == [lane.times_ns for lane in one.lanes]
    assert other.lanes[1].lane == POOL
    assert other.lanes[1].asked == Lane("pool")
    assert other.lanes[1].ledgers == one.lanes[1].ledgers


def test_lanes_in_every_state_are_read_back() -> None:
    failed = lane_state(
        "C",
        Lane("threads", 2),
        [],
        results=(run_result(0.1, ok=False, error="Bad."),),
        state="failed",
        traceback="Traceback:\n  File x\nBad.",
    )
    skipped = lane_state("D", Lane("joblib", 2), [], state="skipped", error="No joblib.", asked=Lane("joblib"))
    cancelled = lane_state("E", Lane("process", 2, "spawn", warm=True), [1.0], state="cancelled")
    other = again(past(lanes=[*two_lanes(), failed, skipped, cancelled]))
    assert [lane.state for lane in other.lanes] == ["done", "done", "failed", "skipped", "cancelled"]
    assert [lane.key for lane in other.lanes] == ["A", "B", "C", "D", "E"]
    assert other.lanes[2].results[0].error == "Bad."
    assert other.lanes[2].traceback == failed.traceback
    assert other.lanes[4].lane == cancelled.lane
    assert other.state.is_cancelled


def test_a_machine_with_limits_is_read_back() -> None:
    limited = MACHINE._replace(budget=CpuBudget(64, 64, (CgroupLimit("/a", 1.5),)), load=math.nan)
    other = again(past(machine=limited)).machine
    assert other.budget == limited.budget
    assert math.isnan(other.load)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", 'is no JSON: name a file that "poolscope run --json" or -o wrote'),
        ("[" * 100_000, "is no JSON"),
        ("[]", "is no comparison"),
        ("null", "is no comparison"),
        ('{"schema": 1}', "is no comparison"),
        ('{"schema": true, "workload": {"name": "x"}, "lanes": []}', "is no comparison"),
        ('{"schema": 2}', r"was written by a newer Poolscope \(schema 2, this one knows 1\)"),
        ('{"schema": 1, "workload": {"name": "x"}, "lanes": [7]}', "describes no lane that this Poolscope knows, as l"),
        (
            '{"schema": 1, "workload": {"name": "x"}, "lanes": [{"engine": "quantum", "state": "done"}]}',
            "describes no lane that this Poolscope knows, as lane A",
        ),
    ],
)
def test_what_is_no_comparison_is_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(UsageError, match=f"^x.json {words}"):
        read_past(path, "x.json")


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^x\.json cannot be read: is a directory\.$"):
        read_past(tmp_path, "x.json")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
PLACES: list[tuple[str | int, ...]] = [
    ("identity",), ("begun",), ("code",), ("workload", "parameters"), ("machine",), ("machine", "cpus"),
    ("machine", "cpus", "limits"), ("machine", "start_methods"), ("machine", "load"), ("verdict",),
    ("verdict", "sentences"), ("lanes", 1, "label"), ("lanes", 1, "workers"), ("lanes", 1, "tasks"),
    ("lanes", 1, "runs"), ("lanes", 1, "runs", 0), ("lanes", 1, "runs", 0, "elapsed_s"),
    ("lanes", 1, "runs", 0, "ledger_s"), ("lanes", 1, "runs", 0, "failures"), ("lanes", 1, "same_result"),
]  # fmt: skip


@settings(max_examples=60)
@given(place=st.sampled_from(PLACES), value=VALUES)
def test_whatever_stands_in_it_it_is_read_or_refused(place: tuple[str | int, ...], value: Any) -> None:
    content = object_of(past())
    at: Any = content
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    try:
        found = past_from(content)
    except UsageError:
        return
    json.dumps(object_of(found._replace(document=None)), allow_nan=False)
    assert table(found).isprintable() or "\n" in table(found)


def test_the_code_of_each_workload_is_its_own() -> None:
    codes = {name: origin_of(catalogue.find(name), 10**18).code for name in catalogue.names()}
    assert None not in codes.values()
    assert len(set(codes.values())) == len(codes)
    assert code_of("math") is None
    assert code_of("no.such.module") is None


def test_a_code_that_is_known_counts() -> None:
    workload = catalogue.find("sqrt")
    assert origin_of(workload._replace(code="beef"), 10**18).code == "beef"
    assert origin_of(workload._replace(code=""), 10**18).code is None
    assert origin_of(workload, 10**18).identity == "20010909-014640-0000"
