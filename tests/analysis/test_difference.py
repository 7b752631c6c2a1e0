"""What changed between two comparisons."""

from __future__ import annotations

import json

import pytest
from support.lanes import MACHINE, lane_state, run_result
from support.pasts import POOL, SERIAL, past, two_lanes

from poolscope.workloads.analysis.difference import Change, compare, judge_slower
from poolscope.workloads.history.origin import Origin
from poolscope.workloads.model import CpuBudget, Lane
from poolscope.workloads.report.change_report import change_blocks, change_object, sentence_of
from poolscope.workloads.report.grid import plain

FIVE = (1.0, 1.02, 0.98, 1.01, 0.99)
MUCH_MORE = tuple(2 * each for each in FIVE)
A_LITTLE_MORE = tuple(1.04 * each + 0.0001 for each in (1.0, 1.001, 0.999, 1.0005, 0.9995))
STEADY = (1.0, 1.001, 0.999, 1.0005, 0.9995)


def change(serial: tuple[float, ...] = FIVE, pool: tuple[float, ...] = FIVE) -> Change:
    return compare(past(1, two_lanes(FIVE, FIVE)), past(2, two_lanes(serial, pool)))


def text(found: Change) -> str:
    return plain(change_blocks(found, ("last~1", "last")))


def test_nothing_differs_between_a_comparison_and_itself() -> None:
    found = change()
    assert found.differences == ()
    assert [pair.label for pair in found.lanes] == ["serial", "pool"]
    assert (found.only_first, found.only_second) == ((), ())
    ratio = found.lanes[0].ratio
    assert ratio is not None
    assert ratio.answer == "no difference shown"
    assert "Nothing else differs between the two but when they were made." in text(found)


def test_runs_of_two_comparisons_are_no_pairs() -> None:
    # In pairs, each of these is slower by the same factor, and the interval would be as narrow as can be.
    wide = (1.0, 2.0, 3.0, 4.0, 5.0)
    found = compare(past(1, two_lanes(wide, FIVE)), past(2, two_lanes(tuple(1.1 * each for each in wide), FIVE)))
    ratio = found.lanes[0].ratio
    assert ratio is not None
    assert ratio.answer == "no difference shown"
    assert ratio.value == pytest.approx(1 / 1.1)


def test_all_that_differs_is_said_first() -> None:
    machine = MACHINE._replace(hostname="other", python="3.13.0", budget=CpuBudget(4, 4, ()), memory_bytes=10**10)
    wider = lane_state("B", POOL._replace(workers=4), FIVE, asked=Lane("pool"))
    lanes = [two_lanes(FIVE)[0], wider]
    second = past(2, lanes, parameters={"N": 7, "form": "many"}, machine=machine)
    second = second._replace(origin=second.origin._replace(code="beef", poolscope="0.2.0"))
    found = compare(past(1, two_lanes(FIVE, FIVE)), second)
    assert [tuple(each) for each in found.differences] == [
        ("parameter N", 1000, 7),
        ("parameter form", None, "many"),
        ("code", "c0de", "beef"),
        ("machine", "lab", "other"),
        ("CPUs", 64.0, 4.0),
        ("memory", 8_000_000_000, 10_000_000_000),
        ("Python", "CPython 3.11.7", "CPython 3.13.0"),
        ("Poolscope", "0.1.0", "0.2.0"),
        ("lane pool", POOL.label, wider.lane.label),
    ]
    lines = text(found).splitlines()
    assert lines[3].split() == ["what", "differs", "first", "second"]
    assert lines[9].split() == ["memory", "8.00", "GB", "10.0", "GB"]
    assert [line.split() for line in lines].index(["parameter", "form", "none", "many"]) == 5
    assert [line.split()[0] for line in lines[14:17]] == ["lane", "serial", "pool"]


def test_a_code_that_is_not_known_is_no_other_code() -> None:
    nobody_knows = past(2)._replace(origin=Origin("", 0, "", None))
    assert compare(past(1), nobody_knows).differences[0].what == "Poolscope"
    assert compare(past(1), past(2, name="primes")).differences[0] == ("workload", "sqrt", "primes")


def test_lanes_are_found_by_what_was_asked_for_and_then_by_what_that_came_to() -> None:
    first = [lane_state("A", SERIAL, FIVE), lane_state("B", POOL, FIVE, asked=Lane("pool")), two_lanes()[0]]
    second = [lane_state("A", POOL, FIVE), lane_state("B", Lane("threads", 3), FIVE), lane_state("C", SERIAL, FIVE)]
    found = compare(past(1, first), past(2, second))
    assert [(pair.first.key, pair.second.key) for pair in found.lanes] == [("A", "C"), ("B", "A")]
    assert [lane.label for lane in found.only_first] == ["serial"]
    assert [lane.label for lane in found.only_second] == ["threads:workers=3"]
    assert "threads:workers=3 is only in the second." in text(found)


@pytest.mark.parametrize(
    ("digests", "flavour", "expected"),
    [
        (("d", "d"), None, True),
        (("d", "x"), None, False),
        (("d", "x"), "imap_unordered", None),
        (("d", None), None, None),
    ],
)
def test_results_are_the_same_or_not(
    digests: tuple[str, str | None], flavour: str | None, expected: bool | None
) -> None:
    lanes = [
        lane_state("A", POOL._replace(flavour=flavour), [], results=(run_result(1.0, digest=digest),))  # type: ignore[arg-type]
        for digest in digests
    ]
    (pair,) = compare(past(1, lanes[:1]), past(2, lanes[1:])).lanes
    assert pair.same_result is expected


def test_what_is_slower_is_said_in_figures() -> None:
    slower, same = change(serial=MUCH_MORE).lanes
    assert sentence_of(slower).startswith("serial is slower than in the first, 100 % more time (0.4")
    assert sentence_of(slower).endswith(" times as fast, with 95 % confidence).")
    assert sentence_of(same, "main.json").startswith("pool: no difference to main.json is shown (0.9")
    far = tuple(40 * each for each in FIVE)
    assert sentence_of(change(serial=far).lanes[0]).startswith(
        "serial is slower than in the first, 40.0 times the time ("
    )
    faster = compare(past(1, two_lanes(MUCH_MORE)), past(2, two_lanes(FIVE))).lanes[0]
    assert sentence_of(faster).startswith("serial is faster than in the first, 50.0 % less time (1.")


def test_too_few_runs_are_too_few() -> None:
    (pair, _) = compare(past(1, two_lanes((1.0, 1.0))), past(2, two_lanes(FIVE))).lanes
    assert sentence_of(pair) == "serial has too few runs to tell (2 and 5): 5 of each are needed, as with -r 5."


def test_slower_is_what_is_shown_to_be_and_by_more_than_is_allowed() -> None:
    assert [pair.label for pair in judge_slower(change(serial=MUCH_MORE), 0.05).slower] == ["serial"]
    assert judge_slower(change(serial=MUCH_MORE), 1.5) == ((), ())
    little = compare(past(1, two_lanes(STEADY, FIVE)), past(2, two_lanes(A_LITTLE_MORE, FIVE)))
    ratio = little.lanes[0].ratio
    assert ratio is not None
    assert ratio.answer == "slower"
    assert judge_slower(little, 0.05) == ((), ())
    assert [pair.label for pair in judge_slower(little, 0.03).slower] == ["serial"]
    may_be_chance = change(serial=(1.0, 2.0, 0.5, 1.4, 1.3))
    assert judge_slower(may_be_chance, 0.05) == ((), ())


def test_a_lane_that_fails_is_slower_and_one_with_few_runs_is_undecided() -> None:
    broken = lane_state("A", SERIAL, [], state="failed", error="It was killed.", asked=Lane("serial"))
    found = compare(past(1, two_lanes(FIVE, FIVE)), past(2, [broken, two_lanes(FIVE, (1.0,))[1]]))
    judged = judge_slower(found, 0.05)
    assert [pair.label for pair in judged.slower] == ["serial"]
    assert [pair.label for pair in judged.undecided] == ["pool"]
    assert sentence_of(judged.slower[0]) == "serial fails, and did not in the first: It was killed."
    # One that never worked has become no slower.
    assert judge_slower(compare(past(1, [broken]), past(2, [broken])), 0.05) == ((), ())


def test_the_object_is_the_documented_one() -> None:
    found = change(serial=MUCH_MORE)
    said = json.loads(json.dumps(change_object(found, ("a.json", "last"), judge_slower(found, 0.05)), allow_nan=False))
    assert list(said) == ["schema", "first", "second", "differences", "lanes", "only_first", "only_second", "slower"]
    assert said["first"] == {
        "name": "a.json",
        "identity": past(1).origin.identity,
        "begun": "2026-11-18T11:06:41Z",
        "workload": "sqrt",
        "parameters": {"N": 1000},
    }
    serial, pool = said["lanes"]
    assert list(serial) == ["label", "first", "second", "ratio", "interval", "answer", "same_result"]
    assert serial["second"] == {"runs": 5, "median_s": 2.0, "state": "done"}
    assert (serial["ratio"], serial["answer"], pool["answer"]) == (0.5, "slower", "no difference shown")
    assert serial["interval"][0] < 0.5 < serial["interval"][1] < 1
    assert said["slower"] == ["serial"]
    assert change_object(found, ("a", "b"), None)["slower"] is None


def test_another_number_of_tasks_is_a_difference_where_no_parameter_says_so() -> None:
    more = [lane._replace(tasks=lane.tasks + 10) for lane in two_lanes()]
    found = compare(past(1), past(2, more))
    tasks = more[0].tasks
    assert [(each.what, each.first, each.second) for each in found.differences] == [("tasks", tasks - 10, tasks)]
    other = compare(past(1), past(2, more, parameters={"N": 7}))
    assert [each.what for each in other.differences] == ["parameter N"]
