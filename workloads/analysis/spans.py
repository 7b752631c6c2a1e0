"""Stretches of time that do not overlap, as arrays: where two sets of them meet, and how much of a time they cover."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOREVER = 1 << 61
"""Later than anything; sums and differences of such times still fit into 64 bits."""


class Stretches(NamedTuple):
    """Stretches of time in order that do not overlap."""

    begins: NDArray[np.int64]
    ends: NDArray[np.int64]

    def together_with(self, other: Stretches) -> Stretches:
        """What lies in both, as pieces that each lie in one stretch of either."""
        first = np.searchsorted(other.ends, self.begins, "right")
        last = np.searchsorted(other.begins, self.ends, "left")
        counts = np.maximum(last - first, 0)
        owner = np.repeat(np.arange(len(counts)), counts)
        index = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + first[owner]
        begins = np.maximum(self.begins[owner], other.begins[index])
        ends = np.minimum(self.ends[owner], other.ends[index])
        is_there = ends > begins
        return Stretches(begins[is_there], ends[is_there])


class Spans(NamedTuple):
    """The same, with what is needed to add them up quickly."""

    begins: NDArray[np.int64]
    sums: NDArray[np.int64]
    """Their lengths added up, from 0; one more than there are stretches."""

    def covered(self, moments: NDArray[np.int64]) -> NDArray[np.int64]:
        """How much of the time before each of MOMENTS lies in them."""
        if not len(self.begins):
            return np.zeros(len(moments), np.int64)
        index = np.searchsorted(self.begins, moments, "right") - 1
        known = np.maximum(index, 0)
        lengths = self.sums[known + 1] - self.sums[known]
        covered: NDArray[np.int64] = self.sums[known] + np.clip(moments - self.begins[known], 0, lengths)
        return covered


def nothing() -> Stretches:
    """Return stretches of which there are none."""
    return Stretches(np.empty(0, np.int64), np.empty(0, np.int64))


def stretches(pairs: list[tuple[int, int]]) -> Stretches:
    """Make stretches of pairs in order; those of no length are left out."""
    array = np.array([pair for pair in pairs if pair[1] > pair[0]], np.int64).reshape(-1, 2)
    return Stretches(array[:, 0], array[:, 1])


NO_SPANS = Spans(np.empty(0, np.int64), np.zeros(1, np.int64))
