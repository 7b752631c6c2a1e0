"""Results that are copies of each other are counted by their fractions alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads.runner.repeats import MOST, repeated


class Hostile(float):
    def is_integer(self) -> bool:
        raise ValueError("no")


@pytest.mark.parametrize(
    ("results", "count"),
    [
        ([], None),
        ([1, 2, 2, 2], None),
        ([1.0, 1.0, 2.0], None),
        (["a", "a"], None),
        ([0.5, 0.25, 0.5, 0.5], 2),
        ([(0, 7, 0.5), (1, 7, 0.5), (2, 7, 0.75)], 1),
        ([[0.5, 0.25], [0.25, 0.5]], 0),
        ([(1, 2), (1, 2), (1, 0.5)], 0),
        ([0.5, float("nan"), float("inf"), float("inf")], 0),
        ([Hostile(0.5)], None),
        ([0.5] * (MOST + 1), None),
    ],
)
def test_copies_are_counted(results: list[Any], count: int | None) -> None:
    assert repeated(results) == count


def test_arrays_count_as_a_whole() -> None:
    np = pytest.importorskip("numpy")
    assert repeated([np.array([0.5, 1.0]), np.array([0.5, 1.0]), np.array([0.5, 2.0])]) == 1
    assert repeated([np.arange(3), np.arange(3)]) is None


@given(st.lists(st.recursive(st.none() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=5)))
def test_whatever_results_are(results: list[Any]) -> None:
    count = repeated(results)
    assert count is None or 0 <= count < len(results)
