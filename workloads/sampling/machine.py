"""What this machine is, found out cheaply, because every run asks."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ..model import Machine, StartMethod
from .budget import cpu_budget, levels

_CPUINFO_HEAD = 8_192
"""Bytes of /proc/cpuinfo that are read: the kernel asks every core for its frequency to write the rest."""
_UNLIMITED = 1 << 60
"""Version 1 cgroups write a huge number for "no limit"."""
_FORKSERVER_PYTHON = (3, 14)
"""From this version on, forkserver is the default on Linux."""
_UNKNOWN_PYTHON = (3, 15)
"""From this version on, multiprocessing itself is asked."""
_NAMES = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}


def describe_machine() -> Machine:
    """Describe the machine and the Python that a measurement is made with."""
    system = os.uname()
    methods, default = start_methods()
    facts = cpu_facts()
    return Machine(
        hostname=system.nodename,
        system=f"{system.sysname} {'.'.join(system.release.split('-')[0].split('.')[:2])}",
        python=".".join(map(str, sys.version_info[:3])),
        implementation=_NAMES.get(sys.implementation.name, sys.implementation.name),
        cpu_model=_cpu_model(facts),
        budget=cpu_budget(),
        memory_bytes=total_memory(),
        start_methods=methods,
        default_start_method=default,
        load=load(),
        threads_per_core=threads_per_core(facts),
    )


def start_methods() -> tuple[tuple[StartMethod, ...], StartMethod]:
    """List how processes can be started here, and name what Python takes unless told otherwise."""
    known: tuple[StartMethod, ...] = ("fork", "spawn", "forkserver")
    if "multiprocessing" not in sys.modules and sys.platform == "linux" and sys.version_info < _UNKNOWN_PYTHON:
        # Asking would take a tenth of what a whole command may take to start.
        return known, "forkserver" if sys.version_info >= _FORKSERVER_PYTHON else "fork"
    from multiprocessing import get_all_start_methods, get_start_method

    available = get_all_start_methods()
    methods = tuple(method for method in known if method in available)
    # The first is the default; asking without allow_none would settle it for the rest of this process.
    default = get_start_method(allow_none=True) or available[0]
    return methods, next(method for method in methods if method == default)


def load() -> float:
    """One-minute load average; 0 where there is none."""
    try:
        return os.getloadavg()[0]
    except OSError:
        return 0.0


def total_memory() -> int:
    """Bytes of memory in the machine."""
    if found := _meminfo().get("MemTotal"):
        return found
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def available_memory() -> int:
    """Bytes that new processes can take without swapping, with every cgroup limit on the way to the root in mind."""
    available = _meminfo().get("MemAvailable")
    if available is None:
        import psutil

        available = int(psutil.virtual_memory().available)
    return max(0, min([available, *_cgroup_room()]))


def _cgroup_room() -> list[int]:
    """What each cgroup above us leaves free; the page cache, which gives way, counts as free."""
    room = []
    for level in levels("memory"):
        files = ("memory.max", "memory.current") if level.version != 1 else _VERSION_1_FILES
        limit, used = (_read_number(level.directory / name) for name in files)
        if limit is not None and used is not None and limit < _UNLIMITED:
            cache = _read_table(level.directory / "memory.stat")
            room.append(limit - used + cache.get("inactive_file", cache.get("total_inactive_file", 0)))
    return room


_VERSION_1_FILES = ("memory.limit_in_bytes", "memory.usage_in_bytes")


def _meminfo() -> dict[str, int]:
    return {name.rstrip(":"): size * 1024 for name, size in _read_table(Path("/proc/meminfo")).items()}


def _read_table(path: Path) -> dict[str, int]:
    """Read lines of a name and a number."""
    table = {}
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            for line in file:
                name, *numbers = line.split()
                if numbers and numbers[0].isdecimal():
                    table[name] = int(numbers[0])
    except OSError:
        return {}
    return table


def _read_number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # "max" means no limit
        return None


def cpu_facts(path: str = "/proc/cpuinfo") -> dict[str, str]:
    """Read what the system says of its first processor; empty where it says nothing."""
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - unbuffered, read once
            head = file.read(_CPUINFO_HEAD).decode("utf-8", "replace")
    except OSError:
        head = ""
    found: dict[str, str] = {}
    for line in head.splitlines():
        if ":" in line:
            name, value = _fact(line)
            found.setdefault(name, value)
    return found


def threads_per_core(facts: Mapping[str, str]) -> int:
    """How many CPUs share a core: those of a package by its cores; 1 where that is not said."""
    siblings, cores = (facts.get(name, "") for name in ("siblings", "cpu cores"))
    if not siblings.isdecimal() or not cores.isdecimal() or not int(cores):
        return 1
    return max(1, int(siblings) // int(cores))


def _cpu_model(facts: Mapping[str, str]) -> str:
    """Name of the processor; that of its architecture where the system does not say more."""
    for name in ("model name", "Model", "cpu model", "Processor", "Hardware"):
        if facts.get(name):
            return " ".join(facts[name].split())[:100]
    return os.uname().machine


def _fact(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()
