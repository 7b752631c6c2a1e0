"""The jobs of a run, and how far each one is."""

from pathlib import Path

import pytest
from support.event_files import EventFileBuilder, RunBuilder

from poolscope.workloads.analysis import jobs
from poolscope.workloads.analysis.jobs import jobs_of
from poolscope.workloads.programs import JobState
from poolscope.workloads.recorder import layout


@pytest.fixture
def run(tmp_path: Path) -> RunBuilder:
    return RunBuilder(tmp_path / "0001")


def submit(run: RunBuilder, job: int, chunksize: int, chunks: int, items: int, time: int, name: str) -> None:
    run.runner.life(layout.JOB_SUBMITTED, value=chunksize, a=job, b=chunks, time=time, v1=items, v2=1)
    run.runner.name(layout.JOB_SUBMITTED, job, chunks, name)


def do(worker: EventFileBuilder, job: int, count: int, items: int = 1, sent: int = 0, failed: int = 0) -> None:
    """Let a worker do chunks of a job."""
    for index in range(count):
        flags = layout.FLAG_FAILED if index < failed else 0
        worker.chunk(job, index, items, flags, (sent,) * 6)


def test_no_pool_no_job(run: RunBuilder) -> None:
    worker = run.worker(100, layout.ROLE_CHILD, ENTERED=110)
    do(worker, 0, 5)
    assert jobs_of(run.read()) == ()


def test_one_job_is_told_by_counters_alone(run: RunBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_read_few", None)
    monkeypatch.setattr(jobs, "_read_many", None)
    run.runner.life(layout.POOL_CREATED, value=2, a=1, time=20, v1=30, v2=layout.POOL_KIND_POOL)
    submit(run, 3, 5, 8, 36, 50, "square_root")
    for done in (2, 4):
        run.worker(100, ENTERED=110, CHUNKS_DONE=done, ITEMS_DONE=5 * done, CHUNKS_FAILED=1, LAST_SENT=200 * done)
    assert jobs_of(run.read()) == (
        JobState(run.RUNNER, 3, "square_root", "Pool 1", 5, 8, 36, 6, 30, 2, submitted_ns=50, last_ns=800),
    )


@pytest.mark.parametrize("way", ["_read_few", "_read_many"])
def test_several_jobs_are_told_by_records_and_followed(
    run: RunBuilder, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    for name in ("_read_few", "_read_many"):
        monkeypatch.setattr(jobs, name, getattr(jobs, way))
    workers = [run.worker(100 + index, ENTERED=110) for index in range(2)]
    submit(run, 3, 2, 9, 18, 50, "first")
    do(workers[0], 3, 3, items=2, sent=300)
    recording = run.read()
    found = [[(job.function, job.chunks_done) for job in jobs_of(recording)]]
    submit(run, 4, 1, 5, 5, 60, "second")
    do(workers[0], 3, 2, items=2, sent=400, failed=1)
    do(workers[1], 4, 4, sent=500)
    do(workers[1], 7, 1, sent=600)
    run.save()
    recording.refresh()
    found.append([(job.function, job.chunks_done) for job in jobs_of(recording)])
    submit(run, 7, 1, 1, 1, 70, "third")
    run.save()
    recording.refresh()
    states = jobs_of(recording)
    assert found == [[("first", 0)], [("first", 5), ("second", 4)]]
    assert [(s.function, s.chunks_done, s.items_done, s.chunks_failed, s.last_ns) for s in states] == [
        ("first", 5, 10, 1, 400),
        ("second", 4, 4, 0, 500),
        ("third", 1, 1, 0, 600),
    ]
    assert jobs_of(recording) == states


def test_tasks_given_one_by_one_count_as_one_job(run: RunBuilder) -> None:
    worker = run.worker(100, ENTERED=110)
    for job in range(40):
        submit(run, job, 1, 1, 1, 50 + job, "twice" if job < 30 else "thrice")
        do(worker, job, 1, sent=1000 + job)
    states = jobs_of(run.read())
    assert [(s.job, s.function, s.chunks, s.items, s.chunks_done, s.submitted_ns, s.last_ns) for s in states] == [
        (0, "twice", 30, 30, 30, 50, 1029),
        (30, "thrice", 10, 10, 10, 80, 1039),
    ]


def test_a_job_whose_size_becomes_known_later_keeps_its_place_and_its_name(run: RunBuilder) -> None:
    submit(run, 1, 1, 0, 0, 50, "lazy")
    recording = run.read()
    before = jobs_of(recording)
    run.runner.life(layout.JOB_SUBMITTED, value=1, a=1, b=30, time=50, v1=30, v2=1)
    submit(run, 2, 1, 5, 5, 60, "other")
    run.save()
    recording.refresh()
    after = jobs_of(recording)
    assert [(s.function, s.chunks) for s in before] == [("lazy", 0)]
    assert [(s.function, s.chunks) for s in after] == [("lazy", 30), ("other", 5)]


@pytest.mark.parametrize("end", [layout.POOL_TERMINATED, layout.POOL_JOINED])
def test_nothing_more_comes_of_the_jobs_of_a_pool_that_is_gone(run: RunBuilder, end: int) -> None:
    for pool in (1, 2):
        run.runner.life(layout.POOL_CREATED, value=2, a=pool, time=20, v2=layout.POOL_KIND_EXECUTOR)
        run.runner.life(layout.JOB_SUBMITTED, a=layout.EXECUTOR_JOBS + pool, time=30, v2=pool)
    run.runner.life(layout.POOL_CLOSED, a=2, time=35)
    run.runner.life(end, a=1, time=40)
    assert [(state.pool, state.is_over) for state in jobs_of(run.read())] == [
        ("ProcessPoolExecutor 1", True), ("ProcessPoolExecutor 2", False),
    ]  # fmt: skip


def test_jobs_of_several_owners_and_kinds_of_pools(run: RunBuilder) -> None:
    worker = run.worker(100, ENTERED=110)
    run.runner.life(layout.POOL_CREATED, value=2, a=1, time=20, v2=layout.POOL_KIND_EXECUTOR)
    number = layout.EXECUTOR_JOBS + 1
    run.runner.life(layout.JOB_SUBMITTED, a=number, time=30, v2=1)
    worker.life(layout.JOB_SUBMITTED, value=1, a=0, b=4, time=40, v1=4, v2=2)
    nested = EventFileBuilder(run.directory, 77, 200, ROLE=layout.ROLE_WORKER, PARENT_PID=worker.pid, CHUNKS_DONE=3)
    nested.save()
    do(worker, number, 6)
    worker.put(CHUNKS_DONE=6)
    states = jobs_of(run.read())
    assert sorted((s.parent, s.job, s.pool, s.chunks, s.chunks_done) for s in states) == [
        (run.RUNNER, number, "ProcessPoolExecutor 1", 0, 6),
        (worker.pid, 0, "Pool 2", 4, 3),
    ]
