"""What process pool executors do, of the standard library, of loky and of joblib; and the package multiprocess."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from support.observed_run import EventFile, ObservedRun, observe

from poolscope.workloads.recorder import layout

METHODS = layout.START_METHODS

CALLS = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor

def work(number, power=1):
    if number == 3:
        raise ValueError(number)
    return number ** power

def square(number):
    return number * number

if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(sys.argv[1])) as executor:
        futures = [executor.submit(work, number, power=2) for number in range(6)]
        print([future.result() if future.exception() is None else None for future in futures])
        print(list(executor.map(square, range(10), chunksize=4)))
        for unpicklable in (lambda: executor.submit(len, lambda: 0), lambda: executor.submit(eval, "lambda: 0")):
            try:
                unpicklable().result()
            except Exception as error:
                print(type(error).__name__)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(sys.argv[1])) as other:
        print(other.submit(square, 5).result())
"""


def check_calls(file: EventFile, job: int) -> list[int]:
    """Check the records of a worker against its counters; return the indexes of its calls."""
    chunks = file.records(layout.CHUNK)
    assert file["CHUNKS_STARTED"] == file["CHUNKS_DONE"] == len(chunks)
    assert file["CHUNKS_FAILED"] == sum(chunk[1] for chunk in chunks)
    assert file["ITEMS_DONE"] == sum(chunk[3] for chunk in chunks)
    assert (file["PHASE"], file["LOCKS"]) == (layout.PHASE_NONE, 0)
    assert {chunk[4] for chunk in chunks} <= {job}
    previous = file["ENTERED"]
    for chunk in chunks:
        since, received, begin, ended, pickled, sent = chunk[6:12]
        assert previous <= since <= received <= begin <= ended <= pickled <= sent
        previous = sent
    assert file["RECEIVING"] == sum(chunk[8] - chunk[7] for chunk in chunks)
    assert file["COMPUTING"] == sum(chunk[9] - chunk[8] for chunk in chunks)
    assert file["BYTES_IN"] == sum(chunk[12] for chunk in chunks)
    assert file["BYTES_OUT"] == sum(chunk[13] for chunk in chunks)
    return [chunk[5] for chunk in chunks]


@pytest.mark.parametrize("method", METHODS)
def test_every_call_of_an_executor_is_a_chunk_of_its_job(method: str, tmp_path: Path) -> None:
    run = observe(tmp_path, CALLS, [method])
    assert (run.status, run.errors) == (0, "")
    assert run.output.splitlines()[:2] == ["[0, 1, 4, None, 16, 25]", str([number**2 for number in range(10)])]
    main = run.main
    created = main.records(layout.POOL_CREATED)
    assert [(record[3], record[4], record[8]) for record in created] == [
        (2, 1, layout.POOL_KIND_EXECUTOR), (1, 2, layout.POOL_KIND_EXECUTOR),
    ]  # fmt: skip
    jobs = [(record[4], record[5], record[7], record[8]) for record in main.records(layout.JOB_SUBMITTED)]
    assert jobs == [(layout.EXECUTOR_JOBS + 1, 0, 0, 1), (layout.EXECUTOR_JOBS + 2, 0, 0, 2)]
    texts = {a: text.rstrip(b"\0") for _, _, _, kind, a, _, text, _ in main.records(layout.TEXT)}
    assert texts == {jobs[0][0]: b"work", jobs[1][0]: b"square"}
    indexes = [
        sorted(index for file in run.workers if file["POOL"] == number for index in check_calls(file, job))
        for number, (job, *_) in enumerate(jobs, 1)
    ]
    assert indexes == [[0, 1, 2, 3, 4, 5, 6, 7, 8, 10], [0]]  # one could not be sent
    assert sum(file["CHUNKS_FAILED"] for file in run.workers) == 2
    assert sum(file["ITEMS_DONE"] for file in run.workers) == 6 + 10 + 1 + 1
    assert main["CHUNKS_SENT"] == main["RESULTS_RECEIVED"] == 11
    assert main["SENT_BYTES"] == sum(file["BYTES_IN"] for file in run.workers)
    assert main["RESULT_BYTES"] == sum(file["BYTES_OUT"] for file in run.workers)
    assert main["SENDING"] > 0
    assert main["UNPICKLING"] > 0
    starts = main.records(layout.STARTED)
    assert {(record[8], record[9]) for record in starts} == {(layout.START_WORKER, 1), (layout.START_WORKER, 2)}
    assert {record[4] for record in starts} == {file["PID"] for file in run.workers} == set(run.reaped())
    for kind in (layout.POOL_CLOSED, layout.POOL_JOINED):
        assert [record[4] for record in main.records(kind)] == [1, 2]


ERRORS = """
import multiprocessing, os, signal, sys, traceback
from concurrent.futures import ProcessPoolExecutor, as_completed, wait

class Trap:
    def __init__(self, pid):
        self.pid = pid
    def __reduce__(self):
        return spring, (self.pid,)

def spring(pid):
    if (os.getpid() == pid) == (sys.argv[2] == "parent"):
        raise ValueError("sprung")

def make(pid):
    return Trap(pid)

def fail(number):
    raise KeyError(number)

def show(future):
    wait([future])
    try:
        future.result(timeout=60)
    except BaseException as error:
        traceback.print_exc(file=sys.stdout)

if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context(sys.argv[1])) as executor:
        future = executor.submit(fail, 1)
        wait([future])
        [show(each) for each in as_completed([future])]
        show(future)
        show(executor.submit(len, lambda: 0))
        show(executor.submit(eval, "lambda: 0"))
        show(executor.submit(os.getpid) if sys.argv[2] == "fine" else executor.submit(make, os.getpid()))
        if sys.argv[2] == "worker":
            show(executor.submit(len, Trap(os.getpid())))
        if sys.argv[2] == "killed":
            show(executor.submit(os.kill, executor.submit(os.getpid).result(), signal.SIGKILL))
"""


@pytest.mark.parametrize("what", ["fine", "parent", "worker", "killed"])
def test_the_errors_of_an_executor_look_the_same_with_and_without(what: str, tmp_path: Path) -> None:
    alone = observe(tmp_path, ERRORS, ["fork", what], is_recorded=False)
    run = observe(tmp_path, ERRORS, ["fork", what])
    assert run.status == alone.status
    assert without_addresses(run.output) == without_addresses(alone.output)
    assert without_addresses(run.errors) == without_addresses(alone.errors)
    assert "Traceback" in run.output
    assert "recorder" not in run.output + run.errors


def without_addresses(text: str) -> list[str]:
    return [line.split(" at 0x")[0] for line in text.splitlines()]


def test_workers_with_short_lives_are_recorded(tmp_path: Path) -> None:
    run = observe(
        tmp_path,
        """
from concurrent.futures import ProcessPoolExecutor

def work(number):
    return number

if __name__ == "__main__":
    with ProcessPoolExecutor(1, max_tasks_per_child=2) as executor:
        print([executor.submit(work, number).result() for number in range(2)])
""",
    )
    assert run.output == "[0, 1]\n"
    assert sorted(file["CHUNKS_DONE"] for file in run.workers)[-1] == 2
    assert {file["EXIT_CODE"] for file in run.workers} == {0}


PACKAGES = """
import os, sys, time

def work(number):
    open(f"{os.environ['SEEN']}/{os.getpid()}", "w").close()
    while len(os.listdir(os.environ["SEEN"])) < 2:  # so that each of the two workers gets some
        time.sleep(0.002)
    return number * number

if __name__ == "__main__":
    what = sys.argv[1]
    if what == "loky":
        from loky import get_reusable_executor
        executor = get_reusable_executor(max_workers=2)
        print(sum(executor.map(work, range(10), chunksize=2)))
        executor.shutdown()
    elif what == "joblib":
        from joblib import Parallel, delayed
        print(sum(Parallel(n_jobs=2, batch_size=2)(delayed(work)(number) for number in range(10))))
    elif what == "joblib.multiprocessing":
        from joblib import Parallel, delayed
        print(sum(Parallel(n_jobs=2, backend="multiprocessing", batch_size=2)(delayed(work)(n) for n in range(10))))
    else:
        import multiprocess
        with multiprocess.get_context("spawn").Pool(2) as pool:
            print(sum(pool.map(lambda number: work(number), range(10), 2)))
            pool.close()
            pool.join()
"""


@pytest.mark.parametrize("log_level", [0, 20])
@pytest.mark.parametrize("what", ["loky", "joblib", "joblib.multiprocessing", "multiprocess"])
def test_pools_of_other_packages_are_recorded(what: str, log_level: int, tmp_path: Path) -> None:
    if importlib.util.find_spec(what.partition(".")[0]) is None:
        pytest.skip(f"{what} is not installed")
    (tmp_path / "seen").mkdir()
    values = {"SEEN": str(tmp_path / "seen")}
    run: ObservedRun = observe(tmp_path, PACKAGES, [what], values=values, log_level=log_level, logs_to_file=True)
    assert (run.status, run.output, run.errors) == (0, "285\n", "")
    main = run.main
    workers = [file for file in run.workers if file["POOL"] == 1]
    assert len(workers) == 2
    assert sum(file["CHUNKS_DONE"] for file in workers) >= 5  # joblib may begin with smaller batches
    assert sum(file["ITEMS_DONE"] for file in workers) == 10
    assert {record[4] for record in main.records(layout.STARTED)} >= {file["PID"] for file in workers}
    kind = layout.POOL_KIND_LOKY if what in ("loky", "joblib") else layout.POOL_KIND_POOL
    assert main.records(layout.POOL_CREATED)[0][8] == kind
    texts = {
        text.rstrip(b"\0") for *_, named, _, _, text, _ in main.records(layout.TEXT) if named == layout.JOB_SUBMITTED
    }
    assert texts == {b"<lambda>" if what == "multiprocess" else b"work"}
    assert main["RESULTS_RECEIVED"] >= 5 or what == "joblib.multiprocessing"
    if what != "joblib.multiprocessing":  # which terminates its pool
        assert all(file["EXITING"] for file in run.files)
