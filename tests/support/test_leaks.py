"""The proof itself is proved: it sees what is left, by whichever way it came about."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from support.leaks import SHARED_MEMORY, Watch, is_alive
from support.patience import wait_for

pytestmark = pytest.mark.xdist_group("leaks")

ORPHAN = "import os, time; os.fork() and os._exit(0); os.setsid(); time.sleep(60)"


@pytest.fixture
def watch(own_world: str, runtime_directory: Path) -> Watch:
    return Watch(own_world, runtime_directory)


def test_nothing_is_left_by_an_empty_test(watch: Watch) -> None:
    assert watch.left() == []


def test_a_child_is_seen_and_ended(watch: Watch) -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        assert any(f"process {child.pid} " in line for line in watch.wait(0.05))
        watch.clean()
        assert child.wait(5) == -9
    assert watch.wait() == []


def test_an_orphan_in_another_session_is_seen(watch: Watch) -> None:
    subprocess.run([sys.executable, "-S", "-c", ORPHAN], check=True)
    left = watch.wait(0.05)
    assert len(left) == 1
    assert "os.setsid()" in left[0]
    watch.clean()
    assert watch.wait() == []


def test_a_session_directory_is_seen(watch: Watch, runtime_directory: Path) -> None:
    (runtime_directory / "session").mkdir()
    assert watch.wait(0.05) == [f"directory {runtime_directory / 'session'}"]
    (runtime_directory / "session").rmdir()


@pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="no /dev/shm here")
def test_shared_memory_that_nobody_uses_is_seen(watch: Watch) -> None:
    path = SHARED_MEMORY / f"psm_test{os.getpid()}"
    path.write_bytes(b"x")
    try:
        assert f"shared memory {path.name}" in watch.wait(0.05)
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def test_a_zombie_is_not_alive() -> None:
    child = subprocess.Popen(["true"])
    try:
        assert wait_for(lambda: not is_alive(child.pid))
    finally:
        child.wait()
