"""What the machine did besides, before and after a run: from small files of the kernel alone, in about a millisecond.

Nothing here is looked at while a run is timed. Where a file is missing or makes no sense, that figure is None: not
every kernel, container or operating system has all of them.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter_ns, process_time_ns
from typing import NamedTuple

from .budget import levels

_PROC = Path("/proc")
_SYS = Path("/sys")
_CGROUP = Path("/sys/fs/cgroup")
_CPUS_READ = 4
"""CPUs whose frequency files are read: their limits change together, and some machines have hundreds."""


class Conditions(NamedTuple):
    """Counters at one moment; two of them make a `Meanwhile`."""

    time_ns: int
    """`time.perf_counter_ns`."""
    busy_ns: int | None
    """CPU time that was spent on the CPUs that we may use, by anybody."""
    steal_ns: int | None
    """CPU time that the hypervisor gave to others while these CPUs wanted to run."""
    own_ns: int | None
    """CPU time of this process, and of all that the guardian had to wait for so far."""
    throttled_ns: int | None
    """For how long the cgroups above stopped their processes; None where none of them counts it."""
    throttled: int | None
    """In how many periods they did."""
    frequency_khz: int | None
    """Highest frequency that the kernel allows itself now, the sum over a few CPUs."""
    heat: int | None
    """How often CPUs were slowed down because they were hot."""
    on_battery: bool | None
    """Whether no mains supply is plugged in; None where there is none to ask."""
    cpus: int
    """That we may use."""


class Meanwhile(NamedTuple):
    """What the machine did besides one run; None stands for what nobody could tell."""

    wall_ns: int
    """From before the runner was started until nothing of the run was left."""
    cpus: int
    """That the run might use, whoever else did."""
    others_ns: int | None = None
    """CPU time that others spent on them."""
    steal_ns: int | None = None
    throttled_ns: int | None = None
    throttled: int | None = None
    """Periods in which a cgroup stopped the run."""
    is_slowed: bool | None = None
    """Whether the kernel changed its highest frequency, or a CPU was slowed down because of its heat."""
    on_battery: bool | None = None


def conditions(guardian: int | None, proc: Path = _PROC, sys: Path = _SYS, cgroup: Path = _CGROUP) -> Conditions:
    """Look at the machine now.

    Args:
        guardian: Pid of the process that waits for all that runs; None counts nobody but this process as ours.
        proc: The proc file system.
        sys: The file system with the kernel's devices.
        cgroup: Where the cgroup file systems are mounted.
    """
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))
    busy, steal = cpu_times(_read(proc / "stat"), allowed)
    own = process_time_ns() if guardian is None else _with(process_time_ns(), _family(_read(proc / f"{guardian}/stat")))
    stopped, times = _throttling(proc, cgroup)
    return Conditions(
        time_ns=perf_counter_ns(),
        busy_ns=busy,
        steal_ns=steal,
        own_ns=own,
        throttled_ns=stopped,
        throttled=times,
        frequency_khz=_sum(sys, sorted(allowed), "cpufreq/scaling_max_freq"),
        heat=_sum(sys, sorted(allowed), "thermal_throttle/package_throttle_count"),
        on_battery=_on_battery(sys / "class/power_supply"),
        cpus=len(allowed),
    )


def between(before: Conditions, after: Conditions) -> Meanwhile:
    """Say what happened between two moments."""
    busy, own = _difference(before.busy_ns, after.busy_ns), _difference(before.own_ns, after.own_ns)
    changes = [
        later != earlier
        for earlier, later in ((before.frequency_khz, after.frequency_khz), (before.heat, after.heat))
        if earlier is not None and later is not None
    ]
    return Meanwhile(
        wall_ns=max(0, after.time_ns - before.time_ns),
        cpus=after.cpus,
        others_ns=max(0, busy - own) if busy and own is not None else None,
        steal_ns=_difference(before.steal_ns, after.steal_ns),
        throttled_ns=_difference(before.throttled_ns, after.throttled_ns),
        throttled=_difference(before.throttled, after.throttled),
        is_slowed=any(changes) if changes else None,
        on_battery=after.on_battery,
    )


def cpu_times(text: str, cpus: set[int]) -> tuple[int | None, int | None]:
    """Read ``/proc/stat``: nanoseconds in which those CPUs were busy, and in which others had them; None if not there.

    Time of guests is part of that of their host's processes, so it is not added again.
    """
    busy = steal = 0
    found = False
    for line in text.splitlines():
        name, *fields = line.split()
        if not name.startswith("cpu"):
            break  # they come first
        if not name[3:].isdecimal() or int(name[3:]) not in cpus:
            continue
        numbers = [int(field) for field in fields if field.isdecimal()]
        if len(numbers) < 8:
            return None, None
        user, nice, system, _idle, _iowait, irq, soft, stolen = numbers[:8]
        busy += user + nice + system + irq + soft
        steal += stolen
        found = True
    return (_nanoseconds(busy), _nanoseconds(steal)) if found else (None, None)


def _family(text: str) -> int | None:
    """Read ``/proc/PID/stat``: CPU time of a process and of all that it waited for, and they for."""
    fields = text.rpartition(")")[2].split()  # a name may hold anything
    if len(fields) < 15 or not all(field.isdecimal() for field in fields[11:15]):
        return None
    return _nanoseconds(sum(map(int, fields[11:15])))


def _nanoseconds(ticks: int) -> int:
    return ticks * (1_000_000_000 // os.sysconf("SC_CLK_TCK"))


def _throttling(proc: Path, cgroup: Path) -> tuple[int | None, int | None]:
    """For how long, and in how many periods, the cgroups above stopped their processes.

    One that is stopped keeps those below it from using up their own share, so the sum counts next to nothing twice.
    """
    found: list[tuple[int, int]] = []
    for level in levels("cpu", proc, cgroup):
        known = dict(line.split(maxsplit=1) for line in _read(level.directory / "cpu.stat").splitlines() if " " in line)
        times, stopped = _whole(known.get("nr_throttled")), None
        if "throttled_usec" in known:
            stopped = _whole(known["throttled_usec"], 1_000)
        elif "throttled_time" in known:  # version 1
            stopped = _whole(known["throttled_time"])
        if times is not None and stopped is not None:
            found.append((stopped, times))
    if not found:
        return None, None
    return sum(stopped for stopped, _ in found), sum(times for _, times in found)


def _sum(sys: Path, cpus: list[int], name: str) -> int | None:
    numbers = [_whole(_read(sys / f"devices/system/cpu/cpu{cpu}/{name}").strip()) for cpu in cpus[:_CPUS_READ]]
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def _on_battery(place: Path) -> bool | None:
    """Whether every mains supply is unplugged."""
    try:
        supplies = [entry for entry in place.iterdir() if _read(entry / "type").strip() in ("Mains", "USB")]
    except OSError:
        return None
    plugged = [_read(supply / "online").strip() for supply in supplies]
    return "1" not in plugged if "0" in plugged or "1" in plugged else None


def _difference(before: int | None, after: int | None) -> int | None:
    return max(0, after - before) if before is not None and after is not None else None


def _with(one: int, other: int | None) -> int | None:
    return None if other is None else one + other


def _whole(text: str | None, unit: int = 1) -> int | None:
    return int(text) * unit if text is not None and text.isascii() and text.isdecimal() else None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
