"""The ledgers of processes are the same in a saved recording, and those of a moment are what its chunks say."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.observed_run import observe

from poolscope.workloads.analysis.process_ledger import process_ledgers
from poolscope.workloads.analysis.slowest import slowest_tasks
from poolscope.workloads.analysis.timeline import STATES, Timeline, cells
from poolscope.workloads.programs import ProcessLedger
from poolscope.workloads.recording.moment import RecordingAt
from poolscope.workloads.recording.reader import Recording
from poolscope.workloads.recording.save import save
from poolscope.workloads.recording.saved import SavedRecording

MOMENTS = 23
PROGRAM = """
import time
from multiprocessing import get_context

def task(milliseconds):
    time.sleep(milliseconds / 1000)
    return bytes(100)

if __name__ == "__main__":
    with get_context("fork").Pool(3) as pool:
        pool.map(task, [5, 20, 10] * 8, chunksize=1)
        time.sleep(0.1)
        pool.map(task, [7] * 9)
        pool.close()
        pool.join()
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = observe(tmp_path_factory.mktemp("program"), PROGRAM)
    assert run.status == 0, run.errors
    return run.directory


@pytest.fixture
def recording(directory: Path) -> Recording:
    found = Recording(directory)
    found.refresh()
    found.close()
    return found


def by_label(ledgers: tuple[ProcessLedger, ...]) -> dict[str, ProcessLedger]:
    for ledger in ledgers:
        assert sum(ledger.parts().values()) == ledger.wall_ns
        assert min(ledger.parts().values()) >= 0
    return {ledger.label: ledger for ledger in ledgers}


def test_a_saved_recording_says_the_same(recording: Recording, tmp_path: Path) -> None:
    view = Timeline(recording).refresh(time.perf_counter_ns())
    save(recording.directory, tmp_path / "saved.poolscope")
    saved = SavedRecording(tmp_path / "saved.poolscope")
    one, other = (by_label(process_ledgers(which, view.end_ns)) for which in (recording, saved))
    assert {label for label in one if label.startswith("w")} == {"w1", "w2", "w3"}
    assert {label: one[label] for label in one if label != "main"} == {
        label: other[label] for label in other if label != "main"
    }
    # Nobody says when the program itself was gone, since this one was started by no guardian.
    assert other["main"].blocked_ns == one["main"].blocked_ns


def test_the_ledgers_of_a_moment_are_what_the_chunks_say_of_it(recording: Recording) -> None:
    view = Timeline(recording).refresh(time.perf_counter_ns())
    last: dict[str, ProcessLedger] = {}
    for number in range(1, MOMENTS):
        moment = view.begin_ns + (view.end_ns - view.begin_ns) * number // MOMENTS
        found = by_label(process_ledgers(RecordingAt(recording, view, moment), moment))
        for file in recording.workers:
            ledger = found.get(recording.label(file))
            if ledger is None:
                assert file.created_ns > moment
                continue
            chunks = list(file.chunks())
            spent = {
                "computing_ns": sum(max(0, min(moment, chunk.end_ns) - chunk.begin_ns) for chunk in chunks),
                "receiving_ns": sum(max(0, min(moment, chunk.begin_ns) - chunk.received_ns) for chunk in chunks),
                "sending_ns": sum(max(0, min(moment, chunk.sent_ns) - chunk.end_ns) for chunk in chunks),
            }
            for name, wanted in spent.items():
                assert abs(getattr(ledger, name) - wanted) <= 0.01 * ledger.wall_ns, (ledger, name, wanted)
            assert ledger.chunks == sum(chunk.sent_ns <= moment for chunk in chunks)
            started = recording.started(file)
            assert started is not None
            assert ledger.wall_ns <= moment - started.time_ns
        for label, before in last.items():
            assert found[label].wall_ns >= before.wall_ns
            assert found[label].computing_ns >= before.computing_ns
        last = found
    whole = by_label(process_ledgers(recording, view.end_ns))
    assert by_label(process_ledgers(RecordingAt(recording, view, view.end_ns), view.end_ns)) == whole


def test_the_timeline_says_the_same_of_every_process(recording: Recording) -> None:
    view = Timeline(recording).refresh(time.perf_counter_ns())
    ledgers = by_label(process_ledgers(recording, view.end_ns))
    assert set(ledgers) == {track.label for track in view.tracks}
    for track in view.tracks:
        ledger = ledgers[track.label]
        amounts = cells(track, track.started_ns - 1, track.until_ns + 1, 1).amounts[:, 0]
        amount = dict(zip(STATES, amounts.tolist(), strict=True))
        for part, spent in ledger.parts().items():
            assert abs(spent - amount[part]) <= 0.005 * ledger.wall_ns, (track.label, part)


def test_the_slowest_tasks_are_the_same_however_they_are_found(
    recording: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_by_one = slowest_tasks(recording)
    monkeypatch.setattr("poolscope.workloads.analysis.slowest._FEW", 0)
    assert slowest_tasks(recording) == one_by_one
    durations = [task.end_ns - task.begin_ns for task in one_by_one]
    assert durations == sorted(durations, reverse=True)
    assert len(durations) == 10
    assert {task.function for task in one_by_one} == {"task"}
    assert one_by_one[0].arguments
