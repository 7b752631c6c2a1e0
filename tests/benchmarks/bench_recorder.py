"""What the recorder costs: a pool and an executor with the smallest tasks there are, and the start of an interpreter.

Runs alternate with and without the recorder, and the figure is the median of the pairs' ratios, so that what else the
machine does falls on both alike. Nothing here is a test: it prints ours, the comparison and the bound.

    python tests/benchmarks/bench_recorder.py [pairs]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from poolscope.workloads.recorder.injection import injected_environment

TASKS = 20_000
LOG_LEVEL = 20
BOUND = 1.05
BOUND_START = 2.0  # ms

CALLS = 5_000
EXECUTOR = f"""
import multiprocessing, resource, sys, time
from concurrent.futures import ProcessPoolExecutor

def empty(number):
    pass

if __name__ == "__main__":
    with ProcessPoolExecutor(int(sys.argv[1]), multiprocessing.get_context("fork")) as executor:
        list(executor.map(empty, range(200)))
        begin = time.perf_counter()
        list(executor.map(empty, range({CALLS})))
        print(time.perf_counter() - begin)
    print(sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
"""
POOL = f"""
import multiprocessing, resource, sys, time

def empty(number):
    pass

if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(int(sys.argv[1])) as pool:
        pool.map(empty, range(1000), chunksize=1)
        begin = time.perf_counter()
        pool.map(empty, range({TASKS}), chunksize=1)
        print(time.perf_counter() - begin)
        pool.close()
        pool.join()
    print(sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
"""


def run(program: str, tasks: int, workers: int, environment: dict[str, str]) -> list[float]:
    """Return wall time of the map and CPU time of all processes, in microseconds a task."""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(workers)], env=environment, capture_output=True, text=True, check=True
    )
    return [float(word) / tasks * 1e6 for word in ended.stdout.split()]


def start(statement: str, environment: dict[str, str]) -> list[float]:
    """Return the time that a process with this statement takes, and its CPU time, in milliseconds."""
    begin = time.perf_counter()
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", statement], environment)
    _, status, used = os.wait4(pid, 0)
    elapsed = time.perf_counter() - begin
    assert status == 0, status
    return [elapsed * 1e3, (used.ru_utime + used.ru_stime) * 1e3]


def in_pairs(
    pairs: int, measure: Callable[[dict[str, str]], list[float]], log_level: int
) -> list[list[tuple[float, float]]]:
    """Return, for each figure, the pairs of it without and with the recorder."""
    base = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    found: list[list[tuple[float, float]]] = []
    with tempfile.TemporaryDirectory(prefix="bench-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as cache:
        base["PYTHONPYCACHEPREFIX"] = cache  # as installed: compiled
        for number in range(pairs + 1):
            with tempfile.TemporaryDirectory(prefix="bench-", dir=Path(cache).parent) as directory:
                recorded = injected_environment(base, Path(directory), log_level, log_to_file=True)
                if number % 2:
                    without, with_it = measure(base), measure(recorded)
                else:
                    with_it, without = measure(recorded), measure(base)
            if number:  # the first pair fills the caches
                found.append(list(zip(without, with_it, strict=True)))
    return [list(column) for column in zip(*found, strict=True)]


def main() -> int:
    """Print everything; 1 if a figure is beyond its bound."""
    beyond = 0
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    load = os.getloadavg()[0]
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} CPUs, load {load:.1f}, {pairs} pairs")
    cases = (("Pool({}).map", POOL, TASKS, 2), ("Pool({}).map", POOL, TASKS, 4),
             ("ProcessPoolExecutor({}).map", EXECUTOR, CALLS, 2))  # fmt: skip
    for title, program, tasks, workers in cases:

        def measure(
            environment: dict[str, str], program: str = program, tasks: int = tasks, workers: int = workers
        ) -> list[float]:
            return run(program, tasks, workers, environment)

        wall, cpu = in_pairs(pairs, measure, LOG_LEVEL)
        what = f"{title.format(workers)} of an empty function, chunksize 1, us a task"
        beyond += show(what, wall, f"bound {BOUND}") > BOUND
        show("    CPU time of all its processes, us a task", cpu, "")
    for statement in ("pass", "import multiprocessing.pool"):
        wall, cpu = in_pairs(3 * pairs, lambda environment, s=statement: start(s, environment), LOG_LEVEL)  # type: ignore[misc]
        more, more_cpu = (statistics.median(ours - theirs for theirs, ours in times) for times in (wall, cpu))
        beyond += statement == "pass" and more > BOUND_START
        bound = f"bound {BOUND_START} ms" if statement == "pass" else "no bound"
        print(f"python -c {statement!r}: {more:+.2f} ms, of CPU time {more_cpu:+.2f} ms, {bound}")
    return 1 if beyond else 0


def show(title: str, figures: list[tuple[float, float]], bound: str) -> float:
    """Print the medians and the ratio of the pairs, and return that."""
    without, with_it = (statistics.median(column) for column in zip(*figures, strict=True))
    ratios = [ours / theirs for theirs, ours in figures]
    ratio = statistics.median(ratios)
    print(
        f"{title}: without {without:.1f}, with {with_it:.1f}, ratio {ratio:.3f}"
        f" ({min(ratios):.2f}-{max(ratios):.2f}) {bound}".rstrip()
    )
    return ratio


if __name__ == "__main__":
    sys.exit(main())
