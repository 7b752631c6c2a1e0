"""What may be imported where: the core never reaches the screen, and what is injected needs nothing of ours."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import poolscope.workloads

CORE = Path(poolscope.workloads.__file__).parent
SCREEN = {"textual", "rich"}
LOOK = """
import atexit, json, sys
def tell():
    names = {name.partition(".")[0] for name in sys.modules} & {"textual", "rich", "numpy"}
    names |= {name for name in sys.modules if name.startswith("poolscope.tui")}
    sys.__stderr__.write("modules:" + json.dumps(sorted(names)))
atexit.register(tell)
from poolscope.workloads.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["list"],
        ["list", "--json"],
        ["doctor", "--json"],
        ["run", "--help"],
        ["run", "eight-roots", "-p", "pause=0"],
        ["run", "eight-roots", "-p", "pause=0", "--json"],
        ["run", "sqrt", "-p", "N=-1"],
        ["history"],
        ["compare", "--help"],
        ["exec", "--help"],
        ["exec", "--json", "--", "true"],
        [],
    ],
    ids=" ".join,
)
def test_no_command_but_the_screen_imports_textual(arguments: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOOK, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
    )
    names = set(json.loads(ended.stderr.partition("modules:")[2]))
    allowed = set() if arguments else {"poolscope.tui", "poolscope.tui.__main__", "poolscope.tui.terminal"}
    assert names <= allowed
    assert ended.returncode == (2 if not arguments or arguments[-1] == "N=-1" else 0), ended.stderr


BEFORE_THE_GUARDIAN = """
import os, sys
before, spawn = set(sys.modules), os.posix_spawn
def tell(*arguments, **options):
    sys.__stderr__.write(" ".join(set(sys.modules) - before))
    return spawn(*arguments, **options)
os.posix_spawn = tell
from poolscope.workloads.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_little_is_imported_before_the_guardian_of_a_program_starts() -> None:
    """The program waits for that; all the rest is imported while the guardian or the program starts."""
    ended = subprocess.run(
        [sys.executable, "-c", BEFORE_THE_GUARDIAN, "exec", "--plain", "-q", "--", "true"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    modules = set(ended.stderr.split())
    assert ended.returncode == 0
    assert "poolscope.workloads.launcher" in modules
    assert not modules & {"argparse", "pathlib", "typing", "json", "shutil", "poolscope.workloads.model"}


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the name and the level of every import in a file, wherever it stands."""
    for node in ast.walk(ast.parse(path.read_text(), path.name)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, 0
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"{node.module}.{alias.name}" if node.module else alias.name, node.level


RECORDER = CORE / "recorder"
GUARDIAN = [CORE / f"{name}.py" for name in ("guardian", "custody", "rescue", "takeoff")]
INJECTED = [*sorted(RECORDER.rglob("*.py")), *GUARDIAN]
OWN = {"_poolscope_recorder", "custody", "rescue", "takeoff", "sitecustomize"}
"""Names under which these files import each other, and the customisation that was there before them."""


@pytest.mark.parametrize("path", INJECTED, ids=lambda path: str(path.relative_to(CORE)))
def test_what_is_injected_needs_only_the_standard_library(path: Path) -> None:
    for name, level in imported(path):
        top = name.partition(".")[0]
        if not level:
            assert top in OWN or top in sys.stdlib_module_names, f"{path.name} imports {name}"
        elif path in GUARDIAN:
            assert level == 1
            assert top in OWN
        else:
            # Relative imports may not leave the recorder's own directory.
            assert level <= len(path.relative_to(RECORDER).parts)


def test_there_is_something_to_check() -> None:
    assert len(INJECTED) > 5
    assert any(name.startswith("struct.") for path in INJECTED for name, _ in imported(path))


def test_every_import_of_the_core_keeps_away_from_the_screen() -> None:
    opens_the_screen = CORE / "cli.py"
    for path in CORE.rglob("*.py"):
        for name, _ in imported(path):
            assert name.partition(".")[0] not in SCREEN, path
            assert not name.startswith("poolscope.tui") or path == opens_the_screen, path
