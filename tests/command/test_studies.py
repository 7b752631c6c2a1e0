"""``poolscope breakeven``, ``scale`` and ``chunks``: what they print, and how they end."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.patience import PATIENCE, wait_for

from poolscope.workloads.cli import main

WORK = """
import time


def slow(number):
    time.sleep(0.001)
    return number


def raising(number):
    raise ValueError("no")
"""


@pytest.fixture
def work(tmp_path: Path) -> str:
    path = tmp_path / "work.py"
    path.write_text(WORK)
    return str(path)


def printed(words: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> tuple[str, str]:
    status = main(words)
    out, err = capsys.readouterr()
    assert status == code, err
    return out, err


def study(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(printed([*words, "--json"], capsys)[0])
    assert content["schema"] == 1
    assert content["study"] == words[0]
    assert content["elapsed_s"] > 0
    assert content["error"] is None
    return content


def test_break_even_for_programs_and_for_people(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    out, _ = printed(["breakeven", "sqrt", "--from", "11", "--to", "120", "-o", str(file)], capsys)
    lines = out.splitlines()
    # Starting workers takes longer than a hundred roots, on any machine.
    assert lines[0].startswith("Never: ")
    assert "sqrt" in lines
    assert any(line.split()[:3] == ["N", "runs", "serial"] for line in lines)
    assert all(len(line) <= 80 for line in lines)
    content = json.loads(file.read_text())
    assert content["parameter"] == "N"
    assert content["lanes"] == ["serial", "pool"]
    assert content["workload"] == {"name": "sqrt", "parameters": {}}
    assert [point["size"] for point in content["points"]][:: len(content["points"]) - 1] == [11, 120]
    assert all(len(point["reference_s"]) == len(point["lane_s"]) for point in content["points"])
    assert [costs["lane"] for costs in content["costs"]] == ["serial", "pool"]
    assert content["verdict"]["answer"] == "never"
    assert content["verdict"]["size"] is None


def test_break_even_of_a_function_of_ones_own(work: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["breakeven", f"{work}:slow", "--inputs", "range(12)", "--lane", "threads:workers=4", "--no-trial"]
    content = study([*words, "--from", "8", "--budget", "3"], capsys)
    assert content["parameter"] == "inputs"
    assert content["lanes"] == ["serial", "threads:workers=4"]
    assert {point["size"] for point in content["points"]} <= set(range(8, 13))
    assert content["budget_s"] == 3


def test_scale_for_programs_and_for_people(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    words = ["scale", "sqrt", "-p", "N=1000", "--workers", "1,2,3", "-r", "1", "-o", str(file)]
    lines = printed(words, capsys)[0].splitlines()
    assert lines[0].startswith("No number of workers beats serial: ")
    assert any(line.split()[:2] == ["workers", "runs"] for line in lines)
    assert any(line.startswith("Too few numbers of workers for the Universal Scalability Law") for line in lines)
    content = json.loads(file.read_text())
    assert [point["workers"] for point in content["points"]] == [1, 2, 3]
    assert [law["law"] for law in content["laws"]] == ["amdahl", "gustafson"]
    assert content["verdict"]["workers"] in (1, 2, 3)
    assert content["points"][0]["over_one"] == 1
    assert len(content["reference_s"]) == 1
    assert content["cpus"]["budget"] > 0


def test_chunks_for_programs_and_for_people(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    words = ["chunks", "sqrt", "-p", "N=1010", "--sizes", "125,500", "--lane", "pool:workers=2", "-r", "1"]
    lines = printed([*words, "-o", str(file)], capsys)[0].splitlines()
    assert any(line.split()[:3] == ["chunksize", "chunks", "runs"] for line in lines)
    content = json.loads(file.read_text())
    assert (content["tasks"], content["default"]) == (1_000, 125)
    assert [point["chunksize"] for point in content["points"]] == [125, 500]
    assert content["verdict"]["chunksize"] in (125, 500)
    assert lines[0].startswith(content["verdict"]["sentence"][:20])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["breakeven", "sqrt", "--param", "M"], "no whole number M to vary"),
        (["breakeven", "sqrt", "--from", "20", "--to", "12"], "nothing between 20 and 12"),
        (["breakeven", "sqrt", "--lane", "serial"], "no two lanes to compare"),
        (["breakeven", "sqrt", *(3 * ["--lane", "pool"])], "between two lanes"),
        (["breakeven", "sqrt", "--budget", "0"], "choose a time from 1 to"),
        (["breakeven", "squirt"], "did you mean sqrt"),
        (["scale", "sqrt", "--workers", "1,two"], "such as 1,2,4"),
        (["scale", "sqrt", "--workers", "0"], "such as 1,2,4"),
        (["scale", "sqrt", "--lane", "serial"], "no workers to vary"),
        (["scale", "sqrt", "--lane", "pool", "--lane", "executor"], "One --lane is enough"),
        (["chunks", "sqrt", "--lane", "process"], "ships no chunks"),
        (["chunks", "sqrt", "--sizes", "7"], "too few"),
        (["chunks", "sqrt", "-o", "/nowhere/at/all"], "cannot be written"),
        (["chunks", "sqrt", "-p", "N=20", "-p", "N=30"], "given twice"),
    ],
)
def test_wrong_use_is_one_sentence(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = printed(words, capsys, code=2)
    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1


def test_tasks_that_raise_are_a_failure(work: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["scale", f"{work}:raising", "--inputs", "range(4)", "--no-trial", "--workers", "1", "-q"]
    out, err = printed(words, capsys, code=1)
    assert out.startswith("Nothing was measured")
    assert "raised ValueError: no" in err


def test_the_first_interruption_keeps_what_was_measured(command: Path, work: str, tmp_path: Path) -> None:
    words = ["breakeven", f"{work}:slow", "--inputs", "range(1000000)", "--no-trial", "--json", "--budget", "600"]
    process = subprocess.Popen(
        [command, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL
    )
    with process:
        sessions = Path(tmp_path / "runtime")
        assert wait_for(lambda: list(sessions.glob("*/000[3-9]"))), "the second size has begun"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    content = json.loads(out)
    assert content["cancelled"]
    assert content["points"]
    assert content["points"][0]["size"] == 1
