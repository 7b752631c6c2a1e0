"""The one immutable picture of the core that a frame hands to every panel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from poolscope.workloads.model import (
    ComparisonState,
    CoresSample,
    Lane,
    Machine,
    Parameters,
    ProcessSample,
    ProcessState,
    Workload,
)

if TYPE_CHECKING:
    from poolscope.workloads.analysis.timeline import TimelineView
    from poolscope.workloads.catalogue.canvas import Canvas
    from poolscope.workloads.catalogue.gauges import Point
    from poolscope.workloads.programs import ProcessLedger, ProgramState, SlowTask
    from poolscope.workloads.recording.meta import End, Meta

    from .study_view import StudyKind, StudyView


class Choice(NamedTuple):
    """What the person chose to run next, with every default filled in so that it can be shown."""

    workload: Workload
    parameters: Parameters
    lanes: tuple[Lane, ...]
    """Resolved where that was possible, otherwise as asked for."""
    tasks: int | None = None
    """Tasks of one run; None where they could not be counted."""
    problem: str | None = None
    """Why it cannot be run as it stands, in one sentence; None if it can."""
    asked: tuple[Lane, ...] = ()
    """The lanes as they were asked for: None in a setting means the default."""
    reasons: tuple[str | None, ...] = ()
    """For each lane why it would be skipped, in one sentence, or None; empty where that is not known."""
    expectation: str | None = None
    """How long each lane of a person's own function will take, in one sentence; None where that is not known."""
    question: str | None = None
    """What is asked before it is run, since it takes hours or more memory than there is; None if nothing is."""


class Transport(NamedTuple):
    """Which moment of a run the whole screen shows, and how it moves on."""

    is_live: bool = True
    """Whether that is the present: what goes on is followed, and nothing was ever scrolled back."""
    is_playing: bool = False
    """Whether a moment of the past moves on; never set while live."""
    speed: float = 1.0
    """Seconds of the run a second."""
    time_ns: int = 0
    """The moment shown, on the clock of the recording."""
    begin_ns: int = 0
    """When what is watched began; equal to `end_ns` while there is nothing to go about in."""
    end_ns: int = 0
    """When it ended; the present while it goes on."""
    is_replay: bool = False
    """Whether a recording is shown, which has no present."""
    is_over: bool = False
    """Whether the run came to its end, so that nothing of it is missing."""


LIVE = Transport()
"""Where nothing is to be gone about in."""


class Record(NamedTuple):
    """The recording that is replayed."""

    place: str
    """Its file or directory. Untrusted text, made safe to show."""
    meta: Meta | None
    """What it says about itself; None if that is missing."""
    end: End | None
    """How it ended; None if that was not recorded."""
    problems: tuple[str, ...] = ()
    """What is missing or could not be read, a sentence each."""


class Snapshot(NamedTuple):
    """What the core knew at one moment; to be compared by identity, so that a frame never walks it to see a change."""

    now_ns: int
    machine: Machine
    comparison: ComparisonState | None = None
    """None before the first run."""
    cores: CoresSample | None = None
    """None until two samples were taken."""
    cores_before: tuple[CoresSample, ...] = ()
    """Samples of the cores until `cores`, which is the last of them; oldest first."""
    processes: tuple[ProcessState, ...] = ()
    """Of the current or last run, guardian and helpers included, the dead too."""
    samples: Mapping[int, ProcessSample] = MappingProxyType({})
    """By pid; only of processes that live."""
    subject: Choice | None = None
    """What `comparison` compares; None before the first run."""
    choice: Choice | None = None
    """What the next run would compare; None until the first choice was worked out."""
    log_lines_lost: int = 0
    """Lines that were dropped from memory, oldest first; they are still in the run's files."""
    transport: Transport = LIVE
    timeline: TimelineView | None = None
    """Of the whole run as far as it has come, whatever moment is shown; None before it was first looked at."""
    program: ProgramState | None = None
    """The program that is watched, at the moment shown; None where lanes are."""
    ledgers: tuple[ProcessLedger, ...] = ()
    """Of every recorded process of the current or last run, at the moment shown."""
    slowest: tuple[SlowTask, ...] = ()
    """The slowest tasks up to the moment shown, the slowest first."""
    canvas: Canvas | None = None
    """The picture that the workers of the current or last run draw; None where they draw none."""
    gauges: Mapping[str, Sequence[Point]] = MappingProxyType({})
    """What the gauges of the current or last run showed up to the moment shown, by name."""
    goes_on: bool = False
    """Whether the run goes on, though a moment of its past is shown."""
    record: Record | None = None
    """What is replayed; None while nothing is."""
    studies: Mapping[StudyKind, StudyView] = MappingProxyType({})
    """The last study of each kind, one that goes on among them."""

    @property
    def is_running(self) -> bool:
        """Whether a comparison or a program is under way, at the moment shown."""
        if self.program is not None:
            return self.program.state == "running"
        return self.comparison is not None and not self.comparison.is_over

    @property
    def is_under_way(self) -> bool:
        """Whether a comparison, a program or a study is under way now, whatever moment is shown."""
        return self.goes_on or (self.is_running and self.transport.is_live) or self.studied is not None

    @property
    def studied(self) -> StudyView | None:
        """The study that goes on; None if none does."""
        return next((study for study in self.studies.values() if not study.is_over), None)
