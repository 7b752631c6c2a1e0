"""Work that is over before its workers are well under way."""

from __future__ import annotations

from ...report import figures
from .base import Case, Finding, Page, counted

_DOMINATES = 0.25
"""Share of the time. With a quarter of it lost before the first task, two workers are at best 1.5 times as fast as one
(Amdahl's law), and whatever is done about the tasks helps little."""

PAGE = Page(
    kind="start-up",
    title="Starting the workers takes too large a part",
    meaning=(
        "Before the first task is computed, processes have to be made: a few milliseconds each by fork, tens to "
        "hundreds by spawn and forkserver, where an interpreter starts and imports everything anew. Small work is over "
        "before that has paid."
    ),
    found_by="Workers spend at least 25 % of the time between the beginning and the moment at which they are ready.",
    remedy=(
        "Start the pool once and use it for everything; give it more to do at a time; start fewer workers, or threads "
        "if the work waits; fork where that is safe (a process with a single thread). Below the break-even, serial."
    ),
)


def detect(case: Case) -> Finding | None:
    """Weigh the ledger's starting."""
    ledger = case.facts.ledger
    if case.is_serial or case.share(ledger.starting_ns) < _DOMINATES:
        return None
    method = f" by {case.facts.start_method}" if case.facts.start_method else ""
    each = figures.duration(case.facts.start_ns)
    started = f"{counted(case.facts.starts, 'worker')}"
    return case.finding(
        PAGE,
        f"Starting the workers took {figures.percent(case.share(ledger.starting_ns))} of the time of {case.of}.",
        (
            f"{started} started{method}, each ready after {each} on average.",
            f"Starting took {case.of_wall(ledger.starting_ns)}; computing {case.of_wall(ledger.computing_ns)}.",
        ),
        "Keep one pool for all the work, give it more to do, start fewer workers, or stay serial.",
        ledger.starting_ns,
    )
