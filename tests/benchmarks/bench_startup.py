"""Start-up: the first usable screen beside a bare Textual app, and the headless run beside an empty Python."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bench import BARE_APP, COMMAND, USABLE, interleaved, median_ratio, quiet_world, report, say
from support.terminal import Terminal

EMPTY_RUN = [str(COMMAND), "run", "sqrt", "-p", "N=11", "--lane", "serial", "--json"]


def first_screen(command: list[str], shown: bytes) -> float:
    """Seconds from the start of COMMAND until it has SHOWN something."""
    with Terminal(command, emulate=False) as terminal:
        seconds = terminal.wait_for_bytes(shown)
        terminal.press("q")
        terminal.wait_exit()
    return seconds


def whole(command: list[str]) -> float:
    """Seconds that COMMAND takes from start to end."""
    start = time.monotonic()
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - start


def main() -> bool:
    """Measure both, print them, and say whether they are within their bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=12)
    pairs = parser.parse_args().pairs
    with quiet_world() as place:
        bare = place / "bare.py"
        bare.write_text(BARE_APP)
        bare_command = [sys.executable, str(bare)]
        first_screen([str(COMMAND)], USABLE.encode())  # byte code and disk cache are warm from here on
        first_screen(bare_command, b"Quit")
        screens = interleaved(
            lambda: first_screen([str(COMMAND)], USABLE.encode()), lambda: first_screen(bare_command, b"Quit"), pairs
        )
        whole(EMPTY_RUN)
        nothing = [sys.executable, "-c", "pass"]
        runs = interleaved(lambda: whole(EMPTY_RUN), lambda: whole(nothing), pairs)
    ours, other = (median(times) * 1000 for times in zip(*screens, strict=True))
    say(f"first usable screen: {ours:.0f} ms; bare Textual app: {other:.0f} ms")
    good = report("first usable screen / bare Textual app", median_ratio(screens), "", 1.25, f"{pairs} pairs")
    ours, other = (median(times) * 1000 for times in zip(*runs, strict=True))
    beyond = median(run - empty for run, empty in runs) * 1000
    against = f"{ours:.0f} ms in all; python -c pass {other:.0f} ms; {pairs} pairs"
    return report("poolscope run --json of nothing, beyond python -c pass", beyond, "ms", 150, against) and good


if __name__ == "__main__":
    sys.exit(not main())
