"""Tables and the JSON object: every row and key is there, and means what it says."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from exports.conftest import FIRST, HOSTILE, MAIN, SECOND

from poolscope.workloads.programs import PARTS
from poolscope.workloads.recording.exports.json_object import write_object
from poolscope.workloads.recording.exports.rows import text_cell
from poolscope.workloads.recording.exports.sink import Write
from poolscope.workloads.recording.exports.source import Source
from poolscope.workloads.recording.exports.tables import TABLES
from poolscope.workloads.text import clean


def text_of(write_it: Callable[[Write], None]) -> str:
    """Return what is written."""
    parts: list[bytes] = []
    write_it(parts.append)
    return b"".join(parts).decode()


def rows_of(source: Source, table: str) -> list[dict[str, str]]:
    """Write a table and read it as others do."""
    text = text_of(lambda write: TABLES[table](source, write))
    rows = list(csv.DictReader(io.StringIO(text), strict=True))
    assert all(None not in row and None not in row.values() for row in rows), "a row has too many or too few cells"
    return rows


def object_of(source: Source, **how: Any) -> dict[str, Any]:
    """Write the JSON object and read it as strictly as the strictest do."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    text = text_of(lambda write: write_object(source, write, **how))
    content: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return content


def test_a_row_a_task(source: Source) -> None:
    rows = rows_of(source, "tasks")
    assert [row["process"] for row in rows] == ["w1"] * 6 + ["w2"] * 3
    first = rows[0]
    assert first["function"] == "work.square"
    assert first["pid"] == str(FIRST)
    moments = ("waiting_from_s", "received_s", "begin_s", "end_s", "pickled_s", "sent_s")
    assert [float(first[name]) for name in moments] == [0.012, 0.014, 0.015, 0.021, 0.0215, 0.022]
    assert (first["cpu_s"], first["bytes_in"], first["bytes_out"], first["core"]) == ("0.000007", "34", "56", "1")
    assert [row["failed"] for row in rows] == ["", "", "", "", "yes", "", "", "", ""]


def test_a_row_a_process(source: Source) -> None:
    rows = {row["process"]: row for row in rows_of(source, "processes")}
    assert set(rows) == {"main", "w1", "w2"}
    assert rows["w2"]["exit_status"] == "-9", "a number is no formula"
    assert rows["main"]["parent_pid"] == "1"
    for row in rows.values():
        parts = sum(float(row[f"{part}_s"]) for part in PARTS)
        assert parts == pytest.approx(float(row["wall_s"]), abs=1e-6)
    assert float(rows["w1"]["computing_s"]) == 0.036


def test_a_row_a_core_and_sample(source: Source) -> None:
    rows = rows_of(source, "samples")
    assert len(rows) == 26
    assert rows[3] == {
        "time_s": "0.010000000", "core": "1", "user_percent": "11.0", "system_percent": "2.5", "steal_percent": "0.0",
        "load": "0.50",
    }  # fmt: skip


@pytest.mark.parametrize("table", list(TABLES))
def test_hostile_names_stay_in_their_cells(hostile: Source, table: str) -> None:
    rows = rows_of(hostile, table)
    if table != "samples":
        assert clean(HOSTILE, 200) in {cell for row in rows for cell in row.values()}


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("plain", "plain"),
        ("a,b", '"a,b"'),
        ('say "a"', '"say ""a"""'),
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("@cmd", "'@cmd"),
        ("\r=1", '"\'\r=1"'),
        ("-x", "'-x"),
        ("-12.5", "-12.5"),
        ("+,", '"\'+,"'),
        ("", ""),
    ],
)
def test_cells_are_quoted_and_never_formulas(text: str, cell: str) -> None:
    assert text_cell(text) == cell


def test_the_object_holds_everything(source: Source) -> None:
    content = object_of(source)
    assert set(content) == {
        "schema", "meta", "end", "tasks", "processes", "jobs", "slowest", "samples", "problems", "chunks",
    }  # fmt: skip
    assert content["schema"] == 1
    assert content["meta"]["command"] == ["python", "script.py"]
    assert content["end"]["state"] == "failed"
    assert content["end"]["elapsed_s"] == pytest.approx(0.12)
    assert content["tasks"] == 18
    assert [process["pid"] for process in content["processes"]] == [MAIN, FIRST, SECOND]
    worker = content["processes"][1]
    assert worker["ledger"]["parts_s"]["computing"] == pytest.approx(0.036)
    assert worker["begin_s"] == pytest.approx(0.006)
    (job,) = content["jobs"]
    assert (job["function"], job["chunks"], job["tasks"], job["chunks_done"]) == ("work.square", 10, 20, 9)
    assert job["submitted_s"] == pytest.approx(0.012)
    assert len(content["slowest"]) == 9
    assert content["slowest"][0]["computing_s"] == pytest.approx(0.006)
    sample = content["samples"][2]
    assert sample["cores"] == [[0, 2.0, 2.5, 0.0], [1, 12.0, 2.5, 0.0]]
    assert sample["processes"] == [[FIRST, 50.0, 20_000_002, 10_000_000, 1]]
    assert content["chunks"] is None


def test_the_object_holds_every_task_if_that_is_asked_for(source: Source) -> None:
    content = object_of(source, with_tasks=True)
    chunks = content.pop("chunks")
    rest = object_of(source)
    del rest["chunks"]
    assert content == rest
    tasks = [dict(zip(chunks["columns"], row, strict=True)) for row in chunks["rows"]]
    assert [content["processes"][task["process"]]["label"] for task in tasks] == ["w1"] * 6 + ["w2"] * 3
    assert tasks[0]["begin_s"] == 0.015
    assert tasks[4]["failed"] is True
    assert tasks[0]["arguments"] is None


def test_the_object_of_hostile_names_is_json(hostile: Source) -> None:
    content = object_of(hostile, with_tasks=True)
    assert content["chunks"]["rows"][0][1] == clean(HOSTILE, 200)


def test_a_recording_without_anything_is_an_object_too(source: Source) -> None:
    source.recording.meta = source.recording.end = None
    empty = source._replace(
        view=source.view._replace(tracks=(), is_live=True), ledgers=(), jobs=(), slowest=(), cores=()
    )
    content = object_of(empty, with_tasks=True)
    assert content["meta"] is content["end"] is None
    assert content["chunks"]["rows"] == content["processes"] == []
