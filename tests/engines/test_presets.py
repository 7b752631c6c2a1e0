"""Presets: sets of lanes that make sense for a workload on a machine."""

from __future__ import annotations

import pytest
from support.runs import BUDGET
from support.troubled import DOUBLE, workload

from poolscope.workloads import presets as module
from poolscope.workloads.errors import UsageError
from poolscope.workloads.lanes import check_lanes, parse_lane
from poolscope.workloads.model import CpuBudget, Machine
from poolscope.workloads.presets import NAMES, find_preset, presets
from poolscope.workloads.sampling.machine import describe_machine


@pytest.fixture(scope="module")
def machine() -> Machine:
    return describe_machine()._replace(budget=BUDGET, default_start_method="fork")


def labels(name: str, machine: Machine, tasks: int = 10_000) -> list[str]:
    subject = DOUBLE._replace(count_tasks=lambda _: tasks)
    return [lane.label for lane in find_preset(name, subject, {}, machine).lanes]


def test_each_preset_can_run_on_any_machine(machine: Machine) -> None:
    for cpus in (1, 2, 3, 64, 300):
        for tasks in (0, 1, 8, 5_000_000):
            here = machine._replace(budget=CpuBudget(cpus, cpus, ()), memory_bytes=1 << 40)
            subject = DOUBLE._replace(count_tasks=lambda _, tasks=tasks: tasks)  # type: ignore[misc]
            for preset in presets(subject, {}, here):
                assert len(preset.lanes) > 1
                check_lanes(preset.lanes, subject, {}, here)
                assert [parse_lane(lane.label) for lane in preset.lanes] == list(preset.lanes)


def test_all_presets_are_offered_where_all_engines_make_sense(machine: Machine) -> None:
    offered = presets(DOUBLE, {}, machine)
    assert tuple(preset.name for preset in offered) == NAMES
    assert all(preset.about.endswith(".") and preset.title for preset in offered)


def test_what_they_compare(machine: Machine) -> None:
    assert labels("serial-against-pool", machine) == ["serial", "pool"]
    assert labels("start-methods", machine) == [f"pool:start={method}" for method in machine.start_methods]
    assert labels("threads-against-processes", machine) == ["serial", "threads", "executor"]
    assert labels("workers", machine) == ["pool:workers=1", "pool:workers=2", "pool:workers=4"]
    large = machine._replace(budget=CpuBudget(64, 48, ()))
    assert labels("workers", large) == [f"pool:workers={count}" for count in (1, 2, 4, 8, 16, 32, 48, 96)]
    assert labels("chunk-sizes", machine, 8) == ["pool:chunksize=4", "pool:chunksize=1"]
    assert labels("chunk-sizes", machine, 5_000_000)[-1] == "pool:chunksize=39063"
    assert labels("map-flavours", machine)[-1] == "pool:flavour=apply_async"
    assert "pool:flavour=apply_async" not in labels("map-flavours", machine, 5_000_000)
    assert labels("cold-and-warm", machine) == ["serial", "pool", "pool:warm=yes"]
    assert set(labels("all-engines", machine)) == {
        "serial", "threads", "process", "pool", "executor", "joblib", "interpreters"
    }  # fmt: skip


def test_a_workload_has_the_presets_of_its_engines(machine: Machine) -> None:
    subject = workload(abs)._replace(engines=("serial", "process"))
    assert [preset.name for preset in presets(subject, {}, machine)] == ["all-engines"]
    with pytest.raises(UsageError, match=r"^The preset workers makes no sense for troubled: choose all-engines\.$"):
        find_preset("workers", subject, {}, machine)
    with pytest.raises(UsageError, match=r"makes no sense for troubled: it has none\.$"):
        find_preset("workers", subject._replace(engines=("serial",)), {}, machine)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("all engines", "There is no preset all engines; did you mean all-engines?"),
        ("xyzzy", "There is no preset xyzzy: choose "),
    ],
)
def test_unknown_presets_are_refused(machine: Machine, name: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        module.find_preset(name, DOUBLE, {}, machine)
    assert str(caught.value).startswith(sentence)
