"""Runs a program under the recorder, and reads the event files with nothing but `struct`."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poolscope.workloads.recorder import layout
from poolscope.workloads.recorder.injection import injected_environment

DEADLINE = 60  # seconds that any of these programs may take


class EventFile:
    """One event file as it lies there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = path.read_bytes()
        self.slots = struct.unpack_from("<512q", self.data)
        assert self.slots[layout.MAGIC_SLOT] == layout.MAGIC

    def __getitem__(self, name: str) -> int:
        value: int = self.slots[getattr(layout, name)]
        return value

    def text(self, region: tuple[int, int]) -> str:
        """Return a text of the header."""
        offset, size = region
        return self.data[offset : offset + size].rstrip(b"\0").decode()

    def records(self, kind: int) -> list[tuple[Any, ...]]:
        """Return the records of a kind, up to the first one that is not complete."""
        found = []
        for number in range((len(self.data) - layout.HEADER_SIZE) // layout.RECORD_SIZE):
            start = layout.HEADER_SIZE + number * layout.RECORD_SIZE
            record = self.data[start : start + layout.RECORD_SIZE]
            if int.from_bytes(record[-4:], "little") & ~layout.PENDING != number + 1:
                break
            if record[0] == kind:
                form = layout.TEXT_RECORD if kind == layout.TEXT else layout.CHUNK_RECORD
                found.append(form.unpack(record))
        return found


@dataclass
class ObservedRun:
    """What a program left under the recorder."""

    directory: Path
    status: int
    output: str
    errors: str
    files: list[EventFile] = field(default_factory=list)

    @property
    def workers(self) -> list[EventFile]:
        """The event files of pool workers."""
        return [file for file in self.files if file["ROLE"] == layout.ROLE_WORKER]

    @property
    def children(self) -> list[EventFile]:
        """The event files of processes with a target of their own."""
        return [file for file in self.files if file["ROLE"] == layout.ROLE_CHILD]

    @property
    def main(self) -> EventFile:
        """The event file of the program itself."""
        return min(self.programs, key=lambda file: file["CREATED"])

    @property
    def programs(self) -> list[EventFile]:
        """The event files of Python programs: the one that was started, and those that it started in turn."""
        return [file for file in self.files if file["ROLE"] == layout.ROLE_PROGRAM]

    def reaped(self) -> dict[int, int]:
        """Return the statuses of the children of all processes by pid."""
        return {record[4]: record[7] for file in self.files for record in file.records(layout.REAPED)}


def environment(directory: Path, log_level: int = 0, logs_to_file: bool = False, **more: str) -> dict[str, str]:
    """Return the environment for a program under the recorder; warnings of Python itself stay out of its output."""
    base = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONDEVMODE")}
    return injected_environment({**base, **more}, directory, log_level, logs_to_file)


def observe(
    directory: Path,
    source: str,
    arguments: Sequence[str] = (),
    options: Sequence[str] = (),
    values: Mapping[str, str] | None = None,
    log_level: int = 0,
    is_recorded: bool = True,
    logs_to_file: bool = False,
) -> ObservedRun:
    """Run a program to its end, under the recorder unless told otherwise, and read what is left."""
    program = directory / "program.py"
    program.write_text(source)
    run = directory / "run"
    run.mkdir(mode=0o700, exist_ok=True)
    env = environment(run, log_level, logs_to_file, **(values or {}))
    if not is_recorded:
        env = {name: value for name, value in env.items() if not name.startswith("POOLSCOPE_")}
        env["PYTHONPATH"] = (values or {}).get("PYTHONPATH", "")
    ended = subprocess.run(
        [sys.executable, *options, str(program), *arguments],
        env=env, cwd=directory, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE,
    )  # fmt: skip
    # A process that was killed while it made its file left none: the magic number is written last.
    whole = (path for path in sorted(run.glob("*.ev")) if path.stat().st_size >= layout.HEADER_SIZE)
    files = [EventFile(path) for path in whole if any(path.read_bytes()[:8])]
    return ObservedRun(run, ended.returncode, ended.stdout, ended.stderr, files)
