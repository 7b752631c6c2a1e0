"""The log of a run: what its processes logged, and what they printed.

All processes of a run append to ``stdout.log`` and ``stderr.log``. Lines of the multiprocessing log are written by the
recorder in the format of `layout`, each in one write, to ``stderr.log`` (where they may follow a program's own line
that has no end yet) or, for programs that know nothing of it, to ``log.log``; everything else is the program's own
output. A `LogFollower` reads these files in a thread of its own and puts the lines on a bounded queue: when the queue
is full, the rest waits in the files, so that nothing is lost and memory is bounded.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import deque
from pathlib import Path
from typing import NamedTuple

from ..recorder import layout
from ..text import clean

LINE_LIMIT = 4096
"""Most characters of one line; what is longer is cut."""
PIECE_LIMIT = 65_536
"""Most bytes of a line that is kept together; a longer one is shown in pieces."""

_PROCESS_LIMIT = 64
_NAMES = (("stdout.log", "out"), ("stderr.log", "err"), ("log.log", "log"))
_BLOCK = 262_144
_BATCH = 1000
"""Lines put on the queue at once."""
_BATCHES = 20
_MOST_SEEN = 1000
_QUIET_S = 0.05
_MARK = layout.LOG_MARK.encode()
_SEPARATOR = layout.LOG_SEPARATOR.encode()
_TRACEBACK = "Traceback (most recent call last):"
_FIELDS = 5  # of a line of the multiprocessing log


class LogLine(NamedTuple):
    """One line, made safe to show."""

    time_ns: int
    """When it was written; for a program's own output, when it was first seen."""
    level: int
    """As of `logging`; 0 for a program's own output."""
    stream: str
    """``log``, or the file descriptor that it was written to: ``out`` or ``err``."""
    pid: int | None
    """None where it is not known who wrote it."""
    process: str
    """Multiprocessing's name of the process; "" if not known."""
    text: str


class LogParser:
    """Turns the bytes of one file into lines, as they come.

    Args:
        stream: What a program's own lines are called: ``out`` or ``err``.
    """

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._rest = b""

    @property
    def waiting(self) -> bytes:
        """What was read of a line that has no end yet."""
        return self._rest

    def feed(self, data: bytes, time_ns: int) -> list[LogLine]:
        """Parse more bytes.

        Args:
            data: What follows the bytes that were fed before.
            time_ns: The time of a program's own lines.

        Returns:
            The lines that are complete by now.
        """
        *ended, rest = (self._rest + data).split(b"\n")
        lines: list[LogLine] = []
        for line in ended:
            self._parse(line, time_ns, lines)
        while len(rest) > PIECE_LIMIT:
            self._parse(rest[:PIECE_LIMIT], time_ns, lines)
            rest = rest[PIECE_LIMIT:]
        self._rest = rest
        return lines

    def finish(self, time_ns: int) -> list[LogLine]:
        """Return the line that was begun and will not be ended any more."""
        lines: list[LogLine] = []
        if self._rest:
            self._parse(self._rest, time_ns, lines)
            self._rest = b""
        return lines

    def _parse(self, line: bytes, time_ns: int, lines: list[LogLine]) -> None:
        if _MARK not in line:
            lines.append(self._own(line, time_ns))
            return
        before, *marked = line.split(_MARK)
        if before:
            lines.append(self._own(before, time_ns))
        lines.extend(_logged(part) or self._own(_MARK + part, time_ns) for part in marked)

    def _own(self, line: bytes, time_ns: int) -> LogLine:
        # What a terminal would show of a progress bar: the text after the last return to the line's begin.
        if b"\r" in line:
            line = line.rstrip(b"\r").rpartition(b"\r")[2]
        return LogLine(time_ns, 0, self._stream, None, "", clean(line, LINE_LIMIT))


def parse_log(data: bytes, stream: str, time_ns: int = 0) -> list[LogLine]:
    """Parse the whole content of ``stdout.log`` or ``stderr.log``.

    Args:
        data: The content.
        stream: What a program's own lines are called: ``out`` or ``err``.
        time_ns: The time of a program's own lines.
    """
    parser = LogParser(stream)
    return parser.feed(data, time_ns) + parser.finish(time_ns)


def last_exception(directory: Path) -> str:
    """The exception with which a program of that run directory ended, in one line; "" if it printed none."""
    try:
        with (directory / "stderr.log").open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - PIECE_LIMIT))
            own = [line.text for line in parse_log(file.read(), "err") if line.level == 0 and line.text]
    except OSError:
        return ""
    return own[-1] if own and _TRACEBACK in own else ""


def _logged(part: bytes) -> LogLine | None:
    """Read what follows a mark; None if it is not a line of ours."""
    fields = part.split(_SEPARATOR, _FIELDS - 1)
    if len(fields) < _FIELDS:
        return None
    when, level, pid, process, text = fields
    if not (when.isdigit() and level.isdigit() and pid.isdigit() and max(map(len, (when, level, pid))) < 20):
        return None
    return LogLine(
        int(when),
        int(level),
        "log",
        int(pid),
        clean(_unescaped(process), _PROCESS_LIMIT),
        clean(_unescaped(text), LINE_LIMIT),
    )


def _unescaped(text: bytes) -> bytes:
    if b"\\" not in text:
        return text
    parts = text.split(rb"\\")
    return b"\\".join([part.replace(rb"\n", b"\n").replace(rb"\r", b"\r") for part in parts])


class _File:
    """One of the files of a run, read from its beginning to its end."""

    def __init__(self, path: Path, stream: str) -> None:
        self._path = path
        self._parser = LogParser(stream)
        self._descriptor = -1
        self._offset = 0
        self._seen: list[tuple[int, int]] = []
        """How far the file had come and when, as far as it was not read yet."""
        self._size = self._last_ns = 0
        """As it was seen last."""

    def look(self) -> None:
        """Note how far the file has come: it may take a while until its lines are read."""
        try:
            if self._descriptor < 0:
                self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            size = os.fstat(self._descriptor).st_size
        except OSError:
            return
        if size > self._size:
            self._size, self._last_ns = size, time.perf_counter_ns()
            self._seen.append((size, self._last_ns))
            if len(self._seen) > _MOST_SEEN:
                self._seen = self._seen[1::2]

    def read(self) -> tuple[list[LogLine], bool]:
        """Read the next block.

        Returns:
            The lines that were completed by it, and whether there was anything to read.
        """
        self.look()
        while self._seen and self._seen[0][0] <= self._offset:
            del self._seen[0]
        if not self._seen:
            return [], False
        end, seen_ns = self._seen[0]
        try:
            data = os.read(self._descriptor, min(_BLOCK, end - self._offset))
        except OSError:
            return [], False
        self._offset += len(data)
        return (self._parser.feed(data, seen_ns), True) if data else ([], False)

    def close(self) -> list[LogLine]:
        """Let go of the file; what is left of a line without an end comes out."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        return self._parser.finish(self._last_ns)


class _Reader:
    """Reads the runs' files one block at a time, one run after the other. Not thread-safe."""

    def __init__(self) -> None:
        self._files: list[_File] = []
        self.directories: deque[Path] = deque()
        """Of the runs to come."""

    def look(self) -> None:
        """Note how far the files have come."""
        for file in self._files:
            file.look()

    def read(self) -> tuple[list[LogLine], bool]:
        """Read a block of each file, or go on to the next run at their ends.

        Returns:
            Lines, and whether there may be more at once.
        """
        lines: list[LogLine] = []
        is_more = False
        # Asked before reading: what was written until then is read, and what comes between belongs to the next look.
        is_next_wanted = bool(self.directories)
        for file in self._files:
            new, was_something = file.read()
            lines += new
            is_more = is_more or was_something
        if not is_more and is_next_wanted:
            lines += self.close()
            directory = self.directories.popleft()
            self._files = [_File(directory / name, stream) for name, stream in _NAMES]
            return lines, True
        return lines, is_more

    def close(self) -> list[LogLine]:
        """Close the files; lines without an end come out."""
        lines = [line for file in self._files for line in file.close()]
        self._files = []
        return lines


class LogFollower:
    """Follows the log of a run, and then of the next one, in a thread.

    Lines are taken with `drain`, by one thread. What was not read yet when the follower is stopped, or told to follow
    another run, is not lost: it still comes out of `drain`, before anything newer.

    Args:
        directory: Run directory to begin with; None to wait for `follow`.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._reader = _Reader()
        self._queue: queue.Queue[list[LogLine]] = queue.Queue(_BATCHES)
        self._pending: list[LogLine] = []
        """Read, but not on the queue yet; the thread's own until it ended."""
        self._taken: list[LogLine] = []
        """Off the queue, but beyond what was asked for; in reverse order."""
        self._wake = threading.Event()
        self._is_stopped = False
        if directory is not None:
            self._reader.directories.append(directory)
        self._thread = threading.Thread(target=self._run, name="log follower", daemon=True)
        self._thread.start()

    def follow(self, directory: Path) -> None:
        """Go on to the run in DIRECTORY, once the files of the run before are read to their ends."""
        self._reader.directories.append(directory)
        self._wake.set()

    def drain(self, limit: int) -> list[LogLine]:
        """Take at most LIMIT lines, oldest first; does not wait for any."""
        lines: list[LogLine] = []
        while len(lines) < limit:
            if not self._taken and not self._fetch():
                break
            while self._taken and len(lines) < limit:
                lines.append(self._taken.pop())
        return lines

    def stop(self) -> None:
        """End the thread; what it has not read yet is left to `drain`."""
        self._is_stopped = True
        self._wake.set()
        self._thread.join()

    def _fetch(self) -> bool:
        """Make more lines ready to be taken; False if there are none now."""
        try:
            self._taken = self._queue.get_nowait()[::-1]
        except queue.Empty:
            if not self._is_stopped:
                return False
            self._read_rest()
        self._wake.set()
        return bool(self._taken)

    def _read_rest(self) -> None:
        """After the thread's end: read on where it stopped."""
        lines, self._pending = self._pending, []
        is_more = True
        while not lines and is_more:
            lines, is_more = self._reader.read()
        if not lines:
            lines = self._reader.close()
        self._taken = lines[::-1]

    def _run(self) -> None:
        while not self._is_stopped:
            self._wake.clear()
            is_more = False
            if not self._pending:
                self._pending, is_more = self._reader.read()
            else:
                self._reader.look()
            self._put()
            if not is_more or self._pending:
                self._wake.wait(_QUIET_S)

    def _put(self) -> None:
        """Put what is pending on the queue, as far as there is room."""
        while self._pending:
            try:
                self._queue.put_nowait(self._pending[:_BATCH])
            except queue.Full:
                return
            self._pending = self._pending[_BATCH:]
