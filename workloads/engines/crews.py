"""The threads of an engine, each recorded as a worker of its own."""

from __future__ import annotations

import sys
from importlib import import_module
from threading import Lock, current_thread, get_native_id, local
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..recorder.crew import Member


class Crew:
    """All threads of one lane."""

    def __init__(self) -> None:
        package = sys.modules.get("_poolscope_recorder")
        name = f"{package.__name__}.crew" if package is not None else "poolscope.workloads.recorder.crew"
        self._module = import_module(name)
        self._members: dict[int, Member] = {}
        self._local = local()
        self._lock = Lock()

    def enter(self) -> None:
        """Take the calling thread in, before its first chunk."""
        self._local.member = self.member(get_native_id(), current_thread().name)

    @property
    def own(self) -> Member:
        """The record of the calling thread."""
        return cast("Member", self._local.member)

    def member(self, number: int, name: str) -> Member:
        """The record of the thread with that number, a new one if there is none."""
        with self._lock:
            if number not in self._members:
                self._members[number] = self._module.Member(name, number)
            return self._members[number]

    def forget(self) -> None:
        """Forget how long each of them has waited so far, for tasks and for a CPU; to be called while they wait."""
        for number, member in self._all():
            member.forget(number)

    def note_delays(self) -> None:
        """Note how long each of them has waited for a CPU; to be called while they are there."""
        for number, member in self._all():
            member.note_delay(number)

    def leave(self) -> None:
        """Say that all of them are over."""
        for _, member in self._all():
            member.leave()

    def _all(self) -> list[tuple[int, Member]]:
        """Those that are there now: a thread may begin when all tasks are done."""
        with self._lock:
            return list(self._members.items())
