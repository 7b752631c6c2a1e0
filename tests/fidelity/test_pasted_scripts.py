"""Scripts of the kind people paste: each prints, ends and fails under ``poolscope exec`` just as it does alone.

The scripts lie in ``scripts/``. Each is run bare and recorded, and what comes out must be the same bytes; then the
recording is asked for what it should have seen. A line ``# records: tasks=100 failed=0 workers=2`` in a script says so.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from poolscope.workloads.analysis.jobs import jobs_of
from poolscope.workloads.model import ProcessState
from poolscope.workloads.recording.open import open_recording

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))
TIMEOUT = 60
_ADDRESS = re.compile(rb"0x[0-9a-f]{6,}")
_PID = re.compile(rb"\bpid \d+")


def ended(words: list[str | Path], directory: Path) -> tuple[int, bytes, bytes]:
    """What came of a command: exit status, stdout, stderr, with what differs from run to run anyway made equal."""
    done = subprocess.run(words, cwd=directory, capture_output=True, stdin=subprocess.DEVNULL, timeout=TIMEOUT)
    out, err = (_PID.sub(b"pid N", _ADDRESS.sub(b"0x", text)) for text in (done.stdout, done.stderr))
    return done.returncode, out, err


def expectations(script: Path) -> dict[str, int]:
    """What the script's own comment says that its recording must hold."""
    found = re.search(r"^# records: (.*)$", script.read_text(), re.MULTILINE)
    pairs = found[1].split() if found else []
    return {name: int(number) for name, number in (pair.split("=") for pair in pairs)}


def needs(script: Path) -> list[str]:
    """Packages that the script cannot do without."""
    found = re.search(r"^# needs: (.*)$", script.read_text(), re.MULTILINE)
    return found[1].split() if found else []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_does_not_notice(command: Path, script: Path, tmp_path: Path) -> None:
    missing = [name for name in needs(script) if find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")
    places = [tmp_path / name for name in ("bare", "recorded")]
    for place in places:
        place.mkdir()
    python: list[str | Path] = [sys.executable, script, "first argument", "--second"]

    bare = ended(python, places[0])
    recorded = ended([command, "exec", "--plain", "-q", "-o", tmp_path / "saved.poolscope", "--", *python], places[1])

    status, out, err = (
        text.replace(os.fsencode(places[1]), os.fsencode(places[0])) if isinstance(text, bytes) else text
        for text in recorded
    )
    assert out == bare[1]
    assert err == bare[2]
    assert status == (bare[0] if bare[0] >= 0 else 128 - bare[0])  # as a shell says it

    recording = open_recording(tmp_path / "saved.poolscope")
    assert not recording.problems
    processes = recording.processes(0)
    jobs = jobs_of(recording)
    seen = {
        "tasks": sum(job.items_done for job in jobs),
        "chunks": sum(job.chunks_done for job in jobs),
        "failed": sum(job.chunks_failed for job in jobs),
        "jobs": len(jobs),
        "workers": _count(processes, "w"),
        "children": _count(processes, "c"),
        "forks": _count(processes, "f"),
        "programs": _count(processes, "p"),
        "main": _count(processes, "main"),
    }
    expected = expectations(script)
    assert {name: seen[name] for name in expected} == expected, (seen, [state.label for state in processes])
    if processes and processes[0].label == "main":
        # A recording and the shell agree on how the program ended.
        main = processes[0].exit_status
        assert main is not None
        assert main % 256 == status or 128 - main == status


def _count(processes: tuple[ProcessState, ...], letter: str) -> int:
    pattern = re.compile(re.escape(letter) + r"\d*\Z")
    return sum(1 for state in processes if pattern.match(state.label))
