"""The observer's effect: a run under the screen beside the same work as a bare script, both cores busy.

Tasks are handed out one by one, so that what the screen takes of one core is made up for by the other: in large chunks
the whole pool would wait for the one that was held up. Also counts what the screen writes to its terminal meanwhile.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bench import COMMAND, interleaved, median_ratio, quiet_world, report, say, sessions
from support.lab import Lab
from support.patience import wait_for

ARRAYS = 2400
WORKERS = 2
BARE_SCRIPT = f"""
import time
from multiprocessing import Pool
from poolscope.workloads import catalogue
from poolscope.workloads.parameters import check_parameters

workload = catalogue.find("bubble-sort")
parameters = check_parameters(workload, {{"form": "many", "K": "{ARRAYS}"}})
inputs = workload.inputs(parameters)
if __name__ == "__main__":
    start = time.perf_counter()
    pool = Pool({WORKERS})
    results = pool.map(workload.function, inputs, chunksize=1)
    pool.close()
    pool.join()
    print(time.perf_counter() - start)
"""


class Measured:
    """Runs the work under the screen, and remembers what that wrote to the terminal."""

    def __init__(self) -> None:
        self.traffic: list[float] = []
        """Bytes a second, of each run."""

    def under_the_screen(self) -> float:
        """Seconds of the timed region as the run's own result has it."""
        with Lab(COMMAND) as lab:
            lab.wait_ready()
            lab.choose("bubble-sort")
            lab.press("right")  # the form "many"
            lab.wait_until("form = many")
            lab.set_field("bubble-sort", "K", str(ARRAYS))
            lab.wait_until(f"K = {ARRAYS:,}")
            lab.keep_only_pool()
            lab.hand_out_single_tasks()
            lab.stop_emulating()
            time.sleep(1)
            written, begun = lab.written, time.monotonic()
            lab.press("r")
            found = wait_for(lambda: list(sessions().rglob("result.json")), deadline=300, every=0.1)
            self.traffic.append((lab.written - written) / (time.monotonic() - begun))
            result = json.loads(found[0].read_text())
            assert result["ok"], result
            time.sleep(0.5)
            lab.press("q")
            lab.wait_exit()
        return float(result["elapsed_ns"]) / 1e9


def bare(script: Path) -> float:
    """Seconds of the timed region of the bare script."""
    ended = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    return float(ended.stdout)


def main() -> bool:
    """Measure both, print them, and say whether they are within their bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=5)
    pairs = parser.parse_args().pairs
    measured = Measured()
    with quiet_world() as place:
        script = place / "bare.py"
        script.write_text(BARE_SCRIPT)
        found = interleaved(measured.under_the_screen, lambda: bare(script), pairs)
    ours, other = (median(times) for times in zip(*found, strict=True))
    ratios = sorted(mine / theirs for mine, theirs in found)
    say(f"under the screen: {ours:.3f} s; bare script: {other:.3f} s; ratios {ratios[0]:.3f} to {ratios[-1]:.3f}")
    good = report("a run under the screen / as a bare script", median_ratio(found), "", 1.02, f"{pairs} pairs")
    return report("terminal traffic during a run", median(measured.traffic) / 1000, "kB/s", 8.0) and good


if __name__ == "__main__":
    sys.exit(not main())
