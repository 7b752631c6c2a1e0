"""The one immutable picture of the core that a frame hands to every panel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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


@dataclass(frozen=True, eq=False)
class Choice:
    """What the person chose to run next, with every default filled in so that it can be shown."""

    workload: Workload
    parameters: Parameters
    lanes: tuple[Lane, ...]
    """Resolved where that was possible, otherwise as asked for."""
    tasks: int | None = None
    """Tasks of one run; None where they could not be counted."""
    problem: str | None = None
    """Why it cannot be run as it stands, in one sentence; None if it can."""


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What the core knew at one moment; compared by identity, so that a frame never walks it to see a change."""

    now_ns: int
    machine: Machine
    comparison: ComparisonState | None = None
    """None before the first run."""
    cores: CoresSample | None = None
    """None until two samples were taken."""
    processes: tuple[ProcessState, ...] = ()
    """Of the current or last run, guardian and helpers included, the dead too."""
    samples: Mapping[int, ProcessSample] = field(default_factory=dict)
    """By pid; only of processes that live."""
    subject: Choice | None = None
    """What `comparison` compares; None before the first run."""
    choice: Choice | None = None
    """What the next run would compare; None until the first choice was worked out."""
    log_lines_lost: int = 0
    """Lines that were dropped from memory, oldest first; they are still in the run's files."""

    @property
    def is_running(self) -> bool:
        """Whether a comparison is under way."""
        return self.comparison is not None and not self.comparison.is_over
