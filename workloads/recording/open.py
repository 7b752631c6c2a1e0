"""Opening a recording by what a person calls it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UsageError
from . import store
from .saved import SavedRecording

if TYPE_CHECKING:
    from .reader import Recording


def open_recording(reference: str | Path) -> SavedRecording | Recording:
    """Open a recording, complete and ready to be asked.

    Args:
        reference: A saved file, a run directory, or a kept recording: its identity, a unique beginning of that, or
            ``last``.

    Raises:
        UsageError: If there is none, or it cannot be read at all.
    """
    path = store.find(str(reference))
    if not path.is_dir():
        return SavedRecording(path)
    from .reader import Recording

    recording = Recording(path)
    recording.refresh()
    if not recording.files and recording.meta is None:
        raise UsageError(f"There is no recording in the directory {path}.")
    return recording
