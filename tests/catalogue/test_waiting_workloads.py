"""Workloads that wait: for a server that takes its time, and for the disk."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
from support.leaks import is_alive
from support.patience import PATIENCE, wait_for

from poolscope.workloads.catalogue import fetch, find, slow_server
from poolscope.workloads.catalogue.files import digest_file
from poolscope.workloads.errors import PoolscopeError, UsageError
from poolscope.workloads.model import Parameters, Workload
from poolscope.workloads.parameters import check_parameters


def given(name: str, **values: int | str) -> tuple[Workload, Parameters]:
    workload = find(name)
    return workload, check_parameters(workload, values)


# fetch


def test_fetch() -> None:
    workload, parameters = given("fetch", pages=5, delay=1, size=100)
    assert workload.surround is not None
    assert workload.check is not None
    with workload.surround(parameters):
        urls = workload.inputs(parameters)
        assert [url.rpartition("/")[2] for url in urls] == ["0", "1", "2", "3", "4"]
        assert all(url.startswith("http://127.0.0.1:") for url in urls)
        results = [workload.function(url) for url in urls]
    assert workload.check(results, parameters) is None
    assert workload.summarise(results, parameters) == "5 pages, 0.0 s of delays"
    with pytest.raises(OSError, match="refused"):
        workload.function(urls[0])


def test_a_wrong_page_is_found() -> None:
    workload, parameters = given("fetch", pages=3, delay=0, size=50)
    assert workload.check is not None
    import zlib

    right = [(number, 200, zlib.crc32(slow_server.page(number, 50))) for number in range(3)]
    assert workload.check(right[::-1], parameters) is None
    assert workload.check([*right[:2], (2, 200, 1)], parameters) == "Page 2 has another text than the server sends."
    assert workload.check([*right[:2], (2, 404, 0)], parameters) == "Page 2 was answered with status 404."
    assert workload.check(right[:2], parameters) == "There are 2 pages instead of 3."


def test_the_server_ends_whatever_happens() -> None:
    workload, parameters = given("fetch", pages=1, delay=0)
    assert workload.surround is not None
    context = workload.surround(parameters)
    context.__enter__()
    url = workload.inputs(parameters)[0]
    error = ZeroDivisionError()
    assert not context.__exit__(ZeroDivisionError, error, None)
    with pytest.raises(OSError, match="refused"):
        fetch.fetch(url)


def test_a_server_that_cannot_start_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    workload, parameters = given("fetch", pages=1, delay=0)
    assert workload.surround is not None
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(3)\n")
    monkeypatch.setattr(slow_server, "__file__", str(broken))
    with pytest.raises(PoolscopeError, match="The server of the pages cannot be started"):
        workload.surround(parameters).__enter__()


@pytest.fixture
def server() -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, slow_server.__file__, "20", "1000"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        yield server
        server.kill()


def port_of(server: subprocess.Popen[bytes]) -> int:
    assert server.stdout is not None
    return int(server.stdout.readline())


def test_the_server_waits_for_everybody_at_once(server: subprocess.Popen[bytes]) -> None:
    port = port_of(server)
    connections = [HTTPConnection("127.0.0.1", port, timeout=PATIENCE) for _ in range(50)]
    for number, connection in enumerate(connections):
        connection.request("GET", f"/{number}")
    for number, connection in enumerate(connections):
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, slow_server.page(number, 1_000))
        connection.close()


@pytest.mark.parametrize(
    "request_line", ["GET /x HTTP/1.1", "POST /1 HTTP/1.1", "GET", "GET /²", f"GET /{'9' * 99} HTTP/1.1"]
)
def test_what_it_does_not_know_is_not_found(server: subprocess.Popen[bytes], request_line: str) -> None:
    with socket.create_connection(("127.0.0.1", port_of(server)), timeout=PATIENCE) as connection:
        connection.sendall(f"{request_line}\r\n\r\n".encode())
        assert connection.recv(1_000).startswith(b"HTTP/1.1 404")


def test_rude_clients_are_no_trouble(server: subprocess.Popen[bytes]) -> None:
    port = port_of(server)
    for data in (b"", b"GET /1", b"x" * 100_000, b"GET /1 HTTP/1.1\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as rude:
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            rude.sendall(data)
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", "/7")
    assert connection.getresponse().read() == slow_server.page(7, 1_000)
    connection.close()


def test_the_server_ends_with_who_started_it() -> None:
    code = (
        "import subprocess, sys\n"
        f"server = subprocess.Popen([sys.executable, {slow_server.__file__!r}, '0', '1'], stdin=subprocess.PIPE)\n"
        "print(server.pid, flush=True)\n"
        "import os; os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    pid = int(done.stdout.splitlines()[0])
    assert wait_for(lambda: not is_alive(pid))


# files


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    root = tmp_path / "texts"
    root.mkdir()
    for number in range(20):
        (root / f"{number:02}.txt").write_text(f"line {number}\n" * number)
    os.mkfifo(root / "pipe")
    return root


@pytest.mark.parametrize("cache", ["cold", "warm"])
def test_files(texts: Path, cache: str) -> None:
    workload, parameters = given("files", directory=str(texts), cache=cache)
    assert workload.surround is not None
    assert workload.check is not None
    with workload.surround(parameters):
        results = [workload.function(path) for path in workload.inputs(parameters)]
    assert workload.check(results, parameters) is None
    assert len(results) == workload.count_tasks(parameters) == 20
    import hashlib

    path, size, digest = results[7]
    data = Path(path).read_bytes()
    assert (size, digest) == (len(data), hashlib.blake2b(data, digest_size=16).hexdigest())
    assert workload.summarise(results, parameters) == f"20 files of 1.48 kB, cache {cache}"


def test_a_wrong_file_is_found(texts: Path) -> None:
    workload, parameters = given("files", directory=str(texts), files=10)
    assert workload.check is not None
    results = [workload.function(path) for path in workload.inputs(parameters)]
    path, size, digest = results[3]
    wrong = [*results[:3], (path, size, digest[::-1]), *results[4:]]
    assert workload.check(wrong, parameters) == f"{path} has another digest when it is read again."
    assert workload.check(results[1:], parameters) == f"The result of {results[0][0]} is missing."
    assert workload.check(results[::-1], parameters) is None
    # What somebody else changes meanwhile is no mistake.
    Path(path).write_text("other")
    assert workload.check(results, parameters) is None


def test_files_that_cannot_be_read_are_counted(texts: Path) -> None:
    workload, parameters = given("files", directory=str(texts))
    gone = str(texts / "gone")
    assert digest_file(gone) == (gone, -1, "")
    assert digest_file(str(texts / "pipe"))[1] == 0
    assert digest_file(str(texts))[1] == -1
    said = workload.summarise([digest_file(gone), digest_file(str(texts / "01.txt"))], parameters)
    assert said.startswith("1 file of 7 B, skipped 1 unreadable")


def test_no_files_are_refused(tmp_path: Path) -> None:
    workload, parameters = given("files", directory=str(tmp_path))
    assert workload.surround is not None
    with pytest.raises(UsageError, match="has no files below it"):
        workload.surround(parameters).__enter__()
    with (tmp_path / "large").open("wb") as file:
        file.truncate(2**20 + 1)
    with pytest.raises(UsageError, match="has no files of 1 MiB or less below it: choose another"):
        workload.inputs(parameters)


def test_large_files_are_left_out(texts: Path) -> None:
    for name, size in (("fits", 2**20), ("large", 2**20 + 1)):
        with (texts / name).open("wb") as file:
            file.truncate(size)
    workload, parameters = given("files", directory=str(texts))
    assert [Path(path).name for path in workload.inputs(parameters)][-1] == "fits"
    assert workload.count_tasks(parameters) == 21
