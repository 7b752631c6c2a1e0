"""The lines of ``samples.jsonl``: how they are made, and how they are read back without believing them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, TypeGuard

from ..model import ProcessSample

HUGE = 1 << 62
"""Beyond all numbers that make sense."""
BEGIN = b'{"t":'
"""What every line begins with."""
_COMMAND_LIMIT = 2_000


class LogSizes(NamedTuple):
    """Bytes of the files of a run's output at one moment, in the order of `LOG_NAMES`."""

    stdout: int = 0
    stderr: int = 0
    log: int = 0


class SeenProcess(NamedTuple):
    """A process as samples know it."""

    pid: int
    parent: int | None
    command: tuple[str, ...]
    first_ns: int
    """Time of the first sample that has it."""
    last_ns: int


@lru_cache(maxsize=16)
def parsed(line: bytes) -> dict[str, Any]:
    """Parse a line; empty if it makes no sense."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def time_of(line: bytes) -> int | None:
    """Read the time of a line; None if it has none."""
    digits = line[len(BEGIN) : len(BEGIN) + 22].partition(b",")[0]
    return int(digits) if digits.isdigit() else None


def thinned(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Leave out every second sample and every second size."""
    counts = [0, 0]
    for line in lines:
        if b'"n":' in line[:40]:
            yield line
            continue
        kind = b'"s":' in line[:40]
        counts[kind] += 1
        if counts[kind] % 2:
            yield line


def process_row(sample: ProcessSample) -> list[int | float | None]:
    """Describe a process as a line does."""
    percent = None if sample.cpu_percent is None else tenths(sample.cpu_percent)
    memory = sample.rss_bytes, sample.pss_bytes
    return [sample.pid, sample.parent, percent, *memory, sample.cpu_number, int(sample.is_suspended)]


def tenths(value: float) -> float:
    """Round a percentage as far as anybody looks."""
    return round(value, 1)


def cut(command: Sequence[str]) -> list[str]:
    """The begin of a command line that may be long."""
    kept, room = [], _COMMAND_LIMIT
    for argument in command:
        if room <= 0:
            break
        kept.append(argument[:room])
        room -= len(argument)
    return kept


def size_of(path: Path) -> int:
    """Bytes of a file; 0 if there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def is_list(value: Any, least: int) -> TypeGuard[list[Any]]:
    """Whether VALUE is a list of so many items at least."""
    return isinstance(value, list) and len(value) >= least


def is_number(value: Any) -> TypeGuard[int]:
    """Whether VALUE is a whole number that makes sense as a count, size, pid or time."""
    return type(value) is int and 0 <= value < HUGE


def is_figure(value: Any) -> TypeGuard[float]:
    """Whether VALUE is a number that makes sense as a share or load."""
    return type(value) in (int, float) and -1e18 < value < 1e18


def number(value: Any) -> int | None:
    """VALUE where it is such a whole number, else None."""
    return value if is_number(value) else None
