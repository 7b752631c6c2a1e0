"""For engines that call the function themselves: they say what they do, and it is recorded as a pool worker's work is.

None of these functions raises, and without a run directory they keep their counters in private memory.
"""

from __future__ import annotations

from time import perf_counter_ns, process_time_ns, thread_time_ns

from . import layout as at
from .eventfile import CPU_UNKNOWN, writer
from .packing import CHUNK_RECORD
from .quiet import quietly
from .usage import delay_of

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from array import array

_LONG_CHUNK = 100_000  # ns; shorter ones do not have their CPU time measured


_COUNTED = (
    at.CHUNKS_SENT, at.SENDING, at.SENT_BYTES, at.RESULTS_RECEIVED, at.UNPICKLING, at.RESULT_BYTES, at.LAST_RESULT,
    at.BLOCKED,
)  # fmt: skip


class _Kept:
    """What `keep_order` keeps."""

    order: array[int] | list[int] = []  # noqa: RUF012 - nothing is ever added to this one


class _Hand:
    """The chunk in hand."""

    function = ""
    begin = 0
    ended = 0
    cpu_begin = 0
    cpu_end = 0
    is_long = True


def become(role: int, name: str) -> None:
    """Say what this process is: one of the ``ROLE_...`` numbers, and a name."""
    writer.open()
    writer.slots[at.ROLE] = role
    quietly(writer.text, at.NAME_TEXT, name)


def mark(slot: int) -> int:
    """Store the time in a slot of the header, `RUN_BEGUN`, `RESULTS_THERE` or `RUN_ENDED`, and return it."""
    now = perf_counter_ns()
    writer.open()
    writer.slots[slot] = now
    quietly(writer.life, at.RUN_MARK, value=slot, time=now)
    return now


def usage() -> tuple[int, int]:
    """Look up what this process has used so far: CPU time of all threads, and waits of the main one for a CPU."""
    return process_time_ns(), quietly(delay_of, "self") or 0


def used(since: tuple[int, int]) -> None:
    """Note what this process has used since it was looked up."""
    cpu, delay = usage()
    writer.slots[at.USED_CPU] = cpu - since[0]
    writer.slots[at.DELAYED] = max(1, delay - since[1]) if delay else 0


def forget() -> None:
    """Forget what this process sent to a pool and took from it so far, and how long it waited for that."""
    writer.open()
    for slot in _COUNTED:
        writer.slots[slot] = 0
    del _Kept.order[:]


def keep_order() -> array[int]:
    """Have the numbers of chunks kept in the order in which they come back to the pools that are made from now on.

    Returns:
        Where they are kept; it stays empty where nothing is recorded.
    """
    from array import array

    from . import pools

    pools.order = _Kept.order = array("q")
    return _Kept.order


def plan(tasks: int, chunks: int) -> None:
    """Say how many tasks and chunks this run is going to have; 0 for what nobody knows."""
    writer.open()
    writer.slots[at.TASKS_PLANNED] = tasks
    writer.slots[at.CHUNKS_PLANNED] = chunks


def begin(items: int, job: int, index: int, function: str) -> None:
    """Begin a chunk of so many tasks."""
    writer.open()
    slots = writer.slots
    if function != _Hand.function:
        _Hand.function = function
        quietly(writer.text, at.FUNCTION_TEXT, function)
    _Hand.cpu_begin = thread_time_ns() if _Hand.is_long else 0
    _Hand.ended = _Hand.cpu_end = 0
    _Hand.begin = now = perf_counter_ns()
    if not slots[at.FIRST_RECEIVED]:
        slots[at.FIRST_RECEIVED] = now
    slots[at.JOB] = job
    slots[at.INDEX] = index
    slots[at.ITEMS] = items
    slots[at.CHUNKS_STARTED] += 1
    slots[at.PHASE_SINCE] = now
    slots[at.PHASE] = at.PHASE_COMPUTING


def returning() -> None:
    """Say that the chunk's results are there and are being handed over, if that takes time at all."""
    _Hand.ended = now = perf_counter_ns()
    _Hand.cpu_end = thread_time_ns() if _Hand.cpu_begin else 0
    slots = writer.slots
    slots[at.COMPUTING] += now - _Hand.begin
    slots[at.PHASE_SINCE] = now
    slots[at.PHASE] = at.PHASE_RETURNING


def end(failed: bool) -> None:
    """End the chunk; ``failed`` if its function raised."""
    sent = perf_counter_ns()
    slots = writer.slots
    ended = _Hand.ended or sent
    if _Hand.ended:
        slots[at.RETURNING] += sent - ended
    else:
        slots[at.COMPUTING] += ended - _Hand.begin
    _Hand.is_long = ended - _Hand.begin >= _LONG_CHUNK
    cpu = 0
    if _Hand.is_long and _Hand.cpu_begin:
        cpu = (_Hand.cpu_end or thread_time_ns()) - _Hand.cpu_begin
        slots[at.COMPUTING_CPU] += cpu
        slots[at.COMPUTING_MEASURED] += ended - _Hand.begin
    quietly(_record, failed, ended, sent, cpu // 1000)
    slots[at.CHUNKS_FAILED] += bool(failed)
    slots[at.CHUNKS_DONE] += 1
    slots[at.ITEMS_DONE] += slots[at.ITEMS]
    slots[at.LAST_SENT] = sent
    slots[at.PHASE_SINCE] = sent
    slots[at.PHASE] = at.PHASE_NONE


def _record(failed: bool, ended: int, sent: int, cpu: int) -> None:
    number = writer.take()
    place = writer.place(number)
    if place is not None:
        slots, begun = writer.slots, _Hand.begin
        CHUNK_RECORD(
            *place, at.CHUNK, at.FLAG_FAILED if failed else 0, CPU_UNKNOWN, slots[at.ITEMS], slots[at.JOB],
            slots[at.INDEX], begun, begun, begun, ended, ended, sent, 0, 0, cpu, number + 1,
        )  # fmt: skip
