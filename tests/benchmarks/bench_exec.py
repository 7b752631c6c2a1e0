"""A script under ``poolscope exec`` beside the same script alone: with ``--plain``, and under the live screen.

The plain one is measured from outside, start and end included, on a script that computes in one process; and by its
own clock on one whose pool keeps both cores busy, as is the one under the screen.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bench import COMMAND, interleaved, median_ratio, quiet_world, report, say
from support.lab import Lab
from support.patience import wait_for

STEPS = 100_000_000
TASKS = 600
WORKERS = 2
ONE_PROCESS = f"""
import math
total = 0.0
for number in range({STEPS}):
    total += math.sqrt(number)
print(total)
"""
POOL = f"""
import sys, time
from multiprocessing import Pool

def work(seed):
    total = seed
    for number in range(100_000):
        total = (total * 31 + number) % 1_000_003
    return total

if __name__ == "__main__":
    start = time.perf_counter()
    pool = Pool({WORKERS})
    results = pool.map(work, range({TASKS}))
    pool.close()
    pool.join()
    elapsed = time.perf_counter() - start
    with open(sys.argv[1], "w") as file:
        file.write(str(elapsed) + "\\n")
"""
PLAIN = (COMMAND, "exec", "--plain", "-q", "--")


def from_outside(*words: str | Path) -> float:
    """Seconds that a command takes, start and end included."""
    start = time.perf_counter()
    subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


class Pooled:
    """The script with a pool, which writes down how long it took."""

    def __init__(self, place: Path) -> None:
        self.script = place / "pooled.py"
        self.script.write_text(POOL)
        self._said = place / "elapsed"

    def run(self, *before: str | Path) -> float:
        """Seconds by its own clock, with BEFORE in front of its command."""
        words = [*before, sys.executable, self.script, self._said]
        subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        return float(self._said.read_text())

    def under_the_screen(self) -> float:
        """The same under the live screen."""
        self._said.unlink(missing_ok=True)
        with Lab(COMMAND, arguments=["exec", "--", sys.executable, str(self.script), str(self._said)]) as lab:
            lab.wait_until("Quit")
            lab.stop_emulating()
            assert wait_for(lambda: self._said.exists() and self._said.read_text().endswith("\n"), 120, every=0.1)
            time.sleep(0.5)
            lab.press("q")
            lab.wait_exit()
        return float(self._said.read_text())


def main() -> bool:
    """Measure, print, and say whether all is within its bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=7)
    pairs = parser.parse_args().pairs
    with quiet_world() as place:
        single = place / "single.py"
        single.write_text(ONE_PROCESS)
        short = interleaved(
            lambda: from_outside(*PLAIN, sys.executable, "-c", "pass"),
            lambda: from_outside(sys.executable, "-c", "pass"),
            2 * pairs,
        )
        alone = interleaved(
            lambda: from_outside(*PLAIN, sys.executable, single), lambda: from_outside(sys.executable, single), pairs
        )
        pooled = Pooled(place)
        busy = interleaved(lambda: pooled.run(*PLAIN), pooled.run, pairs)
        screen = interleaved(pooled.under_the_screen, pooled.run, pairs)
    added = median(ours - other for ours, other in short)
    say(f"exec --plain adds {added * 1000:.0f} ms to python -c pass, start and end together")
    good = True
    for what, found, bound in (
        ("a CPU-bound script under exec --plain, from outside / alone", alone, 1.01),
        ("a script with a pool under exec --plain, by its own clock / alone", busy, 1.01),
        ("a script with a pool under the live screen, by its own clock / alone", screen, 1.02),
    ):
        ratios = sorted(ours / other for ours, other in found)
        seconds = median(other for _, other in found)
        spread = f"{pairs} pairs of {seconds:.1f} s, {ratios[0]:.3f} to {ratios[-1]:.3f}"
        good = report(what, median_ratio(found), "", bound, spread) and good
    return good


if __name__ == "__main__":
    sys.exit(not main())
