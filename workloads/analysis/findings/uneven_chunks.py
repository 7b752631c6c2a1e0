"""Chunks so large, or so uneven, that workers stand idle at the end."""

from __future__ import annotations

import math

from ...report import figures
from .base import Case, Finding, Page, counted

_TAIL = 0.15
"""Share of the time: with four chunks a worker, as `Pool.map` makes them, the last one leaves an eighth at most if all
are alike, which nobody needs to be told."""
_STRAGGLER = 2.0
"""Times the average of the others from which on a chunk is one that stands out."""

PAGE = Page(
    kind="uneven-chunks",
    title="Workers stand idle at the end",
    meaning=(
        "A worker that has done its last chunk waits for the slowest one. With few large chunks, or with one task that "
        "takes much longer than the others, that is a large part of the time, and more workers do not help."
    ),
    found_by="From their last result until the last one of all, workers wait at least 15 % of the time on average.",
    remedy=(
        "Make chunks smaller (chunksize=1 for long tasks), so that whoever is free takes the next one; put the longest "
        "tasks first; cut a task that stands out into parts; use imap_unordered if the order does not matter."
    ),
)


def detect(case: Case) -> Finding | None:
    """Weigh the idle ends of workers."""
    facts = case.facts
    is_shared = case.workers > 1 and facts.used > 1 and facts.chunks >= facts.used
    if case.is_serial or not is_shared or case.share(facts.tail_ns) < _TAIL:
        return None
    others = (facts.computing_ns - facts.slowest_ns) / max(1, facts.chunks - 1)
    per_chunk = facts.tasks / max(1, facts.chunks)
    stands_out = facts.slowest_ns > _STRAGGLER * others
    why = "one chunk took much longer than the others" if stands_out else "its chunks are too large"
    if per_chunk > 1:
        most = figures.short_count(math.ceil(per_chunk))
        advice = f"Make chunks smaller than {most} tasks, and put the longest tasks first."
    else:
        advice = "Put the longest tasks first, or cut them into parts: a chunk cannot be smaller than one task."
    return case.finding(
        PAGE,
        f"Workers of {case.of} stood idle at the end, because {why}.",
        (
            f"After its last result a worker waited for {case.of_wall(facts.tail_ns)}, on average.",
            (
                f"The longest of {counted(facts.chunks, 'chunk')} computed for {figures.duration(facts.slowest_ns)}, "
                f"the others for {figures.duration(others)} on average."
            ),
        ),
        advice,
        facts.tail_ns,
    )
