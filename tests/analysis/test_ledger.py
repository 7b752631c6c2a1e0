"""The ledger: where each worker's time goes, and that it always sums to wall time."""

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.event_files import RunBuilder

from poolscope.workloads.analysis.ledger import ledger_of
from poolscope.workloads.model import PHASES, Ledger
from poolscope.workloads.recorder import layout


@pytest.fixture
def run(tmp_path: Path) -> RunBuilder:
    return RunBuilder(tmp_path / "0001", begun=1000)


def ledger(run: RunBuilder, now: int = 10_000) -> dict[str, int]:
    """The phases that are not 0."""
    recording = run.read()
    found = ledger_of(recording, now)
    recording.close()
    return {name: spent for name, spent in found.phases().items() if spent}


DONE: dict[str, Any] = {
    "ENTERED": 2000,
    "FIRST_RECEIVED": 2500,
    "CHUNKS_STARTED": 4,
    "CHUNKS_DONE": 4,
    "ITEMS_DONE": 10,
    "RECEIVING": 300,
    "COMPUTING": 2000,
    "RETURNING": 700,
    "WAITING": 9999,  # counts the time before the first chunk and after the last one too
    "LAST_SENT": 6000,
    "PHASE": layout.PHASE_WAITING,
    "PHASE_SINCE": 6000,
}


def test_nothing_before_the_begin(run: RunBuilder) -> None:
    run.runner.put(RUN_BEGUN=0)
    assert ledger(run) == {}


def test_until_there_is_a_worker_everything_is_starting(run: RunBuilder) -> None:
    assert ledger(run, 1500) == {"starting": 500}
    run.worker(1200)
    assert ledger(run, 1600) == {"starting": 600}


def test_a_whole_run_of_one_worker(run: RunBuilder) -> None:
    run.runner.put(RESULTS_THERE=7000, RUN_ENDED=7400, TASKS_PLANNED=10)
    run.worker(1200, **DONE)
    assert ledger(run) == {
        "starting": 1000,
        "sending": 500 + 300,
        "computing": 2000,
        "returning": 700 + 1000,
        "waiting": 3500 - 3000,
        "stopping": 400,
    }


def test_the_faster_worker_waits_for_the_slower_one_and_both_for_the_parent(run: RunBuilder) -> None:
    run.runner.put(RESULTS_THERE=7000, RUN_ENDED=7000, TASKS_PLANNED=20)
    work = {"ENTERED": 1000, "FIRST_RECEIVED": 1000, "CHUNKS_STARTED": 1, "CHUNKS_DONE": 1, "ITEMS_DONE": 10}
    run.worker(1001, **work, COMPUTING=2000, LAST_SENT=3000)
    run.worker(1002, **work, COMPUTING=5000, LAST_SENT=6000)
    assert ledger(run) == {"computing": 3500, "waiting": 1500, "returning": 1000}


def test_the_phase_in_hand_counts_up_to_now(run: RunBuilder) -> None:
    run.runner.put(TASKS_PLANNED=20)
    busy = DONE | {"CHUNKS_STARTED": 5, "PHASE": layout.PHASE_COMPUTING, "PHASE_SINCE": 6200}
    run.worker(1200, **busy)
    first, later = ledger(run, 8000), ledger(run, 9000)
    assert first["computing"] == 2000 + 1800
    assert later["computing"] == 2000 + 2800
    assert first["waiting"] == later["waiting"] == 700
    run.workers[0].put(PHASE=layout.PHASE_RETURNING)
    assert ledger(run, 8000)["returning"] == 700 + 1800
    run.workers[0].put(PHASE=layout.PHASE_RECEIVING)
    assert ledger(run, 8000)["sending"] == 500 + 300 + 1800


def test_while_tasks_are_missing_an_idle_worker_waits(run: RunBuilder) -> None:
    run.runner.put(TASKS_PLANNED=20)
    run.worker(1200, **DONE)
    assert ledger(run, 8000)["waiting"] == 500 + 2000
    run.runner.put(TASKS_PLANNED=10)
    found = ledger(run, 8000)
    assert (found["waiting"], found["returning"]) == (500, 700 + 2000)


def test_a_worker_that_never_gets_a_chunk(run: RunBuilder) -> None:
    run.runner.put(TASKS_PLANNED=20)
    run.worker(1200, ENTERED=2000)
    assert ledger(run, 3000) == {"starting": 1000, "sending": 1000}
    run.worker(1201, **DONE | {"COMPUTING": 3500, "RECEIVING": 0, "RETURNING": 0})
    found = ledger(run, 6000)
    assert found == {"starting": 1000, "sending": 500, "computing": 1750, "waiting": 1750}


def test_the_serial_engine_computes(run: RunBuilder) -> None:
    run.runner.put(CHUNKS_STARTED=5, CHUNKS_DONE=5, ENTERED=500, RESULTS_THERE=7000, RUN_ENDED=7010)
    assert ledger(run) == {"computing": 6000, "stopping": 10}


def test_a_dead_workers_line_goes_on_in_its_successor(run: RunBuilder) -> None:
    run.runner.put(TASKS_PLANNED=100)
    dead = run.worker(1200, **DONE | {"CHUNKS_STARTED": 5, "PHASE": layout.PHASE_COMPUTING, "PHASE_SINCE": 6000})
    run.reap(dead, time=7000, status=-9)
    run.worker(
        7100, ENTERED=7300, FIRST_RECEIVED=7400, CHUNKS_STARTED=1, PHASE=layout.PHASE_COMPUTING, PHASE_SINCE=7400
    )
    assert ledger(run, 8000) == {
        "starting": 1000 + 200,
        "sending": 500 + 300 + 100,
        "computing": 2000 + 1000 + 600,
        "returning": 700,
        "waiting": 500 + 100,
    }


def test_a_dead_worker_without_a_successor_leaves_waiting_behind(run: RunBuilder) -> None:
    run.runner.put(TASKS_PLANNED=100)
    dead = run.worker(1200, **DONE | {"CHUNKS_STARTED": 5, "PHASE": layout.PHASE_COMPUTING, "PHASE_SINCE": 6000})
    run.reap(dead, time=7000, status=-9)
    found = ledger(run, 9000)
    assert (found["computing"], found["waiting"]) == (3000, 500 + 2000)


def test_workers_that_lived_side_by_side_have_lines_of_their_own(run: RunBuilder) -> None:
    run.runner.put(RESULTS_THERE=2000, RUN_ENDED=2000)
    for created in (1100, 1200, 1300):
        run.worker(created, layout.ROLE_CHILD, ENTERED=1500, EXITING=1900)
    assert sum(ledger(run).values()) == 1000
    assert ledger(run)["starting"] == 500


def test_a_run_that_broke_off_ends_where_its_runner_did(run: RunBuilder) -> None:
    run.runner.put(EXITING=4000)
    assert ledger(run, 9000) == {"starting": 3000}


def test_rounding_keeps_the_sum(run: RunBuilder) -> None:
    run.runner.put(RESULTS_THERE=1100, RUN_ENDED=1100)
    for entered in (1001, 1002, 1002):
        run.worker(entered, ENTERED=entered, FIRST_RECEIVED=entered + 7, COMPUTING=50, LAST_SENT=1090, CHUNKS_STARTED=1, CHUNKS_DONE=1)  # fmt: skip  # noqa: E501
    assert sum(ledger(run).values()) == 100


_MOMENT = st.one_of(st.just(0), st.integers(0, 12_000), st.integers(-(2**63), 2**63 - 1))
_SLOTS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        (
            "ENTERED", "EXITING", "PHASE_SINCE", "FIRST_RECEIVED", "LAST_SENT",
            "WAITING", "RECEIVING", "COMPUTING", "RETURNING",
        ),
        _MOMENT,
    )
    | dict.fromkeys(("CHUNKS_STARTED", "CHUNKS_DONE", "ITEMS_DONE"), st.integers(0, 5))
    | {"PHASE": st.integers(0, 5)},
)  # fmt: skip
_WORKERS = st.lists(st.tuples(st.integers(1, 9000), _SLOTS, st.one_of(st.none(), _MOMENT)), max_size=5)
_MARKS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("RESULTS_THERE", "RUN_ENDED", "TASKS_PLANNED", "CHUNKS_STARTED", "EXITING"), _MOMENT)
)


@settings(deadline=None, max_examples=300)
@given(_MARKS, _WORKERS, _MOMENT)
def test_the_phases_sum_to_wall_time_and_none_is_negative(
    marks: dict[str, int], workers: list[tuple[int, dict[str, int], int | None]], now: int
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        run = RunBuilder(Path(directory), begun=1000)
        run.runner.put(**marks)
        for created, slots, end in workers:
            worker = run.worker(created, **slots)
            if end is not None:
                run.reap(worker, end, -9)
        recording = run.read()
        recording.refresh()
        found = ledger_of(recording, now)
        recording.close()
    end = marks.get("RUN_ENDED") or (min(now, marks["EXITING"]) if marks.get("EXITING") else now)
    assert found.total_ns == max(0, end - 1000)
    assert all(found.phases()[name] >= 0 for name in PHASES), found
    assert isinstance(found, Ledger)
