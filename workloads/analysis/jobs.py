"""The jobs of a run: what was given to pools and executors, and how far each one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..programs import JobState
    from ..recording.reader import Recording


def jobs_of(recording: Recording) -> tuple[JobState, ...]:
    """Say what was given to the pools and executors of a run, in the order in which it was.

    Args:
        recording: Refreshed already; live, saved, or one moment of either.
    """
    del recording
    return ()
