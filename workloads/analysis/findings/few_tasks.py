"""Workers that never get anything to do, because there is not enough of it."""

from __future__ import annotations

from ...report import figures
from .base import Case, Finding, Page

PAGE = Page(
    kind="few-tasks",
    title="There are fewer chunks than workers",
    meaning=(
        "A worker takes a whole chunk at a time. With fewer tasks than workers, or so many tasks in a chunk that there "
        "are fewer chunks than workers, the rest of the workers is started, waits, and is stopped again."
    ),
    found_by="The run had fewer chunks than workers.",
    remedy="Start no more workers than there are chunks; cut the work into more and smaller tasks; lower chunksize.",
)


def detect(case: Case) -> Finding | None:
    """Count chunks and workers."""
    facts = case.facts
    if case.is_serial or facts.lost or not 0 < facts.chunks < case.workers or facts.used >= case.workers:
        return None
    idle = case.workers - facts.used
    are_few = facts.tasks < case.workers
    what = "task" if are_few else "chunk"
    count = facts.tasks if are_few else facts.chunks
    advice = (
        f"Start {facts.chunks:,} worker{'' if facts.chunks == 1 else 's'}, or cut the work into smaller tasks."
        if are_few
        else f"Set chunksize={max(1, facts.tasks // (4 * case.workers)):,}, so that there is a chunk for everybody."
    )
    return case.finding(
        PAGE,
        f"{case.name} had {figures.count(count)} {what}{'' if count == 1 else 's'} for "
        f"{figures.count(case.workers)} workers.",
        (f"{figures.count(idle)} of {figures.count(case.workers)} workers never got a task.",),
        advice,
        case.wall_ns * idle / case.workers,
    )
