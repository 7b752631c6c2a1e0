"""What the timeline says, as data: tracks, cells, stretches, and what happened on them.

Times are integers in nanoseconds on the clock of ``time.perf_counter_ns``, sizes are bytes. Importing this module does
not import NumPy, so that a screen can name the states before there is anything to draw; whoever builds a timeline or
asks it something (`timeline`) does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from ..model import ProcessRole
from ..programs import PARTS, ProcessPart

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .track_data import TrackData

TrackState = ProcessPart | Literal["none", "ended"]

STATES: tuple[TrackState, ...] = ("none", *PARTS, "ended")
"""What a process can be doing at a moment, the words of `PARTS` and two more; the codes in `Cells` are indexes of it.

``none``: nothing is known, because it had not been started, or because no details were kept. ``ended``: it is gone."""

NONE, STARTING, WAITING, RECEIVING, COMPUTING, SENDING, IDLE, BLOCKED, RUNNING, STOPPING, ENDED = range(len(STATES))


class TrackView(NamedTuple):
    """One process on the timeline, as far as it is known."""

    row: int
    """Its index in `TimelineView.tracks`."""
    pid: int
    created_ns: int
    """When it opened its event file; with the pid, what names a process for good."""
    parent: int | None
    """Pid of its parent; None if unknown."""
    label: str
    """Short name on screen: ``w1``, ``main``, ``runner``."""
    name: str
    """Its multiprocessing name, script or command; "" if it has none. Untrusted text, made safe to show."""
    role: ProcessRole
    function: str
    """Qualified name of the function in hand or last called; "" if none is known. Untrusted text, made safe to show."""
    started_ns: int
    """When its parent began to start it; where nobody said so, `created_ns`."""
    entered_ns: int | None
    """When it was ready for work; None if it never was so far."""
    exiting_ns: int | None
    """When it was told to stop or left its target by itself; None before that, or if it was ended by force."""
    ended_ns: int | None
    """When it was gone, as far as anybody saw; None while it lives."""
    known_until_ns: int
    """When it did anything last, as far as records say."""
    until_ns: int
    """How far this row goes: `ended_ns`, or now while it lives."""
    exit_status: int | None
    """As `multiprocessing.Process.exitcode`: -9 for SIGKILL; None while it lives or when nobody saw it."""
    has_bad_end: bool
    """Whether it ended with a status other than 0, and not because its pool was terminated."""
    is_recorded: bool
    """False for a process that is known from samples only: it has one bar and no details."""
    chunks_done: int
    """Exact, even where details stopped."""
    chunks_failed: int
    items_done: int
    details_until_ns: int | None
    """When its details stopped, because the number of records is capped or the disk was full; None if all were kept."""
    data: TrackData
    """Its chunks and other stretches; for the functions of `timeline` only."""

    @property
    def is_worker(self) -> bool:
        """Whether it works for a pool or executor, so that a time without a task is a time without work."""
        return self.role == "worker"


class TimelineView(NamedTuple):
    """A whole run on the time axis, as far as it has come. Never changes; the next look gives another one."""

    tracks: tuple[TrackView, ...]
    """In the order of rows: the runner or the program, workers by time of start, the rest by time of start."""
    begin_ns: int
    end_ns: int
    """Now, or when the run ended."""
    is_live: bool
    version: int
    """Another one whenever anything but the time differs."""
    stall_ns: int
    """How long all workers must be without work at once for it to count as a stall."""
    stall_begins: NDArray[np.int64]
    """When stalls began, in order."""
    stall_ends: NDArray[np.int64]


class Cells(NamedTuple):
    """One row of the timeline in columns of equal width, exactly added up. All arrays have one entry a column."""

    state: NDArray[np.uint8]
    """Index into `STATES`: what took most of the time in the column. What a process does wins over ``none`` and
    ``ended``, so that whatever is shorter than a column is seen."""
    share: NDArray[np.float32]
    """Share of the column's time that this state took, 0 to 1."""
    has_failure: NDArray[np.bool_]
    """Whether a task failed in it, or the process ended badly in it."""
    is_mixed: NDArray[np.bool_]
    """Whether other states took at least a quarter of what the process did in it."""
    amounts: NDArray[np.int64]
    """Nanoseconds of each state, as an array of ``len(STATES)`` rows; the rows add up to the width of the column."""


class ChunkView(NamedTuple):
    """One chunk in full, or the one in hand as far as it is known."""

    number: int | None
    """Place among the chunks of its process, from 0; None for the one in hand."""
    function: str
    """Qualified name; "" if unknown. Untrusted text, made safe to show."""
    job: int
    """As `JobState.job`."""
    position: int
    """Place of the chunk in its job, from 0."""
    chunks: int
    """Chunks of the job; 0 where nobody knows."""
    items: int
    waiting_from_ns: int
    received_ns: int
    begin_ns: int
    end_ns: int | None
    """None while it is being computed."""
    sent_ns: int | None
    """None until its result was sent."""
    pickled_ns: int | None
    """When its result was pickled and not yet written; None until then."""
    bytes_in: int | None
    """None where it was not measured: the chunk in hand."""
    bytes_out: int | None
    cpu_ns: int | None
    """CPU time of the computation; None where it was not measured."""
    core: int | None
    """Core that it was computed on, by its record or else by a sample in its time; None if neither says."""
    is_failed: bool
    arguments: str
    """Short form of its arguments; "" if none was kept. Untrusted text, made safe to show."""


class Stretch(NamedTuple):
    """The time in which a process did one thing."""

    pid: int
    state: TrackState
    begin_ns: int
    end_ns: int
    is_open: bool
    """Whether it goes on, `end_ns` being now."""
    chunk: ChunkView | None = None
    """What it worked on; None where it had none."""

    @property
    def length_ns(self) -> int:
        """How long it took, or takes so far."""
        return self.end_ns - self.begin_ns


MomentKind = Literal["started", "entered", "chunk", "sent", "failed", "blocked", "told", "ended", "killed"]
"""`chunk`: it began to compute one; `sent`: the result was sent; `failed`: the task raised; `blocked`: it began to
wait for others; `told`: it was told to stop or left; `killed`: it ended with a status other than 0."""


class Moment(NamedTuple):
    """Something that happened on one track."""

    time_ns: int
    row: int
    """Index of the track in the view."""
    pid: int
    kind: MomentKind


class IdleStretch(NamedTuple):
    """A worker without work."""

    row: int
    """Index of the track in the view."""
    pid: int
    label: str
    state: TrackState
    """``waiting`` or ``idle``."""
    begin_ns: int
    end_ns: int
