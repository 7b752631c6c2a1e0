"""The recommended chunksize, from times that follow from what a chunk and an idle worker cost."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.workloads.analysis.chunking import ChunkPoint, advise, chunk_sizes, default_chunksize

TASKS, WORKERS = 20_000, 2


def points(chunk_ns: float, task_ns: float, runs: int = 7) -> list[ChunkPoint]:
    found = []
    for size in chunk_sizes(TASKS, WORKERS):
        chunks = math.ceil(TASKS / size)
        time = 20e6 + chunks * chunk_ns + TASKS * task_ns / WORKERS
        spread = (round(time * (1 + 0.002 * step)) for step in range(runs))
        found.append(ChunkPoint(size, tuple(spread)))
    return found


def test_the_default_is_left_alone_where_it_is_as_good_as_any() -> None:
    found = advise(points(50e3, 1e3), TASKS, WORKERS)
    assert found.chunksize == found.default == 2_500
    assert found.chunk_ns == pytest.approx(50e3, rel=0.02)
    assert found.sentence.startswith(
        "Leave the chunksize alone: the default, 2,500, is as good as any: smaller ones cost about 50."
    )
    assert 1 not in found.good


def test_smaller_chunks_are_taken_where_workers_idle_at_the_end() -> None:
    given_points = [
        ChunkPoint(size, (round((100 + idle) * 1e6),) * 5, round(idle * 1e6))
        for size, idle in ((1, 1), (16, 0), (2_500, 50), (10_000, 90))
    ]
    found = advise(given_points, TASKS, WORKERS)
    assert (found.chunksize, found.fastest) == (16, 16)
    assert found.over_default is not None
    assert found.over_default.value == pytest.approx(1.5)
    assert found.sentence == (
        "Take a chunksize of 16: 1.5 times faster than the default, 2,500; "
        "with larger ones workers have nothing to do for up to 90.0 ms more."
    )


def test_it_is_said_that_all_are_as_good() -> None:
    found = advise([ChunkPoint(size, (100, 101, 99)) for size in (1, 100, 2_500)], TASKS, WORKERS)
    assert found.sentence.endswith("all from 1 to 2,500 are as good.")


def test_too_little_is_no_recommendation() -> None:
    assert advise([], TASKS, WORKERS).chunksize is None
    assert "nothing to compare" in advise([ChunkPoint(3, (100,))], TASKS, WORKERS).sentence
    without = advise([ChunkPoint(3, (100,)), ChunkPoint(30, (300,))], TASKS, WORKERS)
    assert without.over_default is None
    assert without.sentence.startswith("Take a chunksize of 3; the default, 2,500, was not measured")


@given(st.integers(1, 10**9), st.integers(1, 500))
def test_sizes_go_from_one_task_to_one_chunk_a_worker(tasks: int, workers: int) -> None:
    sizes = chunk_sizes(tasks, workers)
    assert sizes[0] == 1
    assert sizes[-1] == max(1, math.ceil(tasks / workers))
    assert default_chunksize(tasks, workers) in sizes
    assert list(sizes) == sorted(set(sizes))


@given(st.lists(st.tuples(st.integers(1, 10**4), st.lists(st.integers(1, 10**10), min_size=1, max_size=6))))
def test_what_is_recommended_was_measured(measured: list[tuple[int, list[int]]]) -> None:
    given_points = [ChunkPoint(size, tuple(times)) for size, times in dict(measured).items()]
    found = advise(given_points, TASKS, WORKERS)
    assert found.sentence.endswith(".")
    assert (found.chunksize is None) == (not given_points)
    if given_points:
        assert found.chunksize in {point.chunksize for point in given_points}
        assert found.fastest in found.good
