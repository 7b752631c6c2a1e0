"""`poolscope exec --plain` in a terminal: keys, job control and hanging up reach the program as they do without us."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from support.executing import guardian_of
from support.leaks import Watch, is_alive, processes_of
from support.patience import PATIENCE, PROMISE, wait_for
from support.terminal import Terminal

PYTHON = sys.executable
Open = Callable[..., Terminal]
Bash = Callable[[], Terminal]


@pytest.fixture
def open_terminal(command: Path, nothing_left: Watch) -> Iterator[Open]:
    """Execute programs in terminals that are closed before the proof that nothing is left."""
    with ExitStack() as stack:

        def open_one(*words: str | Path, **settings: Any) -> Terminal:
            terminal = stack.enter_context(Terminal([command, "exec", "--plain", *words], **settings))
            nothing_left.ignore(terminal.leader.pid)
            return terminal

        yield open_one


@pytest.fixture
def bash(command: Path, nothing_left: Watch) -> Iterator[Bash]:
    """An interactive shell, which controls jobs; ``$P`` is ``poolscope exec --plain -q --``."""
    if shutil.which("bash") is None:
        pytest.skip("there is no bash here")
    with ExitStack() as stack:

        def open_one() -> Terminal:
            environment = {"PS1": "> ", "HISTFILE": None, "P": f"{command} exec --plain -q --", "PY": PYTHON}
            terminal = stack.enter_context(
                Terminal(["bash", "--norc", "--noprofile", "--noediting", "-i"], environment=environment)
            )
            nothing_left.ignore(terminal.leader.pid)
            terminal.wait_until(">")
            return terminal

        yield open_one


def write(terminal: Terminal, line: str) -> None:
    terminal.type_text(line + "\r")


def state(pid: int) -> str:
    return psutil.Process(pid).status()


def program_of(pid: int) -> psutil.Process:
    """The program that the command with that pid executes."""
    assert wait_for(lambda: len(psutil.Process(pid).children(recursive=True)) >= 3)  # with guardian and witness
    (program,) = guardian_of(pid).children()
    return program


def commands_below(pid: int) -> list[str]:
    """The command lines of all processes below that one."""
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):
            found.append(" ".join(process.cmdline()))
    return found


COUNTING = """
import signal, sys
count = 0
def handle(*_):
    global count
    count += 1
    print("caught", count, flush=True)
signal.signal(signal.SIG{}, handle)
print("ready", flush=True)
print("read", sys.stdin.readline().strip(), "after", count, flush=True)
sys.exit(count)
"""


@pytest.mark.parametrize(("name", "key"), [("INT", "ctrl+c"), ("QUIT", "ctrl+\\"), ("TSTP", "ctrl+z")])
def test_a_key_reaches_the_program_once(open_terminal: Open, name: str, key: str) -> None:
    terminal = open_terminal("-q", "--", PYTHON, "-c", COUNTING.format(name))
    terminal.wait_until("ready")
    terminal.press(key)
    terminal.wait_until("caught 1")
    if name == "TSTP":
        os.kill(terminal.pid, signal.SIGCONT)  # as we are stopped, and the program is not
    write(terminal, "a line")
    terminal.wait_until("read a line after 1")
    assert terminal.wait_exit() == 1


def test_ctrl_c_ends_the_program_and_the_summary_follows(open_terminal: Open) -> None:
    terminal = open_terminal("--", PYTHON, "-c", "print('ready', flush=True); input()")
    terminal.wait_until("ready")
    terminal.press("ctrl+c")
    assert terminal.wait_exit() == 130
    assert "KeyboardInterrupt" in terminal.text
    assert "was killed by SIGINT after" in terminal.text
    assert terminal.text.count("Traceback") == 1


def test_the_program_reads_lines_and_passwords(open_terminal: Open) -> None:
    script = "import getpass; print('name', input('who? ')); print('secret', getpass.getpass('word? '))"
    terminal = open_terminal("-q", "--", PYTHON, "-c", script)
    terminal.wait_until("who?")
    write(terminal, "ada")
    terminal.wait_until("name ada")
    terminal.wait_until("word?")
    write(terminal, "hidden")
    assert terminal.wait_exit() == 0
    assert "secret hidden" in terminal.text
    assert terminal.text.count("hidden") == 1, "the password was echoed"
    assert not terminal.disorder()


def test_the_end_of_input(open_terminal: Open) -> None:
    terminal = open_terminal("-q", "--", "cat")
    write(terminal, "line")
    terminal.wait_until("line\nline")
    terminal.press("ctrl+d")
    assert terminal.wait_exit() == 0


def test_the_program_is_in_the_foreground(open_terminal: Open) -> None:
    script = (
        "import os; tty = os.open('/dev/tty', os.O_RDWR);"
        "print(os.tcgetpgrp(tty) == os.getpgrp(), *[os.isatty(number) for number in (0, 1, 2)])"
    )
    terminal = open_terminal("-q", "--", PYTHON, "-c", script)
    terminal.wait_until("True True True True")
    assert terminal.wait_exit() == 0


@pytest.mark.parametrize("ignores", [False, True])
def test_hanging_up(open_terminal: Open, own_world: str, tmp_path: Path, ignores: bool) -> None:
    """What the program makes of it counts: if it goes on, so do we."""
    script = f"{'trap : HUP;' if ignores else ''} echo ready; until [ -e go ]; do sleep 0.02; done; touch done"
    terminal = open_terminal("--", "sh", "-c", script, directory=tmp_path)
    terminal.wait_until("ready")
    program = program_of(terminal.pid)
    terminal.hang_up()
    if ignores:
        assert not wait_for(lambda: not is_alive(terminal.pid), 0.3)
        assert is_alive(program.pid)
        (tmp_path / "go").touch()
        assert wait_for((tmp_path / "done").exists)
    assert wait_for(lambda: not is_alive(terminal.pid), PATIENCE)
    assert wait_for(lambda: not processes_of(own_world).keys() - {terminal.leader.pid}, PROMISE)
    assert (tmp_path / "done").exists() == ignores


def test_a_terminal_that_hangs_up_while_nobody_may_be_told(open_terminal: Open, own_world: str) -> None:
    terminal = open_terminal("--", "cat", ignored_signals=[signal.SIGHUP])
    program_of(terminal.pid)
    terminal.hang_up()  # cat reads the end
    assert wait_for(lambda: not processes_of(own_world).keys() - {terminal.leader.pid}, PATIENCE)


# Job control


def test_stop_and_go_on(bash: Bash) -> None:
    terminal = bash()
    write(terminal, "$P $PY -c \"print('re' + 'ady'); print('got', input())\"; echo status $?")
    terminal.wait_until("ready")
    job = psutil.Process(terminal.pid).children()[0].pid
    terminal.press("ctrl+z")
    terminal.wait_until("status 148\n>")
    # The key reaches both at once, but the shell waits for one of them only.
    assert state(job) == psutil.STATUS_STOPPED
    assert wait_for(lambda: state(program_of(job).pid) == psutil.STATUS_STOPPED)
    write(terminal, "fg")
    write(terminal, "more")
    terminal.wait_until("got more")
    write(terminal, "exit")
    terminal.wait_exit()


def test_a_program_that_stops_itself(bash: Bash) -> None:
    """The shell sees only us, so we stop as well; and go on when the program does, whoever made it."""
    terminal = bash()
    write(terminal, "$P sh -c 'echo ready $$; kill -STOP $$; echo go on; kill -STOP $$; echo end'; echo 'status' $?")
    terminal.wait_until("Stopped")
    write(terminal, "fg")
    terminal.wait_until("go on")
    assert wait_for(lambda: terminal.text.count("Stopped") == 2)
    write(terminal, "kill -CONT %1; wait %1; echo 'wait' 'ed' $?")
    terminal.wait_until("wait ed 0")
    assert "end" in terminal.text
    write(terminal, "exit")
    terminal.wait_exit()


def test_a_job_in_the_background_stops_when_it_reads(bash: Bash) -> None:
    terminal = bash()
    write(terminal, "$P $PY -c \"print('re' + 'ady'); print('got', input())\" &")
    terminal.wait_until("ready")
    job = psutil.Process(terminal.pid).children()[0].pid
    assert wait_for(lambda: state(job) == psutil.STATUS_STOPPED)
    assert wait_for(lambda: state(program_of(job).pid) == psutil.STATUS_STOPPED)
    write(terminal, "fg")
    write(terminal, "more")
    terminal.wait_until("got more")
    write(terminal, "exit")
    terminal.wait_exit()


def test_an_interactive_shell_as_the_program(bash: Bash) -> None:
    """It makes process groups of its own, and gives the terminal back."""
    terminal = bash()
    write(terminal, "$P bash --norc --noprofile --noediting -i; echo 'back' 'here' $?")
    terminal.wait_until("\n>")
    write(terminal, "sleep 1000 & echo 'go' 'ing'; sleep 1001")
    terminal.wait_until("go ing")
    assert wait_for(lambda: "sleep 1001" in commands_below(terminal.pid))
    terminal.press("ctrl+z")
    terminal.wait_until("Stopped")
    inner = program_of(psutil.Process(terminal.pid).children()[0].pid)
    assert len(inner.children()) == 2
    write(terminal, "kill -KILL %1 %2")
    # A shell that does not know yet that a stopped job is dead refuses to leave. It may have got SIGCHLD without asking
    # who it was, and goes on reading; but when it waits for a child of its own it asks for all of them.
    assert wait_for(lambda: not any(is_alive(child.pid) for child in inner.children()))
    write(terminal, "(exit 0)")
    assert wait_for(lambda: not inner.children()), terminal.text
    write(terminal, "exit 9")
    terminal.wait_until("back here 9")
    write(terminal, "exit")
    terminal.wait_exit()


LEADER = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_where_no_shell_could_let_it_go_on_ctrl_z_is_ignored(command: Path) -> None:
    """As the system does with any program that leads its session, in a container for example."""
    script = "echo ready; while read line; do echo got $line; done"
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [PYTHON, "-c", LEADER, command, "exec", "--plain", "-q", "--", "sh", "-c", script],
        stdin=slave, stdout=slave, stderr=slave,
    )  # fmt: skip
    os.close(slave)
    seen = bytearray()

    def shows(wanted: bytes) -> bool:
        while select.select([master], [], [], 0)[0]:
            seen.extend(os.read(master, 1000))
        return wanted in seen

    try:
        assert wait_for(lambda: shows(b"ready"))
        os.write(master, b"\x1a")
        assert wait_for(lambda: shows(b"^Z"))
        os.write(master, b"more\n")
        assert wait_for(lambda: shows(b"got more"))
        os.write(master, b"\x04")
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        os.close(master)


def test_a_shell_that_dies_takes_a_stopped_job_with_it(bash: Bash, own_world: str) -> None:
    terminal = bash()
    write(terminal, "$P sh -c 'echo rea\\dy; sleep 1000'")
    terminal.wait_until("ready")
    terminal.press("ctrl+z")
    terminal.wait_until("Stopped")
    os.kill(terminal.pid, signal.SIGKILL)
    assert wait_for(lambda: not processes_of(own_world).keys() - {terminal.leader.pid}, PATIENCE)


def test_killed_in_the_terminal(open_terminal: Open, own_world: str) -> None:
    terminal = open_terminal("--", "sh", "-c", "setsid sleep 1000 & echo ready; sleep 1001")
    terminal.wait_until("ready")
    os.kill(terminal.pid, signal.SIGKILL)
    assert terminal.wait_exit() == -signal.SIGKILL
    assert wait_for(lambda: not processes_of(own_world).keys() - {terminal.leader.pid}, PROMISE)
    assert not terminal.disorder()
