"""The event file of this process: mapped memory, so that what was written survives the death of whoever wrote it.

There is one `Writer` a process. It makes its file when the interpreter starts, maps it when there is more to write than
what the process is, and starts over after a fork. No lock is taken to write: numbers come from one iterator, and
``slots[x] += y`` is not interrupted by another thread, because CPython switches threads at calls and backward jumps
only. A lock guards new segments alone.
"""

import os
from _thread import RLock
from time import perf_counter_ns, time_ns

from . import layout, settings

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from typing import Any

    Segment = tuple[int, int, Any, int]  # first record, end, memory, byte of the first record in it

CPU_UNKNOWN = 0xFFFF
MOST = 0xFFFFFFFF  # byte counts of records saturate
TEXT_SIZE = 60  # bytes of text in a record
_ENDLESS = 1 << 62  # numbers; `itertools` is costly to import
SEGMENT_RECORDS = layout.SEGMENT_SIZE // layout.RECORD_SIZE
_FLAGS = os.O_CLOEXEC | os.O_NOFOLLOW


class Writer:
    """Writes the counters and records of this process.

    Attributes:
        is_open: Whether the file is mapped, or cannot be.
        slots: The header as int64; always usable, kept in private memory while there is no file.
    """

    __slots__ = (
        "_file_size",
        "_full",
        "_header",
        "_holes",
        "_kept",
        "_lock",
        "_old",
        "_path",
        "is_open",
        "segment",
        "slots",
        "take",
    )

    def __init__(self) -> None:
        self._kept: list[Any] = []
        self.reset()

    def reset(self) -> None:
        """Forget the file: this is a new process, or there never was one."""
        self._lock = RLock()
        self.is_open = False
        self._full = False
        self._path = ""
        self._file_size = 0
        self._header: Any = bytearray(layout.HEADER_SIZE)
        self.slots = memoryview(self._header).cast("q")
        self.take = iter(range(_ENDLESS)).__next__
        self.segment: Segment = (0, 0, None, 0)
        self._old: Segment = self.segment
        self._holes: list[tuple[int, Any, int]] = []

    def after_fork(self) -> None:
        """Leave the parent's file to the parent. To be called in the child."""
        mappings = (self._header, self.segment[2], self._old[2])
        size = self._file_size
        self.reset()
        for mapping in mappings:
            self._release(mapping, size)

    def begin(self) -> None:
        """Describe this process in private memory; `publish` makes the file."""
        own, parent = self._numbers()
        slots = self.slots
        slots[layout.VERSION_SLOT] = layout.VERSION
        slots[layout.HEADER_SIZE_SLOT] = layout.HEADER_SIZE
        slots[layout.RECORD_SIZE_SLOT] = layout.RECORD_SIZE
        slots[layout.PID] = own
        slots[layout.PARENT_PID] = parent
        slots[layout.CREATED] = perf_counter_ns()
        slots[layout.CREATED_EPOCH] = time_ns()
        slots[layout.MAGIC_SLOT] = layout.MAGIC

    def publish(self) -> None:
        """Write the header to the file, unless it is mapped: most interpreters never need more."""
        if self.is_open:
            return
        try:
            descriptor = self._descriptor(os.O_WRONLY)
            try:
                os.pwrite(descriptor, self._header, 0)
            finally:
                os.close(descriptor)
        except (OSError, ValueError):
            return

    def open(self) -> None:
        """Make and map the file, unless it is; if that is impossible, recording goes on in private memory."""
        if self.is_open:
            return
        with self._lock:
            if self.is_open:  # by another thread, meanwhile
                return  # type: ignore[unreachable]
            try:
                self._map_all()
            except (OSError, ValueError, OverflowError):
                self._full = True
            self.is_open = True

    def _descriptor(self, flags: int) -> int:
        """Open the file, which is made the first time."""
        if self._path:
            return os.open(self._path, flags | _FLAGS)
        if not settings.directory:
            raise FileNotFoundError  # of no run: nobody would read it
        path = f"{settings.directory}/{self.slots[layout.PID]}.{self.slots[layout.CREATED]}.ev"
        descriptor = os.open(path, flags | _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        self._path = path
        return descriptor

    def _map_all(self) -> None:
        if not self.slots[layout.CREATED]:
            self.begin()
        is_new = not self._path
        descriptor = self._descriptor(os.O_RDWR)
        try:
            size = layout.HEADER_SIZE + (layout.SEGMENT_SIZE if self._cap() else 0)
            try:
                _allocate(descriptor, 0, size)
            except OSError:
                size = layout.HEADER_SIZE
                self._full = True
                _allocate(descriptor, 0, size)
            header = _packing().map_file(descriptor, size)
        except BaseException:
            if is_new:
                os.unlink(self._path)  # noqa: PTH108
            raise
        finally:
            os.close(descriptor)
        header[: layout.HEADER_SIZE] = self._header
        self._file_size, self._header, self.slots = size, header, memoryview(header).cast("q")
        if size > layout.HEADER_SIZE:
            self.segment = (0, min(SEGMENT_RECORDS, self._cap()), header, layout.HEADER_SIZE)

    def _numbers(self) -> "tuple[int, int]":
        """Return whose file it is, and whose child that is."""
        return os.getpid(), os.getppid()

    @staticmethod
    def _cap() -> int:
        return settings.record_cap if settings.record_cap >= 0 else layout.DEFAULT_RECORD_CAP

    def text(self, place: "tuple[int, int]", text: str) -> None:
        """Store a text of the header."""
        offset, size = place
        self._header[offset : offset + size] = cut(text, size).ljust(size, b"\0")

    def text_of(self, place: "tuple[int, int]") -> str:
        """Return a text of the header."""
        offset, size = place
        return bytes(self._header[offset : offset + size]).rstrip(b"\0").decode("utf-8", "replace")

    def place(self, number: int) -> "tuple[Any, int] | None":
        """Return memory and offset for that record; None if details stopped, which is counted."""
        first, end, memory, start = self.segment
        if not first <= number < end:
            segment = self._segment_of(number)
            if segment is None:
                self.slots[layout.RECORDS_DROPPED] += 1
                return None
            first, end, memory, start = segment
        if self.slots[layout.RECORDS_WRITTEN] <= number:
            self.slots[layout.RECORDS_WRITTEN] = number + 1
        return memory, start + (number - first) * layout.RECORD_SIZE

    def _segment_of(self, number: int) -> "Segment | None":
        with self._lock:
            while True:
                for segment in (self.segment, self._old):
                    if segment[0] <= number < segment[1]:
                        return segment
                if self._full or number >= self._cap() or number < self.segment[0]:
                    return None
                try:
                    self._extend()
                except (OSError, ValueError, OverflowError):
                    self._full = True

    def _extend(self) -> None:
        """Add a segment; the one before stays mapped for threads that are just writing to it."""
        first = self.segment[1]
        offset = layout.HEADER_SIZE + first * layout.RECORD_SIZE
        packing = _packing()
        slack = offset % packing.ALLOCATIONGRANULARITY
        descriptor = self._descriptor(os.O_RDWR)
        try:
            _allocate(descriptor, offset, layout.SEGMENT_SIZE)
            memory = packing.map_file(descriptor, layout.SEGMENT_SIZE + slack, offset - slack)
        finally:
            os.close(descriptor)
        if self._old[2] is not self._header:
            self._release(self._old[2], self._file_size)
        self._file_size = offset + layout.SEGMENT_SIZE
        self._old = self.segment
        self.segment = (first, min(first + SEGMENT_RECORDS, self._cap()), memory, slack)

    def _release(self, mapping: "Any", size: int) -> None:
        """Let a mapping go, and with it the descriptor it keeps, unless the program closed that or uses its number."""
        if mapping is None or type(mapping) is bytearray or _packing().MAP_OPTIONS:
            return
        try:
            beyond = mapping.size() - size
            is_ours = beyond >= 0 and beyond % layout.SEGMENT_SIZE == 0
        except (OSError, ValueError):
            is_ours = False
        if not is_ours:
            self._kept.append(mapping)

    def life(
        self, kind: int, *, value: int = 0, a: int = 0, b: int = 0, time: int = 0, v1: int = 0, v2: int = 0, v3: int = 0
    ) -> None:
        """Write a record of the life of a process or a pool; ``time`` is now unless it is given."""
        self.open()
        if self._holes:
            self._fill_holes()
        number = self.take()
        place = self.place(number)
        if place is not None:
            _packing().put_life(*place, number, kind, value, a, b, time or perf_counter_ns(), v1, v2, v3)

    def name(self, kind: int, a: int, b: int, text: str) -> None:
        """Write a text that names the record of that kind with the same a and b, in as many records as it takes."""
        self.open()
        for _ in range(layout.TEXT_RECORDS_MOST):
            data = cut(text, TEXT_SIZE)
            number = self.take()
            place = self.place(number)
            if place is not None:
                _packing().TEXT_RECORD(*place, layout.TEXT, len(data), 0, kind, a & MOST, b & MOST, data, number + 1)
            if len(data) < TEXT_SIZE - 4:
                return
            text = text[len(data.decode()) :]
            if not text:
                return

    def leave_room(self) -> "tuple[int, Any, int] | None":
        """Reserve the number of a record that somebody else is going to write, by `put_life` with what is returned."""
        self.open()  # not in the child, where another thread may have left an import half done
        number = self.take()
        place = self.place(number)
        if place is None:
            return None
        hole = (number, *place)
        self._holes.append(hole)
        return hole

    def fill(self, hole: "tuple[int, Any, int]", kind: int, begin: int, how: int) -> None:
        """Write the record of this process's own begin, where its parent left room for it."""
        number, memory, offset = hole
        _packing().put_life(
            memory, offset, number, kind, value=1, a=os.getpid(), time=begin, v1=perf_counter_ns(), v2=how
        )

    def _fill_holes(self) -> None:
        """Write an empty record wherever the one that was to come did not: a reader waits there until it is whole."""
        holes, self._holes = self._holes, []
        for number, memory, offset in holes:
            if memory[offset + layout.RECORD_SIZE - 4 : offset + layout.RECORD_SIZE] == bytes(4):
                _packing().put_life(memory, offset, number, 0)


def _packing() -> "Any":
    """Return the module that packs records; an interpreter that writes none never imports it."""
    from . import packing

    return packing


def cut(text: str, size: int) -> bytes:
    """Encode to at most so many bytes of whole characters."""
    data = text.encode("utf-8", "backslashreplace")
    return data if len(data) <= size else data[:size].decode("utf-8", "ignore").encode()


def _allocate(descriptor: int, offset: int, size: int) -> None:
    """Make sure that the disk has room: a page that cannot be backed would kill the process when it is written."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(descriptor, offset, size)
    elif os.pwrite(descriptor, bytes(size), offset) != size:
        raise OSError(28, "no space left on device")


writer = Writer()
