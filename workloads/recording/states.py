"""What a process is doing, in the words of the screen, from its event file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model import ProcessPhase, ProcessRole, ProcessState
from ..recorder import layout

if TYPE_CHECKING:
    from .events import EventFile
    from .reader import Recording

_ROLES: dict[int, ProcessRole] = {
    layout.ROLE_RUNNER: "runner",
    layout.ROLE_WORKER: "worker",
    layout.ROLE_CHILD: "child",
}
_PHASES: dict[int, ProcessPhase] = {
    layout.PHASE_WAITING: "waiting",
    layout.PHASE_RECEIVING: "receiving",
    layout.PHASE_COMPUTING: "computing",
    layout.PHASE_RETURNING: "returning",
}


def process_state(recording: Recording, file: EventFile) -> ProcessState:
    """Describe the process that writes FILE."""
    slots = file.slots
    ended = recording.end_ns(file)
    reaped = recording.reaped(file)
    status = None
    if reaped is not None:
        status = reaped.status
    elif slots[layout.EXITING]:
        status = slots[layout.EXIT_CODE]
    role = _ROLES.get(slots[layout.ROLE], "helper")
    return ProcessState(
        pid=file.pid,
        parent=slots[layout.PARENT_PID] or None,
        role=role,
        label=recording.label(file),
        name=file.name,
        phase=_phase(slots, role, has_ended=ended is not None),
        chunks_done=slots[layout.CHUNKS_DONE],
        items_done=slots[layout.ITEMS_DONE],
        current=chunk_in_words(recording, file) if ended is None and has_chunk(file) else "",
        started_ns=file.created_ns,
        ended_ns=ended,
        exit_status=status,
    )


def has_chunk(file: EventFile) -> bool:
    """Whether the process holds a chunk, or held one when it ended; one that it is just reading counts."""
    slots = file.slots
    return slots[layout.CHUNKS_STARTED] > slots[layout.CHUNKS_DONE] or slots[layout.PHASE] == layout.PHASE_RECEIVING


def chunk_in_words(recording: Recording, file: EventFile) -> str:
    """Name the chunk in hand: ``chunk 3 of 8, 625,000 items``, or ``task 3 of 8`` where each chunk is one task."""
    slots = file.slots
    if slots[layout.CHUNKS_STARTED] <= slots[layout.CHUNKS_DONE]:
        return "a chunk"  # being read: nobody knows which one yet
    items = slots[layout.ITEMS]
    job = recording.job(file)
    marks = recording.marks
    if job is not None:
        chunks, is_single = job.chunks, job.chunksize == 1
    else:
        chunks = marks.chunks_planned or 0
        is_single = items == 1 and chunks in (0, marks.tasks_planned or 0)
    number = f"{slots[layout.INDEX] + 1:,}"
    place = f"{number} of {chunks:,}" if chunks > slots[layout.INDEX] else number
    if is_single:
        return f"task {place}"
    return f"chunk {place}, {items:,} {'item' if items == 1 else 'items'}"


def _phase(slots: tuple[int, ...], role: ProcessRole, has_ended: bool) -> ProcessPhase:
    if has_ended:
        return "ended"
    if not slots[layout.ENTERED] and role in ("worker", "child"):
        return "starting"
    return _PHASES.get(slots[layout.PHASE], "idle")
