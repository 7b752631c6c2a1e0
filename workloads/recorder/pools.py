"""Hooks of `multiprocessing.Pool` in the process that owns it: its life, its jobs, what goes out and comes back."""

from __future__ import annotations

import sys
import threading
from itertools import count
from time import perf_counter_ns

from . import layout as at
from .blocking import blocking
from .eventfile import writer
from .pipes import PACKAGES, is_plain, quick_tasks, receiver, sender, short_dumps
from .processes import POOL_NUMBER, targets
from .quiet import around, function_name, hide_frame, is_untimed, like, quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from array import array
    from types import ModuleType
    from typing import Any

_numbers = count(1)
_deaths = count(1)
order: array[int] | None = None
"""Numbers of chunks as they come back to the pools that are made from now on; None where nobody asked for that."""
_JOB = "_poolscope_job"
"""Attribute of the result of `imap`: when it was called, number of the pool, chunksize, function."""


def next_number() -> int:
    """Return a number for a pool or executor, from 1 on."""
    return next(_numbers)


def hook_pool(module: ModuleType) -> None:
    """Hook ``multiprocessing.pool``."""
    from .workers import queues_for

    package = module.__name__.rpartition(".")[0]
    targets[id(module.worker)] = module.worker, queues_for(package)
    pool = module.Pool
    pool.__init__ = around(pool.__init__, _clock, _after_creation)
    pool._repopulate_pool = around(pool._repopulate_pool, _before_workers, None)
    pool.close = around(pool.close, None, _after_close)
    pool.terminate = around(pool.terminate, _before_terminate, None)
    pool.join = around(blocking(pool.join, at.BLOCKED_BY_JOIN), _clock, _after_join)
    pool._map_async = around(pool._map_async, _clock, _after_map)
    for name in ("apply_async", "imap", "imap_unordered"):
        setattr(pool, name, around(getattr(pool, name), _clock, _after_submission))
    for name in ("_handle_workers", "_handle_tasks", "_handle_results"):
        _watch(pool, name)
    result, iterator = module.ApplyResult, module.IMapIterator
    result.wait = _recorded_wait(result.wait)
    iterator.__init__ = around(iterator.__init__, None, _after_iterator)
    iterator._set_length = around(iterator._set_length, None, _after_length)


def _recorded_wait(original: Any) -> Any:
    waiting = blocking(original, at.BLOCKED_BY_RESULTS)

    def wait(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return (original if self._event._flag else waiting)(self, *args, **kwargs)
        except BaseException as error:
            hide_frame(error)
            raise

    return like(wait, original)


def _after_iterator(_: None, __: None, iterator: Any, *___: Any, **____: Any) -> None:
    condition = iterator._cond
    condition.wait = blocking(condition.wait, at.BLOCKED_BY_RESULTS)


def _clock(*_: Any, **__: Any) -> int:
    return perf_counter_ns()


def _number(pool: Any) -> int:
    """Number of this pool within its process, from 1 on; 0 for pools of threads, which are none of our business."""
    number: int = vars(pool).get(POOL_NUMBER, 0)
    return number


def _before_workers(pool: Any) -> None:
    """Number a pool that has its queues but no workers yet."""
    if _number(pool) or not hasattr(pool._inqueue, "__dict__"):  # the queues of pools of threads are not of Python
        return
    setattr(pool, POOL_NUMBER, next_number())
    setattr(pool._inqueue, POOL_NUMBER, _number(pool))
    reader: Any = getattr(pool._outqueue, "_reader", None)
    writing: Any = getattr(pool._inqueue, "_writer", None)
    if is_plain(writing) and pool._quick_put == writing.send:
        pool._quick_put = _recorded_send(type(writing), writing, _quick_tasks(pool))
    if is_plain(reader) and pool._quick_get == reader.recv:
        pool._quick_get = recorded_recv(type(reader), reader, order)


def _quick_tasks(pool: Any) -> Any:
    """Return a quick way to pickle the usual tasks of that pool; it returns None for all others."""
    package = next((name for name in PACKAGES if type(pool._inqueue).__module__ == f"{name}.queues"), "")
    if not package or short_dumps(package).__module__ != short_dumps.__module__:
        return lambda _: None
    module = sys.modules[f"{package}.pool"]
    quick = quick_tasks((module.mapstar, module.starmapstar))

    def dump_task(task: Any) -> Any:
        try:
            return quick(task)
        except Exception:  # noqa: BLE001 - the usual way has the same error, and its traceback
            return None

    return dump_task


class _StandIn:
    """The attributes of a `Connection`, and of the buffer that it reads into, which `send` and `recv` use."""

    __slots__ = ("_check_closed", "_check_readable", "_check_writable", "_recv_bytes", "_send_bytes", "getbuffer")
    _check_closed: Any
    _check_readable: Any
    _check_writable: Any
    _recv_bytes: Any
    _send_bytes: Any
    getbuffer: Any


def _recorded_send(connection: Any, target: Any, quick_dumps: Any) -> Any:
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
            data = None if task is None or target._handle is None else quick_dumps(task)
            if data is None:
                send(stand_in, task)
            else:
                _send_bytes(data)
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


def recorded_recv(connection: Any, source: Any, arrivals: array[int] | None = None) -> Any:
    """Return the `recv` of this connection, that counts likewise; None, and mere numbers, are no results.

    Args:
        connection: Its type.
        source: The connection.
        arrivals: The chunks' numbers are added to it as a pool's results arrive.
    """
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
        if result is not None and type(result) is not int:
            slots, spent = writer.slots, now() - there
            slots[at.UNPICKLING] += spent
            slots[at.RESULT_BYTES] += size
            slots[at.RESULTS_RECEIVED] += 1
            slots[at.LAST_RESULT] = there
            if arrivals is not None:
                arrivals.append(result[1])
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
    if is_untimed(function):
        return
    values = result._value
    items = len(values) if type(values) is list else 0  # else it has failed already
    size = max(result._chunksize, 1)
    submitted(begin, _number(pool), _job_of(result), function_name(function), size, -(-items // size), items)


def _after_submission(begin: int, result: Any, pool: Any, function: Any, *args: Any, **options: Any) -> None:
    """Note a job of `apply_async`, or one of `imap`, whose number of chunks and items nobody knows yet: 0."""
    if is_untimed(function):
        return
    number, name = _number(pool), function_name(function)
    frame = getattr(result, "gi_frame", None)
    if frame is None and not hasattr(result, "_set_length"):
        submitted(begin, number, _job_of(result), name, 1, 1, 1)
        return
    chunksize = 1
    if frame is not None:  # imap with chunks is a generator over the true result
        chunksize = options.get("chunksize", args[1] if len(args) > 1 else 0)
        result = frame.f_locals[".0"]
    submitted(begin, number, _job_of(result), name, chunksize, 0, 0)
    setattr(result, _JOB, (begin, number, name, chunksize))
    if result._length is not None:  # its input came to an end before we did
        _after_length(None, None, result, result._length)


def _after_length(_: None, __: None, result: Any, length: int) -> None:
    """Note how many chunks a job of `imap` turned out to have."""
    job = vars(result).pop(_JOB, None)
    if job is not None:
        begin, number, name, chunksize = job
        submitted(begin, number, _job_of(result), name, chunksize, length, length if chunksize == 1 else 0)


def _job_of(result: Any) -> int:
    """Number of a job, unique in the process: every package that has pools counts its own from 0."""
    number: int = result._job
    return number if type(result).__module__ == "multiprocessing.pool" else at.OTHER_JOBS + number


def submitted(begin: int, number: int, job: int, function: str, chunksize: int, chunks: int, items: int) -> None:
    """Note a job of the pool with that number, unless it is one of threads."""
    if number:
        writer.life(at.JOB_SUBMITTED, value=chunksize, a=job, b=chunks, time=begin, v1=items, v2=number)
        writer.name(at.JOB_SUBMITTED, job, chunks, function)


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
