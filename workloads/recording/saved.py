"""Reading a saved recording: the same interface as `reader.Recording`, out of one file.

Opening reads every section once, to see whether it is whole, and takes what is needed at once: how the run came about
and ended, and the counters and rare records of its processes. Chunks, output and samples are read when they are asked
for, a block at a time. Whatever is damaged or missing is left out and named in `problems`; nothing in the file is ever
executed or unpickled, and no content makes a method raise.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from struct import Struct

from ..recorder import layout
from ..text import clean
from . import format as form
from .contents import Contents
from .events import EventFile, parse_name
from .meta import End, Meta, parse_end, parse_meta
from .names import EXHIBIT_NAMES, LOG_NAMES
from .recorded_log import Output
from .results import parse_result
from .rows import from_planes
from .samples import Samples

MOST_PROCESSES = 20_000
MOST_LIFE = 1_200_000
"""Rare records of all processes that are read: as many as one process writes that gives a pool task by task."""
MOST_DECODED = 1024**3
"""Bytes that all parts of a file may hold together."""
_SLOTS = Struct(f"<{layout.SLOTS}q")
_BULK = (layout.CHUNK, layout.RESULT, layout.BLOCKED_FOR)
_MOST_SENTENCES = 100
_SENTENCE_LIMIT = 200
_CACHED = 64 * 1024**2
"""Bytes of records that are kept decoded: those of a million tasks."""
_SIGNS = (
    layout.CREATED, layout.ENTERED, layout.PHASE_SINCE, layout.LAST_SENT, layout.LAST_RESULT, layout.BLOCKED_SINCE,
)  # fmt: skip
"""Slots that hold times at which a process was seen to live."""


class SavedFile(EventFile):
    """The event file of one process, out of a saved recording.

    Its records are numbered anew: those that were kept with the header first, then those in columns, by kind.
    """

    def __init__(self, recording: SavedRecording, name: str, header: bytes) -> None:
        super().__init__(Path(f"{name}.ev"))
        self._recording = recording
        self._header = header[layout.NAME_TEXT[0] : sum(layout.ERROR_TEXT)]
        self._parts: list[form.Section] = []
        """Where records are."""
        self._kinds: list[int] = []
        self._starts: list[int] = []
        self.records = 0
        """How many there are."""
        slots = _SLOTS.unpack_from(header)
        if self._is_complete(slots):
            self.slots, self.is_ready = slots, True
        self._is_finished = True

    def refresh(self) -> bool:
        """There is never anything new."""
        return False

    def finish(self) -> None:
        """It was read to its end."""

    def close(self) -> None:
        """The recording is what is closed."""

    def read_records(self, first: int, count: int) -> bytes:
        """Read records by their numbers; never raises."""
        found = []
        end = min(first + count, self.records)
        while first < end:
            index = bisect_right(self._starts, first) - 1
            start = self._starts[index]
            data = self._recording.decoded(self._parts[index], start)
            part = bytes(data[(first - start) * layout.RECORD_SIZE : (end - start) * layout.RECORD_SIZE])
            if not part:
                break
            found.append(part)
            first += len(part) // layout.RECORD_SIZE
        return found[0] if len(found) == 1 else b"".join(found)

    def pass_results(self, first: int) -> int:
        """Pass over whole blocks of results."""
        index = bisect_right(self._starts, first) - 1
        while 0 <= index < len(self._kinds) and self._kinds[index] == layout.RESULT:
            index += 1
            first = self._starts[index] if index < len(self._starts) else self.records
        return first

    def add_part(self, section: form.Section, kind: int, count: int) -> None:
        """Say where more of its records are, of which kind (0: of several), and how many."""
        self._starts.append(self.records)
        self._parts.append(section)
        self._kinds.append(kind)
        self.records += count

    def take(self, records: bytes) -> None:
        """Take the rare ones among these records."""
        self._take(records)

    def _text(self, region: tuple[int, int]) -> str:
        start = region[0] - layout.NAME_TEXT[0]
        return clean(self._header[start : start + region[1]].split(b"\0", 1)[0], 1024)


class SavedRecording(Contents):
    """A recording that is one file. What `Contents` says holds for it, and it never changes.

    Args:
        path: The file.

    Attributes:
        path: The file.
        directory: Likewise, for messages; a saved recording has no directory.
        summary: What the file says of itself: ``processes``, ``tasks``.
    """

    def __init__(self, path: Path) -> None:
        """Open PATH.

        Raises:
            UsageError: If it cannot be opened, is no recording, or is of a newer version.
        """
        super().__init__()
        self.path = self.directory = path
        self.summary: Mapping[str, int] = {}
        self._container = form.Container(path)
        self._output = SavedOutput(self._container, LOG_NAMES)
        self._exhibits = SavedOutput(self._container, EXHIBIT_NAMES)
        self._samples_section: form.Section | None = None
        self._left_out: list[str] = []
        self._cache: dict[int, bytes | memoryview] = {}
        self._life = 0
        self._saved: dict[str, SavedFile] = {}
        self._read()
        self.is_closed = True

    @property
    def problems(self) -> tuple[str, ...]:
        """What is damaged, missing or was left out, a sentence each."""
        return (*self._container.problems, *self._left_out, *super().problems)

    @property
    def samples(self) -> Samples:
        """What cores and processes did."""
        if self._samples is None:
            section = self._samples_section
            self._samples = Samples(data=self._container.read(section) if section is not None else b"")
        return self._samples

    @property
    def output(self) -> Output:
        """What the processes printed and logged."""
        return self._output

    @property
    def exhibits(self) -> Output:
        """What the run had to show beside figures."""
        return self._exhibits

    def refresh(self) -> bool:
        """There is never anything new."""
        return False

    def close(self) -> None:
        """Let go of the file: what was not read yet of chunks and output is not there any more."""
        self._container.close()

    def decoded(self, section: form.Section, start: int) -> bytes | memoryview:
        """The records of a part of the file, the first one having the number START; empty if they make no sense."""
        known = self._cache.get(section.offset)
        if known is not None:
            return known
        data = self._container.read(section)
        if section.name.startswith(form.PROCESS):
            records: bytes | memoryview = from_planes(data[layout.HEADER_SIZE :])
        else:
            from .columns import DamagedColumnsError, unpack

            try:
                records = unpack(data, start)
            except DamagedColumnsError:
                self._container.complain(f"its part {section.name} makes no sense")
                records = b""
        kept = sum(map(len, self._cache.values()))
        while self._cache and kept + len(records) > _CACHED:
            kept -= len(self._cache.pop(next(iter(self._cache))))
        self._cache[section.offset] = records
        return records

    def _read(self) -> None:
        decoded = 0
        for section in self._container.sections():
            decoded += section.size
            if decoded > MOST_DECODED:
                self._left_out.append("The recording holds more than this program reads; the rest is left out.")
                break
            self._take_section(section)
        for file in self._saved.values():
            self._add(file)
        for file in self._saved.values():
            self._take(file)
        for file in self._saved.values():
            if file.is_ready and self.end_ns(file) is None:
                # Nobody saw it end.
                self._gone[file] = self.end.ended_ns if self.end is not None else max(file.slots[i] for i in _SIGNS)
                self._states.pop(file, None)

    def _take_section(self, section: form.Section) -> None:
        kind, _, rest = section.name.partition(":")
        if kind == form.RECORDS:
            self._take_records(section, rest)
        elif kind in (form.LOG, form.EXHIBIT):
            if self._container.is_whole(section):
                (self._output if kind == form.LOG else self._exhibits).add(section, rest)
        elif kind == form.SAMPLES:
            if self._container.is_whole(section):
                self._samples_section = section
        elif kind in (form.META, form.END, form.RESULT, form.SUMMARY, form.PROCESS):
            data = self._container.read(section)
            if kind == form.PROCESS:
                self._take_process(section, rest, data)
            elif data:
                self._take_small(kind, data)

    def _take_small(self, kind: str, data: bytes) -> None:
        if kind == form.META:
            self.meta = parse_meta(data)
        elif kind == form.END:
            self.end = parse_end(data)
        elif kind == form.RESULT:
            self.result, self._result_problem = parse_result(data)
        else:
            self.summary, said = parse_summary(data)
            self._left_out += said

    def _take_process(self, section: form.Section, name: str, data: bytes) -> None:
        if parse_name(f"{name}.ev") is None or len(data) < layout.HEADER_SIZE or name in self._saved:
            return
        if len(self._saved) >= MOST_PROCESSES:
            return
        file = self._saved[name] = SavedFile(self, name, data[: layout.HEADER_SIZE])
        count = (len(data) - layout.HEADER_SIZE) // (layout.RECORD_SIZE - 4)
        if file.is_ready and count:
            file.add_part(section, 0, count)
            if self._has_room(count):
                file.take(from_planes(data[layout.HEADER_SIZE :]))

    def _take_records(self, section: form.Section, name: str) -> None:
        file = self._saved.get(name)
        if file is None or not file.is_ready or section.size < form.BLOCK.size:
            return
        data = self._container.read(section)
        if not data:
            return
        kind, _, _, count = form.BLOCK.unpack_from(data)
        if not 0 < count <= form.ROWS_LIMIT:
            return
        file.add_part(section, kind, count)
        if kind not in _BULK and self._has_room(count):
            file.take(bytes(self.decoded(section, file.records - count)))

    def _has_room(self, count: int) -> bool:
        """Whether so many more rare records can be taken in, as all of them may be; a problem if not."""
        if self._life + count > MOST_LIFE:
            self._container.complain("it has more rare records than this program reads")
            return False
        self._life += count
        return True


class SavedOutput:
    """Files that are kept in blocks, such as what a run's processes wrote to stdout, out of a saved recording."""

    def __init__(self, container: form.Container, names: Sequence[str]) -> None:
        self._container = container
        self._names = names
        self._parts: dict[str, list[tuple[int, form.Section]]] = {}
        self._last: tuple[int, bytes] | None = None

    def begin(self, name: str) -> int:
        """Offset of the first byte that is there of the file called NAME; 0 unless its beginning was left out."""
        parts = self._parts.get(name)
        return parts[0][0] if parts else 0

    def size(self, name: str) -> int:
        """Offset behind the last byte that is there; 0 for a file that is not."""
        parts = self._parts.get(name)
        return parts[-1][0] + parts[-1][1].size if parts else 0

    def read(self, name: str, offset: int, size: int) -> bytes:
        """Read SIZE bytes from OFFSET on; fewer at the end, and where something is missing."""
        parts = self._parts.get(name, [])
        index = bisect_right(parts, offset, key=lambda part: part[0]) - 1
        found = bytearray()
        for start, section in parts[max(0, index) :]:
            place = offset + len(found) - start
            if not 0 <= place < section.size or len(found) >= size:
                break
            data = self._content(section)[place : place + size - len(found)]
            if not data:
                break
            found += data
        return bytes(found)

    def _content(self, section: form.Section) -> bytes:
        """What a part holds; the one that was read last is still there."""
        if self._last is None or self._last[0] != section.offset:
            self._last = section.offset, self._container.read(section)
        return self._last[1]

    def add(self, section: form.Section, rest: str) -> None:
        """Take a part in, in the order of its place."""
        name, _, digits = rest.rpartition(":")
        if name in self._names and digits.isdecimal() and len(digits) < 16:
            parts = self._parts.setdefault(name, [])
            if int(digits) >= self.size(name):
                parts.append((int(digits), section))


def read_summary(path: Path) -> tuple[Meta | None, End | None, Mapping[str, int]]:
    """Read only what the first parts of a saved recording say.

    Returns:
        How it came about, how it ended, and ``processes`` and ``tasks`` where they are known.

    Raises:
        UsageError: If it cannot be opened, is no recording, or is of a newer version.
    """
    container = form.Container(path)
    try:
        found: dict[str, bytes] = {}
        for section in container.sections():
            if section.name not in (form.META, form.END, form.PLAN, form.RESULT, form.SUMMARY):
                break
            found[section.name] = container.read(section)
    finally:
        container.close()
    summary, _ = parse_summary(found.get(form.SUMMARY, b""))
    return parse_meta(found.get(form.META, b"")), parse_end(found.get(form.END, b"")), summary


def parse_summary(data: bytes) -> tuple[dict[str, int], tuple[str, ...]]:
    """Read the summary: its numbers, and what was left out, a sentence each."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return {}, ()
    if not isinstance(content, dict):
        return {}, ()
    numbers = {name: content[name] for name in ("processes", "tasks") if type(content.get(name)) is int}
    said = content.get("left_out")
    lines = said[:_MOST_SENTENCES] if isinstance(said, list) else ()
    return numbers, tuple(clean(line, _SENTENCE_LIMIT) for line in lines if isinstance(line, str))
