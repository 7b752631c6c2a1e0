"""``poolscope run`` with reports in files, and with a baseline to keep up with."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.pasts import two_lanes

from poolscope.workloads.cli import main
from poolscope.workloads.history import store
from poolscope.workloads.history.past import object_of

Run = Callable[..., "subprocess.CompletedProcess[str]"]
LANES = ("--lane", "serial", "--lane", "pool:workers=1,start=fork")
WORK = ("sqrt", "-p", "N=100", *LANES)


@pytest.fixture
def run(command: Path, tmp_path: Path) -> Run:
    def execute(*words: str) -> subprocess.CompletedProcess[str]:
        whole = [str(command), "run", *words]
        return subprocess.run(
            whole, cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100
        )

    return execute


def baseline_of(path: Path, factor: float) -> None:
    """Write a baseline in which both lanes took that many times their time."""
    content: dict[str, Any] = object_of(store.find("last"))
    for lane in content["lanes"]:
        for each in lane["runs"]:
            each["elapsed_s"] *= factor
    path.write_text(json.dumps(content))


def test_all_reports_are_written_from_one_run(run: Run, tmp_path: Path) -> None:
    files = [f"--export-{form}={name}" for form, name in (("json", "r.json"), ("csv", "r.csv"), ("html", "r.html"))]
    done = run(*WORK, *files, "--export-markdown", "-", "-o", "o.json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("### Poolscope: `sqrt  N = 100`\n")
    said = json.loads((tmp_path / "r.json").read_text())
    assert said == json.loads((tmp_path / "o.json").read_text())
    assert (tmp_path / "r.csv").read_text().count(said["identity"]) == 2
    page = (tmp_path / "r.html").read_text()
    assert said["identity"] in page
    assert page.rstrip().endswith("</html>")
    assert store.find("last").origin.identity == said["identity"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--export-csv", "no/such/r.csv"], "--export-csv no/such/r.csv cannot be written: there is no directory"),
        (["--export-html", "."], "--export-html . is a directory: name a file."),
        (["--export-markdown", ""], "--export-markdown needs the name of a file"),
        (["--export-csv", "r", "--export-json", "r"], "--export-csv r is the file of another report"),
        (["--export-csv", "-", "--json"], "--export-csv -: standard output has room for one report only."),
        (["--export-csv", "-", "--export-html", "-"], "standard output has room for one report only."),
        (["--fail-if-slower", "5%"], "--fail-if-slower needs 5 runs of each lane"),
        (["-r", "4", "--fail-if-slower", "5%"], "add -r 5 or more, or -r auto."),
        (["-r", "5", "--fail-if-slower", "fast"], "--fail-if-slower fast is wrong: choose a share"),
        (["--baseline", "nothing"], "There is no comparison nothing;"),
        (["--baseline", "nothing.json"], "There is no file nothing.json."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_use_is_a_sentence_before_anything_runs(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", *WORK, *words]) == 2
    ended = capsys.readouterr()
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""
    assert store.entries() == ()
    assert not list(tmp_path.glob("r*")) or [path.name for path in tmp_path.glob("r*")] == ["runtime"]


def test_a_run_keeps_up_with_its_baseline_or_fails(run: Run, tmp_path: Path) -> None:
    wanted = ("-r", "5", "--fail-if-slower", "50%", "-q")
    first = run(*WORK, *wanted)
    assert first.returncode == 0, first.stderr
    assert first.stderr == (
        "poolscope: There is no earlier comparison of these lanes on this machine to compare with; this is the first.\n"
    )
    # A thousand times faster or slower: no machine's mood makes up for that.
    baseline_of(tmp_path / "slow.json", 1_000)
    baseline_of(tmp_path / "fast.json", 0.001)
    fine = run(*WORK, *wanted, "--baseline", "slow.json")
    assert fine.returncode == 0, fine.stderr
    slower = run(*WORK, *wanted, "--baseline", "fast.json", "--json")
    assert slower.returncode == 3
    serial, pool = slower.stderr.splitlines()
    assert serial.startswith("poolscope: serial is slower than in fast.json, ")
    assert pool.startswith("poolscope: pool:workers=1,start=fork is slower than in fast.json, ")
    assert [lane["state"] for lane in json.loads(slower.stdout)["lanes"]] == ["done", "done"]
    assert len(store.entries()) == 3


def test_the_last_comparison_that_is_alike_is_the_baseline(run: Run) -> None:
    assert run(*WORK, "-r", "5", "-q").returncode == 0
    last = store.find("last")
    fast = two_lanes((1e-9,) * 5, (1e-9,) * 5)
    lanes = tuple(lane._replace(results=made.results) for lane, made in zip(last.lanes, fast, strict=True))
    changed = last._replace(document=None, state=last.state._replace(lanes=lanes))
    kept = store.keep(changed._replace(machine=last.machine._replace(python="3.10.0")))
    assert kept.identity is not None
    done = run(*WORK, "-r", "5", "-q", "--fail-if-slower", "5%")
    assert done.returncode == 3
    lines = done.stderr.splitlines()
    assert lines[0].startswith(f"poolscope: Against {kept.identity}, Python is CPython ")
    assert lines[0].endswith(" and was CPython 3.10.0.")
    assert lines[1].startswith(f"poolscope: serial is slower than in {kept.identity}, ")


def test_a_baseline_with_too_few_runs_is_refused(run: Run, tmp_path: Path) -> None:
    assert run(*WORK, "-o", "once.json").returncode == 0
    done = run(*WORK, "-r", "5", "--fail-if-slower", "5%", "--baseline", "once.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("poolscope: --baseline once.json has too few runs to tell a difference from chance")
    # To look at, it is good enough.
    looked = run(*WORK, "-q", "--baseline", "once.json")
    assert looked.returncode == 0
    assert looked.stderr.splitlines()[0].startswith("poolscope: serial has too few runs to tell (1 and 1)")


def test_one_report_that_cannot_be_written_costs_no_other(run: Run, tmp_path: Path) -> None:
    done = run(*WORK, "--export-json", "/dev/full", "--export-csv", "r.csv", "-q")
    assert done.returncode == 1
    assert done.stderr == "poolscope: /dev/full cannot be written: no space left on device.\n"
    assert (tmp_path / "r.csv").read_text().count("\n") == 3
    assert len(store.entries()) == 1
