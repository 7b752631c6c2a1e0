"""The ledger of each process against clocks of its own: programs that time themselves, as their parents see it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support.observed_run import observe

from poolscope.workloads.analysis.process_ledger import process_ledgers, sum_of
from poolscope.workloads.programs import ProcessLedger
from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.reader import Recording

AGREES = 0.01
"""Of the wall time of a process: how far a part may be from what its program measured."""
ATTEMPTS = 6
"""Other load may come between two looks at the clock; what is wrong in a ledger is wrong every time."""
METHODS = ["fork", "spawn", "forkserver"]

POOLS = '''
import json, multiprocessing, sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, pool
from time import perf_counter_ns as now

STARTED, REAPED, ANSWERS, BLOCKED = {}, {}, [], []

def timed(base):
    """A process that notes when its parent starts and reaps it."""
    class Process(base):
        def start(self):
            begin = now()
            super().start()
            STARTED[self.pid] = begin

        @property
        def exitcode(self):
            status = super().exitcode
            if status is not None and self.pid is not None:
                REAPED.setdefault(self.pid, now())
            return status

        def is_alive(self):
            super().is_alive()
            return self.exitcode is None

        def join(self, timeout=None):
            super().join(timeout)
            self.exitcode
    Process.__qualname__ = Process.__name__ = "Timed" + base.__name__
    return Process

for name in ("ForkProcess", "SpawnProcess", "ForkServerProcess"):
    globals()["Timed" + name] = timed(getattr(multiprocessing.context, name))

def context(method):
    plain = get_context(method)
    class Context(type(plain)):
        Process = globals()["Timed" + type(plain).Process.__name__]
    return Context()

def enter(both=None):
    global ENTERED
    if both is not None:
        both.wait()  # so that each of the two gets some tasks, however late one of them comes
    ENTERED = now()

def task(milliseconds):
    begin, cpu = now(), time.thread_time_ns()
    time.sleep(milliseconds / 1000)
    return multiprocessing.current_process().pid, ENTERED, begin, now(), time.thread_time_ns() - cpu

def work(milliseconds):
    begin, cpu = now(), time.thread_time_ns()
    while time.thread_time_ns() < cpu + milliseconds * 1_000_000:
        pass
    return multiprocessing.current_process().pid, ENTERED, begin, now(), time.thread_time_ns() - cpu

def slowly(items, pause):
    for item in items:
        time.sleep(pause / 1000)
        yield item

def blocked(call, *args, **options):
    begin = now()
    answer = call(*args, **options)
    BLOCKED.append(now() - begin)
    return answer

def usual(method):
    with context(method).Pool(2, enter) as workers:
        ANSWERS.extend(blocked(workers.map, task, [40] * 9 + [120], chunksize=1))
        time.sleep(0.1)
        ANSWERS.extend(blocked(workers.map, task, [30] * 4))
        workers.close()
        blocked(workers.join)

def terminated(method):
    with context(method).Pool(2, enter, (get_context(method).Barrier(2),)) as workers:
        ANSWERS.extend(blocked(workers.map, task, [80] * 4, chunksize=1))
        time.sleep(0.2)

def recycled(method):
    with context(method).Pool(2, enter, maxtasksperchild=2) as workers:
        ANSWERS.extend(blocked(workers.map, task, [120] * 8, chunksize=1))
        workers.close()
        blocked(workers.join)

def several(method):
    with context(method).Pool(2, enter) as one, context(method).Pool(1, enter) as other:
        first = one.map_async(task, [50] * 8, chunksize=1)
        ANSWERS.extend(other.imap(task, slowly([60] * 4, 40)))
        ANSWERS.extend(first.get())
        for workers in (one, other):
            workers.close()
            workers.join()

def busy(method):
    with context(method).Pool(2, enter) as workers:
        ANSWERS.extend(blocked(workers.map, work, [30] * 8, chunksize=1))
        workers.close()
        blocked(workers.join)

def executor(method):
    with ProcessPoolExecutor(2, context(method), enter) as workers:
        futures = [workers.submit(task, 50) for _ in range(8)]
        ANSWERS.extend(blocked(lambda: [future.result() for future in futures]))
        time.sleep(0.1)
        ANSWERS.extend(blocked(list, workers.map(task, [40] * 4)))
        blocked(workers.shutdown)

if __name__ == "__main__":
    shape, method = sys.argv[1:]
    begun = now()
    globals()[shape](method)
    print(json.dumps({
        "started": STARTED, "reaped": REAPED, "answers": ANSWERS, "blocked": sum(BLOCKED), "lasted": now() - begun,
    }))
'''

PROCESSES = (
    POOLS.partition("def enter(")[0]
    + """
def target(queue, milliseconds):
    entered = now()
    time.sleep(milliseconds / 1000)
    queue.put((multiprocessing.current_process().pid, entered, now()))

if __name__ == "__main__":
    chosen = context(sys.argv[1])
    queue = chosen.SimpleQueue()
    children = [chosen.Process(target=target, args=(queue, pause)) for pause in (200, 400)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    said = [queue.get() for _ in children]
    print(json.dumps({"started": STARTED, "reaped": REAPED, "answers": said}))
"""
)


class Clocked(NamedTuple):
    """What a program measured of one of its processes, in nanoseconds."""

    wall: int
    starting: int
    computing: int
    gaps: int
    """Between the end of one task and the begin of the next: sent, waited, received."""
    tail: int
    """From the end of the last task until the process was gone."""
    cpu: int


def run_timed(
    directory: Path, source: str, *arguments: str, cap: int | None = None
) -> tuple[dict[str, Any], tuple[ProcessLedger, ...]]:
    """Run a program, and return what it measured and what its ledgers say."""
    directory.mkdir()
    run = observe(directory, source, arguments, values={} if cap is None else {"POOLSCOPE_RECORD_CAP": str(cap)})
    assert run.status == 0, run.errors
    recording = Recording(run.directory)
    recording.refresh()
    recording.close()
    said = json.loads(run.output)
    # A task cannot see how long its own result takes to be sent; of the last one, that is no gap between two tasks.
    chunks = {file: list(file.chunks()) for file in recording.workers}
    said["last sent"] = {
        file.pid: found[-1].sent_ns - found[-1].end_ns
        for file, found in chunks.items()
        if found and len(found) == file.slots[layout.CHUNKS_DONE]
    }
    assert (recording.records_dropped > 0) == (cap is not None)
    return said, process_ledgers(recording, time.perf_counter_ns())


def clocked(said: Mapping[str, Any]) -> dict[int, Clocked]:
    found = {}
    for pid, started in said["started"].items():
        sent = said["last sent"].get(int(pid), 0)
        tasks = sorted([begin, end, entered] for who, entered, begin, end, _ in said["answers"] if who == int(pid))
        reaped = said["reaped"][pid]
        if tasks:
            found[int(pid)] = Clocked(
                wall=reaped - started,
                starting=tasks[0][2] - started,
                computing=sum(end - begin for begin, end, _ in tasks),
                gaps=sum(tasks[i + 1][0] - tasks[i][1] for i in range(len(tasks) - 1))
                + tasks[0][0]
                - tasks[0][2]
                + sent,
                tail=reaped - tasks[-1][1] - sent,
                cpu=sum(cpu for who, *_, cpu in said["answers"] if who == int(pid)),
            )
    return found


def check(directory: Path, source: str, *arguments: str, cap: int | None = None) -> None:
    wrong: dict[str, str] = {}
    for attempt in range(ATTEMPTS):
        said, ledgers = run_timed(directory / str(attempt), source, *arguments, cap=cap)
        for ledger in ledgers:
            assert sum(ledger.parts().values()) == ledger.wall_ns
        found = (differences_of_pools if source is POOLS else differences_of_processes)(said, ledgers)
        wrong = found if attempt == 0 else {what: found[what] for what in wrong.keys() & found.keys()}
        if not wrong:
            return
    raise AssertionError(wrong)


def differences_of_pools(said: Mapping[str, Any], ledgers: Sequence[ProcessLedger]) -> dict[str, str]:
    """What differs by more than is allowed, each with both figures."""
    measured = clocked(said)
    by_pid = {ledger.pid: ledger for ledger in ledgers if ledger.role == "worker"}
    assert len(measured) >= 2
    assert set(by_pid) >= set(measured)
    found: dict[str, str] = {}
    for pid, expected in measured.items():
        ledger = by_pid[pid]
        parts = Clocked(
            wall=ledger.wall_ns,
            starting=ledger.starting_ns,
            computing=ledger.computing_ns,
            gaps=ledger.waiting_ns + ledger.receiving_ns + ledger.sending_ns,
            tail=ledger.idle_ns + ledger.stopping_ns,
            cpu=ledger.computing_cpu_ns or 0,
        )
        for name, value, wanted in zip(Clocked._fields, parts, expected, strict=True):
            found |= compare(f"{ledger.label} {name}", value, wanted, expected.wall)
    (parent,) = [ledger for ledger in ledgers if ledger.role == "program"]
    # What a program waits for within `with` it cannot measure.
    found |= compare("blocked", parent.blocked_ns, said["blocked"], said["lasted"]) if said["blocked"] else {}
    total = sum_of(by_pid.values())
    assert (parent.sent_bytes, parent.received_bytes) == (total.bytes_in, total.bytes_out)
    return found


def differences_of_processes(said: Mapping[str, Any], ledgers: Sequence[ProcessLedger]) -> dict[str, str]:
    by_pid = {ledger.pid: ledger for ledger in ledgers if ledger.role == "child"}
    assert len(said["answers"]) == 2
    found: dict[str, str] = {}
    for pid, entered, ended in said["answers"]:
        ledger, begin, end = by_pid[pid], said["started"][str(pid)], said["reaped"][str(pid)]
        expected = (end - begin, entered - begin, ended - entered, end - ended)
        parts = (ledger.wall_ns, ledger.starting_ns, ledger.running_ns, ledger.stopping_ns)
        for name, value, wanted in zip(("wall", "starting", "running", "stopping"), parts, expected, strict=True):
            found |= compare(f"{ledger.label} {name}", value, wanted, end - begin)
    return found


def compare(what: str, value: int, wanted: int, wall: int) -> dict[str, str]:
    if abs(value - wanted) <= AGREES * wall:
        return {}
    return {what: f"{value / 1e6:.3f} ms, measured {wanted / 1e6:.3f} ms"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", ["usual", "terminated"])
def test_the_parts_of_workers_agree_with_the_clocks_of_the_program(shape: str, method: str, tmp_path: Path) -> None:
    check(tmp_path, POOLS, shape, method)


@pytest.mark.parametrize("shape", ["recycled", "several"])
def test_so_do_those_of_workers_that_are_replaced_and_of_several_pools(shape: str, tmp_path: Path) -> None:
    check(tmp_path, POOLS, shape, "fork")


def test_so_do_those_of_workers_whose_details_stopped_at_the_cap(tmp_path: Path) -> None:
    check(tmp_path, POOLS, "usual", "fork", cap=9)


@pytest.mark.parametrize(("shape", "method"), [("busy", "fork"), ("executor", "fork"), ("executor", "spawn")])
def test_so_do_cpu_time_and_those_of_executors(shape: str, method: str, tmp_path: Path) -> None:
    check(tmp_path, POOLS, shape, method)


@pytest.mark.parametrize("method", METHODS)
def test_so_do_those_of_processes_with_a_target_of_their_own(method: str, tmp_path: Path) -> None:
    check(tmp_path, PROCESSES, method)
