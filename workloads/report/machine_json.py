"""Machines as JSON: apart from reports, because every recording holds one and most hold nothing else of a report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..model import Machine


def machine_object(machine: Machine) -> dict[str, Any]:
    """Describe a machine as the ``machine`` of a report."""
    budget = machine.budget
    return {
        "hostname": machine.hostname,
        "system": machine.system,
        "python": machine.python,
        "implementation": machine.implementation,
        "cpu_model": machine.cpu_model,
        "cpus": {
            "online": budget.online,
            "affinity": budget.affinity,
            "limits": [{"path": limit.path, "cpus": _finite(limit.cpus)} for limit in budget.limits],
            "budget": _finite(budget.cpus),
            "threads_per_core": machine.threads_per_core,
        },
        "memory_bytes": machine.memory_bytes,
        "start_methods": list(machine.start_methods),
        "default_start_method": machine.default_start_method,
        "load": _finite(machine.load),
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
