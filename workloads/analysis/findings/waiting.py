"""Work that waits: threads or asyncio would do, with many more at once than there are CPUs."""

from __future__ import annotations

from ...report import figures
from .base import Case, Finding, Page

_WAITED = 0.5
"""Share of the function's time: work that waits for the larger part can be in hand twice on one CPU."""
_UNSURE = 0.9
"""Likewise, where nobody knows how long workers waited for a CPU, which may be a part of it."""
_COMPUTING = 0.5
"""Share of the time that is spent in the function; else something else is the matter."""

PAGE = Page(
    kind="waiting",
    title="The work waits more than it computes",
    meaning=(
        "While a function waits for a network, a disk, another process, a lock or a timer, its CPU is free. Processes "
        "are an expensive way to wait: threads do as well, by the hundred, and asyncio by the thousand, since the GIL "
        "is free meanwhile."
    ),
    found_by=(
        "At least half of the time in the function is neither computing nor waiting for a CPU, at least half of the "
        "run is spent in the function, its workers are not threads already, and it started no processes by "
        "multiprocessing, whose computing it would be that is waited for."
    ),
    remedy=(
        "Use threads, and many more of them than there are CPUs, as long as whatever is waited for bears it; or "
        "asyncio, if there are libraries for it. If it is a lock that is waited for, share less."
    ),
)


def detect(case: Case) -> Finding | None:
    """See what the function's time went into."""
    facts, waited = case.facts, case.waited_share
    if case.engine in ("threads", "interpreters") or waited is None or facts.waited_ns is None:
        return None
    if facts.children and not facts.is_program:
        return None
    least = _WAITED if facts.delayed_ns is not None else _UNSURE
    if waited < least or case.share(facts.ledger.computing_ns) < _COMPUTING:
        return None
    each = facts.waited_ns / max(1, facts.used)
    workers = "It" if case.is_serial else "Each worker"
    return case.finding(
        PAGE,
        f"The work of {case.of} waits more than it computes.",
        (
            f"{workers} waited for {figures.duration(each)} in the function, {figures.percent(waited)} of its time.",
            f"It took {figures.duration(facts.computing_cpu_ns or 0)} of CPU time in all.",
        ),
        "Use threads, many more than there are CPUs, or asyncio: waiting takes no CPU, and processes are dear.",
        each,
    )
