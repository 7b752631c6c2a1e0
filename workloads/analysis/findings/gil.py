"""Threads that wait for each other's hold of the interpreter's lock."""

from __future__ import annotations

from ...report import figures
from .base import Case, Finding, Page, counted

_WAITED = 0.15
"""Share of the function's time in which threads neither computed nor wanted a CPU. Of two threads that need the GIL all
the time each waits for half of it; on a busy machine they wait for a CPU for most of that instead, as who waits for
the GIL looks again every 5 ms (`sys.getswitchinterval`). Threads that need no GIL come to less than a hundredth."""
_OWN = 0.5
"""Of that share, what the function may wait for by itself, as the reference shows it."""

PAGE = Page(
    kind="gil",
    title="Threads share the GIL",
    meaning=(
        "Only one thread of a Python process executes Python code at a time: it holds the global interpreter lock. "
        "Threads that compute in Python take turns, so that two of them need as long as one. The lock is let go of "
        "while a thread waits for a disk or a network, and in compiled code that says so (hashlib, zlib, much of "
        "NumPy); free-threaded builds of Python have none."
    ),
    found_by=(
        "Several threads spend at least 15 % of the function's time neither computing nor waiting for a CPU, and the "
        "same function does not wait like that in the lane that is compared with."
    ),
    remedy="Use processes (pool, executor) for such work, or code that lets go of the GIL while it computes.",
)


def detect(case: Case) -> Finding | None:
    """See how long threads waited, and whether the function does so on its own."""
    waited, reference = case.waited_share, case.reference
    if case.engine != "threads" or case.workers < 2 or case.facts.used < 2 or waited is None or reference is None:
        return None
    own = reference.waited_share
    if case.facts.delayed_ns is None or waited < _WAITED or own is None or own > _OWN * waited:
        return None
    facts = case.facts
    possible = max(1.0, min(float(facts.used), case.cpus))
    return case.finding(
        PAGE,
        f"The threads of {case.name} waited for each other: only one of them can hold the GIL and compute.",
        (
            (
                f"{counted(facts.used, 'thread')} were in the function for {figures.duration(facts.computing_ns)}, "
                f"computed for {figures.duration(facts.computing_cpu_ns or 0)} of that, and waited for "
                f"{figures.duration(facts.waited_ns or 0)}."
            ),
            f"In {reference.name} the function waits for {figures.percent(own)} of its time.",
        ),
        "Use processes for this work: a pool, or an executor.",
        min((facts.waited_ns or 0) / facts.used, facts.ledger.computing_ns * (1 - 1 / possible)),
    )
