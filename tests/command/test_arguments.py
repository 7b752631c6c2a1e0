"""Wrong use of the command: one sentence on stderr, exit status 2."""

import os
import re
import subprocess
import sys
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads import arguments, cli
from poolscope.workloads.cli import main
from poolscope.workloads.errors import UsageError

WRONG = [
    (["lst"], "There is no command lst; did you mean list?"),
    (["zzzz"], f"There is no command zzzz: there are {', '.join([*cli._COMMANDS][:-1])} and doctor."),
    (["sqrt"], "sqrt is a workload, not a command; did you mean poolscope run sqrt?"),
    (["--them", "x"], "There is no option --them; did you mean --theme?"),
    (["--refresh", "0"], "--refresh 0 is wrong: choose a time from 0.1 to 10 seconds."),
    (["--refresh", "nan"], "--refresh nan is wrong: choose a time from 0.1 to 10 seconds."),
    (["list", "--jsn"], "There is no option --jsn; did you mean --json?"),
    (["list", "--json=1"], "--json takes no value."),
    (["list", "math", "more"], "more is one argument too many; poolscope list --help says more."),
    (["doctor", "-x"], "There is no option -x; poolscope doctor --help names those there are."),
    (["run"], "WORKLOAD is missing; poolscope run --help says more."),
    (["run", "sqr"], "There is no workload sqr; did you mean sqrt?"),
    (["run", "sqrt", "-p"], "-p needs a value: -p NAME=VALUE."),
    (["run", "sqrt", "-p", "N"], "-p N is wrong: write NAME=VALUE, such as N=10_000."),
    (["run", "sqrt", "-p", "=3"], "-p =3 is wrong: write NAME=VALUE, such as N=10_000."),
    (["run", "sqrt", "-p", "M=3"], "There is no parameter M in sqrt; did you mean N?"),
    (["run", "sqrt", "-p", "N=20", "-p", "N=30"], "The parameter N is given twice."),
    (
        ["run", "sqrt", "-p", "N=-1"],
        "N = -1 is too small: choose a whole number from 11 to 1,000,000,000.",
    ),
    (
        ["run", "sqrt", "-p", "N=10^999999999"],
        "N = 10^999999999 is too large: choose a whole number from 11 to 1,000,000,000.",
    ),
    (["run", "sqrt", "-r", "0"], "--runs 0 is wrong: choose auto, or a whole number from 1 to 1,000."),
    (["run", "sqrt", "--runs", "1e3"], "--runs 1e3 is wrong: choose auto, or a whole number from 1 to 1,000."),
    (["run", "sqrt", "-r"], "-r/--runs needs a value: --runs N|auto."),
    (["run", "sqrt", "-w", "-1"], "--warmup -1 is wrong: choose a whole number from 0 to 100."),
    (
        ["run", "sqrt", "-r", "auto", "--time-budget", "soon"],
        "--time-budget soon is wrong: choose a time from 0.1 to 86,400 seconds.",
    ),
    (
        ["run", "sqrt", "-r", "3", "--time-budget", "30"],
        "--time-budget is for -r auto, and -r 3 makes so many runs in any case.",
    ),
    (["run", "sqrt", "-j", "0"], "--workers 0 is wrong: choose a whole number from 1 to 1,024."),
    (["run", "sqrt", "-j", "100000"], "--workers 100000 is wrong: choose a whole number from 1 to 1,024."),
    (
        ["run", "sqrt", "--log-level", "loud"],
        "--log-level loud is wrong: choose SUBDEBUG, DEBUG, INFO, SUBWARNING, WARNING or ERROR.",
    ),
    (["run", "sqrt", "-o", ""], "--output needs the name of a file; for standard output, use --json."),
    (["run", "sqrt", "--bogus"], "There is no option --bogus; poolscope run --help names those there are."),
    (["run", "sqrt", "-o", "-"], "--output needs the name of a file; for standard output, use --json."),
    (["run", "sqrt", "-o", "/"], "--output / is a directory: name a file."),
    (["run", "sqrt", "-o", "/none/x"], "--output /none/x cannot be written: there is no directory /none."),
    (["run", "sqrt", "\x1b[2J"], "␛[2J is one argument too many; poolscope run --help says more."),
]


@pytest.mark.parametrize(("words", "sentence"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_wrong_use_gets_one_sentence(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"poolscope: {sentence}\n"


@pytest.mark.parametrize(
    "words", [["run", "wordcount", "-p", "directory=/no/such"], ["run", "sqrt", "--lane", "pol"], ["lst"]]
)
def test_the_installed_command_leaves_with_2(command: Path, words: list[str]) -> None:
    done = subprocess.run([command, *words], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("poolscope: ")
    assert done.stderr.count("\n") == 1
    assert "usage" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_output_that_may_not_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.chmod(0o500)
    assert main(["run", "sqrt", "-o", str(tmp_path / "x")]) == 2
    assert "cannot be written: permission denied." in capsys.readouterr().err


COMMANDS = re.findall(r"^  poolscope (\w+)", cli._COMMANDS_HELP, re.MULTILINE)
SUBCOMMANDS = ("history show", "history remove", "recordings save", "recordings remove")


@pytest.mark.parametrize("words", ["", *COMMANDS, *SUBCOMMANDS])
def test_help_goes_to_stdout_and_says_what_the_exit_status_means(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words.split(), "--help"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("usage: poolscope")
    assert said.err == ""
    assert max(map(len, said.out.splitlines())) <= 100
    assert "exit status" in said.out
    assert not words or "2 wrong use" in said.out


def test_every_command_is_named_in_the_help() -> None:
    assert list(cli._COMMANDS) == COMMANDS


def test_the_version(command: Path) -> None:
    done = subprocess.run([command, "--version"], capture_output=True, text=True)
    assert done.stdout.startswith("poolscope 0.")
    assert done.returncode == 0


def test_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "poolscope.workloads.cli", "lst"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "poolscope: There is no command lst; did you mean list?\n")


@given(st.lists(st.text(max_size=20), min_size=1, max_size=5))
def test_no_argument_of_run_brings_more_than_a_sentence(words: list[str]) -> None:
    parser = arguments.Parser("poolscope run", "")
    parser.add_argument("workload")
    parser.add_argument("-p", dest="parameters", action="append", type=arguments.assignment)
    parser.add_argument("-r", "--runs", type=arguments.runs)
    parser.add_argument("--json", action="store_true")
    is_help = any(word.startswith(("-h", "--h")) for word in words)
    sentence = ""
    with suppress(SystemExit) if is_help else nullcontext():
        try:
            parser.parse_args(words)
        except UsageError as error:
            sentence = str(error)
    assert "\n" not in sentence
    assert sentence == "" or sentence.endswith((".", "?"))
    assert sentence.isprintable()


@given(st.text(max_size=30))
def test_assignments(text: str) -> None:
    try:
        name, value = arguments.assignment(text)
    except UsageError:
        assert "=" not in text or not text.split("=", maxsplit=1)[0].strip()
    else:
        assert name
        assert text.endswith(f"={value}")


@given(st.integers())
def test_whole_numbers_in_range_only(number: int) -> None:
    try:
        assert arguments.runs(str(number)) == number
    except UsageError:
        assert not 1 <= number <= 1_000


@pytest.mark.parametrize(("wanted", "code", "said"), [(None, 0, ""), (3, 3, ""), ("enough", 1, "poolscope: enough\n")])
def test_a_module_that_wants_to_leave_decides_how(
    wanted: object, code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def leave(_: list[str]) -> int:
        raise SystemExit(wanted)

    monkeypatch.setitem(cli._COMMANDS, "leave", leave)
    assert main(["leave"]) == code
    assert capsys.readouterr() == ("", said)
