"""A web server that waits before it answers: ``slow_server.py DELAY SIZE``, in milliseconds and bytes.

It listens on a free port of the loopback interface only, says on its output which one, answers ``GET /NUMBER`` with
`page`, and ends when its input does, so that it cannot outlive who started it. It has a single thread, which waits for
everybody at once: a thousand answers under way cost it no more than one, and take no core away from those who ask.
"""

from __future__ import annotations

import heapq
import selectors
import socket
import sys
from contextlib import suppress
from time import monotonic

_LONGEST_REQUEST = 65_536
_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n"
_NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_BACKLOG = 1_024


def page(number: int, size: int) -> bytes:
    """Text of a page."""
    line = f"This is page {number}.\n".encode()
    return (line * (size // len(line) + 1))[:size]


class Server:
    """The server, from the first connection until its input ends."""

    def __init__(self, delay: float, size: int) -> None:
        """Listen on a free port; DELAY is in seconds."""
        self.delay = delay
        self.size = size
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._requests: dict[socket.socket, bytes] = {}
        self._answers: dict[socket.socket, memoryview] = {}
        self._due: list[tuple[float, int, socket.socket]] = []
        self._asked = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._listener.getsockname()[1]
        return port

    def serve(self, until: int) -> None:
        """Serve until the file descriptor UNTIL has an end, or something to read."""
        self._selector.register(until, selectors.EVENT_READ)
        while True:
            timeout = max(0.0, self._due[0][0] - monotonic()) if self._due else None
            for key, _ in self._selector.select(timeout):
                if key.fileobj == until:
                    return
                self._go_on(key.fileobj)
            while self._due and self._due[0][0] <= monotonic():
                connection = heapq.heappop(self._due)[2]
                self._selector.register(connection, selectors.EVENT_WRITE)

    def _go_on(self, ready: object) -> None:
        assert isinstance(ready, socket.socket)  # noqa: S101 - nothing else is waited for
        try:
            if ready is self._listener:
                self._accept()
            elif ready in self._answers:
                self._send(ready)
            else:
                self._receive(ready)
        except BlockingIOError:
            return
        except OSError:
            self._forget(ready)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.setblocking(False)
        self._requests[connection] = b""
        self._selector.register(connection, selectors.EVENT_READ)

    def _receive(self, connection: socket.socket) -> None:
        data = connection.recv(_LONGEST_REQUEST)
        request = self._requests[connection] + data
        if not data or len(request) > _LONGEST_REQUEST:
            self._forget(connection)
            return
        self._requests[connection] = request
        if b"\r\n\r\n" in request:
            self._selector.unregister(connection)
            self._answers[connection] = memoryview(self._answer(request))
            self._asked += 1
            heapq.heappush(self._due, (monotonic() + self.delay, self._asked, connection))

    def _answer(self, request: bytes) -> bytes:
        words = request.split(b"\r\n", 1)[0].split()
        path = words[1] if len(words) == 3 and words[0] == b"GET" else b""
        if not path[1:].isdigit() or len(path) > 20:
            return _NOT_FOUND
        text = page(int(path[1:]), self.size)
        return _HEAD.format(len(text)).encode() + text

    def _send(self, connection: socket.socket) -> None:
        rest = self._answers[connection]
        self._answers[connection] = rest = rest[connection.send(rest) :]
        if not rest:
            self._forget(connection)

    def _forget(self, connection: socket.socket) -> None:
        if connection is self._listener:
            return  # somebody who asked went away again
        with suppress(KeyError):
            self._selector.unregister(connection)
        self._requests.pop(connection, None)
        self._answers.pop(connection, None)
        connection.close()


def main() -> None:
    """Serve as the arguments say."""
    server = Server(int(sys.argv[1]) / 1000, int(sys.argv[2]))
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.serve(sys.stdin.fileno())


if __name__ == "__main__":
    main()
