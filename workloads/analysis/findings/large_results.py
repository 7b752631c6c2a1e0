"""Results that take longer to ship back than they are worth."""

from __future__ import annotations

from ...report import figures
from .base import LARGE_MESSAGE, Case, Finding, Page

_DOMINATES = 0.2
"""Share of the time, as for arguments."""

PAGE = Page(
    kind="large-results",
    title="Results are large",
    meaning=(
        "Whatever a task returns is pickled by the worker, written to a pipe that all workers share, and unpickled by "
        "one thread of the parent. Workers that want to write wait for each other and for that thread, so the more of "
        "them there are, the less each gets through."
    ),
    found_by="Returning results takes at least 20 % of the time, with chunks of 16 KiB or more.",
    remedy=(
        "Return a summary, and compute it in the worker; write large results to a file or into SharedMemory and return "
        "where they are; return bytes or NumPy arrays in place of lists."
    ),
)


def detect(case: Case) -> Finding | None:
    """Weigh the ledger's returning."""
    facts, ledger = case.facts, case.facts.ledger
    each = facts.bytes_out / max(1, facts.chunks)
    if not case.has_processes or each < LARGE_MESSAGE or case.share(ledger.returning_ns) < _DOMINATES:
        return None
    task = figures.size(facts.bytes_out / max(1, facts.tasks))
    return case.finding(
        PAGE,
        f"Shipping results back cost {figures.percent(case.share(ledger.returning_ns))} of the time of {case.of}.",
        (
            f"{figures.size(facts.bytes_out)} of results came back, {task} a task.",
            (
                f"Workers pickled and wrote for {figures.duration(ledger.returning_ns)} each, and the parent "
                f"unpickled for {figures.duration(facts.unpickling_ns)}."
            ),
        ),
        "Return summaries, or write large results to files or shared memory and return where they are.",
        ledger.returning_ns,
    )
