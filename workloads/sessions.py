"""Session directories: where runs are kept while a user interface lives, and how those of the dead are found.

A session's ``owner`` file is locked by the user interface and by its guardian, through one open file that both hold.
Where nobody holds the lock, neither is left, and whoever comes next removes the directory. Workers may be left if both
were killed in the same moment, together with the runner, and these are ended then.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from .custody import TICK, Clearance, remove_tree
from .recorder.settings import RECORDER_VARIABLE

RUNTIME_VARIABLE = "POOLSCOPE_RUNTIME_DIRECTORY"
_OWNER = "owner"
_ROOM = 256 * 1024 * 1024
"""Bytes that should be free where runs are recorded."""


class Session:
    """One session directory, locked.

    Attributes:
        directory: Path of it; mode 0700, with nothing in it but the ``owner`` file.
        lock: File descriptor that holds the lock.
    """

    def __init__(self, directory: str, lock: int) -> None:
        self.directory = directory
        self.lock = lock

    @classmethod
    def create(cls) -> Session:
        """Make a session directory where there is room, and remove those that nobody owns any more.

        Raises:
            UsageError: If there is no place for it.
        """
        from fcntl import LOCK_EX, LOCK_NB, flock

        base = _base()
        _sweep(base)
        name = f"poolscope-{os.getuid()}-{os.urandom(6).hex()}"
        new, directory = f"{base}/.{name}", f"{base}/{name}"
        try:
            os.mkdir(new, mode=0o700)  # noqa: PTH102
            lock = os.open(f"{new}/{_OWNER}", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            flock(lock, LOCK_EX | LOCK_NB)
            # Under its name it is locked from the first moment.
            os.rename(new, directory)  # noqa: PTH104
        except OSError as error:
            remove_tree(new)
            raise _unusable(base, error) from None
        return cls(directory, lock)

    def remove(self) -> None:
        """Remove the directory, unless the guardian has done so, and let go of the lock."""
        if self.lock >= 0:
            remove_tree(self.directory)
            os.close(self.lock)
            self.lock = -1


def is_of_session(pid: int, directory: str) -> bool:
    """Whether a process belongs to a run of the session in that directory, as the environment of each of them says."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
            variables = file.read().split(b"\0")
    except OSError:
        return False
    begin, name = f"{RECORDER_VARIABLE}=".encode(), os.fsencode(f"/{os.path.basename(directory)}/")  # noqa: PTH119
    return any(variable.startswith(begin) and name in variable for variable in variables)


def _unusable(base: str, error: OSError) -> Exception:
    from .errors import UsageError
    from .text import clean

    reason = (error.strerror or "it cannot be used").lower()
    return UsageError(
        f"Runs cannot be recorded in {clean(base, 200)}: {reason}; set {RUNTIME_VARIABLE} to a directory that can."
    )


def _base() -> str:
    """Choose where session directories are made: in memory, if there is enough of it."""
    chosen = os.environ.get(RUNTIME_VARIABLE)
    if chosen:
        try:
            return os.path.abspath(chosen)  # noqa: PTH100
        except OSError as error:  # the current directory is gone
            raise _unusable(chosen, error) from None
    candidates = [os.environ.get("XDG_RUNTIME_DIR"), "/dev/shm" if sys.platform == "linux" else None]  # noqa: S108
    for candidate in candidates:
        if candidate and candidate.startswith("/") and _has_room(candidate):
            return candidate
    from tempfile import gettempdir

    try:
        return gettempdir()
    except OSError:
        from .errors import UsageError

        raise UsageError(
            f"There is no directory here in which runs could be recorded; set {RUNTIME_VARIABLE} to one."
        ) from None


def _has_room(path: str) -> bool:
    try:
        room = os.statvfs(path)
    except OSError:
        return False
    return room.f_bavail * room.f_frsize >= _ROOM and os.access(path, os.W_OK | os.X_OK)


def _sweep(base: str) -> None:
    """Remove this user's session directories that nobody owns any more."""
    prefixes = (f"poolscope-{os.getuid()}-", f".poolscope-{os.getuid()}-")
    with suppress(OSError), os.scandir(base) as entries:
        for entry in entries:
            if entry.name.startswith(prefixes):
                with suppress(OSError):
                    _sweep_one(entry)


def _sweep_one(entry: os.DirEntry[str]) -> None:
    from fcntl import LOCK_EX, LOCK_NB, flock

    about = entry.stat(follow_symlinks=False)
    if not entry.is_dir(follow_symlinks=False) or about.st_uid != os.getuid():
        return
    if entry.name.startswith("."):
        from time import time

        # Being made right now, unless its maker died in between.
        if time() - about.st_mtime > 60:
            remove_tree(entry.path)
        return
    try:
        owner = os.open(f"{entry.path}/{_OWNER}", os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        remove_tree(entry.path)  # half removed already
        return
    try:
        flock(owner, LOCK_EX | LOCK_NB)
        _end_processes_of(entry.path)
        remove_tree(entry.path)
    finally:
        os.close(owner)


def _end_processes_of(directory: str) -> None:
    from time import sleep

    clearance = Clearance(lambda: [pid for pid in _all_processes() if is_of_session(pid, directory)])
    while not clearance.press_on():
        sleep(TICK)
    clearance.tidy()


def _all_processes() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208
    except OSError:
        return []
