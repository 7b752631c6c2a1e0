"""Ending what falls to the user interface when its guardian is lost."""

from __future__ import annotations

import os
import time
from contextlib import suppress

from . import custody
from .sessions import is_of_session

_QUIET = 4
"""Looks in a row at which nothing must be found before nothing is left."""


def end_wards(wards: set[int], directory: str) -> None:
    """Kill and reap what falls to us when a guardian is lost, and nothing else.

    Args:
        wards: The guardian, and processes that were its children.
        directory: Session directory, which the environment of every process of a run names.
    """
    clearance = custody.Clearance(lambda: _fallen(wards, directory))
    quiet = 0
    # A process that is just dying has lost its environment, and has not yet left us its children.
    while quiet < _QUIET and not clearance.is_over:
        quiet += 1
        if not clearance.press_on():
            quiet = 0
        for pid in _fallen(wards, directory):
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(custody.TICK)
    clearance.tidy()


def _fallen(wards: set[int], directory: str) -> list[int]:
    """List our children that belong to a lost guardian, and all that is below them."""
    own = [pid for pid in custody.children(os.getpid()) if pid in wards or _is_marked(pid, wards, directory)]
    wards.update(own)
    return own + custody.descendants(own)


def _is_marked(pid: int, wards: set[int], directory: str) -> bool:
    """Whether a child of ours is of a run: by its process session, or by its environment."""
    try:
        return os.getsid(pid) in wards or is_of_session(pid, directory)
    except OSError:
        return False
