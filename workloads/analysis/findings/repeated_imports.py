"""Modules that every spawned worker imports again before it can work."""

from __future__ import annotations

from ...report import figures
from .base import Case, Finding, Page

_WORTH = 0.1
"""Share of the time that imports take: less is not worth a rearranged program."""
_LEAST_NS = 20_000_000
"""Of a worker's imports; an interpreter alone needs as much to start."""
_NAMED = 3

PAGE = Page(
    kind="repeated-imports",
    title="Every worker imports everything again",
    meaning=(
        "A worker started by spawn or forkserver is a new interpreter. It imports the main module and whatever that "
        "and the function's module import, each worker for itself, although only a part may be needed there. A forked "
        "worker inherits what its parent has imported."
    ),
    found_by=(
        "The recorder notes, until a worker is ready, which package was being imported when. The imports of a worker "
        "take at least 20 ms and, over all starts, at least 10 % of the time."
    ),
    remedy=(
        "Move the function into a module that imports only what it needs; import large packages inside the function or "
        'under if __name__ == "__main__"; let the fork server import them once '
        "(multiprocessing.set_forkserver_preload); keep the pool; or fork, where that is safe."
    ),
)


def detect(case: Case) -> Finding | None:
    """Add up what workers imported."""
    facts = case.facts
    spent = sum(each for _, each in facts.imports)
    total = min(facts.ledger.starting_ns, spent * max(1, facts.starts) // max(1, case.workers))
    if facts.start_method not in ("spawn", "forkserver") or spent < _LEAST_NS or case.share(total) < _WORTH:
        return None
    named = [f"{name} {figures.duration(each)}" for name, each in facts.imports[:_NAMED]]
    return case.finding(
        PAGE,
        f"Each worker of {case.of}, started by {facts.start_method}, imported its modules again.",
        (
            f"A worker imported for {figures.duration(spent)}: {', '.join(named)}.",
            f"Until it was ready took {figures.duration(facts.start_ns)} on average.",
        ),
        "Let the function's module import less, preload it in the fork server, keep the pool, or fork if it is safe.",
        total,
    )
