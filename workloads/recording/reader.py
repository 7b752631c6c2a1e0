"""The one reader of a run: what its processes wrote into the run directory, while it grows or when it is closed.

`Recording.refresh` is called again and again while a run is under way, so it costs one small read a process: the
header's counters hold all sums, and the many records of chunks are passed over. The lane's workers are the processes
that the runner started itself, be they of a pool or not; where the runner computed on its own (the serial engine), it
is the lane's only worker.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from ..model import ProcessState, RunResult
from ..plans import RESULT_NAME
from ..recorder import layout
from .events import EventFile, parse_name
from .meta import END_NAME, META_NAME, End, Meta, read_end, read_meta
from .records import HandlerDied, JobSubmitted, LifeRecord, PoolEvent, Reaped, Started
from .states import process_state

_MOST_OPEN = 300
"""Files kept open at once; those beyond are opened anew at every look."""
_SETTLED_NS = 100_000_000
"""A directory that was changed this long ago has a time stamp that no later change can share."""


class Marks(NamedTuple):
    """Where the run stands, as the runner said it; None: not there yet, or never said."""

    begun_ns: int | None = None
    results_there_ns: int | None = None
    ended_ns: int | None = None
    tasks_planned: int | None = None
    chunks_planned: int | None = None


def is_alive(pid: int) -> bool:
    """Whether there is a process with that number on this machine now."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


class Recording:
    """What a run directory holds, as far as it has come.

    Args:
        directory: The run directory.
        is_alive: Asked for a quiet process of which nobody has seen the end.

    Attributes:
        directory: The run directory.
        result: What the runner left at its end; None before that, or if it never got there.
        meta: How the run came about; None if nobody said so.
        end: How it ended; None while it is under way, or if nobody said so.
        is_closed: Whether nothing more is expected.
    """

    def __init__(self, directory: Path, is_alive: Callable[[int], bool] = is_alive) -> None:
        self.directory = directory
        self._is_alive = is_alive
        self.result: RunResult | None = None
        self.meta: Meta | None = None
        self.end: End | None = None
        self.is_closed = False
        self._files: list[EventFile] = []
        self._by_pid: dict[int, EventFile] = {}
        self._paths: set[str] = set()
        self._stamp: int | None = None
        self._result_problem: str | None = None
        self._runner: EventFile | None = None
        self._workers: list[EventFile] = []
        self._labels: dict[EventFile, str] = {}
        self._counts = {"w": 0, "c": 0}
        self._started: dict[int, bool] = {}
        self._pool_workers: set[int] = set()
        self._reaped: dict[int, list[Reaped]] = {}
        self._jobs: dict[tuple[int, int], JobSubmitted] = {}
        self._pools: list[PoolEvent] = []
        self._deaths: list[HandlerDied] = []
        self._life_taken: dict[EventFile, int] = {}
        self._gone: dict[EventFile, int] = {}
        self._states: dict[EventFile, ProcessState] = {}

    # What is in it

    @property
    def files(self) -> Mapping[int, EventFile]:
        """Event files by pid; of a pid that was used twice, the newest."""
        return MappingProxyType(self._by_pid)

    @property
    def runner(self) -> EventFile | None:
        """The file of the runner; None until it said that it is one."""
        return self._runner

    @property
    def workers(self) -> tuple[EventFile, ...]:
        """The files of the lane's workers in order of start, the dead and replaced ones too."""
        if self._runner is not None and self._runner.slots[layout.CHUNKS_STARTED] > 0:
            return (self._runner,)
        return tuple(self._workers)

    @property
    def marks(self) -> Marks:
        """Where the run stands."""
        if self._runner is None:
            return Marks()
        slots = self._runner.slots
        return Marks(
            *(
                slots[index] or None
                for index in (
                    layout.RUN_BEGUN,
                    layout.RESULTS_THERE,
                    layout.RUN_ENDED,
                    layout.TASKS_PLANNED,
                    layout.CHUNKS_PLANNED,
                )
            )
        )

    @property
    def tasks_done(self) -> int:
        """Tasks that the lane's workers have done, in whatever way they ended."""
        return sum(file.slots[layout.ITEMS_DONE] for file in self.workers)

    @property
    def records_dropped(self) -> int:
        """Records that were not written because a process reached its cap or the disk was full."""
        return sum(file.slots[layout.RECORDS_DROPPED] for file in self._files)

    @property
    def exit_statuses(self) -> Mapping[int, int]:
        """What parents learnt of their children's ends: pid to status, negative for a signal."""
        return {pid: records[-1].status for pid, records in self._reaped.items()}

    @property
    def stillborn(self) -> tuple[Reaped, ...]:
        """Workers of pools that ended badly before they were ready for work."""
        found = []
        for pid in self._pool_workers:
            file = self._by_pid.get(pid)
            if file is None or not file.slots[layout.ENTERED]:
                found += [end for end in self._reaped.get(pid, ()) if end.status != 0]
        return tuple(found)

    @property
    def pools(self) -> tuple[PoolEvent, ...]:
        """What the runner did with its pools, in that order."""
        return tuple(self._pools)

    @property
    def handler_deaths(self) -> tuple[HandlerDied, ...]:
        """Threads of pools that died."""
        if self._deaths and self._runner is not None:
            # A death is named by a later record.
            return tuple(record for record in self._runner.life if isinstance(record, HandlerDied))
        return tuple(self._deaths)

    @property
    def problems(self) -> tuple[str, ...]:
        """What could not be read, a sentence each."""
        found = [file.problem for file in self._files if file.problem is not None]
        return (*found, self._result_problem) if self._result_problem else tuple(found)

    def label(self, file: EventFile) -> str:
        """Short name on screen: ``w1``, ``runner``."""
        return self._labels.get(file) or "process"

    def reaped(self, file: EventFile) -> Reaped | None:
        """How that process ended, as its parent saw it; None while nobody saw it."""
        # A pid may be used twice: the first end after the begin is the one.
        for record in self._reaped.get(file.pid, ()):
            if record.time_ns >= file.created_ns:
                return record
        return None

    def gone_ns(self, file: EventFile) -> int | None:
        """When that process was first missed, though nobody saw it end; None if it was not."""
        return self._gone.get(file)

    def end_ns(self, file: EventFile) -> int | None:
        """When that process ended, or left its work in an orderly way; None while it lives."""
        exiting = file.slots[layout.EXITING]
        if exiting:
            return exiting
        reaped = self.reaped(file)
        return reaped.time_ns if reaped is not None else self.gone_ns(file)

    def job(self, file: EventFile) -> JobSubmitted | None:
        """The job of a pool of which that process holds a chunk; None if there is none, or it is unknown."""
        if file.slots[layout.ROLE] != layout.ROLE_WORKER:
            return None
        return self._jobs.get((file.slots[layout.PARENT_PID], file.slots[layout.JOB]))

    def processes(self, now_ns: int) -> tuple[ProcessState, ...]:
        """All processes of the run that wrote a file: the runner, then the workers, then the rest, by time of start.

        Args:
            now_ns: The time for which the answer holds.
        """
        del now_ns  # the states carry times, not ages
        for file in self._files:
            if file.is_ready and file not in self._states:
                self._states[file] = process_state(self, file)
        ranks = {"runner": 0, "worker": 1, "child": 1}
        states = sorted(self._states.values(), key=lambda s: (ranks.get(s.role, 2), s.started_ns))
        return tuple(states)

    # Reading it

    def refresh(self) -> bool:
        """Read what is new; never raises for what the directory holds.

        Returns:
            Whether anything changed.
        """
        if self.is_closed:
            return False
        changed = self._discover()
        for file in self._files:
            if file.is_finished:
                continue
            if file.refresh():
                self._take(file)
                changed = True
            elif self._is_missing(file):
                changed = True
        for file in self._files:
            if not file.is_finished and (file in self._gone or (file.pid in self._reaped and self.reaped(file))):
                self._finish(file)
        return changed

    def close(self) -> None:
        """Read all files to their ends and let go of them; whatever is not known to have ended counts as gone."""
        if self.is_closed:
            return
        self.refresh()
        now = time.perf_counter_ns()
        for file in self._files:
            self._finish(file)
            if self.end_ns(file) is None and file.is_ready:
                self._gone[file] = now
                self._states.pop(file, None)
        self.is_closed = True

    def _discover(self) -> bool:
        """Look for new files, unless the directory has not changed since."""
        try:
            stamp = self.directory.stat().st_mtime_ns
            if stamp == self._stamp:
                return False
            names = [entry.name for entry in os.scandir(self.directory)]
        except OSError:
            return False
        # The stamp is coarse: a file that comes within the same tick as this look must be found by the next one.
        self._stamp = stamp if time.time_ns() - stamp > _SETTLED_NS else None
        changed = self._read_result() if RESULT_NAME in names and self.result is None else False
        if META_NAME in names and self.meta is None:
            self.meta = read_meta(self.directory)
        if END_NAME in names and self.end is None:
            self.end = read_end(self.directory)
            changed = True
        found = [(parsed, name) for name in names if name not in self._paths and (parsed := parse_name(name))]
        for _, name in sorted(found, key=lambda item: item[0][1]):
            self._paths.add(name)
            self._add(EventFile(self.directory / name, keeps_open=len(self._files) < _MOST_OPEN))
            changed = True
        return changed

    def _add(self, file: EventFile) -> None:
        """Take a file in that was not known before."""
        self._files.append(file)
        known = self._by_pid.get(file.pid)
        if known is None or known.created_ns < file.created_ns:
            self._by_pid[file.pid] = file

    def _read_result(self) -> bool:
        from .results import read_result

        result, self._result_problem = read_result(self.directory / RESULT_NAME)
        self.result = result
        return True

    def _take(self, file: EventFile) -> None:
        """Look at a file that changed."""
        self._states.pop(file, None)
        start = self._life_taken.get(file, 0)
        if len(file.life) > start:
            self._life_taken[file] = len(file.life)
            for record in file.life[start:]:
                self._take_life(file, record)
        if not file.is_ready:
            return
        role = file.slots[layout.ROLE]
        if role == layout.ROLE_RUNNER and self._runner is None:
            self._runner = file
            self._labels[file] = "runner"
            self._take_all_again()
        elif file not in self._labels and role in (layout.ROLE_WORKER, layout.ROLE_CHILD):
            self._place(file)

    def _take_all_again(self) -> None:
        """Files that were read before the runner was known may be its children's."""
        for file in self._files:
            if file.is_ready and file not in self._labels:
                self._take(file)

    def _place(self, file: EventFile) -> None:
        """Decide whether a worker or child is the lane's, and label it."""
        if self._runner is None:
            return
        parent = file.slots[layout.PARENT_PID]
        is_own = self._started.get(file.pid, True if parent == self._runner.pid else None)
        if is_own is None and parent in self._by_pid and self._by_pid[parent].slots[layout.ROLE]:
            is_own = False
        if is_own is None:
            return
        if is_own:
            self._workers.append(file)
        letter = "w" if is_own else "c"
        self._counts[letter] += 1
        self._labels[file] = f"{letter}{self._counts[letter]}"
        self._states.pop(file, None)

    def _take_life(self, file: EventFile, record: LifeRecord) -> None:
        is_runner = file is self._runner or file.slots[layout.ROLE] == layout.ROLE_RUNNER
        if isinstance(record, Started):
            self._started[record.pid] = is_runner
            if is_runner and record.of_pool:
                self._pool_workers.add(record.pid)
            child = self._by_pid.get(record.pid)
            if child is not None and child.is_ready:
                self._take(child)
        elif isinstance(record, Reaped):
            self._reaped.setdefault(record.pid, []).append(record)
            child = self._by_pid.get(record.pid)
            if child is not None:
                self._states.pop(child, None)
        elif isinstance(record, JobSubmitted):
            self._jobs[file.pid, record.job] = record
        elif is_runner and isinstance(record, PoolEvent):
            self._pools.append(record)
        elif is_runner and isinstance(record, HandlerDied):
            self._deaths.append(record)

    def _is_missing(self, file: EventFile) -> bool:
        """Notice that a quiet process is not there any more, although nobody said so."""
        if not file.is_ready or file in self._gone or file.slots[layout.EXITING] or self.reaped(file):
            return False
        if self._is_alive(file.pid):
            return False
        self._gone[file] = time.perf_counter_ns()
        self._states.pop(file, None)
        return True

    def _finish(self, file: EventFile) -> None:
        if not file.is_finished:
            file.finish()
            self._take(file)
