"""Lanes of ``poolscope run``: presets, tolerance, tasks that raise while others go on, lanes that are skipped."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]
SOURCE = """
import os

def picky(number):
    if number % 3 == 2:
        raise ValueError("no twos")
    return float(number)

def near(number):
    return number + os.getpid() * 1e-15
"""


@pytest.fixture
def run(command: Path, tmp_path: Path) -> Run:
    (tmp_path / "work.py").write_text(SOURCE)

    def execute(*words: str) -> subprocess.CompletedProcess[str]:
        whole = [str(command), "run", *words]
        return subprocess.run(
            whole, cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100
        )

    return execute


TWO = ("--lane", "serial", "--lane", "pool:workers=2,start=fork", "--json")


def test_a_preset_names_the_lanes(run: Run) -> None:
    done = run("sqrt", "-p", "N=100", "--preset", "map-flavours", "-j", "1", "--json")
    assert done.returncode == 0, done.stderr
    lanes = json.loads(done.stdout)["lanes"]
    assert [lane["flavour"] for lane in lanes] == [None, "imap", "imap_unordered", "starmap", "apply_async"]
    assert [lane["same_result"] for lane in lanes] == [None] + [True] * 4
    assert {lane["state"] for lane in lanes} == {"done"}


def test_a_preset_and_lanes_at_once_are_refused(run: Run) -> None:
    done = run("sqrt", "--preset", "workers", "--lane", "pool")
    assert done.returncode == 2
    assert done.stderr == "poolscope: A preset has lanes of its own: leave out either --preset or --lane.\n"


def test_with_keep_going_the_other_tasks_finish(run: Run) -> None:
    done = run("work.py:picky", "--inputs", "range(9)", "--keep-going", *TWO)
    assert done.returncode == 1, done.stderr
    for lane in json.loads(done.stdout)["lanes"]:
        (each,) = lane["runs"]
        assert (lane["state"], each["ok"], each["failed"]) == ("done", True, 3)
        assert each["failures"][0] == "Task 3 of 9 (input 2) raised ValueError: no twos."
        assert {task["function"] for task in each["slowest"]} == {"picky"}
    table = run("work.py:picky", "--inputs", "range(9)", "--keep-going", *TWO[:-1])
    assert "3 of 9 tasks raised in A and B:\n  Task 3 of 9 (input 2) raised ValueError: no twos." in table.stdout


def test_floats_are_exact_unless_a_tolerance_is_given(run: Run) -> None:
    for tolerance, is_same in (((), False), (("--tolerance", "1e-6"), True)):
        done = run("work.py:near", "--inputs", "[1, 2, 3]", *tolerance, *TWO)
        lane = json.loads(done.stdout)["lanes"][1]
        assert lane["same_result"] is is_same
        assert (lane["difference"] is None) is is_same
        assert is_same or lane["difference"].startswith("Task 1 of 3 gave 1.0")


def test_a_tolerance_that_makes_no_sense_is_refused(run: Run) -> None:
    done = run("sqrt", "--tolerance", "none")
    assert done.returncode == 2
    assert "--tolerance none is wrong: choose a number from 0" in done.stderr
