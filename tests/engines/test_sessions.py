"""Session directories: where they are made, and how those of the dead are removed."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

import pytest

from poolscope.workloads import sessions
from poolscope.workloads.errors import UsageError
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.sessions import Session


def test_a_dead_session_is_removed_and_a_living_one_is_not(runtime_directory: Path) -> None:
    dead, living = Session.create(), Session.create()
    run = Path(dead.directory, "0001")
    run.mkdir()
    (run / "stdout.log").write_text("left over")
    (run / "link").symlink_to(runtime_directory)
    os.close(dead.lock)
    newest = Session.create()
    assert sorted(runtime_directory.iterdir()) == sorted([Path(living.directory), Path(newest.directory)])
    living.remove()
    newest.remove()


def test_the_guardian_holds_the_lock_too(runtime_directory: Path) -> None:
    with Guardian.start() as guardian:
        os.close(guardian._session.lock)
        guardian._session.lock = os.open(os.devnull, os.O_RDONLY)
        other = Session.create()
        assert guardian.directory.is_dir()
        other.remove()
    assert not list(runtime_directory.iterdir())


def test_what_is_not_ours_is_left_alone(runtime_directory: Path) -> None:
    others = [runtime_directory / name for name in ("poolscope", "poolscope-999999-abc", "other")]
    for other in others:
        other.mkdir()
    Session.create().remove()
    assert sorted(runtime_directory.iterdir()) == sorted(others)
    for other in others:
        other.rmdir()


def test_one_that_was_never_finished_is_removed_later(runtime_directory: Path) -> None:
    young, old = (runtime_directory / f".poolscope-{os.getuid()}-{name}" for name in ("young", "old"))
    young.mkdir()
    old.mkdir()
    long_ago = time.time() - 1000
    os.utime(old, (long_ago, long_ago))
    Session.create().remove()
    assert list(runtime_directory.iterdir()) == [young]
    young.rmdir()


def test_no_place_is_said_in_one_sentence(runtime_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = runtime_directory / "missing"
    monkeypatch.setenv("POOLSCOPE_RUNTIME_DIRECTORY", str(missing))
    with pytest.raises(UsageError) as caught:
        Guardian.start()
    assert str(caught.value) == (
        f"Runs cannot be recorded in {missing}: no such file or directory; "
        "set POOLSCOPE_RUNTIME_DIRECTORY to a directory that can."
    )


def test_nowhere_at_all_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_directory() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.delenv("POOLSCOPE_RUNTIME_DIRECTORY")
    monkeypatch.setattr(sessions, "_has_room", lambda _: False)
    monkeypatch.setattr(tempfile, "gettempdir", no_directory)
    with pytest.raises(UsageError, match=r"^There is no directory here .* set POOLSCOPE_RUNTIME_DIRECTORY to one\.$"):
        Session.create()


def test_without_a_choice_it_is_in_memory_or_temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POOLSCOPE_RUNTIME_DIRECTORY")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    session = Session.create()
    assert Path(session.directory).parent == tmp_path
    session.remove()
