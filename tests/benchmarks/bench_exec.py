"""A script under ``poolscope exec`` beside the same script alone: with ``--plain``, and under the live screen.

The plain one is measured from outside, start and end included, on a script that computes in one process; and by its
own clock on one whose pool keeps both cores busy, as is the one under the screen. That one runs longer, since to draw
the first screens takes about as much of the processor as ten seconds of what follows.
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
TASKS_UNDER_THE_SCREEN = 6000
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
    results = pool.map(work, range(int(sys.argv[2])), chunksize=10)
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

    def __init__(self, place: Path, tasks: int) -> None:
        self.script = place / "pooled.py"
        self._tasks = str(tasks)
        self.script.write_text(POOL)
        self._said = place / "elapsed"

    def run(self, *before: str | Path) -> float:
        """Seconds by its own clock, with BEFORE in front of its command."""
        words = [*before, sys.executable, self.script, self._said, self._tasks]
        subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
        return float(self._said.read_text())

    def under_the_screen(self) -> float:
        """The same under the live screen."""
        self._said.unlink(missing_ok=True)
        words = ["exec", "--", sys.executable, str(self.script), str(self._said), self._tasks]
        with Lab(COMMAND, arguments=words) as lab:
            lab.wait_until("Quit")
            lab.stop_emulating()
            assert wait_for(lambda: self._said.exists() and self._said.read_text().endswith("\n"), 120, every=0.1)
            time.sleep(0.5)
            lab.press("q")
            lab.wait_exit()
        return float(self._said.read_text())


def plainly(place: Path, pairs: int) -> list[bool]:
    """Measure what ``--plain`` costs."""
    single = place / "single.py"
    single.write_text(ONE_PROCESS)
    short = interleaved(
        lambda: from_outside(*PLAIN, sys.executable, "-c", "pass"),
        lambda: from_outside(sys.executable, "-c", "pass"),
        2 * pairs,
    )
    added = median(ours - other for ours, other in short)
    say(f"exec --plain adds {added * 1000:.0f} ms to python -c pass, start and end together")
    alone = interleaved(
        lambda: from_outside(*PLAIN, sys.executable, single), lambda: from_outside(sys.executable, single), pairs
    )
    pooled = Pooled(place, TASKS)
    busy = interleaved(lambda: pooled.run(*PLAIN), pooled.run, pairs)
    return [
        compared("a CPU-bound script under exec --plain, from outside / alone", alone, 1.01),
        compared("a script with a pool under exec --plain, by its own clock / alone", busy, 1.01),
    ]


def under_the_screen(place: Path, pairs: int) -> list[bool]:
    """Measure what the live screen costs."""
    pooled = Pooled(place, TASKS_UNDER_THE_SCREEN)
    found = interleaved(pooled.under_the_screen, pooled.run, pairs)
    return [compared("a script with a pool under the live screen, by its own clock / alone", found, 1.02)]


def compared(what: str, found: list[tuple[float, float]], bound: float) -> bool:
    """Print the median of the ratios that were FOUND, and how they spread."""
    ratios = sorted(ours / other for ours, other in found)
    seconds = median(other for _, other in found)
    spread = f"{len(found)} pairs of {seconds:.1f} s, {ratios[0]:.3f} to {ratios[-1]:.3f}"
    return report(what, median_ratio(found), "", bound, spread)


PARTS = {"plain": plainly, "screen": under_the_screen}


def main() -> bool:
    """Measure, print, and say whether all is within its bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--part", choices=list(PARTS), help="only this one")
    options = parser.parse_args()
    with quiet_world() as place:
        parts = [options.part] if options.part else list(PARTS)
        results = [good for part in parts for good in PARTS[part](place, options.pairs)]
    return all(results)


if __name__ == "__main__":
    sys.exit(not main())
