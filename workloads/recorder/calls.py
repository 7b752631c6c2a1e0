"""Hooks of process pool executors in their workers, as `workers` has them for pools: each call is a chunk.

Such a worker sends the tracebacks of its own errors to its parent, so what its queues do is done by their own methods
here, with stand-ins in place of the lock and the pipe.
"""

from __future__ import annotations

from functools import partial
from time import perf_counter_ns, thread_time_ns

from . import layout as at
from .arguments import WORTH_A_TEXT, slowest_chunks
from .eventfile import CPU_UNKNOWN, MOST, writer
from .packing import CHUNK_RECORD
from .processes import enter
from .quiet import bare, batch_of, function_name, hide_all_frames, quietly
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


def described(function: Any, arguments: Any, process_chunk: Any) -> tuple[Any, int]:
    """Say what a call is about: the function of the program, and the number of items that it is called for."""
    if type(function) is partial and function.func is process_chunk:  # `map` with chunks
        return function.args[0], len(arguments[0])
    batch = batch_of(function)
    return function, 1 if batch is None else len(batch)


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
    receive, poll_pipe = call_queue._recv_bytes, call_queue._poll
    send = result_queue._writer.send_bytes
    note_slow = slowest_chunks()
    slots = writer.slots
    job = at.EXECUTOR_JOBS + slots[at.POOL]
    slots[at.JOB] = job
    since = received = begin = ended = pickled = cpu_begin = cpu = 0
    index = size_in = size_out = waiting = 0
    items = 1
    worth_a_text = WORTH_A_TEXT
    is_long = True
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
        slots[at.WAITING] = waiting
        if size_in > LARGE_MESSAGE:
            slots[at.PHASE_SINCE] = received
            slots[at.PHASE] = at.PHASE_RECEIVING
        return message

    def get(*arguments: Any, **options: Any) -> Any:
        nonlocal slots, since
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
            raise
        if call is None:
            slots[at.PHASE_SINCE] = received
            slots[at.PHASE] = at.PHASE_NONE
        else:
            quietly(begin_call, call)
        return call

    def begin_call(call: Any) -> None:
        nonlocal index, items, name, held, cpu_begin, begin
        index = call.work_id
        held = call
        function, items = described(call.fn, call.args, process_chunk)
        label = function_name(function)
        if name != label:
            name = label
            writer.text(at.FUNCTION_TEXT, name)
        if not slots[at.FIRST_RECEIVED]:
            slots[at.FIRST_RECEIVED] = received
        slots[at.CHUNKS_STARTED] += 1
        slots[at.BYTES_IN] += size_in
        slots[at.ITEMS] = items
        slots[at.INDEX] = index
        cpu_begin = cpu_now() if is_long else 0
        begin = now()
        slots[at.RECEIVING] += begin - received
        slots[at.PHASE_SINCE] = begin
        slots[at.PHASE] = at.PHASE_COMPUTING

    def send_bytes(data: Any) -> None:
        nonlocal size_out
        size_out = len(data)
        send(data)

    def about_to_lock() -> None:
        nonlocal pickled
        pickled = now()

    def unlocked() -> None:
        slots[at.LOCKS] = 0

    def put(answer: Any) -> None:
        nonlocal slots
        is_result = type(answer) is result_item
        slots = writer.slots
        end = now()
        if is_result:
            quietly(end_call, end)
        try:
            queue_put(outgoing, answer)
        except BaseException as error:
            if is_result:
                slots[at.RETURNING] += now() - end
                slots[at.PHASE_SINCE] = now()
            hide_all_frames(error)
            raise
        if is_result:
            quietly(sent, answer.exception is not None, end, now())

    def end_call(end: int) -> None:
        nonlocal ended, is_long, cpu, held, worth_a_text
        if not ended:  # else the first answer could not be pickled, and this is the worker's report of that
            ended = end
            took = end - begin
            is_long = took >= LONG_CHUNK
            cpu = 0
            slots[at.COMPUTING] += took
            if is_long and cpu_begin:
                spent = cpu_now() - cpu_begin
                cpu = max(spent // 1000, 1)
                slots[at.COMPUTING_CPU] += spent
                slots[at.COMPUTING_MEASURED] += took
            if took >= worth_a_text:
                call_items = _items_of(held.fn, held.args, process_chunk)
                worth_a_text = note_slow(job, index, took, call_items, held.kwargs)
            held = None
        slots[at.PHASE_SINCE] = end
        slots[at.PHASE] = at.PHASE_RETURNING

    def sent(has_failed: bool, end: int, moment: int) -> None:
        nonlocal since, ended
        number = writer.take()
        place = writer.place(number)
        if place is not None:
            CHUNK_RECORD(
                *place, at.CHUNK, at.FLAG_FAILED if has_failed else 0, CPU_UNKNOWN, items, job, index & MOST,
                since, received, begin, ended, pickled, moment, min(size_in, MOST), min(size_out, MOST), cpu,
                number + 1,
            )  # fmt: skip
        if has_failed:
            slots[at.CHUNKS_FAILED] += 1
        since, ended = moment, 0
        slots[at.RETURNING] += moment - end
        slots[at.CHUNKS_DONE] += 1
        slots[at.ITEMS_DONE] += items
        slots[at.BYTES_OUT] += size_out
        slots[at.LAST_SENT] = moment
        slots[at.PHASE_SINCE] = moment
        slots[at.PHASE] = at.PHASE_WAITING

    incoming = RecordedQueue(call_queue, _recv_bytes=recv_bytes, _poll=poll)
    outgoing = RecordedQueue(
        result_queue,
        _wlock=_Lock(result_queue._wlock, about_to_lock, unlocked),
        _writer=RecordedQueue(result_queue._writer, send_bytes=send_bytes),
    )
    return get, put
