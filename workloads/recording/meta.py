"""What a recording says about itself: how it came about (``meta.json``) and how it ended (``end.json``).

Both are small files of a run directory and sections of a saved recording. They are read back as data of unknown origin:
what has the wrong type is left out, and nothing in them is ever executed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ..text import clean

META_NAME = "meta.json"
END_NAME = "end.json"

_MOST_BYTES = 4_000_000
_MOST = 1 << 63
_DIGITS = 11
_TEXT_LIMIT = 4096
_NAME_LIMIT = 100
_MOST_TEXTS = 4096
_GONE_WORDS = 3
MOST_GONE = 20_000
"""Of the moments in `End.gone`: a saved recording has no more processes."""


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
    gone: Mapping[tuple[int, int], int] = {}
    """By pid and time of creation, of processes that were seen to be gone before their parents asked for them, if ever
    they did: when that was."""


def new_identity(epoch_ns: int) -> str:
    """Make the identity of a run that begins at that time; the last digits are a fraction of the second."""
    import time

    seconds, rest = divmod(epoch_ns, 1_000_000_000)
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(seconds))}-{rest * 65_536 // 1_000_000_000:04x}"


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
    content = {
        **end._asdict(),
        "statuses": {str(pid): status for pid, status in end.statuses.items()},
        "gone": [[pid, created, moment] for (pid, created), moment in end.gone.items()],
    }
    return json.dumps(content).encode("ascii")


def read_meta(directory: Path) -> Meta | None:
    """Read the META of a run directory; None while there is none, or none that makes sense."""
    return parse_meta(_read(directory / META_NAME))


def read_end(directory: Path) -> End | None:
    """Read the END of a run directory; None while there is none, or none that makes sense."""
    return parse_end(_read(directory / END_NAME))


def parse_meta(data: bytes) -> Meta | None:
    """Read what `meta_bytes` wrote; texts are made safe to show, and what has the wrong type is left out."""
    content = _object(data)
    if content is None or content.get("kind") not in ("lane", "program"):
        return None
    machine, parameters = content.get("machine"), content.get("parameters")
    return Meta(
        kind=content["kind"],
        identity=_text(content.get("identity"), _NAME_LIMIT),
        title=_text(content.get("title")),
        begun_ns=_number(content.get("begun_ns")),
        begun_epoch_ns=_number(content.get("begun_epoch_ns")),
        poolscope=_text(content.get("poolscope"), _NAME_LIMIT),
        machine=_cleaned(machine) if isinstance(machine, dict) else {},
        command=_texts(content.get("command")),
        directory=_text(content.get("directory")),
        workload=_text(content.get("workload")),
        parameters=_cleaned(parameters) if isinstance(parameters, dict) else {},
        lane=_text(content.get("lane")),
        key=_text(content.get("key"), _NAME_LIMIT),
        log_level=_number(content.get("log_level")),
    )


def parse_end(data: bytes) -> End | None:
    """Read what `end_bytes` wrote, likewise."""
    content = _object(data)
    if content is None or content.get("state") not in ("done", "failed", "cancelled"):
        return None
    statuses, gone = content.get("statuses"), content.get("gone")
    status, error = content.get("status"), content.get("error")
    return End(
        ended_ns=_number(content.get("ended_ns")),
        state=content["state"],
        status=status if _is_number(status) else None,
        statuses={
            int(pid): value
            for pid, value in (statuses if isinstance(statuses, dict) else {}).items()
            if pid.isascii() and pid.isdecimal() and len(pid) < _DIGITS and _is_number(value)
        },
        gone={
            (row[0], row[1]): row[2]
            for row in (gone if isinstance(gone, list) else ())
            if isinstance(row, list) and len(row) == _GONE_WORDS and all(map(_is_number, row))
        },
        error=None if error is None else _text(error),
        notes=_texts(content.get("notes")),
    )


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        # NaN and its like, which strict JSON does not have, become null.
        content = json.loads(data, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _is_number(value: Any) -> bool:
    return type(value) is int and -_MOST < value < _MOST


def _number(value: Any) -> int:
    return value if _is_number(value) else 0


def _text(value: Any, limit: int = _TEXT_LIMIT) -> str:
    return clean(value, limit) if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(item) for item in value[:_MOST_TEXTS]) if isinstance(value, list) else ()


def _cleaned(value: Any) -> Any:
    """Make all texts in a JSON value safe to show; it was bounded in size and depth when it was parsed."""
    if isinstance(value, str):
        return clean(value, _TEXT_LIMIT)
    if isinstance(value, list):
        return [_cleaned(item) for item in value]
    if isinstance(value, dict):
        return {clean(name, _NAME_LIMIT): _cleaned(item) for name, item in value.items()}
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError:
        return b""


def _write(path: Path, data: bytes) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(data)
    os.replace(new, path)  # noqa: PTH105 - that of `pathlib` is no clearer
