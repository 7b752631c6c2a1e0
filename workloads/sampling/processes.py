"""What the operating system says of a run's processes, at a cost that the run does not notice.

Linux has a fast way (`linux.LinuxSweeper`); everywhere else psutil answers. A process is identified by its pid and its
start time together, so that a pid that was taken again is never mixed up with the process that had it before.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ..model import ProcessSample

if TYPE_CHECKING:
    import psutil

LONGEST_ARGUMENT = 512
MOST_ARGUMENTS = 64


class Sweeper(Protocol):
    """One way to look at a process and all its descendants."""

    def sweep(self, root: int) -> tuple[ProcessSample, ...]:
        """Look at ROOT and its descendants, ROOT first; empty if it is gone."""

    def close(self) -> None:
        """Let go of whatever was kept open."""


class ProcessSampler:
    """Samples a process and all its descendants, again and again."""

    def __init__(self) -> None:
        self._sweeper = _best_sweeper()

    def sample(self, root: int) -> tuple[ProcessSample, ...]:
        """Sample ROOT and all its living descendants, ROOT first; empty if ROOT is gone.

        CPU percentages cover the time since the sample before, and are None for a process seen for the first time.
        """
        return self._sweeper.sweep(root)

    def close(self) -> None:
        """Close the files that were kept open."""
        self._sweeper.close()


def clean_command(arguments: list[str]) -> tuple[str, ...]:
    """Make a command line safe to show."""
    from ..text import clean

    return tuple(clean(argument, LONGEST_ARGUMENT) for argument in arguments[:MOST_ARGUMENTS])


def _best_sweeper() -> Sweeper:
    if sys.platform == "linux" and Path("/proc/self/stat").exists():
        from .linux import LinuxSweeper

        return LinuxSweeper()
    return PsutilSweeper()


class PsutilSweeper:
    """The portable way."""

    def __init__(self) -> None:
        self._known: dict[int, psutil.Process] = {}
        self._times: dict[int, tuple[float, float]] = {}
        """By pid: when it was looked at last, and its CPU seconds then."""
        self._commands: dict[int, tuple[str, ...]] = {}

    def sweep(self, root: int) -> tuple[ProcessSample, ...]:
        """Look at ROOT and its descendants."""
        import psutil

        try:
            top = psutil.Process(root)
            found = [top, *top.children(recursive=True)]
        except psutil.Error:
            found = []
        # Equal means the same pid and the same start: then the older object goes on, with what is known of it.
        current = {process.pid: process for process in found}
        for pid in self._known.keys() - {pid for pid in current if self._known.get(pid) == current[pid]}:
            for memory in (self._known, self._times, self._commands):
                memory.pop(pid, None)
        self._known.update((pid, process) for pid, process in current.items() if pid not in self._known)
        return tuple(sample for pid in current if (sample := self._look_at(self._known[pid])) is not None)

    def close(self) -> None:
        """Forget all processes."""
        self._known.clear()
        self._times.clear()
        self._commands.clear()

    def _look_at(self, process: psutil.Process) -> ProcessSample | None:
        import psutil

        try:
            with process.oneshot():
                status = process.status()
                if status == psutil.STATUS_ZOMBIE:
                    return None
                if process.pid not in self._commands:
                    self._commands[process.pid] = clean_command(process.cmdline())
                times = process.cpu_times()
                rss: int = process.memory_info().rss
                number: int | None = process.cpu_num() if hasattr(process, "cpu_num") else None
                parent = process.ppid()
        except psutil.Error:
            return None
        return ProcessSample(
            pid=process.pid,
            parent=parent,
            cpu_percent=self._percent(process.pid, times.user + times.system),
            rss_bytes=rss,
            pss_bytes=None,
            cpu_number=number,
            is_suspended=status == psutil.STATUS_STOPPED,
            command=self._commands[process.pid],
        )

    def _percent(self, pid: int, used: float) -> float | None:
        now = time.perf_counter()
        before = self._times.get(pid)
        self._times[pid] = now, used
        if before is None or now <= before[0]:
            return None
        return max(0.0, 100 * (used - before[1]) / (now - before[0]))
