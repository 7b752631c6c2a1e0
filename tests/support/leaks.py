"""Proves that a test left nothing behind: no process, no shared memory, no session directory.

A process belongs to a test if it descends from the test process, or if it was started with the test's own value of
`MARKER` in its environment; the second finds those whose parents are dead.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from support.patience import PROMISE, wait_for

MARKER = "POOLSCOPE_TEST"
SHARED_MEMORY = Path("/dev/shm")
SEMAPHORES = ("sem.mp-", "sem.loky-")
LONGEST_SLAUGHTER = 300.0
"""Seconds that a slaughter takes at most."""
OURS = (*SEMAPHORES, "psm_", "pym-", "pymp-", "poolscope")
"""How the names begin that multiprocessing and the program give to what they put there."""
HELPERS = (b"multiprocessing.resource_tracker", b"multiprocessing.forkserver")
"""Helpers of the test process's own multiprocessing live as long as it does; only its direct children are meant."""


NEIGHBOURS = 5


@dataclass(frozen=True)
class Process:
    """One living process, as /proc shows it."""

    pid: int
    parent: int
    state: str
    command: bytes

    def __str__(self) -> str:
        words = self.command.replace(b"\0", b" ").decode(errors="replace").strip()
        return f"process {self.pid} (parent {self.parent}, state {self.state}): {words[:200] or '?'}"


def living() -> dict[int, Process]:
    """Return every process that is not a zombie, by pid."""
    found = {}
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            fields = Path(entry.path, "stat").read_text(errors="replace").rpartition(")")[2].split()
            if fields[0] not in "ZX":
                pid = int(entry.name)
                found[pid] = Process(pid, int(fields[1]), fields[0], Path(entry.path, "cmdline").read_bytes())
    return found


def is_alive(pid: int) -> bool:
    """Whether PID is a process that still runs; a zombie does not."""
    return pid in living()


def descendants(root: int, processes: dict[int, Process]) -> set[int]:
    """Return the pids below ROOT."""
    children: dict[int, list[int]] = {}
    for process in processes.values():
        children.setdefault(process.parent, []).append(process.pid)
    found: set[int] = set()
    todo = list(children.get(root, ()))
    while todo:
        pid = todo.pop()
        found.add(pid)
        todo.extend(children.get(pid, ()))
    return found


def marked(marker: str, processes: Iterable[int]) -> Iterator[int]:
    """Yield those of PROCESSES that were started with MARKER in their environment."""
    wanted = f"{MARKER}={marker}".encode()
    for pid in processes:
        with suppress(OSError):
            if wanted in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                yield pid


def processes_of(marker: str) -> dict[int, Process]:
    """Return the living processes of the test whose marker is MARKER, except the test process itself."""
    everything = living()
    own = os.getpid()
    pids = descendants(own, everything) | set(marked(marker, everything))
    pids -= {own, *descendants_of_others(own, everything)}
    return {
        pid: process
        for pid, process in everything.items()
        if pid in pids and not (process.parent == own and any(helper in process.command for helper in HELPERS))
    }


def descendants_of_others(own: int, processes: dict[int, Process]) -> set[int]:
    """Return ancestors of the test process; they may carry a marker when tests run inside a test."""
    above = set()
    pid = own
    while pid in processes and processes[pid].parent > 0:
        pid = processes[pid].parent
        above.add(pid)
    return above


def shared_memory() -> set[str]:
    """Return the names in /dev/shm that no living process has mapped or works in.

    What somebody maps is either in use by a program that has nothing to do with the test, or comes to light as a
    process that was left.
    """
    names = _names()
    return names - _in_use(names) if names else names


def _names() -> set[str]:
    if not SHARED_MEMORY.is_dir():
        return set()
    return {path.name for path in SHARED_MEMORY.iterdir() if path.name.startswith(OURS)}


def _in_use(names: set[str]) -> set[str]:
    """Return those of NAMES that a living process has mapped, or names in its command line.

    A semaphore is mapped under the passing name that it was made with, so it is known by its inode.
    """
    inodes = {}
    for name in names:
        with suppress(OSError):
            inodes[name] = str((SHARED_MEMORY / name).stat().st_ino).encode()
    used: set[str] = set()
    for pid in living():
        with suppress(OSError):
            mapped = {fields[4] for fields in map(bytes.split, _maps_of(pid)) if len(fields) > 5}
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            used |= {name for name, inode in inodes.items() if inode in mapped or _path_of(name) in words}
    return used


def _maps_of(pid: int) -> list[bytes]:
    """Return the lines of what PID has mapped that lie in shared memory."""
    beginning = f"{SHARED_MEMORY}/".encode()
    return [line for line in Path(f"/proc/{pid}/maps").read_bytes().splitlines() if beginning in line]


def _path_of(name: str) -> bytes:
    return f"{SHARED_MEMORY}/{name}".encode()


@contextmanager
def slaughter() -> Iterator[None]:
    """Have processes killed that may be making a semaphore, which then keeps its name for ever.

    Nobody can tell whose such a semaphore is, so tests that run side by side are told not to look for any meanwhile;
    what is left at the end is removed.
    """
    before = _names()
    sign = _sign()
    sign.touch()
    os.utime(sign, (time.time(), time.time() + LONGEST_SLAUGHTER))
    try:
        yield
    finally:
        for name in shared_memory() - before:
            if name.startswith(SEMAPHORES):
                (SHARED_MEMORY / name).unlink(missing_ok=True)
        os.utime(sign)


def _sign() -> Path:
    return Path(tempfile.gettempdir()) / f"poolscope-tests-slaughter-{os.getuid()}"


def _last_slaughter() -> float:
    """When the last slaughter ended, or when it will have at the latest; 0 if there was none."""
    try:
        return _sign().stat().st_mtime
    except OSError:
        return 0.0


def _last(look: Callable[[], list[str]], deadline: float) -> list[str]:
    """LOOK until nothing is found or DEADLINE seconds have passed; return what was found last."""
    found: list[str] = []

    def is_clean() -> bool:
        found[:] = look()
        return not found

    wait_for(is_clean, deadline)
    return found


class Watch:
    """What was there before a test, and so what the test left."""

    def __init__(self, marker: str, runtime_directory: Path) -> None:
        self.marker = marker
        self.runtime_directory = runtime_directory
        self._processes = set(processes_of(marker))
        self._shared_memory = _names()
        self._begun = time.time()

    def ignore(self, *pids: int) -> None:
        """Do not count PIDS: the test knows of them and will see to them itself."""
        self._processes.update(pids)

    def left(self) -> list[str]:
        """Name every process and session directory that is there now and was not before."""
        found = [str(process) for pid, process in processes_of(self.marker).items() if pid not in self._processes]
        if self.runtime_directory.is_dir():
            found += [f"directory {path}" for path in sorted(self.runtime_directory.iterdir())]
        return found

    def left_in_memory(self) -> list[str]:
        """Name the shared memory that nobody uses and that was not there before, whoever made it."""
        found = shared_memory() - self._shared_memory
        if _last_slaughter() >= self._begun:
            found = {name for name in found if not name.startswith(SEMAPHORES)}
        return [f"shared memory {name}" for name in sorted(found)]

    def wait(self, deadline: float = PROMISE) -> list[str]:
        """Wait until nothing is left; after DEADLINE seconds return what still is.

        Shared memory has no owner that could be asked, and tests run side by side: it gets the time that a
        neighbour's clearing up takes too.
        """
        return _last(self.left, deadline) or _last(self.left_in_memory, deadline * NEIGHBOURS)

    def clean(self) -> None:
        """End the processes that were left, so that one test's leak is not the next one's trouble."""
        for pid in processes_of(self.marker):
            if pid not in self._processes:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
