"""Real programs in real terminals disturb each other's timing, so few of them run at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.lab import Lab, OpenLab
from support.leaks import Watch


@pytest.fixture
def open_lab(command: Path, nothing_left: Watch) -> Iterator[OpenLab]:
    """Open the installed command in terminals that are closed before the proof that nothing is left."""
    with ExitStack() as stack:

        def open_one(columns: int = 120, rows: int = 40, **settings: Any) -> Lab:
            lab = stack.enter_context(Lab(command, columns, rows, **settings))
            nothing_left.ignore(lab.leader.pid)
            return lab

        yield open_one
