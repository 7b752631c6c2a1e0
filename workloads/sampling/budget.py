"""How many CPUs this process may really use: cores, affinity, and every cgroup quota up to the root.

Counting cores is not enough in a container, and reading one cgroup file is not either: the limit may sit on any
cgroup between the process's own and the root. Version 2 (``cpu.max``), version 1 (``cpu.cfs_quota_us``) and hybrids of
the two are understood; a fraction of a CPU stays a fraction.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from ..model import CgroupLimit, CpuBudget

_PROC = Path("/proc")
_CGROUP = Path("/sys/fs/cgroup")


class CgroupMount(NamedTuple):
    """Where one cgroup hierarchy can be read."""

    version: int
    controllers: frozenset[str]
    """Of a version 1 hierarchy; empty for version 2."""
    root: str
    """Cgroup that is seen at the mount point; ``/`` unless a container was given a part of the tree."""
    point: str


class CgroupLevel(NamedTuple):
    """One cgroup on the way from our own to the root."""

    version: int
    path: str
    """As the kernel names it, such as ``/user.slice``."""
    directory: Path


def cpu_budget(proc: Path = _PROC, cgroup: Path = _CGROUP) -> CpuBudget:
    """Find out what this process may use.

    Args:
        proc: The proc file system.
        cgroup: Where the cgroup file systems are mounted.
    """
    online = os.cpu_count() or 1
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else online
    return CpuBudget(online=online, affinity=affinity, limits=cpu_limits(proc, cgroup))


def cpu_limits(proc: Path = _PROC, cgroup: Path = _CGROUP) -> tuple[CgroupLimit, ...]:
    """List the CPU limits from the own cgroup to the root; a cgroup without a limit is left out."""
    limits = []
    for level in levels("cpu", proc, cgroup):
        if level.version == 2:
            cpus = parse_cpu_max(_read(level.directory / "cpu.max"))
        else:
            cpus = parse_cfs(_read(level.directory / "cpu.cfs_quota_us"), _read(level.directory / "cpu.cfs_period_us"))
        if cpus is not None:
            limits.append(CgroupLimit(level.path, cpus))
    return tuple(limits)


def levels(controller: str, proc: Path = _PROC, cgroup: Path = _CGROUP) -> tuple[CgroupLevel, ...]:
    """List the cgroups that may limit us, own first, in each hierarchy that has CONTROLLER."""
    own = parse_own_cgroups(_read(proc / "self/cgroup"))
    found: list[CgroupLevel] = []
    for mount in parse_mounts(_read(proc / "self/mountinfo")):
        if mount.version == 1 and controller not in mount.controllers:
            continue
        path = own.get("" if mount.version == 2 else controller)
        if path is None:
            continue
        # Tests and sandboxes show the tree elsewhere than the kernel says.
        point = cgroup / PurePosixPath(mount.point).relative_to(_CGROUP)
        found += _way_up(mount, path, point)
    return tuple(found)


def _way_up(mount: CgroupMount, own: str, point: Path) -> list[CgroupLevel]:
    """List the cgroups from OWN up to what is mounted at POINT, as far as they can be seen from here."""
    inside = PurePosixPath(own)
    if mount.root != "/" and inside.is_relative_to(mount.root):
        inside = "/" / inside.relative_to(mount.root)
    # Outside our namespace the path leads through "..", or names what cannot be seen: then the mount point is ours.
    if ".." in inside.parts or not (point / inside.relative_to("/")).is_dir():
        inside = PurePosixPath("/")
    return [CgroupLevel(mount.version, str(path), point / path.relative_to("/")) for path in (inside, *inside.parents)]


def parse_own_cgroups(text: str) -> dict[str, str]:
    """Read ``/proc/self/cgroup``: path of our cgroup by controller; that of version 2 under the empty name."""
    paths = {}
    for line in text.splitlines():
        parts = line.split(":", 2)
        if len(parts) == 3 and parts[2].startswith("/"):
            path = parts[2].removesuffix(" (deleted)")
            for controller in parts[1].split(","):
                paths[controller] = path
    return paths


def parse_mounts(text: str) -> list[CgroupMount]:
    """Read the cgroup mounts below ``/sys/fs/cgroup`` from ``/proc/self/mountinfo``."""
    mounts = []
    for line in text.splitlines():
        left, dash, right = line.partition(" - ")
        fields, system = left.split(" "), right.split(" ")
        if not dash or len(fields) < 6 or len(system) < 3:
            continue
        root, point = fields[3], fields[4]
        if not root.startswith("/") or not PurePosixPath(point).is_relative_to(_CGROUP) or ".." in point:
            continue
        if system[0] == "cgroup2":
            mounts.append(CgroupMount(2, frozenset(), root, point))
        elif system[0] == "cgroup":
            mounts.append(CgroupMount(1, frozenset(system[2].split(",")), root, point))
    return mounts


def parse_cpu_max(text: str) -> float | None:
    """Read a version 2 ``cpu.max``, ``150000 100000`` for 1.5 CPUs; None without a limit."""
    quota, *period = text.split() or [""]
    return parse_cfs(quota, period[0] if period else "100000")


def parse_cfs(quota: str, period: str) -> float | None:
    """Divide a version 1 quota by its period; None without a limit, which is written as -1."""
    try:
        allowed, each = int(quota[:20]), int(period[:20])
    except ValueError:
        return None
    return allowed / each if allowed > 0 and each > 0 else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
