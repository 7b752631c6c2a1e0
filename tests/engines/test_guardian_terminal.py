"""The guardian sets the terminal back when the user interface could not."""

from __future__ import annotations

import os
import signal
import sys
import termios
from pathlib import Path

import pytest
from support.patience import PROMISE, wait_for
from support.terminal import Terminal

USER_INTERFACE = """
import os, sys, time, tty, termios
from support.runs import start, until_cleared
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Lane
guardian = Guardian.start(2)
start(guardian, "ONE", Lane("serial"))
until_cleared(guardian)
cooked = termios.tcgetattr(0)
tty.setraw(0)
if sys.argv[1] == "shell":  # which reads its line without echo, but with signals, and has drawn its prompt
    cooked[3] &= ~(termios.ICANON | termios.ECHO)
    termios.tcsetattr(0, termios.TCSANOW, cooked)
os.write(2, b"\\x1b[?1049h\\x1b[?25l\\x1b[?1003h\\x1b[?1006h\\x1b[?2004h\\x1b[?1004h\\x1b[>1udrawn")
if sys.argv[1] == "bye":
    guardian.close()
    os._exit(0)
while True:
    time.sleep(1)
"""


def user_interface(ending: str) -> Terminal:
    tests = str(Path(__file__).parents[1])
    terminal = Terminal([sys.executable, "-c", USER_INTERFACE, ending], environment={"PYTHONPATH": tests})
    terminal.wait_until("drawn")
    return terminal


def flags(terminal: Terminal) -> int:
    number: int = termios.tcgetattr(terminal._master)[3]
    return number


def test_a_killed_user_interface_leaves_a_sane_terminal() -> None:
    with user_interface("stay") as terminal:
        assert len(terminal.disorder()) >= 5
        os.kill(terminal.pid, signal.SIGKILL)
        assert wait_for(lambda: not terminal.disorder(), PROMISE), terminal.disorder()


@pytest.mark.parametrize("stopped", [False, True])
def test_a_terminal_that_nobody_reads_holds_nothing_up(stopped: bool) -> None:
    with user_interface("stay") as terminal:
        if stopped:
            termios.tcflow(terminal._master, termios.TCIOFF)
        os.kill(terminal.pid, signal.SIGKILL)
        assert wait_for(lambda: flags(terminal) & termios.ICANON, PROMISE)


def test_after_a_goodbye_the_terminal_is_left_alone() -> None:
    with user_interface("bye") as terminal:
        terminal.wait_exit()
        assert not flags(terminal) & termios.ICANON
        assert "mouse reports are on" in terminal.disorder()


def test_a_shell_that_took_over_keeps_its_modes() -> None:
    with user_interface("shell") as terminal:
        os.kill(terminal.pid, signal.SIGKILL)
        assert wait_for(lambda: "mouse reports are on" not in terminal.disorder(), PROMISE)
        assert not flags(terminal) & (termios.ICANON | termios.ECHO)
        assert flags(terminal) & termios.ISIG
