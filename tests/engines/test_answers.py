"""Results of lanes against those of the first: exact, within a tolerance, or in no certain order."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads.runner import answers
from poolscope.workloads.runner.answers import Kept, compare, is_same
from poolscope.workloads.runner.arrivals import in_order_of_inputs
from poolscope.workloads.runner.digest import BLOCK, digest


def kept(directory: Path, results: list[Any]) -> Path:
    file = Kept(directory)
    assert digest(results, file.add) is not None
    file.close()
    return directory


def found(directory: Path, results: list[Any], tolerance: float = 0.0, *, is_ordered: bool = True) -> Any:
    return compare(results, directory, tolerance, is_ordered=is_ordered)


VALUES = st.one_of(
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.none(),
    st.tuples(st.integers(), st.floats()),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=3),
    st.decimals(allow_nan=False),
)


@given(st.lists(VALUES, max_size=20), st.randoms(use_true_random=False))
def test_what_is_kept_is_the_same_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, results: list[Any], chance: random.Random
) -> None:
    directory = kept(tmp_path_factory.mktemp("run"), results)
    assert found(directory, results) == (True, None)
    mixed = results.copy()
    chance.shuffle(mixed)
    assert found(directory, mixed, is_ordered=False) == (True, None)


@given(st.lists(st.integers(), max_size=30), st.integers(1, 40), st.randoms(use_true_random=False))
def test_results_find_back_into_the_order_of_their_inputs(
    results: list[int], chunksize: int, chance: random.Random
) -> None:
    chunks = [results[begin : begin + chunksize] for begin in range(0, len(results), chunksize)]
    order = list(range(len(chunks)))
    chance.shuffle(order)
    arrived = [result for number in order for result in chunks[number]]
    assert in_order_of_inputs(arrived, order, chunksize) == results
    for unknown in (order[1:], [*order, 0], order[:-1] + order[:1]):
        if sorted(unknown) != sorted(order):
            assert in_order_of_inputs(arrived, unknown, chunksize) is None


@given(st.lists(st.integers(), min_size=1, max_size=30), st.data())
def test_the_first_difference_is_named(
    tmp_path_factory: pytest.TempPathFactory, results: list[int], data: st.DataObject
) -> None:
    directory = kept(tmp_path_factory.mktemp("run"), results)
    index = data.draw(st.integers(0, len(results) - 1))
    other = results.copy()
    other[index] = 10**30
    same, difference = found(directory, other)
    said = f"Task {index + 1} of {len(results)} gave {10**30} instead of {results[index]}."
    assert (same, (difference or "").replace("…", "")) == (False, said)
    same, difference = found(directory, other, is_ordered=False)
    assert same is False
    assert (difference or "").endswith((" is among the results, but not among those of the first lane.",
                                        " is among the results of the first lane, but not among these."))  # fmt: skip


def test_a_difference_far_behind_is_found(tmp_path: Path) -> None:
    results: list[Any] = [Decimal(number) if number % 7 == 0 else number for number in range(3 * BLOCK)]
    directory = kept(tmp_path, results)
    results[2 * BLOCK + 5] = "x"
    assert found(directory, results) == (False, "Task 8,198 of 12,288 gave 'x' instead of Decimal('8197').")


def test_another_number_of_results_differs(tmp_path: Path) -> None:
    directory = kept(tmp_path, [1, 2, 3])
    for is_ordered in (True, False):
        assert found(directory, [1, 2], is_ordered=is_ordered) == (False, "There are 2 results instead of 3.")
    assert found(directory, [1, 2, 3, 4]) == (False, "There are 4 results instead of 3.")


def test_a_tolerance_reaches_into_what_holds_floats(tmp_path: Path) -> None:
    near = [(1.0 + 1e-12, {"sum": [1e9 + 1e-4]}), np.array([1.0, 2.0 + 1e-12])]
    directory = kept(tmp_path, [(1.0, {"sum": [1e9]}), np.array([1.0, 2.0])])
    assert found(directory, near)[0] is False
    assert found(directory, near, 1e-9) == (True, None)
    assert found(directory, near, 1e-15)[0] is False


@pytest.mark.parametrize(
    ("value", "expected", "tolerance", "is_the_same"),
    [
        (1, 1.0, 0.0, True),
        (1.0, 1, 0.0, True),
        (True, 1, 0.0, False),
        ("1", 1, 0.0, False),
        (math.nan, math.nan, 0.0, True),
        (math.inf, math.inf, 0.0, True),
        (math.inf, 1.0, 0.5, False),
        ({1, 2}, {2, 1}, 0.0, True),
        ([1.0], (1.0,), 0.0, False),
        (1.0, 1.1, 0.2, True),
        (-1e-10, 1e-10, 1e-9, True),
        (np.float64(1.0), 1.0, 0.0, True),
        (np.array([1, math.nan]), np.array([1, math.nan]), 0.0, True),
        (np.array([1, 2]), np.array([1, 3]), 0.0, False),
    ],
)
def test_what_counts_as_the_same(value: Any, expected: Any, tolerance: float, is_the_same: bool) -> None:
    assert is_same(value, expected, tolerance) is is_the_same


class Silent:
    """Equal to nothing, and cannot be written down."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        raise RuntimeError


def test_what_cannot_be_compared_is_not_said_to_differ(tmp_path: Path) -> None:
    directory = kept(tmp_path, [Silent(), 1])
    assert found(directory, [Silent(), 2]) == (None, None)
    assert found(tmp_path / "nowhere", [1]) == (None, None)


def test_what_is_too_large_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MOST_BYTES", 20_000)
    directory = kept(tmp_path, list(range(10 * BLOCK)))
    assert not (directory / answers.NAME).exists()
    assert found(directory, [1]) == (None, None)
