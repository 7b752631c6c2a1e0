"""Engines that call the function themselves say what they do."""

from __future__ import annotations

from pathlib import Path

from support.observed_run import observe

from poolscope.workloads.recorder import layout

ENGINE = """
import sys

api = sys.modules["_poolscope_recorder"].api
ROLE_RUNNER, RUN_BEGUN, RESULTS_THERE = 1, 56, 57
api.become(ROLE_RUNNER, "runner")
api.plan(30, 3)
api.mark(RUN_BEGUN)
for index in range(3):
    api.begin(10, 0, index, "square")
    if index == 1:
        api.returning()
    api.end(index == 2)
api.mark(RESULTS_THERE)
print("api" in dir(sys.modules["_poolscope_recorder"]))
"""


def test_what_an_engine_says_is_recorded_as_a_worker_s_work_is(tmp_path: Path) -> None:
    run = observe(tmp_path, ENGINE)
    assert (run.status, run.errors) == (0, "")
    (file,) = run.files
    assert file["ROLE"] == layout.ROLE_RUNNER
    assert file.text(layout.NAME_TEXT) == "runner"
    assert file.text(layout.FUNCTION_TEXT) == "square"
    assert (file["TASKS_PLANNED"], file["CHUNKS_PLANNED"]) == (30, 3)
    assert (file["CHUNKS_STARTED"], file["CHUNKS_DONE"], file["CHUNKS_FAILED"], file["ITEMS_DONE"]) == (3, 3, 1, 30)
    chunks = file.records(layout.CHUNK)
    assert [chunk[:2] + chunk[3:6] for chunk in chunks] == [
        (layout.CHUNK, 0, 10, 0, 0),
        (layout.CHUNK, 0, 10, 0, 1),
        (layout.CHUNK, layout.FLAG_FAILED, 10, 0, 2),
    ]
    assert file["COMPUTING"] == sum(chunk[9] - chunk[8] for chunk in chunks)
    assert file["RETURNING"] == sum(chunk[11] - chunk[9] for chunk in chunks) > 0
    marks = {record[3]: record[6] for record in file.records(layout.RUN_MARK)}
    assert marks == {layout.RUN_BEGUN: file["RUN_BEGUN"], layout.RESULTS_THERE: file["RESULTS_THERE"]}
    assert file["FIRST_RECEIVED"] == chunks[0][7]
    assert file["LAST_SENT"] == chunks[-1][11]
    assert file["PHASE"] == layout.PHASE_NONE


def test_the_cpu_time_of_long_chunks_is_that_of_the_function_alone(tmp_path: Path) -> None:
    busy = (
        "import time; start = time.thread_time(); [None for _ in iter(lambda: time.thread_time() < start + {}, False)]"
    )
    source = ENGINE.replace("    if index == 1:", f"    {busy.format(0.002)}\n    if index == 1:")
    source = source.replace("        api.returning()", f"        api.returning()\n        {busy.format(0.01)}")
    run = observe(tmp_path, source)
    (file,) = run.files
    chunks = file.records(layout.CHUNK)
    assert file["COMPUTING_MEASURED"] == file["COMPUTING"]
    assert 6_000_000 <= file["COMPUTING_CPU"] < file["COMPUTING"] + 1_000_000
    assert file["COMPUTING_CPU"] // 1000 - 3 <= sum(chunk[14] for chunk in chunks) <= file["COMPUTING_CPU"] // 1000
    assert chunks[1][14] * 1000 < file["RETURNING"]


def test_without_a_run_directory_it_is_harmless(tmp_path: Path) -> None:
    source = ENGINE.replace(
        'api = sys.modules["_poolscope_recorder"].api', "from poolscope.workloads.recorder import api"
    ).replace(
        'print("api" in dir(sys.modules["_poolscope_recorder"]))',
        "import os; print('_poolscope_recorder' in sys.modules, os.getpid())",
    )
    run = observe(tmp_path, source, is_recorded=False)
    loaded, pid = run.output.split()
    assert (run.status, loaded, run.errors, run.files) == (0, "False", "", [])
    assert not list(Path("/").glob(f"{pid}.*.ev"))  # no directory is not the topmost one
