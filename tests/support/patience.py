"""How long tests wait for a condition, in one place, stretched on slow machines by POOLSCOPE_TEST_PATIENCE."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

FACTOR = float(os.environ.get("POOLSCOPE_TEST_PATIENCE", "1"))

PROMISE = 1.0 * FACTOR
"""Seconds within which the program promises to be gone, or to have noticed."""

PATIENCE = 20.0 * FACTOR
"""Seconds for anything that has no promise; a test only ever waits that long when it fails."""


def wait_for(condition: Callable[[], Found], deadline: float = PATIENCE, every: float = 0.01) -> Found:
    """Call CONDITION until it is true or DEADLINE seconds have passed; return what it said last."""
    end = time.monotonic() + deadline
    while True:
        found = condition()
        if found or time.monotonic() >= end:
            return found
        time.sleep(every)
