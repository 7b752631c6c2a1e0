"""Each engine with each start method, in a real runner under a real guardian."""

from __future__ import annotations

import stat

import pytest
from support.leaks import living
from support.runs import START_METHODS, log_of, start, until_cleared

from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import EngineName, Lane, StartMethod
from poolscope.workloads.news import Ended, Refused, Started

ENGINES: tuple[EngineName, ...] = ("process", "pool")
LANES = [Lane("serial")] + [Lane(engine, 2, method) for engine in ENGINES for method in START_METHODS]


@pytest.mark.parametrize("lane", LANES, ids=lambda lane: lane.label)
def test_results_come_in_the_order_of_the_inputs(guardian: Guardian, lane: Lane) -> None:
    recording = start(guardian, "DOUBLE", lane)
    messages = until_cleared(guardian)
    recording.refresh()
    assert recording.result is not None, log_of(recording.directory)
    assert recording.result.ok, recording.result
    assert recording.result.summary == "[0, 2, 4, 6, 8, 10, 12, 14]"
    assert recording.result.tasks == recording.tasks_done == recording.marks.tasks_planned == 8
    assert [message for message in messages if isinstance(message, Ended)] == [Ended("0001", 0)]


@pytest.mark.parametrize("lane", LANES[:2] + LANES[4:5], ids=lambda lane: lane.label)
@pytest.mark.parametrize(("name", "result"), [("NOTHING", "[]"), ("ONE", "[0]")])
def test_few_tasks_are_no_trouble(guardian: Guardian, lane: Lane, name: str, result: str) -> None:
    recording = start(guardian, name, lane)
    until_cleared(guardian)
    recording.refresh()
    assert recording.result is not None
    assert recording.result.summary == result


def test_equal_results_have_equal_digests_whatever_computed_them(guardian: Guardian) -> None:
    digests = set()
    for number, lane in enumerate([Lane("serial"), Lane("process", 2, "fork"), Lane("pool", 2, "fork")]):
        recording = start(guardian, "DOUBLE", lane, f"{number:04}")
        until_cleared(guardian)
        recording.refresh()
        assert recording.result is not None
        digests.add(recording.result.digest)
    assert len(digests) == 1
    assert None not in digests


def test_elapsed_time_is_that_between_the_marks(guardian: Guardian) -> None:
    recording = start(guardian, "DOUBLE", Lane("pool", 2, "fork"))
    until_cleared(guardian)
    recording.refresh()
    begun, there, ended = recording.marks[:3]
    assert recording.result is not None
    assert begun is not None
    assert there is not None
    assert ended is not None
    assert begun < there < ended
    assert recording.result.elapsed_ns == ended - begun


def test_each_run_has_a_process_of_its_own_that_is_in_no_session_of_ours(guardian: Guardian) -> None:
    pids = []
    for run in ("0001", "0002"):
        start(guardian, "ONE", Lane("serial"), run)
        pids += [message.pid for message in until_cleared(guardian) if isinstance(message, Started)]
    assert len(set(pids)) == 2
    assert not set(pids) & set(living())


@pytest.mark.parametrize("method", START_METHODS)
def test_only_the_owner_can_look_at_what_is_recorded(guardian: Guardian, method: StartMethod) -> None:
    recording = start(guardian, "ONE", Lane("pool", 1, method))
    until_cleared(guardian)
    directories = (guardian.directory, recording.directory)
    assert {stat.S_IMODE(path.stat().st_mode) for path in directories} == {0o700}
    files = [path for path in recording.directory.iterdir() if path.is_file()]
    assert not [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077 and path.suffix == ".ev"]
    assert len([path for path in files if path.suffix == ".ev"]) >= 2


def test_one_run_at_a_time(guardian: Guardian) -> None:
    recording = start(guardian, "BUSY", Lane("serial"))
    start(guardian, "ONE", Lane("serial"), "0002")
    assert Refused("0002", "another run is under way") in until_cleared(guardian)
    assert not (recording.directory / "result.json").exists()
