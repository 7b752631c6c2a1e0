"""Memory that forked workers shared with their parent until they looked at it."""

from __future__ import annotations

from ...report import figures
from .base import Case, Finding, Page, counted

_LEAST_BYTES = 16_000_000
"""Of all workers together: what an interpreter's own pages come to, which are written to by running at all."""
_SHARE = 0.2
"""Of what all of them really used at first."""
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
        "While workers live side by side, what they and the parent really use (PSS) grows by 16 MB and by 20 % at "
        "least more than what is mapped (RSS) does: nothing new is there, and what was shared is not any more."
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
    copied = (memory.last_pss - memory.first_pss) - max(0, memory.last_rss - memory.first_rss)
    if copied < max(_LEAST_BYTES, _SHARE * memory.first_pss):
        return None
    return case.finding(
        PAGE,
        f"Workers of {case.of} copied memory that they shared with their parent, by looking at it.",
        (
            (
                f"{counted(memory.processes, 'worker')} and the parent really used "
                f"{figures.size(memory.first_pss)} at first and {figures.size(memory.last_pss)} in the end."
            ),
            f"{figures.size(copied)} of that was shared before.",
        ),
        "Hold the data in one block (array, NumPy, SharedMemory) in place of many objects, or call gc.freeze() before.",
        copied / _PAGE_BYTES * _PAGE_NS / max(1, memory.processes),
    )
