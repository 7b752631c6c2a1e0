from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from poolscope.workloads.launcher import Guardian


@pytest.fixture(autouse=True)
def findable_workloads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runners import the workloads of tests, and keep no recordings: there are many."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.setenv("POOLSCOPE_KEEP", "0")


@pytest.fixture
def guardian() -> Iterator[Guardian]:
    with Guardian.start() as guardian:
        yield guardian
