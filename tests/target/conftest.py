"""A directory with a person's code in it, and a guardian under which it is looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from poolscope.workloads.launcher import Guardian

WORK = '''\
"""Functions to try."""

import threading
import time


def double(number):
    """Double a number.

    Slowly, if at all.
    """
    return 2 * number


def area(width, height):
    return width * height


def picky(number):
    if number == 3:
        raise ValueError(f"not {number}")
    return number


def sleepy(number):
    time.sleep(number)
    return number


def locked(number):
    return {"made": [number, threading.Lock()]}


def nothing():
    return 1


async def later(number):
    return number


def numbers():
    yield from range(5)


TABLE = {"a": 1}
shout = lambda text: text.upper()
_private = double
'''


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the current directory, which has `work.py` in it."""
    path = tmp_path / "project"
    path.mkdir()
    (path / "work.py").write_text(WORK)
    monkeypatch.chdir(path)
    return path


@pytest.fixture
def guardian() -> Iterator[Guardian]:
    """Return a guardian with nothing to do."""
    with Guardian.start() as started:
        yield started
