"""The recordings of the last runs, kept in the user's data directory: one file each, named by its identity.

A file appears under its name when it is whole. Instances do not wait for each other: each writes files of its own,
and whoever comes last drops the oldest ones. What a killed instance left half written is removed by the next one.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..errors import PoolscopeError, UsageError
from ..text import clean

if TYPE_CHECKING:
    from .meta import End, Meta

DIRECTORY_VARIABLE = "POOLSCOPE_DATA_DIRECTORY"
COUNT_VARIABLE = "POOLSCOPE_KEEP"
SIZE_VARIABLE = "POOLSCOPE_KEEP_SIZE"
DEFAULT_COUNT = 50
DEFAULT_SIZE = 1_000_000_000
SUFFIX = ".poolscope"
LAST = "last"
_SETTLED_S = 5
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class Entry(NamedTuple):
    """One kept recording."""

    identity: str
    path: Path
    size: int
    """Bytes."""
    meta: Meta | None
    """None if the file is damaged there."""
    end: End | None
    tasks: int | None
    """None if nobody said."""
    processes: int | None
    problem: str | None = None
    """Why it cannot be opened, in one sentence; None if it can."""


def directory() -> Path:
    """Where recordings are kept; it may not be there yet.

    Raises:
        UsageError: If there is no such place.
    """
    base = os.environ.get("XDG_DATA_HOME", "")
    try:
        if chosen := os.environ.get(DIRECTORY_VARIABLE):
            return Path(chosen).absolute() / "recordings"
        if sys.platform == "darwin":
            return Path.home() / "Library/Application Support/poolscope/recordings"
        return (Path(base) if base.startswith("/") else Path.home() / ".local/share") / "poolscope/recordings"
    except (OSError, RuntimeError):  # the current directory is gone, or nobody knows where home is
        raise UsageError(
            f"There is no place for recordings; set {DIRECTORY_VARIABLE} to a directory that can be written to."
        ) from None


def keep(source: Path, notes: list[str] | None = None) -> str | None:
    """Keep the recording in a run directory, and drop the oldest ones beyond the limits. Never raises.

    Args:
        source: The run directory, complete with ``meta.json`` and ``end.json``.
        notes: Takes a sentence if it could not be kept, such as on a full disk.

    Returns:
        Its identity; None if it was not kept.
    """
    most = limit(COUNT_VARIABLE, DEFAULT_COUNT)
    room = limit(SIZE_VARIABLE, DEFAULT_SIZE)
    if not most or not room:
        return None
    from .meta import read_meta

    meta = read_meta(source)
    if meta is None or not is_identity(meta.identity):
        return None
    try:
        place = directory()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(source, place / f"{meta.identity}{SUFFIX}", room)
        _drop_old(place, most, room)
        _sweep(place)
    except (PoolscopeError, OSError, ValueError) as error:
        reason = error.strerror or "unknown reason" if isinstance(error, OSError) else str(error)
        if notes is not None:
            notes.append(f"The recording was not kept: {clean(reason[:1].lower() + reason[1:].rstrip('.'), 200)}.")
        return None
    return meta.identity


def _write(source: Path, target: Path, room: int) -> None:
    """Write a recording under another name, locked, and give it its own name once it is whole."""
    from .save import write_recording

    part = target.with_name(f".{target.stem}.{os.urandom(4).hex()}.part")
    try:
        with open(os.open(part, _NEW, 0o600), "wb") as file:  # noqa: PTH123 - with that mode from the beginning
            _lock(file.fileno())
            write_recording(source, file)
            size = file.tell()
        if size > room:
            from ..report.figures import size as shown

            raise PoolscopeError(f"it has {shown(size)}, more than {SIZE_VARIABLE} allows")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def entries() -> tuple[Entry, ...]:
    """All kept recordings, the newest first."""
    place = directory()
    with suppress(OSError):
        _sweep(place)
    found = (_entry(path) for path in reversed(_paths(place)))
    return tuple(entry for entry in found if entry is not None)


def kept() -> tuple[Path, ...]:
    """The files of all kept recordings, the oldest first."""
    return tuple(_paths(directory()))


def find(reference: str) -> Path:
    """Find a recording by what a person calls it.

    Args:
        reference: A saved file, a run directory, or a kept recording: its identity, a unique beginning of that, or
            ``last``.

    Raises:
        UsageError: If there is none, or there are several.
    """
    try:
        path = Path(reference)
        if reference and path.exists():
            return path
    except (OSError, ValueError):
        path = None
    if path is not None and "/" in reference:
        raise UsageError(f"There is no file {clean(reference, 200)}.")
    return find_kept(reference)


def find_kept(reference: str) -> Path:
    """Find a kept recording.

    Args:
        reference: Its identity, a unique beginning of that, or ``last``.

    Raises:
        UsageError: If there is none, or there are several.
    """
    shown = clean(reference, 100)
    paths = _paths(directory())
    if reference == LAST:
        if not paths:
            raise UsageError("No recording is kept yet.")
        return paths[-1]
    name = reference.removesuffix(SUFFIX)
    found = [path for path in paths if name and path.stem.startswith(name)]
    exact = [path for path in found if path.stem == name]
    if len(found) > 1 and not exact:
        raise UsageError(
            f"{len(found)} recordings begin with {shown}, such as {found[-1].stem} and {found[-2].stem}; write more."
        )
    if not found:
        raise UsageError(f'There is no recording {shown}; "poolscope recordings" names those that are kept.')
    return (exact or found)[0]


def remove(path: Path) -> None:
    """Remove a kept recording, which may be gone already.

    Raises:
        PoolscopeError: If it cannot be removed.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise PoolscopeError(
            f"{path.stem} cannot be removed: {(error.strerror or 'unknown reason').lower()}."
        ) from None


def is_identity(text: str) -> bool:
    """Whether TEXT can be the identity of a recording, and so a part of a file name."""
    return 0 < len(text) <= 100 and text.isascii() and text.replace("-", "").isalnum()


def limit(variable: str, default: int) -> int:
    """A whole number out of the environment; what is none counts as DEFAULT."""
    text = os.environ.get(variable, "").replace("_", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else default


def _paths(place: Path) -> list[Path]:
    """All kept recordings, the oldest first: identities begin with their time."""
    try:
        names = sorted(name for name in os.listdir(place) if name.endswith(SUFFIX))  # noqa: PTH208
    except OSError:
        return []
    return [place / name for name in names if is_identity(name.removesuffix(SUFFIX))]


def _entry(path: Path) -> Entry | None:
    """Describe a kept recording; None if it has just been dropped."""
    from .saved import read_summary

    try:
        size = path.stat().st_size
        meta, end, summary = read_summary(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Entry(path.stem, path, 0, None, None, None, None, (error.strerror or "unknown reason").lower())
    except UsageError as error:
        return Entry(path.stem, path, size, None, None, None, None, str(error)) if path.exists() else None
    return Entry(path.stem, path, size, meta, end, summary.get("tasks"), summary.get("processes"))


def _drop_old(place: Path, most: int, room: int) -> None:
    """Remove the oldest recordings until there are MOST, which take ROOM bytes, at most."""
    taken = 0
    for number, path in enumerate(reversed(_paths(place))):
        with suppress(FileNotFoundError):  # another instance was faster
            taken += path.stat().st_size
            if number >= most or taken > room:
                path.unlink()


def _sweep(place: Path) -> None:
    """Remove what killed instances left half written: nobody holds its lock any more."""
    for name in os.listdir(place):  # noqa: PTH208
        if not (name.startswith(".") and name.endswith(".part")):
            continue
        part = place / name
        with suppress(OSError):
            # One that is being made right now may not be locked yet.
            if time.time() - part.stat().st_mtime < _SETTLED_S:
                continue
            descriptor = os.open(part, os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
            try:
                _lock(descriptor)
                part.unlink()
            finally:
                os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Lock a file.

    Raises:
        OSError: If another process has.
    """
    from fcntl import LOCK_EX, LOCK_NB, flock

    flock(descriptor, LOCK_EX | LOCK_NB)
