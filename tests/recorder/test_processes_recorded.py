"""The life of processes as they record it themselves, with every start method."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from support.observed_run import observe

from poolscope.workloads.recorder import layout

METHODS = layout.START_METHODS

ENDS = """
import multiprocessing, os, signal, sys

def fine(): pass
def leave(): sys.exit(3)
def fail(): raise ValueError("not like that")
def die(): os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    for target in (fine, leave, fail, die):
        process = context.Process(target=target, name=target.__name__)
        process.start()
        process.join()
        print(target.__name__, process.pid, process.exitcode)
"""


@pytest.mark.parametrize("method", METHODS)
def test_every_end_is_recorded_by_the_child_and_by_its_parent(method: str, tmp_path: Path) -> None:
    run = observe(tmp_path, ENDS, [method])
    pids = {line.split()[0]: int(line.split()[1]) for line in run.output.splitlines()}
    assert run.reaped() == {pids["fine"]: 0, pids["leave"]: 3, pids["fail"]: 1, pids["die"]: -signal.SIGKILL}
    children = {file.text(layout.NAME_TEXT): file for file in run.children}
    assert set(children) == set(pids)
    for name, file in children.items():
        assert file["PID"] == pids[name]
        assert file["PARENT_PID"] == run.main["PID"]
        assert METHODS[file["START_METHOD"] - 1] == method
        assert file["ENTERED"] >= file["CREATED"] > 0
    codes = {name: file["EXIT_CODE"] if file["EXITING"] else None for name, file in children.items()}
    assert codes == {"fine": 0, "leave": 3, "fail": 1, "die": None}
    assert children["fail"].text(layout.ERROR_TEXT) == "ValueError: not like that"
    assert children["leave"].text(layout.ERROR_TEXT) == ""
    started = run.main.records(layout.STARTED)
    assert [record[4] for record in started] == list(pids.values())
    assert all(record[6] <= record[7] and record[8] == 0 for record in started)


FAMILY = """
import multiprocessing, os, sys

def grandchild(): pass
def child(method):
    process = multiprocessing.get_context(method).Process(target=grandchild, name="grandchild")
    process.start()
    process.join()

if __name__ == "__main__":
    process = multiprocessing.get_context(sys.argv[1]).Process(target=child, args=(sys.argv[1],), name="child")
    process.start()
    process.join()
"""


@pytest.mark.parametrize("method", METHODS)
def test_children_of_children_are_recorded_by_their_own_parent(method: str, tmp_path: Path) -> None:
    run = observe(tmp_path, FAMILY, [method])
    files = {file.text(layout.NAME_TEXT): file for file in run.children}
    assert files["grandchild"]["PARENT_PID"] == files["child"]["PID"]
    assert [record[4] for record in files["child"].records(layout.REAPED)] == [files["grandchild"]["PID"]]


FORKED = """
import multiprocessing, os, sys

def work(number):
    return number

if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(1) as pool:
        pool.map(work, range(4), 1)
        pool.close()
        pool.join()
    pid = os.fork()
    if pid == 0:
        process = multiprocessing.get_context("fork").Process(target=work, args=(1,), name="of the fork")
        process.start()
        process.join()
        os._exit(0)
    os.waitpid(pid, 0)
    print(os.getpid(), pid)
"""


def test_a_forked_process_writes_a_file_of_its_own(tmp_path: Path) -> None:
    run = observe(tmp_path, FORKED)
    main, forked = (next(f for f in run.files if f["PID"] == int(pid)) for pid in run.output.split())
    worker, fork = main.records(layout.STARTED)
    assert (worker[8], fork[8]) == (layout.START_WORKER, layout.START_FORK)
    assert fork[4] == forked["PID"]
    assert fork[6] <= fork[7] <= forked["CREATED"] == forked["ENTERED"]
    assert run.reaped()[forked["PID"]] == 0
    assert (forked["ROLE"], forked["EXITING"]) == (layout.ROLE_FORK, 0)
    assert forked.text(layout.NAME_TEXT) == main.text(layout.NAME_TEXT) == "program.py"
    assert main["CHUNKS_SENT"] == 4
    assert len(forked.records(layout.STARTED)) == 1
    assert forked["CHUNKS_SENT"] == 0
    assert forked["PARENT_PID"] == main["PID"]


def test_a_task_that_forks_and_comes_back_leaves_the_worker_s_file_alone(tmp_path: Path) -> None:
    run = observe(
        tmp_path,
        """
import multiprocessing, os

def work(number):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(1) as pool:
        print(pool.map(work, range(5), 1))
        pool.close()
        pool.join()
""",
    )
    assert run.output == "[0, 0, 0, 0, 0]\n"
    (worker,) = run.workers
    assert worker["CHUNKS_DONE"] == 5
    forks = [file for file in run.files if file["ROLE"] == layout.ROLE_FORK]
    assert [file["PARENT_PID"] for file in forks] == [worker["PID"]] * 5
    assert {record[4] for record in worker.records(layout.STARTED)} == {file["PID"] for file in forks}
    assert {record[4] for record in worker.records(layout.REAPED)} == {file["PID"] for file in forks}
    assert len(run.files) == 7


def test_programs_are_recorded_and_the_resource_tracker_is_not(tmp_path: Path) -> None:
    run = observe(
        tmp_path,
        """
import multiprocessing, subprocess, sys
from multiprocessing import shared_memory

if __name__ == "__main__":
    memory = shared_memory.SharedMemory(create=True, size=16)  # starts the resource tracker
    memory.close()
    memory.unlink()
    print(subprocess.run([sys.executable, "-c", "import sys; sys.exit(3)"]).returncode)
    print(subprocess.run(["sh", "-c", "exit 4"]).returncode)
    subprocess.run("exit 5", shell=True)
    subprocess.run(["true"], preexec_fn=lambda: None)
    raise KeyError("the end")
""",
    )
    assert run.output == "3\n4\n"
    main, other = run.files
    assert run.programs == [main, other]
    assert main.text(layout.NAME_TEXT) == "program.py"
    assert (main["EXIT_CODE"], main.text(layout.ERROR_TEXT)) == (1, "KeyError: 'the end'")
    assert other.text(layout.NAME_TEXT) == "-c import sys; sys.exit(3)"
    assert other["EXIT_CODE"] == layout.EXIT_CODE_UNKNOWN
    for file in (main, other):
        assert file["CREATED"] == file["ENTERED"] < file["EXITING"]
    starts = main.records(layout.STARTED)
    assert [record[8] for record in starts] == [layout.START_SUBPROCESS] * 4
    assert starts[0][4] == other["PID"]
    assert [run.reaped()[record[4]] for record in starts] == [3, 4, 5, 0]
    assert len(main.records(layout.REAPED)) == 4
    texts = {a: text.rstrip(b"\0").decode() for *_, kind, a, _, text, _ in main.records(layout.TEXT)}
    assert [texts[record[4]] for record in starts][1:] == ["sh -c 'exit 4'", "exit 5", "true"]


CLEARED = """
import multiprocessing, os, sys

def work(number):
    assert "POOLSCOPE_RECORDER" not in os.environ
    return number + 1

if __name__ == "__main__":
    os.environ.clear()
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        print(pool.map(work, range(10), 1))
        pool.close()
        pool.join()
"""


@pytest.mark.parametrize("method", METHODS)
def test_children_are_recorded_although_the_program_cleared_the_environment(method: str, tmp_path: Path) -> None:
    run = observe(tmp_path, CLEARED, [method], log_level=20)
    assert run.output == f"{list(range(1, 11))}\n"
    assert len(run.workers) == 2
    assert sum(file["CHUNKS_DONE"] for file in run.workers) == 10
    assert run.errors.count("child process calling self.run()") == 2


def test_an_isolated_interpreter_records_nothing_and_works(tmp_path: Path) -> None:
    run = observe(tmp_path, FAMILY, ["spawn"], options=["-I"], log_level=10)
    assert (run.status, run.output, run.errors, run.files) == (0, "", "", [])


def test_event_files_are_private(tmp_path: Path) -> None:
    run = observe(tmp_path, FAMILY, ["fork"])
    assert {file.path.stat().st_mode & 0o777 for file in run.files} == {0o600}
    assert all(file.path.name == f"{file['PID']}.{file['CREATED']}.ev" for file in run.files)
