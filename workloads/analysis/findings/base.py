"""What all detectors share: what they are given, what they return, and the page of help that belongs to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...report import figures

if TYPE_CHECKING:
    from ...model import EngineName, Lane, LaneState
    from .facts import RunFacts

LARGE_MESSAGE = 16_384
"""Bytes of a chunk's arguments or results from which pickling is a matter of size, and below which one of number: the
recorder counts unpickling as a phase of its own from here on, and four of them fill the 64 KiB of a pipe on Linux."""

_LEAST_NS = 5_000_000


def counted(number: int, one: str) -> str:
    """Write a number of things: ``1 task``, ``2,000 tasks``."""
    return f"{figures.count(number)} {one}{'' if number == 1 else 's'}"


class Finding(NamedTuple):
    """One diagnosed cause."""

    kind: str
    """Such as ``small-chunks``; the name of its detector."""
    lane: str | None
    """Letter of the lane; None for a program."""
    cause: str
    """One sentence."""
    evidence: tuple[str, ...]
    """The figures that it was found by, in sentences."""
    advice: str
    """What to do, in a sentence or two."""
    explains_ns: int
    """How much of a run's time it explains; 0 where it costs no time but something else."""
    page: str
    """Name of the page of help."""


class Page(NamedTuple):
    """What the help says of a kind of finding, wherever help is read."""

    kind: str
    title: str
    meaning: str
    """What happens, for somebody who has not met it before."""
    found_by: str
    """What it takes for it to be found, with the thresholds in words."""
    remedy: str


class Case(NamedTuple):
    """One lane or program, as detectors look at it."""

    key: str | None
    engine: EngineName | None
    """None for a program, whose pools may be of any kind."""
    workers: int
    """That were asked for; of a program, that there were at once."""
    facts: RunFacts
    """Of the run that took the median of the times."""
    runs: tuple[RunFacts, ...]
    """All that are known, that one included."""
    cpus: float
    """The CPU budget."""
    threads_per_core: int = 1
    lane: Lane | None = None
    state: LaneState | None = None
    reference: Case | None = None
    """The lane that did the same work with the fewest workers, such as the serial one; None if there is no other."""

    @property
    def wall_ns(self) -> int:
        """Time of the run that is looked at, never 0."""
        return max(1, self.facts.wall_ns)

    @property
    def is_serial(self) -> bool:
        """Whether there was nothing in parallel."""
        return self.engine == "serial"

    @property
    def has_processes(self) -> bool:
        """Whether its workers are processes, to which everything has to be shipped."""
        return self.engine not in ("serial", "threads", "interpreters")

    @property
    def name(self) -> str:
        """What it is called in sentences."""
        return self.key or "The program"

    @property
    def chunk_ns(self) -> float:
        """Computing time of a chunk on average."""
        return self.facts.computing_ns / max(1, self.facts.chunks)

    @property
    def waited_share(self) -> float | None:
        """Of the time in which workers were in the function and no CPU was missing, the share in which they used none.

        None if not measured, or if there is too little of that time to say anything.
        """
        waited, cpu = self.facts.waited_ns, self.facts.computing_cpu_ns
        if waited is None or cpu is None or waited + cpu < _LEAST_NS:
            return None
        return waited / (waited + cpu)

    @property
    def of(self) -> str:
        """The same within a sentence."""
        return self.key or "the program"

    @property
    def cpus_in_words(self) -> str:
        """The budget: ``1.5 CPUs``."""
        return f"{figures.cpus(self.cpus)} CPU{'' if self.cpus == 1 else 's'}"

    def share_lost(self, cpu_ns: float) -> float:
        """Share of a worker's time that it was kept from, by what kept all CPUs of the run from it for CPU_NS in sum.

        Both are taken from before the runner's start to its end, as that is what is counted. At most 1: processes
        besides the workers are counted, too.
        """
        span = self.facts.span_ns or self.wall_ns
        return min(1.0, cpu_ns / span / max(1, min(self.workers, self.facts.span_cpus)))

    def share(self, nanoseconds: float) -> float:
        """Of the wall time."""
        return nanoseconds / self.wall_ns

    def of_wall(self, nanoseconds: float) -> str:
        """Write a time and its share: ``1.20 s, 43 % of the time``."""
        return f"{figures.duration(nanoseconds)}, {figures.percent(self.share(nanoseconds))} of the time"

    def finding(self, page: Page, cause: str, evidence: tuple[str, ...], advice: str, explains_ns: float) -> Finding:
        """Make the finding of the kind that PAGE describes; it explains no more than there is."""
        explains = max(0, min(round(explains_ns), self.facts.wall_ns))
        return Finding(page.kind, self.key, cause, evidence, advice, explains, page.kind)
