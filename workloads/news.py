"""What the guardian tells of its runs."""

from __future__ import annotations

import sys
from typing import NamedTuple


class Started(NamedTuple):
    """A runner or program was started."""

    run: str
    pid: int


class Ended(NamedTuple):
    """A runner or program ended; what it left is being ended."""

    run: str
    status: int
    """Exit status; negative for a signal."""


class Used(NamedTuple):
    """What a program had used when it ended."""

    run: str
    cpu_ns: int
    """CPU time of it and of all descendants that were waited for."""
    peak_bytes: int
    """Memory of the largest one of these."""


class Reaped(NamedTuple):
    """A process of a run ended that had lost its parent, so that nobody but the guardian saw how."""

    run: str
    pid: int
    status: int
    """Likewise."""


class Outlived(NamedTuple):
    """A process outlived its program, and was asked to end."""

    run: str
    pid: int
    command: tuple[str, ...]
    """argv; untrusted text."""


class Cleared(NamedTuple):
    """No process of a run is left."""

    run: str


class Refused(NamedTuple):
    """A runner or program could not be started."""

    run: str
    reason: str
    number: int = 0
    """Of the error, as in `errno`; 0 if there is none."""


Message = Started | Ended | Used | Reaped | Outlived | Cleared | Refused

_PEAK_UNIT = 1024 if sys.platform == "linux" else 1
"""Bytes in which the system counts the memory of a process that has ended."""


def read(words: list[bytes]) -> Message | None:
    """Read what the guardian sent; None if it is nothing that we know."""
    from os import fsdecode

    kind, run = words[0], fsdecode(words[1])
    if kind == b"started":
        return Started(run, int(words[2]))
    if kind == b"ended":
        return Ended(run, int(words[2]))
    if kind == b"used":
        return Used(run, int(words[2]), int(words[3]) * _PEAK_UNIT)
    if kind == b"reaped":
        return Reaped(run, int(words[2]), int(words[3]))
    if kind == b"outlived":
        return Outlived(run, int(words[2]), tuple(map(fsdecode, words[3:])))
    if kind == b"refused":
        return Refused(run, fsdecode(words[2]), int(words[3]))
    return Cleared(run) if kind == b"cleared" else None
