"""Writing a recording: everything that a run directory holds, in one compressed file. ``FORMAT.md`` is its page.

What matters most comes first, so that a file that was cut has it. A small recording is made with the standard library
alone, within milliseconds, because every run is kept; the records of a large one go into columns, which needs NumPy.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ..errors import PoolscopeError, UsageError
from ..plans import PLAN_NAME, RESULT_NAME
from ..recorder import layout
from ..text import clean
from . import format as form
from .events import parse_name
from .meta import END_NAME, META_NAME
from .names import EXHIBIT_NAMES, LOG_NAMES, SAMPLES_LIMIT, SAMPLES_NAME
from .rows import complete_records, in_planes, of_kind, without_kinds

if TYPE_CHECKING:
    from collections.abc import Callable

FEW_RECORDS_IN_ALL = 20_000
"""Records of a recording up to which it is a small one."""
FEW_RECORDS = 4096
FEW_RECORDS_EACH = 128
"""Records of one process and kind up to which they are kept without columns, in a small recording and in others."""
MOST_RECORDS = 16_000_000
"""Records of a recording; of the rest only the counters are kept."""
MOST_PROCESSES = 20_000
LOG_BLOCK = 262_144
"""Bytes of a block of output."""
MOST_LOG = 64 * 1024 * 1024
"""Bytes of a file of output; of a longer one the end is kept."""
_MOST_JSON = 16_000_000
_MOST_SENTENCES = 100
_COPIED_AT_ONCE = 1 << 20
_RECORDS_AT_ONCE = 32_768
_SMALL_FILES = ((META_NAME, form.META), (END_NAME, form.END), (PLAN_NAME, form.PLAN), (RESULT_NAME, form.RESULT))


def save(source: Path, target: Path) -> None:
    """Save a run directory, or a copy of a saved recording, as one file; all of it or nothing.

    Args:
        source: A run directory, of a run that is over or as far as it has come, or a recording.
        target: The file; one that is there is replaced.

    Raises:
        UsageError: If there is no recording in SOURCE.
        PoolscopeError: If TARGET cannot be written.
    """
    try:
        write_whole(target, lambda file: write_recording(source, file))
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise PoolscopeError(f"{clean(str(target), 200)} cannot be written: {reason}.") from None


def write_recording(source: Path, file: BinaryIO) -> None:
    """Write the recording in SOURCE to FILE, from first to last.

    Raises:
        UsageError: If there is none.
        OSError: If FILE cannot be written.
    """
    if not source.is_dir():
        copy_recording(source, file)
        return
    writer = _Writer(source, file)
    writer.write()


def copy_recording(source: Path, file: BinaryIO) -> None:
    """Copy a saved recording, as far as it is whole.

    Raises:
        UsageError: If it is none.
    """
    container = form.Container(source)
    try:
        with source.open("rb") as old:
            while data := old.read(_COPIED_AT_ONCE):
                file.write(data)
    finally:
        container.close()


def write_whole(target: Path, write: Callable[[BinaryIO], None]) -> None:
    """Have TARGET written under another name, and give it its own name once it is whole.

    Raises:
        OSError: If that fails; nothing is left then.
    """
    if target.exists() and not target.is_file():  # a device or a pipe, which must not be replaced by a file
        with target.open("wb") as file:
            write(file)
        return
    part = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            write(file)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


class _Writer:
    """Writes one run directory."""

    def __init__(self, source: Path, file: BinaryIO) -> None:
        self._source = source
        self._file = file
        self._left_out: list[str] = []

    def write(self) -> None:
        """Write everything."""
        form.write_head(self._file)
        for name, section in _SMALL_FILES:
            data = content_of(self._source / name, _MOST_JSON)
            if data:
                self._section(section, data)
        processes = self._processes()
        with ExitStack() as files:
            for process in processes:
                files.callback(process.close)
            self._section(form.SUMMARY, self._summary(processes))
            for process in processes:
                self._section(f"{form.PROCESS}:{process.name}", process.header + in_planes(process.few))
            samples = content_of(self._source / SAMPLES_NAME, SAMPLES_LIMIT)
            if samples:
                self._section(form.SAMPLES, samples)
            for process in processes:
                for block in process.blocks():
                    self._section(f"{form.RECORDS}:{process.name}", block, is_packed=True)
        for name in EXHIBIT_NAMES:
            self._blocks(form.EXHIBIT, name)
        for name in LOG_NAMES:
            self._blocks(form.LOG, name)
        self._section(form.LAST, b"")

    def _section(self, name: str, data: bytes, *, is_packed: bool = False) -> None:
        form.write_section(self._file, name, data, is_packed=is_packed)

    def _processes(self) -> list[_Process]:
        """Open the event files, and take from them what is small."""
        names = [(parsed[1], name) for name in os.listdir(self._source) if (parsed := parse_name(name))]  # noqa: PTH208
        if not names and not (self._source / META_NAME).exists():
            raise UsageError(f"There is no recording in the directory {clean(str(self._source), 200)}.")
        if len(names) > MOST_PROCESSES:
            self._left_out.append(f"{len(names) - MOST_PROCESSES:,} processes that started last are left out.")
        found = [_Process(self._source / name) for _, name in sorted(names)[:MOST_PROCESSES]]
        usable = [process for process in found if process.header]
        total = sum(process.written for process in usable)
        few = FEW_RECORDS if total <= FEW_RECORDS_IN_ALL else FEW_RECORDS_EACH
        room = MOST_RECORDS
        for process in usable:
            process.look(few, room)
            room = max(0, room - process.written)
            if process.left_out:
                self._left_out.append(f"{process.left_out:,} records of process {process.pid} are left out.")
        return usable

    def _summary(self, processes: list[_Process]) -> bytes:
        content = {
            "processes": len(processes),
            "tasks": sum(process.slot(layout.ITEMS_DONE) for process in processes),
            "left_out": self._left_out[:_MOST_SENTENCES],
        }
        return json.dumps(content).encode("ascii")

    def _blocks(self, kind: str, name: str) -> None:
        """Write a file of output in blocks; of one that is too long, its end."""
        try:
            with (self._source / name).open("rb") as log:
                size = os.fstat(log.fileno()).st_size
                offset = log.seek(max(0, size - MOST_LOG))
                while offset < size and (data := log.read(min(LOG_BLOCK, size - offset))):
                    self._section(f"{kind}:{name}:{offset}", data)
                    offset += len(data)
        except FileNotFoundError:
            return


class _Process:
    """One event file that is being saved.

    Attributes:
        name: ``<pid>.<created>``.
        pid: Of the process.
        header: Empty if it is no event file.
        written: Records, by its own count.
        few: Records that go with the header.
        left_out: Number of records that are not kept.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name.removesuffix(".ev")
        self.pid = int(self.name.partition(".")[0])
        self.header = b""
        self.written = 0
        self.few = b""
        self.left_out = 0
        self._bulk: tuple[int, ...] = ()
        self._end = 0
        self._descriptor = -1
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
            header = os.pread(self._descriptor, layout.HEADER_SIZE, 0)
        except OSError:
            header = b""
        if len(header) == layout.HEADER_SIZE and _is_known(header):
            self.header = header
            self.written = max(0, self.slot(layout.RECORDS_WRITTEN))

    def slot(self, index: int) -> int:
        """One of the counters."""
        return int.from_bytes(self.header[8 * index : 8 * index + 8], "little", signed=True)

    def close(self) -> None:
        """Let go of the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def look(self, few: int, room: int) -> None:
        """Decide what goes where: all records up to FEW of a kind go with the header, ROOM records in all are kept."""
        counts: Counter[int] = Counter()
        rows = []
        for records in self._read():
            kept = records[: (room - counts.total()) * layout.RECORD_SIZE]
            self.left_out += (len(records) - len(kept)) // layout.RECORD_SIZE
            counts.update(kept[:: layout.RECORD_SIZE])
            self._end += len(kept) // layout.RECORD_SIZE
            self._bulk = tuple(sorted(kind for kind, count in counts.items() if count > few))
            rows.append(without_kinds(kept, self._bulk))
        self.few = without_kinds(b"".join(rows), self._bulk)

    def blocks(self) -> Iterator[bytes]:
        """The records that do not go with the header, in columns."""
        for kind in self._bulk:
            from .columns import pack

            waiting, count = b"", 0
            for records in self._read():
                kept = records[: (self._end - count) * layout.RECORD_SIZE]
                count += len(records) // layout.RECORD_SIZE
                waiting += of_kind(kept, kind)
                while len(waiting) >= form.ROWS_LIMIT * layout.RECORD_SIZE:
                    yield pack(waiting[: form.ROWS_LIMIT * layout.RECORD_SIZE])
                    waiting = waiting[form.ROWS_LIMIT * layout.RECORD_SIZE :]
                if count >= self._end:
                    break
            if waiting:
                yield pack(waiting)

    def _read(self) -> Iterator[bytes]:
        """Read the records that are complete, in blocks."""
        first = 0
        while True:
            offset = layout.HEADER_SIZE + first * layout.RECORD_SIZE
            data = os.pread(self._descriptor, _RECORDS_AT_ONCE * layout.RECORD_SIZE, offset)
            count = len(data) // layout.RECORD_SIZE
            data = data[: count * layout.RECORD_SIZE]
            if not any(data[:: layout.RECORD_SIZE]):
                return
            yield complete_records(data, first)
            first += count


def _is_known(header: bytes) -> bool:
    """Whether a header is complete and of the version that is read here."""
    begin = [int.from_bytes(header[8 * slot : 8 * slot + 8], "little") for slot in range(layout.RECORD_SIZE_SLOT + 1)]
    return begin == [layout.MAGIC, layout.VERSION, layout.HEADER_SIZE, layout.RECORD_SIZE]


def content_of(path: Path, most: int) -> bytes:
    """Read a small file of a run directory; empty if there is none."""
    try:
        with path.open("rb") as file:
            return file.read(min(most, form.PAYLOAD_LIMIT))
    except OSError:
        return b""
