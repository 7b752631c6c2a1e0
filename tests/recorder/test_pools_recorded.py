"""What a pool does, as its workers and its parent record it: exact counters, and complete records in order."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.observed_run import EventFile, ObservedRun, observe

from poolscope.workloads.recorder import layout

METHODS = layout.START_METHODS

MAP = """
import multiprocessing, sys

def square(number):
    return number * number

if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        assert pool.map(square, range(1003), 10) == [n * n for n in range(1003)]
        assert pool.starmap(pow, [(2, n) for n in range(7)], 2) == [2**n for n in range(7)]
        assert pool.apply(square, (5,)) == 25
        assert list(pool.imap(square, range(6), 4)) == [n * n for n in range(6)]
        assert sorted(pool.imap_unordered(square, range(3))) == [0, 1, 4]
        pool.close()
        pool.join()
"""
CHUNKS = 101 + 4 + 1 + 2 + 3
ITEMS = 1003 + 7 + 1 + 6 + 3


def check_worker(file: EventFile) -> None:
    chunks = file.records(layout.CHUNK)
    assert file["CHUNKS_STARTED"] == file["CHUNKS_DONE"] == len(chunks)
    assert file["ITEMS_DONE"] == sum(chunk[3] for chunk in chunks)
    assert file["PHASE"] == layout.PHASE_NONE
    assert file["LOCKS"] == 0
    assert file["RECORDS_WRITTEN"] == len(chunks) + 2 + len(file.records(layout.TEXT))
    previous = file["ENTERED"]
    for chunk in chunks:
        since, received, begin, ended, pickled, sent = chunk[6:12]
        assert previous <= since <= received <= begin <= ended <= pickled <= sent
        previous = sent
    # The wait for the chunk after the last one ended with the end of the pool.
    assert file["RECEIVING"] == sum(chunk[8] - chunk[7] for chunk in chunks)
    assert file["COMPUTING"] == sum(chunk[9] - chunk[8] for chunk in chunks)
    assert file["RETURNING"] == sum(chunk[11] - chunk[9] for chunk in chunks)
    assert file["WAITING"] >= sum(chunk[7] - chunk[6] for chunk in chunks)
    assert file["BYTES_IN"] == sum(chunk[12] for chunk in chunks)
    assert file["BYTES_OUT"] == sum(chunk[13] for chunk in chunks)
    if chunks:
        assert file["FIRST_RECEIVED"] == chunks[0][7]
        assert file["LAST_SENT"] == chunks[-1][11]


@pytest.mark.parametrize("method", METHODS)
def test_counters_and_chunk_records_are_exact(method: str, tmp_path: Path) -> None:
    run = observe(tmp_path, MAP, [method])
    assert (run.status, run.output, run.errors) == (0, "", "")
    assert len(run.workers) == 2
    for file in run.workers:
        check_worker(file)
    assert sum(file["CHUNKS_DONE"] for file in run.workers) == CHUNKS
    assert sum(file["ITEMS_DONE"] for file in run.workers) == ITEMS
    seen = [chunk[4:6] for file in run.workers for chunk in file.records(layout.CHUNK)]
    assert sorted(seen) == sorted(
        [(0, n) for n in range(101)]
        + [(1, n) for n in range(4)]
        + [(2, 0), (3, 0), (3, 1)]
        + [(4, n) for n in range(3)]
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_parent_records_what_it_sent_and_received(method: str, tmp_path: Path) -> None:
    run = observe(tmp_path, MAP, [method])
    main = run.main
    assert main["CHUNKS_SENT"] == main["RESULTS_RECEIVED"] == CHUNKS
    assert main["SENT_BYTES"] == sum(file["BYTES_IN"] for file in run.workers)
    assert main["RESULT_BYTES"] == sum(file["BYTES_OUT"] for file in run.workers)
    assert main["SENDING"] > 0
    assert main["UNPICKLING"] > 0
    assert main["LAST_RESULT"] >= max(file["LAST_SENT"] - 1_000_000_000 for file in run.workers)
    ((_, _, _, workers, number, _, begin, end, *_),) = main.records(layout.POOL_CREATED)
    assert (workers, number) == (2, 1)
    assert begin < end
    starts = main.records(layout.STARTED)
    assert [record[8] for record in starts] == [1, 1]
    assert {record[4] for record in starts} == {file["PID"] for file in run.workers} == set(run.reaped())
    for kind in (layout.POOL_CLOSED, layout.POOL_JOINED, layout.POOL_TERMINATED):
        assert len(main.records(kind)) == 1
    jobs = [
        (job, size, chunks, items) for _, _, _, size, job, chunks, _, items, *_ in main.records(layout.JOB_SUBMITTED)
    ]
    assert jobs[:3] == [(0, 10, 101, 1003), (1, 2, 4, 7), (2, 1, 1, 1)]
    assert jobs[3:] == [(3, 4, 0, 0), (3, 4, 2, 0), (4, 1, 0, 0), (4, 1, 3, 3)]
    assert {record[8] for record in main.records(layout.JOB_SUBMITTED)} == {number}
    assert {file["POOL"] for file in run.workers} == {record[9] for record in starts} == {number}
    texts = {(kind, a, b): text.rstrip(b"\0").decode() for _, _, _, kind, a, b, text, _ in main.records(layout.TEXT)}
    assert texts == {(layout.JOB_SUBMITTED, job, b): "pow" if job == 1 else "square" for job, _, b, _ in jobs}


def test_a_task_that_raises_counts_as_failed_and_one_that_cannot_be_pickled_too(tmp_path: Path) -> None:
    run = observe(
        tmp_path,
        """
import multiprocessing

def fail(number):
    if number == 1:
        raise ValueError(number)
    return (lambda: 0) if number == 2 else number

if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(1) as pool:
        for answer in [pool.apply_async(fail, (number,)) for number in range(4)]:
            try:
                print(answer.get())
            except Exception as error:
                print(type(error).__name__)
        pool.close()
        pool.join()
""",
    )
    assert run.output == "0\nValueError\nMaybeEncodingError\n3\n"
    (worker,) = run.workers
    assert worker["CHUNKS_DONE"] == worker["CHUNKS_STARTED"] == 4
    assert worker["CHUNKS_FAILED"] == 2
    assert [chunk[1] for chunk in worker.records(layout.CHUNK)] == [0, layout.FLAG_FAILED, layout.FLAG_FAILED, 0]


def test_large_messages_arrive_whole_and_are_counted(tmp_path: Path) -> None:
    run = observe(
        tmp_path,
        """
import multiprocessing

SIZES = [0, 1, 16000, 16384, 16385, 70000, 3_000_000]

def echo(data):
    return data

if __name__ == "__main__":
    inputs = [bytes([size % 251]) * size for size in SIZES]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        print(pool.map(echo, inputs, 1) == inputs)
        pool.close()
        pool.join()
""",
    )
    assert run.output == "True\n"
    assert sum(file["BYTES_IN"] for file in run.workers) == run.main["SENT_BYTES"] > 3_100_000
    assert sum(file["BYTES_OUT"] for file in run.workers) == run.main["RESULT_BYTES"] > 3_100_000


def test_every_worker_of_a_pool_with_short_lives_is_recorded(tmp_path: Path) -> None:
    run = observe(
        tmp_path,
        """
import multiprocessing

def work(number):
    return number

if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=3) as pool:
        print(pool.map(work, range(20), 1) == list(range(20)))
        pool.close()
        pool.join()
""",
    )
    assert run.output == "True\n"
    assert len(run.workers) >= 7
    assert sum(file["CHUNKS_DONE"] for file in run.workers) == 20
    assert max(file["CHUNKS_DONE"] for file in run.workers) == 3
    assert set(run.reaped()) == {file["PID"] for file in run.workers}


TWO_THREADS = """
import multiprocessing, threading

def work(number):
    return number

def use(count):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(work, range(count), 1) == list(range(count))
        pool.close()
        pool.join()

if __name__ == "__main__":
    threads = [threading.Thread(target=use, args=(count,)) for count in (400, 300)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
"""


def test_two_threads_with_a_pool_each_share_exact_counters(tmp_path: Path) -> None:
    run = observe(tmp_path, TWO_THREADS)
    assert (run.status, run.errors) == (0, "")
    assert run.main["CHUNKS_SENT"] == run.main["RESULTS_RECEIVED"] == 700
    assert sum(file["CHUNKS_DONE"] for file in run.workers) == 700
    assert run.main["SENT_BYTES"] == sum(file["BYTES_IN"] for file in run.workers)
    assert len(run.main.records(layout.POOL_CREATED)) == 2


def test_a_pool_of_threads_is_none_of_our_business(tmp_path: Path) -> None:
    run = observe(
        tmp_path,
        """
from multiprocessing.pool import ThreadPool

with ThreadPool(2) as pool:
    print(pool.map(str, range(4)))
""",
    )
    assert (run.output, run.errors, run.files) == ("['0', '1', '2', '3']\n", "", run.programs)
    assert [run.main.records(kind) for kind in (layout.POOL_CREATED, layout.JOB_SUBMITTED, layout.STARTED)] == [[]] * 3


KILLED = """
import multiprocessing, os, signal, sys

def work(number):
    if number == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    return number

if __name__ == "__main__":
    pool = multiprocessing.get_context("fork").Pool(1)
    result = pool.map_async(work, range(8), 1)
    victim = pool._pool[0]
    victim.join()
    pool.terminate()
    print(victim.pid)
"""


def test_a_killed_worker_leaves_what_it_had_written_and_the_chunk_it_held(tmp_path: Path) -> None:
    run = observe(tmp_path, KILLED)
    worker = next(file for file in run.workers if file["PID"] == int(run.output))
    assert run.reaped()[worker["PID"]] == -9
    assert worker["EXITING"] == 0
    assert (worker["PHASE"], worker["JOB"], worker["INDEX"], worker["ITEMS"]) == (layout.PHASE_COMPUTING, 0, 5, 1)
    assert (worker["CHUNKS_STARTED"], worker["CHUNKS_DONE"], worker["LOCKS"]) == (6, 5, 0)
    assert len(worker.records(layout.CHUNK)) == 5
    assert worker.text(layout.FUNCTION_TEXT) == "work"


IDLE = """
import multiprocessing, os, signal, sys, time

def work(number):
    return number

if __name__ == "__main__":
    pool = multiprocessing.get_context("fork").Pool(2)
    pool.map(work, range(8), 1)
    wchan = lambda pid: open(f"/proc/{pid}/wchan").read()
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        places = [wchan(worker.pid) for worker in pool._pool]
        if all("pipe" in place or "futex" in place for place in places):
            break
    for worker in pool._pool:
        print(worker.pid, "pipe" in wchan(worker.pid), flush=True)
    for worker in list(pool._pool):
        os.kill(worker.pid, signal.SIGKILL)
    os._exit(0)
"""


@pytest.mark.skipif(not Path("/proc/self/wchan").exists(), reason="needs to see where a process waits")
def test_only_the_idle_worker_that_holds_the_read_lock_is_flagged(tmp_path: Path) -> None:
    run = observe(tmp_path, IDLE)
    holds = {int(pid): word == "True" for pid, word in (line.split() for line in run.output.splitlines())}
    if sorted(holds.values()) != [False, True]:
        pytest.skip("the kernel does not say where a process waits")
    locks = {file["PID"]: file["LOCKS"] for file in run.workers}
    assert {pid: locks[pid] for pid in holds} == {
        pid: layout.LOCK_READING if is_holder else 0 for pid, is_holder in holds.items()
    }


BROKEN = """
import multiprocessing, os, sys

class Trap:
    def __reduce__(self):
        return (Trap.spring, ())
    @staticmethod
    def spring():
        if os.getpid() == int(sys.argv[1]):
            raise ValueError("sprung")

def work(number):
    return Trap()

if __name__ == "__main__":
    sys.argv[1:] = [str(os.getpid())]
    pool = multiprocessing.get_context("fork").Pool(1)
    pool.apply_async(work, (1,))
    pool._result_handler.join()
    print(pool._result_handler.name)
    os._exit(0)
"""


def test_the_death_of_a_pool_s_own_thread_is_recorded(tmp_path: Path) -> None:
    run = observe(tmp_path, BROKEN)
    assert "ValueError: sprung" in run.errors
    ((_, _, _, _, number, *_),) = run.main.records(layout.HANDLER_DIED)
    names = [text.rstrip(b"\0").decode() for *_, kind, a, _, text, _ in run.main.records(layout.TEXT)
             if (kind, a) == (layout.HANDLER_DIED, number)]  # fmt: skip
    assert names == run.output.split("\n")[:1]


@pytest.mark.parametrize("method", METHODS)
def test_a_worker_has_entered_once_its_initialiser_is_through(method: str, tmp_path: Path) -> None:
    source = """
import multiprocessing, sys, time

def prepare():
    print(time.perf_counter_ns(), flush=True)

def work(number):
    return number

if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(1, initializer=prepare) as pool:
        pool.map(work, range(3), 1)
        pool.close()
        pool.join()
"""
    run: ObservedRun = observe(tmp_path, source, [method])
    (worker,) = run.workers
    assert worker["ENTERED"] > int(run.output) > worker["CREATED"]
