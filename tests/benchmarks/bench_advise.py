"""How well advice keeps to its budget: `poolscope advise sqrt`, from its start to its end, beside the time allowed."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bench import COMMAND, quiet_world, report, say

_BOUND = 1.1


def advised(budget: float) -> bool:
    """Ask for advice within BUDGET seconds, print what came of it, and say whether it kept to that."""
    start = time.monotonic()
    words = ["advise", "sqrt", "--budget", f"{budget:g}", "--json", "-q"]
    done = subprocess.run([COMMAND, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)
    seconds = time.monotonic() - start
    found = json.loads(done.stdout)
    verdict = found["verdict"]
    runs = [len(lane["runs"]) for lane in found["lanes"]]
    say(
        f"{found['runs']} runs, {sum(runs)} of them of {len(runs)} lanes, with {found['measured']}: {verdict['answer']}"
    )
    say(verdict["sentences"][0])
    what = f"advise sqrt with a budget of {budget:g} s: time taken / budget"
    return report(what, seconds / budget, "", _BOUND, f"{seconds:.1f} s")


def main() -> bool:
    """Measure with small budgets and with the usual one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budgets", type=float, nargs="+", default=[5.0, 20.0, 60.0])
    budgets = parser.parse_args().budgets
    with quiet_world():
        kept = [advised(budget) for budget in budgets]
    return all(kept)


if __name__ == "__main__":
    sys.exit(not main())
