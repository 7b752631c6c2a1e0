"""Findings of facts that are made up: both sides of thresholds, and what no machine can be made to do at will."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.lanes import MACHINE, SECOND, lane_state, ledger

from poolscope.workloads.analysis.findings import KINDS, detectors, find, find_in, pages
from poolscope.workloads.analysis.findings.base import Finding
from poolscope.workloads.analysis.findings.facts import RunFacts
from poolscope.workloads.analysis.findings.memory import MemoryFacts
from poolscope.workloads.model import CpuBudget, Lane, LaneState, Machine
from poolscope.workloads.report import figures
from poolscope.workloads.report.findings_text import findings_text, page_text

TWO_CPUS = MACHINE._replace(budget=CpuBudget(2, 2, ()))
MB = 1_000_000


def facts(seconds: float = 1.0, workers: int = 2, shares: dict[str, float] | None = None, **values: Any) -> RunFacts:
    """Make the facts of a run in which nothing is wrong unless VALUES or SHARES say so."""
    times = ledger(seconds, **(shares or {}))
    computing = values.pop("computing_ns", times.computing_ns * workers)
    given: dict[str, Any] = {
        "wall_ns": times.total_ns,
        "tasks": 16,
        "chunks": 16,
        "workers": workers,
        "used": workers,
        "ledger": times,
        "computing_ns": computing,
        "computing_cpu_ns": computing,
        "others_cpu_ns": 0,
        "all_cpu_ns": computing,
        "delayed_ns": 1,
        "threads": 1,
        "span_cpus": workers,
        "slowest_ns": computing // 16,
        "starts": workers,
        "start_method": "fork",
    }
    return RunFacts(**(given | values))


def lane(key: str, lane: Lane, *runs: RunFacts, **values: Any) -> LaneState:
    return lane_state(key, lane, [each.wall_ns / SECOND for each in runs], facts=runs, **values)


SERIAL = lane("A", Lane("serial"), facts(2.0, 1))
POOL = Lane("pool", 2, "fork", 1)


def found(*lanes: LaneState, machine: Machine = TWO_CPUS) -> dict[str, Finding]:
    """Findings of the last of LANES, by kind."""
    return {each.kind: each for each in find(lanes, machine) if each.lane == lanes[-1].key}


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert found(SERIAL, lane("B", POOL, facts())) == {}
    assert find([SERIAL], TWO_CPUS) == ()
    assert find([], TWO_CPUS) == ()
    assert find_in(None, 2) == ()
    assert find_in(facts(is_program=True), 2) == ()


def test_a_lane_without_facts_is_passed_over() -> None:
    assert find([lane_state("A", Lane("serial"), [1.0]), lane_state("B", POOL, [1.0], facts=(None,))], TWO_CPUS) == ()


@pytest.mark.parametrize(("stopped", "is_found"), [(None, False), (0.08, False), (0.12, True)])
def test_throttling(stopped: float | None, is_found: bool) -> None:
    run = facts(throttled_ns=None if stopped is None else round(stopped * SECOND))
    throttled = found(SERIAL, lane("B", POOL, run)).get("throttled")
    assert (throttled is not None) is is_found
    if throttled is not None:
        assert throttled.explains_ns == 60_000_000
        assert "stopped, for 120 ms in sum over the CPUs: 6 % of the time" in throttled.evidence[0]


def test_throttling_is_a_share_of_the_time_in_which_it_was_counted() -> None:
    """Which is longer than the timed region, and counted on each CPU."""
    counted: dict[str, Any] = {"span_ns": 5 * SECOND, "span_cpus": 4, "throttled_ns": 3 * SECOND, "throttled": 12}
    throttled = found(SERIAL, lane("B", POOL, facts(**counted)))["throttled"]
    assert throttled.explains_ns == 300_000_000
    assert "in 12 periods, for 3.00 s in sum over the CPUs: 30 % of the time." in throttled.evidence[0]
    assert throttled.advice.startswith("Start no more workers")
    alone = found(lane("A", Lane("serial"), facts(2.0, 1, **counted)))["throttled"]
    assert alone.explains_ns == 1_200_000_000
    assert alone.advice.startswith("Have the limit raised")
    much = found(SERIAL, lane("B", POOL, facts(**(counted | {"throttled_ns": 90 * SECOND}))))["throttled"]
    assert "100 % of the time" in much.evidence[0]


def shared_cores(growth: float, workers: int, threads_per_core: int, cpus: int = 4) -> dict[str, Finding]:
    alone = facts(4.0, 1)
    run = facts(2.0, workers, computing_ns=round(4 * SECOND * growth), computing_cpu_ns=round(4 * SECOND * growth))
    machine = MACHINE._replace(budget=CpuBudget(cpus, cpus, ()), threads_per_core=threads_per_core)
    pool = POOL._replace(workers=workers)
    return found(lane("A", Lane("serial"), alone), lane("B", pool, run), machine=machine)


@pytest.mark.parametrize(
    ("growth", "workers", "threads_per_core", "kinds"),
    [
        (1.6, 4, 2, {"smt-siblings"}),
        (1.15, 4, 2, set()),
        (1.6, 2, 2, {"shared-bandwidth"}),
        (1.6, 4, 1, {"shared-bandwidth"}),
        (1.3, 4, 1, set()),
        (1.0, 4, 2, set()),
    ],
)
def test_cores_and_memory_that_are_shared(growth: float, workers: int, threads_per_core: int, kinds: set[str]) -> None:
    assert set(shared_cores(growth, workers, threads_per_core)) == kinds


def test_cores_that_are_shared_are_counted() -> None:
    smt = shared_cores(1.6, 4, 2)["smt-siblings"]
    assert "4 workers on 2 cores" in smt.cause
    assert smt.advice == "Try 2 workers, one a core."
    assert smt.explains_ns == pytest.approx(0.6 * SECOND)


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("start-up", {"shares": {"starting": 0.2}}, {"shares": {"starting": 0.3}}),
        (
            "repeated-imports",
            {"shares": {"starting": 0.2}, "start_method": "spawn", "imports": (("numpy", 10 * MB),)},
            {"shares": {"starting": 0.2}, "start_method": "spawn", "imports": (("numpy", 150 * MB),)},
        ),
        (
            "large-arguments",
            {"shares": {"sending": 0.3}, "bytes_in": 16 * 1_000},
            {"shares": {"sending": 0.1, "waiting": 0.2}, "bytes_in": 16 * 100_000, "pickling_ns": SECOND},
        ),
        (
            "large-results",
            {"shares": {"returning": 0.1}, "bytes_out": 16 * 100_000},
            {"shares": {"returning": 0.3}, "bytes_out": 16 * 100_000},
        ),
        (
            "small-chunks",
            {"shares": {"waiting": 0.4}, "chunks": 2_000, "tasks": 2_000},
            {"shares": {"waiting": 0.6}, "chunks": 2_000, "tasks": 2_000},
        ),
        ("uneven-chunks", {"tail_ns": SECOND // 8}, {"tail_ns": SECOND // 5}),
        ("few-tasks", {"chunks": 2}, {"chunks": 1, "used": 1}),
        ("lost-tasks", {}, {"lost": 3}),
        (
            "library-threads",
            {"threads": 2, "others_cpu_ns": SECOND, "delayed_ns": SECOND // 10},
            {"threads": 2, "others_cpu_ns": SECOND, "delayed_ns": SECOND},
        ),
        (
            "waiting",
            {"computing_cpu_ns": 0, "delayed_ns": 2 * SECOND},
            {"computing_cpu_ns": MB, "delayed_ns": MB, "all_cpu_ns": None},
        ),
        ("shared-random-numbers", {"repeated": 1}, {"repeated": 8}),
        (
            "copied-memory",
            {"memory": MemoryFacts(2, SECOND, 300 * MB, 400 * MB, 200 * MB, 150 * MB)},
            {"memory": MemoryFacts(2, SECOND, 300 * MB, 300 * MB, 200 * MB, 100 * MB)},
        ),
        (
            "growing-memory",
            {"memory": MemoryFacts(2, SECOND, 60 * MB, 150 * MB, 10 * MB, 10 * MB)},
            {"memory": MemoryFacts(2, SECOND, 60 * MB, 260 * MB, 10 * MB, 10 * MB)},
        ),
        (
            "noisy-machine",
            {"delayed_ns": 2 * SECOND // 5, "all_cpu_ns": SECOND, "others_ns": SECOND // 10},
            {"delayed_ns": 2 * SECOND // 5, "all_cpu_ns": SECOND, "others_ns": SECOND},
        ),
    ],
)
def test_both_sides_of_a_threshold(kind: str, right: dict[str, Any], wrong: dict[str, Any]) -> None:
    alone = lane("A", Lane("serial"), facts(2.0, 1, repeated=0))
    assert kind not in found(alone, lane("B", POOL, facts(**right)))
    finding = found(alone, lane("B", POOL, facts(**wrong)))[kind]
    assert finding.evidence or kind == "lost-tasks"
    assert finding.advice.endswith(".")
    assert 0 <= finding.explains_ns <= SECOND


def test_more_workers_than_cpus() -> None:
    crowd = facts(1.0, 8, delayed_ns=6 * SECOND, computing_cpu_ns=2 * SECOND)
    pool = POOL._replace(workers=8)
    assert found(SERIAL, lane("B", pool, crowd))["many-workers"].advice.startswith("Start 2 workers")
    crowd = crowd._replace(delayed_ns=9 * crowd.computing_ns)
    evidence = found(SERIAL, lane("B", pool, crowd))["many-workers"].evidence[0]
    assert figures.duration(crowd.computing_ns - (crowd.computing_cpu_ns or 0)) in evidence
    assert "many-workers" not in found(SERIAL, lane("B", pool, crowd), machine=MACHINE)


def test_threads_that_wait_for_each_other_and_threads_that_wait_for_something() -> None:
    threads = Lane("threads", 2, chunksize=1)
    run = facts(2.0, 2, computing_cpu_ns=2 * SECOND, start_method=None)
    assert found(SERIAL, lane("B", threads, run))["gil"].explains_ns == SECOND
    waiting = lane("A", Lane("serial"), facts(2.0, 1, computing_cpu_ns=SECOND))
    assert "gil" not in found(waiting, lane("B", threads, run))


def test_results_that_differ_come_first() -> None:
    slow = lane("B", POOL, facts(shares={"starting": 0.9}), same_result=False, difference="Task 3 gave 1 instead of 2.")
    first, second = find([SERIAL, slow], TWO_CPUS)
    assert (first.kind, second.kind) == ("different-results", "start-up")
    assert first.evidence == ("Task 3 gave 1 instead of 2.",)


def test_runs_that_spread() -> None:
    runs = [facts(each) for each in (1.0, 1.05, 1.5, 1.9, 2.0)]
    noisy = found(SERIAL, lane("B", POOL, *runs))["noisy-machine"]
    assert noisy.evidence == ("Half of 5 runs took between 1.05 s and 1.90 s.",)
    assert "noisy-machine" not in found(
        SERIAL, lane("B", POOL, *[facts(each) for each in (1.0, 1.01, 1.02, 1.03, 3.0)])
    )


def test_a_hypervisor_that_takes_cpus_away() -> None:
    stolen = found(SERIAL, lane("B", POOL, facts(steal_ns=SECOND // 2, others_ns=SECOND)))["noisy-machine"]
    assert stolen.explains_ns == SECOND // 4
    assert "500 ms of CPU time to other guests" in stolen.evidence[0]
    assert "noisy-machine" not in found(SERIAL, lane("B", POOL, facts(steal_ns=SECOND // 10, others_ns=SECOND)))


def test_a_program_is_diagnosed_by_itself() -> None:
    run = facts(shares={"returning": 0.5}, bytes_out=10 * MB, is_program=True)
    (finding,) = find_in(run, 2)
    assert (finding.kind, finding.lane) == ("large-results", None)
    assert "of the program" in finding.cause


@given(
    st.builds(
        facts,
        st.floats(0.001, 100),
        st.integers(1, 64),
        st.dictionaries(st.sampled_from(["starting", "sending", "returning", "waiting"]), st.floats(0, 0.25)),
        **{
            name: st.integers(0, 1 << 62)
            for name in (
                "tasks",
                "chunks",
                "used",
                "bytes_in",
                "slowest_ns",
                "tail_ns",
                "starts",
                "lost",
                "pickling_ns",
            )
        },
        **{
            name: st.none() | st.integers(0, 1 << 62)
            for name in (
                "steal_ns",
                "others_ns",
                "throttled_ns",
                "computing_cpu_ns",
                "others_cpu_ns",
                "all_cpu_ns",
                "delayed_ns",
                "threads",
                "repeated",
            )
        },
        computing_ns=st.integers(0, 1 << 62),
        memory=st.none() | st.builds(MemoryFacts, st.integers(1, 9), *[st.integers(0, 1 << 62)] * 5),
    )
)
def test_no_facts_make_a_detector_fail(run: RunFacts) -> None:
    lanes = [SERIAL, lane("B", POOL, run), lane("C", Lane("threads", 2), run), lane("D", Lane("serial"), run)]
    for finding in (*find(lanes, TWO_CPUS), *find_in(run, 0.5, 2)):
        assert 0 <= finding.explains_ns <= run.wall_ns


def test_every_kind_has_a_page_that_fits() -> None:
    assert tuple(page.kind for page in pages()) == KINDS
    assert len({page.title for page in pages()}) == len(KINDS) == len(detectors())
    for page in pages():
        assert all(text.endswith(".") for text in (page.meaning, page.found_by, page.remedy))
        assert all(len(line) <= 80 for line in page_text(page, 80))


def test_the_first_three_kinds_are_named_each_once() -> None:
    assert findings_text((), 80) == []
    gil = Finding("gil", "B", "Threads wait.", (), "Use processes.", 1, "gil")
    kinds = [gil._replace(kind=kind) for kind in ("waiting", "start-up", "throttled")]
    lines = findings_text([gil, kinds[0], gil._replace(lane="C"), *kinds[1:], gil._replace(lane="E")], 60)
    assert lines[:2] == ["Findings:", "  gil: Threads wait. Use processes. (Likewise C, E.)"]
    assert [line.split(":")[0].strip() for line in lines[1:4]] == ["gil", "waiting", "start-up"]
    assert " ".join(line.strip() for line in lines[4:]) == "(1 more with --json; poolscope findings gil says more)"
    assert all(len(line) <= 60 for line in lines)
