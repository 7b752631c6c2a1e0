"""``poolscope export``: a recording as a file that other programs read, or that a person can show to others."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import Parser, wrong
from .errors import PoolscopeError, UsageError
from .output import checked_output, complain
from .parameters import listed, nearest_name
from .text import clean

if TYPE_CHECKING:
    from argparse import Namespace

    from .recording.exports.sink import Write
    from .recording.exports.source import Source

FORMATS = ("perfetto", "json", "csv", "markdown", "html", "svg")
_HELP = """\
formats:
  perfetto   a trace for ui.perfetto.dev: slices of every task, counters for cores and memory
  json       one object with everything; --tasks adds every task
  csv        a row a task; --table processes or --table samples for other rows
  markdown   a report for an issue or a pull request
  html       one page with the timeline, the ledger and the cores as pictures; it needs nothing else
  svg        the screen as a picture

A recording is named by its file, its run directory, its ID or the beginning of that, or by "last".
Without -o it goes to standard output. A FILE that ends in .gz is compressed.

examples:
  poolscope export last -o report.html
  poolscope export run.poolscope --format perfetto -o trace.json.gz
  poolscope export 20261122 --format csv --table processes

exit status: 0 fine, 1 it could not be written, 2 wrong use."""
_ENDINGS = {".json": "json", ".csv": "csv", ".md": "markdown", ".html": "html", ".htm": "html", ".svg": "svg",
            ".perfetto": "perfetto", ".perfetto-trace": "perfetto"}  # fmt: skip
_TABLES = ("tasks", "processes", "samples")
_NOT_FOR_READING = ("perfetto", "html", "svg")
"""Formats that would only fill a terminal."""
_SMALLEST, _LARGEST = (40, 10), (500, 200)

ScreenPicture = Callable[[str, tuple[int, int], str | None], str]
"""Draws the screen on a recording as SVG: the recording's name, columns and lines, name of a theme."""


def export(arguments: Sequence[str], screen_picture: ScreenPicture) -> int:
    """Run ``poolscope export`` with ARGUMENTS.

    Args:
        arguments: What follows the command's name.
        screen_picture: Reached only if that is asked for, because it needs the whole screen.
    """
    options = _parsed(arguments)
    form = _format(options)
    path = checked_output(options.output) if options.output is not None else None
    _check(options, form, path)
    if form == "svg":
        from .recording.exports.sink import opened

        text = screen_picture(options.recording, options.size or (120, 40), options.theme)
        with opened(path) as write:
            write(text.encode())
        return 0
    return _write(options, form, path)


def _parsed(arguments: Sequence[str]) -> Namespace:
    parser = Parser("poolscope export", "Writes a recording in a format that others read.", _HELP)
    add = parser.add_argument
    add("recording", metavar="FILE|ID", help="the recording")
    add("-f", "--format", metavar="FORMAT", help="one of those below; by default what FILE's name ends in")
    add("-o", "--output", metavar="FILE", help="write to FILE, all of it or nothing")
    add("--tasks", action="store_true", help="json: every task, too; perfetto: the phases of each, however many")
    add("--table", metavar="TABLE", help="csv: tasks (default), processes or samples")
    add("--size", metavar="COLUMNSxLINES", type=_size, help="svg: size of the screen (default: 120x40)")
    add("--theme", metavar="NAME", help="svg: colours, such as poolscope-light")
    options: Namespace = parser.parse_args(arguments)
    return options


def _write(options: Namespace, form: str, path: Path | None) -> int:
    from .recording.open import open_recording

    recording = open_recording(options.recording)
    try:
        from .recording.exports.source import gather
    except ImportError as error:
        raise PoolscopeError(f"Exporting needs NumPy, which cannot be imported: {error}.") from None
    from .recording.exports.sink import opened

    source = gather(recording)
    writer = _writer(options, form)
    with opened(path) as write:
        writer(source, write)
    for problem in recording.problems:  # not every format has a place for it
        complain(problem)
    return 0


def _writer(options: Namespace, form: str) -> Callable[[Source, Write], None]:
    """What writes the format; only that is imported."""
    if form == "perfetto":
        from .recording.exports.perfetto import write_trace

        return lambda source, write: write_trace(source, write, in_detail=True if options.tasks else None)
    if form == "json":
        from .recording.exports.json_object import write_object

        return lambda source, write: write_object(source, write, with_tasks=options.tasks)
    if form == "csv":
        from .recording.exports.tables import TABLES

        return TABLES[options.table or _TABLES[0]]
    if form == "markdown":
        from .recording.exports.markdown import write_report

        return write_report
    from .recording.exports.page import write_page

    return write_page


def _format(options: Namespace) -> str:
    given: str | None = options.format
    if given is None:
        name = Path(options.output or "").name.lower().removesuffix(".gz")
        found = _ENDINGS.get(Path(name).suffix)
        if found is None:
            raise UsageError(f"--format is missing: choose {listed(FORMATS, 'or')}.")
        return found
    if given in FORMATS:
        return given
    meant = nearest_name(given, FORMATS)
    if meant:
        raise UsageError(f"There is no format {clean(given, 60)}; did you mean {meant}?")
    raise wrong("--format", given, f"choose {listed(FORMATS, 'or')}")


def _check(options: Namespace, form: str, path: Path | None) -> None:
    """Refuse what makes no sense together, before anything is read."""
    if options.table is not None and form != "csv":
        raise UsageError("--table is for --format csv.")
    if options.table is not None and options.table not in _TABLES:
        raise wrong("--table", options.table, f"choose {listed(_TABLES, 'or')}")
    if options.tasks and form not in ("json", "perfetto"):
        raise UsageError("--tasks is for --format json and --format perfetto.")
    if (options.size is not None or options.theme is not None) and form != "svg":
        raise UsageError("--size and --theme are for --format svg.")
    if path is None and form in _NOT_FOR_READING and sys.stdout is not None and sys.stdout.isatty():
        raise UsageError(f"{form} is not for reading in a terminal: name a file with -o, or use a pipe.")


def _size(text: str) -> tuple[int, int]:
    columns, cross, lines = text.lower().partition("x")
    if cross and columns.isascii() and lines.isascii() and columns.isdecimal() and lines.isdecimal():
        size = int(columns[:4]), int(lines[:4])
        if all(least <= given <= most for least, given, most in zip(_SMALLEST, size, _LARGEST, strict=True)):
            return size
    raise wrong("--size", text, "write COLUMNSxLINES, such as 120x40, from 40x10 to 500x200")
