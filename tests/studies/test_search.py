"""The plan of runs that leads to advice: on machines that are made up, whose clock is ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.lanes import MACHINE, comparison, lane_state

from poolscope.workloads.analysis.advice import advise
from poolscope.workloads.lane_runs import key_of
from poolscope.workloads.lanes import resolve_lane
from poolscope.workloads.model import ComparisonState, CpuBudget, Lane
from poolscope.workloads.parameters import check_parameters
from poolscope.workloads.probe import Checked, Trial
from poolscope.workloads.studies import search as module
from poolscope.workloads.studies.base import Means, Setting
from poolscope.workloads.studies.candidates import chunk_sizes, engines_for, start_methods, worker_counts
from poolscope.workloads.studies.dial import Dial
from poolscope.workloads.studies.search import Budget, Search, Step
from poolscope.workloads.studies.work import Work, work_on
from poolscope.workloads.target import Own, Target, target_from, workload_of

SECOND = 1_000_000_000
CHECKED = Checked(
    tasks=500, manner="one", signature="(number)", doc="", first="0", origin="", module_bytes=0, import_ns=0,
    function_problem=None, input_problem=None, result_problem=None,
    trial=Trial(8, 1_000, 1_000, 1.0, 0, 28, 28, 10, 0),
)  # fmt: skip
FOUR = MACHINE._replace(budget=CpuBudget(4, 4, ()))
Cost = Callable[[Lane, int], float]
"""Seconds that a resolved lane takes for so many tasks."""


class World:
    """A machine on which every lane takes what a function says, and a clock."""

    def __init__(self, cost: Cost, start: float = 0.1) -> None:
        self.cost = cost
        self.start = start
        self.now = 5 * SECOND
        self.failing: set[str] = set()
        """Engines that fail."""

    def clock(self) -> int:
        return self.now

    def pass_time(self, seconds: float) -> None:
        self.now += round(seconds * SECOND)


class FakeTrials:
    """What `Trials` does, in a world."""

    def __init__(self, means: Means, setting: Setting, reference: Lane) -> None:
        self.world = cast("World", means.guardian)
        self.machine = means.machine
        self.tasks = cast("int", setting.parameters["N"])
        self.lanes: list[tuple[Lane, Lane, list[float], dict[str, Any]]] = []
        self.asked: int | None = None
        self.add(reference)

    def full(self, lane: Lane) -> Lane:
        return resolve_lane(lane, self.tasks, self.machine.budget, self.machine.default_start_method)

    def find(self, lane: Lane) -> int | None:
        return next((index for index, each in enumerate(self.lanes) if each[0] == self.full(lane)), None)

    def add(self, lane: Lane) -> int:
        known = self.find(lane)
        if known is None:
            self.lanes.append((self.full(lane), lane, [], {"state": "queued"}))
        return len(self.lanes) - 1 if known is None else known

    def can_run(self, index: int) -> bool:
        return bool(self.lanes[index][3]["state"] != "failed")

    def advance(self) -> ComparisonState:
        lanes = []
        for index, (full, asked, times, more) in enumerate(self.lanes):
            given: dict[str, Any] = {"asked": asked, "tasks": self.tasks, "tasks_done": self.tasks, "runs_planned": 0}
            lanes.append(lane_state(key_of(index), full, times, **(given | more)))
        return comparison(lanes, is_over=False)

    def discard(self) -> None:
        self.lanes = []

    def run(self, step: Step) -> int:
        """Make a run; return what it took."""
        full, _, times, more = self.lanes[step.lane]
        begun = self.world.now
        seconds = self.world.cost(full, self.tasks)
        if full.engine in self.world.failing:
            more |= {"state": "failed", "error": "It failed."}
            self.world.pass_time(self.world.start)
        elif round((seconds + self.world.start) * SECOND) > step.limit_ns:
            self.world.pass_time(step.limit_ns / SECOND)
            done = max(0.0, step.limit_ns / SECOND - self.world.start) / seconds
            more |= {"tasks_done": int(self.tasks * done), "elapsed_ns": int(done * seconds * SECOND)}
            more["state"] = "done" if times else "cancelled"
        else:
            times.append(seconds)
            more |= {"state": "done", "tasks_done": self.tasks}
            self.world.pass_time(seconds + self.world.start)
        return self.world.now - begun


def dial(size: int) -> Dial:
    return Dial("N", 1, 10**12, is_bounded=False, at=setting)


def setting(size: int) -> Setting:
    from poolscope.workloads.catalogue import find

    return Setting(find("sqrt"), {"N": size})


def searched(
    monkeypatch: pytest.MonkeyPatch,
    world: World,
    budget: float,
    lanes: tuple[Lane, ...] = (Lane("pool"), Lane("executor"), Lane("threads")),
    size: int = 10_000,
    expected: float | None = None,
) -> Search:
    """Search to the end, and return what is known then."""
    monkeypatch.setattr(module, "Trials", FakeTrials)
    monkeypatch.setattr(module, "perf_counter_ns", world.clock)
    means = Means(cast("Any", world), FOUR, round(budget * SECOND))
    expected_ns = round(expected * SECOND) if expected is not None else None
    work = Work(setting(size), lanes, dial(size), size, expected_ns)
    whole = Budget(world.now, means.budget_ns)
    search = Search(means, work, whole)
    for step in search.steps():
        trials = cast("FakeTrials", search.trials)
        # As `Advise` does: when time is up, the run is cut off, and there is no other one.
        search.took(step.lane, trials.run(step._replace(limit_ns=max(0, min(step.limit_ns, whole.left_ns())))))
        search.latest = trials.advance()
        if whole.left_ns() <= 0:
            break
    return search


def ideal(lane: Lane, tasks: int) -> float:
    """Work that parts as it should, on four CPUs, with a task of 100 µs."""
    work = tasks * 1e-4
    if lane.engine == "serial":
        return work
    workers = lane.workers or 1
    if lane.engine == "threads":
        return work * 1.1
    extra = {"pool": 0.02, "executor": 0.05}.get(lane.engine, 0.2)
    starting = {"fork": 0.0, "spawn": 0.2, "forkserver": 0.1}[lane.start_method or "fork"]
    return extra + starting + work / min(4, workers)


def test_the_fastest_engine_is_found_and_made_sure_of(monkeypatch: pytest.MonkeyPatch) -> None:
    search = searched(monkeypatch, World(ideal), 60)
    assert search.best is not None
    best, serial = search.lane(search.best), search.lane(0)
    assert (best.lane.engine, best.lane.workers, best.lane.start_method) == ("pool", 4, "fork")
    assert min(len(best.times_ns), len(serial.times_ns)) >= 6
    assert search.smaller == ""
    found = advise(search.latest.lanes)
    assert (found.answer, found.lane) == ("parallel pays", best.key)
    tried = {(lane.lane.start_method, lane.lane.workers) for lane in search.latest.lanes if lane.lane.engine == "pool"}
    assert {("spawn", 4), ("forkserver", 4), ("fork", 8), ("fork", 2)} <= tried


def test_settings_are_changed_as_long_as_that_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    def waiting(lane: Lane, tasks: int) -> float:
        workers, chunk = lane.workers or 1, lane.chunksize or 1
        return tasks * 1e-4 if lane.engine == "serial" else tasks * 1e-4 / min(16, workers) + 0.0001 * chunk

    search = searched(monkeypatch, World(waiting, 0.02), 60, (Lane("threads"),))
    assert search.best is not None
    best = search.lane(search.best).lane
    assert best.workers in (16, 32)  # more have smaller chunks by default
    assert best.chunksize is not None
    assert best.chunksize < 20


def test_what_was_asked_for_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    lane = Lane("pool", 2, "spawn")
    search = searched(monkeypatch, World(ideal), 60, (lane,))
    assert {(each.lane.workers, each.lane.start_method) for each in search.latest.lanes[1:]} == {(2, "spawn")}


@pytest.mark.parametrize("expected", [None, 500.0])
def test_work_that_is_too_large_is_made_smaller(expected: float | None, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(ideal)
    search = searched(monkeypatch, world, 60, size=5_000_000, expected=expected)
    assert search.size < 100_000
    assert search.smaller.startswith(f"This was measured with N = {search.size:,};")
    assert advise(search.latest.lanes).answer == "parallel pays"
    assert search.lane(0).tasks == search.size


def test_lanes_without_hope_are_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def cost(lane: Lane, tasks: int) -> float:
        return {"serial": 0.1, "pool": 0.2}.get(lane.engine, 1_000.0)

    search = searched(monkeypatch, World(cost), 60)
    assert [lane.state for lane in search.latest.lanes[2:4]] == ["cancelled", "cancelled"]
    assert advise(search.latest.lanes).answer == "serial wins"
    assert search.wins_serially


def test_nothing_is_tried_where_serial_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(ideal)
    world.failing = {"serial"}
    search = searched(monkeypatch, world, 60)
    assert (len(search.latest.lanes), search.best) == (1, None)
    assert advise(search.latest.lanes).sentences[0] == "Nothing can be advised: no lane came to a result."


def test_engines_that_fail_are_no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(ideal)
    world.failing = {"pool"}
    search = searched(monkeypatch, world, 60)
    assert search.best is not None
    assert search.lane(search.best).lane.engine == "executor"


def test_what_there_is_no_time_for_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    search = searched(monkeypatch, World(lambda lane, tasks: 1.0), 10, size=1)
    assert search.left_out
    assert search.lane(0).results


@given(
    st.floats(1, 100),
    st.floats(0.01, 1),
    st.lists(st.floats(0.001, 100), min_size=4, max_size=4),
    st.integers(1, 1_000_000),
    st.floats(0, 1),
)
@settings(max_examples=60)
def test_the_budget_is_kept_on_every_machine(
    budget: float, start: float, costs: list[float], size: int, parallel: float
) -> None:
    each = dict(zip(("serial", "pool", "executor", "threads"), costs, strict=True))

    def cost(lane: Lane, tasks: int) -> float:
        return each[lane.engine] * tasks / size / (1 + parallel * (lane.workers or 1))

    world = World(cost, start)
    begun = world.now
    with pytest.MonkeyPatch.context() as patch:
        search = searched(patch, world, budget, size=size)
    assert world.now - begun <= budget * SECOND
    assert advise(search.latest.lanes).sentences


def test_work_of_the_catalogue() -> None:
    from poolscope.workloads.catalogue import find

    work = work_on(find("sqrt"), {"N": 5_000})
    assert work.dial is not None
    assert (work.dial.name, work.size, work.expected_ns) == ("N", 5_000, None)
    assert work.dial.at(20).parameters == {"N": 20}
    assert work.lanes[0].engine == "pool"
    assert work_on(find("bubble-sort"), check_parameters(find("bubble-sort"), {})).dial is None
    assert work_on(find("sqrt"), {"N": 5_000}, [Lane("threads")]).lanes == (Lane("threads"),)


def test_work_of_ones_own_is_made_smaller_at_random() -> None:
    target = Target("work.py:slow", "range(500)", "/nowhere")
    work = work_on(workload_of(target, CHECKED), {}, (), Own(workload_of(target, CHECKED), target, CHECKED))
    assert work.setting.reference == target.reference
    assert (work.size, work.expected_ns) == (500, 500 * 1_000)
    assert work.dial is not None
    assert target_from(work.dial.at(20).reference or "").sample == 20
    single = CHECKED._replace(tasks=1)
    alone = work_on(workload_of(target, single), {}, (), Own(workload_of(target, single), target, single))
    assert alone.dial is None


def test_candidates() -> None:
    from poolscope.workloads.catalogue import find

    assert [lane.engine for lane in engines_for(find("sqrt"))][:3] == ["pool", "executor", "threads"]
    assert start_methods(Lane("pool", 2, "fork"), MACHINE) == ("spawn", "forkserver")
    assert start_methods(Lane("threads", 2), MACHINE) == ()
    assert list(worker_counts(4, 1_000, 4, upwards=True)) == [8, 16, 32]
    assert list(worker_counts(4, 10, 4, upwards=True)) == [8]
    assert list(worker_counts(4, 10, 4, upwards=False)) == [2, 1]
    assert list(chunk_sizes(10, 100, 4, upwards=True)) == [25]
    assert list(chunk_sizes(10, 100, 4, upwards=False)) == [2, 1]
    assert list(chunk_sizes(25, 100, 4, upwards=True)) == []
