"""The README's section on one's own function, run line by line."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text()
SECTION = README.partition("## Your own function\n")[2].partition("\n## ")[0]
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", SECTION, re.DOTALL) for line in block.splitlines() if line.strip()
]


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", SECTION, re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("line", COMMANDS, ids=lambda line: line.partition("#")[0].strip()[:70])
def test_every_command_of_the_section_works(line: str, tmp_path: Path, command: Path) -> None:
    (tmp_path / "work.py").write_text(block("python"))
    (tmp_path / "rooms.csv").write_text(block("csv"))
    (tmp_path / "pyproject.toml").write_text(block("toml"))
    words = line.replace("poolscope", f"'{command}'", 1)
    done = subprocess.run(
        ["sh", "-c", words], cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=100
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "slow" in done.stdout or "area" in done.stdout
    assert "failed" not in done.stdout or '"failed": 0' in done.stdout


def test_there_is_something_to_run() -> None:
    assert len(COMMANDS) >= 7
    assert all(line.startswith("poolscope ") for line in COMMANDS)
