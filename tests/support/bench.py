"""What the benchmarks share: a quiet world, paired measurements, and one way to print them."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

COMMAND = Path(sys.executable).with_name("poolscope")
USABLE = "queued"
"""Of each lane, the last thing that the first screen shows: it takes the machine and the choice to be known."""
BARE_APP = """
from textual.app import App
from textual.widgets import Footer, Header, Log


class Bare(App):
    BINDINGS = [("q", "quit", "Quit")]

    def compose(self):
        yield Header()
        yield Log()
        yield Footer()


Bare().run()
"""
"""What every Textual app costs: header, footer and log, and nothing in them."""


@contextmanager
def quiet_world() -> Iterator[Path]:
    """Set a temporary home and directory for sessions; both are removed at the end."""
    place = Path(tempfile.mkdtemp(prefix="poolscope-bench-"))
    memory = Path("/dev/shm")
    # Not by the name that sessions have: tests beside it would take it for something that they left.
    runtime = Path(tempfile.mkdtemp(prefix="bench-", dir=memory if memory.is_dir() else None))
    changes = {"HOME": str(place), "POOLSCOPE_RUNTIME_DIRECTORY": str(runtime)}
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield place
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
        shutil.rmtree(place, ignore_errors=True)
        shutil.rmtree(runtime, ignore_errors=True)


def sessions() -> Path:
    """Return the directory in which this benchmark's sessions are made."""
    return Path(os.environ["POOLSCOPE_RUNTIME_DIRECTORY"])


def interleaved(ours: Callable[[], float], other: Callable[[], float], pairs: int) -> list[tuple[float, float]]:
    """Measure both PAIRS times in turns; which one goes first changes, so that drift favours neither."""
    found = []
    for number in range(pairs):
        if number % 2:
            second, first = other(), ours()
        else:
            first, second = ours(), other()
        found.append((first, second))
        show_progress(number + 1, pairs)
    return found


def show_progress(done: int, planned: int) -> None:
    """Say on stderr how far it is, if somebody watches."""
    if sys.stderr.isatty():
        print(f"\r{done} of {planned}", end="\r" if done < planned else "\r\x1b[K", file=sys.stderr, flush=True)


def median_ratio(pairs: list[tuple[float, float]]) -> float:
    """Return the median of ours / other over pairs that were measured side by side."""
    return median(ours / other for ours, other in pairs)


def cpu_seconds(*pids: int) -> float:
    """Return the CPU time that the threads of PIDS have used, to the nanosecond where the system counts it."""
    total = 0.0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            try:
                total += int((thread / "schedstat").read_text().split()[0]) / 1e9
            except OSError:
                continue
    return total


def resident_bytes(pid: int) -> int:
    """Return the memory that a process has in RAM, shared pages included."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def report(what: str, ours: float, unit: str, bound: float, comparison: str = "") -> bool:
    """Print one figure beside its bound; return whether it is within it."""
    is_within = ours <= bound
    mark = "within" if is_within else "BEYOND"
    against = f"; {comparison}" if comparison else ""
    print(f"{what}: {ours:.3g} {unit}".rstrip() + f" ({mark} the bound of {bound:g}{against})", flush=True)
    return is_within


def say(text: str) -> None:
    """Print a line that has no bound."""
    print(text, flush=True)


def sleep_until(moment: float) -> None:
    """Sleep until MOMENT on the clock of `time.monotonic`."""
    time.sleep(max(0.0, moment - time.monotonic()))
