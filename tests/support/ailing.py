"""Workloads for tests of findings, each with an ailment of its own that is far beyond any threshold."""

from __future__ import annotations

import sys
import time
from typing import Any

from support.troubled import DIFFERENT, DYING, workload

from poolscope.workloads.model import Workload

_SPINS = 0.05
"""Seconds of CPU time for which a task has what it has to itself."""
_HOLDS = 0.05
"""Seconds for which a thread holds the GIL before it lets another one have it."""
_shared: dict[str, Any] = {}
_kept: list[bytearray] = []


def _named(workload: Workload, name: str) -> Workload:
    return workload._replace(name=name)


def share_lock(lock: Any) -> None:
    """Be the initializer."""
    _shared["lock"] = lock


def spin(number: int) -> int:
    """Compute for a while, and spin while another one does: of four at once, each needs four times the CPU time."""
    lock = _shared["lock"]
    while not lock.acquire(block=False):
        pass
    end = time.thread_time() + _SPINS
    while time.thread_time() < end:
        pass
    lock.release()
    return number


def compute(number: int) -> int:
    """Compute for as long, and leave others alone."""
    end = time.thread_time() + _SPINS
    while time.thread_time() < end:
        pass
    return number


def hold(number: int) -> int:
    """Compute for as long, in turns so long that who waits for one does not wait for a CPU again and again instead."""
    sys.setswitchinterval(_HOLDS)
    return compute(number)


def hoard(number: int) -> int:
    """Keep 20 MB more at each call, and take a moment for that; so often that few looks at it are enough."""
    _kept.append(bytearray(b"x" * 20_000_000))
    time.sleep(0.3)
    return number


def draw(number: int) -> float:
    """Draw from a generator that every worker makes alike, slowly enough for two workers to get a share."""
    time.sleep(0.02)
    return float(_generator().random()) if number >= 0 else 0.0


def _generator() -> Any:
    if "generator" not in _shared:
        import random

        _shared["generator"] = random.Random(1)
    return _shared["generator"]


SPIN = _named(workload(spin, 8), "spin")._replace(initializer=share_lock, shared=lambda _, context: (context.Lock(),))
COMPUTE = _named(workload(compute, 8), "compute")
HOLD = _named(workload(hold, 8), "hold")
HOARD = _named(workload(hoard, 16), "hoard")
DRAW = _named(workload(draw, 40), "draw")
__all__ = ["COMPUTE", "DIFFERENT", "DRAW", "DYING", "HOARD", "HOLD", "SPIN"]
