"""A cgroup with a CPU limit, where one can be made: as root, with the controller of the CPU here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from support.patience import wait_for

from poolscope.workloads.sampling.budget import levels

_PERIOD_US = 50_000
_SHARE = {1: ("cpu.shares", 262_144), 2: ("cpu.weight", 10_000)}
"""The most there is, so that on a busy machine it is the limit that stops the group, and not the others."""


@contextmanager
def limited_cgroup(cpus: float) -> Iterator[Path | None]:
    """Make a cgroup whose processes get that many CPUs, below our own or above it; None where nobody may.

    A process enters it by its pid in ``cgroup.procs``.
    """
    place = next((made for level in levels("cpu") if (made := _made(level.version, level.directory, cpus))), None)
    try:
        yield place
    finally:
        if place is not None:
            assert wait_for(lambda: _is_removed(place)), f"{place} is not empty"


def _made(version: int, parent: Path, cpus: float) -> Path | None:
    place, quota = parent / f"poolscope-{uuid4().hex[:8]}", round(cpus * _PERIOD_US)
    name, most = _SHARE[version]
    try:
        place.mkdir()
    except OSError:
        return None
    try:
        if version == 1:
            (place / "cpu.cfs_period_us").write_text(str(_PERIOD_US))
            (place / "cpu.cfs_quota_us").write_text(str(quota))
        else:
            (place / "cpu.max").write_text(f"{quota} {_PERIOD_US}")
        (place / name).write_text(str(most))
    except OSError:
        place.rmdir()
        return None
    return place


def _is_removed(place: Path) -> bool:
    """Remove it as soon as nobody is in it any more."""
    with suppress(OSError):
        place.rmdir()
    return not place.exists()
