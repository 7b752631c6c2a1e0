"""Reads many small files and digests them: work that waits for the disk, unless the operating system has it already."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Reads many small files, by default those of Python's own standard library, and digests each of them, as a backup or \
a search for duplicates does. A task is one file, and most of it is asking the operating system: open, read, close. \
Files of more than 1 MiB are left out.

Watch the cores. With cache = cold, the operating system is asked to forget the files before each run, so that they \
have to be read from the disk: whoever reads waits, and needs no core meanwhile. With cache = warm the files are in \
memory, nobody waits, and each file costs some hundredths of a millisecond, half of it in Python.

Expect threads to help when the cache is cold and the disk can do several things at once, as most can, and a pool to \
help as much, once its workers are there. Expect little from threads when the cache is warm: files are so small that \
the interpreter's lock (the GIL) changes hands more often than it pays. Then only a pool can win, if there are \
enough files.

Try next: cache = warm; threads:workers=16 against threads; pool:chunksize=1, where each file name is sent for \
itself; and fetch, whose waiting does not depend on your disk."""

_BLOCK = 1 << 20
_UNREADABLE = -1
_CHECKED = 32

Digested = tuple[str, int, str]
"""The file, its size and its digest; a file that cannot be read has size -1 and no digest."""


def digest_file(path: str) -> Digested:
    """Read one file and digest it: one task."""
    from hashlib import blake2b

    size, hashed = 0, blake2b(digest_size=16)
    try:
        # Not blocking: a named pipe that took the file's place must not hold up the run.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            while block := os.read(descriptor, _BLOCK):
                size += len(block)
                hashed.update(block)
        finally:
            os.close(descriptor)
    except OSError:
        return path, _UNREADABLE, ""
    return path, size, hashed.hexdigest()


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload
    from .wordcount import standard_library

    return Workload(
        name="files",
        summary="many small files, digested",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="directory",
                kind="directory",
                default=standard_library(),
                help="Files below this directory are read; nothing is written.",
            ),
            Parameter(
                name="files",
                kind="integer",
                default=5_000,
                help="How many of them at most, taken evenly from all over the directory.",
                minimum=1,
                maximum=200_000,
                presets=(500, 5_000, 50_000),
            ),
            Parameter(
                name="cache",
                kind="choice",
                default="cold",
                help="Whether the operating system forgets the files before each run, as far as it can.",
                choices=("cold", "warm"),
                presets=("cold", "warm"),
            ),
        ),
        function=digest_file,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("threads", workers=8), Lane("pool", workers=8)),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: len(_inputs(parameters)),
        topic="I/O-bound",
        check=_check,
        surround=_in_the_cache_or_not,
    )


def _inputs(parameters: Parameters) -> Sequence[str]:
    from .wordcount import some_files_below

    found = some_files_below(cast("str", parameters["directory"]), cast("int", parameters["files"]))
    small = [path for path in found if _size_of(path) <= _BLOCK]
    if not small:
        from ..errors import UsageError
        from ..text import clean

        shown = clean(cast("str", parameters["directory"]), 200)
        raise UsageError(f"directory = {shown} has no files of 1 MiB or less below it: choose another.")
    return small


def _size_of(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116 - thousands of them
    except OSError:
        return 0  # the task will say so


@contextmanager
def _in_the_cache_or_not(parameters: Parameters) -> Iterator[None]:
    """Bring the files into the state that was asked for."""
    import hashlib  # noqa: F401 - forked workers inherit it

    forget = getattr(os, "posix_fadvise", None) if parameters["cache"] == "cold" else None
    for path in _inputs(parameters):
        if forget is None:
            digest_file(path)
            continue
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                forget(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)
    yield


def _summarise(results: Sequence[Digested], parameters: Parameters) -> str:
    from ..report.figures import size

    read = [octets for _, octets, _ in results if octets != _UNREADABLE]
    skipped = len(results) - len(read)
    state = str(parameters["cache"])
    if state == "cold" and not hasattr(os, "posix_fadvise"):
        state = "warm, since this system forgets no files on request"
    return (
        f"{len(read):,} file{'' if len(read) == 1 else 's'} of {size(sum(read))}"
        + (f", skipped {skipped:,} unreadable" if skipped else "")
        + f", cache {state}"
    )


def _check(results: Sequence[Digested], parameters: Parameters) -> str | None:
    """Read a few files again."""
    from ..text import clean

    paths = _inputs(parameters)
    by_path = {result[0]: result for result in results}
    missing = next((path for path in paths if path not in by_path), None)
    if missing is not None:
        return f"The result of {clean(missing, 200)} is missing."
    for path in paths[:: -(-len(paths) // _CHECKED)]:
        again = digest_file(path)
        # A file that changed meanwhile is nobody's mistake.
        if again[1] == by_path[path][1] and again != by_path[path]:
            return f"{clean(path, 200)} has another digest when it is read again."
    return None


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes, workers_of

    files = len(_inputs(parameters))
    return workers_of(lane) * 2 * _BLOCK + peak_bytes(files, lane, argument=250, result=350, held=250, travelling=400)
