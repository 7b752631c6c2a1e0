"""A flood of log: a million lines from eight workers, none lost or torn, while the keys stay quick."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bench import USABLE, quiet_world, report, resident_bytes, say, sessions
from support.patience import wait_for
from support.terminal import Terminal

from poolscope.workloads.recording.log import parse_log

FLOOD = Path(__file__).with_name("flood.py")
LINE = re.compile(r"task (\d) line (\d+) of (\d+) and some more words to fill it")
TITLES = {"3": b"3 Cores", "6": b"6 Processes"}
INFO = 20
CALM = 6.0
"""Seconds of pressing keys while nothing is logged."""
EVERY = 0.15
"""Seconds between two key presses."""


def key_to_paint(terminal: Terminal, key: str) -> float:
    """Seconds from pressing KEY until the border of its panel is drawn anew, which says that it has the focus."""
    written, start = terminal.written, time.monotonic()
    terminal.press(key)
    terminal.wait_for_bytes(TITLES[key], after=written)
    return time.monotonic() - start


def is_over() -> bool:
    """Whether the run has left its result."""
    return any(sessions().rglob("result.json"))


def press_keys(terminal: Terminal, until: Callable[[], bool]) -> Iterator[float]:
    """Jump between two panels UNTIL something; yield the time of each."""
    while not until():
        for key in TITLES:
            yield key_to_paint(terminal, key)
            time.sleep(EVERY)  # whoever is drawn anew because it lost the focus is drawn by then


def missing_and_torn(log: bytes, lines: int) -> tuple[int, int]:
    """Count the lines that did not arrive, and those that arrived as something else."""
    seen: list[set[int]] = [set() for _ in range(8)]
    torn = 0
    for line in parse_log(log, "err"):
        match = LINE.fullmatch(line.text)
        if match:
            seen[int(match.group(1))].add(int(match.group(2)))
        elif line.stream != "log":
            torn += 1
    return lines - sum(map(len, seen)), torn


def main() -> bool:
    """Flood the log, press keys meanwhile, print what happened, and say whether it is within the bounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    lines = parser.parse_args().lines
    with quiet_world() as place:
        path = os.pathsep.join(filter(None, [str(FLOOD.parent), os.environ.get("PYTHONPATH", "")]))
        environment = {"FLOOD_LINES": str(lines), "PYTHONPATH": path}
        with Terminal([sys.executable, str(FLOOD)], environment=environment) as terminal:
            terminal.wait_until(USABLE)
            terminal.stop_emulating()
            enough = time.monotonic() + CALM
            calm = sorted(press_keys(terminal, lambda: time.monotonic() > enough))
            before = resident_bytes(terminal.pid)
            terminal.press("r")
            begun = time.monotonic()
            times = sorted(press_keys(terminal, is_over))
            took = time.monotonic() - begun
            shutil.copy(next(sessions().rglob("stderr.log")), place / "stderr.log")
            terminal.emulate_again()
            tail = parse_log((place / "stderr.log").read_bytes()[-4000:], "err")[1:]
            last = next(line.text for line in reversed(tail) if line.level >= INFO)
            shown = wait_for(lambda: last in terminal.text, deadline=240, every=0.1)
            until_shown = time.monotonic() - begun
            after = resident_bytes(terminal.pid)
            terminal.press("q")
            terminal.wait_exit()
        missing, torn = missing_and_torn((place / "stderr.log").read_bytes(), lines)
    say(f"{lines:,} lines written in {took:.1f} s, {lines / took:,.0f} a second")
    good = report("seconds until the last one was on the screen", until_shown if shown else 1e9, "s", 240)
    say(f"memory of the screen: {before / 1e6:.0f} MB before, {after / 1e6:.0f} MB after")
    good = report("lines lost", missing, "", 0) and good
    good = report("lines torn", torn, "", 0) and good
    p99 = times[int(len(times) * 0.99)] * 1000
    middle = [found[len(found) // 2] * 1000 for found in (times, calm)]
    rest = calm[int(len(calm) * 0.99)] * 1000
    against = f"median {middle[0]:.0f} ms of {len(times)} keys; at rest median {middle[1]:.0f} ms, p99 {rest:.0f} ms"
    return report("key to paint meanwhile, p99", p99, "ms", 100, against) and good


if __name__ == "__main__":
    sys.exit(not main())
