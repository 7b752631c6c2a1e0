"""Counts the words in all text files below a directory: real input, uneven tasks, results of some size."""

from __future__ import annotations

import os
import re
import stat
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Counts the words in all text files below a directory, by default the sources of Python's own standard library. Each \
file is one task: a worker reads it, counts its words and returns the counts; the parent merges them.

Watch the processes and the cores: the files are of very different sizes, so the chunks are too, and at the end one \
worker may still be busy while the others wait. Watch the ledger: each task returns a table of words, and shipping \
those tables back takes its share.

Expect the second run to be faster than the first, because then the operating system has the files in memory; that \
is why a single comparison says little here. Files that are binary or may not be read are skipped, and counted.

Try next: three or more runs; a pool with chunksize=1, where a large file holds up nobody but itself; and a \
directory of your own."""

Kind = Literal["text", "binary", "unreadable"]
Counted = tuple[Kind, dict[str, int]]
"""What one file was, and how often each word is in it."""

MOST_FILES = 200_000
_BLOCK = 1 << 20
_HEAD = 8_192
"""A binary file mostly betrays itself here, so that a large one need not be read."""
_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_WORD = 200
"""Longer runs of letters, such as a base64 blob without digits, are cut."""
_TABLE_BYTES = 20_000
"""Of one file's table in memory, on average over the standard library."""
_SHOWN = 10
_RESTED_SECONDS = 3_600
_COUNTED_AGAIN = 5
"""Files whose words are counted once more, to see whether every result is that of its own file."""


def count_words(path: str) -> Counted:
    """Count the words in one file: one task."""
    try:
        # Not blocking: a named pipe that took the file's place must not hold up the run.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - not a path
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return ("unreadable", {})
            counts: dict[str, int] = {}
            # A special file may answer None, "not now", which ends it as an empty block does.
            for text in _blocks(chain([file.read(_HEAD) or b""], iter(lambda: file.read(_BLOCK) or b"", b""))):
                for word in _WORD.findall(text.lower()):
                    key = word[:_LONGEST_WORD]
                    counts[key] = counts.get(key, 0) + 1
    except UnicodeDecodeError:
        return ("binary", {})
    except OSError:
        return ("unreadable", {})
    return ("text", counts)


def _blocks(parts: Iterable[bytes]) -> Iterator[str]:
    """Decode a file part by part, cutting between words.

    Raises:
        UnicodeDecodeError: If it is not text.
    """
    decoder = getincrementaldecoder("utf-8")()
    pending = ""
    for part in parts:
        if b"\0" in part:
            raise UnicodeDecodeError("utf-8", part[:1], 0, 1, "a text has no NUL")
        text = pending + decoder.decode(part)
        cut = max(text.rfind(" "), text.rfind("\n")) + 1
        if not cut and len(text) > _BLOCK:
            cut = len(text)  # a block without any space is no prose; bounded memory goes first
        pending = text[cut:]
        yield text[:cut]
    yield pending + decoder.decode(b"", final=True)


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="wordcount",
        summary="words in real files",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="directory",
                kind="directory",
                default=standard_library(),
                help="All text files below this directory are read.",
            ),
        ),
        function=count_words,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("pool")),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: len(_inputs(parameters)),
        show=_show,
        check=_check,
    )


def standard_library() -> str:
    """Directory of the running Python's standard library, without symbolic links."""
    return str(Path(os.__file__).resolve().parent)


def files_below(directory: str) -> list[str]:
    """List the regular files below DIRECTORY, sorted.

    Links to directories are not followed, so that none is read twice and a loop cannot trap us. Packages that were
    installed beside the standard library are no part of it.

    Raises:
        UsageError: If there are too many files, or if DIRECTORY itself cannot be read.
    """
    foreign = {os.path.join(standard_library(), name) for name in ("site-packages", "dist-packages")}  # noqa: PTH118
    found: list[str] = []
    pending = [directory]
    while pending:
        path = pending.pop()
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        if entry.path not in foreign:
                            pending.append(entry.path)
                    elif _is_file(entry):
                        found.append(entry.path)
        except OSError as error:
            if path == directory:
                reason = (error.strerror or "it cannot be opened").lower()
                raise _unusable(directory, f"cannot be read: {reason}") from None
        if len(found) > MOST_FILES:
            raise _unusable(directory, f"has more than {MOST_FILES:,} files below it: choose a smaller one")
    found.sort()
    return found


def some_files_below(directory: str, most: int) -> list[str]:
    """List the regular files below DIRECTORY, or as many of them as wanted, taken evenly from all over it.

    Raises:
        UsageError: As `files_below`, and if there are none.
    """
    files = files_below(directory)
    if not files:
        raise _unusable(directory, "has no files below it: choose another")
    if len(files) <= most:
        return files
    return [files[number * len(files) // most] for number in range(most)]


def _unusable(directory: str, why: str) -> Exception:
    from ..errors import UsageError
    from ..text import clean

    return UsageError(f"directory = {clean(directory, 200)} {why}.")


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:  # a link to itself
        return False


def _inputs(parameters: Parameters) -> Sequence[str]:
    return some_files_below(cast("str", parameters["directory"]), MOST_FILES)


def merged(results: Sequence[Counted]) -> dict[str, int]:
    """Add up the counts of all files."""
    total: dict[str, int] = {}
    for _, counts in results:
        for word, count in counts.items():
            total[word] = total.get(word, 0) + count
    return total


def _summarise(results: Sequence[Counted], parameters: Parameters) -> str:
    del parameters
    words = sum(sum(counts.values()) for _, counts in results)
    kinds = [kind for kind, _ in results]
    skipped = [f"{kinds.count(kind):,} {kind}" for kind in ("binary", "unreadable") if kind in kinds]
    tail = f", skipped {' and '.join(skipped)}" if skipped else ""
    files = kinds.count("text")
    return f"{words:,} word{'' if words == 1 else 's'} in {files:,} file{'' if files == 1 else 's'}{tail}"


def _check(results: Sequence[Counted], parameters: Parameters) -> str | None:
    files = _inputs(parameters)
    if len(results) != len(files):
        return None  # files came or went meanwhile, so nobody knows whose results these are
    for index in range(0, len(files), max(1, len(files) // _COUNTED_AGAIN)):
        if not _has_rested(files[index]):
            continue
        if results[index] != count_words(files[index]):
            from ..text import clean

            return f"The words of {clean(files[index], 200)} were counted otherwise a second time."
    return None


def _has_rested(path: str) -> bool:
    """Whether a file is as it was an hour ago, so that it cannot have changed since its words were counted."""
    import time

    try:
        return time.time() - os.stat(path).st_mtime > _RESTED_SECONDS  # noqa: PTH116
    except OSError:
        return False


def _show(results: Sequence[Counted], parameters: Parameters) -> tuple[str, ...]:
    del parameters
    most = sorted(merged(results).items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
    width = max((len(f"{count:,}") for _, count in most), default=0)
    return tuple(f"{count:>{width},}  {word}" for word, count in most)


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes

    files = len(_inputs(parameters))
    return peak_bytes(files, lane, argument=200, result=_TABLE_BYTES, held=200, travelling=_TABLE_BYTES // 4)
