"""Exports of real runs: what they say agrees with what ran, and with each other."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.trace_format import checked_trace, slices

DEADLINE = 60
TASKS, CHUNKSIZE = 60, 4
PROGRAM = f"""
import multiprocessing, os, time

def work(number):
    time.sleep(0.002)
    if number == 41:
        raise ValueError(number)
    return bytes(number)

if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        try:
            pool.map(work, range({TASKS}), chunksize={CHUNKSIZE})
        except ValueError:
            pass
        pool.close()
        pool.join()
    child = multiprocessing.Process(target=os.abort)
    child.start()
    child.join()
"""


@pytest.fixture(scope="module")
def saved(command: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Execute a program once, and return its recording."""
    place = tmp_path_factory.mktemp("real")
    (place / "program.py").write_text(PROGRAM)
    path = place / "run.poolscope"
    done = subprocess.run(
        [command, "exec", "--plain", "-q", "-o", path, "--", sys.executable, "program.py"],
        cwd=place, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE,
        env={**os.environ, "POOLSCOPE_DATA_DIRECTORY": str(place / "data"), "POOLSCOPE_RUNTIME_DIRECTORY": str(place)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return path


def exported(command: Path, recording: Path, *arguments: str) -> bytes:
    """Export to standard output."""
    done = subprocess.run(
        [command, "export", recording, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout


def test_trace_table_and_object_agree_about_every_task(command: Path, saved: Path) -> None:
    events = checked_trace(exported(command, saved, "-f", "perfetto"))
    rows = list(csv.DictReader(io.StringIO(exported(command, saved, "-f", "csv").decode())))
    content = json.loads(exported(command, saved, "-f", "json", "--tasks"))
    chunks = [dict(zip(content["chunks"]["columns"], row, strict=True)) for row in content["chunks"]["rows"]]
    tasks = slices(events, "task")
    assert len(tasks) == len(rows) == len(chunks) == TASKS // CHUNKSIZE
    assert {task["name"] for task in tasks} == {row["function"] for row in rows} == {"work"}
    assert sorted(int(row["chunk"]) for row in rows) == list(range(TASKS // CHUNKSIZE))
    assert [row["failed"] for row in rows].count("yes") == 1
    assert [chunk["failed"] for chunk in chunks].count(True) == 1
    for row, chunk in zip(rows, chunks, strict=True):
        assert float(row["begin_s"]) == chunk["begin_s"] < chunk["end_s"] <= chunk["sent_s"]
        assert content["processes"][chunk["process"]]["label"] == row["process"]


def test_slices_add_up_to_the_ledger(command: Path, saved: Path) -> None:
    events = checked_trace(exported(command, saved, "-f", "perfetto"))
    content = json.loads(exported(command, saved, "-f", "json"))
    workers = [process for process in content["processes"] if process["role"] == "worker"]
    assert len(workers) == 2
    for worker in workers:
        spent = {"computing": 0.0, "sending": 0.0, "receiving": 0.0}
        for event in slices(events, "phase"):
            if event["pid"] == worker["pid"]:
                spent[event["name"]] += float(event["dur"]) / 1e6
        for part, seconds in spent.items():
            assert seconds == pytest.approx(worker["ledger"]["parts_s"][part], rel=0.01, abs=1e-3), part


def test_a_child_that_aborts_dies_in_every_report(command: Path, saved: Path) -> None:
    events = checked_trace(exported(command, saved, "-f", "perfetto"))
    assert [event["name"] for event in events if event["name"].startswith("died")] == ["died of SIGABRT"]
    assert "was ended by SIGABRT" in exported(command, saved, "-f", "markdown").decode()
    assert "SIGABRT</text>" in exported(command, saved, "-f", "html").decode()
