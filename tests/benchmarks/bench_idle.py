"""Doing nothing: CPU time and terminal traffic of the idle screen at 120x40, beside a bare Textual app."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bench import BARE_APP, COMMAND, USABLE, cpu_seconds, quiet_world, report, say, sleep_until
from support.leaks import descendants, living
from support.terminal import Terminal

SETTLE = 4.0
"""Seconds after the first screen in which imports, collections and first frames are over."""


def idle(command: list[str], shown: bytes, seconds: float) -> tuple[float, float, float]:
    """Percent of a core of the program, of its descendants, and bytes a second, over SECONDS."""
    with Terminal(command, emulate=False) as terminal:
        terminal.wait_for_bytes(shown)
        time.sleep(SETTLE)
        others = descendants(terminal.pid, living())
        begun = time.monotonic()
        before = cpu_seconds(terminal.pid), cpu_seconds(*others), terminal.written
        sleep_until(begun + seconds)
        after = cpu_seconds(terminal.pid), cpu_seconds(*others), terminal.written
        passed = time.monotonic() - begun
        terminal.press("q")
        terminal.wait_exit()
    own, rest, written = ((late - early) / passed for late, early in zip(after, before, strict=True))
    return own * 100, rest * 100, written


def main() -> bool:
    """Measure both, print them, and say whether they are within their bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    seconds = parser.parse_args().seconds
    with quiet_world() as place:
        bare = place / "bare.py"
        bare.write_text(BARE_APP)
        own, guardian, written = idle([str(COMMAND)], USABLE.encode(), seconds)
        bare_cpu, _, bare_written = idle([sys.executable, str(bare)], b"Quit", seconds)
    say(f"idle over {seconds:g} s: screen {own:.2f} %, guardian {guardian:.2f} %; bare Textual app {bare_cpu:.2f} %")
    good = report("CPU of the idle screen", own + guardian, "% of a core", 1.5, f"bare Textual app {bare_cpu:.2f} %")
    against = f"bare Textual app {bare_written / 1000:.2f} kB/s"
    return report("terminal traffic of the idle screen", written / 1000, "kB/s", 2.0, against) and good


if __name__ == "__main__":
    sys.exit(not main())
