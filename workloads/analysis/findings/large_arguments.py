"""Arguments that take longer to ship than they are worth."""

from __future__ import annotations

from ...report import figures
from .base import LARGE_MESSAGE, Case, Finding, Page

_DOMINATES = 0.2
"""Share of the time: a fifth is what five workers could save at all at 25 % efficiency, and is beyond any noise."""

PAGE = Page(
    kind="large-arguments",
    title="Arguments are large",
    meaning=(
        "Whatever a task carries is pickled by the parent, written to a pipe, read and unpickled by the worker. One "
        "thread of the parent does that for all workers, so they wait for it in turn. Lists of numbers are the worst: "
        "each number is pickled by itself."
    ),
    found_by=(
        "Sending, and waiting while the parent pickled, take at least 20 % of the time, with chunks of 16 KiB or more."
    ),
    remedy=(
        "Send what the data can be made or found by: an index, a file name, a seed. Hand it over once, by initializer= "
        "or by inheritance under fork; share it with SharedMemory or a memory-mapped array; send bytes or NumPy arrays "
        "in place of lists."
    ),
)


def detect(case: Case) -> Finding | None:
    """Weigh sending, and what workers waited while the parent pickled."""
    facts, ledger = case.facts, case.facts.ledger
    each = facts.bytes_in / max(1, facts.chunks)
    spent = ledger.sending_ns + min(ledger.waiting_ns, facts.pickling_ns)
    if not case.has_processes or each < LARGE_MESSAGE or case.share(spent) < _DOMINATES:
        return None
    task = figures.size(facts.bytes_in / max(1, facts.tasks))
    share = figures.percent(case.share(spent))
    # The ledger, which people see beside this, has waiting apart.
    waited = ", and waiting for them," if share != figures.percent(case.share(ledger.sending_ns)) else ""
    return case.finding(
        PAGE,
        f"Shipping arguments to the workers{waited} cost {share} of the time of {case.of}.",
        (
            f"{figures.size(facts.bytes_in)} of arguments went out, {task} a task.",
            (
                f"The parent pickled and wrote for {figures.duration(facts.pickling_ns)}; workers computed for "
                f"{figures.duration(ledger.computing_ns)} each."
            ),
        ),
        "Send an index or a name in place of the data, hand the data over once at the start, or share its memory.",
        spent,
    )
