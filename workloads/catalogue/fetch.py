"""Fetches pages from a small server on this machine that takes its time: work that is all waiting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Fetches pages from a web server, as a program does that asks some service many questions. The server runs on this \
machine, is started and ended with the run, and waits a while before each answer, 50 milliseconds unless you choose \
otherwise, as a server far away does. The network beyond this machine is not touched.

Watch the cores: they are idle. A task spends its time waiting for the answer, and who waits needs no core; nor does \
a thread that waits hold the interpreter's lock (the GIL). So the number of workers that pays is not the number of \
cores here, but the number of answers that may be under way at once.

Expect one process alone to take as long as all delays together: 64 pages of 50 milliseconds are more than three \
seconds. Expect 16 threads to be nearly 16 times faster. A pool of 16 processes waits just as well, but it has to \
start 16 processes first, and each of them takes memory.

Try next: threads:workers=64, with which all pages are under way at once; pool, which has only as many workers as \
there are cores; and delay = 0, where there is nothing left to wait for and one process alone is hard to beat."""

_TIMEOUT = 60.0
"""Seconds after which a page is given up; a delay is ten at most."""
_PATIENCE = 5.0
"""Seconds that the server has to end."""
_TUPLE_BYTES = 200

Page = tuple[int, int, int]
"""Number of the page, status of the answer, and the checksum of its text."""

_NOWHERE = "127.0.0.1:0"
_address = _NOWHERE
"""Of the server, while there is one."""


def fetch(url: str) -> Page:
    """Fetch one page: one task."""
    from http.client import HTTPConnection
    from zlib import crc32

    _, _, host, number = url.split("/")
    connection = HTTPConnection(host, timeout=_TIMEOUT)
    try:
        connection.request("GET", f"/{number}")
        answer = connection.getresponse()
        return int(number), answer.status, crc32(answer.read())
    finally:
        connection.close()


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="fetch",
        summary="pages from a slow server",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="pages",
                kind="integer",
                default=64,
                help="How many pages are fetched.",
                minimum=1,
                maximum=10_000,
                presets=(16, 64, 640),
            ),
            Parameter(
                name="delay",
                kind="integer",
                default=50,
                help="How long the server waits before each answer, in milliseconds.",
                minimum=0,
                maximum=10_000,
                presets=(0, 5, 50, 500),
            ),
            Parameter(
                name="size",
                kind="integer",
                default=10_000,
                help="How many bytes a page has.",
                minimum=1,
                maximum=1_000_000,
                presets=(100, 10_000, 1_000_000),
            ),
        ),
        function=fetch,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("threads", workers=16), Lane("pool", workers=16)),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: cast("int", parameters["pages"]),
        topic="I/O-bound",
        check=_check,
        surround=_server,
    )


@contextmanager
def _server(parameters: Parameters) -> Iterator[None]:
    """Run the server in a process of its own, which ends when we close its input or are gone ourselves."""
    global _address  # noqa: PLW0603 - the inputs can find it nowhere else
    import http.client  # noqa: F401 - forked workers inherit it, as they do from a script that imports it at its top
    import subprocess
    import sys

    from ..errors import PoolscopeError
    from . import slow_server

    # Isolated, so that it starts quickly and none of our recording goes into it: it is not what is looked at.
    command = [sys.executable, "-I", "-S", slow_server.__file__, str(parameters["delay"]), str(parameters["size"])]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None  # noqa: S101 - it was asked for
        port = server.stdout.readline().strip()
        if not port.isdigit():
            raise PoolscopeError("The server of the pages cannot be started: its reason is in the log.")
        _address = f"127.0.0.1:{int(port)}"
        yield
    finally:
        _address = _NOWHERE
        try:
            # A word, because forked workers may hold its input open, so that closing it might not end it.
            server.communicate(b"end", timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
            server.communicate()


def _inputs(parameters: Parameters) -> Sequence[str]:
    return [f"http://{_address}/{number}" for number in range(cast("int", parameters["pages"]))]


def _summarise(results: Sequence[Page], parameters: Parameters) -> str:
    fetched = sum(status == 200 for _, status, _ in results)
    delays = fetched * cast("int", parameters["delay"]) / 1000
    return f"{fetched:,} page{'' if fetched == 1 else 's'}, {delays:,.1f} s of delays"


def _check(results: Sequence[Page], parameters: Parameters) -> str | None:
    """Compare with what the server is supposed to send."""
    from zlib import crc32

    from .slow_server import page

    pages, size = cast("int", parameters["pages"]), cast("int", parameters["size"])
    if sorted(number for number, _, _ in results) != list(range(pages)):
        return f"There are {len({number for number, _, _ in results}):,} pages instead of {pages:,}."
    for number, status, checksum in results:
        if status != 200:
            return f"Page {number:,} was answered with status {status}."
        if checksum != crc32(page(number, size)):
            return f"Page {number:,} has another text than the server sends."
    return None


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes, workers_of

    pages, size = cast("int", parameters["pages"]), cast("int", parameters["size"])
    server = 10_000_000 + workers_of(lane) * size
    clients = workers_of(lane) * (2 * size + 3_000_000)  # and what a client imports
    return server + clients + peak_bytes(pages, lane, argument=_TUPLE_BYTES, result=_TUPLE_BYTES, held=_TUPLE_BYTES)
