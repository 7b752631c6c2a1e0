"""The one immutable picture of the core that a frame hands to every panel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from poolscope.workloads.model import ComparisonState, CoresSample, Machine, ProcessSample, ProcessState


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
    log_lines_lost: int = 0
    """Lines that were dropped from memory, oldest first; they are still in the run's files."""

    @property
    def is_running(self) -> bool:
        """Whether a comparison is under way."""
        return self.comparison is not None and not self.comparison.is_over
