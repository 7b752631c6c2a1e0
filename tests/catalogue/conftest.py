from __future__ import annotations

from collections.abc import Iterator

import pytest

from poolscope.workloads.launcher import Guardian


@pytest.fixture
def guardian() -> Iterator[Guardian]:
    with Guardian.start() as guardian:
        yield guardian
