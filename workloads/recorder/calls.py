"""Hooks of process pool executors in their workers, as `workers` has them for pools: each call is a chunk.

Such a worker sends the tracebacks of its own errors to its parent, so they are made what they would be without us. The
queues of loky have ways of their own, and do what they do by their own methods, with stand-ins for lock and pipe.
"""

from __future__ import annotations

import sys
from functools import partial
from time import perf_counter_ns, thread_time_ns

from . import layout as at
from .arguments import WORTH_A_TEXT, slowest_chunks
from .eventfile import CPU_UNKNOWN, MOST, writer
from .packing import CHUNK_RECORD, complete
from .pipes import receiver, sender, short_dumps, told_of_lock, told_of_put
from .processes import enter
from .quiet import FUNCTION, bare, batch_of, function_name, hide_all_frames, is_untimed, quietly
from .usage import forget
from .workers import LARGE_MESSAGE, LONG_CHUNK, RecordedQueue

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any


class _Lock:
    """A lock that says when it was asked for, and when it is given back."""

    def __init__(self, lock: Any, before: Callable[[], None], after: Callable[[], None]) -> None:
        self._lock, self._before, self._after = lock, before, after

    def __enter__(self) -> Any:
        self._before()
        result = self._lock.__enter__()
        writer.slots[at.LOCKS] = at.LOCK_WRITING
        return result

    def __exit__(self, *error: object) -> Any:
        self._after()
        return self._lock.__exit__(*error)


def queues_for(module: ModuleType) -> Callable[[Any, Any], tuple[Any, Any]]:
    """Return a function that makes queues for the worker loop of that module, which record what passes through them."""

    def recorded_queues(call_queue: Any, result_queue: Any) -> tuple[Any, Any]:
        get, put = _recorded_methods(module, call_queue, result_queue)
        return RecordedQueue(call_queue, get=get), RecordedQueue(result_queue, put=put)

    return recorded_queues


def _items_of(function: Any, arguments: Any, process_chunk: Any) -> Any:
    """Return the arguments of the call, or a list of those of the items."""
    if type(function) is partial and function.func is process_chunk:
        return [bare(each) for each in arguments[0]]
    batch = batch_of(function)
    return arguments if batch is None else batch


def _recorded_methods(module: Any, call_queue: Any, result_queue: Any) -> tuple[Any, Any]:  # noqa: C901
    now, cpu_now = perf_counter_ns, thread_time_ns
    process_chunk, result_item = module._process_chunk, module._ResultItem
    queue_get, queue_put = type(call_queue).get, type(result_queue).put
    receive, poll_pipe = receiver(call_queue._reader), call_queue._poll
    send_plainly = result_queue._writer.send_bytes
    send, write_lock = sender(result_queue._writer), getattr(result_queue._wlock, "_semlock", result_queue._wlock)
    is_known = type(result_queue) is sys.modules["multiprocessing.queues"].SimpleQueue
    dumps = short_dumps("multiprocessing")
    note_slow = slowest_chunks()
    slots = writer.slots
    job = at.EXECUTOR_JOBS + slots[at.POOL]
    slots[at.JOB] = job
    since = received = begin = ended = pickled = cpu_begin = cpu = 0
    index = size_in = size_out = 0
    items = 1
    number = -1  # of the record of the call in hand
    started = done = failed = items_done = bytes_in = bytes_out = 0
    waiting = receiving = computing = returning = first_received = computing_cpu = measured = 0
    worth_a_text = WORTH_A_TEXT
    is_long = True
    is_passing = False  # the call in hand belongs to a pass that is recorded nowhere
    name = ""
    held: Any = None

    def poll(*arguments: Any) -> Any:
        slots[at.LOCKS] = at.LOCK_READING
        is_there = False
        try:
            is_there = poll_pipe(*arguments)
        finally:
            if not is_there:
                slots[at.LOCKS] = 0
        return is_there

    def recv_bytes() -> Any:
        nonlocal received, size_in, waiting
        slots[at.LOCKS] = at.LOCK_READING
        try:
            message = receive()
        finally:
            slots[at.LOCKS] = 0
        received = now()
        size_in = len(message)
        waiting += received - since
        if size_in > LARGE_MESSAGE:
            slots[at.WAITING] = waiting
            slots[at.PHASE_SINCE] = received
            slots[at.PHASE] = at.PHASE_RECEIVING
        return message

    def get(*arguments: Any, **options: Any) -> Any:
        nonlocal slots, since, begin, index, items, started, receiving, bytes_in, cpu_begin, first_received, held, name
        nonlocal is_passing
        slots = writer.slots  # another one if the task forked
        if not since:
            quietly(enter)
            since = now()
            slots[at.PHASE_SINCE] = since
            slots[at.PHASE] = at.PHASE_WAITING
        try:
            call = queue_get(incoming, *arguments, **options)
        except BaseException as error:
            hide_all_frames(error)
            quietly(told_of_lock, error, call_queue._rlock)
            raise
        if call is None:
            slots[at.WAITING] = waiting
            slots[at.PHASE_SINCE] = received
            slots[at.PHASE] = at.PHASE_NONE
            return None
        try:
            index = call.work_id
            held = call
            function = call.fn
            items = 1
            if type(function) is partial and function.func is process_chunk:  # `map` with chunks
                function = function.args[0]
                items = len(call.args[0])
            if type(function) is FUNCTION:
                label = function.__qualname__
            else:
                label = function_name(function)
                is_passing = is_untimed(function)
                batch = batch_of(function)
                items = items if batch is None else len(batch)
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
            slots[at.ITEMS] = items
            slots[at.PHASE_SINCE] = begin
            slots[at.PHASE] = at.PHASE_COMPUTING
        except Exception:  # noqa: BLE001 - not a call that we know; it is the worker's business
            return call
        return call

    def send_bytes(data: Any) -> None:
        nonlocal size_out
        size_out = len(data)
        send_plainly(data)

    def about_to_lock() -> None:
        nonlocal pickled
        pickled = now()

    def unlocked() -> None:
        slots[at.LOCKS] = 0

    def put(answer: Any) -> None:
        nonlocal slots, since, ended, cpu, computing, returning, is_long, bytes_out, held, pickled, size_out, number
        if type(answer) is not result_item:
            put_plainly(answer)
            return
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
            held = None
        slots[at.PHASE_SINCE] = end
        slots[at.PHASE] = at.PHASE_RETURNING
        is_locked: bool | None = None
        try:
            if is_known:
                data = dumps(answer)
                size_out = len(data)
                pickled = now()
                # Before it is sent: who learns of an error may end the executor at once, and this worker with it.
                place = note(answer, pickled, at.PENDING)
                is_locked = False
                with write_lock:
                    slots[at.LOCKS] = at.LOCK_WRITING
                    is_locked = True
                    try:
                        send(data)
                    finally:
                        slots[at.LOCKS] = 0
            else:
                put_plainly(answer)
                place = note(answer, now(), 0)
        except BaseException as error:
            if is_known:
                quietly(told_of_put, error, result_queue, is_locked)
            returning += now() - end
            slots[at.RETURNING] = returning
            slots[at.PHASE_SINCE] = now()
            raise
        sent = now()
        if place is not None:
            memory, offset = place
            complete(memory, offset, number, sent)
        returning += sent - end
        bytes_out += size_out
        since, ended, number = sent, 0, -1
        slots[at.RETURNING] = returning
        slots[at.LAST_SENT] = sent
        slots[at.PHASE_SINCE] = sent
        slots[at.PHASE] = at.PHASE_WAITING

    def note(answer: Any, sent: int, pending: int) -> Any:
        """Count the call, and write its record; return where, if it has a place."""
        nonlocal number, done, failed, items_done
        place = None
        try:
            flags = 0 if answer.exception is None else at.FLAG_FAILED
            if number < 0:
                number = writer.take()
                done += 1
                items_done += items
                failed += 1 if flags else 0
            place = writer.place(number)
            if place is not None:
                CHUNK_RECORD(
                    *place, at.CHUNK, flags, CPU_UNKNOWN, items, job, index & MOST,
                    since, received, begin, ended, pickled, sent,
                    size_in if size_in < MOST else MOST, size_out if size_out < MOST else MOST, cpu,
                    number + 1 | pending,
                )  # fmt: skip
            if flags:
                slots[at.CHUNKS_FAILED] = failed
        except Exception:  # noqa: BLE001 - a program must not notice that it cannot be recorded
            place = None
        slots[at.COMPUTING] = computing
        slots[at.BYTES_IN] = bytes_in
        slots[at.BYTES_OUT] = bytes_out + size_out
        slots[at.ITEMS_DONE] = items_done
        slots[at.CHUNKS_DONE] = done
        return place

    def put_plainly(answer: Any) -> None:
        try:
            queue_put(outgoing, answer)
        except BaseException as error:
            hide_all_frames(error)
            raise

    def put_unrecorded(answer: Any) -> None:
        """Send a result of a pass that is recorded nowhere, and forget what was counted of it."""
        nonlocal since, started, bytes_in, waiting, receiving, first_received, is_passing, held
        put_plainly(answer)
        started = bytes_in = waiting = receiving = first_received = 0
        held = None
        is_passing = False
        since = now()
        quietly(forget, slots)

    def measure(end: int) -> None:
        """Look closer at a call that took long enough for that."""
        nonlocal cpu, computing_cpu, measured, worth_a_text
        if cpu_begin:
            spent = cpu_now() - cpu_begin
            cpu = max(spent // 1000, 1)
            slots[at.COMPUTING_CPU] = computing_cpu = computing_cpu + spent
            slots[at.COMPUTING_MEASURED] = measured = measured + end - begin
        if end - begin >= worth_a_text:
            call_items = _items_of(held.fn, held.args, process_chunk)
            worth_a_text = note_slow(job, index, end - begin, call_items, held.kwargs)

    incoming = RecordedQueue(
        call_queue,
        _closed=False,
        _sem=call_queue._sem,
        _rlock=getattr(call_queue._rlock, "_semlock", call_queue._rlock),
        _recv_bytes=recv_bytes,
        _poll=poll,
    )
    outgoing = RecordedQueue(
        result_queue,
        _wlock=_Lock(result_queue._wlock, about_to_lock, unlocked),
        _writer=RecordedQueue(result_queue._writer, send_bytes=send_bytes),
    )
    return get, put
