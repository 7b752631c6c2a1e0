"""Terminals of every kind: without colour, without UTF-8, in tmux, and none at all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.lab import Lab, OpenLab
from support.leaks import Watch
from support.patience import wait_for
from support.terminal import Terminal

VERDICT = re.compile(r"B is .*(slower|faster|as fast)")
COLOUR = re.compile(rb"\x1b\[[0-9;]*m")


def refusal(terminal: Terminal) -> str:
    """The single line that the program left on the terminal before it refused to start."""
    assert terminal.wait_exit() == 2
    assert terminal.disorder() == []
    lines = [line for line in terminal.text.splitlines() if line.strip()]
    return " ".join(lines)


def test_a_dumb_terminal_is_refused(open_lab: OpenLab) -> None:
    sentence = refusal(open_lab(environment={"TERM": "dumb"}))
    assert "poolscope run" in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize("redirection", ["<&-", "</dev/null", "2>/dev/full", "2>refused"])
def test_no_terminal_is_refused(command: Path, tmp_path: Path, redirection: str) -> None:
    shell = ["/bin/sh", "-c", f'exec "$0" {redirection}', str(command)]
    with Terminal(shell, directory=tmp_path) as terminal:
        assert terminal.wait_exit() == 2
        assert terminal.disorder() == []
        told = (tmp_path / "refused").read_text() if redirection == "2>refused" else terminal.text
    if redirection != "2>/dev/full":
        assert "poolscope run" in told
        assert len(told.strip().splitlines()) <= 2


def test_no_terminal_at_all_is_refused_in_one_line(command: Path) -> None:
    ended = subprocess.run([command], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
    assert "poolscope run" in ended.stderr


def see_a_run(lab: Lab) -> str:
    lab.wait_ready()
    lab.press("right")
    lab.wait_until("N = 10,000")
    lab.press("r", "2")
    text = lab.wait_until(VERDICT.search)
    lab.press("q")
    assert lab.wait_exit() == 0
    assert lab.disorder() == []
    return text


@pytest.mark.parametrize(
    "environment",
    [
        {"TERM": "screen-256color", "COLORTERM": None},
        {"TERM": "xterm", "COLORTERM": None},
        {"LANG": "C", "LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"NO_COLOR": "1"},
    ],
    ids=lambda environment: ",".join(f"{name}={value}" for name, value in environment.items()),
)
def test_runs_in_it(open_lab: OpenLab, environment: dict[str, str | None]) -> None:
    lab = open_lab(80, 24, environment=environment)
    text = see_a_run(lab)
    if environment.get("LC_ALL") == "C" and "PYTHONUTF8" in environment:
        assert text.isascii()
        assert "\\u" not in text


def test_no_colour_is_colourless(open_lab: OpenLab) -> None:
    lab = open_lab(environment={"NO_COLOR": "1"})
    see_a_run(lab)
    shades = set()
    for sequence in COLOUR.findall(lab.raw):
        for red, green, blue in re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", sequence):
            shades.add((red, green, blue))
    assert all(red == green == blue for red, green, blue in shades), shades


@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here")
def test_runs_in_tmux(command: Path, tmp_path: Path, nothing_left: Watch) -> None:
    # tmux keeps sessions in a server of its own; this one is the test's, and ends with it.
    socket = tmp_path / "tmux"
    tmux = ["tmux", "-S", str(socket), "-f", "/dev/null"]
    words = [*tmux, "new-session", "-x", "120", "-y", "40", f"'{command}'; echo status $?; exec cat"]
    with Terminal(words) as terminal:
        nothing_left.ignore(terminal.leader.pid)
        try:
            terminal.wait_until(lambda text: "sqrt" in text and "Quit" in text)
            terminal.press("right")
            terminal.wait_until("N = 10,000")
            terminal.press("r", "2")
            terminal.wait_until(VERDICT.search)
            terminal.press("q")
            terminal.wait_until("status 0")
        finally:
            subprocess.run([*tmux, "kill-server"], capture_output=True)
        terminal.wait_exit()
    assert wait_for(lambda: not nothing_left.left())


def test_python_m_starts_it_too(command: Path, nothing_left: Watch) -> None:
    with Terminal([sys.executable, "-m", "poolscope.tui"], environment=dict(os.environ)) as terminal:
        nothing_left.ignore(terminal.leader.pid)
        terminal.wait_until(lambda text: "sqrt" in text and "Quit" in text)
        terminal.press("q")
        assert terminal.wait_exit() == 0
