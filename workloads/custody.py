"""What the guardian and its user interface both need: finding processes, ending them, and talking to each other.

Standard library only, and as little of it as possible: the guardian starts with this. Messages are words between NULs
behind a length of four bytes; paths and environments are bytes, and are best left so.
"""

from __future__ import annotations

import os
import sys
from time import monotonic

TYPE_CHECKING = False  # `typing` would cost milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

TRACKER_GRACE = 0.3
"""Seconds that a resource tracker has to remove shared memory, once all others are gone."""
LAST_RESORT = 5.0
"""Seconds after which a process that cannot even be killed is left to the kernel."""
TICK = 0.005
"""Seconds between two looks at processes that are about to end."""
_SEMAPHORES = (b"/dev/shm/sem.mp-", b"/dev/shm/sem.loky-")
"""How those begin of multiprocessing and of loky, which joblib uses."""
_LOOKED_AT = 8
"""Processes whose semaphores are looked up: of a thousand workers a few are enough."""
_TRACKERS = (
    b"multiprocessing.resource_tracker",
    b"multiprocess.resource_tracker",
    b"loky.backend.resource_tracker",
)
_LONGEST_COMMAND = 2_000

_PROC = "/proc"
SIGKILL = 9
DEATH_SIGNAL = 1
_SUBREAPER = 36
"""Options of prctl(2)."""


def prctl(option: int, value: int) -> bool:
    """Make the system call of that name; False where there is none, or if it failed."""
    if sys.platform != "linux":
        return False
    try:
        # What `ctypes` does in the end; itself it takes as long to import as all of the guardian.
        import _ctypes

        address = _ctypes.dlsym(_ctypes.dlopen(None, 0), "prctl")  # type: ignore[arg-type]
        return bool(_ctypes.call_function(address, (option, value, 0, 0, 0)) == 0)
    except (ImportError, AttributeError, OSError):
        import ctypes

        return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)


def adopt_orphans(wanted: bool = True) -> bool:
    """Have orphaned descendants become our children rather than init's; False where that is impossible."""
    return prctl(_SUBREAPER, int(wanted))


def descendants(roots: Iterable[int]) -> list[int]:
    """List the processes below ROOTS, parents before their children."""
    found: list[int] = []
    pending = list(roots)
    list_children = _way_to_children()
    while pending:
        new = [child for pid in pending for child in list_children(pid)]
        found += new
        pending = new
    return found


def children(pid: int) -> list[int]:
    """List the children of a process, whichever of its threads started them; empty where there is no /proc."""
    return _way_to_children()(pid) if os.path.exists(_PROC) else []  # noqa: PTH110


def _way_to_children() -> Callable[[int], list[int]]:
    if os.path.exists(f"{_PROC}/thread-self/children"):  # noqa: PTH110
        return _children_of_threads
    return _children_from_stat() if os.path.exists(_PROC) else _children_from_ps()  # noqa: PTH110


def _children_of_threads(pid: int) -> list[int]:
    tasks = f"{_PROC}/{pid}/task"
    try:
        # Its links are the directories in it, `.` and `..` included: most processes have a single thread.
        threads = [pid] if os.stat(tasks).st_nlink == 3 else os.listdir(tasks)  # noqa: PTH116, PTH208
    except OSError:
        return []
    return [int(child) for thread in threads for child in _read(f"{tasks}/{thread}/children").split()]


def _children_from_stat() -> Callable[[int], list[int]]:
    """Ask every process for its parent: not every kernel lists children."""
    below: dict[int, list[int]] = {}
    for name in os.listdir(_PROC):  # noqa: PTH208
        # The name of a process stands in parentheses, and may hold anything.
        fields = _read(f"{_PROC}/{name}/stat").rpartition(b")")[2].split(None, 2) if name.isdigit() else ()
        if len(fields) == 3:
            below.setdefault(int(fields[1]), []).append(int(name))
    return lambda pid: below.get(pid, [])


def _children_from_ps() -> Callable[[int], list[int]]:
    below: dict[int, list[int]] = {}
    for line in os.popen("ps -axo ppid=,pid=").read().splitlines():  # noqa: S605, S607 - macOS has no /proc
        parent, pid = map(int, line.split())
        below.setdefault(parent, []).append(pid)
    return lambda pid: below.get(pid, [])


def _read(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    content = b""
    try:
        while data := os.read(descriptor, 1 << 16):
            content += data
    except OSError:
        return b""
    finally:
        os.close(descriptor)
    return content


def is_tracker(pid: int) -> bool:
    """Whether it is a resource tracker of multiprocessing or loky: it removes shared memory once it is alone."""
    command = _read(f"/proc/{pid}/cmdline")
    return any(tracker in command for tracker in _TRACKERS)


def _semaphores_of(pid: int) -> list[bytes]:
    """List the named semaphores of multiprocessing and loky that a process uses and that still have their names."""
    paths = [line.rpartition(b" ")[2] for line in _read(f"/proc/{pid}/maps").splitlines()]
    return [path for path in paths if path.startswith(_SEMAPHORES)]


def command_of(pid: int) -> list[bytes]:
    """Return the command line of a process; empty if it is gone."""
    words = _read(f"{_PROC}/{pid}/cmdline")[:_LONGEST_COMMAND].split(b"\0")
    return words[:-1] if words[-1] == b"" else words


def state_of(pid: int) -> bytes:
    """Return the letter that the kernel has for the state of a process, such as T for stopped; b"" if it is gone."""
    return _read(f"{_PROC}/{pid}/stat").rpartition(b")")[2].strip()[:1]


def open_descriptors() -> list[int]:
    """List the file descriptors that this process has open."""
    for directory in (f"{_PROC}/self/fd", "/dev/fd"):
        try:
            return [descriptor for name in os.listdir(directory) if _is_open(descriptor := int(name))]  # noqa: PTH208
        except OSError:
            continue
    return [descriptor for descriptor in range(256) if _is_open(descriptor)]


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False  # the one that was used to look
    return True


def send_signal(pid: int, number: int) -> None:
    """Send a signal to a process that may be gone already."""
    try:
        os.kill(pid, number)
    except OSError:
        return


class Clearance:
    """Kills processes until none is left; the resource tracker is given a moment at the end, to tidy up.

    What it does not manage, because somebody killed it too or the machine is too busy, is done by `tidy`.

    Attributes:
        is_over: Whether it gave up.
    """

    def __init__(self, find: Callable[[], list[int]]) -> None:
        self.is_over = False
        self._semaphores: set[bytes] = set()
        self._find = find
        self._begun = monotonic()
        self._alone_since: float | None = None
        self._is_first = True

    def press_on(self) -> bool:
        """Kill what is there now; call it again and again, reaping in between.

        Returns:
            Whether nothing was found, or nothing can be done about it.
        """
        now = monotonic()
        pids = self._find()
        self.is_over = now - self._begun > LAST_RESORT
        if not pids or self.is_over:
            return True
        trackers = {pid for pid in pids if is_tracker(pid)}
        others = [pid for pid in pids if pid not in trackers]
        if others:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now
        if self._alone_since is not None and now - self._alone_since > TRACKER_GRACE:
            others = pids
        if self._is_first and others:
            # Those that share a pool have mapped the same ones.
            self._is_first = False
            self._semaphores = {name for pid in others[:_LOOKED_AT] for name in _semaphores_of(pid)}
        for pid in others:
            send_signal(pid, SIGKILL)
        return False

    def tidy(self) -> None:
        """Remove the semaphores of processes that are gone, if the resource tracker has not."""
        for name in self._semaphores:
            try:
                os.unlink(name)  # noqa: PTH108
            except OSError:
                continue


def remove_tree(path: str) -> None:
    """Remove a directory and all that is in it, as far as possible; links are not followed."""
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                try:
                    if entry.is_dir(follow_symlinks=False):
                        os.chmod(entry.path, 0o700)  # noqa: PTH101
                        remove_tree(entry.path)
                    else:
                        os.unlink(entry.path)  # noqa: PTH108
                except OSError:
                    continue
        os.rmdir(path)  # noqa: PTH106
    except OSError:
        return


def pack(words: Iterable[bytes]) -> bytes:
    """Make a message of words, none of which may hold a NUL."""
    body = b"\0".join(words)
    return len(body).to_bytes(4, "little") + body


def unpack(buffer: bytearray) -> Iterator[list[bytes]]:
    """Take the complete messages out of a buffer."""
    while len(buffer) >= 4:
        end = 4 + int.from_bytes(buffer[:4], "little")
        if len(buffer) < end:
            return
        words = bytes(buffer[4:end]).split(b"\0")
        del buffer[:end]
        yield words
