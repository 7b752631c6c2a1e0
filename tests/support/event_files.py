"""Builds event files as the recorder writes them, for tests of the reader."""

from __future__ import annotations

import json
import os
from pathlib import Path
from struct import pack_into
from typing import Any

from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.reader import Recording

ROOM = layout.SEGMENT_SIZE // layout.RECORD_SIZE


class EventFileBuilder:
    """One event file, written at once by `save` or in place by `put` and the record methods after it."""

    def __init__(self, directory: Path, pid: int, created: int, **slots: int) -> None:
        self.path = directory / f"{pid}.{created}.ev"
        self.pid = pid
        self.records = 0
        self.data = bytearray(layout.HEADER_SIZE + layout.SEGMENT_SIZE)
        self.put(
            VERSION_SLOT=layout.VERSION,
            HEADER_SIZE_SLOT=layout.HEADER_SIZE,
            RECORD_SIZE_SLOT=layout.RECORD_SIZE,
            PID=pid,
            CREATED=created,
            MAGIC_SLOT=layout.MAGIC,
            **slots,
        )

    def put(self, **slots: int) -> EventFileBuilder:
        """Set slots of the header by their names in the layout."""
        for name, value in slots.items():
            pack_into("<q", self.data, getattr(layout, name) * 8, value)
        return self

    def text(self, region: tuple[int, int], text: str) -> EventFileBuilder:
        """Set a text of the header."""
        offset, size = region
        self.data[offset : offset + size] = text.encode()[:size].ljust(size, b"\0")
        return self

    def life(
        self, kind: int, value: int = 0, a: int = 0, b: int = 0, time: int = 0, v1: int = 0, v2: int = 0, v3: int = 0
    ) -> int:
        """Add a record of a rare event; returns its number."""
        return self._record(layout.LIFE_RECORD, kind, 0, 0xFFFF, value, a, b, time, v1, v2, v3, 0, 0, 0, 0, 0)

    def chunk(
        self, job: int = 0, index: int = 0, items: int = 1, flags: int = 0, times: tuple[int, ...] = (0,) * 6
    ) -> int:
        """Add the record of a chunk; returns its number."""
        return self._record(layout.CHUNK_RECORD, layout.CHUNK, flags, 1, items, job, index, *times, 34, 56, 7)

    def name(self, kind: int, a: int, b: int, text: str) -> int:
        """Add a text for the record of that kind with the same a and b."""
        data = text.encode()[:60]
        return self._record(layout.TEXT_RECORD, layout.TEXT, len(data), 0, kind, a, b, data)

    def _record(self, struct: Any, *values: Any, is_complete: bool = True) -> int:
        number = self.records
        self.records += 1
        offset = layout.HEADER_SIZE + number * layout.RECORD_SIZE
        while offset + layout.RECORD_SIZE > len(self.data):
            self.data += bytes(layout.SEGMENT_SIZE)
        struct.pack_into(self.data, offset, *values, number + 1)
        self.put(RECORDS_WRITTEN=self.records)
        return number

    def uncommit(self, number: int) -> None:
        """Make a record one that was begun and never completed."""
        pack_into("<I", self.data, layout.HEADER_SIZE + (number + 1) * layout.RECORD_SIZE - 4, 0)

    def commit(self, number: int) -> None:
        """Complete it."""
        pack_into("<I", self.data, layout.HEADER_SIZE + (number + 1) * layout.RECORD_SIZE - 4, number + 1)

    def save(self) -> Path:
        """Write the file, in place if it is there."""
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.pwrite(descriptor, self.data, 0)
        finally:
            os.close(descriptor)
        return self.path


class RunBuilder:
    """A run directory with a runner, and workers on demand. Pids are far above those of real processes."""

    RUNNER = 2**31 - 1_000_000

    def __init__(self, directory: Path, begun: int = 1000) -> None:
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self.runner = EventFileBuilder(directory, self.RUNNER, 10, ROLE=layout.ROLE_RUNNER, RUN_BEGUN=begun)
        self.workers: list[EventFileBuilder] = []
        self.vanished: set[int] = set()
        """Pids of processes that are gone without a word."""

    def worker(self, created: int, role: int = layout.ROLE_WORKER, **slots: int) -> EventFileBuilder:
        """Add a worker of the runner."""
        pid = self.RUNNER + len(self.workers) + 1
        slots = {"PARENT_PID": self.RUNNER, "ROLE": role, **slots}
        worker = EventFileBuilder(self.directory, pid, created, **slots)
        self.workers.append(worker)
        self.runner.life(layout.STARTED, a=pid, time=created - 1, v1=created, v2=int(role == layout.ROLE_WORKER))
        return worker

    def reap(self, worker: EventFileBuilder, time: int, status: int) -> None:
        """Let the runner see the end of a worker."""
        self.runner.life(layout.REAPED, a=worker.pid, time=time, v1=status)

    def result(self, **values: Any) -> None:
        """Write ``result.json``."""
        content: dict[str, Any] = {
            "ok": True,
            "error": None,
            "traceback": None,
            "elapsed_ns": 1000,
            "tasks": 8,
            "digest": "d",
            "summary": "8 roots",
            "lines": [],
        }
        (self.directory / "result.json").write_text(json.dumps(content | values))

    def read(self) -> Recording:
        """Write all files and read them; its processes live unless they vanished."""
        self.save()
        recording = Recording(self.directory, is_alive=lambda pid: pid not in self.vanished)
        recording.refresh()
        return recording

    def save(self) -> None:
        """Write all files."""
        for file in (self.runner, *self.workers):
            file.save()
