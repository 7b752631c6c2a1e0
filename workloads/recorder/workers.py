"""Hooks of `multiprocessing.Pool` in its worker: every chunk, phase by phase, at a few hundred nanoseconds a phase.

The worker loop is left alone; it is handed other queues. Their `get` is the unchanged one of `SimpleQueue`, called with
a stand-in for the queue whose reader looks at the clock, so that a traceback shows what it always shows. Their `put`
does what the one of `SimpleQueue` does; the worker loop itself handles its errors.
"""

from __future__ import annotations

import sys
from time import perf_counter_ns, thread_time_ns

from . import layout as at
from .arguments import WORTH_A_TEXT, slowest_chunks
from .eventfile import CPU_UNKNOWN, MOST, writer
from .packing import CHUNK_RECORD, complete
from .pipes import quick_dumps, receiver, sender, short_dumps, told_of_lock, told_of_put
from .processes import enter
from .quiet import FUNCTION, batch_of, function_name, hide_frame, is_untimed, quietly
from .usage import forget

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
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


def queues_for(package: str) -> Callable[[Any, Any], tuple[Any, Any]]:
    """Return a function that makes queues for the worker loop of that package; they record what passes through."""

    def recorded_queues(inqueue: Any, outqueue: Any) -> tuple[Any, Any]:
        simple_queue = sys.modules[f"{package}.queues"].SimpleQueue
        is_known = type(inqueue) is simple_queue and type(outqueue) is simple_queue and outqueue._wlock is not None
        parts = _known_queues(package, inqueue, outqueue) if is_known else _any_queues(inqueue, outqueue)
        get, put = _recorded_methods(sys.modules[f"{package}.pool"], *parts)
        return RecordedQueue(inqueue, get=get), RecordedQueue(outqueue, put=put)

    return recorded_queues


def _known_queues(package: str, inqueue: Any, outqueue: Any) -> tuple[Any, ...]:
    """Return how to get a task, to read a message and to send a result, phase by phase."""
    simple_queue = sys.modules[f"{package}.queues"].SimpleQueue

    def told_of(error: BaseException, is_locked: bool | None) -> None:
        if is_locked is not None:
            told_of_put(error, outqueue, is_locked)
        else:
            told_of_lock(error, inqueue._rlock)

    incoming = RecordedQueue(inqueue, _rlock=getattr(inqueue._rlock, "_semlock", inqueue._rlock))
    return (
        simple_queue.get,
        incoming,
        receiver(inqueue._reader),
        quick_dumps(short_dumps(package)),
        getattr(outqueue._wlock, "_semlock", outqueue._wlock),
        sender(outqueue._writer),
        told_of,
    )


class _NoLock:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: object) -> None:
        return None


class _Unknown:
    """An object that counts as a message of no length."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __len__(self) -> int:
        return 0


def _any_queues(inqueue: Any, outqueue: Any) -> tuple[Any, ...]:
    """Return the same for queues of another kind: what they do in one call stays one, and bytes are not counted."""
    put = outqueue.put

    def get(incoming: Any) -> Any:
        return incoming._reader.recv_bytes().value

    def send(answer: _Unknown) -> None:
        value, answer.value = answer.value, None
        put(value)

    original = inqueue.get
    return get, RecordedQueue(inqueue), lambda: _Unknown(original()), _Unknown, _NoLock(), send, lambda *_: None


def _recorded_methods(  # noqa: C901
    pool: Any, queue_get: Any, incoming: Any, receive: Any, dumps: Any, write_lock: Any, send: Any, told_of: Any
) -> tuple[Any, Any]:
    """Return `get` and `put`. They are closures over plain integers, because every attribute would cost its time."""
    now, cpu_now = perf_counter_ns, thread_time_ns
    mapstar, starmapstar = pool.mapstar, pool.starmapstar
    first_job = 0 if pool.__name__ == "multiprocessing.pool" else at.OTHER_JOBS
    note_slow = slowest_chunks()
    slots = writer.slots
    since = received = begin = ended = cpu_begin = cpu = 0
    job = items = -1
    index = size_in = 0
    number = -1  # of the record of the chunk in hand
    started = done = failed = items_done = bytes_in = bytes_out = 0
    waiting = receiving = computing = returning = first_received = 0
    computing_cpu = measured = 0
    worth_a_text = WORTH_A_TEXT
    is_long = True
    is_passing = False  # the chunk in hand belongs to a pass that is recorded nowhere
    name = ""
    held: Any = None
    keywords: Any = None

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

    def get() -> Any:  # noqa: C901
        nonlocal slots, since, begin, job, index, items, started, receiving, bytes_in, cpu_begin, name, first_received
        nonlocal held, keywords, is_passing
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
            quietly(told_of, error, None)
            raise
        if task is None:
            slots[at.WAITING] = waiting
            slots[at.PHASE_SINCE] = received
            slots[at.PHASE] = at.PHASE_NONE
            return None
        try:
            job_now, index, function, held, keywords = task
            items_now = 1
            if function is mapstar or function is starmapstar:
                function, held = held[0]
                items_now = len(held)
            if type(function) is FUNCTION:
                label = function.__qualname__
            else:
                label = function_name(function)
                is_passing = is_untimed(function)
                batch = batch_of(function)
                if batch is not None:
                    held, items_now = batch, len(batch)
            job_now += first_job
            if job_now != job:
                slots[at.JOB] = job = job_now
            if items_now != items:
                slots[at.ITEMS] = items = items_now
            if name is not label:
                name = label
                writer.text(at.FUNCTION_TEXT, name)
            if not first_received:
                first_received = slots[at.FIRST_RECEIVED] = received
            started += 1
            bytes_in += size_in
            cpu_begin = cpu_now() if is_long else 0
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

    def put(answer: Any) -> None:  # noqa: C901
        nonlocal slots, since, ended, cpu, computing, returning, is_long, done, failed, items_done, bytes_out
        nonlocal held, keywords, number
        if is_passing:
            put_unrecorded(answer)
            return
        end = now()
        slots = writer.slots
        if not ended:  # else the first answer could not be pickled, and this is the worker's report of that
            ended = end
            is_long = end - begin >= LONG_CHUNK
            computing += end - begin
            cpu = 0
            if is_long:
                slots[at.COMPUTING] = computing
                quietly(measure, end)
            held = keywords = None
        slots[at.PHASE_SINCE] = end
        slots[at.PHASE] = at.PHASE_RETURNING
        is_locked: bool | None = None
        try:
            data = dumps(answer)
            size_out = len(data)
            pickled = now()
            # Before it is sent: who has all results may end the pool at once, and this worker with it.
            try:
                flags = 0 if answer[2][0] else at.FLAG_FAILED
                if number < 0:
                    number = writer.take()
                    done += 1
                    items_done += items
                    failed += 1 if flags else 0
                first, last, memory, start = writer.segment
                if first <= number < last:
                    slots[at.RECORDS_WRITTEN] = number + 1
                    offset = start + (number - first) * at.RECORD_SIZE
                else:
                    memory, offset = writer.place(number) or (None, 0)
                if memory is not None:
                    CHUNK_RECORD(
                        memory, offset, at.CHUNK, flags, CPU_UNKNOWN, items, job, index,
                        since, received, begin, ended, pickled, pickled,
                        size_in if size_in < MOST else MOST, size_out if size_out < MOST else MOST, cpu,
                        number + 1 | at.PENDING,
                    )  # fmt: skip
                if flags:
                    slots[at.CHUNKS_FAILED] = failed
            except Exception:  # noqa: BLE001 - a program must not notice that it cannot be recorded
                memory = None
            slots[at.COMPUTING] = computing
            slots[at.BYTES_IN] = bytes_in
            slots[at.BYTES_OUT] = bytes_out + size_out
            slots[at.ITEMS_DONE] = items_done
            slots[at.CHUNKS_DONE] = done
            is_locked = False
            with write_lock:
                slots[at.LOCKS] = at.LOCK_WRITING
                is_locked = True
                try:
                    send(data)
                finally:
                    slots[at.LOCKS] = 0
        except BaseException as error:
            if is_locked is not None:
                quietly(told_of, error, is_locked)
            returning += now() - end
            slots[at.RETURNING] = returning
            slots[at.PHASE_SINCE] = now()
            hide_frame(error)
            raise
        sent = now()
        if memory is not None:
            complete(memory, offset, number, sent)
        returning += sent - end
        bytes_out += size_out
        since, ended, number = sent, 0, -1
        slots[at.RETURNING] = returning
        slots[at.LAST_SENT] = sent
        slots[at.PHASE_SINCE] = sent
        slots[at.PHASE] = at.PHASE_WAITING

    def put_unrecorded(answer: Any) -> None:
        """Send a result of a pass that is recorded nowhere, and forget what was counted of it."""
        nonlocal since, started, bytes_in, waiting, receiving, first_received, is_passing, held, keywords
        try:
            data = dumps(answer)
            with write_lock:
                send(data)
        except BaseException as error:
            hide_frame(error)
            raise
        started = bytes_in = waiting = receiving = first_received = 0
        held = keywords = None
        is_passing = False
        since = now()
        quietly(forget, slots)

    def measure(end: int) -> None:
        """Look closer at a chunk that took long enough for that."""
        nonlocal cpu, computing_cpu, measured, worth_a_text
        if cpu_begin:
            spent = cpu_now() - cpu_begin
            cpu = max(spent // 1000, 1)
            slots[at.COMPUTING_CPU] = computing_cpu = computing_cpu + spent
            slots[at.COMPUTING_MEASURED] = measured = measured + end - begin
        if end - begin >= worth_a_text:
            worth_a_text = note_slow(job, index, end - begin, held, keywords)

    incoming._reader, incoming.recv_bytes = incoming, recv_bytes
    return get, put
