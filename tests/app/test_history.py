"""What is shown of a moment, from a recording that is built."""

from __future__ import annotations

from pathlib import Path

from support.event_files import RunBuilder

from poolscope.tui.history import History
from poolscope.workloads.model import CoresSample, CoreUsage
from poolscope.workloads.recording.meta import End, write_end
from poolscope.workloads.recording.samples import SampleWriter


def test_the_end_shows_the_last_look_at_the_cores(tmp_path: Path) -> None:
    """It is taken when all is over, so after the end: a short run has no other."""
    run = RunBuilder(tmp_path / "0001")
    run.runner.put(RESULTS_THERE=5000, RUN_ENDED=5500, EXITING=6000)
    write_end(End(6000, "done", 0), run.directory)
    writer = SampleWriter(run.directory)
    writer.write(2000, None)
    writer.write(6500, CoresSample(6500, (CoreUsage(0, 50, 0, 0),), 1.0, None))
    writer.close()
    recording = run.read()
    recording.close()
    history = History(recording)
    history.look(7000, is_closed=True)
    assert history.view is not None
    end = history.view.end_ns
    assert end < 6500
    last, before = history.at(end), history.at(end - 1)
    assert last is not None
    assert last.cores is not None
    assert (last.cores.time_ns, last.cores_before) == (6500, (last.cores,))
    assert before is not None
    assert (before.cores, before.cores_before) == (None, ())
