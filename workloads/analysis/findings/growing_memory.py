"""Workers that take more and more memory."""

from __future__ import annotations

from ...report import figures
from .base import Case, Finding, Page, counted

_LEAST_BYTES = 50_000_000
"""A worker: what imports and caches of a few first tasks come to."""
_SHARE = 0.5
"""Of what a worker had when it was first looked at."""

PAGE = Page(
    kind="growing-memory",
    title="Workers take more and more memory",
    meaning=(
        "A worker lives as long as its pool. Whatever a task leaves in globals, caches, or memory that the allocator "
        "keeps is there for good, in every worker. On a machine that is short of memory the kernel kills one of them "
        "in the end, and its tasks are lost."
    ),
    found_by=(
        "The resident memory of workers grows, while they live side by side, by 50 MB each and by half of what they "
        "began with."
    ),
    remedy=(
        "Look for what outlives a task: globals, functools.cache without a limit, open files. Replace workers after a "
        "number of chunks (maxtasksperchild of Pool, max_tasks_per_child of an executor); hand less out at once."
    ),
)


def detect(case: Case) -> Finding | None:
    """Compare resident memory at first and in the end."""
    memory = case.facts.memory
    if memory is None or not case.has_processes:
        return None
    each = (memory.last_rss - memory.first_rss) / memory.processes
    first = memory.first_rss / memory.processes
    if each < max(_LEAST_BYTES, _SHARE * first):
        return None
    return case.finding(
        PAGE,
        f"The workers of {case.of} grew by {figures.size(each)} each.",
        (
            (
                f"{counted(memory.processes, 'worker')} held {figures.size(memory.first_rss)}, and "
                f"{figures.size(memory.last_rss)} {figures.duration(memory.between_ns)} later."
            ),
        ),
        "See what outlives a task in globals and caches, or replace workers after some chunks (maxtasksperchild).",
        0,
    )
