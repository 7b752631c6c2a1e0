"""Findings on the command line: their list, their pages, and those of a comparison and of a program."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from poolscope.workloads.analysis.findings import KINDS
from poolscope.workloads.cli import main

PROGRAM = """
import multiprocessing

def much(number):
    return [float(each) for each in range(300_000)]

if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pool.map(much, range(40), chunksize=1)
"""


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    assert main(["findings", *arguments]) == code
    output = capsys.readouterr()
    return output.err if code else output.out


def test_the_list_and_the_pages(capsys: pytest.CaptureFixture[str]) -> None:
    listed = said(capsys)
    assert [line.split()[0] for line in listed.splitlines()] == list(KINDS)
    page = said(capsys, "gil")
    assert page.startswith("Threads share the GIL (gil)\n")
    assert "What helps:\n  Use processes" in page


def test_the_list_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(said(capsys, "--json"))
    assert told["schema"] == 1
    assert [page["kind"] for page in told["findings"]] == list(KINDS)
    (one,) = json.loads(said(capsys, "gil", "--json"))["findings"]
    assert set(one) == {"kind", "title", "meaning", "found_by", "remedy"}


def test_a_kind_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "gli", code=2) == "poolscope: There is no finding gli; did you mean gil?\n"
    assert "there are different-results" in said(capsys, "\x1b[31m???", code=2)


def test_a_comparison_names_its_findings(command: Path, tmp_path: Path) -> None:
    words = [
        "run",
        "tiny-tasks",
        "-p",
        "N=20_000",
        "--lane",
        "serial",
        "--lane",
        "pool:workers=2,chunksize=1,start=fork",
    ]
    output = tmp_path / "report.json"
    done = subprocess.run([command, *words, "-o", output], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "\nFindings:\n" in done.stdout
    found = json.loads(output.read_text())["verdict"]["findings"]
    small = next(finding for finding in found if finding["kind"] == "small-chunks")
    assert list(small) == ["kind", "lane", "cause", "evidence", "advice", "explains_s", "page"]
    assert small["lane"] == "B"
    assert small["explains_s"] > 0
    assert small["page"] in KINDS


def test_a_program_is_diagnosed(command: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POOLSCOPE_KEEP")
    (tmp_path / "script.py").write_text(PROGRAM)
    summary = tmp_path / "summary.json"
    words = ["exec", "--plain", "--json", str(summary), "--", sys.executable, str(tmp_path / "script.py")]
    done = subprocess.run([command, *words], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(summary.read_text())["findings"]
    kinds = {finding["kind"] for finding in found}
    assert "large-results" in kinds
    # It is the parent that grows.
    assert not kinds & {"growing-memory", "copied-memory", "lost-tasks"}
    assert {finding["lane"] for finding in found} == {None}
    told = subprocess.run(
        [command, "exec", "--plain", "--", sys.executable, str(tmp_path / "script.py")],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "Findings:" in told.stderr
    of_last = subprocess.run([command, "findings", "--of", "last"], capture_output=True, text=True, timeout=120)
    assert "large-results: Shipping results back cost" in of_last.stdout, of_last.stderr


def test_a_recording_is_diagnosed_by_itself(
    command: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("POOLSCOPE_KEEP")
    lanes = ["--lane", "serial", "--lane", "pool:workers=2,chunksize=1,start=fork"]
    subprocess.run([command, "run", "tiny-tasks", "-p", "N=20_000", *lanes, "-q"], check=True, capture_output=True)
    told = json.loads(said(capsys, "--of", "last", "--json"))
    small = next(finding for finding in told["findings"] if finding["kind"] == "small-chunks")
    assert (small["lane"], small["page"]) == ("B", "small-chunks")
    assert all(len(line) <= 80 for line in said(capsys, "--of", "last").splitlines())
    assert "leave out either" in said(capsys, "gil", "--of", "last", code=2)
    assert said(capsys, "--of", "nowhere", code=2).startswith("poolscope: ")
