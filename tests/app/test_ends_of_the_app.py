"""Ends that only the app itself can spoil: an error of its own, and a terminal that takes nothing any more."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path

from support.patience import PATIENCE, wait_for
from support.terminal import Terminal

SABOTAGE = """
import sys
from poolscope.tui.screens.lab import LabScreen
from poolscope.workloads.cli import main

def break_down(self):
    raise ZeroDivisionError("sabotage")

LabScreen.action_toggle_theme = break_down
sys.exit(main([]))
"""


def test_an_error_of_its_own_goes_to_a_file_and_leaves_the_terminal_in_order(tmp_path: Path) -> None:
    environment = {"TMPDIR": str(tmp_path)}
    with Terminal([sys.executable, "-c", SABOTAGE], environment=environment) as terminal:
        terminal.wait_until("p presets")
        terminal.press("down", "down", "down")
        terminal.wait_until(lambda text: re.search(r"poolscope +eight-roots", text))
        terminal.press("r")
        terminal.wait_until("runner")
        terminal.press("t")
        assert terminal.wait_exit() == 1
        assert terminal.disorder() == []
        shown = terminal.text
    assert "Traceback" not in shown
    assert "ZeroDivisionError" in shown
    (file,) = tmp_path.glob("poolscope-error-*.txt")
    assert file.name in "".join(shown.split())
    assert "ZeroDivisionError: sabotage" in file.read_text()


def test_a_terminal_that_takes_nothing_does_not_keep_sigterm_from_ending_it(command: Path) -> None:
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color"}
    process = subprocess.Popen([str(command)], stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)

    def waiting() -> int:
        count = fcntl.ioctl(master, termios.FIONREAD, b"\0" * 4)
        return int.from_bytes(count, sys.byteorder)

    try:
        before = -1

        def is_full() -> bool:
            nonlocal before
            now, last = waiting(), before
            before = now
            return now == last and now > 1000

        assert wait_for(is_full, PATIENCE)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
    finally:
        process.kill()
        process.wait()
        os.close(master)
