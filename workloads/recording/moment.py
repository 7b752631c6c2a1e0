"""One moment in the past of a recording, with the interface of the recording itself.

Whatever describes a run (its processes, ledgers, jobs, failures) describes that moment when it is given this instead,
and knows nothing of the difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .reader import Recording

if TYPE_CHECKING:
    from ..analysis.tracks import TimelineView


class RecordingAt(Recording):
    """What the recording would have said at one moment.

    Args:
        recording: The whole one; not changed by this.
        view: Of the same recording.
        time_ns: The moment, on the clock of the recording.
    """

    def __init__(self, recording: Recording, view: TimelineView, time_ns: int) -> None:
        super().__init__(recording.directory)
        self.view = view
        self.time_ns = time_ns
