"""The database of the history: one SQLite file, used by several instances at once.

It is in write-ahead mode with one transaction a change, so an instance that is killed in the middle of writing leaves
what was there before. The version of its tables is SQLite's own ``user_version``: an older database is brought up to
date, a newer one is left alone, and a damaged one is put aside under another name.
"""

from __future__ import annotations

import os
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

from ..errors import PoolscopeError
from ..text import clean

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

_WAIT_S = 20
"""How long one instance waits for another one's transaction, which takes a few milliseconds."""
_STEPS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE comparisons (identity TEXT PRIMARY KEY, begun_ns INTEGER NOT NULL, workload TEXT NOT NULL,
            parameters TEXT NOT NULL, lanes TEXT NOT NULL, hostname TEXT NOT NULL, document TEXT NOT NULL)""",
        "CREATE INDEX comparisons_by_time ON comparisons (begun_ns)",
        "CREATE INDEX comparisons_by_workload ON comparisons (workload, begun_ns)",
    ),
)
"""What makes each version of the tables out of the one before; the first one out of nothing."""
_BROKEN = frozenset({1, 11, 26})
"""SQLITE_ERROR, such as a table that is missing; SQLITE_CORRUPT; SQLITE_NOTADB."""


class DamagedError(PoolscopeError):
    """The database was found to be damaged while it was used, and is put aside."""


class NewerError(PoolscopeError):
    """The database was written by a later version of this program."""


@contextmanager
def opened(place: Path, notes: list[str] | None = None) -> Iterator[sqlite3.Connection]:
    """Open the database, with its tables up to date; whatever goes wrong with it becomes a sentence.

    Args:
        place: Of the file; it and its directory are made if they are not there.
        notes: Takes a sentence if it was damaged and put aside.

    Raises:
        NewerError: If it was made by a later version.
        DamagedError: If it was found to be damaged only while it was used.
        PoolscopeError: If it cannot be used for another reason.
    """
    try:
        import sqlite3
    except ImportError:
        raise PoolscopeError("This Python was built without SQLite, so there is no history.") from None
    try:
        with closing(_ready(place, notes)) as database:
            yield database
    except sqlite3.Error as error:
        if _is_broken(error) and (said := put_aside(place)) is not None:
            raise DamagedError(said) from None
        reason = clean(str(error), 200).rstrip(".")
        raise PoolscopeError(f"The history {clean(str(place), 200)} cannot be used: {reason}.") from None
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise PoolscopeError(f"The history {clean(str(place), 200)} cannot be used: {reason}.") from None


def _ready(place: Path, notes: list[str] | None) -> sqlite3.Connection:
    """Open the database; a damaged one is put aside first, and an empty one takes its place."""
    import sqlite3

    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        return _connect(place)
    except sqlite3.Error as error:
        if not os.access(place.parent, os.W_OK) and place.is_file():
            return _connect_to_read(place)
        said = put_aside(place) if _is_broken(error) else None
        if said is None:
            raise
        if notes is not None:
            notes.append(said)
        return _connect(place)


def _connect(place: Path) -> sqlite3.Connection:
    import sqlite3

    # SQLite would make it readable for others; its companions take over the mode. A file that is there is not opened
    # here: to close it would end the locks that other threads have through SQLite.
    with suppress(FileExistsError):
        os.close(os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    # Transactions are begun where they are needed and nowhere else.
    database = sqlite3.connect(place, timeout=_WAIT_S, isolation_level=None)
    try:
        with suppress(sqlite3.OperationalError):  # some file systems cannot; then it goes without
            database.execute("PRAGMA journal_mode = WAL")
        # What is written survives the death of every process, but is not forced onto the disk, for which each run would
        # wait longer than for all the rest. A power failure may damage it, and a damaged one is put aside.
        database.execute("PRAGMA synchronous = OFF")
        _bring_up_to_date(database, place)
    except BaseException:
        database.close()
        raise
    return database


def _connect_to_read(place: Path) -> sqlite3.Connection:
    """Open the database where nothing can be written; what would change it fails with a sentence that says so.

    SQLite wants to make files beside a database in write-ahead mode, unless it is told that nobody changes it.
    """
    import sqlite3
    from urllib.parse import quote

    address = f"file:{quote(str(place))}?mode=ro&immutable=1"
    database = sqlite3.connect(address, timeout=_WAIT_S, isolation_level=None, uri=True)
    try:
        version = _version(database)
        if version != len(_STEPS):
            raise PoolscopeError(
                f"The history {clean(str(place), 200)} has tables of version {version} and this Poolscope knows "
                f"{len(_STEPS)}; it cannot be changed, as its directory is read-only."
            )
    except BaseException:
        database.close()
        raise
    return database


def _bring_up_to_date(database: sqlite3.Connection, place: Path) -> None:
    version = _version(database)
    if version < len(_STEPS):
        with transaction(database):
            # Another instance may have been faster.
            for number in range(_version(database), len(_STEPS)):
                for statement in _STEPS[number]:
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {number + 1}")
    elif version > len(_STEPS):
        raise NewerError(
            f"The history {clean(str(place), 200)} was made by a newer Poolscope (its tables have version {version}, "
            f"this one knows {len(_STEPS)}) and is left alone: upgrade, or set POOLSCOPE_HISTORY=0 to do without."
        )


def _version(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Do all of it or nothing, while no other instance writes."""
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if database.in_transaction:  # SQLite itself ends it when the disk is full
            database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


# Damage


def _is_broken(error: sqlite3.Error) -> bool:
    """Whether an error is one that a damaged file gives; not that of a full disk, or of another instance at work."""
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _BROKEN


def put_aside(place: Path) -> str | None:
    """Give a damaged database another name, so that a new one can begin.

    Returns:
        What was done, in a sentence; None if it is not damaged, such as when another instance has done that already.
    """
    with _alone(place):
        damage = _damage(place)
        if damage is None:
            return None
        other = next(name for name in _names_aside(place) if not name.exists())
        for ending in ("-wal", "-shm"):
            with suppress(FileNotFoundError):
                place.with_name(place.name + ending).replace(other.with_name(other.name + ending))
        place.replace(other)
    return f"The history was damaged ({damage}): it is now {clean(str(other), 200)}, and a new one has begun."


def _names_aside(place: Path) -> Iterator[Path]:
    number = 1
    while True:
        yield place.with_name(f"{place.name}.damaged-{number}")
        number += 1


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Let no other instance put the database aside meanwhile: it would take the new one."""
    from fcntl import LOCK_EX, flock

    descriptor = os.open(place.with_name(f"{place.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _damage(place: Path) -> str | None:
    """Say what is wrong with the database, in a few words; None if nothing is."""
    import sqlite3

    try:
        with closing(sqlite3.connect(place, timeout=_WAIT_S, isolation_level=None)) as database:
            said = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if said != "ok":
                return clean(str(said), 100)
            if _version(database) == len(_STEPS):
                database.execute("SELECT identity, begun_ns, document FROM comparisons LIMIT 1").fetchall()
            return None
    except sqlite3.Error as error:
        if not _is_broken(error):
            raise
        return clean(str(error), 100)
