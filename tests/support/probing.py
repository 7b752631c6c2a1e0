"""Asks a saved recording for everything that it can be asked."""

from __future__ import annotations

from pathlib import Path

from poolscope.workloads.errors import UsageError
from poolscope.workloads.recording.recorded_log import RecordedLog
from poolscope.workloads.recording.saved import SavedRecording


def probe(path: Path) -> SavedRecording | None:
    """Open the file and ask for all of it; nothing but a `UsageError` may come of it.

    Returns:
        The recording; None if it was refused.
    """
    try:
        recording = SavedRecording(path)
    except UsageError:
        return None
    recording.processes(0)
    for file in recording.all_files:
        list(file.chunks())
        file.read_records(0, 100)
        assert file.name is not None
        recording.job(file)
    recording.samples.all_cores()
    recording.samples.seen()
    RecordedLog(recording).lines_between(-1, 1 << 63)
    assert all(sentence.isprintable() for sentence in recording.problems)
    return recording
