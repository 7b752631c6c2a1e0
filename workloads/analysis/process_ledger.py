"""The ledger of each process: what it did with its life, from the exact counters alone.

A life is cut at five moments, and each piece belongs to one part. A worker of a pool or of an executor::

    begin     entered                                  last result     told to stop          end
      | starting | receiving, computing, sending, blocked;  |    idle       |    stopping    |
                 | the rest: waiting                        |

Any other process (the program, a `Process` with a target of its own, a fork, a program that it started)::

    begin     entered                                             exiting                    end
      | starting | blocked; receiving, computing, sending if it has    |      stopping       |
                 | chunks; the rest: running                           |

The moments:

- **begin**: when its parent began to start it (before ``start()``, ``os.fork()`` or ``Popen()``), or when the program
  was started; where nobody said so, when it opened its event file.
- **entered**: it was ready for work: the worker asked for its first task (its initializer is behind it then), the
  target was entered, the interpreter of a program was up, the fork was made. A worker or child that never came so far
  spent its life starting.
- **last result**: the last one that was sent so far; a worker that never sent one was idle from the moment it was
  entered. While it has a chunk in hand this is now, or its death.
- **told to stop**: the worker took the message that ends it, or its pool was terminated. For all others, and for a
  worker that left by itself (``maxtasksperchild``), this is **exiting**, when the target had returned, or when the
  interpreter had run what it runs at its exit. A process that was killed was stopped by that: it has no stopping.
- **end**: its parent learnt its status. A process whose parent asks late was a zombie until then, which nothing tells
  apart from stopping. Where nobody asked: when it was missed, or exiting. While it lives: now.

The parts:

- **starting**, **receiving** (read and unpickled arguments), **computing** (in the function), **sending** (pickled and
  wrote results), **idle**, **stopping** as above. What is in hand counts up to now.
- **waiting**: a worker waited for a task, for whatever reason, before the last one. While it lives, the time after its
  last result is waiting too as long as results are missing, since it may get another task.
- **blocked**: the process waited for results, futures or children of its own. A task that does so is blocked and not
  computing meanwhile, so that nested work is not counted twice.
- **running**: whatever else a process does that is no task. A part that its counters do not tell is in here.

Within a lane of a comparison only the timed region counts, as for the ledger of the lane; everything before it and
after it is cut off. The parts of a process add up to its wall time and none is negative, whatever the counters say: a
reader may see them while they change, records may have stopped at their cap, and a damaged file may hold anything.

Beside the parts, because threads of its own do it meanwhile, stands the parent's side: pickling and writing tasks,
unpickling results, and the bytes each way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from ..programs import PARTS, ProcessLedger
from ..recorder import layout
from ..recording.records import PoolEvent
from ..recording.states import has_chunk

if TYPE_CHECKING:
    from ..model import ProcessState
    from ..programs import ProcessPart
    from ..recording.contents import Contents
    from ..recording.events import EventFile

_MEASURED_LEAST = 0.5
"""Share of the computing time whose CPU time must be known for the rest to be taken as alike."""
_CHILDREN = ("child", "fork")
_IN_HAND: Mapping[int, ProcessPart] = {
    layout.PHASE_COMPUTING: "computing",
    layout.PHASE_RETURNING: "sending",
    layout.PHASE_RECEIVING: "receiving",
}
_COUNTED: tuple[tuple[ProcessPart, int], ...] = (
    ("computing", layout.COMPUTING),
    ("sending", layout.RETURNING),
    ("receiving", layout.RECEIVING),
)


class _Region(NamedTuple):
    """What of the recording is looked at."""

    least: int | None
    """Begin of the timed region; None where there is none: then lives are looked at from their begin."""
    most: int
    is_missing: bool | None
    """Whether tasks that were planned are not done; None where nobody planned any."""
    terminated: Mapping[int, Sequence[PoolEvent]]
    """By the owner's pid: what it says of pools that it terminated."""


class _Life(NamedTuple):
    """The moments at which a life is cut, in the order in which they pass."""

    begin: int
    entered: int
    told: int
    end: int
    is_over: bool
    """Whether it ended or was told to stop, so that no task can come any more."""


_finished: WeakKeyDictionary[Contents, dict[EventFile, tuple[ProcessState, int | None, int, ProcessLedger]]] = (
    WeakKeyDictionary()
)
"""By recording and file: what is said of processes that are gone, and for which state and region it holds."""


def process_ledgers(recording: Contents, now_ns: int) -> tuple[ProcessLedger, ...]:
    """Say what each process did with its time so far.

    Args:
        recording: Refreshed already.
        now_ns: The end of what is looked at: now, or the end of the run.

    Returns:
        In the order of `Contents.processes`. Of a process without an event file nothing is known but how long it
        lived, so all of that is running.
    """
    files = {(file.pid, file.created_ns): file for file in recording.all_files}
    region = _region(recording, now_ns)
    known = _finished.setdefault(recording, {})
    found = []
    for state in recording.processes(now_ns):
        file = files.get((state.pid, state.started_ns))
        if file is None:
            found.append(_unrecorded(state, region))
            continue
        # A recording makes another state of a process of which it learns more.
        old = known.get(file)
        if old is not None and old[0] is state and old[1] == region.least and old[2] <= region.most:
            found.append(old[3])
            continue
        life = _life(recording, state, file, region)
        is_missing = not life.is_over and _is_missing(recording, file, region)
        ledger = _ledger(state, file, life, is_missing=is_missing)
        found.append(ledger)
        if file.is_finished and life.end < region.most and recording.reaped(file) is not None:
            known[file] = (state, region.least, life.end, ledger)
    return tuple(found)


def sum_of(ledgers: Iterable[ProcessLedger], label: str = "sum") -> ProcessLedger:
    """Add up LEDGERS, part by part; the pid is 0 and the role that of the first one.

    The CPU time is None unless it is known of every process that computed.
    """
    every = tuple(ledgers)
    role = every[0].role if every else "worker"
    totals = {
        name: sum(getattr(ledger, name) for ledger in every)
        for name in ProcessLedger._fields
        if name not in ("pid", "label", "role", "computing_cpu_ns")
    }
    known = [ledger.computing_cpu_ns for ledger in every if ledger.computing_cpu_ns is not None]
    is_whole = all(ledger.computing_cpu_ns is not None for ledger in every if ledger.computing_ns)
    cpu = sum(known) if known and is_whole else None
    return ProcessLedger(pid=0, label=label, role=role, computing_cpu_ns=cpu, **totals)


def groups_of(ledgers: Iterable[ProcessLedger]) -> tuple[list[ProcessLedger], list[ProcessLedger], list[ProcessLedger]]:
    """Part LEDGERS into those of workers, of other children that do a part of the work, and of the rest."""
    workers: list[ProcessLedger] = []
    children: list[ProcessLedger] = []
    others: list[ProcessLedger] = []
    for ledger in ledgers:
        group = workers if ledger.role == "worker" else children if ledger.role in _CHILDREN else others
        group.append(ledger)
    return workers, children, others


def _within(moment: int, least: int, most: int) -> int:
    return max(least, min(moment, most))


def _region(recording: Contents, now_ns: int) -> _Region:
    marks, end = recording.marks, recording.end
    ends = [moment for moment in (marks.ended_ns, end.ended_ns if end is not None else None) if moment]
    is_missing = None if marks.tasks_planned is None else recording.tasks_done < marks.tasks_planned
    terminated: dict[int, list[PoolEvent]] = {}
    for file in recording.all_files:
        for record in file.life:
            if isinstance(record, PoolEvent) and record.kind == layout.POOL_TERMINATED:
                terminated.setdefault(file.pid, []).append(record)
    return _Region(marks.begun_ns, min([now_ns, *ends]), is_missing, terminated)


def _life(recording: Contents, state: ProcessState, file: EventFile, region: _Region) -> _Life:
    """Find the moments of a life, cut to what lies in REGION."""
    slots = file.slots
    begin = min(max(_begun(recording, file), region.least or 0), region.most)
    gone = _gone(recording, file)
    end = _within(gone or region.most, begin, region.most)
    entered = _within(slots[layout.ENTERED] or _entered_at(state, slots, begin, end), begin, end)
    told = _told(region, state, slots, end)
    is_over = bool(gone or slots[layout.EXITING] or told)
    return _Life(begin, entered, _within(told or end, entered, end), end, is_over)


def _begun(recording: Contents, file: EventFile) -> int:
    """When its parent, or whoever started the program, began to start the process."""
    started = recording.started(file)
    if started is not None:
        return started.time_ns
    meta = recording.meta
    if file is recording.runner and recording.is_program and meta is not None and meta.begun_ns:
        return min(meta.begun_ns, file.created_ns)
    return file.created_ns


def _gone(recording: Contents, file: EventFile) -> int | None:
    """When the process was gone, as well as anybody knows; None while it lives."""
    if recording.reaped(file) is not None:
        return recording.left_ns(file)
    exiting = file.slots[layout.EXITING]
    if file is recording.runner and exiting and recording.end is not None:
        # Nobody but the guardian waits for the program itself, and it ends the recording when nothing is left.
        others = [recording.end_ns(other) for other in recording.all_files if other is not file]
        if all(moment is not None and moment <= exiting for moment in others):
            return max(exiting, recording.end.ended_ns)
    return recording.gone_ns(file) or exiting or None


def _entered_at(state: ProcessState, slots: Sequence[int], begin: int, end: int) -> int:
    """When a process that never said so can be taken to have been ready."""
    if state.role not in ("worker", "child"):
        return begin
    return slots[layout.FIRST_RECEIVED] or end


def _told(region: _Region, state: ProcessState, slots: Sequence[int], end: int) -> int | None:
    """When the process was told to stop, or left by itself; None if neither."""
    exiting = slots[layout.EXITING] or None
    if state.role != "worker":
        return exiting
    entered, since = slots[layout.ENTERED], slots[layout.PHASE_SINCE]
    if entered and slots[layout.PHASE] == layout.PHASE_NONE and since > entered:
        return since if exiting is None else min(since, exiting)
    return exiting or _terminated(region, slots, end)


def _terminated(region: _Region, slots: Sequence[int], end: int) -> int | None:
    """When the pool of a worker was terminated, END being when the worker was gone; None if it was not before that."""
    moments = [
        event.time_ns
        for event in region.terminated.get(slots[layout.PARENT_PID], ())
        if slots[layout.ENTERED] < event.time_ns <= end and slots[layout.POOL] in (0, event.pool)
    ]
    # Where nobody knows which of several pools it was of, it was the last one that it can have been.
    return max(moments, default=None)


def _ledger(state: ProcessState, file: EventFile, life: _Life, *, is_missing: bool) -> ProcessLedger:
    slots = file.slots
    parts = dict.fromkeys(PARTS, 0)
    parts["starting"] = life.entered - life.begin
    parts["stopping"] = life.end - life.told
    if state.role == "worker":
        _add_worker(parts, file, life, is_missing=is_missing)
    else:
        parts["running"] = _add_chunks(parts, slots, life.entered, life.told)
    raw = parts["computing"]
    _take_out_blocked(parts, slots, life)
    cpu = _cpu(slots, raw)
    return ProcessLedger(
        pid=file.pid,
        label=state.label,
        role=state.role,
        wall_ns=life.end - life.begin,
        **{f"{part}_ns": spent for part, spent in parts.items()},
        computing_cpu_ns=cpu,
        chunks=max(0, slots[layout.CHUNKS_DONE]),
        items=max(0, slots[layout.ITEMS_DONE]),
        bytes_in=max(0, slots[layout.BYTES_IN]),
        bytes_out=max(0, slots[layout.BYTES_OUT]),
        pickling_ns=max(0, slots[layout.SENDING]),
        unpickling_ns=max(0, slots[layout.UNPICKLING]),
        sent_bytes=max(0, slots[layout.SENT_BYTES]),
        received_bytes=max(0, slots[layout.RESULT_BYTES]),
    )


def _add_worker(parts: dict[ProcessPart, int], file: EventFile, life: _Life, *, is_missing: bool) -> None:
    """Share out the time of a worker from when it was ready until it was told to stop."""
    slots = file.slots
    last = life.told if has_chunk(file) else _within(slots[layout.LAST_SENT] or life.entered, life.entered, life.told)
    parts["waiting"] = _add_chunks(parts, slots, life.entered, last)
    parts["waiting" if is_missing else "idle"] += life.told - last


def _add_chunks(parts: dict[ProcessPart, int], slots: Sequence[int], begin: int, end: int) -> int:
    """Add what the counters of chunks say of the time from BEGIN to END, and return what they leave over."""
    left = end - begin
    in_hand = _IN_HAND.get(slots[layout.PHASE])
    for part, slot in _COUNTED:
        spent = slots[slot]
        if part == in_hand:
            spent += end - _within(slots[layout.PHASE_SINCE], begin, end)
        parts[part] = _within(spent, 0, left)
        left -= parts[part]
    return left


def _take_out_blocked(parts: dict[ProcessPart, int], slots: Sequence[int], life: _Life) -> None:
    """Move the time in which the process was blocked to where it belongs."""
    blocked = slots[layout.BLOCKED]
    if slots[layout.BLOCKED_SINCE]:
        blocked += life.told - _within(slots[layout.BLOCKED_SINCE], life.entered, life.told)
    for part in ("running", "computing"):
        taken = _within(blocked - parts["blocked"], 0, parts[part])
        parts[part] -= taken
        parts["blocked"] += taken


def _is_missing(recording: Contents, file: EventFile, region: _Region) -> bool:
    """Whether results are missing that this worker might still be given a task for."""
    if region.is_missing is not None:
        return region.is_missing
    parent = recording.files.get(file.slots[layout.PARENT_PID])
    return parent is not None and parent.slots[layout.CHUNKS_SENT] > parent.slots[layout.RESULTS_RECEIVED]


def _cpu(slots: Sequence[int], computing: int) -> int | None:
    """CPU time of COMPUTING, where enough of it was measured to speak for the whole."""
    measured = slots[layout.COMPUTING_MEASURED]
    if measured <= 0 or measured < _MEASURED_LEAST * computing:
        return None
    return _within(round(slots[layout.COMPUTING_CPU] * (computing / measured)), 0, computing)


def _unrecorded(state: ProcessState, region: _Region) -> ProcessLedger:
    begin = min(max(state.started_ns, region.least or 0), region.most)
    wall = _within(region.most if state.ended_ns is None else state.ended_ns, begin, region.most) - begin
    return ProcessLedger(state.pid, state.label, state.role, wall_ns=wall, running_ns=wall)
