"""Is this machine fit for parallel work? What `poolscope doctor` finds out, and what it warns of."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .model import CgroupLimit, CoresSample, Machine
from .report import figures
from .sampling.cores import CoreSampler
from .sampling.machine import available_memory, describe_machine

SCHEMA = 1
_LOOK_SECONDS = 0.25
"""How long the cores are watched for stolen time."""

_SMALL_SHM = 128_000_000
_FEW_FILES = 1_024
_MUCH_STEAL = 2.0
_LITTLE_MEMORY = 500_000_000


@dataclass(frozen=True)
class SharedMemory:
    """The file system behind POSIX shared memory."""

    path: str
    total_bytes: int
    free_bytes: int


@dataclass(frozen=True)
class Checkup:
    """Everything the doctor looked at."""

    machine: Machine
    executable: str
    available_bytes: int
    """Memory that new processes can take."""
    shared_memory: SharedMemory | None
    """None where there is none that we can see."""
    open_files: tuple[int, int] | None
    """Soft and hard limit, -1 for none; None where the system has no such limit."""
    processes: tuple[int, int] | None
    """Likewise."""
    loads: tuple[float, float, float]
    """Averages over 1, 5 and 15 minutes."""
    steal_percent: float | None
    """Of all cores' time, just now; None where the system does not say."""


def examine(shared_memory: Path = Path("/dev/shm")) -> Checkup:  # noqa: S108 - where Linux has it
    """Look at the machine; takes a quarter of a second."""
    cores = CoreSampler()
    cores.sample()
    time.sleep(_LOOK_SECONDS)
    return Checkup(
        machine=describe_machine(),
        executable=sys.executable or "",
        available_bytes=available_memory(),
        shared_memory=_shared_memory(shared_memory),
        open_files=_limit("RLIMIT_NOFILE"),
        processes=_limit("RLIMIT_NPROC"),
        loads=_loads(),
        steal_percent=_steal(cores.sample()),
    )


def warnings_of(checkup: Checkup) -> tuple[str, ...]:
    """Say what would spoil parallel work here, and what to do about it; one sentence or two each."""
    found = (
        _quota_warning(checkup),
        _affinity_warning(checkup),
        _shared_memory_warning(checkup),
        _files_warning(checkup),
        _load_warning(checkup),
        _steal_warning(checkup),
        _memory_warning(checkup),
    )
    return tuple(warning for warning in found if warning)


def as_object(checkup: Checkup) -> dict[str, Any]:
    """Write a checkup as the object that `poolscope doctor --json` prints."""
    machine, budget = checkup.machine, checkup.machine.budget
    shared = checkup.shared_memory
    return {
        "schema": SCHEMA,
        "machine": {"hostname": machine.hostname, "system": machine.system, "cpu_model": machine.cpu_model},
        "cores": budget.online,
        "affinity": budget.affinity,
        "cgroup_limits": [{"path": limit.path, "cpus": limit.cpus} for limit in budget.limits],
        "budget_cpus": budget.cpus,
        "default_workers": budget.workers,
        "memory": {"total_bytes": machine.memory_bytes, "available_bytes": checkup.available_bytes},
        "python": {
            "version": machine.python,
            "implementation": machine.implementation,
            "executable": checkup.executable,
        },
        "start_methods": {"available": list(machine.start_methods), "default": machine.default_start_method},
        "shared_memory": None
        if shared is None
        else {"path": shared.path, "total_bytes": shared.total_bytes, "free_bytes": shared.free_bytes},
        "open_files": _limit_object(checkup.open_files),
        "processes": _limit_object(checkup.processes),
        "load": list(checkup.loads),
        "steal_percent": checkup.steal_percent,
        "warnings": list(warnings_of(checkup)),
    }


def as_text(checkup: Checkup) -> str:
    """Write a checkup for people."""
    from .text import clean

    machine, budget = checkup.machine, checkup.machine.budget
    shared = checkup.shared_memory
    steal = "not known here" if checkup.steal_percent is None else f"{checkup.steal_percent:.1f} %"
    available, total = figures.size(checkup.available_bytes), figures.size(machine.memory_bytes)
    rows = [
        ("Machine", f"{machine.hostname}, {machine.system}, {machine.cpu_model}"),
        ("Cores", f"{budget.online}, of which this process may use {budget.affinity}"),
        *_limit_rows(budget.limits),
        ("CPU budget", f"{figures.cpus(budget.cpus)} CPUs, so {_counted(budget.workers, 'worker')} unless you choose"),
        ("Memory", f"{available} available of {total}"),
        ("Python", f"{machine.implementation} {machine.python}, {checkup.executable}"),
        ("Start methods", f"{', '.join(machine.start_methods)}; default {machine.default_start_method}"),
        ("Shared memory", "none" if shared is None else _shared_row(shared)),
        ("Open files", _limit_row(checkup.open_files)),
        ("Processes", _limit_row(checkup.processes)),
        ("Load", " ".join(f"{load:.2f}" for load in checkup.loads) + " over 1, 5 and 15 minutes"),
        ("Stolen time", f"{steal}"),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name:<{width}}  {clean(value, 500)}" for name, value in rows]
    warnings = warnings_of(checkup)
    lines.append("")
    lines += [f"Warning: {warning}" for warning in warnings] or ["Nothing stands in the way of parallel work here."]
    return "\n".join(lines)


def _quota_warning(checkup: Checkup) -> str:
    budget = checkup.machine.budget
    reachable = min(budget.online, budget.affinity)
    tightest = min(budget.limits, key=lambda limit: limit.cpus, default=None)
    if tightest is None or tightest.cpus >= reachable:
        return ""
    return (
        f"The CPU quota of cgroup {tightest.path} is {figures.cpus(tightest.cpus)} of {_counted(reachable, 'core')}: "
        f"use at most {_counted(budget.workers, 'worker')}, which is the default here, or have the quota raised."
    )


def _affinity_warning(checkup: Checkup) -> str:
    budget = checkup.machine.budget
    if budget.affinity >= budget.online:
        return ""
    return (
        f"This process may run on {budget.affinity} of {_counted(budget.online, 'core')} only: "
        "start it without taskset, or give the container or job more cores."
    )


def _shared_memory_warning(checkup: Checkup) -> str:
    shared = checkup.shared_memory
    if shared is None:
        return ""
    if shared.free_bytes >= _SMALL_SHM:
        return ""
    return (
        f"Only {figures.size(shared.free_bytes)} of shared memory are free in {shared.path}: "
        "large arrays will not fit; clean it up, or start the container with --shm-size=1g."
    )


def _files_warning(checkup: Checkup) -> str:
    if checkup.open_files is None or checkup.open_files[0] < 0 or checkup.open_files[0] >= _FEW_FILES:
        return ""
    return (
        f"Only {checkup.open_files[0]:,} files may be open at once, and each worker takes some: "
        "raise the limit with ulimit -n 4096."
    )


def _load_warning(checkup: Checkup) -> str:
    cpus = checkup.machine.budget.cpus
    load = checkup.loads[0]
    if load <= max(0.7 * min(cpus, checkup.machine.budget.online), 0.5):
        return ""
    return (
        f"The load is {load:.2f} with {figures.cpus(cpus)} CPUs to use: other programs are at work, "
        "so measurements will scatter; stop them, or wait until the load has fallen."
    )


def _steal_warning(checkup: Checkup) -> str:
    if checkup.steal_percent is None or checkup.steal_percent < _MUCH_STEAL:
        return ""
    return (
        f"The hypervisor gives {checkup.steal_percent:.1f} % of the CPU time to other machines: "
        "measure in several runs, or on a host that is not shared."
    )


def _memory_warning(checkup: Checkup) -> str:
    if checkup.available_bytes >= _LITTLE_MEMORY:
        return ""
    return (
        f"Only {figures.size(checkup.available_bytes)} of memory are available: "
        "use few workers and small parameters, or close other programs."
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _limit_rows(limits: tuple[CgroupLimit, ...]) -> list[tuple[str, str]]:
    if not limits:
        return [("CPU quota", "none, up to the root cgroup")]
    return [("CPU quota", f"{figures.cpus(limit.cpus)} CPUs in cgroup {limit.path}") for limit in limits]


def _shared_row(shared: SharedMemory) -> str:
    return f"{figures.size(shared.free_bytes)} free of {figures.size(shared.total_bytes)} in {shared.path}"


def _limit_row(limit: tuple[int, int] | None) -> str:
    if limit is None:
        return "not known here"
    soft, hard = ("no limit" if value < 0 else f"{value:,}" for value in limit)
    return soft if soft == hard else f"{soft}, can be raised to {hard}"


def _limit_object(limit: tuple[int, int] | None) -> dict[str, int | None] | None:
    if limit is None:
        return None
    soft, hard = (None if value < 0 else value for value in limit)
    return {"soft": soft, "hard": hard}


def _limit(name: str) -> tuple[int, int] | None:
    try:
        import resource

        return resource.getrlimit(getattr(resource, name))
    except (ImportError, AttributeError, OSError):
        return None


def _shared_memory(path: Path) -> SharedMemory | None:
    try:
        status = os.statvfs(path)
    except OSError:
        return None
    return SharedMemory(str(path), status.f_blocks * status.f_frsize, status.f_bavail * status.f_frsize)


def _loads() -> tuple[float, float, float]:
    try:
        return os.getloadavg()
    except OSError:
        return (0.0, 0.0, 0.0)


def _steal(sample: CoresSample | None) -> float | None:
    if sample is None or not sys.platform.startswith("linux"):
        return None
    return sum(core.steal for core in sample.cores) / len(sample.cores)
