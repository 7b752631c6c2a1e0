"""Workers that draw the same random numbers, because each began with a copy of the same generator."""

from __future__ import annotations

from ...report import figures
from .base import Case, Finding, Page

_REPEATED = 0.1
"""Share of results that are copies of others. Of random floats none should be: 10,000 doubles of 53 random bits repeat
themselves with a probability below 1 in 100,000,000 (the birthday problem). A tenth leaves room for functions that
answer many inputs alike."""

PAGE = Page(
    kind="shared-random-numbers",
    title="Workers share random numbers",
    meaning=(
        "A generator that was seeded before the workers started is copied into each of them, so all draw the same "
        "numbers. Nothing raises, and the results look plausible; there are just fewer of them than it seems. Python's "
        "own random module seeds itself anew in a forked child, but generators that you made do not, nor does NumPy's "
        "global one."
    ),
    found_by=(
        "At least 10 % of the results hold the same fractions as another result, and less than that did in the lane "
        "that is compared with. Up to 10,000 results are looked at."
    ),
    remedy=(
        "Seed within the task, from its number: random.Random(number), or "
        "numpy.random.default_rng(SeedSequence(seed).spawn(tasks)[number]). Then results are also the same whichever "
        "worker has which task."
    ),
)


def detect(case: Case) -> Finding | None:
    """Compare how many results are copies with how many were in the reference."""
    facts, reference = case.facts, case.reference
    if case.is_serial or facts.repeated is None or not facts.tasks or reference is None:
        return None
    before = reference.facts.repeated
    share = facts.repeated / facts.tasks
    if before is None or share < _REPEATED or before / max(1, reference.facts.tasks) > share / 2:
        return None
    return case.finding(
        PAGE,
        f"The workers of {case.name} drew the same random numbers: each began with a copy of the same generator.",
        (
            (
                f"{figures.count(facts.repeated)} of {figures.count(facts.tasks)} results are copies of others; of "
                f"{reference.name}'s, {figures.count(before)} are."
            ),
        ),
        "Give each task a generator of its own, seeded with the number of the task.",
        case.wall_ns,
    )
