"""The predicted break-even beside the one found by exhaustive timing, on square roots of four different costs.

The study chooses its sizes itself. The exhaustive search knows nothing of it: sizes that double until the pool has won
three times in a row, then every size of a fine grid around the change, again and again, and the zero of a parabola
through the medians of the ratios (logarithms on both axes). The runs of both take turns, because the true size changes
with the mood of the machine. Nothing else may run: on a busy machine two workers get no more CPU time than one.
"""

from __future__ import annotations

import argparse
import math
import select
import sys
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
FINE, WIDTH = 1.15, 2.2
"""Factor between two sizes of the grid, and from the middle of it to either end."""
TURN = 2
"""Pairs of runs that the search makes for each comparison of the study."""
BUDGET_NS = 300_000_000_000
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


def first_win(guardian: Guardian, dial: Dial) -> int | None:
    """The size from which on doubling sizes are all won; None where there is none."""
    size, won = 8, 0
    while won < 3 and size <= LARGEST:
        won = won + 1 if median(log_ratios(guardian, dial.at(size), 3)) > 0 else 0
        size *= 2
    return size // 2**won if won == 3 else None


class Exhaustive:
    """Times every size of a grid around a change."""

    def __init__(self, guardian: Guardian, dial: Dial, around: int) -> None:
        steps = math.ceil(2 * math.log(WIDTH) / math.log(FINE))
        grid = sorted({max(1, round(around / WIDTH * FINE**step)) for step in range(steps + 1)})
        self.logs: dict[int, list[float]] = {each: [] for each in grid}
        self._guardian, self._dial = guardian, dial

    def measure(self, pairs: int) -> None:
        """Measure those sizes that were measured least."""
        for _ in range(pairs):
            size = min(self.logs, key=lambda each: len(self.logs[each]))
            self.logs[size] += log_ratios(self._guardian, self._dial.at(size), 1)

    def rounds(self) -> int:
        """How often every size was measured."""
        return min(map(len, self.logs.values()))

    def size(self) -> float:
        """Where the curves cross."""
        x = np.log(np.array(list(self.logs)))
        curve = np.polyfit(x - x.mean(), [median(each) for each in self.logs.values()], 2)
        rising = np.polyder(curve)
        zeros = [each.real for each in np.roots(curve) if abs(each.imag) < 1e-9 and np.polyval(rising, each.real) > 0]
        return math.exp(x.mean() + min(zeros, key=abs)) if zeros else math.nan


def side_by_side(guardian: Guardian, dial: Dial, around: int, rounds: int) -> tuple[BreakEvenState, Exhaustive]:
    """Let the study and the exhaustive search take turns until the one is over and the other has its ROUNDS."""
    study = BreakEvenStudy(Means(guardian, describe_machine(), BUDGET_NS), dial, LANES)
    search = Exhaustive(guardian, dial, around)
    done = 0
    while not (state := study.advance()).progress.is_over:
        if state.progress.comparisons_done > done:
            done = state.progress.comparisons_done
            search.measure(TURN)
        else:
            select.select([guardian], [], [], 0.05)
    while search.rounds() < rounds:
        search.measure(1)
    return state, search


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
    parser.add_argument("--rounds", type=int, default=7, help="how often each size of the grid is timed at least")
    parser.add_argument("--roots", type=int, nargs="*", default=ROOTS)
    options = parser.parse_args()
    good = True
    with quiet_world() as place, Guardian.start() as guardian:
        for roots in options.roots:
            file = place / f"work_{roots}.py"
            file.write_text(WORK.format(roots=roots))
            dial = dial_for(guardian, file, roots)
            around = first_win(guardian, dial)
            if around is None:
                say(f"{roots} roots: the pool wins at no size up to {LARGEST:,}")
                good = False
                continue
            state, search = side_by_side(guardian, dial, around, options.rounds)
            truth = search.size()
            pairs = sum(map(len, search.logs.values()))
            say(f"{roots} roots: {in_words(state)}; exhaustive {truth:.0f}, from {pairs} pairs of runs")
            size = state.found.size or math.nan
            name = f"deviation of the predicted break-even, {roots} roots a task"
            good = report(name, abs(size / truth - 1), "", BOUND) and good
    return good


if __name__ == "__main__":
    sys.exit(not main())
