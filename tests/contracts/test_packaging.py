"""What is shipped is what is there, and what the README promises is what is run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import distribution, distributions
from pathlib import Path

import pytest

from poolscope.workloads import catalogue

TOP = Path(__file__).parents[2]
README = (TOP / "README.md").read_text()
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text())
COMMANDS = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)


def packages() -> set[str]:
    """Every directory of the two folders that holds Python files, as the name it is installed under."""
    folders = {path.parent for top in ("tui", "workloads") for path in (TOP / top).rglob("*.py")}
    return {".".join(("poolscope", *folder.relative_to(TOP).parts)) for folder in folders}


def test_every_package_is_listed() -> None:
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == packages()


@pytest.fixture
def wheel() -> set[str]:
    """Return the names of what the installed wheel brought."""
    # Not what lies in the current directory, where a build leaves a description of its own.
    installed = next(iter(distributions(name="poolscope", path=[sysconfig.get_path("purelib")])), None)
    files = {str(path) for path in (installed.files if installed is not None else None) or ()}
    if not any(name.startswith("poolscope/") for name in files):
        pytest.skip("poolscope is used from its sources here, not from a wheel")
    return {name for name in files if "__pycache__" not in name}


def test_the_wheel_holds_everything(wheel: set[str]) -> None:
    wanted = {
        f"poolscope/{path.relative_to(TOP)}"
        for top in ("tui", "workloads")
        for path in (TOP / top).rglob("*")
        if path.suffix in (".py", ".tcss") or path.name == "py.typed"
    }
    assert wanted <= wheel
    assert {"poolscope/tui/py.typed", "poolscope/workloads/py.typed", "poolscope/tui/app.tcss"} <= wanted


def test_the_wheel_holds_nothing_else(wheel: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel}
    assert tops == {"..", "poolscope", f"poolscope-{PROJECT['project']['version']}.dist-info"}
    assert [name for name in wheel if name.startswith("..")] == ["../../../bin/poolscope"]
    assert not any("tests" in name for name in wheel)


def test_the_command_and_the_version() -> None:
    installed = distribution("poolscope")
    assert installed.version == PROJECT["project"]["version"]
    scripts = {point.name: point.value for point in installed.entry_points if point.group == "console_scripts"}
    assert scripts == PROJECT["project"]["scripts"]


def test_the_readme_has_exactly_two_commands() -> None:
    assert len(COMMANDS) == 2
    app, tests = COMMANDS
    assert app.endswith("&& .venv/bin/poolscope")
    assert ".venv/bin/python -m pytest" in tests
    for line in COMMANDS:
        assert "-c constraints.txt" in line
    # Nothing but the shell's own joining of three steps, so that they can be read out loud.
    assert app.partition(" &&")[0] == tests.partition(" &&")[0] == "python3 -m venv .venv"
    shlex.split(tests)


def test_the_readme_s_test_command_is_what_ci_runs() -> None:
    extract = re.search(r"^\s*(grep -E '[^']+') \"\$top/README.md\"$", (TOP / ".ci" / "run").read_text(), re.MULTILINE)
    assert extract is not None
    found = subprocess.run(
        [*shlex.split(extract.group(1)), str(TOP / "README.md")], capture_output=True, text=True, check=True
    )
    assert found.stdout == COMMANDS[1] + "\n"


def test_constraints_are_plain_and_complete() -> None:
    lines = [line for line in (TOP / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    pinned = {re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower() for line in lines}
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*", line) for line in lines)
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["test"], *extras["static"], *PROJECT["build-system"]["requires"]]
    names = {re.sub(r"[-_.]+", "-", re.match(r"[A-Za-z0-9_.-]+", text).group()).lower() for text in wanted}  # type: ignore[union-attr]
    assert names <= pinned


@pytest.mark.parametrize("name", catalogue.names())
def test_every_workload_explains_itself(name: str) -> None:
    workload = catalogue.find(name)
    assert len(workload.explanation.split()) > 40
    assert 0 < len(workload.summary) < 40
    assert workload.function.__doc__
    module = sys.modules[workload.function.__module__]
    assert module.__doc__
    assert all(parameter.help.endswith(".") for parameter in workload.parameters)


MACHINE_BOUND = re.compile(r"https?:[/]/(10|192[.]168|172[.]\d+)[.]|index[-]url|trusted[-]host")
"""Addresses of a private network, and options that name a registry; written so that it does not find itself."""


def test_no_file_names_a_machine() -> None:
    folders = [TOP / name for name in (".ci", ".github", "tests", "tui", "workloads")]
    paths = [*TOP.iterdir(), *(path for folder in folders for path in folder.rglob("*"))]
    ours = [path for path in paths if path.is_file() and path.suffix not in (".svg", ".pyc")]
    assert Path(__file__) in ours
    assert [path for path in ours if MACHINE_BOUND.search(path.read_text(errors="replace"))] == []


@pytest.mark.parametrize("text", ["http:" + "//10.0.0.1/simple", "--index" + "-url x", "--trusted" + "-host x"])
def test_what_names_a_machine_is_found(text: str) -> None:
    assert MACHINE_BOUND.search(text)
