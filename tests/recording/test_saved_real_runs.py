"""What a real program left is the same out of its directory and out of one file."""

from pathlib import Path

import pytest
from support.observed_run import observe

from poolscope.workloads.analysis.jobs import jobs_of
from poolscope.workloads.analysis.process_ledger import process_ledgers
from poolscope.workloads.analysis.slowest import slowest_tasks
from poolscope.workloads.analysis.timeline import Timeline
from poolscope.workloads.recording import save as saving
from poolscope.workloads.recording.meta import End, Meta, write_end, write_meta
from poolscope.workloads.recording.reader import Recording
from poolscope.workloads.recording.save import save
from poolscope.workloads.recording.saved import SavedRecording

SCRIPT = """
import os, subprocess, sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pool, Process

def work(number):
    time.sleep(number / 10_000)
    return "x" * number

def die():
    os.kill(os.getpid(), 9)

if __name__ == "__main__":
    with Pool(2) as pool:
        pool.map(work, range(50), chunksize=3)
        pool.map(work, range(300), chunksize=1)
    with ProcessPoolExecutor(2) as executor:
        list(executor.map(work, range(20)))
    process = Process(target=die)
    process.start()
    process.join()
    pid = os.fork()
    if not pid:
        os._exit(3)
    os.waitpid(pid, 0)
    subprocess.run([sys.executable, "-c", "print('hello')"])
"""


def test_a_real_program_is_the_same_out_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = observe(tmp_path, SCRIPT)
    assert run.status == 0, run.errors
    newest = max(file["CREATED"] for file in run.files)
    write_meta(Meta("program", "20260101-000000-aaaa", "x", 1, 2, "1", {}), run.directory)
    write_end(End(newest + 10**10, "done", 0), run.directory)
    recording = Recording(run.directory)
    recording.close()
    for few, name in ((saving.FEW_RECORDS_EACH, "small"), (5, "columns")):
        path = tmp_path / f"{name}.poolscope"
        if name == "columns":
            monkeypatch.setattr(saving, "FEW_RECORDS_IN_ALL", 0)
            monkeypatch.setattr(saving, "FEW_RECORDS_EACH", few)
        save(run.directory, path)
        compare(SavedRecording(path), recording)


def compare(saved: SavedRecording, recording: Recording) -> None:
    now = recording.end.ended_ns if recording.end is not None else 0
    assert saved.problems == ()
    assert len(saved.all_files) == len(recording.all_files) >= 8
    assert saved.processes(now) == recording.processes(now)
    assert {state.exit_status for state in saved.processes(now)} >= {0, -9, 3}
    assert jobs_of(saved) == jobs_of(recording)
    assert saved.tasks_done == recording.tasks_done == 370
    assert process_ledgers(saved, now) == process_ledgers(recording, now)
    assert slowest_tasks(saved, 10) == slowest_tasks(recording, 10)
    assert [task.arguments for task in slowest_tasks(saved, 3)] != ["", "", ""]
    view, other = Timeline(saved).refresh(now), Timeline(recording).refresh(now)
    assert (view.begin_ns, view.end_ns) == (other.begin_ns, other.end_ns)
    assert [(track.label, track.exit_status, track.items_done) for track in view.tracks] == [
        (track.label, track.exit_status, track.items_done) for track in other.tracks
    ]
