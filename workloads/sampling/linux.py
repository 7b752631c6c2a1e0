"""The fast way to look at processes on Linux: one read of one kept-open file a process and sweep.

``/proc/<pid>/stat`` holds the state, the parent, CPU time, the core, and the resident size at once. An open one never
shows another process that got the same pid: it answers "no such process" once its own is gone. New processes are found
as the guardian finds them (see `custody`), so what else the machine does costs nothing.

The proportional set size makes the kernel walk all pages of a process, with its memory map locked, so it is read
rarely: never more than `_PSS_BUDGET_NS` a sweep, and each process no more often than costs it a hundredth of its time.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from errno import EMFILE, ENFILE
from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit
from typing import NamedTuple

from ..custody import descendants
from ..model import ProcessSample
from .processes import clean_command

_STAT_BYTES = 1_024
_COMMAND_BYTES = 65_536
_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MOST_KEPT_OPEN = 1_024
_TOO_MANY_FILES = (EMFILE, ENFILE)
_PSS_BUDGET_NS = 2_000_000
_PSS_EVERY_NS = 2_000_000_000
_PSS_SHARE = 100


class Stat(NamedTuple):
    """What we want of ``/proc/<pid>/stat``."""

    state: str
    """R runs, S sleeps, D waits for a disk, T suspended, t traced, Z ended but not reaped, X gone."""
    parent: int
    ticks: int
    """User and system time, in clock ticks."""
    started: int
    """Clock ticks after the machine's start: with the pid, the process's identity."""
    resident_pages: int
    core: int


def parse_stat(text: bytes) -> Stat | None:
    """Read one ``/proc/<pid>/stat``; None where it makes no sense.

    The name of the process, in parentheses, may itself hold anything, parentheses and spaces included.
    """
    fields = text[text.rfind(b")") + 1 :].split(None, 37)
    try:
        return Stat(
            state=fields[0].decode("ascii"),
            parent=int(fields[1]),
            ticks=int(fields[11]) + int(fields[12]),
            started=int(fields[19]),
            resident_pages=max(0, int(fields[21])),
            core=int(fields[36]),
        )
    except (IndexError, ValueError):
        return None


def parse_pss(text: bytes) -> int | None:
    """Read the proportional set size in bytes from ``smaps_rollup``; None where there is none."""
    _, found, rest = text.partition(b"\nPss:")
    words = rest.split(None, 1)
    return int(words[0]) * 1024 if found and words and words[0].isdigit() else None


@dataclass
class _Known:
    """A descendant, as it was seen last."""

    pid: int
    file: int | None
    """Its open stat file; None if we have too many open already."""
    stat: Stat
    ticks_ns: int
    """When `stat` was read."""
    text: bytes = b""
    """What was read then."""
    cpu_percent: float | None = None
    sweeps: int = 0
    command: tuple[str, ...] = ()
    pss: int | None = None
    pss_due_ns: int = 0
    sample: ProcessSample | None = None
    """What was made of all this; None when it changed."""


def _most_kept_open() -> int:
    """How many files may be kept open: a quarter of what this process may have at most."""
    soft, _ = getrlimit(RLIMIT_NOFILE)
    return _MOST_KEPT_OPEN if soft == RLIM_INFINITY else min(_MOST_KEPT_OPEN, soft // 4)


@dataclass
class LinuxSweeper:
    """Looks at a process and its descendants through ``/proc``."""

    _known: dict[int, _Known] = field(default_factory=dict)
    _root: int | None = None
    _most_kept_open: int = field(default_factory=_most_kept_open)

    def sweep(self, root: int) -> tuple[ProcessSample, ...]:
        """Look at ROOT and its descendants."""
        if root != self._root:
            self.close()
            self._root = root
        now_ns = time.perf_counter_ns()
        for known in list(self._known.values()):
            if not self._refresh(known):
                self._forget(known)
        self._find_new(root)
        tree = self._tree(root)
        for known in [known for known in self._known.values() if known.pid not in tree]:
            self._forget(known)
        self._measure_pss(now_ns)
        return tuple(_sample(self._known[pid]) for pid in tree)

    def close(self) -> None:
        """Close all files and forget all processes."""
        for known in list(self._known.values()):
            self._forget(known)
        self._root = None

    def _forget(self, known: _Known) -> None:
        if known.file is not None:
            os.close(known.file)
        del self._known[known.pid]

    def _refresh(self, known: _Known) -> bool:
        """Read a known process again; False if it ended."""
        try:
            text = _read(f"/proc/{known.pid}/stat") if known.file is None else os.pread(known.file, _STAT_BYTES, 0)
        except OSError as error:
            return error.errno in _TOO_MANY_FILES  # then it is as it was, as far as we can tell
        now_ns = time.perf_counter_ns()
        known.sweeps += 1
        if known.sweeps == 1:
            known.command, known.sample = _command(known.pid), None
        if text == known.text:  # it did nothing at all
            if known.cpu_percent:
                known.cpu_percent, known.sample = 0.0, None
            known.ticks_ns = now_ns
            return True
        stat = parse_stat(text)
        if stat is None or stat.state in "ZX" or stat.started != known.stat.started:
            return False
        elapsed_ns = now_ns - known.ticks_ns
        if elapsed_ns > 0:
            known.cpu_percent = max(0.0, 100 * (stat.ticks - known.stat.ticks) * _TICK_NS / elapsed_ns)
        known.text, known.stat, known.ticks_ns, known.sample = text, stat, now_ns, None
        return True

    def _find_new(self, root: int) -> None:
        """Find descendants that were not there before."""
        new = {}
        for pid in {root, *descendants([root])} - self._known.keys():
            try:
                stat = parse_stat(_read(f"/proc/{pid}/stat"))
            except OSError:
                continue
            if stat is not None and stat.state not in "ZX":
                new[pid] = stat
        # Only now, because those that are adopted keep files open, of which there may be too few.
        for pid, stat in new.items():
            self._adopt(pid, stat)

    def _adopt(self, pid: int, stat: Stat) -> None:
        file = None
        try:
            if len(self._known) < self._most_kept_open:
                file = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            if error.errno not in _TOO_MANY_FILES:
                return  # it is gone
        known = _Known(pid, file, stat, time.perf_counter_ns())
        self._known[pid] = known
        if not self._refresh(known):
            self._forget(known)
            return
        # Nothing can be said of a moment, and the command may be that of its parent, between fork and exec.
        known.cpu_percent, known.sweeps = None, 0
        known.text = b""

    def _tree(self, root: int) -> list[int]:
        """List the known processes that descend from ROOT, itself first, each after its parent."""
        if root not in self._known:
            return []
        children: dict[int, list[int]] = {}
        for pid, known in self._known.items():
            if pid != root:
                children.setdefault(known.stat.parent, []).append(pid)
        tree = [root]
        for pid in tree:  # it grows on the way
            tree += sorted(children.get(pid, ()))
        return tree

    def _measure_pss(self, now_ns: int) -> None:
        """Read the proportional set size of those whose turn it is, the longest waiting first."""
        due = sorted((known for known in self._known.values() if known.pss_due_ns <= now_ns), key=_pss_due)
        spent_ns = 0
        for known in due:
            if spent_ns >= _PSS_BUDGET_NS:
                break
            begun_ns = time.thread_time_ns()  # what it costs is not how long a busy machine lets us wait
            known.sample = None
            try:
                known.pss = parse_pss(_read(f"/proc/{known.pid}/smaps_rollup"))
            except OSError:  # not ours to see, or not in this kernel
                known.pss = None
            cost_ns = time.thread_time_ns() - begun_ns
            known.pss_due_ns = now_ns + max(_PSS_EVERY_NS, _PSS_SHARE * cost_ns)
            spent_ns += cost_ns


def _pss_due(known: _Known) -> int:
    return known.pss_due_ns


def _sample(known: _Known) -> ProcessSample:
    if known.sample is None:
        known.sample = ProcessSample(
            pid=known.pid,
            parent=known.stat.parent,
            cpu_percent=known.cpu_percent,
            rss_bytes=known.stat.resident_pages * _PAGE,
            pss_bytes=known.pss,
            cpu_number=known.stat.core,
            is_suspended=known.stat.state == "T",
            command=known.command,
        )
    return known.sample


def _command(pid: int) -> tuple[str, ...]:
    try:
        text = _read(f"/proc/{pid}/cmdline")
    except OSError:
        return ()
    return clean_command([os.fsdecode(part) for part in text.rstrip(b"\0").split(b"\0")]) if text else ()


def _read(path: str) -> bytes:
    """Read the beginning of a small file of the kernel's in one go."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, _COMMAND_BYTES)
    finally:
        os.close(descriptor)
