"""The predicted break-even beside the one found by exhaustive timing, on square roots of four different costs.

The study chooses its sizes itself. The exhaustive search knows nothing of it: sizes that double until the pool has won
three times in a row, then every size of a fine grid around the change, many times each, and the zero of a parabola
through the medians of the ratios (logarithms on both axes). As the machine's mood changes the true size with it, each
function is searched exhaustively before and after the study, and the mean of the two is what the study is held to.
"""

from __future__ import annotations

import argparse
import math
import select
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bench import quiet_world, report, say

from poolscope.workloads.comparison import Comparison
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Lane
from poolscope.workloads.probe import ask, check_request
from poolscope.workloads.sampling.machine import describe_machine
from poolscope.workloads.studies.base import Means, Setting
from poolscope.workloads.studies.breakeven import BreakEvenState, BreakEvenStudy
from poolscope.workloads.studies.dial import Dial, dial_of_target
from poolscope.workloads.target import Target, check_target

ROOTS = (300, 1_000, 3_000, 10_000)
"""Square roots that a task of each function takes."""
LANES = (Lane("serial"), Lane("pool"))
LARGEST = 200_000
BOUND = 0.15
FINE = 1.15
WORK = """
import math


def roots_{roots}(number):
    total = 0.0
    for step in range({roots}):
        total += math.sqrt(number + step)
    return total
"""


def dial_for(guardian: Guardian, file: Path, roots: int) -> Dial:
    """The number of inputs of one function."""
    target = check_target(Target(f"{file}:roots_{roots}", f"range({LARGEST})", str(file.parent)))
    checked = ask(guardian, check_request(target, tasks=0)).checked
    assert checked is not None
    return dial_of_target(target, checked)


def log_ratios(guardian: Guardian, setting: Setting, runs: int) -> list[float]:
    """Logarithms of serial / pool, a pair of runs each."""
    comparison = Comparison(
        guardian, setting.workload, setting.parameters, LANES, runs, 0, setting.reference, keeps=False
    )
    while not (state := comparison.advance()).is_over:
        select.select([guardian], [], [], 0.05)
    comparison.discard()
    serial, pool = ([result.elapsed_ns for result in lane.results] for lane in state.lanes)
    return [math.log(alone / together) for alone, together in zip(serial, pool, strict=True)]


def exhaustive(guardian: Guardian, dial: Dial, runs: int) -> tuple[float, int]:
    """The size from which on the pool wins, and how many pairs of runs it took to find it."""
    size, won, pairs = 16, 0, 0
    while won < 3 and size <= LARGEST:
        found = median(log_ratios(guardian, dial.at(size), 3))
        won = won + 1 if found > 0 else 0
        size, pairs = 2 * size, pairs + 3
    if won < 3:
        return math.nan, pairs
    first = size / 2**won
    grid = [round(first / 2.2 * FINE**step) for step in range(math.ceil(math.log(2.2 * 2.2) / math.log(FINE)))]
    # Through all sizes again and again, so that a disturbance falls on all of them alike.
    logs: dict[int, list[float]] = {each: [] for each in grid}
    for _ in range(runs):
        for each in grid:
            logs[each] += log_ratios(guardian, dial.at(each), 1)
    pairs += runs * len(grid)
    x = np.log(np.array(grid) / first)
    curve = np.polyfit(x, [median(logs[each]) for each in grid], 2)
    rising = np.polyder(curve)
    zeros = [each.real for each in np.roots(curve) if abs(each.imag) < 1e-9 and np.polyval(rising, each.real) > 0]
    return (first * math.exp(min(zeros, key=abs)) if zeros else math.nan), pairs


def predicted(guardian: Guardian, dial: Dial, seconds: float) -> BreakEvenState:
    """What the study finds."""
    study = BreakEvenStudy(Means(guardian, describe_machine(), round(seconds * 1e9)), dial, LANES)
    while not (state := study.advance()).progress.is_over:
        select.select([guardian], [], [], 0.05)
    return state


def in_words(state: BreakEvenState) -> str:
    """What the study has found, with what it is found from."""
    found, pairs = state.found, sum(len(point.times_ns) for point in state.lane)
    if found.size is None or found.interval is None or found.reference is None:
        return f"no size ({state.sentence}), from {pairs} pairs of runs"
    low, high = found.interval
    cost = found.reference.item_ns / 1000
    return f"{cost:.0f} us each; predicted {found.size:.0f} ({low:.0f} to {high:.0f}), from {pairs} pairs of runs"


def main() -> bool:
    """Measure all four, print them, and say whether each is within the bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each size of the fine grid, before and after")
    parser.add_argument("--budget", type=float, default=30.0, help="seconds of each study")
    parser.add_argument("--roots", type=int, nargs="*", default=ROOTS)
    options = parser.parse_args()
    good = True
    with quiet_world() as place, Guardian.start() as guardian:
        for roots in options.roots:
            file = place / f"work_{roots}.py"
            file.write_text(WORK.format(roots=roots))
            dial = dial_for(guardian, file, roots)
            before, pairs = exhaustive(guardian, dial, options.runs)
            begun = time.monotonic()
            state = predicted(guardian, dial, options.budget)
            took = time.monotonic() - begun
            after, more = exhaustive(guardian, dial, options.runs)
            truth = math.sqrt(before * after)
            size = state.found.size or math.nan
            say(f"{roots} roots: {in_words(state)}, after {took:.0f} s")
            say(f"  exhaustive: {before:.0f} before and {after:.0f} after that, from {pairs + more} pairs of runs")
            name = f"deviation of the predicted break-even, {roots} roots a task"
            good = report(name, abs(size / truth - 1), "", BOUND) and good
    return good


if __name__ == "__main__":
    sys.exit(not main())
