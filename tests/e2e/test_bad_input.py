"""What cannot be run is refused before anything starts: one sentence, with what would be right."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

RANGE = ("11", "1,000,000,000")
REFUSED: dict[str, tuple[list[str], tuple[str, ...]]] = {
    "negative": (["sqrt", "-p", "N=-1"], ("-1", *RANGE)),
    "no number": (["sqrt", "-p", "N=abc"], ("abc", *RANGE)),
    "power": (["sqrt", "-p", "N=10^12"], ("10^12", *RANGE)),
    "empty": (["sqrt", "-p", "N="], RANGE),
    "no value": (["sqrt", "-p", "N"], ("NAME=VALUE",)),
    "huge text": (["sqrt", "-p", "N=" + "9" * 100_000], RANGE),
    "power of powers": (["sqrt", "-p", "N=9**9**9**9"], RANGE),
    "given twice": (["sqrt", "-p", "N=20", "-p", "N=30"], ("N",)),
    "unknown parameter": (["sqrt", "-p", "M=20"], ("M", "N")),
    "unknown workload": (["sqr"], ("sqr", "did you mean sqrt")),
    "no such workload at all": (["zzzzzz"], ("zzzzzz", "sqrt", "wordcount")),
    "no workload": ([], ("WORKLOAD",)),
    "unknown choice": (["bubble-sort", "-p", "form=mani"], ("mani", "many")),
    "numbers": (["bubble-sort", "-p", "array=1 2 x"], ("x",)),
    "missing directory": (["wordcount", "-p", "directory=/nowhere/at/all"], ("/nowhere/at/all",)),
    "file, not directory": (["wordcount", "-p", "directory=/etc/passwd"], ("/etc/passwd",)),
    "no workers": (["sqrt", "--lane", "pool:workers=0"], ("0", "1,024")),
    "too many workers": (["sqrt", "--lane", "pool:workers=100000"], ("1,024",)),
    "workers of all lanes": (["sqrt", "-j", "0"], ("0", "1,024")),
    "workers in words": (["sqrt", "--lane", "pool:workers=four"], ("four", "1,024")),
    "no chunk": (["sqrt", "--lane", "pool:chunksize=0"], ("0",)),
    "unknown lane": (["sqrt", "--lane", "pol"], ("pol", "pool")),
    "unknown setting": (["sqrt", "--lane", "pool:worker=2"], ("worker", "workers")),
    "unknown start method": (["sqrt", "--lane", "pool:start=spwan"], ("spwan", "spawn")),
    "setting of another engine": (["sqrt", "--lane", "serial:workers=2"], ("serial", "workers")),
    "duplicate lane": (["sqrt", "--lane", "serial", "--lane", "serial"], ("serial",)),
    "the same lane in other words": (
        ["sqrt", "-p", "N=100", "--lane", "pool:workers=2", "--lane", "pool:workers=2,chunksize=12"],
        ("pool",),
    ),
    "no runs": (["sqrt", "-r", "0"], ("0", "1,000")),
    "unknown option": (["sqrt", "--jsn"], ("--jsn", "--json")),
    "output in no directory": (["sqrt", "-o", "/nowhere/at/all/x.json"], ("/nowhere/at/all",)),
    "more than memory holds": (["sqrt", "-p", "N=1_000_000_000", "--lane", "pool"], ("GB", "would fit")),
    "escape sequences": (["sqrt", "-p", "N=\x1b]0;owned\x07\u202e"], RANGE),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_in_one_sentence(command: Path, name: str) -> None:
    arguments, expected = REFUSED[name]
    ended = subprocess.run(
        [command, "run", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30
    )
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert ended.stderr[-2] in ".?"
    assert len(ended.stderr) < 600
    assert ended.stderr.rstrip("\n").isprintable()
    for words in expected:
        assert words in ended.stderr


@pytest.mark.parametrize("arguments", [["frobnicate"], ["lst"], ["sqrt"], ["--colour"], ["list", "more"]])
def test_wrong_commands_too(command: Path, arguments: list[str]) -> None:
    ended = subprocess.run([command, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.count("\n") == 1
