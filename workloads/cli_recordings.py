"""``poolscope recordings``: what is kept of the last runs."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from .arguments import Parser
from .errors import UsageError
from .output import checked_output, is_terminal, print_json, print_out
from .recording import store
from .report import figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .recording.store import Entry

SCHEMA = 1
_STATUS_HELP = "exit status: 0 fine, 1 something could not be written or removed, 2 wrong use."
_HELP = f"""\
poolscope recordings                     list them, the newest first
poolscope recordings save ID FILE        copy one to a file of its own, such as run.poolscope
poolscope recordings remove ID...        remove some
poolscope recordings remove --all        remove all

An ID may be cut, as long as it is the only one that begins so; "last" is the newest one.
"poolscope replay ID" shows a recording, "poolscope export ID" turns it into something that others
read.

The last {store.DEFAULT_COUNT} are kept, {figures.size(store.DEFAULT_SIZE)} at most; {store.COUNT_VARIABLE}=COUNT and \
{store.SIZE_VARIABLE}=BYTES set other
limits, and 0 keeps none. {store.DIRECTORY_VARIABLE} names another place.

{_STATUS_HELP}"""
_TITLE_WIDTH = 40
_LEAST_TITLE = 12


def recordings(arguments: Sequence[str]) -> int:
    """Run ``poolscope recordings`` with ARGUMENTS.

    Returns:
        The exit status.
    """
    words = list(arguments)
    if words[:1] == ["remove"]:
        return _remove(words[1:])
    if words[:1] == ["save"]:
        return _save(words[1:])
    return _list(words)


def _list(arguments: list[str]) -> int:
    parser = Parser("poolscope recordings", "Lists the recordings that are kept of the last runs.", _HELP)
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    entries = store.entries()
    if options.json:
        place = os.fspath(store.directory()).encode("utf-8", "replace").decode()
        print_json({"schema": SCHEMA, "directory": place, "recordings": [as_object(entry) for entry in entries]})
    else:
        print_out(as_text(entries, _width()))
    return 0


def _remove(arguments: list[str]) -> int:
    parser = Parser("poolscope recordings remove", "Removes recordings that are kept.", _STATUS_HELP)
    parser.add_argument("names", metavar="ID", nargs="*", help='a recording, or "last"')
    parser.add_argument("--all", action="store_true", help="remove all")
    options = parser.parse_args(arguments)
    if bool(options.names) == options.all:
        raise UsageError("Say which ones to remove: poolscope recordings remove ID..., or remove --all.")
    # All are found before one is removed.
    paths = store.kept() if options.all else dict.fromkeys(store.find_kept(name) for name in options.names)
    for path in paths:
        store.remove(path)
    return 0


def _save(arguments: list[str]) -> int:
    parser = Parser("poolscope recordings save", "Copies a recording that is kept to a file.", _STATUS_HELP)
    parser.add_argument("name", metavar="ID", help='a recording, or "last"')
    parser.add_argument("file", metavar="FILE", help="such as run.poolscope")
    options = parser.parse_args(arguments)
    from .recording.save import save

    save(store.find(options.name), checked_output(options.file, "FILE"))
    return 0


def as_text(entries: Sequence[Entry], width: int | None) -> str:
    """Write the list as a table.

    Args:
        entries: The newest first.
        width: Cells of the terminal; None where there is none.
    """
    from .text import cell_width, clean, shorten

    place = clean(str(store.directory()), 200)
    if not entries:
        return f"No recordings are kept in {place}."
    heads = ("id", "began", "took", "tasks", "state", "size", "what")
    rows = [heads, *(_row(entry) for entry in entries)]
    widths = [max(cell_width(row[column]) for row in rows) for column in range(len(heads) - 1)]
    left = _TITLE_WIDTH * 2 if width is None else max(_LEAST_TITLE, width - sum(widths) - 2 * len(widths))
    lines = []
    for row in rows:
        cells = [
            " " * (size - cell_width(cell)) + cell if heads[column] in ("took", "tasks", "size") else cell.ljust(size)
            for column, (cell, size) in enumerate(zip(row, widths, strict=False))
        ]
        lines.append("  ".join([*cells, shorten(row[-1], left)]).rstrip())
    total = figures.size(sum(entry.size for entry in entries))
    room = figures.size(store.limit(store.SIZE_VARIABLE, store.DEFAULT_SIZE))
    many = "recording" if len(entries) == 1 else "recordings"
    return "\n".join([*lines, "", f"{len(entries)} {many}, {total} of {room}, in {place}"])


def _row(entry: Entry) -> tuple[str, ...]:
    size = figures.size(entry.size)
    if entry.meta is None:
        return entry.identity, "", "", "", "damaged", size, entry.problem or "what it was is not known any more"
    took = _duration_ns(entry)
    return (
        entry.identity,
        _local_time(entry.meta.begun_epoch_ns),
        "" if took is None else figures.duration(took),
        "" if entry.tasks is None else figures.short_count(entry.tasks),
        entry.end.state if entry.end is not None else "not ended",
        size,
        entry.meta.title,
    )


def as_object(entry: Entry) -> dict[str, Any]:
    """Describe a recording as JSON; null stands for what is not known."""
    meta, end, took = entry.meta, entry.end, _duration_ns(entry)
    return {
        "identity": entry.identity,
        "path": os.fspath(entry.path).encode("utf-8", "replace").decode(),
        "bytes": entry.size,
        "kind": meta.kind if meta else None,
        "title": meta.title if meta else None,
        "begun": _utc(meta.begun_epoch_ns) if meta else None,
        "duration_s": None if took is None else took / 1e9,
        "state": end.state if end else None,
        "status": end.status if end else None,
        "error": end.error if end else None,
        "tasks": entry.tasks,
        "processes": entry.processes,
        "command": list(meta.command) if meta and meta.kind == "program" else None,
        "workload": meta.workload if meta and meta.kind == "lane" else None,
        "parameters": dict(meta.parameters) if meta and meta.kind == "lane" else None,
        "lane": meta.lane if meta and meta.kind == "lane" else None,
        "problem": entry.problem,
    }


def _duration_ns(entry: Entry) -> int | None:
    if entry.meta is None or entry.end is None:
        return None
    return max(0, entry.end.ended_ns - entry.meta.begun_ns)


def _local_time(epoch_ns: int) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(epoch_ns // 1_000_000_000))
    except (OverflowError, ValueError, OSError):  # a damaged file may say anything
        return ""


def _utc(epoch_ns: int) -> str | None:
    try:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch_ns // 1_000_000_000))
    except (OverflowError, ValueError, OSError):
        return None


def _width() -> int | None:
    if not is_terminal(sys.stdout):
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except OSError:
        return None
