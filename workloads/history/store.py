"""The history of comparisons, in the user's data directory beside the recordings: kept, found, compared, removed.

A comparison is kept as the JSON that ``poolscope run --json`` writes, without what each process did; what it is found
by stands in columns of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import PoolscopeError, UsageError
from ..recording.store import LAST, directory, is_identity, limit
from ..text import clean
from .database import DamagedError, opened, transaction
from .past import Past, object_of, past_from

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

COUNT_VARIABLE = "POOLSCOPE_HISTORY"
DEFAULT_COUNT = 1_000
NAME = "history.sqlite"
_INSERT = """INSERT INTO comparisons (identity, begun_ns, workload, parameters, lanes, hostname, document)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
_DROP_OLD = """DELETE FROM comparisons WHERE rowid IN
    (SELECT rowid FROM comparisons ORDER BY begun_ns DESC, rowid DESC LIMIT -1 OFFSET ?)"""
_LIST = "SELECT identity, begun_ns, document FROM comparisons ORDER BY begun_ns DESC, rowid DESC LIMIT ? OFFSET ?"
_LIST_OF = """SELECT identity, begun_ns, document FROM comparisons WHERE workload = ?
    ORDER BY begun_ns DESC, rowid DESC LIMIT ?"""
_BEGINNING = """SELECT identity, begun_ns, document FROM comparisons WHERE substr(identity, 1, length(?1)) = ?1
    ORDER BY begun_ns DESC, rowid DESC"""
_ALIKE = """SELECT identity, begun_ns, document FROM comparisons
    WHERE workload = ? AND parameters = ? AND lanes = ? AND hostname = ? AND begun_ns < ?
    ORDER BY begun_ns DESC, rowid DESC LIMIT ?"""
_IDENTITIES_TRIED = 1_000
_BASELINES_TRIED = 100


Row = tuple[str, int, str]
"""Identity, when it began, document."""


class Kept(NamedTuple):
    """What became of a comparison that was to be kept."""

    identity: str | None
    """Under which it is found; None if it was not kept."""
    notes: tuple[str, ...] = ()
    """What a person should know, a sentence each."""


def path() -> Path:
    """Where the database is; it may not be there yet.

    Raises:
        UsageError: If there is no such place.
    """
    return directory().with_name(NAME)


def is_on() -> bool:
    """Whether comparisons are kept at all."""
    return limit(COUNT_VARIABLE, DEFAULT_COUNT) > 0


def keep(past: Past) -> Kept:
    """Keep a comparison, and drop the oldest ones beyond the limit. Never raises.

    One of which no run came to an end is not kept, nor is any while the history is switched off.
    """
    most = limit(COUNT_VARIABLE, DEFAULT_COUNT)
    if not most or not any(lane.results for lane in past.lanes):
        return Kept(None)
    notes: list[str] = []
    try:
        try:
            identity = _keep(past, most, notes)
        except DamagedError as error:
            notes.append(str(error))
            identity = _keep(past, most, notes)
    except PoolscopeError as error:
        said = str(error).rstrip(".")
        return Kept(None, (*notes, f"The comparison was not kept: {said[:1].lower() + said[1:]}."))
    return Kept(identity, tuple(notes))


def _keep(past: Past, most: int, notes: list[str]) -> str:
    with opened(path(), notes) as database, transaction(database):
        identity = _insert(database, past)
        database.execute(_DROP_OLD, (most,))
    return identity


def _insert(database: sqlite3.Connection, past: Past) -> str:
    """Insert a comparison under its identity, or under one of the next moments if another one has that."""
    from ..recording.meta import new_identity

    origin = past.origin
    identity = origin.identity
    for number in range(1, _IDENTITIES_TRIED):
        taken = database.execute("SELECT 1 FROM comparisons WHERE identity = ?", (identity,)).fetchone()
        if taken is None:
            break
        identity = new_identity(origin.begun_epoch_ns + number * 1_000_000_000 // 65_536 + 1)
    kept = past._replace(origin=origin._replace(identity=identity))
    document = json.dumps(object_of(kept, with_processes=False), allow_nan=False)
    database.execute(_INSERT, (identity, origin.begun_epoch_ns, *_key(kept), document))
    return identity


def _key(past: Past) -> tuple[str, str, str, str]:
    """What comparisons have in common whose times can be compared: workload, parameters, lanes, machine."""
    parameters = json.dumps(dict(past.parameters), sort_keys=True)
    lanes = json.dumps([lane.lane.label for lane in past.lanes])
    return past.name, parameters, lanes, past.machine.hostname


def entries(count: int | None = None, workload: str | None = None, notes: list[str] | None = None) -> tuple[Past, ...]:
    """Read comparisons, the newest first.

    Args:
        count: How many at most; None for all.
        workload: Only those of that name; None for those of all.
        notes: Takes a sentence if the database was damaged.

    Raises:
        PoolscopeError: If the history cannot be read.
    """
    most = -1 if count is None else count
    found = _select(_LIST, (most, 0), notes) if workload is None else _select(_LIST_OF, (workload, most), notes)
    return tuple(_read(*each) for each in found)


def _read(identity: str, begun_ns: int, document: str) -> Past:
    """Read a comparison out of its row.

    Raises:
        PoolscopeError: If it says nothing that makes sense.
    """
    try:
        past = past_from(json.loads(document), identity)
    except (ValueError, UsageError):
        raise PoolscopeError(
            f'The comparison {identity} is damaged; "poolscope history remove {identity}" removes it.'
        ) from None
    # The document has whole seconds only.
    return past._replace(origin=past.origin._replace(begun_epoch_ns=begun_ns))


def find(reference: str) -> Past:
    """Find a comparison by what a person calls it.

    Args:
        reference: Its identity, a unique beginning of that, ``last``, or ``last~1`` for the one before it.

    Raises:
        UsageError: If there is none, or there are several.
        PoolscopeError: If the history cannot be read.
    """
    return _read(*_find(reference))


def find_identity(reference: str) -> str:
    """Find the identity of a comparison likewise, even of one that is damaged."""
    return _find(reference)[0]


def _find(reference: str) -> Row:
    """Find the row of a comparison."""
    shown = clean(reference, 100)
    back = _back(reference)
    if back is not None:
        found = _select(_LIST, (1, back))
        if not found:
            raise UsageError(_not_so_many(back))
        return found[0]
    found = _select(_BEGINNING, (reference,)) if is_identity(reference) else []
    exact = [each for each in found if each[0] == reference]
    if len(found) > 1 and not exact:
        raise UsageError(
            f"{len(found)} comparisons begin with {shown}, such as {found[0][0]} and {found[1][0]}; write more."
        )
    if not found:
        raise UsageError(f'There is no comparison {shown}; "poolscope history" names those that are kept.')
    return (exact or found)[0]


def _back(reference: str) -> int | None:
    """How many comparisons before the last one REFERENCE means; None if it is an identity."""
    word, tilde, steps = reference.partition("~")
    if word != LAST or (tilde and not (steps.isascii() and steps.isdecimal() and len(steps) < 10)):
        return None
    return int(steps) if tilde else 0


def _not_so_many(back: int) -> str:
    if not back:
        return "No comparison is kept yet."
    return f"There is no comparison {LAST}~{back}: so many are not kept."


def find_baseline(past: Past, least_runs: int) -> Past | None:
    """Find the newest earlier comparison of the same workload, parameters, lanes and machine; None if there is none.

    Args:
        past: With what it will be compared.
        least_runs: How many runs of each lane have to have succeeded.

    Raises:
        PoolscopeError: If the history cannot be read.
    """
    for row in _select(_ALIKE, (*_key(past), past.origin.begun_epoch_ns, _BASELINES_TRIED)):
        candidate = _read(*row)
        if all(len(lane.times_ns) >= least_runs for lane in candidate.lanes if lane.state != "skipped"):
            return candidate
    return None


def remove(identity: str) -> None:
    """Remove a comparison, which may be gone already.

    Raises:
        PoolscopeError: If the history cannot be changed.
    """
    with opened(path()) as database, transaction(database):
        database.execute("DELETE FROM comparisons WHERE identity = ?", (identity,))


def clear() -> None:
    """Remove all comparisons.

    Raises:
        PoolscopeError: If the history cannot be changed.
    """
    if path().exists():
        with opened(path()) as database, transaction(database):
            database.execute("DELETE FROM comparisons")


def _select(statement: str, given: Sequence[Any], notes: list[str] | None = None) -> list[Row]:
    place = path()
    if not place.exists():  # who only asks makes no file
        return []
    with opened(place, notes) as database:
        return database.execute(statement, tuple(given)).fetchall()
