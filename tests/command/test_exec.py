"""`poolscope exec` without a terminal: the program must not notice, and the caller gets what it would have got."""

from __future__ import annotations

import json
import operator
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from support.executing import below, execute, guardian_of, running, said
from support.leaks import is_alive, processes_of
from support.patience import PATIENCE, PROMISE, wait_for

PYTHON = sys.executable
TEN_MEGABYTES = 10_000_000


# Statuses


@pytest.mark.parametrize("status", [0, 2, 255])
def test_the_exit_status_is_the_programs(command: Path, status: int) -> None:
    execute(command, "-q", "--", "sh", "-c", f"exit {status}", code=status)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL, signal.SIGRTMIN])
def test_a_signals_number_is_added_to_128(command: Path, number: int) -> None:
    done = execute(command, "--", "sh", "-c", f"kill -{number:d} $$", code=128 + number)
    assert f"was killed by {signal.Signals(number).name} after" in said(done)


@pytest.mark.parametrize(
    ("name", "code", "sentence"),
    [
        ("no-such-command", 127, "no-such-command cannot be started: there is no such command on PATH."),
        ("./missing", 127, "./missing cannot be started: there is no such command."),
        ("", 127, "'' cannot be started: there is no such command on PATH."),
        (".", 127, ". cannot be started: there is no such command on PATH."),
        ("./directory", 126, "./directory cannot be started: it is a directory."),
        ("./text", 126, "./text cannot be started: you are not allowed to execute it."),
        ("./lost", 127, "./lost cannot be started: the program that should interpret it is missing."),
    ],
)
def test_what_cannot_be_started_is_one_sentence(
    command: Path, tmp_path: Path, name: str, code: int, sentence: str
) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "text").write_text("echo no")
    (tmp_path / "lost").write_text("#!/no/such/interpreter\n")
    (tmp_path / "lost").chmod(0o755)
    done = execute(command, "--", name, code=code, cwd=tmp_path)
    assert said(done) == f"poolscope: {sentence}\n"
    assert not done.stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "The command is missing; write it after --: poolscope exec -- python script.py"),
        (("--plain", "python"), "The command is missing; write it after --: poolscope exec -- python script.py"),
        (("--",), "There is no command after --; write one: poolscope exec -- python script.py"),
        (("--plane", "--", "true"), "There is no option --plane; did you mean --plain?"),
        (("-o", "--", "true"), "-o/--output needs a value: --output FILE."),
        (("-o", "/no/a", "--", "true"), "--output /no/a cannot be written: there is no directory /no."),
        (("--json", "/", "--", "true"), "--json / is a directory: name a file."),
        (("--wait=5", "--", "true"), "--wait takes no value."),
    ],
)  # fmt: skip
def test_wrong_use_is_one_sentence(command: Path, words: Sequence[str], sentence: str) -> None:
    assert said(execute(command, *words, code=2)) == f"poolscope: {sentence}\n"


def test_help(command: Path) -> None:
    assert b"poolscope exec [options] -- COMMAND..." in execute(command, "--help").stdout


def test_a_script_that_does_not_say_what_runs_it(command: Path, tmp_path: Path) -> None:
    (tmp_path / "script").write_text("echo $0 $1\n")
    (tmp_path / "script").chmod(0o755)
    assert execute(command, "-q", "--", "./script", "a b", cwd=tmp_path).stdout == b"./script a b\n"


# What the program gets, and what comes through


def test_ten_megabytes_pass_through_unchanged(command: Path) -> None:
    data = os.urandom(TEN_MEGABYTES)
    done = execute(command, "-q", "--", "sh", "-c", "tee /dev/stderr", input=data)
    assert done.stdout == data
    assert done.stderr == data


def test_the_summary_follows_the_programs_own_stderr(command: Path) -> None:
    done = execute(command, "--", "sh", "-c", "printf half >&2; exit 3", code=3)
    assert re.match(r"halfpoolscope: sh -c printf half >&2; exit 3 ended with exit 3 after ", said(done))


def test_a_reader_that_has_had_enough(command: Path) -> None:
    """As without us, the program is told when it writes on, and by nobody else."""
    process = subprocess.Popen([command, "exec", "-q", "--", "yes"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"y\n"
    process.stdout.close()
    assert process.wait(PATIENCE) == 128 + signal.SIGPIPE
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


def test_the_reader_sees_when_the_program_closes_its_stdout(command: Path) -> None:
    with running(command, "--", "sh", "-c", "echo ready; exec >&- 2>&-; sleep 1000") as process:
        assert process.stdout is not None
        assert process.stdout.read() == b""
        assert process.poll() is None


WORLD = """
import json, os, resource, signal, sys
def is_recording(number):
    return os.path.realpath(f"/proc/self/fd/{number}").endswith(".ev")
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(json.dumps({
    "descriptors": sorted(int(n) for n in os.listdir("/proc/self/fd") if not is_recording(n)),
    "inherited": os.read(int(sys.argv[1]), 9).decode(),
    "ignored": [int(n) for n in signal.valid_signals() if signal.getsignal(n) == signal.SIG_IGN],
    "blocked": status["SigBlk"], "threads": status["Threads"], "umask": os.umask(0),
    "directory": os.getcwd(), "arguments": sys.argv, "executable": sys.executable, "name": __name__,
    "group": os.getpgrp(), "session": os.getsid(0), "limits": resource.getrlimit(resource.RLIMIT_NOFILE),
    "niceness": os.nice(0),
    "environment": {n: v for n, v in os.environ.items() if n not in ("PYTHONPATH", "POOLSCOPE_RECORDER")},
}))
"""


def test_the_programs_world_is_that_of_its_caller(command: Path, tmp_path: Path) -> None:
    def prepare() -> None:
        os.umask(0o027)
        os.nice(3)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGTERM})
        os.setpgid(0, 0)

    worlds = []
    for before in ([], [str(command), "exec", "-q", "--"]):
        reader, writer = os.pipe()
        os.write(writer, b"something")
        os.close(writer)
        words = [*before, PYTHON, "-c", WORLD, str(reader), "--", "-x", "\udce9"]
        process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, pass_fds=[reader], cwd=tmp_path,
            env={name: value for name, value in os.environ.items() if not name.startswith("LC_")} | {"LANG": "C"},
            preexec_fn=prepare,  # noqa: PLW1509
        )  # fmt: skip
        output, _ = process.communicate(timeout=PATIENCE)
        os.close(reader)
        world = json.loads(output)
        assert world.pop("group") == process.pid
        worlds.append(world)
    assert worlds[0] == worlds[1]


@pytest.mark.parametrize("closed", [(0,), (1,), (0, 1, 2)])
def test_closed_standard_streams_stay_closed(command: Path, tmp_path: Path, closed: tuple[int, ...]) -> None:
    seen = tmp_path / "seen"
    look = (
        "import os, sys; closed = [n for n in (0, 1, 2) if not os.path.exists(f'/proc/self/fd/{n}')];"
        "open(sys.argv[1], 'w').write(repr(closed))"
    )
    redirections = " ".join(f"{number}>&-" for number in closed)
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", command, "exec", "--", PYTHON, "-S", "-c", look, seen],
        capture_output=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done
    assert seen.read_text() == repr([*closed])


# Signals to us alone


HANDLER = """
import signal, sys, time
def handle(number, frame):
    print("got", number, flush=True)
    sys.exit(7)
signal.signal(signal.SIG{}, handle)
print("ready", flush=True)
while True: time.sleep(0.1)
"""


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP", "QUIT", "USR1", "USR2"])
def test_a_signal_to_us_is_passed_on(command: Path, name: str) -> None:
    with running(command, "--", PYTHON, "-c", HANDLER.format(name)) as process:
        number = getattr(signal, f"SIG{name}")
        process.send_signal(number)
        output, _ = process.communicate(timeout=PATIENCE)
        assert output == f"got {number:d}\n".encode()
        assert process.returncode == 7


COUNTING = """
import signal, sys
counts = dict.fromkeys((signal.SIGUSR1, signal.SIGUSR2), 0)
def count(number, frame):
    counts[number] += 1
for number in counts: signal.signal(number, count)
print("ready", flush=True)
for line in sys.stdin: print(*counts.values(), flush=True)
"""


def test_a_signal_to_our_whole_process_group_reaches_the_program_once(command: Path) -> None:
    words = [str(command), "exec", "--plain", "-q", "--", PYTHON, "-c", COUNTING]
    process = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True, bufsize=1
    )
    stdin, stdout = process.stdin, process.stdout
    assert stdin is not None and stdout is not None  # noqa: PT018

    def counts() -> list[int]:
        stdin.write("\n")
        return [int(word) for word in stdout.readline().split()]

    expected = [0, 0]

    def have_come() -> bool:
        return all(map(operator.ge, counts(), expected))

    try:
        assert stdout.readline() == "ready\n"
        for _ in range(3):
            expected[0] += 1
            os.killpg(process.pid, signal.SIGUSR1)
            assert wait_for(have_come)
            # What was sent to us alone comes through us, and so after what we would have passed on before.
            expected[1] += 1
            process.send_signal(signal.SIGUSR2)
            assert wait_for(have_come)
            assert counts() == expected
    finally:
        stdin.close()
        assert process.wait(PATIENCE) == 0
        stdout.close()


def test_a_program_that_left_our_process_group_gets_what_that_gets(command: Path) -> None:
    leaving = "import os; os.setpgid(0, 0);" + HANDLER.format("TERM")
    with running(command, "--plain", "-q", "--", PYTHON, "-c", leaving, start_new_session=True) as process:
        os.killpg(process.pid, signal.SIGTERM)
        output, _ = process.communicate(timeout=PATIENCE)
        assert (output, process.returncode) == (b"got 15\n", 7)


def test_a_witness_that_is_killed_is_done_without(command: Path) -> None:
    with running(command, "--plain", "-q", "--", PYTHON, "-c", HANDLER.format("TERM")) as process:
        guardian = guardian_of(process.pid)
        (witness,) = [child for child in psutil.Process(process.pid).children() if child != guardian]
        witness.kill()
        process.terminate()
        output, _ = process.communicate(timeout=PATIENCE)
        assert (output, process.returncode) == (b"got 15\n", 7)


def test_a_program_that_ignores_a_signal_goes_on_to_its_own_end(command: Path, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    script = f"trap '' TERM INT HUP; echo ready; read line < {fifo}; echo $line; exit 5"
    with running(command, "-q", "--", "sh", "-c", script) as process:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
            process.send_signal(number)
        fifo.write_text("the end\n")
        output, error = process.communicate(timeout=PATIENCE)
        assert (process.returncode, output, error) == (5, b"the end\n", b"")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_ends_the_program_ends_us_likewise(command: Path, number: signal.Signals) -> None:
    with running(command, "--", "sh", "-c", "echo ready; exec sleep 1000") as process:
        process.send_signal(number)
        _, error = process.communicate(timeout=PATIENCE)
        assert process.returncode == 128 + number
        assert f"was killed by {number.name}" in error.decode()


# Ends by force: `nothing_left` proves the rest


ESCAPING = "setsid sh -c 'sleep 1000 & exec sleep 1001' & env -i sleep 1002 & echo ready; sleep 1003"


@pytest.mark.parametrize("victim", ["command", "guardian", "program"])
def test_kill_leaves_nothing(command: Path, own_world: str, victim: str) -> None:
    with running(command, "-q", "--", "sh", "-c", ESCAPING) as process:
        guardian, program = below(process)
        assert wait_for(lambda: len(program.children(recursive=True)) >= 4)
        descendants = [each.pid for each in guardian.children(recursive=True)]
        os.kill({"command": process.pid, "guardian": guardian.pid, "program": program.pid}[victim], signal.SIGKILL)
        process.wait(PATIENCE)
        assert wait_for(lambda: not [pid for pid in descendants if is_alive(pid)], PROMISE)
        assert wait_for(lambda: not processes_of(own_world), PROMISE)
        assert process.returncode == (-9 if victim == "command" else 137)


def test_a_lost_guardian_is_said(command: Path) -> None:
    with running(command, "--", "sh", "-c", "echo ready; sleep 1000") as process:
        below(process)[0].kill()
        _, error = process.communicate(timeout=PATIENCE)
        assert process.returncode == 137
        assert b"poolscope: The guardian of the runs was killed" in error


def test_children_that_we_got_from_our_caller_are_left_alone(command: Path) -> None:
    """A shell that becomes us with `exec` leaves us its own children."""
    script = f'sleep 1000 & echo $!; exec {command} exec -q -- sh -c "echo ready; sleep 1000"'
    process = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE)
    assert process.stdout is not None
    other = int(process.stdout.readline())
    try:
        assert process.stdout.readline() == b"ready\n"
        guardian_of(process.pid).kill()
        assert process.wait(PATIENCE) == 137
        assert is_alive(other)
    finally:
        os.kill(other, signal.SIGKILL)
        process.kill()
        process.communicate()
