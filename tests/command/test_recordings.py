"""``poolscope recordings``, and what the other commands keep."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from poolscope.workloads.cli import main
from poolscope.workloads.recording.open import open_recording
from poolscope.workloads.recording.saved import SavedRecording

DEADLINE = 100


@pytest.fixture
def kept(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Keep the recordings of two lanes, and return their identities, the newest first."""
    assert main(["run", "sqrt", "-p", "N=1000", "--lane", "serial", "--lane", "pool:workers=2", "-q"]) == 0
    capsys.readouterr()
    assert main(["recordings", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["recordings"]
    assert len(found) == 2
    return [recording["identity"] for recording in found]


def test_nothing_is_kept_yet(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recordings"]) == 0
    assert capsys.readouterr().out.startswith("No recordings are kept in ")
    assert main(["recordings", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["recordings"] == []


def test_lanes_are_kept_and_listed(kept: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recordings"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["id", "began", "took", "tasks", "state", "size", "what"]
    assert [line.split()[0] for line in lines[1:3]] == kept
    assert lines[1].endswith("sqrt · pool:workers=2,start=fork,chunksize=124")
    assert lines[2].endswith("sqrt · serial")
    assert all(" 990  done " in line for line in lines[1:3])
    assert re.match(r"2 recordings, [\d.]+ kB of 1\.00 GB, in /", lines[4])


def test_the_list_is_there_for_programs(kept: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recordings", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["schema"] == 1
    newest = content["recordings"][0]
    assert newest["identity"] == kept[0]
    assert Path(newest["path"]).stat().st_size == newest["bytes"]
    assert newest["kind"] == "lane"
    assert newest["workload"] == "sqrt"
    assert newest["parameters"] == {"N": 1000}
    assert newest["lane"] == "pool:workers=2,start=fork,chunksize=124"
    assert (newest["state"], newest["status"], newest["error"], newest["problem"]) == ("done", 0, None, None)
    assert (newest["tasks"], newest["processes"]) == (990, 3)
    assert 0 < newest["duration_s"] < DEADLINE
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", newest["begun"])


def test_what_is_kept_of_a_lane_is_all_of_it(kept: list[str]) -> None:
    recording = open_recording(kept[0])
    assert recording.problems == ()
    assert recording.tasks_done == 990
    assert recording.result is not None
    assert recording.result.ok
    assert [state.exit_status for state in recording.processes(0)] == [0, 0, 0]
    assert sum(chunk.items for worker in recording.workers for chunk in worker.chunks()) == 990


def test_one_is_copied_to_a_file(kept: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recordings", "save", kept[1], str(tmp_path / "mine.poolscope")]) == 0
    meta = SavedRecording(tmp_path / "mine.poolscope").meta
    assert meta is not None
    assert meta.identity == kept[1]
    assert main(["recordings", "save", "last", str(tmp_path / "no" / "x.poolscope")]) == 2
    assert "there is no directory" in capsys.readouterr().err
    assert main(["recordings", "save", "1999", str(tmp_path / "x.poolscope")]) == 2
    assert "There is no recording 1999" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.glob("*.poolscope")) == ["mine.poolscope"]


def test_some_or_all_are_removed(kept: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recordings", "remove", kept[1], "1999"]) == 2
    assert "There is no recording 1999" in capsys.readouterr().err
    assert main(["recordings", "remove", kept[1], kept[1]]) == 0
    main(["recordings", "--json"])
    assert [entry["identity"] for entry in json.loads(capsys.readouterr().out)["recordings"]] == kept[:1]
    assert main(["recordings", "remove", "--all"]) == 0
    main(["recordings", "--json"])
    assert json.loads(capsys.readouterr().out)["recordings"] == []


@pytest.mark.parametrize("arguments", [["remove"], ["remove", "last", "--all"], ["save", "last"], ["x"], ["--no"]])
def test_wrong_use_is_a_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recordings", *arguments]) == 2
    error = capsys.readouterr().err
    assert error.startswith("poolscope: ")
    assert error.count("\n") == 1


def test_a_file_is_never_removed_by_its_name(kept: list[str], tmp_path: Path) -> None:
    file = tmp_path / "mine.poolscope"
    assert main(["recordings", "save", kept[0], str(file)]) == 0
    assert main(["recordings", "remove", str(file)]) == 2
    assert file.exists()


def test_nothing_is_kept_if_nothing_is_wanted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POOLSCOPE_KEEP", "0")
    assert main(["run", "sqrt", "-p", "N=100", "--lane", "serial", "-q"]) == 0
    capsys.readouterr()
    assert main(["recordings", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["recordings"] == []


def test_damaged_ones_are_listed_as_such(kept: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    main(["recordings", "--json"])
    path = Path(json.loads(capsys.readouterr().out)["recordings"][0]["path"])
    path.write_bytes(path.read_bytes()[:40])
    assert main(["recordings"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "damaged" in lines[1]
    assert lines[2].endswith("sqrt · serial")


def test_keeping_a_small_run_needs_no_numpy() -> None:
    program = """
import sys
from poolscope.workloads.cli import main
assert main(["run", "sqrt", "-p", "N=1000", "--json", "-q"]) == 0
assert main(["recordings"]) == 0
assert "numpy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=DEADLINE, stdout=subprocess.DEVNULL)
