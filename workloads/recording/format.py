"""The container of a saved recording: a head, then sections, each checked by itself. ``FORMAT.md`` is its page.

A section is a header with its name, its sizes and two check sums, and then its payload. Whoever reads goes from one to
the next; where a header is damaged, the next mark with a whole header behind it is where reading goes on. Nothing
that a file declares is believed beyond the limits below.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple
from zlib import compress, crc32, decompressobj
from zlib import error as zlib_error

from ..errors import UsageError
from ..text import clean

if TYPE_CHECKING:
    from typing import BinaryIO

MAGIC = b"\x93poolscope\r\n"
VERSION = 1
HEAD = Struct("<12sHH")
"""Magic, version, reserved (0)."""
SECTION = Struct("<4sBBHIII")
"""Mark, encoding, reserved (0), length of the name, size of the payload, size of what it holds, CRC-32 of the payload.
The name follows, then the CRC-32 of header and name (uint32), then the payload."""
MARK = b"\nSC\x9e"
CHECK = Struct("<I")
BLOCK = Struct("<BBHI")
"""What a block of columns begins with: kind, number of columns, reserved (0), number of records."""
ROWS_LIMIT = 65_536
"""Records of a block."""

STORED = 0
DEFLATED = 1
"""Encodings of a payload: as it is, or as a zlib stream."""

NAME_LIMIT = 255
PAYLOAD_LIMIT = 16 * 1024 * 1024
"""Bytes of a payload, and of what it holds."""
SECTIONS_LIMIT = 200_000

META = "meta.json"
END = "end.json"
PLAN = "plan.json"
RESULT = "result.json"
SUMMARY = "summary.json"
SAMPLES = "samples.jsonl"
PROCESS = "process"
"""Followed by ``:<pid>.<created>``; one a process."""
RECORDS = "records"
"""Followed by ``:<pid>.<created>``; a block of records in columns, behind that process's own section."""
LOG = "log"
"""Followed by ``:<name>:<offset>``; blocks of output."""
EXHIBIT = "exhibit"
"""Followed by ``:<name>:<offset>``; blocks of a file in `names.EXHIBIT_NAMES`."""
LAST = "last"
"""The last section: without it, the file was cut."""

_SCAN = 1 << 20
_MOST_FALSE_MARKS = 100_000
"""Marks without a header: damage brings a few of them, and only malice so many."""
_FAST = 1


class Section(NamedTuple):
    """Where a section is in its file."""

    name: str
    encoding: int
    offset: int
    """Of the payload."""
    payload_size: int
    size: int
    """Of what it holds."""
    crc: int


def write_head(file: BinaryIO) -> None:
    """Begin a file."""
    file.write(HEAD.pack(MAGIC, VERSION, 0))


def write_section(file: BinaryIO, name: str, data: bytes | memoryview, *, is_packed: bool = False) -> None:
    """Append a section.

    Args:
        file: Where to.
        name: Of the section.
        data: What it holds, at most PAYLOAD_LIMIT bytes.
        is_packed: Whether compressing it again is in vain.
    """
    payload = data if is_packed else compress(data, _FAST)
    encoding = STORED if is_packed or len(payload) >= len(data) else DEFLATED
    if encoding == STORED:
        payload = data
    text = name.encode()
    header = SECTION.pack(MARK, encoding, 0, len(text), len(payload), len(data), crc32(payload)) + text
    file.write(header + CHECK.pack(crc32(header)))
    file.write(payload)


class Container:
    """A saved file that is open for reading; whatever is wrong with it comes out as sentences.

    Attributes:
        path: The file.
        problems: What cannot be read, a sentence each.
    """

    def __init__(self, path: Path) -> None:
        """Open PATH.

        Raises:
            UsageError: If it cannot be opened, is none of ours, or is of a newer version.
        """
        self.path = path
        self.problems: list[str] = []
        self._false_marks = 0
        self._shown = clean(path.name, 100)
        try:
            # Not blocking: somebody may name a pipe.
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            about = os.fstat(self._descriptor)
        except (OSError, ValueError) as error:
            reason = (getattr(error, "strerror", None) or "this is no name of a file").lower()
            raise UsageError(f"The recording {clean(str(path), 200)} cannot be opened: {reason}.") from None
        try:
            if not stat.S_ISREG(about.st_mode):
                raise UsageError(f"{self._shown} is not a file, so it is no recording.")
            self.size = about.st_size
            self._check_head()
        except UsageError:
            self.close()
            raise

    def __del__(self) -> None:
        """Whoever forgets a recording shall not run out of descriptors."""
        if getattr(self, "_descriptor", -1) >= 0:
            self.close()

    def close(self) -> None:
        """Let go of the file; nothing can be read from it any more."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def read(self, section: Section) -> bytes:
        """Read what a section holds; empty, and a problem, if it cannot be read."""
        payload = self._pread(section.offset, section.payload_size)
        if len(payload) < section.payload_size or crc32(payload) != section.crc:
            self.complain(f"its part {section.name} is damaged")
            return b""
        if section.encoding == STORED:
            return payload
        try:
            unpacking = decompressobj()
            data = unpacking.decompress(payload, section.size + 1)
        except zlib_error:
            data = b""
        if len(data) != section.size or not unpacking.eof:
            self.complain(f"its part {section.name} is damaged")
            return b""
        return data

    def sections(self) -> Iterator[Section]:
        """Go through the sections that are whole, as far as their headers say, in their order."""
        offset, count = HEAD.size, 0
        is_ended = False
        while offset < self.size and count < SECTIONS_LIMIT and not is_ended:
            section = self._section_at(offset)
            if section is None:
                found = self._next_mark(offset + 1)
                end = self.size if found is None else found
                self.complain(f"{end - offset:,} bytes of it are damaged or of no use")
                offset = end
                continue
            offset = section.offset + section.payload_size
            if offset > self.size:
                self.complain(f"it was cut within its part {section.name}")
                return
            is_ended = section.name == LAST
            count += 1
            if not is_ended:
                yield section
        if not is_ended:
            self.complain("its end is missing" if count < SECTIONS_LIMIT else "it has too many parts")

    def is_whole(self, section: Section) -> bool:
        """Whether a section is as it was written; a problem if not."""
        if crc32(self._pread(section.offset, section.payload_size)) == section.crc:
            return True
        self.complain(f"its part {section.name} is damaged")
        return False

    def complain(self, what: str) -> None:
        """Remember that the file is not whole, and why."""
        sentence = f"The recording {self._shown} is not whole: {clean(what, 200)}."
        if sentence not in self.problems and len(self.problems) < 100:
            self.problems.append(sentence)

    def _pread(self, offset: int, size: int) -> bytes:
        if self._descriptor < 0:
            return b""
        try:
            return os.pread(self._descriptor, size, offset)
        except OSError:
            return b""

    def _check_head(self) -> None:
        head = self._pread(0, HEAD.size)
        if len(head) < HEAD.size or not head.startswith(MAGIC):
            raise UsageError(f"{self._shown} is not a recording of Poolscope.")
        version = HEAD.unpack(head)[1]
        if version > VERSION:
            raise UsageError(
                f"The recording {self._shown} has version {version}, and this program reads versions up to {VERSION}: "
                "install a newer Poolscope."
            )
        if version == 0:
            raise UsageError(f"{self._shown} is not a recording of Poolscope.")

    def _section_at(self, offset: int) -> Section | None:
        head = self._pread(offset, SECTION.size + NAME_LIMIT + CHECK.size)
        if len(head) < SECTION.size + CHECK.size:
            return None
        mark, encoding, _, length, payload_size, size, crc = SECTION.unpack_from(head)
        end = SECTION.size + length
        if mark != MARK or length > NAME_LIMIT or encoding not in (STORED, DEFLATED) or len(head) < end + CHECK.size:
            return None
        if max(payload_size, size) > PAYLOAD_LIMIT or CHECK.unpack_from(head, end)[0] != crc32(head[:end]):
            return None
        if encoding == STORED and payload_size != size:
            return None
        name = clean(head[SECTION.size : end], NAME_LIMIT)
        return Section(name, encoding, offset + end + CHECK.size, payload_size, size, crc)

    def _next_mark(self, offset: int) -> int | None:
        """Find the next whole header from OFFSET on."""
        while offset < self.size:
            block = self._pread(offset, _SCAN)
            place = block.find(MARK)
            while place >= 0:
                if self._section_at(offset + place) is not None:
                    return offset + place
                self._false_marks += 1
                if self._false_marks > _MOST_FALSE_MARKS:
                    return None
                place = block.find(MARK, place + 1)
            if len(block) < _SCAN:
                return None
            offset += len(block) - len(MARK) + 1
        return None
