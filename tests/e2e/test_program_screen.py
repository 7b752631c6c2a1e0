"""`poolscope exec` and `poolscope replay` in a terminal, as a person has them."""

from __future__ import annotations

import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from support.leaks import Watch, is_alive
from support.patience import PATIENCE, wait_for
from support.recorded import SCRIPT, record_program
from support.terminal import Terminal

Open = Callable[..., Terminal]
SIZES = [(120, 40), (80, 24)]
ENDLESS = """
import multiprocessing, os, time

def work(x):
    print("worker", os.getpid(), flush=True)
    time.sleep(600)

if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        pool.map(work, range(2), chunksize=1)
"""


@pytest.fixture
def open_terminal(command: Path, nothing_left: Watch) -> Iterator[Open]:
    """Open the installed command in terminals that are closed before the proof that nothing is left."""
    with ExitStack() as stack:

        def open_one(*words: str | Path, **settings: Any) -> Terminal:
            terminal = stack.enter_context(Terminal([command, *words], **settings))
            nothing_left.ignore(terminal.leader.pid)
            return terminal

        yield open_one


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "script.py"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_exec_shows_the_program_stays_after_it_and_exits_as_it_did(
    open_terminal: Open, script: Callable[[str], Path], tmp_path: Path, columns: int, rows: int
) -> None:
    output = tmp_path / "kept.poolscope"
    words = ["exec", "-o", output, "--", sys.executable, script(SCRIPT)]
    terminal = open_terminal(*words, columns=columns, rows=rows)
    terminal.wait_until(lambda text: "slow" in text and "40" in text)
    terminal.press("1")
    terminal.wait_until("exit 3")
    terminal.press("7", "z")
    terminal.wait_until("the end")
    terminal.press("q")
    assert terminal.wait_exit() == 3
    assert terminal.disorder() == []
    assert output.stat().st_size > 0
    assert "Recorded as" in terminal.text  # the summary, of which a small terminal shows the end


def test_exec_asks_before_it_ends_a_program_that_runs(open_terminal: Open, script: Callable[[str], Path]) -> None:
    terminal = open_terminal("exec", "-q", "--", sys.executable, script(ENDLESS))
    terminal.press("7")
    text = terminal.wait_until(lambda text: len(re.findall(r"worker \d+", text)) == 2)
    pids = [int(pid) for pid in re.findall(r"worker (\d+)", text)]
    assert all(map(is_alive, pids))
    terminal.press("q")
    terminal.wait_until("The program is still running.")
    terminal.press("y")
    assert terminal.wait_exit() > 128
    assert terminal.disorder() == []
    assert wait_for(lambda: not any(map(is_alive, pids)), PATIENCE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_the_screen_leaves_nothing_of_the_program(
    open_terminal: Open, script: Callable[[str], Path], nothing_left: Watch, number: signal.Signals
) -> None:
    terminal = open_terminal("exec", "-q", "--", sys.executable, script(ENDLESS))
    terminal.press("7")
    terminal.wait_until(lambda text: len(re.findall(r"worker \d+", text)) == 2)
    os.kill(terminal.pid, number)
    assert terminal.wait_exit() in (-number, 128 + number)
    assert wait_for(lambda: not terminal.disorder(), PATIENCE), terminal.disorder()
    left = nothing_left.wait()
    assert not left, "left behind:\n" + "\n".join(left)


def test_exec_refuses_what_is_no_command_without_a_screen(open_terminal: Open) -> None:
    terminal = open_terminal("exec", "--", "no-such-command-anywhere")
    assert terminal.wait_exit() == 127
    assert "no-such-command-anywhere" in terminal.text
    assert "Traceback" not in terminal.text


def test_exec_refuses_what_has_no_interpreter_without_a_screen(open_terminal: Open, tmp_path: Path) -> None:
    path = tmp_path / "script"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o700)
    terminal = open_terminal("exec", "--", path)
    assert terminal.wait_exit() == 127
    assert "interpret" in terminal.text
    assert "error of its own" not in terminal.text


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_replay_shows_moments_of_a_recording(open_terminal: Open, tmp_path: Path, columns: int, rows: int) -> None:
    saved = record_program(tmp_path)
    terminal = open_terminal("replay", saved, columns=columns, rows=rows)
    terminal.wait_until(lambda text: "held" in text and "slow" in text)
    terminal.press("[", "1")
    terminal.wait_until(lambda text: re.search(r"held +0\.000 s of", text) and "running" in text)
    terminal.press("space")
    terminal.wait_until(lambda text: re.search(r"exit 3", text) and "held" in text)
    terminal.press("g")
    terminal.wait_until("Go to a time")
    terminal.type_text("soon")
    terminal.wait_until("soon is no time")
    terminal.press("escape")
    terminal.wait_until(lambda text: "Go to a time" not in text)
    assert re.search(r"held +(\d\.\d+) s of \1 s", terminal.text)
    terminal.press("q")
    assert terminal.wait_exit() == 0
    assert terminal.disorder() == []


def test_replay_of_nothing_is_refused_with_a_sentence(open_terminal: Open, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.poolscope"
    damaged.write_bytes(b"PK\x03\x04 no recording")
    for words in ([tmp_path / "missing.poolscope"], [damaged], []):
        terminal = open_terminal("replay", *words)
        assert terminal.wait_exit() == 2
        assert len([line for line in terminal.text.splitlines() if line.strip()]) in (1, 2)
        assert "Traceback" not in terminal.text
