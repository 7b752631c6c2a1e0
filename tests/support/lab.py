"""The installed command in a terminal, with what a person does at its keyboard."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from support.leaks import is_alive
from support.patience import PATIENCE, wait_for
from support.terminal import Terminal

ROW = re.compile(r"(?<!\d)(\d{2,7}) +(guard|runner|w\d+)")
"""A row of the table of processes: pid and what it is; the guardian's name may be cut."""
FIELDS = {
    "sqrt": {"N": "Roots are taken"},
    "eight-roots": {"pause": "How long each"},
    "bubble-sort": {
        "form": "One array in",
        "array": "The numbers to",
        "K": "How many arrays",
        "n": "How many numbers",
    },
}
"""The workloads' fields in their order, each with how the sentence begins that is shown while it has the focus."""
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
        self.wait_until(lambda text: re.search(rf"poolscope +{workload}\b", text))

    def set_field(self, workload: str, name: str, value: str) -> None:
        """Type VALUE into the field NAME of the chosen WORKLOAD, and go back to the list."""
        # Keys that do something travel a longer way through the app than keys that are typed, so each is waited for.
        for field, hint in FIELDS[workload].items():
            self.press("tab")
            self.wait_until(hint)
            if field == name:
                break
        self.press("end", "ctrl+u")
        self.wait_until(f"{name} is empty")
        self.type_text(value)
        self.wait_until(lambda text: re.search(rf"{name} {re.escape(value)}\b", text))
        self.press("escape")
        self.wait_until("enter Open")

    def keep_only_pool(self, start_method: str = "") -> None:
        """Remove the first lane, so that only the pool is run, and let it start its workers by START_METHOD."""
        self.wait_until(lambda text: "A serial" in text and "B pool" in text)
        self.press("2", "d")
        self.wait_until("A pool")
        if start_method:
            self.press("e")
            self.wait_until("Start method")
            self.press("down", "down")
            self._choose_start_method(start_method)
            self.press("enter")
        self.wait_until(lambda text: "Start method" not in text and f"workers · {start_method}" in text)

    def _choose_start_method(self, wanted: str) -> None:
        while (shown := self._shown_start_method(self.text)) != wanted:
            self.press("right")  # does nothing while the field above still has the focus
            wait_for(lambda: self._shown_start_method(self.text) != shown, 2.0)

    @staticmethod
    def _shown_start_method(text: str) -> str:
        found = re.search(r"Start method +[◂<] (\w+)", text)
        return found.group(1) if found else ""

    def hand_out_single_tasks(self) -> None:
        """Set the chunk size of the first lane to 1."""
        self.press("2", "e")
        self.wait_until("Chunk size")
        self.press("down", "down", "down", "down")
        while (shown := self._shown_chunk_size(self.text)) != "1":
            self.press("left")
            assert wait_for(lambda: self._shown_chunk_size(self.text) != shown)
        self.press("enter")
        self.wait_until(lambda text: "Chunk size" not in text and "chunk 1 " in text)

    @staticmethod
    def _shown_chunk_size(text: str) -> str:
        found = re.search(r"Chunk size +[◂<]? *([\d,]+)", text)
        return found.group(1) if found else ""

    def run_long_pool(self, start_method: str = "") -> dict[str, int]:
        """Make a pool busy for longer than any test, and return the pids of the run by what they are."""
        self.wait_ready()
        self.choose("eight-roots")
        self.set_field("eight-roots", "pause", str(LONG))
        self.keep_only_pool(start_method)
        self.press("r", "6", "z")
        wanted = {"guard", "runner", "w1", "w2", "w3", "w4"}
        self.wait_until(lambda text: wanted <= set(processes_on(text)) and text.count("computing") >= 4)
        found = processes_on(self.text)
        self.press("z")
        return found

    def quit(self) -> int:
        """Quit, with a yes if it asks because a run has not quite ended; return the exit status."""
        self.press("q")
        if wait_for(lambda: not self.is_running or "A run is under way." in self.text) and self.is_running:
            self.press("y")
        return self.wait_exit()


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
