"""Which lanes a study is about: the same ones for the command and for the screen."""

from __future__ import annotations

import pytest

from poolscope.workloads import catalogue
from poolscope.workloads.catalogue import find
from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import Lane
from poolscope.workloads.parameters import check_parameters
from poolscope.workloads.studies.pairs import pair, usual, varied

SERIAL, PROCESS, THREADS, POOL, SMALL = (
    Lane("serial"), Lane("process"), Lane("threads"), Lane("pool"), Lane("pool", chunksize=1),
)  # fmt: skip


def of(*lanes: Lane, marked: Lane = SERIAL, varies: bool = False, workload: str = "sqrt") -> tuple[Lane, ...]:
    found = find(workload)
    return pair(lanes, marked, found, check_parameters(found, {}), varies=varies)


def test_the_usual_lane_is_the_pool_with_its_usual_chunks() -> None:
    assert usual([SERIAL, PROCESS, THREADS, SMALL, POOL]) == POOL
    assert usual([SERIAL, PROCESS, THREADS]) == THREADS
    assert usual([SERIAL, PROCESS]) == PROCESS
    assert usual([SERIAL]) is None


def test_the_marked_lane_is_meant_unless_it_is_the_first() -> None:
    assert of(SERIAL, THREADS, POOL) == (SERIAL, POOL)
    assert of(SERIAL, THREADS, POOL, marked=THREADS) == (SERIAL, THREADS)
    assert of(THREADS, SERIAL, POOL, marked=THREADS) == (THREADS, POOL)
    assert of(THREADS) == (SERIAL, THREADS)
    assert of(SERIAL) == (SERIAL, POOL)
    assert of(SERIAL, SERIAL._replace(blas=1)) == (SERIAL, SERIAL._replace(blas=1))


def test_settings_are_varied_where_there_are_any() -> None:
    assert of(SERIAL, PROCESS, varies=True) == (SERIAL, POOL)
    assert of(SERIAL, PROCESS, marked=PROCESS, varies=True) == (SERIAL, PROCESS)
    assert of(SERIAL, Lane("pool", 3), varies=True) == (SERIAL, Lane("pool", 3))
    assert of(SERIAL, varies=True, workload="pipeline") == (SERIAL,)
    with pytest.raises(UsageError, match="pipeline runs in no pool"):
        varied([SERIAL], find("pipeline"))


@pytest.mark.parametrize("name", catalogue.names())
def test_the_screen_takes_what_the_command_takes(name: str) -> None:
    """While nobody has chosen anything, and the first lane is marked."""
    workload = find(name)
    lanes = workload.default_lanes(check_parameters(workload, {}))
    assert of(*lanes, marked=lanes[0], workload=name)[1:] == tuple(filter(None, [usual(lanes)]))
