"""The ledgers of a plain script under `poolscope exec`, against what its caller sees of its processes from outside."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
from pathlib import Path
from time import CLOCK_BOOTTIME, clock_gettime_ns, perf_counter_ns

import pytest

from poolscope.workloads.analysis.process_ledger import process_ledgers
from poolscope.workloads.programs import ProcessLedger
from poolscope.workloads.recording.open import open_recording

AGREES = 0.01
ATTEMPTS = 6
"""Other load may come between two looks at the clock; what is wrong in a ledger is wrong every time."""
TICK = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
"""The system tells when a process began in steps of this many nanoseconds."""

SCRIPT = """
import os, subprocess, sys, time
def say(name, pid):
    print(name, pid, flush=True)
say("main", os.getpid())
child = os.fork()
if not child:
    time.sleep(1.6)
    os._exit(3)
say("f1", child)
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1.7)"])
say("p1", other.pid)
os.waitpid(child, 0)
other.wait()
time.sleep(0.3)
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="there is nothing to see an end from outside by")


def begun_ns(pid: int) -> int:
    """When the system says that a process began, on the clock of `perf_counter_ns`."""
    ticks = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    return ticks * TICK + perf_counter_ns() - clock_gettime_ns(CLOCK_BOOTTIME)


def lives(command: Path, script: Path, saved: Path) -> dict[str, tuple[int, int]]:
    """Execute SCRIPT, and note when each of its processes began and ended."""
    found: dict[str, tuple[int, int]] = {}

    def watch(name: str, pid: int, begun: int, descriptor: int) -> None:
        select.select([descriptor], [], [], 60)
        found[name] = (begun, perf_counter_ns())
        os.close(descriptor)

    words: list[str | Path] = [command, "exec", "-q", "-o", saved, "--", sys.executable, script]
    watchers = []
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            name, pid = line.split()
            arguments = (name, int(pid), begun_ns(int(pid)), os.pidfd_open(int(pid)))
            watchers.append(threading.Thread(target=watch, args=arguments))
            watchers[-1].start()
    for watcher in watchers:
        watcher.join()
    assert process.returncode == 0
    return found


def differences(seen: dict[str, tuple[int, int]], ledgers: dict[str, ProcessLedger]) -> dict[str, str]:
    found = {}
    for name, (begun, ended) in seen.items():
        wall, ledger = ended - begun, ledgers[name]
        if not -AGREES * wall <= ledger.wall_ns - wall <= AGREES * wall + TICK:
            found[name] = f"{ledger.wall_ns / 1e6:.3f} ms, from outside {wall / 1e6:.3f} ms"
    main = ledgers["main"]
    waits = max(ledgers[name].wall_ns for name in ("f1", "p1"))
    if abs(main.blocked_ns - waits) > AGREES * main.wall_ns + 2 * TICK:
        found["blocked"] = f"{main.blocked_ns / 1e6:.3f} ms, its children took {waits / 1e6:.3f} ms"
    return found


def test_lives_agree_with_what_is_seen_from_outside(command: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    wrong: dict[str, str] = {}
    for attempt in range(ATTEMPTS):
        saved = tmp_path / f"{attempt}.poolscope"
        seen = lives(command, script, saved)
        assert set(seen) == {"main", "f1", "p1"}
        recording = open_recording(saved)
        ledgers = {ledger.label: ledger for ledger in process_ledgers(recording, perf_counter_ns())}
        assert {ledger.label: ledger.role for ledger in ledgers.values()} == {
            "main": "program", "f1": "fork", "p1": "program",
        }  # fmt: skip
        for ledger in ledgers.values():
            assert sum(ledger.parts().values()) == ledger.wall_ns
            assert ledger.running_ns + ledger.blocked_ns > ledger.starting_ns
        found = differences(seen, ledgers)
        wrong = found if attempt == 0 else {what: found[what] for what in wrong.keys() & found.keys()}
        if not wrong:
            return
    raise AssertionError(wrong)
