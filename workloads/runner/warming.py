"""Waiting until a pool is warm: until every worker that was started is ready for work.

A small pass may be over before the last worker is up; what that one still has to do would be timed with the next pass.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic, sleep

from ..recorder import layout
from ..recording.reader import Recording

_PATIENCE_S = 20.0
"""After which the pass is timed all the same: something is wrong with a worker, and others find that out."""
_PAUSE_S = 0.002


def await_workers(directory: Path) -> None:
    """Wait until all workers that this run has started are ready, going by what they recorded in its DIRECTORY."""
    recording, latest = Recording(directory), monotonic() + _PATIENCE_S
    while monotonic() < latest:
        recording.refresh()
        if _are_ready(recording):
            break
        sleep(_PAUSE_S)
    recording.close()


def _are_ready(recording: Recording) -> bool:
    files = recording.files
    workers = [pid for pid, (_, started) in recording.starts() if started.kind == layout.START_WORKER]
    return all(pid in files and files[pid].slots[layout.ENTERED] for pid in workers)
