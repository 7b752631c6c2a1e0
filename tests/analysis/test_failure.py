"""What makes a run fail, and what does not."""

from pathlib import Path

import pytest
from support.event_files import RunBuilder

from poolscope.workloads.analysis.failure import find_failure, notes
from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.reader import Recording

READY = {"ENTERED": 50, "PHASE": layout.PHASE_WAITING}
BUSY = {
    "ENTERED": 50,
    "PHASE": layout.PHASE_COMPUTING,
    "CHUNKS_STARTED": 2,
    "CHUNKS_DONE": 1,
    "JOB": 0,
    "INDEX": 2,
    "ITEMS": 625_000,
}


@pytest.fixture
def run(tmp_path: Path) -> RunBuilder:
    run = RunBuilder(tmp_path / "0001")
    run.runner.life(layout.POOL_CREATED, value=2, a=1, time=20, v1=90)
    run.runner.life(layout.JOB_SUBMITTED, value=625_000, a=0, b=8, time=95, v1=5_000_000)
    return run


def failure(run: RunBuilder) -> str | None:
    recording = run.read()
    try:
        return find_failure(recording)
    finally:
        recording.close()


def test_a_run_under_way_has_not_failed(run: RunBuilder) -> None:
    run.worker(100, **BUSY)
    run.worker(110, **READY, LOCKS=layout.LOCK_READING)
    assert failure(run) is None
    assert failure(RunBuilder(run.directory.parent / "0002")) is None


def test_killed_with_a_chunk_in_hand(run: RunBuilder) -> None:
    run.worker(90, **READY)
    worker = run.worker(100, **BUSY)
    run.reap(worker, time=3000, status=-9)
    assert failure(run) == (
        f"Worker w2 (pid {worker.pid}) was killed by SIGKILL while it held chunk 3 of 8 (625,000 items)."
    )


@pytest.mark.parametrize(
    ("method", "words"),
    [("forkserver", "is beyond reach: the fork server that started it died"), ("spawn", "ended with exit 255")],
)
def test_a_lost_fork_server_is_not_taken_for_an_exit(run: RunBuilder, method: str, words: str) -> None:
    worker = run.worker(100, **BUSY, START_METHOD=layout.START_METHODS.index(method) + 1)
    run.reap(worker, time=3000, status=255)
    assert failure(run) == (f"Worker w1 (pid {worker.pid}) {words} while it held chunk 3 of 8 (625,000 items).")


def test_ended_with_a_chunk_in_hand(run: RunBuilder) -> None:
    worker = run.worker(100, **BUSY).text(layout.ERROR_TEXT, "SystemExit: 3")
    run.reap(worker, time=3000, status=3)
    assert failure(run) == (
        f"Worker w1 (pid {worker.pid}) ended with exit 3 while it held chunk 3 of 8 (625,000 items): SystemExit: 3."
    )


def test_exit_0_with_a_chunk_in_hand_loses_the_chunk_too(run: RunBuilder) -> None:
    run.reap(run.worker(100, **BUSY), time=3000, status=0)
    said = failure(run)
    assert said is not None
    assert "ended with exit 0 while it held chunk 3 of 8" in said


def test_killed_while_it_reads_a_chunk(run: RunBuilder) -> None:
    run.reap(run.worker(100, **BUSY | {"CHUNKS_DONE": 2, "PHASE": layout.PHASE_RECEIVING}), time=3000, status=-11)
    said = failure(run)
    assert said is not None
    assert said.endswith("was killed by SIGSEGV while it held a chunk.")


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        (layout.LOCK_READING, "the lock for taking tasks, so no other worker can get one any more."),
        (layout.LOCK_WRITING, "the lock for sending results, so no other worker can send one any more."),
    ],
)
def test_killed_with_a_lock(run: RunBuilder, lock: int, words: str) -> None:
    worker = run.worker(100, **READY, LOCKS=lock)
    run.reap(worker, time=3000, status=-9)
    assert failure(run) == f"Worker w1 (pid {worker.pid}) was killed by SIGKILL while it held {words}"


def test_an_idle_worker_without_a_lock_is_replaced(run: RunBuilder) -> None:
    worker = run.worker(100, **READY)
    run.reap(worker, time=3000, status=-15)
    recording = run.read()
    assert find_failure(recording) is None
    assert notes(recording) == (
        f"Worker w1 (pid {worker.pid}) was killed by SIGTERM while it was idle; the pool replaces it.",
    )
    recording.close()


def test_what_a_recording_lacks_is_noted(run: RunBuilder) -> None:
    run.worker(100, **READY, RECORDS_DROPPED=1200)
    (run.directory / "result.json").write_text("not JSON")
    recording = run.read()
    assert notes(recording) == (
        "1,200 events were counted, but no details of them were kept.",
        "The file result.json cannot be read: JSONDecodeError.",
    )
    recording.close()


def test_workers_that_ended_in_an_orderly_way(run: RunBuilder) -> None:
    run.reap(run.worker(100, ENTERED=50, EXITING=200), time=3000, status=0)
    recording = run.read()
    assert find_failure(recording) is None
    assert notes(recording) == ()
    recording.close()


def test_what_ends_after_the_results_are_there_is_harmless(run: RunBuilder) -> None:
    run.reap(run.worker(100, **BUSY), time=3000, status=-9)
    run.runner.life(layout.HANDLER_DIED, a=1, time=3000)
    assert failure(run) is not None
    run.runner.put(RESULTS_THERE=2999)
    assert failure(run) is None


def test_what_the_pool_terminated_itself_is_harmless(run: RunBuilder) -> None:
    run.runner.life(layout.POOL_TERMINATED, a=1, time=2999)
    run.reap(run.worker(100, **BUSY), time=3000, status=-15)
    assert failure(run) is None
    run.reap(run.worker(110, **BUSY), time=2998, status=-9)
    assert failure(run) is not None


@pytest.mark.parametrize(
    ("thread", "said"),
    [
        ("Thread-3 (_handle_results)", "The pool's result thread died, so no result can arrive any more."),
        ("Thread-2 (_handle_tasks)", "The pool's task thread died, so no task can be sent any more."),
        ("Thread-1 (_handle_workers)", "The pool's worker thread died, so no worker that ends is replaced any more."),
        ("strange", "A thread of the pool died: strange, so it cannot go on."),
        ("", "A thread of the pool died, so it cannot go on."),
    ],
)
def test_a_thread_of_the_pool_died(run: RunBuilder, thread: str, said: str) -> None:
    run.runner.life(layout.HANDLER_DIED, a=1, time=2000)
    run.runner.name(layout.HANDLER_DIED, 1, 0, thread)
    assert failure(run) == said


def test_a_process_with_a_target_of_its_own(run: RunBuilder) -> None:
    good = run.worker(100, layout.ROLE_CHILD, ENTERED=50, EXITING=200)
    run.reap(good, time=3000, status=0)
    assert failure(run) is None
    bad = run.worker(110, layout.ROLE_CHILD, ENTERED=50, EXITING=200).text(layout.ERROR_TEXT, "ValueError: no.")
    run.reap(bad, time=3000, status=1)
    assert failure(run) == f"Process w2 (pid {bad.pid}) ended with exit 1: ValueError: no."


def test_workers_that_fail_before_they_are_ready_would_be_started_for_ever(run: RunBuilder) -> None:
    for count in range(1, 5):
        assert failure(run) is None
        run.reap(run.worker(100 * count), time=3000, status=1)
    said = failure(run)
    assert said is not None
    assert said.startswith("4 workers ended with exit 1 before they were ready")


def test_workers_that_fail_before_they_have_a_file_count_too(run: RunBuilder) -> None:
    for count in range(4):
        run.reap(run.worker(100 * (count + 1)), time=3000, status=1)
    run.runner.save()
    recording = Recording(run.directory, is_alive=lambda pid: True)
    recording.refresh()
    assert (find_failure(recording) or "").startswith("4 workers ended")
    recording.close()
