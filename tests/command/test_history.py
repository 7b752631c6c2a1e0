"""``poolscope history`` and ``poolscope compare``, by the installed command and on what it kept."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.pasts import past, two_lanes
from support.terminal import Terminal

from poolscope.workloads.cli import main
from poolscope.workloads.history import store
from poolscope.workloads.history.past import object_of

Run = Callable[..., "subprocess.CompletedProcess[str]"]
FIVE = (1.0, 1.02, 0.98, 1.01, 0.99)
SLOW = tuple(2 * each for each in FIVE)
SOURCE = "def double(number):\n    return 2 * number\n"


@pytest.fixture
def run(command: Path, tmp_path: Path) -> Run:
    def execute(*words: str) -> subprocess.CompletedProcess[str]:
        whole = [str(command), *words]
        return subprocess.run(
            whole, cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100
        )

    return execute


@pytest.fixture
def kept() -> list[str]:
    """Keep three comparisons, of which the last one is slower, and return their identities, the newest first."""
    lanes = (two_lanes((1.0,)), two_lanes(FIVE, FIVE), two_lanes(SLOW, FIVE))
    return [store.keep(past(number, each)).identity or "" for number, each in enumerate(lanes)][::-1]


def test_what_was_run_is_kept_listed_shown_compared_and_removed(run: Run, tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(SOURCE)
    lanes = ("--lane", "serial", "--lane", "pool:workers=2")
    one = run("run", "work.py:double", "--inputs", "range(10)", *lanes, "--json")
    assert one.returncode == 0, one.stderr
    said = json.loads(one.stdout)
    (tmp_path / "work.py").write_text(SOURCE.replace("2 *", "3 *"))
    table = run("run", "work.py:double", "--inputs", "range(10)", *lanes, "-o", "second.json")
    assert table.returncode == 0, table.stderr

    listed = json.loads(run("history", "--json").stdout)
    assert list(listed) == ["schema", "file", "comparisons"]
    second, first = listed["comparisons"]
    assert first["identity"] == said["identity"]
    assert first["code"] == said["code"] != second["code"] is not None
    assert [each["digest"] for each in first["lanes"][0]["runs"]] == [said["lanes"][0]["runs"][0]["digest"]]
    for lane in said["lanes"]:
        for each in lane["runs"]:
            each["processes"] = each["slowest"] = None
    assert first == said

    shown = run("history", "show", "last").stdout.splitlines()
    assert shown[0].startswith(f"{second['identity']}, ")
    assert shown[0].endswith(f", code {second['code']}")
    # What the results are is not kept, and neither is a line of them.
    whole = [line for line in table.stdout.splitlines() if not line.startswith("Result")]
    assert [line for line in shown[1:] if line] == [line for line in whole if line]

    compared = run("compare", said["identity"], "second.json")
    assert compared.returncode == 0, compared.stderr
    lines = compared.stdout.splitlines()
    assert lines[0].startswith(f"first   {said['identity']}")
    assert lines[4].split() == ["code", first["code"], second["code"]]
    assert "serial has too few runs to tell (1 and 1)" in compared.stdout
    assert lines[7].endswith("different")

    assert run("history", "remove", said["identity"][:-1]).returncode == 0
    assert [each["identity"] for each in json.loads(run("history", "--json").stdout)["comparisons"]] == [
        second["identity"]
    ]
    assert run("history", "remove", "--all").returncode == 0
    assert run("history").stdout.startswith("No comparison is kept in ")


def test_the_list_has_a_row_each(kept: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == [
        "id", "workload", "answer", "fastest", "lanes", "runs", "began", "Python", "machine",
    ]  # fmt: skip
    assert [line.split()[0] for line in lines[1:]] == kept
    assert lines[1].split()[1:7] == ["sqrt", "N=1,000", "parallel", "pays", "pool", "2"]
    assert lines[1].endswith("  3.11.7  lab")
    assert main(["history", "--limit", "1"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert main(["history", "--workload", "primes"]) == 0
    assert capsys.readouterr().out.startswith("No comparison of primes is kept in ")


def test_reports_of_the_past_are_written(kept: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert main(["history", "show", "last", "--export-html", str(page), "--export-markdown", "-"]) == 0
    assert capsys.readouterr().out.startswith("### Poolscope: `sqrt  N = 1,000`\n")
    assert kept[0] in page.read_text()
    assert main(["history", "show", "last", "--export-csv", str(tmp_path / "no" / "x.csv")]) == 2


def test_whatever_is_slower_has_an_exit_status_of_its_own(kept: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "last~1", "last"]) == 0
    assert main(["compare", "last~1", "last", "--fail-if-slower", "5%"]) == 3
    ended = capsys.readouterr()
    assert ended.err.startswith("poolscope: serial is slower than in the first, 100 % more time (")
    assert ended.err.count("\n") == 1
    assert main(["compare", "last", "last~1", "--fail-if-slower", "0.05"]) == 0
    assert main(["compare", "last~1", "last", "--fail-if-slower", "200%"]) == 0
    assert main(["compare", "last~1", "last", "--json", "--fail-if-slower", "5%"]) == 3
    assert json.loads(capsys.readouterr().out.partition("\n{")[2].join(["{", ""]))["slower"] == ["serial"]


def test_what_cannot_be_decided_is_wrong_use(kept: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", kept[2], "last", "--fail-if-slower", "5%"]) == 2
    ended = capsys.readouterr()
    assert ended.out.startswith("first   ")
    assert ended.err == (
        "poolscope: It cannot be decided what is slower: serial has too few runs to tell (1 and 5): 5 of each are "
        "needed, as with -r 5.\n"
    )
    store.keep(past(9, two_lanes(FIVE)[:1]))
    store.keep(past(10, two_lanes(FIVE, FIVE)[1:]))
    assert main(["compare", "last~1", "last", "--fail-if-slower", "5%"]) == 2
    assert "the two have no lane in common" in capsys.readouterr().err


def test_a_file_of_another_machine_is_compared(
    kept: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = past(5, two_lanes(FIVE, FIVE))
    other = other._replace(machine=other.machine._replace(hostname="<b>elsewhere\x1b[31m", python="3.13.0"))
    file = tmp_path / "other.json"
    file.write_text(json.dumps(object_of(other)))
    assert main(["compare", "last", str(file)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^machine +lab +<b>elsewhere␛\[31m$", out, re.MULTILINE)
    assert re.search(r"^Python +CPython 3\.11\.7 +CPython 3\.13\.0$", out, re.MULTILINE)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare", "last"], "SECOND is missing"),
        (["compare", "last", "nothing"], "There is no comparison nothing;"),
        (["compare", "last", "nothing.json"], "There is no file nothing.json."),
        (["compare", "last", "/"], "/ is a directory: name a file."),
        (["compare", "last", "last", "--fail-if-slower", "much"], "--fail-if-slower much is wrong: choose a share"),
        (["compare", "last", "last", "--fail-if-slower", "-1%"], "--fail-if-slower"),
        (["compare", "last", "last", "--fail-if-slower", "5%%"], "--fail-if-slower 5%% is wrong"),
        (["history", "--limit", "0"], "--limit 0 is wrong"),
        (["history", "show"], "ID is missing"),
        (["history", "remove"], "Say which ones to remove"),
        (["history", "remove", "last", "--all"], "Say which ones to remove"),
        (["history", "remove", "last", "1999"], "There is no comparison 1999"),
        (["history", "list"], "list is one argument too many"),
    ],
    ids=" ".join,
)
def test_wrong_use_is_a_sentence(
    words: list[str], said: str, kept: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("poolscope: ")
    assert said in error
    assert error.count("\n") == 1
    assert len(store.entries()) == 3


def test_a_damaged_history_is_said_and_a_run_goes_on(run: Run, tmp_path: Path) -> None:
    store.path().parent.mkdir(parents=True)
    store.path().write_text("no database, for sure" * 100)
    done = run("run", "sqrt", "-p", "N=100", "--lane", "serial", "--json")
    assert done.returncode == 0
    assert done.stderr.startswith("poolscope: The history was damaged (file is not a database): it is now ")
    assert [each.origin.identity for each in store.entries()] == [json.loads(done.stdout)["identity"]]


def test_what_cannot_be_kept_is_said_once_for_all_runs(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("POOLSCOPE_DATA_DIRECTORY", str(tmp_path / "file" / "data"))
    done = run("run", "sqrt", "-p", "N=11", "-r", "3", "--lane", "serial", "--lane", "threads", "-q")
    assert done.returncode == 0, done.stderr
    said = [line.partition("kept: ")[0] for line in done.stderr.splitlines()]
    not_kept = "The recording was not "
    expected = [f"poolscope: A: {not_kept}", f"poolscope: B: {not_kept}", "poolscope: The comparison was not "]
    assert said == expected


def test_in_a_terminal_it_is_drawn_to_fit(command: Path, kept: list[str]) -> None:
    program = f"{command} history; {command} compare last~1 last; read end"
    for columns, has_room in ((120, True), (80, False)):
        with Terminal(["/bin/sh", "-c", program], columns=columns, rows=40) as terminal:
            text = terminal.wait_until("no difference to the first is shown")
            terminal.press("\r")
            terminal.wait_exit()
        assert kept[0] in text
        assert ("machine" in text) is has_room
        assert "──────" in text
