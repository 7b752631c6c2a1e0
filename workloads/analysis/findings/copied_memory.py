"""Memory that forked workers shared with their parent until they looked at it."""

from __future__ import annotations

from ...report import figures
from .base import Case, Finding, Page, counted

_LEAST_BYTES = 16_000_000
"""Of all workers together: what a few interpreters' own pages come to, which are written to by running at all."""
_SHARE = 0.3
"""Of what was shared at first; the rest may be code, which is never copied."""
_PAGE_NS = 700
"""To copy one page of 4 KiB at the fault of its first write: the order of what Linux takes on current machines."""
_PAGE_BYTES = 4096

PAGE = Page(
    kind="copied-memory",
    title="Copy-on-write is broken",
    meaning=(
        "A forked worker shares all memory of its parent until one of them writes to a page, which is then copied. In "
        "Python to look is to write: each object holds the count of its references, which changes whenever somebody "
        "uses it. Workers that read many small objects end up with a copy of them, and memory runs out."
    ),
    found_by=(
        "While forked workers live side by side, the part of their memory that they share (RSS less PSS) shrinks by "
        "16 MB and by 30 % at least, and not because the parent gave it up."
    ),
    remedy=(
        "Hold large data in one block: array, bytes, NumPy, SharedMemory. Call gc.freeze() before the fork, so that "
        "the collector leaves the objects alone. Send workers only the part that they need."
    ),
)


def detect(case: Case) -> Finding | None:
    """Compare how memory in proportion grew with how the mapped one did."""
    memory = case.facts.memory
    if memory is None or case.facts.start_method != "fork" or not case.has_processes:
        return None
    copied = memory.first_shared - memory.last_shared
    if copied < max(_LEAST_BYTES, _SHARE * memory.first_shared):
        return None
    return case.finding(
        PAGE,
        f"Workers of {case.of} copied memory that they shared with their parent, by looking at it.",
        (
            (
                f"{counted(memory.processes, 'worker')} shared {figures.size(memory.first_shared)} at first and "
                f"{figures.size(memory.last_shared)} {figures.duration(memory.between_ns)} later."
            ),
        ),
        "Hold the data in one block (array, NumPy, SharedMemory) in place of many objects, or call gc.freeze() before.",
        copied / _PAGE_BYTES * _PAGE_NS / max(1, memory.processes),
    )
