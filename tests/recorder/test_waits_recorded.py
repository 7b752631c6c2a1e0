"""How long a process waited for others: overlapping waits count once, and short ones leave no record."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from support.observed_run import ObservedRun, observe

from poolscope.workloads.recorder import layout

HEAD = """
import multiprocessing, os, subprocess, sys, threading, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed, wait

def work(seconds=0.2):
    time.sleep(seconds)
    return seconds

def waited(function):
    begin = time.perf_counter_ns()
    function()
    print(time.perf_counter_ns() - begin)

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
"""
POOL = "pool = context.Pool(1)"
EXECUTOR = "executor = ProcessPoolExecutor(1); future = executor.submit(work)"
WAITS = {
    "map": (layout.BLOCKED_BY_RESULTS, f"{POOL}; waited(lambda: pool.map(work, [0.2])); pool.terminate()"),
    "get": (layout.BLOCKED_BY_RESULTS, f"{POOL}; waited(pool.apply_async(work).get); pool.terminate()"),
    "imap": (layout.BLOCKED_BY_RESULTS, f"{POOL}; waited(pool.imap(work, [0.2]).next); pool.terminate()"),
    "future": (layout.BLOCKED_BY_FUTURE, f"{EXECUTOR}; waited(future.result)"),
    "wait": (layout.BLOCKED_BY_FUTURE, f"{EXECUTOR}; waited(lambda: wait([future]))"),
    "as_completed": (layout.BLOCKED_BY_FUTURE, f"{EXECUTOR}; waited(lambda: list(as_completed([future])))"),
    "joblib": (
        layout.BLOCKED_BY_FUTURE,
        "from joblib import Parallel, delayed; waited(lambda: Parallel(2)(delayed(work)(0.2) for _ in range(2)))",
    ),
    "join": (layout.BLOCKED_BY_JOIN, "process = context.Process(target=work); process.start(); waited(process.join)"),
    "pool": (layout.BLOCKED_BY_JOIN, f"{POOL}; pool.apply_async(work); pool.close(); waited(pool.join)"),
    "waitpid": (
        layout.BLOCKED_BY_CHILD,
        "pid = os.fork(); pid or work(); pid or os._exit(0); waited(lambda: os.waitpid(pid, 0))",
    ),
    "system": (layout.BLOCKED_BY_CHILD, "waited(lambda: os.system('exec sleep 0.2'))"),
    "subprocess": (layout.BLOCKED_BY_CHILD, "waited(subprocess.Popen(['sleep', '0.2']).wait)"),
}


def blocked(run: ObservedRun) -> list[tuple[int, int, int]]:
    """Return kind, begin and end of the program's waits."""
    return [(record[3], record[6], record[7]) for record in run.main.records(layout.BLOCKED_FOR)]


@pytest.mark.parametrize("what", WAITS)
def test_waits_are_counted_and_told_by_their_kind(what: str, tmp_path: Path) -> None:
    kind, source = WAITS[what]
    run = observe(tmp_path, f"{HEAD}    {source}\n")
    assert (run.status, run.errors) == (0, "")
    waited = int(run.output)
    found = [end - begin for by, begin, end in blocked(run) if by == kind and end - begin > 20_000_000]
    assert found, blocked(run)
    assert max(found) <= waited
    assert run.main["BLOCKED_SINCE"] == 0
    assert run.main["BLOCKED"] >= sum(end - begin for _, begin, end in blocked(run))


def test_waits_of_several_threads_and_within_each_other_count_once(tmp_path: Path) -> None:
    source = """
    processes = [context.Process(target=work, args=(seconds,)) for seconds in (0.2, 0.3)]
    [process.start() for process in processes]
    begin = time.perf_counter_ns()
    with ThreadPoolExecutor(2) as executor:
        futures = [executor.submit(os.waitpid, process.pid, 0) for process in processes]
        [future.result() for future in futures]
    print(time.perf_counter_ns() - begin)
"""
    run = observe(tmp_path, HEAD + source)
    assert (run.status, run.errors) == (0, "")
    assert 50_000_000 < run.main["BLOCKED"] <= int(run.output)
    times = sorted((begin, end) for _, begin, end in blocked(run))
    assert all(one[1] <= other[0] for one, other in pairwise(times))


def test_one_that_waits_now_says_since_when_and_short_waits_leave_no_record(tmp_path: Path) -> None:
    source = """
    pool = context.Pool(1)
    long = 0
    for _ in range(200):
        begin = time.perf_counter_ns()
        pool.apply(len, ([],))
        long += time.perf_counter_ns() - begin >= 1_000_000
    print(long, flush=True)
    process = context.Process(target=work, args=(1000,))
    process.start()
    thread = threading.Thread(target=process.join, daemon=True)
    thread.start()
    while "wait" not in open(f"/proc/self/task/{thread.native_id}/wchan").read():
        time.sleep(0.01)
    process.kill()
    os._exit(0)
"""
    run = observe(tmp_path, HEAD + source)
    assert (run.status, run.errors) == (0, "")
    assert run.main["BLOCKED_SINCE"] > 0
    assert run.main["BLOCKED"] > 0
    times = [end - begin for by, begin, end in blocked(run) if by == layout.BLOCKED_BY_RESULTS]
    assert len(times) <= int(run.output)  # only those that took a millisecond, of which a busy machine makes some
    assert all(time >= 1_000_000 for time in times)
