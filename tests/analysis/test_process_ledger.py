"""The ledger of each process: how a life is cut into parts that always sum to its wall time."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.event_files import RunBuilder

from poolscope.workloads.analysis.process_ledger import process_ledgers, sum_of
from poolscope.workloads.programs import PARTS, ProcessLedger
from poolscope.workloads.recorder import layout


@pytest.fixture
def run(tmp_path: Path) -> RunBuilder:
    return RunBuilder(tmp_path / "0001", begun=1000)


def ledgers(run: RunBuilder, now: int = 10_000) -> list[ProcessLedger]:
    recording = run.read()
    found = process_ledgers(recording, now)
    recording.close()
    for ledger in found:
        assert sum(ledger.parts().values()) == ledger.wall_ns
    return list(found)


def parts(run: RunBuilder, now: int = 10_000, label: str = "w1") -> dict[str, int]:
    """The parts of one process that are not 0."""
    (found,) = [ledger for ledger in ledgers(run, now) if ledger.label == label]
    return {name: spent for name, spent in found.parts().items() if spent}


DONE: dict[str, Any] = {
    "ENTERED": 2000,
    "FIRST_RECEIVED": 2500,
    "CHUNKS_STARTED": 4,
    "CHUNKS_DONE": 4,
    "ITEMS_DONE": 10,
    "RECEIVING": 300,
    "COMPUTING": 2000,
    "RETURNING": 700,
    "LAST_SENT": 6000,
    "PHASE": layout.PHASE_WAITING,
    "PHASE_SINCE": 6000,
}
TOLD = {"PHASE": layout.PHASE_NONE, "PHASE_SINCE": 7000}
WORK = {"starting": 801, "waiting": 1000, "receiving": 300, "computing": 2000, "sending": 700}
"""Of a worker with `DONE` whose start began at 1199."""


def test_a_whole_life_of_a_worker(run: RunBuilder) -> None:
    worker = run.worker(1200, **DONE | TOLD, EXITING=7100, BYTES_IN=5, BYTES_OUT=6)
    run.reap(worker, time=7300, status=0)
    assert parts(run) == WORK | {"idle": 1000, "stopping": 300}
    ledger = ledgers(run)[1]
    assert (ledger.wall_ns, ledger.chunks, ledger.items) == (7300 - 1199, 4, 10)
    assert (ledger.role, ledger.bytes_in, ledger.bytes_out) == ("worker", 5, 6)
    assert ledger.computing_cpu_ns is None


def test_a_worker_that_leaves_by_itself_is_idle_until_then(run: RunBuilder) -> None:
    worker = run.worker(1200, **DONE, EXITING=6010)
    run.reap(worker, time=6200, status=0)
    assert parts(run) == WORK | {"idle": 10, "stopping": 190}


def test_a_terminated_worker_was_told_to_stop_by_its_pool(run: RunBuilder) -> None:
    worker = run.worker(1200, **DONE)
    run.runner.life(layout.POOL_TERMINATED, a=1, time=6800)
    run.runner.life(layout.POOL_TERMINATED, a=2, time=7500)
    run.reap(worker, time=7000, status=-15)
    assert parts(run) == WORK | {"idle": 800, "stopping": 200}


def test_a_killed_worker_is_stopped_by_that(run: RunBuilder) -> None:
    busy = DONE | {"CHUNKS_STARTED": 5, "PHASE": layout.PHASE_COMPUTING, "PHASE_SINCE": 6100}
    worker = run.worker(1200, **busy)
    run.reap(worker, time=7000, status=-9)
    assert parts(run) == WORK | {"computing": 2900, "waiting": 1100}


def test_the_tail_waits_while_results_are_missing_and_is_idle_once_none_is(run: RunBuilder) -> None:
    run.worker(1200, **DONE)
    run.runner.put(TASKS_PLANNED=11)
    assert parts(run, 8000) == WORK | {"waiting": 3000}
    run.runner.put(TASKS_PLANNED=10)
    assert parts(run, 8000) == WORK | {"idle": 2000}
    run.runner.put(TASKS_PLANNED=0, CHUNKS_SENT=5, RESULTS_RECEIVED=4)
    assert parts(run, 8000) == WORK | {"waiting": 3000}


def test_what_is_in_hand_counts_up_to_now(run: RunBuilder) -> None:
    busy = DONE | {"CHUNKS_STARTED": 5, "PHASE": layout.PHASE_COMPUTING, "PHASE_SINCE": 6200}
    run.worker(1200, **busy)
    assert parts(run, 8000)["computing"] == 2000 + 1800
    assert parts(run, 9000)["computing"] == 2000 + 2800
    run.workers[0].put(PHASE=layout.PHASE_RETURNING)
    assert parts(run, 8000)["sending"] == 700 + 1800
    run.workers[0].put(PHASE=layout.PHASE_RECEIVING)
    assert parts(run, 8000)["receiving"] == 300 + 1800


def test_a_worker_that_is_not_ready_yet_is_starting(run: RunBuilder) -> None:
    run.worker(1200)
    assert parts(run, 8000) == {"starting": 8000 - 1199}


def test_a_worker_without_any_task_is_idle_once_none_is_missing(run: RunBuilder) -> None:
    run.worker(1200, ENTERED=2000, PHASE=layout.PHASE_WAITING, PHASE_SINCE=2000)
    assert parts(run, 3000) == {"starting": 801, "idle": 1000}
    run.runner.put(TASKS_PLANNED=1)
    assert parts(run, 3000) == {"starting": 801, "waiting": 1000}


def test_a_task_that_waits_for_a_pool_of_its_own_is_blocked_and_not_computing(run: RunBuilder) -> None:
    run.worker(1200, **DONE, BLOCKED=1500)
    assert parts(run, 6000) == WORK | {"computing": 500, "blocked": 1500}


def test_a_child_with_a_target_of_its_own_is_running(run: RunBuilder) -> None:
    child = run.worker(1200, layout.ROLE_CHILD, ENTERED=1500, EXITING=5000, BLOCKED=1000)
    run.reap(child, time=5200, status=0)
    assert parts(run) == {"starting": 301, "running": 2500, "blocked": 1000, "stopping": 200}


def test_a_child_that_computes_tasks_by_itself(run: RunBuilder) -> None:
    run.worker(1200, layout.ROLE_CHILD, **DONE | {"PHASE": layout.PHASE_NONE}, EXITING=6500)
    assert parts(run) == {"starting": 801, "receiving": 300, "computing": 2000, "sending": 700, "running": 1500}


def test_the_parent_is_blocked_up_to_now_and_its_side_stands_beside(run: RunBuilder) -> None:
    run.runner.put(BLOCKED=2000, BLOCKED_SINCE=5000, SENDING=70, UNPICKLING=80, SENT_BYTES=7, RESULT_BYTES=8)
    run.runner.put(RUN_ENDED=8000)
    assert parts(run, label="runner") == {"blocked": 5000, "running": 2000}
    (runner,) = ledgers(run)
    assert (runner.pickling_ns, runner.unpickling_ns, runner.sent_bytes, runner.received_bytes) == (70, 80, 7, 8)


def test_cpu_time_speaks_for_the_rest_where_most_of_it_was_measured(run: RunBuilder) -> None:
    run.worker(1200, **DONE, COMPUTING_CPU=900, COMPUTING_MEASURED=1000)
    assert ledgers(run)[1].computing_cpu_ns == 1800
    run.workers[0].put(COMPUTING_MEASURED=999)
    assert ledgers(run)[1].computing_cpu_ns is None


def test_a_sum_adds_up_and_knows_the_cpu_time_only_if_all_do(run: RunBuilder) -> None:
    run.worker(1200, **DONE, COMPUTING_CPU=900, COMPUTING_MEASURED=2000)
    run.worker(1300, ENTERED=2000)
    found = ledgers(run)[1:]
    total = sum_of(found)
    assert total.wall_ns == sum(ledger.wall_ns for ledger in found) == sum(total.parts().values())
    assert (total.label, total.pid, total.chunks, total.computing_cpu_ns) == ("sum", 0, 4, 900)
    run.workers[1].put(COMPUTING=5, CHUNKS_STARTED=1, CHUNKS_DONE=1, LAST_SENT=2010)
    assert sum_of(ledgers(run)[1:]).computing_cpu_ns is None
    assert sum_of([]).wall_ns == 0


_MOMENT = st.one_of(st.just(0), st.integers(0, 12_000), st.integers(-(2**63), 2**63 - 1))
_SLOTS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        (
            "ENTERED", "EXITING", "PHASE_SINCE", "FIRST_RECEIVED", "LAST_SENT", "WAITING", "RECEIVING", "COMPUTING",
            "RETURNING", "BLOCKED", "BLOCKED_SINCE", "COMPUTING_CPU", "COMPUTING_MEASURED", "SENDING", "BYTES_IN",
        ),
        _MOMENT,
    )
    | dict.fromkeys(("CHUNKS_STARTED", "CHUNKS_DONE", "ITEMS_DONE"), st.integers(0, 5))
    | {"PHASE": st.integers(0, 5)},
)  # fmt: skip
_ROLES = st.sampled_from(range(8))
_WORKERS = st.lists(st.tuples(st.integers(1, 9000), _ROLES, _SLOTS, st.one_of(st.none(), _MOMENT)), max_size=5)
_MARKS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("RUN_BEGUN", "RESULTS_THERE", "RUN_ENDED", "TASKS_PLANNED", "EXITING", "BLOCKED", "BLOCKED_SINCE"), _MOMENT
    ),
)


@settings(deadline=None, max_examples=300)
@given(_MARKS, _WORKERS, _MOMENT)
def test_the_parts_sum_to_wall_time_and_none_is_negative(
    marks: dict[str, int], workers: list[tuple[int, int, dict[str, int], int | None]], now: int
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        run = RunBuilder(Path(directory), begun=1000)
        run.runner.put(**marks)
        for created, role, slots, end in workers:
            worker = run.worker(created, role, **slots)
            if end is not None:
                run.reap(worker, end, -9)
                run.runner.life(layout.POOL_TERMINATED, a=1, time=end)
        recording = run.read()
        recording.refresh()
        found = process_ledgers(recording, now)
        recording.close()
    assert len(found) == 1 + len(workers)
    for ledger in found:
        assert sum(ledger.parts().values()) == ledger.wall_ns
        assert all(ledger.parts()[name] >= 0 for name in PARTS), ledger
        assert ledger.computing_cpu_ns is None or ledger.computing_cpu_ns >= 0
    assert sum_of(found).wall_ns == sum(sum_of(found).parts().values())
