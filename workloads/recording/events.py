"""One event file: its exact counters, and the records behind them.

The file is written by another process while it is read here, and that process may be killed at any moment, so nothing
in it is trusted: a file that is not complete yet is waited for, a damaged one is given up with a sentence in
`EventFile.problem`, and no content makes a method raise.

Following a running file costs one small read, and a second one if there are new records. Chunks and results come in
tens of thousands a second, so they are only passed over then (the kinds of all new records are one slice of bytes);
whoever wants them reads them with `EventFile.chunks`.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from struct import Struct

from ..recorder import layout
from ..text import clean
from .records import Chunk, HandlerDied, JobSubmitted, LifeRecord, PoolEvent, Reaped, Started
from .rows import settled

_NAME = re.compile(r"([1-9][0-9]{0,9})\.([0-9]{1,19})\.ev\Z")
_SLOTS = Struct(f"<{layout.SLOTS}q")
_NO_SLOTS = (0,) * layout.SLOTS
_BLOCK = 8192
"""Records read at once."""
_MANY = bytes([layout.CHUNK, layout.RESULT, layout.BLOCKED_FOR])
_RARE = re.compile(rb"[^\x00" + re.escape(_MANY) + rb"]", re.DOTALL)
"""Finds, among kinds, those that are decoded at once."""
_TEXT_LIMIT = 1024


def parse_name(name: str) -> tuple[int, int] | None:
    """Read pid and time of creation out of the name of an event file; None if it is not one."""
    match = _NAME.match(name)
    return (int(match[1]), int(match[2])) if match else None


class EventFile:
    """One event file, followed while it grows or read at once.

    Attributes:
        path: The file.
        pid: The process that writes it, by the file's name.
        created_ns: When that process created it, by the file's name.
        slots: The header's counters, by the indexes in `layout`; all 0 until the header is complete.
        is_ready: Whether the header was complete when last read.
        life: The records of rare events so far, in the order in which they were written.
        problem: Why the file cannot be read, in one sentence; None while all is well.
        keeps_open: Whether the file stays open between two looks at it.
    """

    def __init__(self, path: Path, keeps_open: bool = True) -> None:
        self.path = path
        self.pid, self.created_ns = parse_name(path.name) or (0, 0)
        self.slots: tuple[int, ...] = _NO_SLOTS
        self.is_ready = False
        self.life: list[LifeRecord] = []
        self.problem: str | None = None
        self.keeps_open = keeps_open
        self._descriptor = -1
        self._raw = b""
        self._next = 0
        self._is_finished = False
        self._texts: dict[tuple[int, int, int], str] = {}
        self._name: str | None = None

    @property
    def is_finished(self) -> bool:
        """Whether it was read to its end for good."""
        return self._is_finished

    @property
    def name(self) -> str:
        """The multiprocessing name of the process, made safe to show; "" while unknown."""
        if self._name is None:
            self._name = self._text(layout.NAME_TEXT)
        return self._name

    @property
    def function(self) -> str:
        """Qualified name of the function in hand or last called, made safe to show."""
        return self._text(layout.FUNCTION_TEXT)

    @property
    def error(self) -> str:
        """The exception that ended the process, made safe to show; "" if none was seen."""
        return self._text(layout.ERROR_TEXT)

    def refresh(self) -> bool:
        """Read what is new; never raises.

        Returns:
            Whether counters or records changed.
        """
        if self._is_finished or self.problem is not None:
            return False
        descriptor = self._open()
        if descriptor < 0:
            return False
        try:
            return self._read(descriptor)
        except OSError as error:
            self._give_up(f"cannot be read: {error.strerror}")
            return False
        finally:
            self._release(descriptor)

    def finish(self) -> None:
        """Read the rest of a file whose process is gone, past records that were never completed, and close it."""
        if self._is_finished:
            return
        self.refresh()
        descriptor = self._open() if self.problem is None else -1
        if descriptor >= 0:
            try:
                self._read_rest(descriptor)
            except OSError as error:
                self._give_up(f"cannot be read: {error.strerror}")
            self._release(descriptor)
        self.close()
        self._is_finished = True

    def __del__(self) -> None:
        """Whoever forgets a recording shall not run out of descriptors."""
        if getattr(self, "_descriptor", -1) >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def close(self) -> None:
        """Give the file's descriptor back; a later look opens it again."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def read_records(self, first: int, count: int) -> bytes:
        """Read records by their numbers, whatever holds them; never raises.

        Args:
            first: Number of the first one, from 0.
            count: How many are wanted at most.

        Returns:
            Whole records of `layout.RECORD_SIZE`, fewer than COUNT at the end of what there is. Those that were not
            completed (by their commit word) may be among them.
        """
        if not self.is_ready or self.problem is not None:
            return b""
        descriptor = self._open()
        if descriptor < 0:
            return b""
        try:
            records = _pread_records(descriptor, first, count)
            return settled(records, first) if self._is_finished else records
        except OSError:
            return b""
        finally:
            self._release(descriptor)

    def pass_results(self, first: int) -> int:
        """Pass over results that a parent received, where it is known without reading that nothing else is there.

        Returns:
            Number of the next record from FIRST on that may be of another kind; FIRST itself while nobody knows.
        """
        return first

    def chunks(self) -> Iterator[Chunk]:
        """Read all chunks that were completed so far, in the order in which they were."""
        for _, chunk in self.numbered_chunks():
            yield chunk

    def numbered_chunks(self, first: int = 0) -> Iterator[tuple[int, Chunk]]:
        """Read the chunks from record FIRST on, each with the number of its record.

        Of a file that still grows, up to the first record that is not complete.
        """
        while data := self.read_records(first, _BLOCK):
            kinds = data[:: layout.RECORD_SIZE]
            for index, word in enumerate(_commit_words(data)):
                if word != first + index + 1:
                    if not self._is_finished:
                        return
                elif kinds[index] == layout.CHUNK:
                    yield first + index, _chunk(data, index * layout.RECORD_SIZE)
            first += len(kinds)

    def _open(self) -> int:
        """Open the file unless it is open; -1 if it cannot be opened now."""
        if self._descriptor >= 0:
            return self._descriptor
        try:
            # Not blocking: somebody may have put a named pipe where a file should be.
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOENT):
                self._give_up(f"cannot be opened: {error.strerror}")
            return -1
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            self._give_up("is not a file")
            return -1
        if self.keeps_open and not self._is_finished:
            self._descriptor = descriptor
        return descriptor

    def _release(self, descriptor: int) -> None:
        if descriptor != self._descriptor:
            os.close(descriptor)
        elif self.problem is not None:
            self.close()

    def _give_up(self, why: str) -> None:
        self.problem = f"The event file {clean(self.path.name, 80)} {why}."

    def _read(self, descriptor: int) -> bool:
        raw = os.pread(descriptor, _SLOTS.size, 0)
        if raw == self._raw and self._next >= self.slots[layout.RECORDS_WRITTEN]:
            return False
        if len(raw) < _SLOTS.size:
            return False
        slots = _SLOTS.unpack(raw)
        if not self.is_ready and not self._is_complete(slots):
            return False
        if slots[layout.ENTERED] != self.slots[layout.ENTERED] or slots[layout.ROLE] != self.slots[layout.ROLE]:
            self._name = None
        self._raw, self.slots, self.is_ready = raw, slots, True
        self._read_records(descriptor, slots[layout.RECORDS_WRITTEN])
        return True

    def _is_complete(self, slots: tuple[int, ...]) -> bool:
        """Look at a header for the first time: not complete yet, complete, or none of ours."""
        magic, version, *sizes = slots[: layout.RECORD_SIZE_SLOT + 1]
        if magic == 0:
            return False
        if magic != layout.MAGIC:
            self._give_up("is not an event file")
        elif version != layout.VERSION:
            self._give_up(f"has version {version}, and this program reads version {layout.VERSION}")
        elif sizes != [layout.HEADER_SIZE, layout.RECORD_SIZE]:
            self._give_up("has a layout that this program does not know")
        elif slots[layout.PID] != self.pid:
            self._give_up(f"says that it belongs to process {slots[layout.PID]}")
        return self.problem is None

    def _read_records(self, descriptor: int, written: int) -> None:
        """Take the new records up to number WRITTEN, or to the first one that is not complete."""
        while self._next < written:
            count = min(written - self._next, _BLOCK)
            data = _pread_records(descriptor, self._next, count)
            complete = _complete_records(data, self._next)
            self._take(data[: complete * layout.RECORD_SIZE])
            self._next += complete
            if complete < count:
                return

    def _read_rest(self, descriptor: int) -> None:
        """Take what follows, whatever the counter says, and step over records that were begun and never ended."""
        while data := _pread_records(descriptor, self._next, _BLOCK):
            words = _commit_words(data)
            for index, word in enumerate(words):
                if word == self._next + index + 1:
                    self._take(data[index * layout.RECORD_SIZE : (index + 1) * layout.RECORD_SIZE])
            self._next += len(words)

    def _take(self, data: bytes) -> None:
        for match in _RARE.finditer(data[:: layout.RECORD_SIZE]):
            start = match.start() * layout.RECORD_SIZE
            self._decode(data[start : start + layout.RECORD_SIZE])

    def _decode(self, record: bytes) -> None:
        kind, _, _, value, a, b, time_ns, v1, v2, v3, *_ = layout.LIFE_RECORD.unpack(record)
        if kind == layout.STARTED:
            self.life.append(Started(a, time_ns, v1, v2, value, v3))
        elif kind == layout.REAPED:
            self.life.append(Reaped(a, time_ns, v1))
        elif kind in (layout.POOL_CREATED, layout.POOL_CLOSED, layout.POOL_TERMINATED, layout.POOL_JOINED):
            is_new = kind == layout.POOL_CREATED
            self.life.append(PoolEvent(kind, a, value if is_new else 0, time_ns, v1, v2 if is_new else 0))
        elif kind == layout.JOB_SUBMITTED:
            self.life.append(JobSubmitted(a, value, b, v1, time_ns, v2))
        elif kind == layout.HANDLER_DIED:
            self.life.append(HandlerDied(time_ns, self._texts.get((kind, a, b), "")))
        elif kind == layout.TEXT:
            self._name_record(record)

    def _name_record(self, record: bytes) -> None:
        _, size, _, named, a, b, text, _ = layout.TEXT_RECORD.unpack(record)
        # A long text comes in several records.
        whole = (self._texts.get((named, a, b), "") + clean(text[:size].rstrip(b"\0"), _TEXT_LIMIT))[:_TEXT_LIMIT]
        self._texts[named, a, b] = whole
        if named == layout.HANDLER_DIED:
            for index, known in enumerate(self.life):
                if isinstance(known, HandlerDied):
                    self.life[index] = known._replace(text=whole)

    def text_of(self, kind: int, a: int, b: int) -> str:
        """The text that names the record of KIND with the numbers A and B; "" if there is none."""
        return self._texts.get((kind, a, b), "")

    def _text(self, region: tuple[int, int]) -> str:
        descriptor = self._open() if self.is_ready and self.problem is None else -1
        if descriptor < 0:
            return ""
        try:
            return clean(os.pread(descriptor, region[1], region[0]).split(b"\0", 1)[0], _TEXT_LIMIT)
        except OSError:
            return ""
        finally:
            self._release(descriptor)


def _pread_records(descriptor: int, first: int, count: int) -> bytes:
    data = os.pread(descriptor, count * layout.RECORD_SIZE, layout.HEADER_SIZE + first * layout.RECORD_SIZE)
    return data[: len(data) - len(data) % layout.RECORD_SIZE]


def _commit_words(data: bytes) -> list[int]:
    words = layout.RECORD_SIZE // 4
    return memoryview(data).cast("I")[words - 1 :: words].tolist() if data else []


def _complete_records(data: bytes, first: int) -> int:
    """How many records at the beginning of DATA are complete, the first one having the number FIRST."""
    words = _commit_words(data)
    expected = range(first + 1, first + 1 + len(words))
    if words == list(expected):
        return len(words)
    return next(index for index, (word, number) in enumerate(zip(words, expected, strict=True)) if word != number)


def _chunk(data: bytes, start: int) -> Chunk:
    _, flags, cpu, items, job, position, *rest = layout.CHUNK_RECORD.unpack_from(data, start)
    waiting, received, begin, end, pickled, sent, bytes_in, bytes_out, cpu_us, _ = rest
    return Chunk(
        job=job,
        position=position,
        items=items,
        is_failed=bool(flags & layout.FLAG_FAILED),
        cpu=None if cpu == 0xFFFF else cpu,
        waiting_ns=waiting,
        received_ns=received,
        begin_ns=begin,
        end_ns=end,
        pickled_ns=pickled,
        sent_ns=sent,
        bytes_in=bytes_in,
        bytes_out=bytes_out,
        cpu_us=cpu_us,
    )
