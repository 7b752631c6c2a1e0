"""Runs every benchmark, one after the other: they measure, so nothing else should run meanwhile.

    python tests/benchmarks/run_all.py [NAME ...]

Exits 1 if a figure is beyond its bound. No ordinary test depends on any of them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
LONGEST = 600
"""Seconds that one benchmark may take."""


def main(names: list[str]) -> int:
    """Run those whose names contain one of NAMES, or all."""
    failed = []
    for script in sorted(HERE.glob("bench_*.py")):
        if names and not any(name in script.stem for name in names):
            continue
        print(f"== {script.stem}", flush=True)
        start = time.monotonic()
        try:
            status = subprocess.run([sys.executable, str(script)], timeout=LONGEST).returncode
        except subprocess.TimeoutExpired:
            status = -1
            print(f"took longer than {LONGEST} s", flush=True)
        print(f"-- {time.monotonic() - start:.0f} s\n", flush=True)
        if status:
            failed.append(script.stem)
    print("beyond a bound, or failed: " + ", ".join(failed) if failed else "all within their bounds")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
