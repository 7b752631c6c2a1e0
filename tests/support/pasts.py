"""Makes comparisons of the past, for tests of the history and of what is compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from support.lanes import MACHINE, comparison, lane_state

from poolscope.workloads.analysis.verdict import judge
from poolscope.workloads.history.origin import Origin
from poolscope.workloads.history.past import Past
from poolscope.workloads.model import Lane, LaneState
from poolscope.workloads.recording.meta import new_identity

SERIAL, POOL = Lane("serial", 1), Lane("pool", 2, "fork", 625_000)
BEGUN = 1_795_000_000 * 1_000_000_000
"""2026-11-18 11:06:40 UTC."""


def two_lanes(serial: Sequence[float] = (1.0, 1.1, 1.2), pool: Sequence[float] = (0.6, 0.5, 0.7)) -> list[LaneState]:
    """Make a serial lane and a pool whose runs took so many seconds."""
    return [
        lane_state("A", SERIAL, serial, asked=Lane("serial")),
        lane_state("B", POOL, pool, {"returning": 0.25}, asked=Lane("pool")),
    ]


def past(number: int = 0, lanes: Sequence[LaneState] | None = None, **values: Any) -> Past:
    """Make a comparison that began so many seconds after `BEGUN`."""
    found = two_lanes() if lanes is None else lanes
    begun = BEGUN + number * 1_000_000_000
    given: dict[str, Any] = {
        "origin": Origin(new_identity(begun), begun, "0.1.0", "c0de"),
        "name": "sqrt",
        "parameters": {"N": 1000},
        "machine": MACHINE,
        "state": comparison(found, verdict=judge(found)),
    }
    return Past(**(given | values))
