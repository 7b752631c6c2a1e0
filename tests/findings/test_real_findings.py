"""Each detector finds what a real run has, and does not find it in one that has it not.

The effects are far beyond the thresholds, so that a busy machine changes nothing. Only what this machine cannot be made
to do (share cores, and throttle where no cgroup can be made) is left to `test_built_findings`, with facts that are made
up.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.diagnosed import diagnosed, kinds
from support.limited import limited_cgroup

from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import ComparisonState, Lane

NEVER_HERE = {"throttled", "smt-siblings"}
"""In none of these runs: there is no limit, and no core is shared."""


def found(guardian: Guardian, *arguments: object) -> ComparisonState:
    state = diagnosed(guardian, *arguments)  # type: ignore[arg-type]
    assert not {finding.kind for finding in state.findings} & NEVER_HERE
    assert all(finding.explains_ns >= 0 and finding.cause.endswith(".") for finding in state.findings)
    return state


def test_small_chunks(guardian: Guardian) -> None:
    # So many that shipping them takes far longer than starting the workers does.
    lanes = [Lane("serial"), Lane("pool", 2, "fork", chunksize=1)]
    many = found(guardian, "tiny-tasks", lanes, {"N": 20_000})
    assert "small-chunks" in kinds(many, "B")
    assert "small-chunks" not in kinds(many, "A")
    few = found(guardian, "tiny-tasks", [Lane("pool", 2, "fork", chunksize=500)], {"N": 2_000})
    assert "small-chunks" not in kinds(few, "A")
    assert not (kinds(many, "B") | kinds(few, "A")) & {"large-arguments", "large-results", "few-tasks", "gil"}


def test_large_results(guardian: Guardian) -> None:
    lanes = [Lane("pool", 2, "fork")]
    assert "large-results" in kinds(found(guardian, "big-results", lanes, {"tasks": 16, "size": 1_024}), "A")
    summary = found(guardian, "big-results", lanes, {"tasks": 16, "size": 1_024, "answer": "summary"})
    assert "large-results" not in kinds(summary, "A")


def test_large_arguments(guardian: Guardian) -> None:
    lanes = [Lane("pool", 2, "fork")]
    assert "large-arguments" in kinds(found(guardian, "big-arguments", lanes, {"tasks": 16}), "A")
    recipe = found(guardian, "big-arguments", lanes, {"tasks": 16, "sent": "recipe"})
    assert "large-arguments" not in kinds(recipe, "A")


def test_uneven_chunks_and_work_that_waits(guardian: Guardian) -> None:
    lanes = [Lane("pool", 2, "fork", chunksize=8), Lane("pool", 2, "fork", chunksize=1), Lane("threads", 2)]
    state = found(guardian, "stragglers", lanes, {"tasks": 16, "quick": 50, "slow": 1_500, "place": "last"})
    assert "uneven-chunks" in kinds(state, "A")
    assert "waiting" in kinds(state, "A")
    assert "waiting" not in kinds(state, "C")
    even = found(guardian, "stragglers", lanes[1:2], {"tasks": 16, "quick": 150, "count": 0})
    assert "uneven-chunks" not in kinds(even, "A")
    assert not kinds(even, "A") & {"start-up", "many-workers", "few-tasks"}


def test_few_tasks(guardian: Guardian) -> None:
    lanes = [Lane("pool", 3, "fork"), Lane("pool", 2, "fork", chunksize=1)]
    state = found(guardian, "stragglers", lanes, {"tasks": 2, "quick": 200, "count": 0})
    assert "few-tasks" in kinds(state, "A")
    assert "few-tasks" not in kinds(state, "B")


def test_start_up_and_repeated_imports(guardian: Guardian) -> None:
    pytest.importorskip("numpy")
    lanes = [Lane("pool", 2, "spawn"), Lane("pool", 2, "fork")]
    state = found(guardian, "blas", lanes, {"tasks": 4, "size": 20, "products": 1})
    assert {"start-up", "repeated-imports"} <= kinds(state, "A")
    assert "repeated-imports" not in kinds(state, "B")
    imports = next(finding for finding in state.findings if finding.kind == "repeated-imports")
    assert "numpy" in " ".join(imports.evidence)


def test_many_workers(guardian: Guardian) -> None:
    lanes = [Lane("pool", 8, "fork", chunksize=1), Lane("pool", 2, "fork", chunksize=1)]
    state = found(guardian, "pi", lanes, {"tasks": 16, "points": 100_000})
    assert "many-workers" in kinds(state, "A")
    assert "many-workers" not in kinds(state, "B")
    waiting = found(guardian, "stragglers", lanes[:1], {"tasks": 8, "quick": 500, "count": 0})
    assert "many-workers" not in kinds(waiting, "A")


def test_threads_of_libraries(guardian: Guardian) -> None:
    pytest.importorskip("numpy")
    lanes = [Lane("serial"), Lane("pool", 2, "fork"), Lane("pool", 2, "fork", blas=1)]
    state = found(guardian, "blas", lanes, {"tasks": 8, "size": 400, "products": 8})
    assert "library-threads" not in kinds(state, "C") | kinds(state, "A")
    if " of 1 thread" in state.lanes[1].results[0].summary:
        pytest.skip("this NumPy has a BLAS with a single thread")
    assert "library-threads" in kinds(state, "B")


def test_tasks_that_compete(guardian: Guardian) -> None:
    lanes = [Lane("serial"), Lane("pool", 4, "fork", chunksize=1)]
    assert "shared-bandwidth" in kinds(found(guardian, "SPIN", lanes), "B")
    assert "shared-bandwidth" not in kinds(found(guardian, "COMPUTE", lanes), "B")


def test_threads_that_share_the_gil(guardian: Guardian) -> None:
    lanes = [Lane("serial"), Lane("threads", 4, chunksize=1), Lane("pool", 2, "fork", chunksize=1)]
    state = found(guardian, "HOLD", lanes)
    assert "gil" in kinds(state, "B")
    assert "gil" not in kinds(state, "C")
    free = found(guardian, "hash", lanes[:2], {"blocks": 8, "size": 8_192, "passes": 4})
    assert "gil" not in kinds(free, "B")
    assert "waiting" not in kinds(state, "A") | kinds(state, "C") | kinds(free, "A")


def test_a_task_that_awaits_processes_of_its_own_does_not_merely_wait(guardian: Guardian) -> None:
    assert "waiting" not in kinds(found(guardian, "family", [Lane("serial")], {"pause": 50}), "A")


def test_pages_from_a_slow_server(guardian: Guardian) -> None:
    state = found(guardian, "fetch", [Lane("serial"), Lane("pool", 4, "fork")], {"pages": 12, "delay": 150})
    assert "waiting" in kinds(state, "A") & kinds(state, "B")


@pytest.mark.parametrize("engine", ["pool", "executor"])
def test_a_task_that_dies_with_its_worker(guardian: Guardian, engine: str) -> None:
    state = found(guardian, "DYING", [Lane("pool", 2, "fork", chunksize=1)._replace(engine=engine)])  # type: ignore[arg-type]
    assert [lane.state for lane in state.lanes] == ["failed"]
    lost = next(finding for finding in state.findings if finding.kind == "lost-tasks")
    assert lost is state.findings[0]
    assert "SIGKILL" in lost.evidence[0]


def test_results_that_differ(guardian: Guardian) -> None:
    state = found(guardian, "DIFFERENT", [Lane("serial"), Lane("threads", 2), Lane("pool", 2, "fork")])
    assert state.findings[0].kind == "different-results"
    assert "different-results" in kinds(state, "C")
    assert not {"different-results", "lost-tasks"} & (kinds(state, "A") | kinds(state, "B"))


def test_workers_that_share_random_numbers(guardian: Guardian) -> None:
    # One chunk for each worker, which takes so long that no worker gets both.
    lanes = [Lane("serial"), Lane("pool", 2, "fork", chunksize=20)]
    wrong = found(guardian, "pi", lanes, {"tasks": 40, "points": 20_000, "seeding": "wrong"})
    assert "shared-random-numbers" in kinds(wrong, "B")
    assert "shared-random-numbers" not in kinds(wrong, "A")
    right = found(guardian, "pi", lanes, {"tasks": 40, "points": 20_000})
    assert "shared-random-numbers" not in kinds(right, "B")
    # Nothing checks these results, and they differ.
    assert {"shared-random-numbers", "different-results"} <= kinds(found(guardian, "DRAW", lanes), "B")


def test_memory_that_is_copied(guardian: Guardian) -> None:
    for reads, pause, is_copied in (("objects", 240, True), ("array", 160, False)):
        parameters = {"objects": 1_000_000, "looks": 2, "reads": reads, "pause": pause}
        state = found(guardian, "memory", [Lane("pool", 2, "fork", chunksize=1)], parameters)
        assert ("copied-memory" in kinds(state, "A")) is is_copied
        assert "growing-memory" not in kinds(state, "A")


def test_memory_that_grows(guardian: Guardian) -> None:
    assert "growing-memory" in kinds(found(guardian, "HOARD", [Lane("pool", 2, "fork", chunksize=1)]), "A")


@contextmanager
def burning(count: int) -> Iterator[None]:
    """Keep the CPUs busy with something else.

    Each in a session of its own: where sessions share CPUs evenly, one session of many counts no more than the run.
    """
    words = [sys.executable, "-S", "-c", "while True: pass"]
    burners = [subprocess.Popen(words, start_new_session=True) for _ in range(count)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


def test_a_noisy_machine(guardian: Guardian) -> None:
    import os

    with burning(3 * (os.cpu_count() or 1)):
        busy = found(guardian, "COMPUTE", [Lane("serial")])
    assert "noisy-machine" in kinds(busy, "A")
    calm = found(guardian, "stragglers", [Lane("serial")], {"tasks": 1, "quick": 1_000, "count": 0})
    assert "noisy-machine" not in kinds(calm, "A")


def test_a_cgroup_that_stops_the_run(command: Path) -> None:
    """The command itself is in the group, too, as in a container."""
    run: list[str | Path] = [
        command,
        "run",
        "pi",
        "-p",
        "tasks=4",
        "-p",
        "points=150_000",
        "--lane",
        "pool:workers=2",
        "--json",
    ]
    with limited_cgroup(0.25) as group:
        if group is None:
            pytest.skip("no cgroup with a CPU limit can be made here")
        words = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', group / "cgroup.procs", *run]
        done = subprocess.run(words, capture_output=True, check=True)
    content = json.loads(done.stdout)
    assert content["machine"]["cpus"]["budget"] == 0.25
    throttled = next(finding for finding in content["verdict"]["findings"] if finding["kind"] == "throttled")
    assert throttled["evidence"][1] == "The limit leaves 0.25 CPUs to 2 workers."
    assert 0 < throttled["explains_s"] <= content["lanes"][0]["runs"][0]["elapsed_s"]
    (said,) = (each["sentence"] for each in content["warnings"] if each["kind"] == "throttled")
    assert said.startswith("The CPU limit of a cgroup stopped A in ")
