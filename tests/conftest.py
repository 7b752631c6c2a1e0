"""What every test gets: a world of its own, and the proof that nothing was left in it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from support.leaks import MARKER, Watch

# Examples take as long as they take: a slow machine is no wrong answer.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture
def runtime_directory(tmp_path: Path) -> Path:
    """Return the directory in which this test's sessions make their own."""
    path = tmp_path / "runtime"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture(autouse=True)
def own_world(tmp_path: Path, runtime_directory: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Give the test and every process it starts directories of their own, and a marker to know them by."""
    marker = uuid.uuid4().hex
    monkeypatch.setenv(MARKER, marker)
    monkeypatch.setenv("POOLSCOPE_RUNTIME_DIRECTORY", str(runtime_directory))
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in ("CONFIG", "CACHE", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "POOLSCOPE_RECORD_CAP", "POOLSCOPE_RECORDER"):
        monkeypatch.delenv(name, raising=False)
    for name in ("POOLSCOPE_DATA_DIRECTORY", "POOLSCOPE_KEEP", "POOLSCOPE_KEEP_SIZE", "POOLSCOPE_HISTORY"):
        monkeypatch.delenv(name, raising=False)
    return marker


@pytest.fixture(autouse=True)
def nothing_left(own_world: str, runtime_directory: Path) -> Iterator[Watch]:
    """Prove that the test left no process, no shared memory and no session directory, one second after its end."""
    watch = Watch(own_world, runtime_directory)
    yield watch
    left = watch.wait()
    watch.clean()
    assert not left, "the test left behind:\n" + "\n".join(left)


@pytest.fixture(scope="session")
def command() -> Path:
    """Return the installed command."""
    import sys

    path = Path(sys.executable).with_name("poolscope")
    assert os.access(path, os.X_OK), f"poolscope is not installed beside {sys.executable}"
    return path
