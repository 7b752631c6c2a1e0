"""Short ways through `multiprocessing.connection.Connection`, for the same bytes by the same system calls.

What the recorder costs a pool is paid back here: the usual small message passes without the buffers and checks that
large ones need, and everything out of the ordinary is left to the connection itself.
"""

from __future__ import annotations

import os
import sys
from struct import Struct

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_LENGTH = Struct("!i")
_SMALL = 16384  # bytes; the connection itself sends header and data apart from here on


def is_plain(connection: Any) -> bool:
    """Whether this is exactly the connection that the standard library makes of a pipe."""
    module = sys.modules.get("multiprocessing.connection")
    return module is not None and type(connection) is module.Connection


def receiver(connection: Any) -> Callable[[], Any]:
    """Return what ``connection.recv_bytes`` does, or that itself."""
    if not is_plain(connection):
        method: Callable[[], Any] = connection.recv_bytes
        return method
    read, unpack, size_of_length = os.read, _LENGTH.unpack, _LENGTH.size

    def receive() -> Any:
        handle = connection._handle
        header = read(handle, size_of_length)
        if len(header) < size_of_length:
            if not header:
                raise EOFError
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
        written = write(connection._handle, message)
        if written != len(message):
            connection._send(message[written:])

    return send


def short_dumps() -> Callable[[Any], Any]:
    """Return what ``ForkingPickler.dumps`` of multiprocessing does, or that itself if somebody changed it."""
    from copyreg import dispatch_table
    from io import BytesIO
    from pickle import Pickler

    forking_pickler = sys.modules["multiprocessing.queues"]._ForkingPickler
    home = sys.modules["multiprocessing.reduction"].register.__code__.co_filename
    parts = (forking_pickler.dumps, forking_pickler.__init__)
    if any(getattr(getattr(part, "__code__", None), "co_filename", None) != home for part in parts):
        changed: Callable[[Any], Any] = forking_pickler.dumps
        return changed

    def dumps(value: Any) -> Any:
        file = BytesIO()
        pickler = Pickler(file)
        pickler.dispatch_table = {**dispatch_table, **forking_pickler._extra_reducers}
        pickler.dump(value)
        return file.getbuffer()

    return dumps
