"""Where an export goes: a file that is there whole or not at all, or standard output, a piece at a time.

A file whose name ends in ``.gz`` is compressed on the way; Perfetto and spreadsheets read such files as they are.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...errors import PoolscopeError
from ...text import clean

Write = Callable[[bytes], object]
"""Takes the next bytes of an export."""

_GZIP_LEVEL = 4
"""Half the time of the usual level, for files that are hardly larger: traces repeat themselves."""


@contextmanager
def opened(path: Path | None) -> Iterator[Write]:
    """Open PATH, or standard output for None, for the bytes of an export.

    The file takes its place when all is written; if anything goes wrong before, what was there stays.

    Raises:
        BrokenPipeError: If the reader of standard output has had enough.
        PoolscopeError: If it cannot be written for another reason, such as a full disk.
    """
    try:
        if path is None:
            yield from _standard_output()
        elif path.exists() and not path.is_file():  # a device or a pipe, which must not be replaced by a file
            with path.open("wb") as file:
                yield file.write
        else:
            yield from _file(path)
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        shown = "The output" if path is None else clean(str(path), 200)
        raise PoolscopeError(f"{shown} cannot be written: {reason}.") from None


def _standard_output() -> Iterator[Write]:
    if sys.stdout is None:
        yield len
        return
    sys.stdout.flush()
    binary = getattr(sys.stdout, "buffer", None)
    if binary is None:  # a stream of a test or of an embedding program
        stream = sys.stdout
        yield lambda data: stream.write(data.decode())
    else:
        yield binary.write
        binary.flush()


def _file(path: Path) -> Iterator[Write]:
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            if path.suffix == ".gz":
                import gzip

                with gzip.GzipFile("", "wb", _GZIP_LEVEL, file, mtime=0) as packed:
                    yield packed.write
            else:
                yield file.write
        part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
