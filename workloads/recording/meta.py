"""What a recording says about itself: how it came about (``meta.json``) and how it ended (``end.json``).

Both are small files of a run directory and sections of a saved recording. They are read back as data of unknown origin:
what has the wrong type is left out, and nothing in them is ever executed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

META_NAME = "meta.json"
END_NAME = "end.json"


class Meta(NamedTuple):
    """How a run came about. Written before it begins."""

    kind: Literal["lane", "program"]
    identity: str
    """Unique over all recordings of a machine, sorts by time: ``20261122-210355-4f2a``."""
    title: str
    """A few words: ``sqrt · pool:workers=2`` or the command line."""
    begun_ns: int
    """`time.perf_counter_ns` when it was started."""
    begun_epoch_ns: int
    """`time.time_ns` at the same moment."""
    poolscope: str
    """Version that recorded it."""
    machine: Mapping[str, Any]
    """As `report.result_json` writes a `Machine`."""
    command: tuple[str, ...] = ()
    """For a program."""
    directory: str = ""
    """Where the program was started."""
    workload: str = ""
    """For a lane: name, parameters and the lane's label."""
    parameters: Mapping[str, Any] = {}
    lane: str = ""
    key: str = ""
    """For a lane: its letter in the comparison."""
    log_level: int = 0


class End(NamedTuple):
    """How a run ended. Written when nothing of it is left."""

    ended_ns: int
    state: Literal["done", "failed", "cancelled"]
    status: int | None
    """Exit status of the runner or program; negative for a signal."""
    statuses: Mapping[int, int] = {}
    """By pid, of processes that only the guardian saw end."""
    error: str | None = None
    notes: tuple[str, ...] = ()


def new_identity(epoch_ns: int) -> str:
    """Make the identity of a run that begins at that time."""
    import time

    moment = time.gmtime(epoch_ns // 1_000_000_000)
    return f"{time.strftime('%Y%m%d-%H%M%S', moment)}-{os.urandom(2).hex()}"


def write_meta(meta: Meta, directory: Path) -> None:
    """Write META into a run directory; whoever looks sees it whole or not at all."""
    _write(directory / META_NAME, meta_bytes(meta))


def write_end(end: End, directory: Path) -> None:
    """Write END into a run directory, likewise."""
    _write(directory / END_NAME, end_bytes(end))


def meta_bytes(meta: Meta) -> bytes:
    """Write META as JSON; surrogates, which arguments may hold, stay escapes."""
    return json.dumps(meta._asdict()).encode("ascii")


def end_bytes(end: End) -> bytes:
    """Write END as JSON."""
    content = {**end._asdict(), "statuses": {str(pid): status for pid, status in end.statuses.items()}}
    return json.dumps(content).encode("ascii")


def _write(path: Path, data: bytes) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(data)
    os.replace(new, path)  # noqa: PTH105 - that of `pathlib` is no clearer
