"""What the machine did besides: read from built files, and on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.patience import wait_for

from poolscope.workloads.sampling.conditions import Conditions, Meanwhile, between, conditions, cpu_times

TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")

STAT = """\
cpu  70 7 14 900 9 1 2 30 5 5
cpu0 10 1 2 300 3 0 1 10 5 5
cpu1 20 2 4 300 3 0 0 9 0 0
cpu2 40 4 8 300 3 1 1 11 0 0
intr 5
"""


def test_only_the_cpus_that_may_be_used_are_counted() -> None:
    assert cpu_times(STAT, {0}) == (14 * TICK, 10 * TICK)
    assert cpu_times(STAT, {0, 2}) == (68 * TICK, 21 * TICK)


@pytest.mark.parametrize("text", ["", "intr 5\n", "cpu0 1 2 3\n", "cpu0 a b c d e f g h\n", "cpu7 1 1 1 1 1 1 1 1\n"])
def test_what_makes_no_sense_is_not_known(text: str) -> None:
    assert cpu_times(text, {0}) == (None, None)


def made_up(directory: Path, cpu_stat: str, version: int = 2) -> tuple[Path, Path, Path]:
    """Build the files of a machine whose cgroup /a/b and its parent have a limit."""
    proc, sys_, cgroup = directory / "proc", directory / "sys", directory / "cgroup"
    kind = "cgroup2 cgroup2 rw" if version == 2 else "cgroup cgroup rw,cpu"
    point = cgroup if version == 2 else cgroup / "cpu"
    files = {
        proc / "stat": STAT,
        proc / "self/cgroup": "0::/a/b\n" if version == 2 else "3:cpu:/a/b\n",
        proc / "self/mountinfo": f"1 0 0:1 / /sys/fs/{'cgroup' if version == 2 else 'cgroup/cpu'} rw - {kind}\n",
        proc / "77/stat": "77 (a) b) S 1 77 77 0 -1 4 1 0 0 0 3 4 5 6 20 0 1 0 9 9 9\n",
        point / "a/b/cpu.stat": cpu_stat,
        point / "a/cpu.stat": cpu_stat,
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return proc, sys_, cgroup


@pytest.mark.parametrize(
    ("version", "text"),
    [
        (2, "usage_usec 5\nnr_periods 90\nnr_throttled 4\nthrottled_usec 1500\n"),
        (1, "nr_periods 90\nnr_throttled 4\nthrottled_time 1500000\n"),
    ],
)
def test_throttling_is_summed_up_to_the_root(tmp_path: Path, version: int, text: str) -> None:
    proc, sys_, cgroup = made_up(tmp_path, text, version)
    found = conditions(None, proc, sys_, cgroup)
    assert (found.throttled_ns, found.throttled) == (3_000_000, 8)


def test_a_cgroup_without_a_limit_counts_nothing(tmp_path: Path) -> None:
    proc, sys_, cgroup = made_up(tmp_path, "usage_usec 5\n")
    found = conditions(None, proc, sys_, cgroup)
    assert (found.throttled_ns, found.throttled) == (None, None)


def test_our_own_time_is_that_of_the_guardian_and_all_it_waited_for(tmp_path: Path) -> None:
    proc, sys_, cgroup = made_up(tmp_path, "")
    alone, together = conditions(None, proc, sys_, cgroup), conditions(77, proc, sys_, cgroup)
    assert alone.own_ns is not None
    assert together.own_ns is not None
    assert together.own_ns - alone.own_ns >= 18 * TICK
    assert conditions(78, proc, sys_, cgroup).own_ns is None


def test_frequencies_heat_and_supplies(tmp_path: Path) -> None:
    proc, sys_, cgroup = made_up(tmp_path, "")
    bare = conditions(None, proc, sys_, cgroup)
    assert (bare.frequency_khz, bare.heat, bare.on_battery) == (None, None, None)
    for cpu in os.sched_getaffinity(0):
        place = sys_ / f"devices/system/cpu/cpu{cpu}"
        (place / "cpufreq").mkdir(parents=True)
        (place / "cpufreq/scaling_max_freq").write_text("2000\n")
        (place / "thermal_throttle").mkdir()
        (place / "thermal_throttle/package_throttle_count").write_text("3\n")
    for name, kind, online in (("AC", "Mains", "0"), ("BAT0", "Battery", "1")):
        supply = sys_ / "class/power_supply" / name
        supply.mkdir(parents=True)
        (supply / "type").write_text(f"{kind}\n")
        (supply / "online").write_text(f"{online}\n")
    found = conditions(None, proc, sys_, cgroup)
    read = min(4, len(os.sched_getaffinity(0)))
    assert (found.frequency_khz, found.heat, found.on_battery) == (2000 * read, 3 * read, True)
    (sys_ / "class/power_supply/AC/online").write_text("1\n")
    assert conditions(None, proc, sys_, cgroup).on_battery is False


BEFORE = Conditions(1_000, 500, 10, 200, 7, 1, 8000, 3, False, 2)


def test_what_happened_is_the_difference() -> None:
    after = Conditions(5_000, 1_500, 40, 900, 107, 3, 8000, 3, True, 2)
    assert between(BEFORE, after) == Meanwhile(4_000, 2, 300, 30, 100, 2, False, True)


@pytest.mark.parametrize(("frequency", "heat"), [(7000, 3), (8000, 4), (None, 4)])
def test_another_highest_frequency_or_heat_has_slowed_it(frequency: int | None, heat: int | None) -> None:
    assert between(BEFORE, BEFORE._replace(frequency_khz=frequency, heat=heat)).is_slowed


def test_what_is_not_known_of_one_moment_is_not_known() -> None:
    nothing = Conditions(2_000, None, None, None, None, None, None, None, None, 2)
    assert between(nothing, BEFORE) == Meanwhile(0, 2, on_battery=False)
    assert between(BEFORE, nothing) == Meanwhile(1_000, 2)


def test_a_machine_that_counts_no_cpu_time_has_no_others() -> None:
    assert between(BEFORE, BEFORE._replace(own_ns=900)).others_ns is None


BUSY = "print(flush=True)\nwhile True: pass"


def test_the_load_of_a_stranger_is_that_of_others_and_our_own_is_not() -> None:
    """A busy process counts as others' as long as it is none that the guardian, here we, waited for."""
    before = conditions(os.getpid())
    if before.busy_ns is None:
        pytest.skip("this kernel does not count CPU time")
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE) as stranger:
        assert stranger.stdout is not None
        stranger.stdout.readline()

        def spent() -> int:
            fields = Path(f"/proc/{stranger.pid}/stat").read_text().rpartition(")")[2].split()
            return sum(map(int, fields[11:13])) * TICK

        assert wait_for(lambda: spent() >= 10 * TICK, every=0.02)
        meanwhile, least = between(before, conditions(os.getpid())), spent() - 2 * TICK
        stranger.kill()
    assert meanwhile.others_ns is not None
    assert meanwhile.others_ns >= least - 6 * TICK
    # Once it was waited for, its time is in our own; only what others do besides is left.
    end = conditions(os.getpid())
    assert end.own_ns is not None
    assert before.own_ns is not None
    assert end.own_ns - before.own_ns >= least
