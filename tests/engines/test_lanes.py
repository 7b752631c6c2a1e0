"""Lanes as people write them, their defaults, and what is refused."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.runs import BUDGET
from support.troubled import DOUBLE, double, workload

from poolscope.workloads.errors import UsageError
from poolscope.workloads.lanes import (
    FIELDS,
    FLAVOURS,
    MOST_BLAS,
    MOST_WORKERS,
    SETTINGS,
    START_METHODS,
    check_lanes,
    parse_lane,
    resolve_lane,
)
from poolscope.workloads.model import ENGINES, EngineName, Lane, Machine
from poolscope.workloads.sampling.machine import describe_machine

ENGINES_OFFERED = "choose serial, process, pool, executor, threads, joblib or interpreters"
POOL_SETTINGS = "workers, start, chunksize, flavour, maxtasks, blas and warm"


@pytest.mark.parametrize(
    ("spec", "lane"),
    [
        ("serial", Lane("serial")),
        ("pool", Lane("pool")),
        (" pool : workers = 4 , start=spawn,chunksize=1_00", Lane("pool", 4, "spawn", 100)),
        ("process:workers=1024", Lane("process", 1024)),
        ("pool:flavour=imap_unordered,maxtasks=3,blas=1", Lane("pool", None, None, None, "imap_unordered", 3, 1)),
        ("serial:blas=2", Lane("serial", blas=2)),
        ("threads:workers=3,chunksize=5", Lane("threads", 3, None, 5)),
    ],
)
def test_what_people_write(spec: str, lane: Lane) -> None:
    assert parse_lane(spec) == lane


@given(
    st.sampled_from(ENGINES),
    st.fixed_dictionaries(
        {},
        optional={
            "workers": st.integers(1, MOST_WORKERS),
            "start": st.sampled_from(START_METHODS),
            "chunksize": st.integers(1, 10**9),
            "flavour": st.sampled_from(FLAVOURS),
            "maxtasks": st.integers(1, 10**9),
            "blas": st.integers(1, MOST_BLAS),
        },
    ),
)
def test_a_label_reads_back(engine: EngineName, values: dict[str, Any]) -> None:
    given = {FIELDS.get(name, name): value for name, value in values.items() if name in SETTINGS[engine]}
    if given.get("flavour") == "apply_async":
        given["chunksize"] = None
    lane = Lane(engine, **given)
    assert parse_lane(lane.label) == lane
    full = resolve_lane(lane, 10, BUDGET, "fork")
    assert resolve_lane(full, 10, BUDGET, "fork") == full


@given(st.text(max_size=60) | st.from_regex(r"(pool|process|serial)(:[a-z0-9=,_]*)?", fullmatch=True))
def test_any_text_is_a_lane_or_one_sentence(spec: str) -> None:
    sentence = ""
    try:
        parse_lane(spec)
    except UsageError as error:
        sentence = str(error)
    assert not sentence or sentence.endswith((".", "?"))
    assert not sentence or sentence.isprintable()
    assert len(sentence) < 300


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("", f"The lane names no engine: {ENGINES_OFFERED}."),
        ("pol", "There is no engine pol; did you mean pool?"),
        ("gpu", f"There is no engine gpu: {ENGINES_OFFERED}."),
        ("Pool", "There is no engine Pool; did you mean pool?"),
        ("serial:workers=2", "The engine serial has no setting workers: it has blas."),
        ("process:chunksize=2", "The engine process has no setting chunksize: it has workers, start and blas."),
        ("threads:start=fork", "The engine threads has no setting start: it has workers, chunksize, blas and warm."),
        ("pool:worker=2", "There is no setting worker of the engine pool; did you mean workers?"),
        ("pool:xyzzy=2", f"There is no setting xyzzy of the engine pool: it has {POOL_SETTINGS}."),
        ("pool:", f"The lane pool: ends in a colon: it has {POOL_SETTINGS}."),
        ("pool:flavour=imapp", "There is no flavour imapp of a pool; did you mean imap?"),
        (
            "pool:flavour=xyzzy",
            "There is no flavour xyzzy of a pool: choose map, imap, imap_unordered, starmap or apply_async.",
        ),
        (
            "pool:flavour=apply_async,chunksize=2",
            "The flavour apply_async sends each task for itself: leave chunksize out.",
        ),
        ("pool:maxtasks=0", "maxtasks = 0 is not allowed: choose a whole number from 1 to 1,000,000,000."),
        ("serial:blas=x", "blas = x is not allowed: choose a whole number from 1 to 1,024."),
        (
            "pool:workers",
            "The setting workers of the lane pool:workers has no value: choose a whole number from 1 to 1,024.",
        ),
        ("pool:workers=0", "workers = 0 is not allowed: choose a whole number from 1 to 1,024."),
        ("pool:workers=100000", "workers = 100000 is not allowed: choose a whole number from 1 to 1,024."),
        ("pool:workers=-1", "workers = -1 is not allowed: choose a whole number from 1 to 1,024."),
        ("pool:workers=two", "workers = two is not allowed: choose a whole number from 1 to 1,024."),
        ("pool:chunksize=0", "chunksize = 0 is not allowed: choose a whole number from 1 to 1,000,000,000."),
        ("pool:start=frok", "There is no start method frok; did you mean fork?"),
        ("pool:start=thread", "There is no start method thread: choose fork, spawn or forkserver."),
        ("pool:workers=1,workers=2", "The setting workers is given twice in the lane pool:workers=1,workers=2."),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(spec: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_lane(spec)
    assert str(caught.value) == sentence


@given(st.integers(0, 10_000), st.integers(1, 64))
def test_the_default_chunk_size_is_that_of_the_pool(tasks: int, workers: int) -> None:
    size, more = divmod(tasks, workers * 4)  # as in Pool._map_async
    lane = resolve_lane(Lane("pool", workers), tasks, BUDGET, "fork")
    assert lane.chunksize == max(1, size + bool(more))


def test_defaults_are_filled_in() -> None:
    assert resolve_lane(Lane("serial"), 10, BUDGET, "fork") == Lane("serial", 1)
    assert resolve_lane(Lane("pool"), 10, BUDGET, "spawn") == Lane("pool", 2, "spawn", 2)
    assert resolve_lane(Lane("process"), 1, BUDGET, "fork") == Lane("process", 1, "fork")
    assert resolve_lane(Lane("process", 4), 1, BUDGET, "fork") == Lane("process", 4, "fork")
    assert resolve_lane(Lane("pool", None, "fork", 7), 10, BUDGET, "spawn") == Lane("pool", 2, "fork", 7)


@pytest.fixture(scope="module")
def machine() -> Machine:
    return describe_machine()._replace(budget=BUDGET, default_start_method="fork")


def refusal(lanes: list[Lane], machine: Machine, subject: object = DOUBLE) -> str:
    with pytest.raises(UsageError) as caught:
        check_lanes(lanes, subject, {}, machine)  # type: ignore[arg-type]
    return str(caught.value)


def test_fitting_lanes_are_let_through(machine: Machine) -> None:
    check_lanes([Lane("serial"), Lane("pool"), Lane("pool", 3), Lane("process")], DOUBLE, {}, machine)


def test_the_same_lane_twice_is_refused(machine: Machine) -> None:
    assert refusal([Lane("pool"), Lane("pool")], machine) == "The lane pool is given twice: leave one out."
    assert "is the same as pool here" in refusal([Lane("pool"), Lane("pool", 2)], machine)


def test_no_lane_and_engines_that_make_no_sense_are_refused(machine: Machine) -> None:
    assert "There is no lane to run" in refusal([], machine)
    alone = DOUBLE._replace(engines=("serial",))
    assert refusal([Lane("pool")], machine, alone) == "The engine pool makes no sense for troubled: choose serial."
    alone = alone._replace(engines_reason="which forks")
    said = "The engine threads makes no sense for troubled, which forks: choose serial."
    assert refusal([Lane("threads")], machine, alone) == said


def test_a_start_method_that_does_not_exist_here_is_refused(machine: Machine) -> None:
    mac = machine._replace(start_methods=("spawn", "fork"))
    sentence = "The start method forkserver does not exist here: choose spawn or fork."
    assert refusal([Lane("pool", 2, "forkserver")], mac) == sentence


def test_what_would_exhaust_memory_is_refused(machine: Machine) -> None:
    hungry = workload(double)._replace(memory_needed=lambda *_: 1 << 60)
    assert refusal([Lane("pool")], machine, hungry).startswith(
        "The lane pool:workers=2,start=fork,chunksize=1 of troubled needs about "
    )


@pytest.fixture
def few_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.usefixtures("few_files")
def test_workers_for_which_files_do_not_suffice_are_refused(machine: Machine) -> None:
    check_lanes([Lane("pool", 64)], DOUBLE, {}, machine)
    sentence = refusal([Lane("pool", 100)], machine)
    assert sentence == (
        "workers = 100 cannot be started: a process may have 256 files open here (ulimit -n); choose at most 72."
    )
