"""What these tests run kills processes at any moment, CPython's own tests included."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.leaks import slaughter


@pytest.fixture(autouse=True)
def bloodshed(nothing_left: object) -> Iterator[None]:
    """Let the tests beside these know."""
    with slaughter():
        yield
