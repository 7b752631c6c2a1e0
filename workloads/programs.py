"""A program under observation as data: its state, its jobs, what each process did with its time, its slowest tasks.

Times are nanoseconds on the clock of ``time.perf_counter_ns``; named tuples for the reason given in `model`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from .model import ProcessRole, ProcessState

ProgramRunState = Literal["running", "done", "failed", "cancelled"]
"""`failed`: it ended by itself with a status other than 0, or by a signal."""

ProcessPart = Literal[
    "starting", "waiting", "receiving", "computing", "sending", "idle", "blocked", "running", "stopping"
]
PARTS: tuple[ProcessPart, ...] = (
    "starting", "waiting", "receiving", "computing", "sending", "idle", "blocked", "running", "stopping",
)  # fmt: skip
"""What a process can spend its time on. `waiting` is for a task while more were to come, `idle` after the last one;
`blocked` is a parent that waits for results or children, `running` whatever else a process does that is no task."""


class JobState(NamedTuple):
    """One piece of work that was given to a pool, or all the work of one executor."""

    parent: int
    """Pid of the process that owns the pool."""
    job: int
    function: str
    """Qualified name; "" if unknown. Untrusted text, made safe to show."""
    pool: str
    """Such as ``Pool 1`` or ``ProcessPoolExecutor 2``; "" if unknown."""
    chunksize: int
    chunks: int
    """0 where nobody knows: `imap`, executors."""
    items: int
    """Likewise."""
    chunks_done: int
    items_done: int
    chunks_failed: int
    submitted_ns: int
    last_ns: int
    """When the last result of it so far was sent; 0 before the first one."""
    is_over: bool = False
    """Whether nothing more can come of it, as its pool was terminated or joined."""


class ProgramState(NamedTuple):
    """All that a face needs to show of a program, at one moment."""

    now_ns: int
    command: tuple[str, ...]
    """argv as given; untrusted text."""
    directory: str
    """Where it was started."""
    state: ProgramRunState
    pid: int | None
    begun_ns: int
    ended_ns: int | None
    """None while it runs."""
    status: int | None
    """As `multiprocessing.Process.exitcode`: negative for a signal; None while it runs."""
    run_directory: str | None
    """None for a saved recording."""
    processes: tuple[ProcessState, ...]
    jobs: tuple[JobState, ...]
    tasks_done: int
    notes: tuple[str, ...]
    """What could not be recorded and why, what was left behind and ended: a whole sentence each."""
    error: str | None = None
    """Why it failed, in one sentence that names who, with which signal and which chunk; None if nothing is known."""


class ProcessLedger(NamedTuple):
    """What one process did with its life, or with the part of it that lies within the run.

    The parts add up to `wall_ns` exactly; a process whose details stopped at the cap still adds up, by its counters.
    """

    pid: int
    label: str
    role: ProcessRole
    wall_ns: int
    starting_ns: int = 0
    waiting_ns: int = 0
    receiving_ns: int = 0
    """Read and unpickled arguments."""
    computing_ns: int = 0
    sending_ns: int = 0
    """Pickled and wrote results."""
    idle_ns: int = 0
    """From its last result until it was told to stop, or until the run ended."""
    blocked_ns: int = 0
    running_ns: int = 0
    stopping_ns: int = 0
    computing_cpu_ns: int | None = None
    """CPU time of `computing_ns`; None where it was not measured."""
    chunks: int = 0
    items: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    pickling_ns: int = 0
    """Parent's side, beside the parts because threads of its own do it: pickled and wrote tasks."""
    unpickling_ns: int = 0
    """Likewise: unpickled results."""
    sent_bytes: int = 0
    received_bytes: int = 0

    def parts(self) -> dict[ProcessPart, int]:
        """Nanoseconds by the names in `PARTS`, in that order."""
        return {part: getattr(self, f"{part}_ns") for part in PARTS}


class SlowTask(NamedTuple):
    """One of the slowest chunks of a run."""

    pid: int
    label: str
    """Of the worker."""
    function: str
    job: int
    position: int
    """Place of the chunk in its job, from 0."""
    items: int
    begin_ns: int
    end_ns: int
    cpu_ns: int | None
    bytes_in: int
    bytes_out: int
    is_failed: bool
    arguments: str
    """Short form of its arguments; "" if none was kept. Untrusted text, made safe to show."""


class RunAccount(NamedTuple):
    """A run process by process and task by task."""

    begun_ns: int
    """When its timed region began, or the program was started."""
    processes: tuple[ProcessLedger, ...]
    slowest: tuple[SlowTask, ...]
    """The slowest one first."""
