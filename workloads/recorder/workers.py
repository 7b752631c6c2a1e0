"""Hooks of `multiprocessing.Pool` in its worker: every chunk, phase by phase, at a few hundred nanoseconds a phase.

The worker loop is left alone; it is handed other queues. Their `get` is the unchanged one of `SimpleQueue`, called with
a stand-in for the queue whose reader looks at the clock, so that a traceback shows what it always shows. Their `put`
does what the one of `SimpleQueue` does; the worker loop itself handles its errors.
"""

from __future__ import annotations

import sys
from time import perf_counter_ns, thread_time_ns
from types import FunctionType

from . import layout as at
from .eventfile import CHUNK_RECORD, CPU_UNKNOWN, MOST, writer
from .pipes import receiver, sender, short_dumps
from .processes import enter
from .quiet import function_name, hide_frame, quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from typing import Any

LONG_CHUNK = 100_000  # ns; from here on the CPU time of the next chunk is measured
LARGE_MESSAGE = 16384  # bytes; from here on unpickling is a phase of its own while it lasts
# The header is written slot by slot: `Struct.pack_into` clears its place first, which a reader could see.


class RecordedQueue:
    """What the worker loop sees of a queue: a `get` or `put` of ours, and all the rest of the real one."""

    def __init__(self, queue: Any, **methods: Any) -> None:
        self._recorded = queue
        self.__dict__.update(methods)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._recorded, name)


class _StandIn:
    """The attributes of a `SimpleQueue` that its `get` uses."""

    __slots__ = ("_reader", "_rlock", "recv_bytes")
    _reader: Any
    _rlock: Any
    recv_bytes: Any


def recorded_queues(inqueue: Any, outqueue: Any) -> tuple[Any, Any] | None:
    """Return queues for the worker loop that record what passes through them; None for queues of an unknown kind."""
    simple_queue = getattr(sys.modules.get("multiprocessing.queues"), "SimpleQueue", None)
    if type(inqueue) is not simple_queue or type(outqueue) is not simple_queue or outqueue._wlock is None:
        return None
    get, put = _recorded_methods(simple_queue, inqueue, outqueue)
    return RecordedQueue(inqueue, get=get), RecordedQueue(outqueue, put=put)


def _recorded_methods(simple_queue: Any, inqueue: Any, outqueue: Any) -> tuple[Any, Any]:  # noqa: C901
    """Return `get` and `put`. They are closures over plain integers, because every attribute would cost its time."""
    pool = sys.modules["multiprocessing.pool"]
    mappers = (pool.mapstar, pool.starmapstar)
    queue_get, now = simple_queue.get, perf_counter_ns
    dumps, write_lock = short_dumps(), getattr(outqueue._wlock, "_semlock", outqueue._wlock)
    receive, send = receiver(inqueue._reader), sender(outqueue._writer)
    slots = writer.slots
    since = received = begin = ended = cpu_begin = cpu = 0
    job = items = -1
    index = size_in = 0
    started = done = failed = items_done = bytes_in = bytes_out = 0
    waiting = receiving = computing = returning = first_received = 0
    is_long = True
    name = ""

    def recv_bytes() -> Any:
        nonlocal received, size_in, waiting
        slots[at.LOCKS] = at.LOCK_READING
        try:
            message = receive()
        except BaseException as error:
            slots[at.LOCKS] = 0
            hide_frame(error)
            raise
        slots[at.LOCKS] = 0
        received = now()
        size_in = len(message)
        waiting += received - since
        if size_in > LARGE_MESSAGE:  # unpickling a small one is over before anybody can look
            slots[at.WAITING] = waiting
            slots[at.PHASE_SINCE] = received
            slots[at.PHASE] = at.PHASE_RECEIVING
        return message

    def get() -> Any:
        nonlocal slots, since, begin, job, index, items, started, receiving, bytes_in, cpu_begin, name, first_received
        slots = writer.slots  # another one if the task forked
        if not since:
            quietly(enter)
            since = now()
            slots[at.PHASE_SINCE] = since
            slots[at.PHASE] = at.PHASE_WAITING
        try:
            task = queue_get(incoming)
        except BaseException as error:
            hide_frame(error)
            raise
        if task is None:
            slots[at.WAITING] = waiting
            slots[at.PHASE_SINCE] = received
            slots[at.PHASE] = at.PHASE_NONE
            return None
        try:
            job_now, index, function, arguments, _ = task
            items_now = 1
            if function in mappers:
                function, batch = arguments[0]
                items_now = len(batch)
            if job_now != job:
                slots[at.JOB] = job = job_now
            if items_now != items:
                slots[at.ITEMS] = items = items_now
            label = function.__qualname__ if type(function) is FunctionType else function_name(function)
            if name is not label:
                name = label
                writer.text(at.FUNCTION_TEXT, name)
            if not first_received:
                first_received = slots[at.FIRST_RECEIVED] = received
            started += 1
            bytes_in += size_in
            cpu_begin = thread_time_ns() if is_long else 0
            begin = now()
            receiving += begin - received
            slots[at.WAITING] = waiting
            slots[at.RECEIVING] = receiving
            slots[at.CHUNKS_STARTED] = started
            slots[at.INDEX] = index
            slots[at.PHASE_SINCE] = begin
            slots[at.PHASE] = at.PHASE_COMPUTING
        except Exception:  # noqa: BLE001 - not a task that we know; it is the worker's business
            return task
        return task

    def put(answer: Any) -> None:
        nonlocal slots, since, ended, cpu, computing, returning, is_long, done, failed, items_done, bytes_out
        end = now()
        slots = writer.slots
        if not ended:  # else the first answer could not be pickled, and this is the worker's report of that
            ended = end
            is_long = end - begin >= LONG_CHUNK
            cpu = (thread_time_ns() - cpu_begin) // 1000 if is_long and cpu_begin else 0
            computing += end - begin
            if is_long:
                slots[at.COMPUTING] = computing
        slots[at.PHASE_SINCE] = end
        slots[at.PHASE] = at.PHASE_RETURNING
        try:
            data = dumps(answer)
            size_out = len(data)
            pickled = now()
            with write_lock:
                slots[at.LOCKS] = at.LOCK_WRITING
                try:
                    send(data)
                finally:
                    slots[at.LOCKS] = 0
        except BaseException as error:
            returning += now() - end
            slots[at.RETURNING] = returning
            slots[at.PHASE_SINCE] = now()
            hide_frame(error)
            raise
        sent = now()
        try:
            flags = 0 if answer[2][0] else at.FLAG_FAILED
            number = writer.take()
            first, last, memory, start = writer.segment
            if first <= number < last:
                slots[at.RECORDS_WRITTEN] = number + 1
                place: tuple[Any, int] | None = (memory, start + (number - first) * at.RECORD_SIZE)
            else:
                place = writer.place(number)
            if place is not None:
                CHUNK_RECORD(
                    *place, at.CHUNK, flags, CPU_UNKNOWN, items, job, index,
                    since, received, begin, ended, pickled, sent,
                    size_in if size_in < MOST else MOST, size_out if size_out < MOST else MOST, cpu, number + 1,
                )  # fmt: skip
            if flags:
                failed += 1
                slots[at.CHUNKS_FAILED] = failed
        except Exception:  # noqa: BLE001, S110 - a program must not notice that it cannot be recorded
            pass
        returning += sent - end
        done += 1
        items_done += items
        bytes_out += size_out
        since, ended = sent, 0
        slots[at.CHUNKS_DONE] = done
        slots[at.ITEMS_DONE] = items_done
        slots[at.COMPUTING] = computing
        slots[at.RETURNING] = returning
        slots[at.BYTES_IN] = bytes_in
        slots[at.BYTES_OUT] = bytes_out
        slots[at.LAST_SENT] = sent
        slots[at.PHASE_SINCE] = sent
        slots[at.PHASE] = at.PHASE_WAITING

    incoming = _StandIn()
    incoming._rlock = getattr(inqueue._rlock, "_semlock", inqueue._rlock)
    incoming._reader, incoming.recv_bytes = incoming, recv_bytes
    return get, put
