"""What of a program cannot be recorded, and why: the recorder comes with the environment, which not everyone heeds.

Whoever drives a program shows us its processes now and then, while they live; the sentences are made at the end, when
it is known which of them left an event file after all.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from ..recorder import layout
from ..recorder.settings import RECORDER_VARIABLE
from ..text import clean

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from ..recording.contents import Contents

OLDEST = (3, 11)
"""Python that the recorder can be loaded into."""
_PYTHON = re.compile(r"(?:python|pypy)[w]?(\d*)(?:\.(\d+))?[a-z]*(?:\.exe)?$")
_TRACKER = ".resource_tracker import main"
_WITH_VALUE = "XW"
_WITH_THE_REST = "cm"
_MOST = 2_000
"""Processes that are remembered."""
_NAMED = 3
_LONGEST = 60
_LONGEST_LINE = 256


class _Seen(NamedTuple):
    """A process as it was when it was looked at last."""

    command: tuple[str, ...]
    reason: str
    """"" where there is none that we could name."""


class Unrecorded:
    """Collects processes that may turn out not to be recorded."""

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}

    def look(self, pids: Iterable[int], recorded: Container[int]) -> None:
        """Look at living processes that are not RECORDED, or not yet."""
        for pid in pids:
            if pid not in recorded and (pid in self._seen or len(self._seen) < _MOST):
                command = _command_of(pid)
                if command:
                    self._seen[pid] = _Seen(command, _reason(command, pid))

    def add(self, pid: int, command: Sequence[str]) -> None:
        """Take a process that was not seen alive as what its command line says."""
        if command and pid not in self._seen and len(self._seen) < _MOST:
            interpreted = (*_interpreter(command[0]), *command)
            self._seen[pid] = _Seen(tuple(command), _reason(interpreted, None))

    def add_started(self, recording: Contents) -> None:
        """Take programs that recorded processes started, and that may have been too quick to be looked at."""
        for pid, (parent, started) in recording.starts():
            if started.kind == layout.START_SUBPROCESS and pid not in recording.files:
                self.add(pid, _words(parent.text_of(layout.STARTED, pid, 0)))

    def sentences(self, recorded: Container[int]) -> tuple[str, ...]:
        """Say which ones were not recorded, and why."""
        groups: dict[str, list[str]] = {}
        for pid, seen in self._seen.items():
            if pid not in recorded and seen.reason:
                groups.setdefault(seen.reason, []).append(f"{command_in_short(seen.command)} (pid {pid})")
        return tuple(f"{reason}: {_some(names)}." for reason, names in groups.items())


def command_in_short(command: Sequence[str]) -> str:
    """Write a command line so that it can stand in a sentence."""
    if not command:
        return "a process"
    words = " ".join([os.path.basename(command[0]) or command[0], *command[1:8]])  # noqa: PTH119
    return clean(words, _LONGEST)


def _some(names: list[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f", and {more:,} more" if more > 0 else "")


def _reason(command: tuple[str, ...], pid: int | None) -> str:
    """Say why a process cannot be recorded; "" if it may be."""
    version = _python_version(command[0])
    if version is None and pid is not None:
        version = _python_version(_executable(pid))
    if version is None:
        return "No Python, so seen from outside only"
    if any(word.startswith("from ") and _TRACKER in word for word in command):
        return ""
    found = [flag for flag in python_flags(command) if flag in "IES"]
    if found:
        return f"Not recorded, because -{found[0]} keeps Python from loading the recorder"
    if pid is not None:
        version = _python_version(_executable(pid)) or version
    if version[:1] == (2,) or (len(version) == 2 and version < OLDEST):
        return f"Not recorded, because that needs Python {OLDEST[0]}.{OLDEST[1]} or newer"
    if pid is not None and _lacks_recorder(pid):
        return "Not recorded, because its environment was cleared"
    return ""


def _words(line: str) -> list[str]:
    import shlex

    try:
        return shlex.split(line)
    except ValueError:  # it was cut
        return line.split()


@lru_cache(maxsize=256)
def _interpreter(name: str) -> tuple[str, ...]:
    """Return what the first line of a script names to run it; () for all else."""
    if _python_version(name) is not None:  # be it a script too, which chooses one of several
        return ()
    from shutil import which

    try:
        with open(which(name) or name, "rb") as file:  # noqa: PTH123
            line = os.fsdecode(file.readline(_LONGEST_LINE))
    except (OSError, ValueError):
        return ()
    words = line[2:].split() if line.startswith("#!") else []
    if words and os.path.basename(words[0]) == "env":  # noqa: PTH119
        words = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    return tuple(words)


def python_flags(command: Sequence[str]) -> str:
    """List the one-letter options of a Python's command line, those before the script, ``-c`` or ``-m``."""
    flags = ""
    words = iter(command[1:])
    for word in words:
        if len(word) < 2 or word[0] != "-" or word.startswith("--"):
            break
        for place, letter in enumerate(word[1:], 2):
            if letter in _WITH_THE_REST:
                return flags
            flags += letter
            if letter in _WITH_VALUE:
                if place == len(word):
                    next(words, None)
                break
    return flags


def _python_version(path: str) -> tuple[int, ...] | None:
    """Read a version off the name of an executable; () if it has none there, None if it is no Python."""
    match = _PYTHON.match(os.path.basename(path))  # noqa: PTH119
    return None if match is None else tuple(int(number) for number in match.groups() if number)


def _executable(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/exe")  # noqa: PTH115
    except OSError:
        return ""


def _command_of(pid: int) -> tuple[str, ...]:
    from ..custody import command_of

    return tuple(map(os.fsdecode, command_of(pid)))


def _lacks_recorder(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
            content = b"\0" + file.read()
    except OSError:
        return False
    return f"\0{RECORDER_VARIABLE}=".encode() not in content
