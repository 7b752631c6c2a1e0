"""Compresses real files: real input, uneven tasks, and work in C that lets go of the interpreter's lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload

EXPLANATION = """\
Compresses real files, by default sources of Python's own standard library, and adds up how much smaller they get. \
Each file is one task: a worker reads it, compresses it in memory, and returns the sizes and a checksum. Nothing is \
written.

Watch the cores: compressing is done in C, which lets go of the interpreter's lock (the GIL), so threads keep all \
cores busy as a pool does. Watch the ledger: what is sent is the name of a file and what comes back is a few numbers, \
so hardly any time goes into shipping. Watch the ends of the rows of the timeline: files are of very different sizes, \
and who gets a large one last keeps everybody waiting.

Expect threads and the pool to be about equally fast, and both faster than one process alone by nearly as many times \
as there are cores. With many small files threads fall back, because around each call into C there is some Python.

Try next: algorithm = lzma, which takes ten times longer and makes files smaller; level = 1 against level = 9; \
pool:chunksize=1; and a directory of your own."""

ALGORITHMS = ("zlib", "bz2", "lzma")
_BLOCK = 1 << 20
_UNREADABLE = -1
_CHECKED_FILES = 8
_CHECKED_BYTES = 1 << 20
_ENCODER_BYTES = {"zlib": [300_000] * 10, "bz2": [900_000 * level + 400_000 for level in range(10)]}
_LZMA_MEGABYTES = (3, 9, 17, 32, 48, 94, 94, 186, 370, 674)
"""What compressing a large file takes by level, as the manual of xz has it; small files take less."""

Task = tuple[str, str, int]
"""A file, and by what and how hard it is compressed."""
Compressed = tuple[str, int, int, int]
"""The file, its size before and after, and the checksum of what it became; a file that cannot be read has size -1."""


def compress_file(task: Task) -> Compressed:
    """Compress one file: one task."""
    from zlib import crc32

    path, algorithm, level = task
    before = after = checksum = 0
    try:
        # Not blocking: a named pipe that took the file's place must not hold up the run.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - not a path
            compressor = _compressor(algorithm, level)
            while block := file.read(_BLOCK):
                before += len(block)
                part = compressor.compress(block)
                after, checksum = after + len(part), crc32(part, checksum)
            part = compressor.flush()
    except OSError:
        return path, _UNREADABLE, 0, 0
    return path, before, after + len(part), crc32(part, checksum)


def _compressor(algorithm: str, level: int) -> Any:
    if algorithm == "lzma":
        import lzma

        return lzma.LZMACompressor(preset=level)
    if algorithm == "bz2":
        import bz2

        return bz2.BZ2Compressor(level)
    import zlib

    return zlib.compressobj(level)


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload
    from .wordcount import standard_library

    return Workload(
        name="compress",
        summary="real files made smaller",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="directory",
                kind="directory",
                default=standard_library(),
                help="Files below this directory are compressed; nothing is written.",
            ),
            Parameter(
                name="files",
                kind="integer",
                default=1_000,
                help="How many of them at most, taken evenly from all over the directory.",
                minimum=1,
                maximum=100_000,
                presets=(100, 1_000, 10_000),
            ),
            Parameter(
                name="algorithm",
                kind="choice",
                default="zlib",
                help="What compresses them: zlib is quick, lzma is thorough.",
                choices=ALGORITHMS,
                presets=ALGORITHMS,
            ),
            Parameter(
                name="level",
                kind="integer",
                default=6,
                help="How hard it tries.",
                minimum=1,
                maximum=9,
                presets=(1, 6, 9),
            ),
        ),
        function=compress_file,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("threads"), Lane("pool")),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: len(_inputs(parameters)),
        topic="perfectly parallel",
        check=_check,
    )


def _inputs(parameters: Parameters) -> Sequence[Task]:
    from .wordcount import some_files_below

    paths = some_files_below(cast("str", parameters["directory"]), cast("int", parameters["files"]))
    return [(path, cast("str", parameters["algorithm"]), cast("int", parameters["level"])) for path in paths]


def _summarise(results: Sequence[Compressed], parameters: Parameters) -> str:
    del parameters
    from ..report.figures import size

    read = [result for result in results if result[1] != _UNREADABLE]
    before, after = sum(result[1] for result in read), sum(result[2] for result in read)
    skipped = len(results) - len(read)
    return f"{len(read):,} file{'' if len(read) == 1 else 's'} of {size(before)} became {size(after)}" + (
        f", skipped {skipped:,} unreadable" if skipped else ""
    )


def _check(results: Sequence[Compressed], parameters: Parameters) -> str | None:
    """Compress a few files again, and see that what comes out can be made what it was."""
    from ..text import clean

    wanted = {task[0]: task for task in _inputs(parameters)}
    by_path = {result[0]: result for result in results}
    missing = next((path for path in wanted if path not in by_path), None)
    if missing is not None:
        return f"The result of {clean(missing, 200)} is missing."
    small = [path for path in wanted if 0 <= by_path[path][1] <= _CHECKED_BYTES]
    for path in small[:: -(-len(small) // _CHECKED_FILES) or 1]:
        again = compress_file(wanted[path])
        # A file that changed meanwhile is nobody's mistake.
        if again[1] == by_path[path][1] and again != by_path[path]:
            return f"{clean(path, 200)} was compressed to something else than the same file is now."
        if not _comes_back(wanted[path]):
            return f"{clean(path, 200)} does not come back when what it was compressed to is decompressed."
    return None


def _comes_back(task: Task) -> bool:
    path, algorithm, level = task
    from importlib import import_module

    decompress: Callable[[bytes], bytes] = import_module(algorithm).decompress
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as the tasks do
            data = file.read(_CHECKED_BYTES)
    except OSError:
        return True
    compressor = _compressor(algorithm, level)
    return decompress(compressor.compress(data) + compressor.flush()) == data


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes, workers_of

    files, level = len(_inputs(parameters)), cast("int", parameters["level"])
    algorithm = cast("str", parameters["algorithm"])
    encoder = _LZMA_MEGABYTES[level] * 10**6 if algorithm == "lzma" else _ENCODER_BYTES[algorithm][level]
    at_once = workers_of(lane) * (encoder + 2 * _BLOCK)
    return at_once + peak_bytes(files, lane, argument=350, result=350, held=350, travelling=300)
