"""The test terminal shows, answers and remembers what a real one would."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from support.leaks import is_alive
from support.patience import wait_for
from support.terminal import Terminal

SHOUT = "import sys\nfor line in sys.stdin: print(line.strip().upper(), flush=True)"
RAW = """
import sys, termios, tty
tty.setraw(0)
sys.stdout.write("\\x1b[?1049h\\x1b[?25l\\x1b[?1000h\\x1b[?2004h\\x1b[>1uready")
sys.stdout.flush()
sys.stdin.read(1)
"""
SIZE = """
import os, signal
signal.signal(signal.SIGWINCH, lambda *_: print(os.get_terminal_size(), flush=True))
print(os.get_terminal_size(), flush=True)
while True: signal.pause()
"""
RESTORED = "\\x1b[<u\\x1b[?2004l\\x1b[?1000l\\x1b[?25h\\x1b[?1049l"


def python(source: str) -> list[str]:
    return [sys.executable, "-S", "-c", source]


def test_shows_what_is_written_and_types_what_is_asked() -> None:
    with Terminal(python(SHOUT)) as terminal:
        terminal.type_text("hello\n")
        terminal.wait_until("HELLO")
        terminal.press("ctrl+d")
        assert terminal.wait_exit() == 0


def test_says_what_was_on_the_screen_when_it_gives_up() -> None:
    with Terminal(python("print('this'); input()")) as terminal:
        terminal.wait_until("this")
        with pytest.raises(AssertionError, match="did not show 'that' within the deadline:\nthis"):
            terminal.wait_until("that", deadline=0.05)


def test_answers_questions() -> None:
    source = (
        "import os, sys, tty; tty.setraw(0); os.write(1, b'\\x1b[?2026$p'); "
        "answer = os.read(0, 99); os.write(1, repr(answer).encode())"
    )
    with Terminal(python(source)) as terminal:
        terminal.wait_until("?2026;2$y")


def test_has_a_size_that_can_change() -> None:
    with Terminal(python(SIZE), columns=80, rows=24) as terminal:
        terminal.wait_until("columns=80, lines=24")
        terminal.resize(100, 30)
        terminal.wait_until("columns=100, lines=30")


def test_names_every_disorder_that_a_killed_program_leaves() -> None:
    with Terminal(python(RAW)) as terminal:
        terminal.wait_until("ready")
        os.kill(terminal.pid, signal.SIGKILL)
        assert terminal.wait_exit() == -9
        assert terminal.disorder() == [
            "line mode is off", "echo is off", "signal keys are off", "the alternate screen is still on",
            "the cursor is hidden", "mouse reports are on", "other reports are on", "key reports are on",
        ]  # fmt: skip


def test_finds_no_disorder_after_a_tidy_program() -> None:
    tidy = RAW.replace("tty.setraw(0)", "was = termios.tcgetattr(0); tty.setraw(0)")
    tidy += f"sys.stdout.write('{RESTORED}')\nsys.stdout.flush()\ntermios.tcsetattr(0, termios.TCSANOW, was)\n"
    with Terminal(python(tidy)) as terminal:
        terminal.wait_until("ready")
        terminal.press("x")
        assert terminal.wait_exit() == 0
        assert terminal.disorder() == []


def test_hangs_up() -> None:
    with Terminal(python("print('ready', flush=True); input()")) as terminal:
        terminal.wait_until("ready")
        terminal.hang_up()
        assert wait_for(lambda: not is_alive(terminal.pid))


def test_hangs_up_without_a_word() -> None:
    # No line is ended, as that is written for itself, and might be too late.
    source = "import os, select\nos.write(1, b'ready')\nwhile os.isatty(0): select.select([0], [], [], 0.05)"
    with Terminal(python(source), ignored_signals=[signal.SIGHUP]) as terminal:
        terminal.wait_until("ready")
        terminal.hang_up()
        assert terminal.wait_exit() == 0
