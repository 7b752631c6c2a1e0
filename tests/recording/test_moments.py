"""Moments of the past: what a recording said then, worked out afterwards."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.event_files import RunBuilder
from support.timelines import MS, at, chunk, short_run

from poolscope.workloads.analysis.failure import find_failure
from poolscope.workloads.analysis.jobs import jobs_of
from poolscope.workloads.analysis.ledger import ledger_of
from poolscope.workloads.analysis.process_ledger import process_ledgers
from poolscope.workloads.analysis.timeline import Timeline, slowest
from poolscope.workloads.recorder import layout
from poolscope.workloads.recording.moment import RecordingAt
from poolscope.workloads.recording.reader import Recording

SUMS = (
    "CHUNKS_STARTED", "CHUNKS_DONE", "CHUNKS_FAILED", "ITEMS_DONE", "WAITING", "RECEIVING", "COMPUTING", "RETURNING",
    "BYTES_IN", "BYTES_OUT",
)  # fmt: skip
PHASES = (layout.PHASE_WAITING, layout.PHASE_RECEIVING, layout.PHASE_COMPUTING, layout.PHASE_RETURNING)


def closed(run: RunBuilder) -> Recording:
    recording = run.read()
    recording.close()
    return recording


def moment_of(recording: Recording, time_ns: int) -> RecordingAt:
    return RecordingAt(recording, Timeline(recording).refresh(at(1000)), time_ns)


def slots_by_hand(chunks: Sequence[tuple[tuple[int, ...], int, bool]], entered: int, time_ns: int) -> dict[str, int]:
    """The counters of a worker at a moment, chunk by chunk."""
    found = dict.fromkeys(SUMS, 0)
    found |= {"PHASE": layout.PHASE_WAITING, "PHASE_SINCE": entered, "LAST_SENT": 0}
    for times, items, is_failed in chunks:
        waiting, received, begin, end, _, sent = times
        if time_ns < waiting:
            break
        names = ("WAITING", "RECEIVING", "COMPUTING", "RETURNING")
        edges = (waiting, received, begin, end, sent)
        for index, name in enumerate(names):
            if time_ns >= edges[index + 1]:
                found[name] += edges[index + 1] - edges[index]
            else:
                found["PHASE"], found["PHASE_SINCE"] = PHASES[index], edges[index]
                break
        if begin <= time_ns:
            found["CHUNKS_STARTED"] += 1
            found["BYTES_IN"] += 34
        if sent <= time_ns:
            found["CHUNKS_DONE"] += 1
            found["ITEMS_DONE"] += items
            found["CHUNKS_FAILED"] += is_failed
            found["BYTES_OUT"] += 56
            found["PHASE"], found["PHASE_SINCE"], found["LAST_SENT"] = layout.PHASE_WAITING, sent, sent
    return found


lengths = st.lists(
    st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(0, 5),
              st.booleans()),
    max_size=700,
)  # fmt: skip


@settings(deadline=None, max_examples=25)
@given(lengths, st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_the_counters_of_a_worker_at_any_moment(
    parts: list[tuple[int, int, int, int, int, bool]], shares: list[float]
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        run = RunBuilder(Path(directory, "0001"))
        worker = run.worker(100, ENTERED=150)
        now, chunks = 150, []
        for index, (wait, receive, compute, send, items, is_failed) in enumerate(parts):
            edges = (now, now + wait, now + wait + receive, now + wait + receive + compute)
            times = (*edges, edges[3], edges[3] + send)
            worker.chunk(1, index, items, layout.FLAG_FAILED if is_failed else 0, times)
            chunks.append((times, items, is_failed))
            now = times[5]
        whole = slots_by_hand(chunks, 150, now)
        worker.put(**whole)
        recording = run.read()
        view = Timeline(recording).refresh(now + 1000)
        for share in shares:
            time_ns = 150 + round((now - 150) * share)
            then = RecordingAt(recording, view, time_ns)
            found = then.files[worker.pid].slots
            expected = slots_by_hand(chunks, 150, time_ns)
            assert {name: found[getattr(layout, name)] for name in expected} == expected
            assert sum(1 for _ in then.files[worker.pid].chunks()) == expected["CHUNKS_DONE"]


def test_processes_at_a_moment_are_what_they_were(tmp_path: Path) -> None:
    recording = closed(short_run(tmp_path / "0001"))
    then = moment_of(recording, at(595))
    found = {state.label: state for state in then.processes(0)}
    assert list(found) == ["runner", "w1", "w2", "w3"]
    assert [(s.phase, s.chunks_done, s.current) for label, s in found.items() if label != "runner"] == [
        ("receiving", 6, "a chunk"),
        ("waiting", 6, ""),
        ("computing", 5, "task 18 of 30"),
    ]
    assert (found["w3"].ended_ns, found["w3"].exit_status) == (None, None)
    assert find_failure(then) is None
    after = moment_of(recording, at(601))
    assert find_failure(after) == find_failure(recording)
    assert "was killed by SIGKILL while it held task 18 of 30" in (find_failure(after) or "")
    assert {s.label: s.phase for s in after.processes(0)}["w3"] == "ended"


def test_who_was_not_there_yet_is_not_there(tmp_path: Path) -> None:
    recording = closed(short_run(tmp_path / "0001"))
    labels = [[state.label for state in moment_of(recording, at(m)).processes(0)] for m in (50, 110, 130, 150)]
    assert labels == [["runner"], ["runner", "w1"], ["runner", "w1", "w2"], ["runner", "w1", "w2", "w3"]]


def test_at_its_end_a_recording_says_what_it_says(tmp_path: Path) -> None:
    recording = closed(short_run(tmp_path / "0001"))
    view = Timeline(recording).refresh(at(1000))
    then = RecordingAt(recording, view, view.end_ns)
    assert then.processes(0) == recording.processes(0)
    assert then.marks == recording.marks
    assert (then.result, then.is_closed, then.tasks_done) == (recording.result, True, recording.tasks_done)
    assert process_ledgers(then, view.end_ns) == process_ledgers(recording, view.end_ns)
    assert jobs_of(then) == jobs_of(recording)
    assert dict(then.exit_statuses) == dict(recording.exit_statuses)
    before = RecordingAt(recording, view, view.end_ns - MS)
    assert (before.result, before.is_closed) == (None, False)


@pytest.mark.parametrize("moment", [0, 60, 115, 300, 599, 900, 1000])
def test_ledgers_of_a_moment_add_up_to_the_time_until_then(tmp_path: Path, moment: int) -> None:
    recording = closed(short_run(tmp_path / "0001"))
    then = moment_of(recording, at(moment))
    assert ledger_of(then, at(moment)).total_ns == moment * MS
    for ledger in process_ledgers(then, at(moment)):
        assert sum(ledger.parts().values()) == ledger.wall_ns
        assert ledger.wall_ns <= moment * MS


def test_jobs_at_a_moment(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "0001")
    worker = run.worker(at(1), ENTERED=at(2))
    for job, begin in ((4, 2), (5, 30)):
        run.runner.life(layout.JOB_SUBMITTED, value=2, a=job, b=5, time=at(begin), v1=10)
        for index in range(5):
            worker.chunk(job, index, items=2, times=chunk(begin + 4 * index, 4))
    worker.put(CHUNKS_DONE=10, CHUNKS_STARTED=10, ITEMS_DONE=20, LAST_SENT=at(50))
    recording = run.read()
    found = {}
    for moment in (1, 12, 31, 43, 60):
        then = moment_of(recording, at(moment))
        found[moment] = [(state.job, state.chunks_done, state.items_done) for state in jobs_of(then)]
    assert found == {
        1: [], 12: [(4, 2, 4)], 31: [(4, 5, 10), (5, 0, 0)], 43: [(4, 5, 10), (5, 3, 6)], 60: [(4, 5, 10), (5, 5, 10)],
    }  # fmt: skip
    assert [state.chunks_done for state in jobs_of(recording)] == [5, 5]


def test_the_owner_of_a_pool_had_taken_in_what_was_sent_by_then(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "0001")
    run.runner.put(CHUNKS_SENT=10, SENDING=1000, SENT_BYTES=500)
    run.runner.put(RESULTS_RECEIVED=10, UNPICKLING=2000, RESULT_BYTES=800, LAST_RESULT=at(50))
    run.runner.life(layout.JOB_SUBMITTED, value=1, a=1, b=10, time=at(2), v1=10)
    worker = run.worker(at(1), ENTERED=at(2))
    for index in range(10):
        worker.chunk(1, index, times=chunk(2 + 4 * index, 4))
    worker.put(CHUNKS_DONE=10, CHUNKS_STARTED=10, LAST_SENT=at(42))
    slots = moment_of(run.read(), at(19)).files[run.RUNNER].slots
    names = ("CHUNKS_SENT", "SENDING", "RESULTS_RECEIVED", "UNPICKLING", "RESULT_BYTES", "LAST_RESULT")
    assert [slots[getattr(layout, name)] for name in names] == [10, 1000, 4, 800, 320, at(18)]


def test_waits_for_others_up_to_a_moment(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "0001")
    run.runner.put(ENTERED=at(0), BLOCKED=20 * MS, BLOCKED_SINCE=0)
    run.runner.life(layout.BLOCKED_FOR, time=at(10), v1=at(20))
    run.runner.life(layout.BLOCKED_FOR, time=at(50), v1=at(60))
    run.worker(at(1), ENTERED=at(2), PHASE=layout.PHASE_WAITING, PHASE_SINCE=at(2))
    recording = run.read()
    found = []
    for moment in (5, 15, 30, 70):
        slots = moment_of(recording, at(moment)).files[run.RUNNER].slots
        found.append((slots[layout.BLOCKED], slots[layout.BLOCKED_SINCE]))
    assert found == [(0, 0), (0, at(10)), (10 * MS, 0), (20 * MS, 0)]


def test_where_details_stopped_counters_grow_evenly_to_what_they_were(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "0001")
    worker = run.worker(at(1), ENTERED=at(2), RECORDS_DROPPED=8, PHASE=layout.PHASE_WAITING, PHASE_SINCE=at(50))
    for index in range(2):
        worker.chunk(1, index, times=chunk(2 + 4 * index, 4))
    worker.put(CHUNKS_STARTED=10, CHUNKS_DONE=10, ITEMS_DONE=10, COMPUTING=42 * MS, LAST_SENT=at(50))
    recording = run.read()
    found = []
    for moment in (6, 10, 20, 30, 49.99, 50, 60):
        then = moment_of(recording, at(moment))
        slots = then.files[worker.pid].slots
        found.append((slots[layout.CHUNKS_DONE], slots[layout.COMPUTING] // MS, then.records_dropped))
    assert found == [(1, 1, 0), (2, 2, 0), (4, 12, 2), (6, 22, 4), (10, 41, 8), (10, 42, 8), (10, 42, 8)]


def test_the_slowest_tasks_of_a_moment(tmp_path: Path) -> None:
    recording = closed(short_run(tmp_path / "0001"))
    view = Timeline(recording).refresh(0)
    then = RecordingAt(recording, view, at(400))
    early = slowest(Timeline(then).refresh(at(400)))
    assert len(early) == sum(file.slots[layout.CHUNKS_DONE] for file in then.workers) == 9
    assert all(task.end_ns <= at(400) for task in early)
    assert len(slowest(view, 100)) == 25


any_value = st.integers(0, 2000) | st.integers(-(2**63), 2**63 - 1)
any_slots = st.dictionaries(
    st.sampled_from([
        "ENTERED", "EXITING", "PHASE", "PHASE_SINCE", "WAITING", "RECEIVING", "COMPUTING", "CHUNKS_STARTED",
        "CHUNKS_DONE", "ITEMS_DONE", "LAST_SENT", "FIRST_RECEIVED", "RECORDS_DROPPED", "BLOCKED", "BLOCKED_SINCE",
        "CHUNKS_SENT", "RESULTS_RECEIVED", "SENDING", "LAST_RESULT", "PARENT_PID", "RECORDS_WRITTEN",
    ]),
    any_value,
)  # fmt: skip


@settings(deadline=None, max_examples=100)
@given(
    any_slots,
    any_slots,
    st.lists(st.lists(any_value, min_size=6, max_size=6), max_size=4),
    st.lists(st.tuples(any_value, any_value), max_size=3),
    st.lists(st.integers(0, 2500), min_size=1, max_size=4),
)
def test_damaged_values_break_no_moment(
    owner: dict[str, int],
    slots: dict[str, int],
    chunks: list[list[int]],
    blocked: list[tuple[int, int]],
    moments: list[int],
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        run = RunBuilder(Path(directory, "0001"))
        run.runner.put(**owner)
        run.runner.life(layout.JOB_SUBMITTED, value=1, a=3, b=2, time=abs(moments[0]), v1=2)
        worker = run.worker(100)
        for index, times in enumerate(chunks):
            worker.chunk(job=3 + index % 2, index=index, times=tuple(times))
        for begin, end in blocked:
            worker.life(layout.BLOCKED_FOR, time=begin, v1=end)
        worker.put(**slots)
        recording = run.read()
        view = Timeline(recording).refresh(2000)
        for moment in moments:
            then = RecordingAt(recording, view, moment)
            assert all(state.started_ns <= moment for state in then.processes(moment))
            for ledger in process_ledgers(then, moment):
                assert sum(ledger.parts().values()) == ledger.wall_ns
            jobs_of(then)
            find_failure(then)
            ledger_of(then, moment)
        jobs_of(recording)
