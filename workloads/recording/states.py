"""What a process is doing, in the words of the screen, from its event file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import ProcessPhase, ProcessRole, ProcessState
from ..recorder import layout

if TYPE_CHECKING:
    from .contents import Contents
    from .events import EventFile

_ROLES: dict[int, ProcessRole] = {
    layout.ROLE_RUNNER: "runner",
    layout.ROLE_WORKER: "worker",
    layout.ROLE_CHILD: "child",
    layout.ROLE_PROGRAM: "program",
    layout.ROLE_FORK: "fork",
}
_PHASES: dict[int, ProcessPhase] = {
    layout.PHASE_WAITING: "waiting",
    layout.PHASE_RECEIVING: "receiving",
    layout.PHASE_COMPUTING: "computing",
    layout.PHASE_RETURNING: "returning",
}


def process_state(recording: Contents, file: EventFile) -> ProcessState:
    """Describe the process that writes FILE."""
    slots = file.slots
    ended = recording.end_ns(file)
    role = _ROLES.get(recording.role(file), "helper")
    return ProcessState(
        pid=file.pid,
        parent=slots[layout.PARENT_PID] or None,
        role=role,
        label=recording.label(file),
        name=file.name,
        phase=_phase(slots, role, has_ended=ended is not None),
        chunks_done=slots[layout.CHUNKS_DONE],
        items_done=slots[layout.ITEMS_DONE],
        current=chunk_in_words(recording, file) if has_chunk(file, has_ended=ended is not None) else "",
        started_ns=file.created_ns,
        ended_ns=ended,
        exit_status=recording.exit_status(file),
    )


def has_chunk(file: EventFile, *, has_ended: bool = False) -> bool:
    """Whether the process holds a chunk, or held one at its end; one that it just reads counts while it lives."""
    slots = file.slots
    if slots[layout.CHUNKS_STARTED] > slots[layout.CHUNKS_DONE] or slots[layout.PHASE] == layout.PHASE_RETURNING:
        return True
    return not has_ended and slots[layout.PHASE] == layout.PHASE_RECEIVING


def chunk_in_words(recording: Contents, file: EventFile) -> str:
    """Name the chunk in hand.

    Returns:
        ``chunk 3 of 8, 625,000 items``, or ``task 3 of 8`` where each chunk is one task. Where a process calls the
        function itself, ``task 3`` or ``tasks 1,025 to 2,048``, as that process counts them. Before the timed region,
        where a pool is made warm, ``a chunk of the untimed pass``.
    """
    slots = file.slots
    if recording.marks.begun_ns is None and not recording.is_program:
        return "a chunk of the untimed pass"
    if slots[layout.CHUNKS_STARTED] <= slots[layout.CHUNKS_DONE] and slots[layout.PHASE] != layout.PHASE_RETURNING:
        return "a chunk"  # being read: nobody knows which one yet
    items, position = slots[layout.ITEMS], slots[layout.INDEX]
    job = recording.job(file)
    if job is None:
        first, last = slots[layout.ITEMS_DONE] + 1, slots[layout.ITEMS_DONE] + items
        planned = recording.marks.tasks_planned if file is recording.runner else None
        of = f" of {planned:,}" if planned is not None else ""
        return f"task {first:,}{of}" if items == 1 else f"tasks {first:,} to {last:,}{of}"
    planned = recording.marks.tasks_planned or 0
    if job.chunks == job.items == 1 < planned:  # a lane whose calls are a job each, such as `apply_async`
        return f"task {job.job + 1:,} of {planned:,}"
    of = f" of {job.chunks:,}" if job.chunks > position else ""
    if job.chunksize == 1:
        return f"task {position + 1:,}{of}"
    return f"chunk {position + 1:,}{of}, {items:,} {'item' if items == 1 else 'items'}"


def _phase(slots: tuple[int, ...], role: ProcessRole, has_ended: bool) -> ProcessPhase:
    if has_ended:
        return "ended"
    if not slots[layout.ENTERED] and role in ("worker", "child"):
        return "starting"
    return _PHASES.get(slots[layout.PHASE], "idle")
