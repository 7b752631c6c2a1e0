"""Traces, checked against the rules of the format: there is no viewer here."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exports.conftest import FIRST, HOSTILE, MAIN, SECOND, at, read_run, write_run
from support.trace_format import check_nesting, checked_trace, slices

from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.exports import perfetto
from poolscope.workloads.recording.exports.source import Source
from poolscope.workloads.text import clean


def trace_of(source: Source, **how: Any) -> list[dict[str, Any]]:
    """Write a trace, check it, and return its events."""
    parts: list[bytes] = []
    perfetto.write_trace(source, parts.append, **how)
    return checked_trace(b"".join(parts))


def of(events: list[dict[str, Any]], **wanted: Any) -> list[dict[str, Any]]:
    """Return the events with these fields."""
    return [event for event in events if all(event.get(name) == value for name, value in wanted.items())]


def test_every_task_is_a_slice_with_all_that_is_known_of_it(source: Source) -> None:
    events = trace_of(source)
    tasks = slices(events, "task")
    done = [task for task in tasks if "unfinished" not in task["args"]]
    assert [task["pid"] for task in done] == [FIRST] * 6 + [SECOND] * 3
    first = done[0]
    assert first["name"] == "work.square"
    assert (first["ts"], first["dur"]) == (Decimal("14000.000"), Decimal("8000.000"))
    assert first["args"] == {
        "job": 0, "chunk": 0, "tasks": 2, "bytes_in": 34, "bytes_out": 56, "receiving_us": 1000, "computing_us": 6000,
        "sending_us": 1000, "cpu_us": 7, "core": 1,
    }  # fmt: skip
    assert [task["args"].get("failed", False) for task in done] == [False] * 4 + [True] + [False] * 4


def test_the_phases_of_a_task_lie_within_its_slice_and_waiting_between_two(source: Source) -> None:
    events = of(trace_of(source), pid=SECOND)
    phases = {event["ts"]: event["name"] for event in slices(events, "phase")}
    assert [phases[Decimal(time)] for time in (14_000, 15_000, 21_000)] == ["receiving", "computing", "sending"]
    waiting = of(slices(events, "wait"), name="waiting")
    assert [(event["ts"], event["dur"]) for event in waiting][:2] == [(12_000, 2_000), (22_000, 2_000)]


def test_without_detail_tasks_keep_their_slices_and_nothing_else_is_lost(source: Source) -> None:
    in_detail, in_short = trace_of(source), trace_of(source, in_detail=False)
    assert slices(in_detail, "phase")
    assert in_short == [event for event in in_detail if event.get("cat") != "phase"]


def test_many_tasks_are_written_without_detail_unless_it_is_asked_for(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perfetto, "MOST_IN_DETAIL", 8)
    assert not slices(trace_of(source), "phase")
    assert slices(trace_of(source, in_detail=True), "phase")


def test_processes_are_born_named_and_die_of_what_killed_them(source: Source) -> None:
    events = trace_of(source)
    names = {event["pid"]: event["args"]["name"] for event in of(events, name="process_name")}
    assert names[MAIN] == "main script.py"
    assert names[FIRST].startswith("w1 ")
    born = of(events, ph="i", name="started", pid=FIRST)
    assert [event["args"]["parent"] for event in born] == ["main"]
    (death,) = of(events, ph="i", name="died of SIGKILL", pid=SECOND)
    assert death["ts"] == 70_000
    assert of(events, ph="i", name="ended", pid=FIRST)


def test_the_chunk_in_hand_of_a_killed_worker_is_a_slice_until_its_death(source: Source) -> None:
    (task,) = [task for task in slices(trace_of(source), "task") if "unfinished" in task["args"]]
    assert task["pid"] == SECOND
    assert task["args"]["chunk"] == 9
    assert task["ts"] + task["dur"] == 70_000


def test_a_program_runs_and_is_blocked_within_that(source: Source) -> None:
    events = of(trace_of(source), pid=MAIN)
    (running,) = of(events, name="running")
    (blocked,) = of(events, name="blocked")
    assert (blocked["ts"], blocked["dur"]) == (20_000, 90_000)
    assert blocked["tid"] == running["tid"]
    (begin,) = of(events, ph="b")
    assert begin["name"].endswith("work.square")
    assert begin["ts"] == 12_000


def test_counters_say_what_cores_memory_and_tasks_did(source: Source) -> None:
    events = trace_of(source)
    cores = of(events, ph="C", name="core 1 %")
    assert [event["args"]["user"] for event in cores] == [10 + step for step in range(13)]
    assert set(cores[0]["args"]) == {"user", "system", "steal"}
    memory = of(events, ph="C", name="memory MB", pid=FIRST)
    assert memory[0]["args"] == {"resident": Decimal("20.0")}
    done = [event["args"]["tasks"] for event in of(events, name="tasks done")]
    assert done[0] == 0
    assert done[-1] == 18
    assert done == sorted(done)


def test_hostile_names_stay_names(hostile: Source) -> None:
    events = trace_of(hostile)
    assert {task["name"] for task in slices(events, "task")} == {clean(HOSTILE, 200)}


def test_damaged_times_still_make_slices_that_nest(tmp_path: Path) -> None:
    directory = write_run(tmp_path / "run")
    path = directory / f"{FIRST}.{at(7)}.ev"
    data = bytearray(path.read_bytes())
    for number, offset, value in ((0, 24, 2**62), (1, 16, -(2**62)), (2, 40, 0), (3, 56, at(40)), (5, 32, at(10**6))):
        start = layout.HEADER_SIZE + number * layout.RECORD_SIZE + offset
        data[start : start + 8] = value.to_bytes(8, "little", signed=True)
    path.write_bytes(data)
    events = trace_of(read_run(directory))
    assert len([task for task in slices(events, "task") if task["pid"] == FIRST]) == 6


def test_the_check_finds_slices_that_overlap() -> None:
    first, second = ({"ph": "X", "pid": 1, "tid": 1, "ts": Decimal(ts), "dur": Decimal(5)} for ts in (0, 3))
    with pytest.raises(AssertionError):
        check_nesting([first, second])
