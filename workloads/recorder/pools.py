"""Hooks of `multiprocessing.Pool` in the process that owns it: its life, its jobs, what goes out and comes back."""

from __future__ import annotations

import sys
import threading
from itertools import count
from time import perf_counter_ns

from . import layout as at
from .eventfile import writer
from .pipes import receiver, sender
from .quiet import around, function_name, hide_frame, quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

_numbers = count(1)
_deaths = count(1)


def hook_pool(module: ModuleType) -> None:
    """Hook ``multiprocessing.pool``."""
    pool = module.Pool
    pool._setup_queues = around(pool._setup_queues, None, _after_setup)
    pool.__init__ = around(pool.__init__, _clock, _after_creation)
    pool.close = around(pool.close, None, _after_close)
    pool.terminate = around(pool.terminate, _before_terminate, None)
    pool.join = around(pool.join, _clock, _after_join)
    pool._map_async = around(pool._map_async, _clock, _after_map)
    for name in ("apply_async", "imap", "imap_unordered"):
        setattr(pool, name, around(getattr(pool, name), _clock, _after_submission))
    for name in ("_handle_workers", "_handle_tasks", "_handle_results"):
        _watch(pool, name)


def _clock(*_: Any, **__: Any) -> int:
    return perf_counter_ns()


def _number(pool: Any) -> int:
    """Number of this pool within its process, from 1 on; 0 for pools of threads, which are none of our business."""
    number: int = vars(pool).get("_poolscope_number", 0)
    return number


def _after_setup(_: None, __: None, pool: Any) -> None:
    pool._poolscope_number = next(_numbers)
    connection = sys.modules["multiprocessing.connection"].Connection
    if type(pool._inqueue._writer) is connection and type(pool._outqueue._reader) is connection:
        pool._quick_put = _recorded_send(connection, pool._inqueue._writer)
        pool._quick_get = _recorded_recv(connection, pool._outqueue._reader)


class _StandIn:
    """The attributes of a `Connection`, and of the buffer that it reads into, which `send` and `recv` use."""

    __slots__ = ("_check_closed", "_check_readable", "_check_writable", "_recv_bytes", "_send_bytes", "getbuffer")
    _check_closed: Any
    _check_readable: Any
    _check_writable: Any
    _recv_bytes: Any
    _send_bytes: Any
    getbuffer: Any


def _recorded_send(connection: Any, target: Any) -> Any:
    """Return the `send` of this connection; time and bytes are added to what other pools of the process sent."""
    now, send, write = perf_counter_ns, connection.send, sender(target)
    stand_in = _StandIn()
    size = 0

    def _send_bytes(data: Any) -> None:
        nonlocal size
        size = len(data)
        try:
            write(data)
        except BaseException as error:
            hide_frame(error)
            raise

    def quick_put(task: Any) -> None:
        begin = now()
        try:
            send(stand_in, task)
        except BaseException as error:
            hide_frame(error)
            raise
        if task is not None:
            slots, spent = writer.slots, now() - begin  # a call within += would let other threads in between
            slots[at.SENDING] += spent
            slots[at.SENT_BYTES] += size
            slots[at.CHUNKS_SENT] += 1

    stand_in._check_closed = target._check_closed
    stand_in._check_writable = target._check_writable
    stand_in._send_bytes = _send_bytes
    return quick_put


def _recorded_recv(connection: Any, source: Any) -> Any:
    """Return the `recv` of this connection, likewise."""
    now, recv, read = perf_counter_ns, connection.recv, receiver(source)
    stand_in = _StandIn()
    there = size = 0
    message: Any = b""

    def _recv_bytes() -> Any:
        nonlocal message, there, size
        try:
            message = read()
        except BaseException as error:
            hide_frame(error)
            raise
        there = now()
        size = len(message)
        return stand_in

    def getbuffer() -> Any:
        nonlocal message
        data, message = message, b""
        return data

    def quick_get() -> Any:
        try:
            result = recv(stand_in)
        except BaseException as error:
            hide_frame(error)
            raise
        if result is not None:
            slots, spent = writer.slots, now() - there
            slots[at.UNPICKLING] += spent
            slots[at.RESULT_BYTES] += size
            slots[at.RESULTS_RECEIVED] += 1
            slots[at.LAST_RESULT] = there
        return result

    stand_in._check_closed = source._check_closed
    stand_in._check_readable = source._check_readable
    stand_in._recv_bytes = _recv_bytes
    stand_in.getbuffer = getbuffer
    return quick_get


def _after_creation(begin: int, _: None, pool: Any, *__: Any, **___: Any) -> None:
    if _number(pool):
        writer.life(at.POOL_CREATED, value=pool._processes, a=_number(pool), time=begin, v1=perf_counter_ns())


def _after_close(_: None, __: None, pool: Any) -> None:
    if _number(pool):
        writer.life(at.POOL_CLOSED, a=_number(pool))


def _before_terminate(pool: Any) -> None:
    if _number(pool):
        writer.life(at.POOL_TERMINATED, a=_number(pool))


def _after_join(begin: int, _: None, pool: Any) -> None:
    if _number(pool):
        writer.life(at.POOL_JOINED, a=_number(pool), time=begin, v1=perf_counter_ns())


def _after_map(begin: int, result: Any, pool: Any, function: Any, *_: Any, **__: Any) -> None:
    """`map`, `starmap` and their asynchronous forms all come through here."""
    values = result._value
    items = len(values) if type(values) is list else 0  # else it has failed already
    size = max(result._chunksize, 1)
    _submitted(begin, pool, result._job, function, size, -(-items // size), items)


def _after_submission(begin: int, result: Any, pool: Any, function: Any, *args: Any, **options: Any) -> None:
    """Note a job of `apply_async`, or one of `imap`, whose number of chunks and items nobody knows yet: 0."""
    frame = getattr(result, "gi_frame", None)
    if frame is not None:  # imap with chunks is a generator over the true result
        chunksize = options.get("chunksize", args[1] if len(args) > 1 else 0)
        _submitted(begin, pool, frame.f_locals[".0"]._job, function, chunksize, 0, 0)
    else:
        known = 0 if hasattr(result, "_set_length") else 1
        _submitted(begin, pool, result._job, function, 1, known, known)


def _submitted(begin: int, pool: Any, job: int, function: Any, chunksize: int, chunks: int, items: int) -> None:
    if _number(pool):
        writer.life(at.JOB_SUBMITTED, value=chunksize, a=job, b=chunks, time=begin, v1=items, v2=_number(pool))
        writer.name(at.JOB_SUBMITTED, job, chunks, function_name(function))


def _watch(pool: Any, name: str) -> None:
    """Note when one of the pool's own threads dies of an exception: nobody does its work from then on."""
    kind = type(vars(pool)[name])
    function = vars(pool)[name].__func__

    def watched(*args: Any) -> Any:
        try:
            return function(*args)
        except BaseException as error:
            hide_frame(error)
            quietly(_died)
            raise

    watched.__name__, watched.__qualname__, watched.__module__ = name, function.__qualname__, function.__module__
    watched.__doc__ = function.__doc__
    setattr(pool, name, kind(watched))


def _died() -> None:
    number = next(_deaths)
    writer.life(at.HANDLER_DIED, a=number)
    writer.name(at.HANDLER_DIED, number, 0, threading.current_thread().name)
