"""The installed command in a terminal, with what a person does at its keyboard."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from support.leaks import descendants, is_alive, living
from support.patience import PATIENCE, wait_for
from support.terminal import Terminal

ROW = re.compile(r"(?<!\d)(\d{2,7}) +(guardian|runner|w\d+|child \d+|resource tracker|fork ?server)\b")
"""A row of the table of processes: pid and what it is."""
LONG = 60_000
"""Milliseconds that a task of eight-roots can be made to take: longer than any test."""


class Lab(Terminal):
    """Poolscope's screen as a person has it before them."""

    def __init__(
        self,
        command: Path,
        columns: int = 120,
        rows: int = 40,
        environment: Mapping[str, str | None] | None = None,
        ignored_signals: Sequence[signal.Signals] = (),
        arguments: Sequence[str] = (),
    ) -> None:
        super().__init__([command, *arguments], columns, rows, environment, ignored_signals=ignored_signals)

    def wait_ready(self) -> None:
        """Wait for the first usable screen."""
        self.wait_until(lambda text: "sqrt" in text and "Quit" in text and "load" in text)

    def choose(self, workload: str) -> None:
        """Choose WORKLOAD from the list."""
        self.press("1")
        order = ["sqrt", "bubble-sort", "wordcount", "eight-roots"]
        for _ in range(order.index(workload)):
            self.press("down")
        self.press("enter")
        self.wait_until(lambda text: re.search(rf"poolscope +{workload}\b", text))

    def set_field(self, value: str) -> None:
        """Type VALUE into the first field of the chosen workload, and go back to the list."""
        self.press("tab", "end", "ctrl+u")
        self.type_text(value)
        self.press("escape")

    def keep_only_pool(self, start_method: str = "", workers: int = 2) -> None:
        """Remove the first lane, so that only the pool is run, and give it WORKERS and a START_METHOD."""
        self.press("2")
        self.wait_until(lambda text: " A serial" in text and " B pool" in text)
        self.press("x")
        self.wait_until(lambda text: " A pool" in text)
        self.press("e")
        self.wait_until("Start method")
        self.press("down", "end", "ctrl+u")
        self.type_text(str(workers))
        self.press("down")
        for _ in range(4):
            if not start_method or re.search(rf"Start method.*[◂<] +{start_method} +[▸>]", self.text):
                break
            before = self.text
            self.press("right")
            self.wait_until(lambda text, before=before: text != before)  # type: ignore[misc]
        self.press("enter")
        self.wait_until(lambda text: "Start method" not in text and f"{workers} workers" in text)

    def run_long_pool(self, start_method: str = "", workers: int = 2) -> dict[str, int]:
        """Make a pool busy for longer than any test, and return the pids of the run by what they are."""
        self.wait_ready()
        self.choose("eight-roots")
        self.set_field(str(LONG))
        self.keep_only_pool(start_method, workers)
        self.press("r")
        self.press("5")
        wanted = {"guardian", "runner", *(f"w{number + 1}" for number in range(workers))}
        self.wait_until(lambda text: wanted <= set(processes_on(text)) and text.count("chunk ") >= workers)
        return processes_on(self.text)

    def tree(self) -> set[int]:
        """Pids of the program's living descendants."""
        return descendants(self.pid, living())


class OpenLab(Protocol):
    """Opens the installed command in a terminal."""

    def __call__(self, columns: int = 120, rows: int = 40, **settings: Any) -> Lab:
        """Open a terminal of that size; SETTINGS are those of `Lab`."""


def processes_on(text: str) -> dict[str, int]:
    """Return the pids in the table of processes on the screen TEXT, by what they are."""
    return {what: int(pid) for pid, what in ROW.findall(text)}


def wait_dead(pids: Sequence[int], deadline: float = PATIENCE) -> list[int]:
    """Wait until none of PIDS lives; after DEADLINE seconds return those that still do."""
    wait_for(lambda: not any(map(is_alive, pids)), deadline)
    return [pid for pid in pids if is_alive(pid)]
