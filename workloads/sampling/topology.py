"""Which CPUs are cores of their own, and which are SMT siblings that share one."""

from __future__ import annotations

import os
from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")


def physical_cores(cpus: Path = _CPUS, usable: frozenset[int] | None = None) -> int | None:
    """Count the physical cores that this process may use.

    Args:
        cpus: Where the kernel describes them.
        usable: Numbers of the CPUs that may be used; by default those of the affinity.

    Returns:
        None where the kernel does not say.
    """
    if usable is None:
        usable = frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()
    siblings = set()
    for number in usable:
        try:
            siblings.add((cpus / f"cpu{number}/topology/thread_siblings_list").read_text(encoding="ascii").strip())
        except (OSError, UnicodeDecodeError):
            return None
    return len(siblings) or None
