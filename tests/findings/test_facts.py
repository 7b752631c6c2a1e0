"""Facts of recordings that are made up: the figures of a plain one, and none that make it raise."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.event_files import RunBuilder

from poolscope.workloads.analysis.findings import find_in
from poolscope.workloads.analysis.findings.facts import facts_of
from poolscope.workloads.recorder import layout

MS = 1_000_000
_SLOTS = [
    "ENTERED", "EXITING", "START_METHOD", "ITEMS", "CHUNKS_STARTED", "CHUNKS_DONE", "ITEMS_DONE", "COMPUTING",
    "COMPUTING_CPU", "COMPUTING_MEASURED", "BYTES_IN", "BYTES_OUT", "FIRST_RECEIVED", "LAST_SENT", "SENDING",
    "UNPICKLING", "RUN_BEGUN", "RESULTS_THERE", "RUN_ENDED", "USED_CPU", "OTHERS_CPU", "DELAYED", "THREADS",
]  # fmt: skip
_SOME_SLOTS = st.dictionaries(st.sampled_from(_SLOTS), st.integers(-(1 << 63), (1 << 63) - 1))


def test_the_figures_of_a_plain_run(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "run", begun=100 * MS)
    run.runner.put(RESULTS_THERE=180 * MS, RUN_ENDED=200 * MS, SENDING=3 * MS, UNPICKLING=4 * MS, USED_CPU=9 * MS)
    for number, (computing, last) in enumerate([(50 * MS, 180 * MS), (30 * MS, 160 * MS)]):
        worker = run.worker(
            110 * MS + number, ENTERED=120 * MS, EXITING=190 * MS, START_METHOD=2, FIRST_RECEIVED=121 * MS,
            CHUNKS_STARTED=4, CHUNKS_DONE=4, ITEMS_DONE=8, COMPUTING=computing, LAST_SENT=last, BYTES_IN=100,
            BYTES_OUT=200, COMPUTING_CPU=computing // 2, COMPUTING_MEASURED=computing, USED_CPU=40 * MS, OTHERS_CPU=MS,
            DELAYED=5 * MS, THREADS=3,
        )  # fmt: skip
        worker.name(layout.ENTERED_TARGET, 0, 0, f"numpy={7 * MS + number},json={MS},nonsense,x=y")
        run.reap(worker, 195 * MS, 0)
    facts = facts_of(run.read(), 200 * MS)
    assert facts is not None
    assert (facts.wall_ns, facts.tasks, facts.chunks, facts.workers, facts.used) == (100 * MS, 16, 8, 2, 2)
    assert (facts.computing_ns, facts.computing_cpu_ns, facts.delayed_ns, facts.waited_ns) == (
        80 * MS, 40 * MS, 10 * MS, 30 * MS,
    )  # fmt: skip
    assert (facts.all_cpu_ns, facts.others_cpu_ns, facts.threads) == (89 * MS, 2 * MS, 3)
    assert (facts.pickling_ns, facts.unpickling_ns, facts.bytes_in, facts.bytes_out) == (3 * MS, 4 * MS, 200, 400)
    assert (facts.tail_ns, facts.starts, facts.start_method, facts.lost) == (10 * MS, 2, "spawn", 0)
    assert facts.imports == (("numpy", 7 * MS + 1), ("json", MS))
    assert facts.memory is None


def test_what_was_not_noted_is_not_known(tmp_path: Path) -> None:
    run = RunBuilder(tmp_path / "run", begun=100 * MS)
    run.runner.put(RUN_ENDED=200 * MS)
    for used in (0, 40 * MS):
        run.worker(110 * MS, ENTERED=120 * MS, CHUNKS_STARTED=1, CHUNKS_DONE=1, COMPUTING=MS, USED_CPU=used)
    facts = facts_of(run.read(), 200 * MS)
    assert facts is not None
    assert (facts.all_cpu_ns, facts.others_cpu_ns, facts.delayed_ns, facts.computing_cpu_ns) == (None,) * 4


def test_there_are_no_facts_without_workers(tmp_path: Path) -> None:
    assert facts_of(RunBuilder(tmp_path / "run").read(), 200 * MS) is None


@settings(max_examples=60)
@given(_SOME_SLOTS, st.lists(_SOME_SLOTS, max_size=3), st.text(max_size=40))
def test_whatever_a_recording_holds(runner: dict[str, int], workers: list[dict[str, int]], imports: str) -> None:
    with tempfile.TemporaryDirectory() as directory:
        run = RunBuilder(Path(directory) / "run", begun=100)
        run.runner.put(**runner)
        for number, slots in enumerate(workers):
            worker = run.worker(200 + number, **{"CHUNKS_STARTED": 1, "ENTERED": 300, **slots})
            worker.name(layout.ENTERED_TARGET, 0, 0, imports)
            run.reap(worker, 500, -9)
        recording = run.read()
        facts = facts_of(recording, 1_000)
        recording.close()
    for finding in find_in(facts, 2):
        assert facts is not None
        assert 0 <= finding.explains_ns <= facts.wall_ns
