"""Short ways through `multiprocessing.connection.Connection`, for the same bytes by the same system calls.

What the recorder costs a pool is paid back here: the usual small message passes without the buffers and checks that
large ones need, and everything out of the ordinary is left to the connection itself. An exception that breaks in, such
as Ctrl-C while a worker waits, has the traceback that it would have had on the long way.
"""

from __future__ import annotations

import os
import sys
from struct import Struct

from .quiet import FUNCTION, hide_frame, is_ours, quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LENGTH = Struct("!i")
_SMALL = 16384  # bytes; the connection itself sends header and data apart from here on
PACKAGES = ("multiprocessing", "multiprocess")
"""The second one is the first with another pickler."""


def is_plain(connection: Any) -> bool:
    """Whether this is exactly the connection that the standard library makes of a pipe."""
    modules = [sys.modules.get(f"{package}.connection") for package in PACKAGES]
    return any(module is not None and type(connection) is module.Connection for module in modules)


def receiver(connection: Any) -> Callable[[], Any]:
    """Return what ``connection.recv_bytes`` does, or that itself."""
    if not is_plain(connection):
        method: Callable[[], Any] = connection.recv_bytes
        return method
    read, unpack, size_of_length = os.read, _LENGTH.unpack, _LENGTH.size

    def receive() -> Any:
        handle = connection._handle
        try:
            header = read(handle, size_of_length)
        except BaseException as error:
            quietly(retell, error, interrupted_connection(connection, error).recv_bytes)
            raise
        if len(header) < size_of_length:
            if not header:
                return connection.recv_bytes()  # which finds the same end, and says so in its own way
            header += connection._recv(size_of_length - len(header)).getvalue()
        (size,) = unpack(header)
        if 0 < size <= _SMALL:
            message = read(handle, size)
            if len(message) == size:
                return message
            if not message:
                raise EOFError
            return message + connection._recv(size - len(message)).getvalue()
        if size == -1:
            size = int.from_bytes(connection._recv(8).getvalue(), "big")
        return connection._recv(size).getvalue()

    return receive


def sender(connection: Any) -> Callable[[Any], None]:
    """Return what ``connection.send_bytes`` does with a whole buffer of bytes, or that itself."""
    if not is_plain(connection):
        method: Callable[[Any], None] = connection.send_bytes
        return method
    write, pack, send_large = os.write, _LENGTH.pack, connection._send_bytes

    def send(data: Any) -> None:
        size = len(data)
        if size > _SMALL:
            send_large(data)
            return
        message = pack(size) + data
        try:
            written = write(connection._handle, message)
        except BaseException as error:
            quietly(retell, error, interrupted_connection(connection, error).send_bytes, b"")
            raise
        if written != len(message):
            connection._send(message[written:])

    return send


class _Trap:
    """Raises an error where a system call would have: used as a file descriptor, or as a lock."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __index__(self) -> int:
        raise self._error

    def __enter__(self) -> None:
        raise self._error

    def __exit__(self, *error: object) -> None: ...


class _Replayed:
    """An object some attributes of which are others."""

    def __init__(self, original: Any, **others: Any) -> None:
        self._replayed = original
        self.__dict__.update(others)

    def __getattr__(self, name: str) -> Any:
        own = vars(self._replayed)
        return own[name] if name in own else getattr(type(self._replayed), name).__get__(self)

    def __enter__(self) -> Any:
        return type(self._replayed).__enter__(self)

    def __exit__(self, *error: object) -> None: ...


def interrupted_connection(connection: Any, error: BaseException) -> Any:
    """Return this connection as it would be if its next system call raised that error."""
    return _Replayed(connection, _handle=_Trap(error))


def interrupted_lock(lock: Any, error: BaseException) -> Any:
    """Return this lock of multiprocessing as it would be if waiting for it raised that error."""
    return _Replayed(lock, _semlock=_Trap(error)) if hasattr(lock, "_semlock") else _Trap(error)


def interrupted_queue(queue: Any, error: BaseException, is_locked: bool) -> Any:
    """Return this queue as it would be if writing to it raised that error, once its lock was taken or before."""
    if is_locked:
        return _Replayed(queue, _wlock=None, _writer=interrupted_connection(queue._writer, error))
    return _Replayed(queue, _wlock=interrupted_lock(queue._wlock, error))


def retell(error: BaseException, call: Callable[..., Any], *arguments: Any) -> None:
    """Give an error the traceback that it would have if this call, which is sure to raise it, had been the true one."""
    hide_frame(error)
    inner, error.__traceback__ = error.__traceback__, None
    try:
        call(*arguments)
    except BaseException as told:  # noqa: BLE001 - it is the error itself; the caller raises it
        frames = []
        traceback = told.__traceback__ if told is error else None
        while traceback is not None:
            if not is_ours(traceback):
                frames.append(traceback)
            traceback = traceback.tb_next
        for traceback, following in zip(frames, [*frames[1:], inner], strict=True):
            traceback.tb_next = following
        error.__traceback__ = frames[0] if frames else inner
    else:
        error.__traceback__ = inner


def told_of_lock(error: BaseException, lock: Any) -> None:
    """Complete the traceback of an interrupt of `get`, if it was in waiting for the lock: we use it without wrapper."""
    frame = error.__traceback__
    if frame is not None and frame.tb_next is None:
        error.__traceback__ = None
        retell(error, interrupted_lock(lock, error).__enter__)
        frame.tb_next, error.__traceback__ = error.__traceback__, frame


def told_of_put(error: BaseException, queue: Any, is_locked: bool | None) -> None:
    """Complete the traceback of an error where we did ourselves what `put` of that queue does.

    Args:
        error: What was raised.
        queue: Its queue.
        is_locked: Whether it had its lock by then; None if it had not pickled the value yet.
    """
    if is_locked is None:
        retell(error, queue.put, _Unpicklable(error))
    else:
        retell(error, interrupted_queue(queue, error, is_locked).put, None)


class _Unpicklable:
    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __reduce_ex__(self, _: object) -> tuple[Any, ...]:
        raise self._error


def short_dumps(package: str) -> Callable[[Any], Any]:
    """Return what ``ForkingPickler.dumps`` of that package does, or that itself if it is any different."""
    from copyreg import dispatch_table
    from io import BytesIO
    from pickle import Pickler

    forking_pickler = sys.modules[f"{package}.queues"]._ForkingPickler
    home = sys.modules[f"{package}.reduction"].register.__code__.co_filename
    parts = (forking_pickler.dumps, forking_pickler.__init__)
    is_other = any(getattr(getattr(part, "__code__", None), "co_filename", None) != home for part in parts)
    if is_other or forking_pickler.__bases__ != (Pickler,):
        changed: Callable[[Any], Any] = forking_pickler.dumps
        return changed

    def dumps(value: Any) -> Any:
        file = BytesIO()
        pickler = Pickler(file)
        pickler.dispatch_table = {**dispatch_table, **forking_pickler._extra_reducers}
        pickler.dump(value)
        return file.getbuffer()

    return dumps


ATOMS = frozenset({type(None), bool, int, float, str, bytes})
"""Types that every pickler writes alike, whatever reducers it was given."""


def quick_dumps(dumps: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return what DUMPS does with the answers of a pool's worker, faster for those that hold nothing special."""
    if getattr(dumps, "__module__", "") != __name__:  # somebody else's
        return dumps
    from _pickle import dumps as dump_plainly

    atoms = ATOMS

    def dump_answer(answer: Any) -> Any:
        value = answer[2][1]
        kind = type(value)
        if kind is list and len(value) == 1:
            kind = type(value[0])
        return dump_plainly(answer) if kind in atoms else dumps(answer)

    return dump_answer


def quick_tasks(mappers: tuple[Any, Any]) -> Callable[[Any], Any]:
    """Return a function that pickles a task of a pool if it holds nothing special; it returns None for all others."""
    from _pickle import dumps

    atoms = ATOMS
    mapstar, starmapstar = mappers

    def dump_task(task: Any) -> Any:
        _, _, function, arguments, keywords = task
        if keywords or type(arguments) is not tuple or len(arguments) != 1:
            return None
        if function is mapstar:
            function, arguments = arguments[0]
            if len(arguments) != 1:
                return None
        elif function is starmapstar:
            return None
        return dumps(task) if type(function) is FUNCTION and type(arguments[0]) in atoms else None

    return dump_task
