"""Hooks of process pool executors in the process that owns them: of the standard library, of loky, of joblib.

All calls of an executor are one job, and each call is a chunk of it. What is pickled passes through the queue's own
feeder thread, so the queue is given a buffer that looks at the clock when something is taken out.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from time import perf_counter_ns

from . import layout as at
from .blocking import blocking
from .calls import queues_for
from .eventfile import writer
from .pipes import is_plain, sender
from .pools import next_number, recorded_recv, submitted
from .processes import POOL_NUMBER, targets
from .quiet import around, function_name, hide_frame
from .workers import RecordedQueue

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_SENTINEL = 8  # bytes that None takes at most; a call takes more


def hook_executor(module: ModuleType) -> None:
    """Hook ``concurrent.futures.process``."""
    _hook(module, at.POOL_KIND_EXECUTOR)


def hook_loky(module: ModuleType) -> None:
    """Hook ``loky.process_executor``, be it that of joblib."""
    _hook(module, at.POOL_KIND_LOKY)


def _hook(module: Any, kind: int) -> None:
    targets[id(module._process_worker)] = module._process_worker, queues_for(module)
    process_chunk = module._process_chunk

    def after_creation(begin: int, _: None, executor: Any, *__: Any, **___: Any) -> None:
        number = next_number()
        vars(executor)[POOL_NUMBER] = number
        workers = executor._max_workers
        writer.life(at.POOL_CREATED, value=workers, a=number, time=begin, v1=perf_counter_ns(), v2=kind)
        _record_queue(executor._call_queue, number)

    def after_manager(_: None, __: None, manager: Any, executor: Any) -> None:
        number = vars(executor)[POOL_NUMBER]
        reader = executor._result_queue._reader
        if is_plain(reader):
            recorded = RecordedQueue(reader, recv=recorded_recv(type(reader), reader), fileno=reader.fileno)
            manager.result_queue = RecordedQueue(executor._result_queue, _reader=recorded)
        for item in executor._pending_work_items.values():
            function = item.fn
            if type(function) is partial and function.func is process_chunk:  # `map` with chunks
                function = function.args[0]
            submitted(perf_counter_ns(), number, at.EXECUTOR_JOBS + number, function_name(function), 0, 0, 0)
            break

    executor, manager = module.ProcessPoolExecutor, module._ExecutorManagerThread
    executor.__init__ = around(executor.__init__, _clock, after_creation)
    manager.__init__ = around(manager.__init__, None, after_manager)
    executor.shutdown = around(blocking(executor.shutdown, at.BLOCKED_BY_JOIN), _before_shutdown, _after_shutdown)


def _clock(*_: Any, **__: Any) -> int:
    return perf_counter_ns()


def _before_shutdown(executor: Any, *_: Any, **__: Any) -> int:
    number = vars(executor).get(POOL_NUMBER, 0)
    if number:
        writer.life(at.POOL_CLOSED, a=number)
    return perf_counter_ns()


def _after_shutdown(begin: int, _: None, executor: Any, wait: bool = True, *__: Any, **___: Any) -> None:
    number = vars(executor).get(POOL_NUMBER, 0)
    if number and wait:
        writer.life(at.POOL_JOINED, a=number, time=begin, v1=perf_counter_ns())


class _Buffer(deque):  # type: ignore[type-arg]
    """The buffer of a queue, from which its feeder thread takes what it pickles."""

    __slots__ = ("taken_ns",)

    def popleft(self, popleft: Any = deque.popleft, now: Any = perf_counter_ns) -> Any:
        item = popleft(self)  # an IndexError says that it is empty, and only the feeder thread sees it
        self.taken_ns = now()
        return item


def _record_queue(queue: Any, number: int) -> None:
    """Count and time what the feeder thread of this queue of calls, which has not started yet, is going to send."""
    setattr(queue, POOL_NUMBER, number)
    buffer, now = _Buffer(), perf_counter_ns
    # What is recorded is paid back by the short way through the connection.
    send = sender(queue._writer) if queue._send_bytes == queue._writer.send_bytes else queue._send_bytes

    def send_bytes(data: Any) -> None:
        try:
            send(data)
        except BaseException as error:
            hide_frame(error)
            raise
        size = len(data)
        if size > _SENTINEL:
            slots, spent = writer.slots, now() - buffer.taken_ns  # a call within += would let other threads in between
            slots[at.SENDING] += spent
            slots[at.SENT_BYTES] += size
            slots[at.CHUNKS_SENT] += 1

    queue._buffer, queue._send_bytes = buffer, send_bytes
