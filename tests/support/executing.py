"""Makes `poolscope exec` as a person or a script does."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil


def execute(command: Path, *words: str | Path, code: int = 0, **more: Any) -> subprocess.CompletedProcess[bytes]:
    """Make ``poolscope exec`` with these words."""
    settings: dict[str, Any] = {"capture_output": True, "timeout": 60} | more
    if "input" not in settings:
        settings.setdefault("stdin", subprocess.DEVNULL)
    done: subprocess.CompletedProcess[bytes] = subprocess.run([command, "exec", *words], **settings)
    assert done.returncode == code, done
    return done


def said(done: subprocess.CompletedProcess[bytes]) -> str:
    return done.stderr.decode()


@contextmanager
def running(
    command: Path, *words: str | Path, until: bytes = b"ready\n", **more: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Have a program under way that has said that it is ready."""
    process = subprocess.Popen(
        [command, "exec", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == until
        yield process
    finally:
        process.kill()
        process.communicate()


def guardian_of(pid: int) -> psutil.Process:
    """The guardian of a command under way, beside which stands a witness."""
    (guardian,) = [child for child in psutil.Process(pid).children() if "guardian.py" in " ".join(child.cmdline())]
    return guardian


def below(process: subprocess.Popen[bytes]) -> tuple[psutil.Process, psutil.Process]:
    """The guardian and the program of a command under way."""
    guardian = guardian_of(process.pid)
    (program,) = guardian.children()
    return guardian, program
