"""What a break-even varies, and what it refuses."""

from __future__ import annotations

from typing import cast

import pytest
from support.waiting_tasks import WAITING

from poolscope.workloads.catalogue import find
from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import Lane
from poolscope.workloads.parameters import check_parameters
from poolscope.workloads.probe.answers import Checked
from poolscope.workloads.studies.dial import dial_of, dial_of_target
from poolscope.workloads.target import Target, target_from

GIVEN = check_parameters(WAITING, {})
CHECKED = Checked(500, "one", "(number)", "", "0", "", 0, 0, None, None, None, None)


def test_the_parameter_that_says_how_many_tasks_there_are_is_varied() -> None:
    dial = dial_of(WAITING, GIVEN)
    assert (dial.name, dial.least, dial.most, dial.is_bounded) == ("N", 1, 5_000, True)
    assert dial.at(7).parameters == {**GIVEN, "N": 7}
    assert dial_of(WAITING, GIVEN, "other").name == "other"
    for name, varied in (("tiny-tasks", "N"), ("primes", "N"), ("shared-counter", "tasks"), ("eight-roots", "pause")):
        workload = find(name)
        assert dial_of(workload, check_parameters(workload, {})).name == varied
    nameless = WAITING._replace(
        parameters=(*WAITING.parameters[:2], WAITING.parameters[2]._replace(name="pieces")),
        count_tasks=lambda parameters: cast("int", parameters["pieces"]),
    )
    assert dial_of(nameless, check_parameters(nameless, {})).name == "pieces", "and not the first whole number"


def test_a_range_may_be_given_as_people_write_numbers() -> None:
    dial = dial_of(WAITING, GIVEN, "N", "10", "4_000")
    assert (dial.least, dial.most) == (10, 4_000)


@pytest.mark.parametrize(
    ("name", "low", "high", "said"),
    [
        ("M", None, None, "no whole number M"),
        ("words", None, None, "no whole number words"),
        ("N", "50", "50", "nothing between 50 and 50"),
        ("N", "50", "9_999", "9"),
        ("N", "few", None, "few"),
    ],
)
def test_what_cannot_be_varied_is_refused(name: str, low: str | None, high: str | None, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        dial_of(WAITING, GIVEN, name, low, high)


def test_a_workload_without_a_whole_number_has_no_break_even() -> None:
    with pytest.raises(UsageError, match="has no whole number to vary"):
        dial_of(WAITING._replace(parameters=WAITING.parameters[:1]), {"words": "few"})


def test_of_a_function_of_ones_own_the_number_of_inputs_is_varied() -> None:
    target = Target("work.py:slow", "range(500)", "/")
    dial = dial_of_target(target, CHECKED)
    assert (dial.name, dial.least, dial.most) == ("inputs", 1, 500)
    setting = dial.at(20)
    assert setting.reference is not None
    assert target_from(setting.reference).limit == 20
    assert setting.workload.count_tasks(setting.parameters) == 20
    sampled = dial_of_target(target._replace(sample=400), CHECKED).at(20)
    assert sampled.reference is not None
    assert target_from(sampled.reference)[3:5] == (None, 20)
    with pytest.raises(UsageError):
        dial_of_target(target, CHECKED, high="501")


def test_what_is_agreed_to_is_not_refused_for_its_memory() -> None:
    dial = dial_of(WAITING, {**GIVEN, "words": "many"})
    setting = dial.at(4_500)
    assert setting.workload.memory_needed(setting.parameters, Lane("serial")) == 10**15
    assert dial.unlimited().at(4_500).workload.memory_needed(setting.parameters, Lane("serial")) == 0
