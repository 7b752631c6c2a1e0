"""What a list of workloads says of each, so that none of them has to be imported to be listed."""

from __future__ import annotations

from typing import NamedTuple

from . import find, names


class Entry(NamedTuple):
    """A line of the list."""

    name: str
    topic: str
    """Heading under which it stands."""
    summary: str
    """A few words."""


_TEXTS: dict[str, tuple[str, str]] = {
    "sqrt": ("first steps", "square root of every number"),
    "bubble-sort": ("first steps", "one child sorts, or many"),
    "wordcount": ("first steps", "words in real files"),
    "eight-roots": ("first steps", "four friends share the work"),
    "primes": ("perfectly parallel", "primes, block by block"),
    "pi": ("perfectly parallel", "pi from random points"),
    "mandelbrot": ("perfectly parallel", "a picture, row by row"),
    "hash": ("perfectly parallel", "digests of large blocks"),
    "compress": ("perfectly parallel", "real files made smaller"),
    "fetch": ("I/O-bound", "pages from a slow server"),
    "files": ("I/O-bound", "many small files, digested"),
    "shared-counter": ("shared memory", "updates lost without a lock"),
    "shared-array": ("shared memory", "shared memory against copies"),
    "ping-pong": ("message passing", "messages between two processes"),
    "pipeline": ("message passing", "an assembly line of processes"),
    "family": ("processes", "children and grandchildren"),
    "exits": ("processes", "ways to end, and who is told"),
    "start-methods": ("processes", "fork, spawn and forkserver"),
    "tiny-tasks": ("pitfalls", "tasks not worth sending"),
    "big-arguments": ("pitfalls", "much to send, little to do"),
    "big-results": ("pitfalls", "much to ship back"),
    "stragglers": ("pitfalls", "one slow task among quick ones"),
    "unpicklable": ("pitfalls", "what cannot be sent, and why"),
    "blas": ("pitfalls", "NumPy threads fight for cores"),
    "memory": ("pitfalls", "pages shared, pages copied"),
}
"""Topic and summary by name: those of the workloads themselves, which a test compares."""


def entries() -> tuple[Entry, ...]:
    """Return all built-in workloads in the order in which they are offered; one that has no text here is built."""
    return tuple(_entry(name) for name in names())


def _entry(name: str) -> Entry:
    if name in _TEXTS:
        return Entry(name, *_TEXTS[name])
    workload = find(name)
    return Entry(name, workload.topic, workload.summary)
