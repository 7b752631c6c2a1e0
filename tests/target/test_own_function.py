"""A person's own function by the installed command: in every lane, and where it goes wrong."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.patience import PATIENCE, wait_for
from support.terminal import Terminal

LANES = [
    "serial", "threads:workers=2",
    *(f"{engine}:workers=2,start={method}" for engine in ("process", "pool", "executor")
      for method in ("fork", "spawn", "forkserver")),
    "joblib:workers=2", "pool:workers=2,flavour=starmap", "pool:workers=2,flavour=imap_unordered",
]  # fmt: skip


def run(command: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [command, "run", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100
    )
    assert done.returncode == code, done.stderr + done.stdout
    return done


def test_the_code_to_paste(project: Path, command: Path) -> None:
    words = ("work.py:double", "--inputs", "range(20)", "--lane", "serial", "--lane", "threads:workers=1", "--json")
    verdict = json.loads(run(command, *words, "-o", "again.json").stdout)["verdict"]
    assert verdict["lane"]["label"] in ("serial", "threads:workers=1")
    assert json.loads((project / "again.json").read_text())["verdict"] == verdict
    assert verdict["snippet"].startswith('"""work.py:double ')
    assert "from work import double\n" in verdict["snippet"]
    shown = run(command, *words[:5], "--snippet").stdout
    (project / "pasted.py").write_text(shown[shown.index('"""work.py') :])
    done = subprocess.run([sys.executable, "pasted.py"], capture_output=True, text=True, timeout=100)
    assert (done.stdout, done.stderr) == ("20 results\n", "")


def lanes_of(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    lanes: list[dict[str, Any]] = json.loads(done.stdout)["lanes"]
    return lanes


def test_it_runs_in_every_lane_under_its_own_name(project: Path, command: Path) -> None:
    given = [word for lane in LANES for word in ("--lane", lane)]
    done = run(command, "work.py:double", "--inputs", "range(20)", *given, "--json")
    assert done.stderr == ""
    reference, *others = lanes_of(done)
    assert (reference["state"], reference["tasks"]) == ("done", 20)
    assert [(lane["label"], lane["state"], lane["same_result"]) for lane in others] == [
        (lane, "done", True) for lane in LANES[1:]
    ]


@pytest.mark.parametrize("inputs", ["[(2, 3), (4, 5)]", "@rooms.csv", "@rooms.jsonl"])
def test_several_arguments(inputs: str, project: Path, command: Path) -> None:
    (project / "rooms.csv").write_text("height,width\n3,2\n5,4\n")
    (project / "rooms.jsonl").write_text('{"width": 2, "height": 3}\n[4, 5]\n')
    done = run(command, "work.py:area", "--inputs", inputs, "--lane", "serial", "--lane", "pool:workers=1,start=spawn")
    assert "Result: 2 results: 6, 20" in done.stdout


def test_a_module_of_the_current_directory(project: Path, command: Path) -> None:
    (project / "pack").mkdir()
    (project / "pack" / "inner.py").write_text("def f(x):\n    return -x\n")
    done = run(command, "pack.inner:f", "--inputs", "[1, 2]", "--lane", "pool:workers=1,start=forkserver")
    assert "2 results: -1, -2" in done.stdout


def test_a_task_that_raises(project: Path, command: Path) -> None:
    words = [
        word for lane in ("serial", "pool:workers=2,start=spawn", "process", "threads") for word in ("--lane", lane)
    ]
    done = run(command, "work.py:picky", "--inputs", "range(6)", *words, "--json", "-q", code=1)
    for lane in lanes_of(done):
        assert lane["error"] == "Task 4 of 6 (input 3) raised ValueError: not 3."
        first, place, *_ = lane["traceback"].splitlines()
        assert first == "Traceback (most recent call last):"
        assert place.endswith('work.py", line 21, in picky')
    shown = run(command, "work.py:picky", "--inputs", "range(6)", "--lane", "pool:workers=2", code=1).stderr
    assert 'work.py", line 21, in picky' in shown


def test_the_others_can_go_on(project: Path, command: Path) -> None:
    words = ("--lane", "serial", "--lane", "pool:workers=2", "--json", "--keep-going", "-q")
    done = run(command, "work.py:picky", "--inputs", "range(6)", *words, code=1)
    for lane in lanes_of(done):
        (each,) = lane["runs"]
        assert (each["failed"], each["failures"]) == (1, ["Task 4 of 6 (input 3) raised ValueError: not 3."])


def test_lanes_that_cannot_ship_it_are_skipped(project: Path, command: Path) -> None:
    done = run(command, "work.py:locked", "--inputs", "range(2)", "--lane", "serial", "--lane", "pool", "--json")
    serial, pool = lanes_of(done)
    assert (serial["state"], pool["state"]) == ("done", "skipped")
    assert pool["error"].startswith("The first result['made'][1] is a _thread.lock, which cannot be pickled")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("work.py:double",), "work.py:double needs inputs: write --inputs"),
        (("work.py", "--inputs", "[1]"), "work.py names no function: write work.py:NAME"),
        (("sqrt", "--inputs", "[1]"), "sqrt makes its inputs itself: leave --inputs out."),
        (("work.py:double", "--inputs", "[1]", "--limit", "0"), "--limit 0 is wrong"),
        (("work.py:double", "--inputs", "[1]", "-p", "N=3"), "There is no parameter N in work.py:double; it has none."),
        (
            ("work.py:doubel", "--inputs", "[1]"),
            "There is no function doubel in work.py; did you mean double (work.py, l",
        ),
    ],
)
def test_wrong_use_is_one_sentence(words: tuple[str, ...], said: str, project: Path, command: Path) -> None:
    done = run(command, *words, code=2)
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert said in done.stderr


@pytest.mark.parametrize("words", [("run", "work.py:double", "--inputs", "[1]"), ("list", "work.py"), ("run", "mine")])
def test_a_directory_that_is_gone_is_said_in_a_sentence(words: tuple[str, ...], project: Path, command: Path) -> None:
    (project / "gone").mkdir()
    script = 'cd gone && rmdir ../gone && exec "$@"'
    done = subprocess.run(["sh", "-c", script, "sh", command, *words], capture_output=True, text=True, timeout=60)
    said = "poolscope: The current directory does not exist any more: change to one that does.\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


HOURS = ("work.py:sleepy", "--inputs", "range(100_000)", "--lane", "serial")


def test_hours_are_refused_where_nobody_can_be_asked(project: Path, command: Path) -> None:
    (project / "work.py").write_text("import time\ndef sleepy(n):\n    time.sleep(0.05)\n")
    done = run(command, *HOURS, code=2)
    assert "This will take about " in done.stderr or "of memory" in done.stderr
    assert "--yes runs it all the same" in done.stderr
    few = run(command, *HOURS, "--limit", "3")
    assert "3 results: None" in few.stdout


def test_hours_are_asked_about_on_a_terminal(project: Path, command: Path) -> None:
    (project / "work.py").write_text("import time\ndef sleepy(n):\n    time.sleep(0.05)\n")
    with Terminal([command, "run", "work.py:sleepy", "--inputs", "range(200_000)", "--lane", "serial"]) as terminal:
        terminal.wait_until("Run it? [y/N]")
        terminal.press("n", "enter")
        terminal.wait_until("Nothing was run.")
        assert terminal.wait_exit() == 1


def test_an_import_without_end_can_be_interrupted(project: Path, command: Path) -> None:
    (project / "mine.py").write_text("import time\nopen('begun', 'w').close()\ntime.sleep(600)\n")
    process = subprocess.Popen(
        [command, "run", "mine.py:f", "--inputs", "[1]"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert wait_for((project / "begun").exists)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "Traceback" not in said


def test_registered_workloads(project: Path, command: Path) -> None:
    (project / "pyproject.toml").write_text(
        '[tool.poolscope.workloads.doubles]\nfunction = "work.py:double"\ninputs = "range(9)"\nlimit = 5\n'
    )
    (project / "below").mkdir()
    for place in (project, project / "below"):
        done = subprocess.run(
            [command, "run", "doubles", "--lane", "serial"], cwd=place, capture_output=True, text=True, timeout=60
        )
        assert done.stdout.startswith("doubles\n"), done.stderr
        assert "5 results: 0, 2, 4, 6, …" in done.stdout
    said = run(command, "doubled", code=2).stderr
    assert said == "poolscope: There is no workload doubled; did you mean doubles?\n"
    listed = subprocess.run([command, "list", "--json"], capture_output=True, text=True, timeout=60)
    (entry,) = json.loads(listed.stdout)["registered"]
    assert (entry["name"], entry["function"], entry["limit"]) == ("doubles", "work.py:double", 5)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "[tool.poolscope]\nworkload = 1\n",
            "[tool.poolscope] in pyproject.toml has workload, which means nothing; did",
        ),
        ("[tool.poolscope.workloads.a]\ninputs = 'x'\n", "names no function"),
        (
            "[tool.poolscope.workloads.a]\nfunction = 1\n",
            "function of [tool.poolscope.workloads.a] in pyproject.toml must",
        ),
        ("[tool.poolscope.workloads.sqrt]\nfunction = 'a:b'\n", "has a name that is taken"),
        ("[tool", "pyproject.toml cannot be read"),
    ],
)
def test_a_bad_registry_is_said_in_a_sentence(content: str, said: str, project: Path, command: Path) -> None:
    (project / "pyproject.toml").write_text(content)
    done = run(command, "a", code=2)
    assert said in done.stderr
    listed = subprocess.run([command, "list"], capture_output=True, text=True, timeout=60)
    assert listed.returncode == 0
    assert said in listed.stderr


def test_an_entry_point(project: Path, command: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    info = project / "site" / "sample-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sample\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[poolscope.workloads]\ntwice = work:double\n")
    monkeypatch.setenv("PYTHONPATH", str(project / "site"))
    assert "2 results: 2, 4" in run(command, "twice", "--inputs", "[1, 2]", "--lane", "serial").stdout
    assert "twice has no inputs of its own" in run(command, "twice", code=2).stderr
