"""Whether a run can still come to its end, or has lost a worker, a lock or a thread that it cannot do without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..engines import A_TASK
from ..recorder import layout
from ..recording.records import Started
from ..recording.states import chunk_in_words, has_chunk
from ..report.figures import exit_status

if TYPE_CHECKING:
    from ..recording.contents import Contents
    from ..recording.events import EventFile
    from ..recording.records import Reaped

_STORM = 4
"""Workers that may fail before they are ready: a person may kill one, but not one after the other."""
_SERVER_GONE = 255
"""Status that multiprocessing gives to whatever a fork server has started, once that died itself."""
_SIGTERM = 15
_POOL = layout.POOL_KIND_POOL
_CHILDREN = (layout.ROLE_CHILD, layout.ROLE_FORK)
_NAMED = 3
_FORKSERVER = layout.START_METHODS.index("forkserver") + 1
_THREADS = {
    "_handle_results": ("result", "no result can arrive any more"),
    "_handle_tasks": ("task", "no task can be sent any more"),
    "_handle_workers": ("worker", "no worker that ends is replaced any more"),
}


def find_failure(recording: Contents) -> str | None:
    """Name what makes the run fail or hang for ever, in one sentence; None while nothing does.

    A worker that ended without harm is no failure: the pool replaces it (see `notes`). Nor is one that ends after the
    results are there, or after the pool was told to terminate.

    Args:
        recording: Refreshed already.
    """
    limit = _harmless_from(recording)
    for death in recording.handler_deaths:
        if limit is None or death.time_ns < limit:
            return _thread_death(death.text)
    if not recording.exit_statuses:
        return None
    for file, reaped in _ends(recording, limit):
        sentence = _failure_of(recording, file, reaped)
        if sentence is not None:
            return sentence
    return _storm(recording, limit)


def notes(recording: Contents) -> tuple[str, ...]:
    """What happened without harm to the run, a sentence each: to workers, and to the recording itself."""
    found = []
    for file, reaped in _ends(recording, _harmless_from(recording)):
        if reaped.status < 0 and _failure_of(recording, file, reaped) is None:
            found.append(f"{_who(recording, file)} {_end_of(reaped)} while it was idle; the pool replaces it.")
    found += _ends_of_children(recording)
    if recording.records_dropped:
        found.append(f"{recording.records_dropped:,} events were counted, but no details of them were kept.")
    return (*found, *recording.problems)


def lost_tasks(recording: Contents) -> int:
    """Count the tasks that were in the hands of workers that died, and which nobody wanted to end.

    Args:
        recording: At the end of its run.
    """
    ends = _ends(recording, _harmless_from(recording))
    return sum(max(1, file.slots[layout.ITEMS]) for file, _ in ends if has_chunk(file, has_ended=True))


def with_place(error: str, recording: Contents) -> str:
    """Add the worker and the chunk to an exception of which `multiprocessing.Pool` says neither."""
    if not error.startswith(A_TASK):
        return error
    for worker in recording.workers:
        if worker.slots[layout.CHUNKS_FAILED]:
            for chunk in worker.chunks():
                if chunk.is_failed:
                    total = recording.marks.chunks_planned or 0
                    items = f"{chunk.items:,} {'item' if chunk.items == 1 else 'items'}"
                    of = f" of {total:,}" if total else ""
                    place = f"chunk {chunk.position + 1:,}{of} ({items})"
                    who = f"worker {recording.label(worker)} (pid {worker.pid})"
                    return f"{error.rstrip('.!?')}, in {place} of {who}."
    return error


def _thread_death(text: str) -> str:
    """Say what a pool cannot do any more without one of its threads; TEXT names the thread."""
    for name, (thread, lost) in _THREADS.items():
        if name in text:
            return f"The pool's {thread} thread died, so {lost}."
    return f"A thread of the pool died{_because(text)}, so it cannot go on."


def _storm(recording: Contents, limit: int | None) -> str | None:
    """A pool starts new workers for ever where each one fails before it is ready."""
    ends = recording.stillborn
    if recording.is_program:  # of its pools, one may be over and the next one begin
        ends = tuple(end for end in ends if end.status > 0)
    elif limit is not None:
        ends = tuple(end for end in ends if end.time_ns < limit)
    if len(ends) < _STORM:
        return None
    return (
        f"{len(ends)} workers ended with {exit_status(ends[-1].status)} before they were ready, "
        "and the pool would go on starting new ones."
    )


def _harmless_from(recording: Contents) -> int | None:
    """From when on workers may end in whatever way."""
    terminated = [event.time_ns for event in recording.pools if event.kind == layout.POOL_TERMINATED]
    there = recording.marks.results_there_ns
    return min([*terminated, *([there] if there is not None else [])], default=None)


def _ends(recording: Contents, limit: int | None) -> list[tuple[EventFile, Reaped]]:
    """List the workers that ended, and how, without those whose end their pool wanted.

    Args:
        recording: Refreshed already.
        limit: From when on no end does harm; a program, which may have many pools, knows no such moment.
    """
    found = []
    for file in recording.workers:
        reaped = recording.reaped(file)
        if reaped is None or file is recording.runner:
            continue
        if not recording.is_program and limit is not None and reaped.time_ns >= limit:
            continue
        is_told = recording.is_program or _kind_of_pool(recording, file) == layout.POOL_KIND_LOKY
        if not (is_told and _is_wanted(recording, file, reaped)):
            found.append((file, reaped))
    return _without_consequences(recording, found)


def _is_wanted(recording: Contents, file: EventFile, reaped: Reaped) -> bool:
    """Whether the pool ended that worker itself."""
    events, kind = recording.pool_events(*recording.pool_of(file)), _kind_of_pool(recording, file)
    # joblib shuts its executor down to get rid of the workers, whatever they hold.
    orders = (layout.POOL_TERMINATED,) if kind != layout.POOL_KIND_LOKY else (layout.POOL_CLOSED,)
    start = recording.started(file)  # an interpreter takes a while until it makes its file
    since = start.time_ns if start is not None else file.created_ns
    if any(event.kind in orders and since < event.time_ns <= reaped.time_ns for event in events):
        return True
    if kind != _POOL or reaped.status != -_SIGTERM:
        return False
    # A pool that nobody terminated does so when the program exits; until then it replaces whatever dies.
    owner = recording.files.get(recording.pool_of(file)[0])
    records = owner.life if owner is not None else ()
    return not any(
        isinstance(record, Started) and record.of_pool and record.time_ns > reaped.time_ns for record in records
    )


def _without_consequences(recording: Contents, ends: list[tuple[EventFile, Reaped]]) -> list[tuple[EventFile, Reaped]]:
    """Leave out the workers that a broken executor ended because one of them was lost."""
    found: list[tuple[EventFile, Reaped]] = []
    broken: set[tuple[int, int]] = set()
    # It ends them by SIGTERM, and learns of all their ends in whatever order.
    for file, reaped in sorted(ends, key=lambda end: (end[1].status == -_SIGTERM, end[1].time_ns)):
        if _kind_of_pool(recording, file) != _POOL:
            pool = recording.pool_of(file)
            if pool in broken:
                continue
            if reaped.status:
                broken.add(pool)
        found.append((file, reaped))
    return found


def _kind_of_pool(recording: Contents, file: EventFile) -> int:
    created = (
        event.pool_kind
        for event in recording.pool_events(*recording.pool_of(file))
        if event.kind == layout.POOL_CREATED
    )
    return next(created, layout.POOL_KIND_POOL)


def _ends_of_children(recording: Contents) -> list[str]:
    """Say which processes of a program, other than workers, came to a bad end: a program need not look at that."""
    found = []
    if recording.is_program:
        for file in recording.all_files:
            reaped = recording.reaped(file) if recording.role(file) in _CHILDREN else None
            # A Process is ended by its `terminate`, and a fork says with its status what it likes.
            if reaped is not None and (reaped.status < 0 or file.error) and reaped.status != -_SIGTERM:
                found.append(f"{_who(recording, file)} {_end_of(reaped)}{_because(file.error)}.")
    more = len(found) - _NAMED
    return [*found[:_NAMED], f"{more:,} more processes ended badly."] if more > 1 else found


def _failure_of(recording: Contents, file: EventFile, reaped: Reaped) -> str | None:
    slots = file.slots
    who = f"{_who(recording, file)} {_end_of(reaped)}"
    if has_chunk(file):
        if reaped.status == _SERVER_GONE and slots[layout.START_METHOD] == _FORKSERVER:
            who = f"{_who(recording, file)} is beyond reach: the fork server that started it died"
        return f"{who} while it held {_chunk(recording, file)}{_because(file.error)}."
    is_of_executor = recording.role(file) == layout.ROLE_WORKER and _kind_of_pool(recording, file) != _POOL
    if reaped.status and is_of_executor:
        return f"{who} while it was idle, which breaks the executor."
    if recording.role(file) == layout.ROLE_CHILD:
        return None if reaped.status == 0 else f"{who}{_because(file.error)}."
    if reaped.status < 0 and slots[layout.LOCKS] & layout.LOCK_WRITING:
        return f"{who} while it held the lock for sending results, so no other worker can send one any more."
    if reaped.status < 0 and slots[layout.LOCKS] & layout.LOCK_READING:
        return f"{who} while it held the lock for taking tasks, so no other worker can get one any more."
    return None


def _who(recording: Contents, file: EventFile) -> str:
    kind = "Worker" if recording.role(file) == layout.ROLE_WORKER else "Process"
    return f"{kind} {recording.label(file)} (pid {file.pid})"


def _end_of(reaped: Reaped) -> str:
    if reaped.status < 0:
        return f"was killed by {exit_status(reaped.status)}"
    return f"ended with {exit_status(reaped.status)}"


def _chunk(recording: Contents, file: EventFile) -> str:
    """The chunk in hand: ``chunk 3 of 8 (625,000 items)``."""
    place, comma, items = chunk_in_words(recording, file).rpartition(", ")
    return f"{place} ({items})" if comma else items


def _because(error: str) -> str:
    return f": {error.rstrip('. ')}" if error.strip() else ""
