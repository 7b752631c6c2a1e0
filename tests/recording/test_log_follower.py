"""Following the log of a run that is under way."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.patience import PATIENCE, wait_for

from poolscope.workloads.recording.log import LogFollower, LogLine, _Reader

WRITER = """
import os, sys
path, writer, lines = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
descriptor = os.open(path, os.O_WRONLY | os.O_APPEND)
for number in range(lines):
    text = f"\\x1e{number}\\x1f20\\x1f{writer}\\x1fworker-{writer}\\x1fline {number} {'.' * (number % 50)}\\n"
    os.write(descriptor, text.encode())
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return new_run(tmp_path / "0001")


def new_run(directory: Path) -> Path:
    directory.mkdir()
    (directory / "stdout.log").touch()
    (directory / "stderr.log").touch()
    return directory


@pytest.fixture
def follower(directory: Path) -> Iterator[LogFollower]:
    follower = LogFollower(directory)
    yield follower
    follower.stop()


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def take(follower: LogFollower, count: int) -> list[LogLine]:
    """Wait for COUNT lines."""
    lines: list[LogLine] = []

    def are_there() -> bool:
        lines.extend(follower.drain(10_000))
        return len(lines) >= count

    wait_for(are_there, PATIENCE)
    return lines


def test_lines_come_as_they_are_written(directory: Path, follower: LogFollower) -> None:
    append(directory / "stdout.log", "one\ntw")
    assert [(line.stream, line.text) for line in take(follower, 1)] == [("out", "one")]
    append(directory / "stdout.log", "o\n")
    assert [(line.stream, line.text) for line in take(follower, 1)] == [("out", "two")]
    append(directory / "stderr.log", "three\n")
    assert [(line.stream, line.text) for line in take(follower, 1)] == [("err", "three")]


def test_files_may_come_later(tmp_path: Path) -> None:
    follower = LogFollower(tmp_path)
    assert follower.drain(10) == []
    append(tmp_path / "stderr.log", "there\n")
    assert [line.text for line in take(follower, 1)] == ["there"]
    follower.stop()


def test_a_line_without_an_end_comes_at_the_end(directory: Path, follower: LogFollower) -> None:
    append(directory / "stdout.log", "Password: ")
    append(directory / "stderr.log", "x\n")
    assert [line.text for line in take(follower, 1)] == ["x"]
    follower.stop()
    assert [line.text for line in follower.drain(10)] == ["Password: "]
    assert follower.drain(10) == []


def test_the_next_run_follows_the_one_before(directory: Path, tmp_path: Path, follower: LogFollower) -> None:
    append(directory / "stdout.log", "first\nlast")
    second = new_run(tmp_path / "0002")
    append(second / "stdout.log", "second\n")
    follower.follow(second)
    assert [line.text for line in take(follower, 3)] == ["first", "last", "second"]


def test_lines_have_the_time_at_which_they_were_first_seen_however_late_they_are_read(directory: Path) -> None:
    reader = _Reader()
    reader.directories.append(directory)
    reader.read()
    append(directory / "stdout.log", "early\n" * 3)
    reader.look()
    between = time.perf_counter_ns()
    append(directory / "stdout.log", "late\nunfinished")
    lines, is_more = list[LogLine](), True
    while is_more:
        new, is_more = reader.read()
        lines += new
    lines += reader.close()
    assert [(line.text, line.time_ns > between) for line in lines] == [
        *[("early", False)] * 3,
        ("late", True),
        ("unfinished", True),
    ]


def test_what_is_written_just_before_the_next_run_is_not_lost(directory: Path, tmp_path: Path) -> None:
    reader = _Reader()
    reader.directories.append(directory)
    reader.read()
    out, *_ = reader._files
    read = out.read

    def read_a_moment_too_early() -> tuple[list[LogLine], bool]:
        found = read()
        out.read = read  # type: ignore[method-assign]
        append(directory / "stdout.log", "last\n")
        reader.directories.append(new_run(tmp_path / "0002"))
        return found

    out.read = read_a_moment_too_early  # type: ignore[method-assign]
    lines = [line.text for _ in range(4) for line in reader.read()[0]]
    reader.close()
    assert lines == ["last"]


def test_no_more_than_asked_for(directory: Path, follower: LogFollower) -> None:
    append(directory / "stdout.log", "".join(f"{number}\n" for number in range(100)))
    first = wait_for(lambda: follower.drain(7))
    assert [line.text for line in first] == list("0123456")
    assert follower.drain(0) == []
    assert [line.text for line in take(follower, 93)] == [str(number) for number in range(7, 100)]


def test_what_does_not_fit_on_the_queue_waits_in_the_files(directory: Path, follower: LogFollower) -> None:
    count = 120_000
    append(directory / "stdout.log", "".join(f"line {number}\n" for number in range(count)))
    # The thread has filled the queue and stands still, long before the end of the file.
    wait_for(follower._queue.full)
    assert follower._queue.qsize() * 1000 < count / 2
    assert [line.text for line in take(follower, count)] == [f"line {number}" for number in range(count)]


def test_nothing_is_lost_when_it_is_stopped(directory: Path) -> None:
    count = 50_000
    append(directory / "stdout.log", "".join(f"{number}\n" for number in range(count)) + "end")
    follower = LogFollower(directory)
    follower.stop()
    follower.stop()
    lines = []
    while some := follower.drain(999):
        lines += some
    assert [line.text for line in lines] == [*map(str, range(count)), "end"]


def test_a_follower_without_a_run_ends_when_told(tmp_path: Path) -> None:
    follower = LogFollower()
    assert follower.drain(10) == []
    follower.stop()
    assert follower.drain(10) == []


def test_descriptors_are_given_back(directory: Path) -> None:
    before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names are enough
    follower = LogFollower(directory)
    append(directory / "stdout.log", "x\n")
    take(follower, 1)
    follower.stop()
    follower.drain(10)
    assert set(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_no_line_of_eight_writers_is_lost_or_torn(directory: Path, follower: LogFollower) -> None:
    writers, lines = 8, 5000
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(directory / "stderr.log"), str(writer), str(lines)])
        for writer in range(writers)
    ]
    found = take(follower, writers * lines)
    assert [process.wait(PATIENCE) for process in running] == [0] * writers
    assert len(found) == writers * lines
    assert {line.level for line in found} == {20}
    for writer in range(writers):
        own = [line for line in found if line.pid == writer]
        assert [line.time_ns for line in own] == list(range(lines))
        assert [line.text for line in own] == [f"line {number} {'.' * (number % 50)}" for number in range(lines)]
        assert {line.process for line in own} == {f"worker-{writer}"}


def test_the_log_of_a_program_has_a_file_of_its_own(directory: Path, follower: LogFollower) -> None:
    append(directory / "log.log", "\x1e7\x1f20\x1f41\x1fMainProcess\x1fchild process calling self.run()\n")
    append(directory / "stderr.log", "its own\n")
    lines = sorted(take(follower, 2))
    assert [(line.stream, line.level, line.text) for line in lines] == [
        ("log", 20, "child process calling self.run()"),
        ("err", 0, "its own"),
    ]
