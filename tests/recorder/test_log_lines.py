"""The log of multiprocessing: parseable, once, from every process; the program's own logging stays as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.observed_run import ObservedRun, observe

from poolscope.workloads.recorder import layout

METHODS = layout.START_METHODS

LOGS = r"""
import multiprocessing, sys
from multiprocessing import util

def work():
    util.info("%s of\n%s \\ done", "one", "two")
    util.debug("not so important")
    multiprocessing.get_logger().warning("from the true logger")

if __name__ == "__main__":
    if sys.argv[2] == "plain":
        multiprocessing.log_to_stderr()
    elif sys.argv[2] == "information":
        multiprocessing.log_to_stderr(20)
    elif sys.argv[2] == "everything":
        multiprocessing.log_to_stderr().setLevel(5)
    process = multiprocessing.get_context(sys.argv[1]).Process(target=work, name="wörker\n1")
    process.start()
    process.join()
    print(process.pid, multiprocessing.get_logger().handlers != [])
"""


def parsed(run: ObservedRun) -> list[tuple[int, int, int, str, str]]:
    """Return time, level, pid, name and message of every line of ours."""
    found = []
    for line in run.errors.split("\n"):  # not splitlines, for which the mark ends a line
        if line.startswith(layout.LOG_MARK):
            time, level, pid, name, message = line[1:].split(layout.LOG_SEPARATOR)
            found.append((int(time), int(level), int(pid), name, message))
    return found


def foreign(run: ObservedRun) -> list[str]:
    """Return the lines of the program itself, without what differs from run to run."""
    lines = [line.split(" with handle")[0] for line in run.errors.split("\n") if not line.startswith(layout.LOG_MARK)]
    return sorted(re.split(" with args| at 0x|/pymp-", line)[0] for line in lines if line)


@pytest.mark.parametrize("method", METHODS)
def test_every_line_comes_once_and_can_be_parsed(method: str, tmp_path: Path) -> None:
    run = observe(tmp_path, LOGS, [method, "not"], log_level=20)
    child = int(run.output.split()[0])
    assert foreign(run) == (["from the true logger"])
    lines = [line[1:] for line in parsed(run) if line[2] == child]
    assert lines == sorted(set(lines), key=lines.index)
    texts = [text for *_, text in lines]
    assert texts[:3] == ["child process calling self.run()", r"one of\ntwo \\ done", "from the true logger"]
    assert {(pid, name) for _, pid, name, _ in lines} == {(child, r"wörker\n1")}
    assert [level for level, *_ in lines[:3]] == [20, 20, 30]
    assert "process exiting with exitcode 0" in texts
    times = [time for time, *_ in parsed(run)]
    assert all(time > 0 for time in times)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("own", ["plain", "information", "everything"])
def test_the_program_s_own_logging_is_what_it_is_without_us(method: str, own: str, tmp_path: Path) -> None:
    alone = observe(tmp_path, LOGS, [method, own], is_recorded=False)
    for log_level in (0, 10, 20):
        run = observe(tmp_path, LOGS, [method, own], log_level=log_level)
        assert foreign(run) == foreign(alone)
        assert run.output.split()[1] == alone.output.split()[1]
        assert bool(parsed(run)) == bool(log_level)
        assert len(parsed(run)) == len(set(parsed(run)))


def test_the_level_decides_what_is_written(tmp_path: Path) -> None:
    debug = parsed(observe(tmp_path, LOGS, ["fork", "not"], log_level=10))
    information = parsed(observe(tmp_path, LOGS, ["fork", "not"], log_level=20))
    assert {level for _, level, *_ in debug} == {10, 20, 30}
    assert {level for _, level, *_ in information} == {20, 30}


def test_lines_go_to_the_log_of_the_run_even_if_descriptor_2_is_something_else(
    tmp_path: Path,
) -> None:
    run_directory = tmp_path / "run"
    run_directory.mkdir()
    (run_directory / "stderr.log").write_bytes(b"")
    run = observe(
        tmp_path,
        """
import multiprocessing, os

def work(): pass

if __name__ == "__main__":
    os.dup2(os.open("precious", os.O_WRONLY | os.O_CREAT), 2)
    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    process.join()
""",
        log_level=20,
    )
    assert (tmp_path / "precious").read_bytes() == b""
    assert run.errors == ""
    assert b"child process calling self.run()" in (run_directory / "stderr.log").read_bytes()


def test_no_process_imports_logging_for_our_sake(tmp_path: Path) -> None:
    run = observe(
        tmp_path,
        """
import multiprocessing, sys

def work():
    print("logging" in sys.modules)

if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=work)
    process.start()
    process.join()
""",
        log_level=20,
    )
    assert run.output == "False\n"
    assert parsed(run)


CALLERS = r"""
import logging, multiprocessing, sys
from multiprocessing import util

def work():
    util.info("%s of %s", "one", 2)
    util.debug("%r", Foreign())

class Foreign:
    def __repr__(self):
        print("asked")
        return "foreign"

if __name__ == "__main__":
    if sys.argv[2] == "logs":
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(levelname)s %(funcName)s %(filename)s %(message)s"))
        multiprocessing.get_logger().addHandler(handler)
        multiprocessing.get_logger().setLevel(20)
    process = multiprocessing.get_context(sys.argv[1]).Process(target=work, name="one")
    process.start()
    process.join()
    print(multiprocessing.util._logger is None, util.info.__name__, util.info.__module__)
"""


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("own", ["logs", "silent"])
def test_a_log_in_a_file_of_its_own_touches_nothing_of_the_program(method: str, own: str, tmp_path: Path) -> None:
    alone = observe(tmp_path, CALLERS, [method, own], is_recorded=False)
    run = observe(tmp_path, CALLERS, [method, own], log_level=10, logs_to_file=True)
    assert (run.status, run.errors) == (alone.status, alone.errors)
    assert re.sub("pymp-.*", "pymp", run.output) == re.sub("pymp-.*", "pymp", alone.output)
    assert "asked" not in run.output
    lines = (run.directory / "log.log").read_text().split("\n")
    assert lines.pop() == ""
    found = [line[1:].split(layout.LOG_SEPARATOR) for line in lines]
    texts = [text for _, _, _, name, text in found if name == "one"]
    assert texts[:3] == ["child process calling self.run()", "one of 2", "'<Foreign>'"]
    assert "process shutting down" in [text for *_, name, text in found if name == "MainProcess"]
    assert {int(level) for _, level, *_ in found} == {10, 20}


def test_the_level_decides_what_is_written_to_the_file(tmp_path: Path) -> None:
    run = observe(tmp_path, CALLERS, ["fork", "silent"], log_level=20, logs_to_file=True)
    levels = [line.split(layout.LOG_SEPARATOR)[1] for line in (run.directory / "log.log").read_text().split("\n")[:-1]]
    assert set(levels) == {"20"}
