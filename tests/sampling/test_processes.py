"""Samples of real processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.patience import wait_for

from poolscope.workloads.model import ProcessSample
from poolscope.workloads.sampling.linux import LinuxSweeper, parse_pss, parse_stat
from poolscope.workloads.sampling.processes import ProcessSampler, PsutilSweeper, Sweeper

_PARENT = """\
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
sys.stdin.readline()
child.stdin.close()
child.wait()
print("child gone", flush=True)
sys.stdin.read()
"""
_BURNING = "while True: pass"


class Family:
    """A process that has a child until it is told to let it go."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PARENT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.child = int(self.process.stdout.readline())

    def end_child(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "child gone\n"

    def end(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


@pytest.fixture
def family() -> Iterator[Family]:
    family = Family()
    yield family
    family.end()


@pytest.fixture(params=[LinuxSweeper, PsutilSweeper])
def sweeper(request: pytest.FixtureRequest) -> Iterator[Sweeper]:
    if request.param is LinuxSweeper and sys.platform != "linux":
        pytest.skip("the fast way is Linux's")
    sweeper: Sweeper = request.param()
    yield sweeper
    sweeper.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def by_pid(samples: tuple[ProcessSample, ...]) -> dict[int, ProcessSample]:
    return {sample.pid: sample for sample in samples}


def test_root_first_then_its_descendants(sweeper: Sweeper, family: Family) -> None:
    first, second = sweeper.sweep(family.process.pid)
    assert (first.pid, second.pid) == (family.process.pid, family.child)
    assert first.parent == os.getpid()
    assert second.parent == first.pid
    assert first.cpu_percent is None
    assert first.rss_bytes > 1_000_000
    assert first.command[1] == "-c"
    again = sweeper.sweep(family.process.pid)
    assert all(sample.cpu_percent is not None for sample in again)


def test_a_child_that_ended_is_gone_and_a_new_one_is_seen(sweeper: Sweeper, family: Family) -> None:
    assert family.child in by_pid(sweeper.sweep(family.process.pid))
    family.end_child()
    assert set(by_pid(sweeper.sweep(family.process.pid))) == {family.process.pid}
    samples = by_pid(sweeper.sweep(os.getpid()))
    assert samples[family.process.pid].parent == os.getpid()


def test_a_root_that_is_gone_gives_nothing(sweeper: Sweeper, family: Family) -> None:
    assert sweeper.sweep(family.process.pid)
    family.end()
    assert sweeper.sweep(family.process.pid) == ()


def test_an_ended_process_that_nobody_reaped_counts_as_gone(sweeper: Sweeper) -> None:
    child = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert child.pid not in by_pid(sweeper.sweep(os.getpid()))
    finally:
        child.wait()


def test_suspended_and_resumed(sweeper: Sweeper, family: Family) -> None:
    os.kill(family.child, signal.SIGSTOP)
    assert wait_for(lambda: by_pid(sweeper.sweep(family.process.pid))[family.child].is_suspended)
    os.kill(family.child, signal.SIGCONT)
    assert wait_for(lambda: not by_pid(sweeper.sweep(family.process.pid))[family.child].is_suspended)


def test_a_burning_process_shows_its_cpu(sweeper: Sweeper) -> None:
    child = subprocess.Popen([sys.executable, "-c", _BURNING])
    try:
        sweeper.sweep(child.pid)

        def burns() -> bool:
            time.sleep(0.05)
            (sample,) = sweeper.sweep(child.pid)
            return sample.cpu_percent is not None and sample.cpu_percent > 20

        assert wait_for(burns)
        (sample,) = sweeper.sweep(child.pid)
        assert sample.cpu_number in range(os.cpu_count() or 1)
    finally:
        child.kill()
        child.wait()


def test_the_sampler_takes_the_best_way_and_closes_its_files(family: Family) -> None:
    before = open_files()
    sampler = ProcessSampler()
    assert len(sampler.sample(family.process.pid)) == 2
    sampler.close()
    assert open_files() == before


def test_files_of_the_dead_are_closed(family: Family) -> None:
    sweeper = LinuxSweeper()
    sweeper.sweep(family.process.pid)
    open_before = open_files()
    family.end_child()
    sweeper.sweep(family.process.pid)
    assert open_files() == open_before - 1
    sweeper.close()


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="this kernel has no smaps_rollup")
def test_shared_pages_are_divided(family: Family) -> None:
    sweeper = LinuxSweeper()
    (first, _) = sweeper.sweep(family.process.pid)
    assert first.pss_bytes is not None
    assert 0 < first.pss_bytes <= first.rss_bytes * 1.5
    sweeper.close()


def test_out_of_files_it_still_works(family: Family) -> None:
    code = (
        "import os, resource, sys\n"
        "from poolscope.workloads.sampling.linux import LinuxSweeper\n"
        "sweeper = LinuxSweeper()\n"
        "sweeper.sweep(int(sys.argv[1]))\n"
        "sweeper.close()\n"
        "spare = [os.open('/dev/null', os.O_RDONLY) for _ in range(20)]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (spare[-1] + 1, spare[-1] + 1))\n"
        "os.close(spare.pop())\n"
        "print([len(sweeper.sweep(int(sys.argv[1]))) for _ in range(3)])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(family.process.pid)], capture_output=True, text=True)
    assert done.stdout == "[2, 2, 2]\n", done.stderr


def test_a_name_may_hold_anything() -> None:
    tail = b" S 7 " + b" ".join(str(number).encode() for number in range(5, 53))
    stat = parse_stat(b"42 (a) S 9 (b c" + b") R 1 2) " + tail.strip() + b"\n")
    assert stat is not None
    assert stat.state == "S"
    assert stat.parent == 7
    assert stat.ticks == 14 + 15
    assert stat.started == 22
    assert stat.resident_pages == 24
    assert stat.core == 39


@given(st.binary(max_size=400))
def test_the_parsers_survive_anything(data: bytes) -> None:
    parse_stat(data)
    pss = parse_pss(data)
    assert pss is None or pss >= 0


def test_own_sizes_are_read() -> None:
    stat = parse_stat(Path("/proc/self/stat").read_bytes())
    assert stat is not None
    assert stat.parent == os.getppid()
    assert parse_pss(b"a\nRss: 1 kB\nPss:    12 kB\nPss_Dirty: 3 kB\n") == 12 * 1024
