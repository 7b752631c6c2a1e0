"""Samples of a run: what its cores and processes did, and how far its output had come, at moments of it.

Whoever drives a run appends them to ``samples.jsonl`` in its run directory with a `SampleWriter`, one JSON object a
line; `Samples` reads them, while the file grows or out of a saved recording. ``FORMAT.md`` names the keys. The file is
thinned evenly when it becomes too large, so that a run of hours keeps a picture of all of it.

Read back, the lines are data of unknown origin: one that makes no sense is passed over.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

from ..model import CoresSample, CoreUsage, ProcessSample
from ..text import clean
from .names import LOG_NAMES, SAMPLES_LIMIT, SAMPLES_NAME
from .sample_lines import (
    BEGIN,
    HUGE,
    LogSizes,
    SeenProcess,
    cut,
    is_figure,
    is_list,
    is_number,
    number,
    parsed,
    process_row,
    size_of,
    tenths,
    thinned,
    time_of,
)

__all__ = ["LogSizes", "SampleWriter", "Samples", "SeenProcess"]

LINE_LIMIT = 1_000_000
"""Bytes of a line; a longer one is neither written nor read."""
_MOST_PROCESSES = 4096
_MOST_CORES = 4096
_MOST_COMMANDS = 50_000
_ARGUMENT_LIMIT = 512
_MOST_ARGUMENTS = 64
FILE_LIMIT = SAMPLES_LIMIT // 2
"""Bytes from which on every second line is dropped."""
READ_LIMIT = SAMPLES_LIMIT
"""Bytes of a file that are read."""
_NAMES_LIMIT = FILE_LIMIT // 4


class SampleWriter:
    """Appends samples to the run directory; a full disk or a directory that is gone ends it quietly.

    Args:
        directory: The run directory.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptor = -1
        self._size = 0
        self._is_over = False
        self._commands: dict[int, tuple[str, ...]] = {}
        self._named = 0
        """Bytes that commands took so far."""
        self._sizes = LogSizes()
        self._pause_ns = 0
        """Time that must be between two samples; grows when the file is thinned."""
        self._last_ns = -HUGE
        self._last_sizes_ns = -HUGE

    def write(self, now_ns: int, cores: CoresSample | None, processes: Iterable[ProcessSample] = ()) -> None:
        """Append a sample of cores and processes, unless one was written just before and the file is long.

        Args:
            now_ns: When the processes were sampled.
            cores: None where nothing is known of them now.
            processes: All that were seen.
        """
        if self._is_over or now_ns - self._last_ns < self._pause_ns:
            return
        self._last_ns = now_ns
        known = list(processes)[:_MOST_PROCESSES]
        content: dict[str, Any] = {"t": now_ns}
        if cores is not None:
            content["c"] = [[core.number, tenths(core.user), tenths(core.system), tenths(core.steal)]
                            for core in cores.cores[:_MOST_CORES]]  # fmt: skip
            content["l"] = round(cores.load, 2)
            content["x"] = None if cores.context_switches is None else round(cores.context_switches)
        content["p"] = [process_row(sample) for sample in known]
        self._name(now_ns, known)
        self._append(content)

    def write_sizes(self, now_ns: int) -> None:
        """Append how far the run's output has come, if it has come any further; cheap enough for every tick."""
        if self._is_over or now_ns - self._last_sizes_ns < self._pause_ns // 8:
            return
        sizes = LogSizes(*(size_of(self._directory / name) for name in LOG_NAMES))
        if sizes != self._sizes:
            self._sizes = sizes
            self._last_sizes_ns = now_ns
            self._append({"t": now_ns, "s": list(sizes)})

    def close(self) -> None:
        """Let go of the file."""
        self._is_over = True
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _name(self, now_ns: int, processes: Sequence[ProcessSample]) -> None:
        """Append the commands that are new since the sample before."""
        new = {sample.pid: sample.command for sample in processes if self._commands.get(sample.pid) != sample.command}
        # A pid that went away may come back as another process.
        self._commands = {sample.pid: sample.command for sample in processes}
        for pid, command in new.items():
            if self._named < _NAMES_LIMIT:
                self._named += self._append({"t": now_ns, "n": [pid, *cut(command)]})

    def _append(self, content: dict[str, Any]) -> int:
        """Append a line.

        Returns:
            Bytes that were written.
        """
        # Surrogates, which arguments may hold, stay escapes.
        line = json.dumps(content, separators=(",", ":")).encode("ascii") + b"\n"
        if len(line) > LINE_LIMIT or self._is_over:
            return 0
        try:
            if self._descriptor < 0:
                path = self._directory / SAMPLES_NAME
                self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
                self._size = os.fstat(self._descriptor).st_size
            self._size += os.write(self._descriptor, line)
            if self._size > FILE_LIMIT:
                self._thin()
        except OSError:
            self.close()
            return 0
        return len(line)

    def _thin(self) -> None:
        """Drop every second sample and every second size; names of processes stay."""
        path = self._directory / SAMPLES_NAME
        with path.open("rb") as file:
            lines = file.read(READ_LIMIT).splitlines(keepends=True)
        kept = b"".join(thinned(lines))
        new = path.with_suffix(".new")
        new.write_bytes(kept)
        os.replace(new, path)  # noqa: PTH105 - that of `pathlib` is no clearer
        os.close(self._descriptor)
        self._descriptor = -1
        self._size = len(kept)
        first, last = (time_of(lines[index]) or 0 for index in (0, -1))
        average = (last - first) // max(1, len(lines))
        self._pause_ns = max(2 * self._pause_ns, 2 * average, 1)


class Samples:
    """The samples of a run, by time.

    Args:
        directory: The run directory; the file in it may not be there yet.
        data: The content of the file instead, of a run that is over.
    """

    def __init__(self, directory: Path | None = None, data: bytes = b"") -> None:
        self._path = None if directory is None else directory / SAMPLES_NAME
        self._identity: tuple[int, int] | None = None
        self._offset = 0
        self._rest = b""
        self._clear()
        if data:
            self._feed(data[:READ_LIMIT] + b"\n")

    def refresh(self) -> bool:
        """Read what is new; never raises.

        Returns:
            Whether anything was.
        """
        if self._path is None:
            return False
        try:
            about = self._path.stat()
            if (about.st_dev, about.st_ino) == self._identity and about.st_size == self._offset:
                return False
            with self._path.open("rb") as file:
                about = os.fstat(file.fileno())
                if (about.st_dev, about.st_ino) != self._identity or about.st_size < self._offset:
                    # It is new, or was thinned.
                    self._identity = about.st_dev, about.st_ino
                    self._offset, self._rest = 0, b""
                    self._clear()
                file.seek(self._offset)
                data = file.read(max(0, READ_LIMIT - self._offset))
        except OSError:
            return False
        self._offset += len(data)
        self._feed(data)
        return bool(data)

    def cores_at(self, time_ns: int) -> CoresSample | None:
        """The last sample of the cores until TIME_NS; None before the first one."""
        index = bisect_right(self._core_times, time_ns) - 1
        return self._cores_of(index) if index >= 0 else None

    def cores_between(self, begin_ns: int, end_ns: int) -> tuple[CoresSample, ...]:
        """All samples of the cores from BEGIN_NS to END_NS, both included, by time."""
        first, end = bisect_left(self._core_times, begin_ns), bisect_right(self._core_times, end_ns)
        found = (self._cores_of(index) for index in range(first, end))
        return tuple(sample for sample in found if sample is not None)

    def all_cores(self) -> tuple[CoresSample, ...]:
        """All samples of the cores by time."""
        return self.cores_between(-HUGE, HUGE)

    def processes_at(self, time_ns: int) -> tuple[ProcessSample, ...]:
        """The processes of the last sample until TIME_NS; empty before the first one."""
        index = bisect_right(self._process_times, time_ns) - 1
        return self._processes_of(index) if index >= 0 else ()

    def core_of(self, pid: int, time_ns: int) -> int | None:
        """The core on which that process ran last, as of TIME_NS; None if nobody knows."""
        return next((sample.cpu_number for sample in self.processes_at(time_ns) if sample.pid == pid), None)

    def process_times(self) -> Sequence[int]:
        """When processes were sampled, by time."""
        return tuple(self._process_times)

    def seen(self) -> tuple[SeenProcess, ...]:
        """All processes that any sample has, in the order in which they came."""
        while self._seen_until < len(self._process_times):
            time_ns = self._process_times[self._seen_until]
            for sample in self._processes_of(self._seen_until):
                known = self._seen.get(sample.pid)
                if known is None or (sample.command and known.command != sample.command):
                    self._seen[sample.pid] = SeenProcess(sample.pid, sample.parent, sample.command, time_ns, time_ns)
                else:
                    self._seen[sample.pid] = known._replace(last_ns=time_ns)
            self._seen_until += 1
        return tuple(self._seen.values())

    def sizes_at(self, time_ns: int) -> LogSizes:
        """How far the output had come at TIME_NS, as far as it was sampled."""
        index = bisect_right(self._size_times, time_ns) - 1
        return self._sizes[index] if index >= 0 else LogSizes()

    def missing_ns(self, stream: int, end: int) -> int | None:
        """When output was last seen not to have come as far as a place.

        Args:
            stream: Index into `LOG_NAMES`.
            end: Bytes from the beginning of that file.

        Returns:
            The time of the last sample by which it was not there; None if there is none.
        """
        index = bisect_left(self._sizes, end, key=itemgetter(stream)) - 1
        return self._size_times[index] if index >= 0 else None

    # Reading

    def _clear(self) -> None:
        self._core_times: list[int] = []
        self._core_lines: list[bytes] = []
        self._process_times: list[int] = []
        self._process_lines: list[bytes] = []
        self._commands: dict[int, list[tuple[int, tuple[str, ...]]]] = {}
        """By pid: from when on which command holds."""
        self._last_ns = -HUGE
        self._size_times: list[int] = []
        self._sizes: list[LogSizes] = []
        self._seen: dict[int, SeenProcess] = {}
        self._seen_until = 0

    def _feed(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if line.startswith(BEGIN) and len(line) <= LINE_LIMIT:
                self._take(line)

    def _take(self, line: bytes) -> None:
        time_ns = time_of(line)
        if time_ns is None or not -HUGE < time_ns < HUGE or time_ns < self._last_ns:
            return
        self._last_ns = time_ns
        if b'"p":' in line:
            # Parsed when it is wanted: only a few of thousands are.
            self._process_times.append(time_ns)
            self._process_lines.append(line)
            if b'"c":' in line:
                self._core_times.append(time_ns)
                self._core_lines.append(line)
            return
        content = parsed(line)
        named, sizes = content.get("n"), content.get("s")
        if is_list(named, 1) and is_number(named[0]) and len(self._commands) < _MOST_COMMANDS:
            command = tuple(clean(str(part), _ARGUMENT_LIMIT) for part in named[1 : _MOST_ARGUMENTS + 1])
            self._commands.setdefault(named[0], []).append((time_ns, command))
        elif is_list(sizes, len(LOG_NAMES)) and all(map(is_number, sizes)):
            before = self._sizes[-1] if self._sizes else LogSizes()
            self._size_times.append(time_ns)
            self._sizes.append(LogSizes(*map(max, sizes, before)))

    def _cores_of(self, index: int) -> CoresSample | None:
        content = parsed(self._core_lines[index])
        rows, switches, load = content.get("c"), content.get("x"), content.get("l")
        if not isinstance(rows, list):
            return None
        return CoresSample(
            time_ns=self._core_times[index],
            cores=tuple(
                CoreUsage(row[0], *(min(100.0, max(0.0, float(share))) for share in row[1:4]))
                for row in rows[:_MOST_CORES]
                if is_list(row, 4) and is_number(row[0]) and all(map(is_figure, row[1:4]))
            ),
            load=float(load) if is_figure(load) else 0.0,
            context_switches=float(switches) if is_figure(switches) else None,
        )

    def _processes_of(self, index: int) -> tuple[ProcessSample, ...]:
        rows, time_ns = parsed(self._process_lines[index]).get("p"), self._process_times[index]
        if not isinstance(rows, list):
            return ()
        return tuple(
            ProcessSample(
                pid=row[0],
                parent=number(row[1]),
                cpu_percent=max(0.0, float(row[2])) if is_figure(row[2]) else None,
                rss_bytes=number(row[3]) or 0,
                pss_bytes=number(row[4]),
                cpu_number=number(row[5]),
                is_suspended=row[6] == 1,
                command=self._command_of(row[0], time_ns),
            )
            for row in rows[:_MOST_PROCESSES]
            if is_list(row, 7) and is_number(row[0])
        )

    def _command_of(self, pid: int, time_ns: int) -> tuple[str, ...]:
        known = self._commands.get(pid, ())
        return next((command for begin, command in reversed(known) if begin <= time_ns), ())
