"""Ending what falls to the user interface when its guardian is lost."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from . import custody
from .sessions import is_of_session

_QUIET = 4
"""Looks in a row at which nothing must be found before nothing is left."""


def end_wards(wards: set[int], directory: str, strangers: frozenset[int] | None = None) -> None:
    """Kill and reap what falls to us when a guardian is lost, and nothing else.

    Args:
        wards: The guardian, and processes that were its children.
        directory: Session directory, which the environment of every process of a run names.
        strangers: Our children that are to be left alone, if all others belong to the guardian; None if that is not
            known.
    """

    def find() -> list[int]:
        return _fallen(wards, directory, strangers)

    clearance = custody.Clearance(find)
    quiet = 0
    # A process that is just dying has lost its environment, and has not yet left us its children.
    while quiet < _QUIET and not clearance.is_over:
        quiet += 1
        if not clearance.press_on():
            quiet = 0
        for pid in find():
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(custody.TICK)
    clearance.tidy()


def _fallen(wards: set[int], directory: str, strangers: frozenset[int] | None) -> list[int]:
    """List our children that belong to a lost guardian, and all that is below them."""
    children = custody.children(os.getpid())
    if strangers is not None:
        own = [pid for pid in children if pid not in strangers]
    else:
        own = [pid for pid in children if pid in wards or _is_marked(pid, wards, directory)]
    wards.update(own)
    return own + custody.descendants(own)


def _is_marked(pid: int, wards: set[int], directory: str) -> bool:
    """Whether a child of ours is of a run: by its process session, or by its environment."""
    try:
        return os.getsid(pid) in wards or is_of_session(pid, directory)
    except OSError:
        return False
