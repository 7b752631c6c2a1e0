"""``poolscope advise``: what it prints, that its code runs, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.patience import PATIENCE, wait_for

from poolscope.workloads.cli import main
from poolscope.workloads.cli_study import budget
from poolscope.workloads.errors import UsageError
from poolscope.workloads.history.store import find

WORK = """
import time


def slow(number):
    time.sleep(0.01)
    return number


def raising(number):
    raise ValueError("no")
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "project"
    path.mkdir()
    (path / "work.py").write_text(WORK)
    monkeypatch.chdir(path)
    return path


def advised(words: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> tuple[str, str]:
    status = main(["advise", *words])
    out, err = capsys.readouterr()
    assert status == code, err
    return out, err


def test_it_says_what_to_do_and_how_to_write_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["work.py:slow", "--inputs", "range(20)", "--lane", "threads", "--budget", "8s", "-q"]
    out, _ = advised([*words, "-o", "found.json"], capsys)
    content: dict[str, Any] = json.loads(Path("found.json").read_text())
    verdict = content["verdict"]
    # Threads wait side by side, whatever else the machine does.
    assert verdict["answer"] == "parallel pays"
    assert verdict["lane"]["label"].startswith("threads")
    assert verdict["speedup"] > 1
    assert out.startswith(verdict["sentences"][0][:40])
    assert "in a ThreadPoolExecutor of " in verdict["sentences"][0]
    assert "work.py:slow" in out.splitlines()
    assert out.rstrip().endswith(verdict["snippet"].rstrip())
    assert (content["study"], content["budget_s"]) == ("advise", 8.0)
    assert 1 < content["measured"]["inputs"] <= 20  # fewer where a busy machine takes too long for all
    assert content["runs"] >= 2
    assert {lane["engine"] for lane in content["lanes"]} == {"serial", "threads"}
    kept = find("last")
    assert kept.origin.identity == content["identity"]
    assert (kept.name, dict(kept.parameters)) == ("work.py:slow", content["measured"])
    assert kept.state.verdict is not None
    assert kept.state.verdict.sentences == tuple(verdict["sentences"])
    assert [lane.lane.engine for lane in kept.lanes] == [lane["engine"] for lane in content["lanes"]]
    assert kept.snippet == verdict["snippet"]
    (project / "pasted.py").write_text(verdict["snippet"])
    done = subprocess.run([sys.executable, "pasted.py"], capture_output=True, text=True, timeout=100)
    assert (done.stdout, done.stderr) == ("20 results\n", "")


def test_a_function_that_fails_serially(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["work.py:raising", "--inputs", "range(4)", "--no-trial", "--budget", "10", "--json"]
    out, err = advised(words, capsys, 1)
    content = json.loads(out)
    assert [lane["state"] for lane in content["lanes"]] == ["failed"]
    assert content["verdict"]["sentences"][0] == "Nothing can be advised: no lane came to a result."
    assert (content["verdict"]["lane"], content["verdict"]["snippet"]) == (None, None)
    assert "serial failed: Task 1 of 4 (input 0) raised ValueError: no." in err


def test_what_was_measured_until_ctrl_c_is_what_counts(command: Path, runtime_directory: Path) -> None:
    words = [
        str(command),
        "advise",
        "tiny-tasks",
        "-p",
        "N=2000",
        "--lane",
        "pool:workers=1",
        "--json",
        "--budget",
        "1h",
    ]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def has_measured() -> bool:
        numbers = [int(path.name) for path in runtime_directory.glob("*/*") if path.name.isdecimal()]
        return max(numbers, default=0) >= 3 or process.poll() is not None

    assert wait_for(has_measured)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    content = json.loads(out)
    assert content["cancelled"] is True
    assert [lane["engine"] for lane in content["lanes"][:2]] == ["serial", "pool"]
    assert content["verdict"]["answer"] in ("parallel pays", "serial wins", "no difference")
    assert content["verdict"]["snippet"].startswith('"""tiny-tasks ')


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sqrt", "--lane", "serial"], "Serial is tried in any case: name a parallel lane"),
        (["ping-pong"], "ping-pong runs with the engine serial only, so there is nothing to choose."),
        (["sqrt", "--lane", "pol"], "did you mean pool"),
        (["sqrt", "--budget", "soon"], "such as 60s or 2m"),
        (["sqrt", "-r", "5"], "There is no option -r"),
    ],
)
def test_wrong_use(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = advised(words, capsys, 2)
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("60s", 60), (" 2m ", 120), ("1.5min", 90), ("1H", 3_600)])
def test_budgets(text: str, seconds: float) -> None:
    assert budget(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "0", "-5", "nan", "2d", "25h", "1e9"])
def test_refused_budgets(text: str) -> None:
    with pytest.raises(UsageError, match="choose a time from 1 to"):
        budget(text)
