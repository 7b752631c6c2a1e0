"""What keeping and opening recordings costs: bytes a task, time to open, time that a tiny run pays.

    python tests/benchmarks/bench_recording.py

A million tasks are made up from times as a real pool of empty functions has them; a smaller real run gives its own
bytes a task beside it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bench import COMMAND, quiet_world, report, say
from support.made_up import make_up_run
from support.terminal import Terminal

TASKS = 1_000_000
REAL_TASKS = 100_000
ROUNDS = 5
BYTES_A_TASK = 20.0
OPEN_S = 1.0
KEEP_MS = 10.0
REPLAY_S = 1.5

OPENING = """
import sys, time
start = time.perf_counter()
from pathlib import Path
from poolscope.workloads.recording.saved import SavedRecording
from poolscope.workloads.recording.chunks import records_since
recording = SavedRecording(Path(sys.argv[1]))
found = sum(len(records_since(file, 0).chunks) for file in recording.all_files)
recording.processes(0)
print(time.perf_counter() - start, found)
"""
KEEPING = """
import sys, time
import poolscope.workloads.comparison, poolscope.workloads.launcher, poolscope.workloads.recording.reader
start = time.perf_counter()
from pathlib import Path
from poolscope.workloads.recording.store import keep
assert keep(Path(sys.argv[1]))
spent = time.perf_counter() - start
assert "numpy" not in sys.modules
print(spent)
"""
PROGRAM = """
from multiprocessing import Pool

def nothing(number):
    return None

if __name__ == "__main__":
    with Pool(2) as pool:
        pool.map(nothing, range({tasks}), chunksize=1)
"""


def spent_by(program: str, *arguments: str) -> float:
    """Return the first number that a program prints."""
    done = subprocess.run([sys.executable, "-c", program, *arguments], check=True, capture_output=True, text=True)
    return float(done.stdout.split()[0])


def million(place: Path, workers: int) -> bool:
    """Measure a recording of a million tasks."""
    from poolscope.workloads.recording.save import save

    directory, file = place / f"run-{workers}", place / f"{workers}.poolscope"
    tasks = make_up_run(directory, TASKS, workers)
    start = time.perf_counter()
    save(directory, file)
    saving = time.perf_counter() - start
    size = file.stat().st_size / tasks
    opening = median(spent_by(OPENING, str(file)) for _ in range(ROUNDS))
    what = f"{tasks:,} tasks of {workers} workers"
    say(f"{what}: saved in {saving:.2f} s")
    replaying = median(first_frame(file, f"{tasks // workers:,} chunks in all") for _ in range(ROUNDS))
    results = [
        report(f"{what}: its file", size, "bytes a task", BYTES_A_TASK),
        report(f"{what}: opened with all chunks, imports included", opening, "s", OPEN_S),
        report(f"{what}: replayed, until the timeline is drawn", replaying, "s", REPLAY_S),
    ]
    return all(results)


def first_frame(file: Path, shown: str) -> float:
    """Seconds from the start of a replay until it has SHOWN something."""
    with Terminal([str(COMMAND), "replay", str(file)], emulate=False) as terminal:
        seconds = terminal.wait_for_bytes(shown.encode())
        terminal.press("q")
        terminal.wait_exit()
    return seconds


def tiny(place: Path) -> bool:
    """Measure what a run of a few tasks pays for being kept."""
    directory = place / "tiny"
    make_up_run(directory, 16, 2, kind="program")
    keeping = 1000 * median(spent_by(KEEPING, str(directory)) for _ in range(2 * ROUNDS))
    return report("a tiny run: kept, with what is imported for it", keeping, "ms", KEEP_MS)


def real(place: Path) -> bool:
    """Measure the file of a real run."""
    script, file = place / "program.py", place / "real.poolscope"
    script.write_text(PROGRAM.format(tasks=REAL_TASKS))
    command = [str(COMMAND), "exec", "--plain", "-q", "-o", str(file), "--", sys.executable, str(script)]
    subprocess.run(command, check=True, timeout=300)
    size = file.stat().st_size / REAL_TASKS
    return report(f"{REAL_TASKS:,} tasks of a real pool: the file", size, "bytes a task", BYTES_A_TASK)


def main() -> int:
    """Print all figures."""
    with quiet_world() as home, tempfile.TemporaryDirectory(dir=home) as name:
        place = Path(name)
        results = [million(place, 8), million(place, 256), tiny(place), real(place)]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
