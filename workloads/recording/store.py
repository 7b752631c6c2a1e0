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
_STALE_S = 60


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
    """Where recordings are kept; it may not be there yet."""
    chosen = os.environ.get(DIRECTORY_VARIABLE)
    if chosen:
        return Path(chosen) / "recordings"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/poolscope/recordings"
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".local/share") / "poolscope/recordings"


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
    from .save import save

    meta = read_meta(source)
    identity = meta.identity if meta is not None else ""
    if not is_identity(identity):
        return None
    place = directory()
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        save(source, place / f"{identity}{SUFFIX}")
        _drop_old(place, most, room)
    except (PoolscopeError, OSError) as error:
        if notes is not None:
            reason = (error.strerror or "unknown reason").lower() if isinstance(error, OSError) else str(error)
            notes.append(f"The recording was not kept: {reason.rstrip('.')}.")
        return None
    return identity


def entries() -> tuple[Entry, ...]:
    """All kept recordings, the newest first."""
    return tuple(_entry(path) for path in reversed(_paths(directory())))


def find(reference: str) -> Path:
    """Find a recording by what a person calls it.

    Args:
        reference: A saved file, a run directory, or a kept recording: its identity, a unique beginning of that, or
            ``last``.

    Raises:
        UsageError: If there is none, or there are several.
    """
    shown = clean(reference, 100)
    paths = _paths(directory())
    if reference == LAST:
        if not paths:
            raise UsageError("No recording has been kept yet.")
        return paths[-1]
    try:
        if "/" in reference or Path(reference).exists():
            if Path(reference).exists():
                return Path(reference)
            raise UsageError(f"There is no file {shown}.")
    except (OSError, ValueError):
        raise UsageError(f"There is no recording {shown}.") from None
    found = [path for path in paths if reference and path.name.startswith(reference)]
    if len(found) > 1:
        names = ", ".join(path.name.removesuffix(SUFFIX) for path in found[-3:])
        raise UsageError(f"There are {len(found)} recordings that begin with {shown}, such as {names}.")
    if not found:
        raise UsageError(f'There is no recording {shown}; "poolscope recordings" names those that are kept.')
    return found[0]


def remove(identity: str) -> None:
    """Remove a kept recording.

    Raises:
        UsageError: If there is no such recording.
        PoolscopeError: If it cannot be removed.
    """
    path = directory() / f"{identity}{SUFFIX}"
    if not is_identity(identity) or not path.exists():
        raise UsageError(f"There is no recording {clean(identity, 100)}.")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise PoolscopeError(f"{identity} cannot be removed: {(error.strerror or 'unknown').lower()}.") from None


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


def _entry(path: Path) -> Entry:
    from .saved import read_summary

    identity = path.name.removesuffix(SUFFIX)
    try:
        size = path.stat().st_size
        meta, end, summary = read_summary(path)
    except (OSError, UsageError) as error:
        return Entry(identity, path, 0, None, None, None, None, str(error))
    return Entry(identity, path, size, meta, end, summary.get("tasks"), summary.get("processes"))


def _drop_old(place: Path, most: int, room: int) -> None:
    """Remove the oldest recordings until COUNT and ROOM suffice, and what killed instances left behind."""
    kept = 0
    for number, path in enumerate(reversed(_paths(place))):
        try:
            kept += path.stat().st_size
            if number and (number >= most or kept > room):
                path.unlink()
        except FileNotFoundError:  # another instance was faster
            continue
    for name in os.listdir(place):  # noqa: PTH208
        if name.endswith(".part"):
            with suppress(OSError):
                if time.time() - (place / name).stat().st_mtime > _STALE_S:
                    (place / name).unlink()
