"""`poolscope exec`: what outlives the program, and what is said and saved of it."""

from __future__ import annotations

import json
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from support.executing import execute, guardian_of, running, said
from support.patience import PATIENCE, wait_for

from poolscope.workloads.recording.saved import SavedRecording

PYTHON = sys.executable

# What outlives the program


def names_below(guardian: psutil.Process) -> list[str]:
    """The names of the guardian's own children, without those that die just now."""
    names = []
    for child in guardian.children():
        with suppress(psutil.NoSuchProcess):
            names.append(child.name())
    return names


DAEMON = """
import os, sys, time
if os.fork(): os._exit(4)
os.setsid()
if os.fork(): os._exit(0)
while not os.path.exists(sys.argv[1]): time.sleep(0.01)
open(sys.argv[2], "w").write("done")
"""


def test_a_daemon_is_ended_and_named(command: Path, tmp_path: Path) -> None:
    done = execute(command, "--", PYTHON, "-c", DAEMON, tmp_path / "go", tmp_path / "done", code=4)
    assert "Outlived the program and was ended: python" in said(done)
    assert "--wait would let it finish" in said(done)


def test_a_daemon_may_finish_with_wait(command: Path, tmp_path: Path) -> None:
    script = '"$@" & pid=$!; wait $pid; echo ready; exit 4'
    words = ["sh", "-c", script, "sh", PYTHON, "-c", DAEMON, str(tmp_path / "go"), str(tmp_path / "done")]
    with running(command, "--wait", "--", *words) as process:
        guardian = guardian_of(process.pid)
        assert wait_for(lambda: [name != "sh" for name in names_below(guardian)] == [True])
        (tmp_path / "go").touch()
        _, error = process.communicate(timeout=PATIENCE)
        assert process.returncode == 4
        assert (tmp_path / "done").read_text() == "done"
        assert b"Outlived" not in error


def test_a_signal_ends_the_waiting_for_a_daemon(command: Path, tmp_path: Path) -> None:
    script = '"$@"; echo ready; exit 4'
    words = ["sh", "-c", script, "sh", PYTHON, "-c", DAEMON, str(tmp_path / "go"), str(tmp_path / "done")]
    with running(command, "--wait", "--", *words) as process:
        guardian = guardian_of(process.pid)
        # The shell is gone, and the daemon the guardian's own.
        assert wait_for(lambda: [name != "sh" for name in names_below(guardian)] == [True])
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 4
        assert not (tmp_path / "done").exists()


def test_children_that_end_by_themselves_are_no_news(command: Path) -> None:
    done = execute(command, "--", "sh", "-c", "sleep 0.01 & exit 0")
    assert "Outlived" not in said(done)


# What is said about it


def test_json_to_stdout_comes_after_the_output(command: Path) -> None:
    done = execute(command, "--json", "-q", "--", PYTHON, "-c", "print('mine')")
    first, _, rest = done.stdout.partition(b"\n")
    assert first == b"mine"
    content = json.loads(rest)
    assert content["program"]["command"] == [PYTHON, "-c", "print('mine')"]
    assert content["program"]["state"] == "done"
    assert content["machine"]["cpus"]["online"] >= 1
    assert content["elapsed_s"] > 0
    assert not done.stderr


def test_json_to_a_file(command: Path, tmp_path: Path) -> None:
    done = execute(command, "--json", tmp_path / "summary.json", "-q", "--", "sh", "-c", "kill -9 $$", code=137)
    content = json.loads((tmp_path / "summary.json").read_text())
    assert content["program"]["status"] == -9
    assert content["program"]["exit_code"] == 137
    assert content["program"]["state"] == "failed"
    assert "was killed by SIGKILL" in content["program"]["error"]
    assert not done.stdout + done.stderr


@pytest.mark.parametrize("flags", ["-I", "-E", "-S"])
def test_a_python_that_cannot_be_recorded_is_named(command: Path, flags: str) -> None:
    done = execute(command, "--", PYTHON, *flags.split(), "-c", "pass")
    assert re.search(r"Not recorded, because -[IES] keeps Python from loading the recorder: python", said(done))


def test_what_is_no_python_is_named(command: Path) -> None:
    assert "No Python, so seen from outside only: true (pid " in said(execute(command, "--", "true"))


def test_what_a_script_starts_is_named_however_short(command: Path) -> None:
    script = "import subprocess, sys; subprocess.run(['true', 'a b']); subprocess.run([sys.executable, '-I', '-c', ''])"
    sentences = said(execute(command, "--", PYTHON, "-c", script))
    assert "No Python, so seen from outside only: true a b (pid " in sentences
    assert re.search(r"Not recorded, because -I keeps .*: python -I -c", sentences)


def test_flags_that_are_the_programs_own_are_not_pythons(command: Path) -> None:
    assert "Not recorded" not in said(execute(command, "--", PYTHON, "-W", "ignore", "-c", "pass", "-S"))


POOL = """
import multiprocessing, os, sys
def work(number):
    return number * number
if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    with multiprocessing.Pool(2) as pool:
        print(sum(pool.map(work, range(20), chunksize=2)))
        pool.close()
        pool.join()
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_what_a_pool_did_is_told_and_saved(command: Path, tmp_path: Path, method: str) -> None:
    (tmp_path / "pool.py").write_text(POOL)
    saved, summary = tmp_path / "run.poolscope", tmp_path / "summary.json"
    done = execute(command, "-o", saved, "--json", summary, "--", PYTHON, tmp_path / "pool.py", method)
    assert done.stdout == b"2470\n"
    assert re.search(r"^  main .*\n(.*\n)+  w1 .*\n  w2 .*\n  sum ", said(done), re.MULTILINE), said(done)
    content = json.loads(summary.read_text())
    assert content["tasks"] == 20
    assert [process["label"] for process in content["processes"] if process["tasks"]] in (["w1", "w2"], ["w1"], ["w2"])
    assert content["processes"][0]["label"] == "main"
    assert sum(content["processes"][0]["ledger"]["parts_s"].values()) <= content["elapsed_s"] + 1e-6
    assert {task["function"] for task in content["slowest"]} == {"work"}
    assert content["notes"] == []
    recording = SavedRecording(saved)
    assert recording.tasks_done == 20
    assert recording.meta is not None
    assert recording.meta.command == (PYTHON, str(tmp_path / "pool.py"), method)
    assert recording.end is not None
    assert (recording.end.state, recording.end.status) == ("done", 0)


def test_a_killed_worker_is_named(command: Path, tmp_path: Path) -> None:
    script = (
        "import multiprocessing, os, signal, sys\n"
        "def work(number):\n    os.kill(os.getpid(), signal.SIGKILL)\n"
        "pool = multiprocessing.get_context('fork').Pool(1)\n"
        "worker = pool._pool[0]\n"
        "pool.map_async(work, [1])\n"
        "worker.join()\nos._exit(3)\n"
    )
    done = execute(command, "--", PYTHON, "-c", script, code=3)
    assert re.search(r"Worker w1 \(pid \d+\) was killed by SIGKILL while it held task 1 of 1", said(done)), said(done)


def test_cores_and_processes_are_sampled(command: Path, tmp_path: Path) -> None:
    saved = tmp_path / "run.poolscope"
    execute(command, "-q", "-o", saved, "--", PYTHON, "-c", "import time; time.sleep(1.5)")
    samples = SavedRecording(saved).samples
    assert any(cores.cores for cores in samples.all_cores())


def test_programs_within_programs(command: Path) -> None:
    done = execute(command, "-q", "--", command, "exec", "-q", "--", "sh", "-c", "echo inside; exit 6", code=6)
    assert done.stdout == b"inside\n"
