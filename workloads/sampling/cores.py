"""What each core does: user, system and stolen time between two samples, load, context switches."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ..model import CoresSample, CoreUsage
from .machine import load

_MOST_CORES = 65_536
"""More than any kernel knows; what names higher numbers is damaged."""
_ONLINE = Path("/sys/devices/system/cpu/online")


class CoreTimes(NamedTuple):
    """Seconds that one core has spent since the machine started."""

    user: float
    """Includes niced work, and that of virtual machines."""
    system: float
    """Includes interrupts."""
    steal: float
    """The hypervisor ran somebody else."""
    idle: float
    """Includes waiting for disks."""


class CoreSampler:
    """Asks the operating system what its cores did since it was asked last."""

    def __init__(self) -> None:
        self._last_ns = 0
        self._last: tuple[CoreTimes, ...] = ()
        self._last_switches = 0

    def sample(self) -> CoresSample | None:
        """Take a sample; None the first time, and when cores came or went since the time before."""
        import psutil

        now_ns = time.perf_counter_ns()
        times = tuple(_core_times(core) for core in psutil.cpu_times(percpu=True))
        switches: int = psutil.cpu_stats().ctx_switches
        before_ns, before, switches_before = self._last_ns, self._last, self._last_switches
        self._last_ns, self._last, self._last_switches = now_ns, times, switches
        if len(before) != len(times):
            return None
        elapsed = (now_ns - before_ns) / 1e9
        numbers = online_cores(len(times))
        return CoresSample(
            time_ns=now_ns,
            cores=tuple(
                usage(number, *pair) for number, pair in zip(numbers, zip(before, times, strict=True), strict=True)
            ),
            load=load(),
            context_switches=max(0, switches - switches_before) / elapsed if elapsed > 0 and switches else None,
        )


def usage(number: int, before: CoreTimes, after: CoreTimes) -> CoreUsage:
    """Turn two readings of one core into percentages.

    Single counters may step back a little (the kernel corrects them); that counts as nothing.
    """
    user, system, steal, idle = (max(0.0, new - old) for new, old in zip(after, before, strict=True))
    total = user + system + steal + idle
    if total <= 0:
        return CoreUsage(number, 0.0, 0.0, 0.0)
    share = [min(100.0, 100 * (part / total)) for part in (user, system, steal)]
    return CoreUsage(number, *share)


def online_cores(count: int) -> Sequence[int]:
    """Numbers of the COUNT cores that are on; with some switched off they are not 0, 1, 2, ..."""
    try:
        numbers = parse_cpu_list(_ONLINE.read_text(encoding="ascii"))
    except OSError:
        return range(count)
    return numbers if len(numbers) == count else range(count)


def parse_cpu_list(text: str) -> list[int]:
    """Read the kernel's way to list cores, ``0-3,8``; what makes no sense is left out."""
    numbers: list[int] = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        if first.isdecimal() and (last or first).isdecimal() and len(part) <= 12 and int(last or first) < _MOST_CORES:
            numbers += range(int(first), int(last or first) + 1)
    return numbers


def _core_times(core: object) -> CoreTimes:
    def of(name: str) -> float:
        return float(getattr(core, name, 0.0))  # which fields there are depends on the system

    return CoreTimes(
        user=of("user") + of("nice"),  # guests are part of both already
        system=of("system") + of("irq") + of("softirq"),
        steal=of("steal"),
        idle=of("idle") + of("iowait"),
    )
