"""What it takes to export 1,000,000 tasks of 256 processes: seconds, peak memory and bytes a task, by format.

No bound is set for the times; memory must stay far below the size of what is written, however many tasks there are.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bench import COMMAND, quiet_world
from support.timelines import long_run

TASKS = 1_000_000
MOST_MEMORY = 300e6
FORMATS = (["perfetto"], ["csv"], ["json", "--tasks"], ["html"], ["markdown"])


def measure(recording: Path, output: Path, arguments: list[str]) -> tuple[float, float, int]:
    """Export once; return seconds, peak bytes of memory and bytes written."""
    begun = time.perf_counter()
    pid = os.posix_spawn(
        COMMAND, [str(COMMAND), "export", str(recording), "-o", str(output), "-f", *arguments], dict(os.environ)
    )
    _, status, usage = os.wait4(pid, 0)
    assert status == 0, f"{arguments} ended with {os.waitstatus_to_exitcode(status)}"
    return time.perf_counter() - begun, usage.ru_maxrss * 1024, output.stat().st_size


def main() -> int:
    """Print a line a format; 1 if one of them takes too much memory."""
    is_within = True
    with quiet_world() as place:
        run = long_run(place / "run", tasks=TASKS)
        run.save()
        for arguments in FORMATS:
            seconds, memory, size = measure(place / "run", place / "export", arguments)
            is_within &= memory <= MOST_MEMORY
            name = " ".join(arguments)
            print(f"{name:14} {seconds:5.1f} s  {memory / 1e6:4.0f} MB of memory  {size / TASKS:5.0f} bytes a task")
    return 0 if is_within else 1


if __name__ == "__main__":
    sys.exit(main())
