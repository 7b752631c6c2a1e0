"""Findings: diagnosed causes of a run's time and troubles, each with its evidence, what to do, and a page of help.

Each module beside this one, named in `KINDS`, is a detector: ``PAGE`` describes it for people, and ``detect`` looks at
one `Case`. They know nothing of each other, and draw on plain numbers alone (see `facts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model import Lane, LaneState, Machine
    from ...programs import RunAccount
    from ...recording.contents import Contents
    from ...recording.meta import Meta
    from .base import Case, Finding, Page
    from .facts import RunFacts

KINDS = (
    "different-results",
    "lost-tasks",
    "shared-random-numbers",
    "start-up",
    "repeated-imports",
    "large-arguments",
    "large-results",
    "small-chunks",
    "uneven-chunks",
    "few-tasks",
    "many-workers",
    "library-threads",
    "throttled",
    "shared-bandwidth",
    "smt-siblings",
    "gil",
    "waiting",
    "copied-memory",
    "growing-memory",
    "noisy-machine",
)
"""In the order in which findings that explain the same time are told, and in which they are listed."""
_MOST_CPUS = 1 << 20


class Detector(Protocol):
    """What each module offers."""

    PAGE: Page

    @staticmethod
    def detect(case: Case) -> Finding | None:
        """Look at one lane or program; None where it has nothing of the kind."""


def detectors() -> tuple[Detector, ...]:
    """Import all detectors, in the order of `KINDS`."""
    return tuple(cast("Detector", import_module(f".{kind.replace('-', '_')}", __name__)) for kind in KINDS)


def pages() -> tuple[Page, ...]:
    """The pages of help, one a kind."""
    return tuple(detector.PAGE for detector in detectors())


def find(lanes: Sequence[LaneState], machine: Machine) -> tuple[Finding, ...]:
    """Diagnose a comparison.

    Args:
        lanes: At its end.
        machine: Where it was made.

    Returns:
        Ranked by the time that they explain, each as a share of its lane's time, since a lane may be ten times as long
        as another one.
    """
    from .cases import cases_of

    return _ranked(cases_of(lanes, machine))


def find_in(
    facts: RunFacts | None, cpus: float, threads_per_core: int = 1, lane: Lane | None = None, key: str | None = None
) -> tuple[Finding, ...]:
    """Diagnose a single run, of which nobody knows what others like it did.

    Args:
        facts: Of it; None where nothing is known, so nothing is found.
        cpus: The CPU budget of the machine that it ran on.
        threads_per_core: Of that machine.
        lane: Of the run; None for a program.
        key: The lane's letter.
    """
    from .cases import case_of

    return _ranked([case_of(facts, cpus, threads_per_core, lane, key)]) if facts is not None else ()


def find_in_recording(
    recording: Contents, now_ns: int, machine: Mapping[str, Any] | None = None, account: RunAccount | None = None
) -> tuple[Finding, ...]:
    """Diagnose a recording of a program or of one run of a lane at its end.

    Args:
        recording: Read to its end.
        now_ns: When it ended, if it does not say so.
        machine: That it was made on, as its ``meta.json`` has it; None to look there. It is data of unknown origin.
        account: What is known of its processes and slowest tasks; None to have them looked up here.
    """
    from .facts import facts_of

    meta = recording.meta
    if machine is None:
        machine = meta.machine if meta is not None else {}
    cpus = machine.get("cpus")
    cpus = cpus if isinstance(cpus, Mapping) else {}
    budget, shared = cpus.get("budget"), cpus.get("threads_per_core")
    is_known = isinstance(budget, int | float) and 0 < budget < _MOST_CPUS
    facts = facts_of(recording, now_ns, None, account) if is_known else None
    threads = shared if isinstance(shared, int) and 0 < shared < _MOST_CPUS else 1
    lane = _lane_of(meta) if meta is not None and meta.kind == "lane" else None
    return find_in(facts, float(budget or 0), threads, lane, meta.key if meta is not None and lane else None)


def _lane_of(meta: Meta) -> Lane | None:
    """The lane that a recording says it is of; None if it makes no sense."""
    from ...errors import UsageError
    from ...lanes import parse_lane

    try:
        return parse_lane(meta.lane)
    except UsageError:
        return None


def _ranked(cases: Sequence[Case]) -> tuple[Finding, ...]:
    found = []
    for case in cases:
        for order, detector in enumerate(detectors()):
            finding = detector.detect(case)
            if finding is not None:
                found.append((-case.share(finding.explains_ns), order, finding))
    return tuple(finding for _, _, finding in sorted(found, key=lambda item: item[:2]))
