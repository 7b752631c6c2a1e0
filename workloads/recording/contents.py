"""Who is who in a recording, and how each one ended: what holds wherever its files come from.

A recording has one root. In the run of a lane that is the runner, and the lane's workers are the processes that it
started itself, be they of a pool or not; where the runner computed on its own (the serial engine), it is the only one.
In a program under observation the root is the program, labelled ``main``: the first recorded process that no recorded
process started; its workers are those of all its pools and executors, at any depth.


`Contents` is told of files by `_add`, and by `_take` whenever one of them changed; it never reads a file or asks the
system anything. `Recording` follows a growing directory on top of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ..model import ProcessState, RunResult
from ..recorder import layout
from .events import EventFile
from .labels import STARTED_AS, Labels
from .meta import MOST_GONE, End, Meta
from .records import HandlerDied, JobKey, JobSubmitted, JobTotals, LifeRecord, PoolEvent, Reaped, Started
from .states import process_state

if TYPE_CHECKING:
    from .recorded_log import Output
    from .samples import Samples

_RANKS = {"runner": 0, "worker": 1, "child": 1}


class Marks(NamedTuple):
    """Where the run stands, as the runner said it; None: not there yet, or never said."""

    begun_ns: int | None = None
    results_there_ns: int | None = None
    ended_ns: int | None = None
    tasks_planned: int | None = None
    chunks_planned: int | None = None


class Contents:
    """What the processes of a run recorded, as far as it is known.

    Attributes:
        result: What the runner left at its end; None before that, or if it never got there.
        meta: How the run came about; None if nobody said so.
        end: How it ended; None while it is under way, or if nobody said so.
        is_closed: Whether nothing more is expected.
    """

    directory: Path
    """The run directory, or the saved file."""

    def __init__(self) -> None:
        self.result: RunResult | None = None
        self.meta: Meta | None = None
        self.end: End | None = None
        self.is_closed = False
        self._samples: Samples | None = None
        self._result_problem: str | None = None
        self._files: list[EventFile] = []
        self._by_pid: dict[int, EventFile] = {}
        self._runner: EventFile | None = None
        self._labels = Labels()
        self._started: dict[int, list[Started]] = {}
        self._starters: dict[int, EventFile] = {}
        self._reaped: dict[int, list[Reaped]] = {}
        self._jobs: dict[tuple[int, int], JobSubmitted] = {}
        self._pools: list[PoolEvent] = []
        self._pools_of: dict[tuple[int, int], list[PoolEvent]] = {}
        self._successors: dict[EventFile, EventFile] = {}
        self._deaths: list[HandlerDied] = []
        self._life_taken: dict[EventFile, int] = {}
        self._gone: dict[EventFile, int] = {}
        self._states: dict[EventFile, ProcessState] = {}

    # What is in it

    @property
    def samples(self) -> Samples:
        """What cores and processes did, as far as it was sampled."""
        if self._samples is None:
            from .samples import Samples

            self._samples = Samples()
        return self._samples

    @property
    def output(self) -> Output:
        """What the processes printed and logged."""
        from .recorded_log import NoOutput

        return NoOutput()

    @property
    def exhibits(self) -> Output:
        """What a saved run had to show beside figures, by the names in `names.EXHIBIT_NAMES`; else it is in files."""
        from .recorded_log import NoOutput

        return NoOutput()

    @property
    def files(self) -> Mapping[int, EventFile]:
        """Event files by pid; of a pid that was used twice, the newest."""
        return MappingProxyType(self._by_pid)

    @property
    def all_files(self) -> tuple[EventFile, ...]:
        """All event files that can be read, in the order in which they came into sight."""
        return tuple(file for file in self._files if file.is_ready)

    @property
    def is_program(self) -> bool:
        """Whether it is of a program under observation and not of a lane."""
        if self.meta is not None:
            return self.meta.kind == "program"
        return self._runner is not None and self._runner.slots[layout.ROLE] != layout.ROLE_RUNNER

    @property
    def runner(self) -> EventFile | None:
        """The file of the runner or of the program itself; None until it is known."""
        return self._runner

    @property
    def workers(self) -> tuple[EventFile, ...]:
        """The files of the workers in order of start, the dead and replaced ones too."""
        if not self.is_program and self._runner is not None and self._runner.slots[layout.CHUNKS_STARTED] > 0:
            return (self._runner,)
        self._place_new()
        return tuple(self._labels.workers)

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
        """Tasks that the workers have done, in whatever way they ended."""
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
        for pid, starts in self._started.items():
            if not any(start.of_pool for start in starts) or not self._is_own(pid):
                continue
            file = self._by_pid.get(pid)
            if file is None or not file.slots[layout.ENTERED]:
                found += [end for end in self._reaped.get(pid, ()) if end.status != 0]
        return tuple(found)

    @property
    def pools(self) -> tuple[PoolEvent, ...]:
        """What the runner or program did with its pools, in that order."""
        return tuple(self._pools)

    @property
    def jobs(self) -> Mapping[tuple[int, int], JobSubmitted]:
        """All jobs in the order in which they were submitted, by pid of the pool's owner and number of the job."""
        return MappingProxyType(self._jobs)

    def pool_events(self, owner: int, number: int) -> Sequence[PoolEvent]:
        """What the process with the pid OWNER did with its pool of that NUMBER; with all its pools if that is 0."""
        return self._pools_of.get((owner, number), ())

    def job_totals(self) -> Mapping[JobKey, JobTotals] | None:
        """What was done of each job, where that is known without counting chunks; None where it is not."""
        return None

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
        """Short name on screen: ``w1``, ``runner``, ``main``; a helper's own name."""
        if file is self._runner:
            return "runner" if file.slots[layout.ROLE] == layout.ROLE_RUNNER else "main"
        self._place_new()
        known = self._labels.given.get(file)
        if known is None and file.slots[layout.ROLE] == layout.ROLE_HELPER:
            return file.name or "helper"
        return known or "process"

    def role(self, file: EventFile) -> int:
        """What that process is, one of the codes in `layout`; as its parent started it, until it says so itself."""
        said = file.slots[layout.ROLE]
        if said:
            return said
        start = self.started(file)
        return STARTED_AS.get(start.kind, 0) if start is not None else 0

    def pool_of(self, file: EventFile) -> tuple[int, int]:
        """Pid of the owner of the pool that a worker is of, and the pool's number; likewise, and 0 if unknown."""
        start = self.started(file) if not file.slots[layout.ROLE] else None
        if start is None:
            return file.slots[layout.PARENT_PID], file.slots[layout.POOL]
        return self._starters[file.pid].pid, start.pool

    def started(self, file: EventFile) -> Started | None:
        """How its parent started that process; None if nobody said so."""
        # A pid may be used twice: the last start before the file was made is the one.
        found = None
        for record in self._started.get(file.pid, ()):
            if record.time_ns <= file.created_ns and (found is None or record.time_ns > found.time_ns):
                found = record
        return found

    def starts(self) -> Iterable[tuple[int, tuple[EventFile, Started]]]:
        """All processes that a recorded one started: pid, and by whom and how, the last time if it was used twice."""
        return ((pid, (self._starters[pid], records[-1])) for pid, records in self._started.items())

    def end_after(self, pid: int, time_ns: int) -> Reaped | None:
        """How a process with that pid that was started at TIME_NS ended, as its parent saw it; None if nobody did."""
        return next((record for record in self._reaped.get(pid, ()) if record.time_ns >= time_ns), None)

    def reaped(self, file: EventFile) -> Reaped | None:
        """How that process ended, as its parent saw it; None while nobody saw it."""
        # A pid may be used twice: the first end after the beginning is the one.
        successor = self._successors.get(file)
        for record in self._reaped.get(file.pid, ()):
            if record.time_ns >= file.created_ns:
                return record if successor is None or record.time_ns <= successor.created_ns else None
        return None

    def gone_ns(self, file: EventFile) -> int | None:
        """When that process was first missed, whoever saw it end later, if anybody did; None if it was not."""
        # One that executed another program goes on as that one.
        successor = self._successors.get(file)
        if successor is not None:
            return successor.created_ns
        known = self.end.gone.get((file.pid, file.created_ns)) if self.end is not None else None
        return self._gone.get(file) if known is None else known

    def left_ns(self, file: EventFile) -> int | None:
        """When that process was gone, its parent having asked for it, or not yet; None as long as nobody knows."""
        reaped, missed = self.reaped(file), self.gone_ns(file)
        if reaped is None or missed is None:
            return missed if reaped is None else reaped.time_ns
        return min(reaped.time_ns, missed)

    def missed(self) -> Mapping[tuple[int, int], int]:
        """When processes were missed before their parents asked for them, by pid and time of creation."""
        found: dict[tuple[int, int], int] = {}
        for file, moment in self._gone.items():
            reaped = self.reaped(file)
            if len(found) < MOST_GONE and (reaped is None or moment < reaped.time_ns):
                found[file.pid, file.created_ns] = moment
        return found

    def end_ns(self, file: EventFile) -> int | None:
        """When that process ended, or left its work in an orderly way; None while it lives."""
        return file.slots[layout.EXITING] or self.left_ns(file)

    def exit_status(self, file: EventFile) -> int | None:
        """What that process ended with, as whoever reaped it saw it; else what it was about to exit with, if it was."""
        reaped = self.reaped(file)
        if reaped is not None:
            return reaped.status
        if self.end is not None and file is self._by_pid.get(file.pid):
            if file is self._runner and self.end.status is not None and self.is_program:
                return self.end.status
            if file.pid in self.end.statuses:
                return self.end.statuses[file.pid]
        # A program that is about to exit does not know yet with what.
        has_code = file.slots[layout.EXITING] and file.slots[layout.ROLE] in (layout.ROLE_WORKER, layout.ROLE_CHILD)
        return file.slots[layout.EXIT_CODE] if has_code else None

    def job(self, file: EventFile) -> JobSubmitted | None:
        """The job of a pool of which that process holds a chunk; None if there is none, or it is unknown."""
        if file.slots[layout.ROLE] != layout.ROLE_WORKER:
            return None
        return self._jobs.get((file.slots[layout.PARENT_PID], file.slots[layout.JOB]))

    def function_of(self, owner: int, job: JobSubmitted) -> str:
        """Qualified name of the function of a job, made safe to show; "" if unknown.

        Args:
            owner: Pid of the process that owns the pool.
            job: One of `jobs`.
        """
        file = self._by_pid.get(owner)
        if file is None:
            return ""
        # Where its chunks became known later, it was recorded with its name before, with none.
        return file.text_of(layout.JOB_SUBMITTED, job.job, job.chunks) or file.text_of(layout.JOB_SUBMITTED, job.job, 0)

    def processes(self, now_ns: int) -> tuple[ProcessState, ...]:
        """All processes of the run that wrote a file: the runner, then the workers, then the rest, by time of start.

        Args:
            now_ns: The time for which the answer holds.
        """
        del now_ns  # the states carry times, not ages
        self._place_new()
        for file in self._files:
            if file.is_ready and file not in self._states:
                self._states[file] = process_state(self, file)
        root = self._states.get(self._runner) if self._runner is not None else None
        states = sorted(
            self._states.values(),
            key=lambda state: (0 if state is root else _RANKS.get(state.role, 2), state.started_ns),
        )
        return tuple(states)

    def refresh(self) -> bool:
        """Read what is new, if it can grow, and say whether anything changed; never raises."""
        return False

    def close(self) -> None:
        """Let go of all files."""
        self.is_closed = True

    # Being told

    def _add(self, file: EventFile) -> None:
        """Take a file in that was not known before."""
        self._files.append(file)
        self._labels.add(file)
        known = self._by_pid.get(file.pid)
        if known is None or known.created_ns < file.created_ns:
            self._by_pid[file.pid] = file
        if known is not None:
            older, newer = (known, file) if known.created_ns < file.created_ns else (file, known)
            self._successors[older] = newer
            self._states.pop(older, None)

    def _take(self, file: EventFile) -> None:
        """Look at a file that changed."""
        self._states.pop(file, None)
        # Before its records, of which only the root's own say what happened to the run's pools.
        is_new_root = file.is_ready and self._is_root(file)
        if is_new_root:
            self._labels.leave_out(file)
            self._runner = file
        start = self._life_taken.get(file, 0)
        if len(file.life) > start:
            self._life_taken[file] = len(file.life)
            for record in file.life[start:]:
                self._take_life(file, record)

    def _is_root(self, file: EventFile) -> bool:
        """Whether a file that was just looked at turns out to be that of the runner or program."""
        role, root = file.slots[layout.ROLE], self._runner
        if role == layout.ROLE_RUNNER:
            return root is None or (root is not file and root.slots[layout.ROLE] != layout.ROLE_RUNNER)
        if role != layout.ROLE_PROGRAM or root is not None:
            return False
        # The runner of a lane, too, is a program until it says what it is.
        is_lane = self.meta is not None and self.meta.kind == "lane"
        return not is_lane and file.slots[layout.PARENT_PID] not in self._by_pid

    def _is_own(self, pid: int) -> bool:
        return self._runner is not None and self._starters.get(pid) is self._runner

    def _place_new(self) -> None:
        """Label the processes that are new."""
        if self._runner is not None:
            for file in self._labels.give(self._role_of):
                self._states.pop(file, None)

    def _role_of(self, file: EventFile) -> tuple[int, bool | None]:
        """Role of a process, and whether it is one of the workers; None while nobody can tell."""
        role, parent, root = self.role(file), file.slots[layout.PARENT_PID], self._runner
        if self.is_program or role not in (layout.ROLE_WORKER, layout.ROLE_CHILD):
            return role, role == layout.ROLE_WORKER
        first = next(iter(self._labels.workers), None)
        if role == layout.ROLE_CHILD and first is not None and first.slots[layout.ROLE] == layout.ROLE_WORKER:
            return role, False  # the workers are threads of the runner, and a task of theirs started it
        # Under a fork server, who started it may be known only later.
        starter = self._starters.get(file.pid)
        if starter is not None:
            return role, starter is root
        if root is not None and parent == root.pid:
            return role, True
        is_other = parent in self._by_pid and self._by_pid[parent].slots[layout.ROLE]
        return role, False if is_other else None

    def _take_life(self, file: EventFile, record: LifeRecord) -> None:
        is_runner = file is self._runner or file.slots[layout.ROLE] == layout.ROLE_RUNNER
        if isinstance(record, Started):
            self._started.setdefault(record.pid, []).append(record)
            self._starters[record.pid] = file
        elif isinstance(record, Reaped):
            self._reaped.setdefault(record.pid, []).append(record)
            child = self._by_pid.get(record.pid)
            if child is not None:
                self._states.pop(child, None)
        elif isinstance(record, JobSubmitted):
            self._jobs[file.pid, record.job] = record
        elif isinstance(record, PoolEvent):
            if is_runner:
                self._pools.append(record)
            for number in {record.pool, 0}:
                self._pools_of.setdefault((file.pid, number), []).append(record)
        elif is_runner and isinstance(record, HandlerDied):
            self._deaths.append(record)
