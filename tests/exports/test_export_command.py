"""The command: formats by name or by file, whole files, one sentence for what is wrong."""

from __future__ import annotations

import gzip
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from exports.conftest import write_run
from support.trace_format import checked_trace, slices

from poolscope.workloads.cli import main
from poolscope.workloads.recording.save import save

DEADLINE = 60
IMPORTS = """
import sys
from poolscope.workloads.cli import main
status = main(sys.argv[1:])
loaded = {name.partition(".")[0] for name in sys.modules} & {"textual", "rich"}
sys.exit(f"loaded: {loaded}" if loaded else status)
"""


@pytest.fixture
def run_directory(tmp_path: Path) -> Path:
    """Return a run directory with a recording in it."""
    return write_run(tmp_path / "run")


def said(arguments: Sequence[str | Path], capfd: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Run the command in this process; return its status and what it wrote."""
    status = main(["export", *map(str, arguments)])
    written = capfd.readouterr()
    return status, written.out, written.err


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("report.html", b"<!DOCTYPE html>"),
        ("report.md", b"### Poolscope: "),
        ("tasks.csv", b"process,pid,function,"),
        ("recording.JSON", b'{\n  "schema": 1,'),
        ("trace.perfetto-trace", b'{"traceEvents":['),
    ],
)
def test_the_name_of_the_file_says_the_format(
    run_directory: Path, tmp_path: Path, name: str, begin: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert said([run_directory, "-o", tmp_path / name], capfd) == (0, "", "")
    assert (tmp_path / name).read_bytes().startswith(begin)


def test_a_trace_can_be_compressed(run_directory: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "trace.json.gz"
    assert said([run_directory, "-f", "perfetto", "-o", path], capfd) == (0, "", "")
    assert slices(checked_trace(gzip.decompress(path.read_bytes())), "task")


def test_what_is_missing_of_a_cut_file_is_said(
    run_directory: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "run.poolscope"
    save(run_directory, saved)
    saved.write_bytes(saved.read_bytes()[:-1])
    status, out, err = said([saved, "-f", "csv", "--table", "processes"], capfd)
    assert status == 0
    assert out.startswith("process,pid,")
    assert "poolscope: The recording run.poolscope is not whole: its end is missing.\n" in err


def test_a_saved_recording_says_what_its_directory_says(
    run_directory: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "run.poolscope"
    save(run_directory, saved)
    for arguments in (
        ["csv"],
        ["csv", "--table", "processes"],
        ["json", "--tasks"],
        ["perfetto"],
        ["html"],
        ["markdown"],
    ):
        expected = said([run_directory, "-f", *arguments], capfd)
        assert expected[0] == 0
        assert said([saved, "-f", *arguments], capfd) == expected


def test_tables_and_tasks_can_be_chosen(run_directory: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert said([run_directory, "-f", "csv", "--table", "samples"], capfd)[1].startswith("time_s,core,")
    status, out, _ = said([run_directory, "-f", "json", "--tasks"], capfd)
    assert status == 0
    assert len(json.loads(out)["chunks"]["rows"]) == 9


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["-f", "csv"], "FILE|ID is missing; poolscope export --help says more."),
        (["RUN"], "--format is missing: choose perfetto, json, csv, markdown, html or svg."),
        (["RUN", "-o", "x.txt"], "--format is missing: choose perfetto, json, csv, markdown, html or svg."),
        (["RUN", "-f", "perfeto"], "There is no format perfeto; did you mean perfetto?"),
        (["RUN", "-f", "pdf"], "--format pdf is wrong: choose perfetto, json, csv, markdown, html or svg."),
        (["RUN", "-f", "json", "--table", "tasks"], "--table is for --format csv."),
        (["RUN", "-f", "csv", "--table", "x"], "--table x is wrong: choose tasks, processes or samples."),
        (["RUN", "-f", "csv", "--tasks"], "--tasks is for --format json and --format perfetto."),
        (["RUN", "-f", "html", "--size", "80x24"], "--size and --theme are for --format svg."),
        (["RUN", "-f", "svg", "--size", "9x9"],
         "--size 9x9 is wrong: write COLUMNSxLINES, such as 120x40, from 40x10 to 500x200."),
        (["RUN", "-f", "csv", "-o", "/nowhere/x.csv"],
         "--output /nowhere/x.csv cannot be written: there is no directory /nowhere."),
    ],
)  # fmt: skip
def test_wrong_use_is_one_sentence(
    run_directory: Path, arguments: list[str], sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    given = [str(run_directory) if argument == "RUN" else argument for argument in arguments]
    assert said(given, capfd) == (2, "", f"poolscope: {sentence}\n")


def test_what_is_no_recording_is_refused_and_no_file_appears(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    broken, target = tmp_path / "broken.poolscope", tmp_path / "out.csv"
    broken.write_bytes(b"no recording at all")
    for name in (broken, tmp_path / "missing.poolscope", "no-such-identity"):
        status, out, errors = said([name, "-o", target], capfd)
        assert (status, out) == (2, "")
        assert errors.startswith("poolscope: ")
        assert errors.count("\n") == 1
        assert not target.exists()


@pytest.mark.parametrize("form", ["perfetto", "html", "svg"])
def test_a_terminal_is_not_filled_with_what_nobody_reads(command: Path, run_directory: Path, form: str) -> None:
    leader, terminal = pty.openpty()
    try:
        done = subprocess.run(
            [command, "export", run_directory, "-f", form],
            stdin=subprocess.DEVNULL, stdout=terminal, stderr=subprocess.PIPE, text=True, timeout=DEADLINE,
        )  # fmt: skip
    finally:
        os.close(terminal)
        os.close(leader)
    assert done.returncode == 2
    assert done.stderr == f"poolscope: {form} is not for reading in a terminal: name a file with -o, or use a pipe.\n"


def test_a_reader_that_has_had_enough_ends_it_quietly(command: Path, tmp_path: Path) -> None:
    directory = write_run(tmp_path / "run", name="x" * 250)
    for number in range(300):  # more than a pipe holds
        (directory / "samples.jsonl").open("a").write(
            f'{{"t":{6 * 10**9 + number},"p":[],"c":{[[1, 2, 3, 4]] * 40}}}\n'
        )
    process = subprocess.Popen(
        [command, "export", directory, "-f", "csv", "--table", "samples"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.read(10) == b"time_s,cor"
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(DEADLINE) == 0


def test_the_screen_is_a_picture_that_needs_nothing_else(run_directory: Path, tmp_path: Path, command: Path) -> None:
    path = tmp_path / "screen.svg"
    done = subprocess.run(
        [command, "export", run_directory, "-o", path, "--size", "100x30"], capture_output=True, timeout=DEADLINE
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    text = path.read_text()
    ET.fromstring(text)
    assert "script.py" in text
    assert set(re.findall(r"url\((.)|(?:src|href)=\"(.)", text)) <= {("#", "")}


def test_no_export_but_the_screen_needs_textual(run_directory: Path, tmp_path: Path) -> None:
    for name in ("report.html", "report.md"):
        arguments = ["export", str(run_directory), "-o", str(tmp_path / name)]
        done = subprocess.run(
            [sys.executable, "-c", IMPORTS, *arguments], capture_output=True, text=True, timeout=DEADLINE
        )
        assert (done.returncode, done.stderr) == (0, "")
