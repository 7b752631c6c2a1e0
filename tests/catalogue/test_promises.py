"""What every workload of the catalogue promises: an explanation in four parts, ranges, presets, and a check."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from poolscope.tui.screens.page import text_of
from poolscope.workloads.catalogue import find, names
from poolscope.workloads.lanes import resolve_lane
from poolscope.workloads.model import CpuBudget
from poolscope.workloads.parameters import check_parameters

BUDGETS = [CpuBudget(online=count, affinity=count, limits=()) for count in (1, 2, 64)]
EACH = pytest.mark.parametrize("name", names())


@EACH
def test_its_page_has_every_heading(name: str) -> None:
    page = text_of(find(name)).plain.splitlines()
    for heading in ("What it shows", "What to watch", "What to expect", "Try next"):
        assert heading in page


@EACH
def test_its_parameters_have_ranges_and_presets(name: str) -> None:
    for parameter in find(name).parameters:
        if parameter.kind != "directory":
            assert parameter.choices or None not in (parameter.minimum, parameter.maximum), parameter.name
            assert parameter.presets or parameter.choices, parameter.name
        assert parameter.help


@EACH
def test_it_checks_its_results(name: str) -> None:
    assert find(name).check is not None


@EACH
@pytest.mark.parametrize("budget", BUDGETS, ids=lambda budget: f"{budget.online} CPUs")
def test_its_lanes_make_sense_on_small_and_large_machines(name: str, budget: CpuBudget) -> None:
    workload = find(name)
    parameters = check_parameters(workload, {})
    tasks = workload.count_tasks(parameters)
    for lane in workload.default_lanes(parameters):
        full = resolve_lane(lane, tasks, budget, "fork")
        assert (full.workers or 1) <= max(tasks, 4), "nobody waits for a task that never comes"
        assert workload.memory_needed(parameters, full) < 1e9 + 0.05e9 * (full.workers or 1)


@pytest.mark.parametrize(
    ("name", "given", "spoil", "says"),
    [
        ("sqrt", {"N": 50}, lambda roots: [*roots[:-1], 0.0], "The root of 49 is wrong."),
        ("sqrt", {"N": 50}, lambda roots: roots[1:], "There are 39 roots instead of 40."),
        ("eight-roots", {"pause": 0}, lambda roots: [*roots[:2], 4.0, *roots[3:]], "The root of 9 is wrong."),
        ("eight-roots", {"pause": 0}, lambda roots: roots[1:], "There are 7 roots instead of 8."),
        (
            "bubble-sort", {"form": "many", "K": 3, "n": 5}, lambda arrays: [*arrays[:2], arrays[2][::-1]],
            "Array 3 of 3 is not sorted.",
        ),
        ("bubble-sort", {"form": "many", "K": 3, "n": 5}, lambda each: each[1:], "There are 2 arrays instead of 3."),
    ],
)  # fmt: skip
def test_wrong_results_are_found(name: str, given: dict[str, Any], spoil: Any, says: str) -> None:
    workload = find(name)
    parameters = check_parameters(workload, given)
    assert workload.check is not None
    results = [workload.function(item) for item in workload.inputs(parameters)]
    assert workload.check(results, parameters) is None
    assert workload.check(spoil(results), parameters) == says


def test_words_of_another_file_are_found(tmp_path: Path) -> None:
    for number, text in enumerate(("one two", "three three")):
        path = tmp_path / f"{number}.txt"
        path.write_text(text)
        os.utime(path, (time.time() - 10**6,) * 2)
    workload = find("wordcount")
    parameters = check_parameters(workload, {"directory": str(tmp_path)})
    results = [workload.function(item) for item in workload.inputs(parameters)]
    assert workload.check is not None
    assert workload.check(results, parameters) is None
    said = workload.check(results[::-1], parameters)
    assert said == f"The words of {tmp_path}/0.txt were counted otherwise a second time."
    (tmp_path / "0.txt").write_text("changed meanwhile")
    (tmp_path / "1.txt").write_text("changed meanwhile")
    assert workload.check(results, parameters) is None
