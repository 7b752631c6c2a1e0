"""The small parts of the engine room, without processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads import custody
from poolscope.workloads.engines import TaskError, Work, chunks_planned, engine
from poolscope.workloads.engines.blocks import call_in_blocks
from poolscope.workloads.engines.crews import Crew
from poolscope.workloads.engines.failed_tasks import FailedTaskError
from poolscope.workloads.engines.process import slice_bounds
from poolscope.workloads.model import Lane, Plan, RunResult
from poolscope.workloads.plans import read_plan, write_plan, write_result
from poolscope.workloads.recording.results import read_result
from poolscope.workloads.runner.digest import digest
from poolscope.workloads.runner.failures import failure

words = st.binary(max_size=30).map(lambda data: data.replace(b"\0", b"x"))


@given(st.lists(st.lists(words, min_size=1, max_size=5), max_size=5), st.integers(1, 9))
def test_messages_survive_being_cut_anywhere(messages: list[list[bytes]], size: int) -> None:
    data = b"".join(custody.pack(message) for message in messages)
    buffer, found = bytearray(), []
    for start in range(0, len(data), size):
        buffer += data[start : start + size]
        found += list(custody.unpack(buffer))
    assert found == messages
    assert not buffer


@given(st.integers(0, 1_000), st.integers(1, 50))
def test_slices_hold_every_input_once_and_are_even(total: int, parts: int) -> None:
    bounds = slice_bounds(total, parts)
    assert len(bounds) == parts
    assert [index for begin, end in bounds for index in range(begin, end)] == list(range(total))
    sizes = [end - begin for begin, end in bounds]
    assert max(sizes) - min(sizes) <= 1


@given(st.lists(st.integers(), max_size=200))
def test_blocks_give_the_results_in_order(numbers: list[int]) -> None:
    handed: list[Any] = []
    results = call_in_blocks(lambda number: number + 1, numbers, hand_over=handed.append)
    assert results == [number + 1 for number in numbers]
    assert handed == ([results] if numbers else [])


@given(st.integers(0, 99), st.integers(0, 1_000))
def test_blocks_say_which_task_raised(bad: int, first: int) -> None:
    with pytest.raises(TaskError) as caught:
        call_in_blocks(lambda number: 1 // (number - bad), range(100), first=first)
    assert caught.value.index == first + bad
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def ending(number: int) -> int:
    if number == 3:
        raise StopIteration
    return number


def in_threads(function: Callable[[int], Any], inputs: range) -> list[Any]:
    return engine("threads")(Work(function, inputs), Lane("threads", 2, chunksize=2), lambda: None)


@pytest.mark.parametrize("execute", [call_in_blocks, in_threads])
@pytest.mark.parametrize("inputs", [range(8), range(4)])
def test_stop_iteration_of_a_task_is_not_the_end_of_the_inputs(
    execute: Callable[[Callable[[int], int], range], list[Any]], inputs: range
) -> None:
    with pytest.raises(TaskError) as caught:
        execute(ending, inputs)
    assert caught.value.index == 3
    assert isinstance(caught.value.__cause__, StopIteration)


def test_chunks_planned() -> None:
    assert chunks_planned(Lane("pool", 2, "fork", 3), 10) == 4
    assert chunks_planned(Lane("pool", 2, "fork", 3), 0) == 0
    assert chunks_planned(Lane("process", 2, "fork"), 10) == 0


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=10,
)


@given(st.lists(values, max_size=20))
def test_equal_results_have_equal_digests(results: list[Any]) -> None:
    import copy
    import pickle

    expected = digest(results)
    assert expected is not None
    assert digest(copy.deepcopy(results)) == expected
    assert digest(pickle.loads(pickle.dumps(results))) == expected


def test_identity_does_not_count() -> None:
    text = "".join(["a", "b"])
    assert digest([text, text]) == digest(["".join(["a", "b"]), "".join(["a", "b"])])
    item = Path("x")
    assert digest([item, item]) == digest([Path("x"), Path("x")])


@pytest.mark.parametrize(
    ("one", "other"), [([1, 2], [2, 1]), ([1], [1.0]), ([0.0], [-0.0]), ([], [None]), (["a"], [b"a"])]
)
def test_other_results_have_other_digests(one: list[Any], other: list[Any]) -> None:
    assert digest(one) != digest(other)


def test_what_cannot_be_digested_has_none() -> None:
    assert digest([lambda: 1]) is None


def test_plans_survive_the_way_to_the_runner(tmp_path: Path) -> None:
    plan = Plan("0007", "sqrt", {"N": 10**12, "numbers": (1, 2), "where": "\udce9/ü"}, Lane("pool", 2, "fork", 9), 20)
    write_plan(plan, tmp_path)
    assert read_plan(tmp_path) == plan


def test_results_survive_the_way_back(tmp_path: Path) -> None:
    result = RunResult(True, None, None, 12, 3, "ab", "fine", ("one", "two"))
    write_result(result, tmp_path)
    assert read_result(tmp_path / "result.json") == (result, None)
    assert not list(tmp_path.glob("*.new"))
    assert json.loads((tmp_path / "result.json").read_text())["elapsed_ns"] == 12


class WithoutWordsError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("no"), "The run failed: ValueError: no."),
        (WithoutWordsError(), "The run failed: WithoutWordsError."),
        (TaskError(2, "KeyError: 'x'"), "Task 3 of 8 (input 2) raised KeyError: 'x'."),
        (FailedTaskError("KeyError: 'x'", "", "2"), "Task 3 of 8 (input 2) raised KeyError: 'x'."),
        (FailedTaskError("KeyError: 'x'", "", "9"), "A task raised KeyError: 'x'."),
    ],
)
def test_failures_are_sentences(error: BaseException, sentence: str) -> None:
    assert failure(error, range(8)).error == sentence


def test_long_failures_are_cut() -> None:
    said = failure(ValueError("x" * 1_000_000), range(8))
    assert len(said.error or "") < 2_000


def test_removing_a_tree_does_not_follow_links(tmp_path: Path) -> None:
    outside, tree = tmp_path / "outside", tmp_path / "tree"
    outside.mkdir()
    (outside / "kept").write_text("")
    (tree / "below").mkdir(parents=True)
    (tree / "below" / "link").symlink_to(outside)
    (tree / "link").symlink_to(outside)
    (tree / "below").chmod(0o000)
    custody.remove_tree(str(tree))
    assert not tree.exists()
    assert (outside / "kept").exists()


def test_a_thread_that_begins_when_all_tasks_are_done_disturbs_nobody() -> None:
    crew = Crew()
    noted: list[int] = []

    class Member:
        def __init__(self, name: str, number: int) -> None:
            self.name = name

        def note_delay(self, number: int) -> None:
            noted.append(number)
            crew.member(number + 1, "a thread that has just begun")

    crew._module = SimpleNamespace(Member=Member)  # type: ignore[assignment]
    crew.member(1, "thread")
    crew.note_delays()
    assert noted == [1]
    crew.note_delays()
    assert noted == [1, 1, 2]
