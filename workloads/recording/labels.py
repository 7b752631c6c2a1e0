"""What processes are called on screen: ``w1``, ``c2``, in the order in which they were made.

Two processes that start together come into sight in either order, while a saved recording is read in the order in which
they were made. So that both number them alike, a process waits for its label until those that were made before it have
said what they are, though not for long.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ..recorder import layout
from .events import EventFile

_LETTERS = {
    layout.ROLE_WORKER: "w",
    layout.ROLE_CHILD: "c",
    layout.ROLE_FORK: "f",
    layout.ROLE_PROGRAM: "p",
}
"""What labels begin with, by role."""
STARTED_AS = {
    layout.START_PROCESS: layout.ROLE_CHILD,
    layout.START_WORKER: layout.ROLE_WORKER,
    layout.START_SUBPROCESS: layout.ROLE_PROGRAM,
    layout.START_FORK: layout.ROLE_FORK,
}
"""What a process is that was started in one of these ways."""
_PATIENCE_NS = 1_000_000_000
"""How long a process that was made may take until it says what it is."""

RoleOf = Callable[[EventFile], tuple[int, bool | None]]
"""Role of a process, 0 while unknown, and whether it is a worker of its run; None while nobody can tell."""


class Labels:
    """Names the processes of one recording.

    Attributes:
        given: The labels so far; they never change.
        workers: The files of the workers, in the order of their labels.
    """

    def __init__(self) -> None:
        self.given: dict[EventFile, str] = {}
        self.workers: list[EventFile] = []
        self._waiting: list[EventFile] = []
        self._counts: dict[str, int] = {}

    def add(self, file: EventFile) -> None:
        """Take in a file that was not known before."""
        self._waiting.append(file)

    def leave_out(self, file: EventFile) -> None:
        """Take note that this one has a name of its own."""
        self.given.pop(file, None)
        self._waiting = [other for other in self._waiting if other is not file]

    def give(self, role_of: RoleOf) -> list[EventFile]:
        """Label those that are new, and return them.

        Args:
            role_of: Asked for each.
        """
        if not self._waiting:
            return []
        new, left = [], []
        is_stuck = False
        for file in sorted(self._waiting, key=lambda file: file.created_ns):
            if not is_stuck and self._give(file, *role_of(file)):
                new.append(file)
            else:
                left.append(file)
                is_stuck = is_stuck or _may_speak_yet(file)
        self._waiting = left
        return new

    def _give(self, file: EventFile, role: int, is_worker: bool | None) -> bool:
        if is_worker is None or role not in _LETTERS:
            return False
        if is_worker:
            self.workers.append(file)
        letter = "w" if is_worker else _LETTERS[role]
        self._counts[letter] = self._counts.get(letter, 0) + 1
        self.given[file] = f"{letter}{self._counts[letter]}"
        return True


def _may_speak_yet(file: EventFile) -> bool:
    """Whether a process is so young that it may still say what it is, or others what it is to them."""
    if file.is_finished or file.problem is not None or file.slots[layout.ROLE] == layout.ROLE_HELPER:
        return False
    return 0 <= time.perf_counter_ns() - file.created_ns < _PATIENCE_NS
