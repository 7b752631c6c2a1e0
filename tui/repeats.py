"""How often each lane is run: the choices that one key goes through."""

from __future__ import annotations

from typing import NamedTuple


class Repeats(NamedTuple):
    """One of them."""

    runs: int | None
    """Of each lane; None for as many as it takes."""
    warmups: int
    """Of each lane before those, which do not count."""
    title: str
    """In a few words, for the border of the lanes; "" for the usual one."""
    about: str
    """In a sentence."""


CHOICES = (
    Repeats(1, 0, "", "Each lane is run once."),
    Repeats(5, 1, "5 runs each", "Each lane is run 5 times, in turns, after a warm-up run: enough for an interval."),
    Repeats(10, 1, "10 runs each", "Each lane is run 10 times, in turns, after a warm-up run."),
    Repeats(
        None,
        1,
        "runs until it is known",
        "Each lane is run until its ratio to the first one is known to 5 %, or for a minute, after a warm-up run.",
    ),
)
"""The usual one first."""
