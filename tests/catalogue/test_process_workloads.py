"""Workloads of shared memory, message passing and processes: what they say of results, right and wrong ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from poolscope.workloads.catalogue import exits, family, find
from poolscope.workloads.catalogue.children import Children
from poolscope.workloads.catalogue.shared_counter import totals
from poolscope.workloads.errors import PoolscopeError
from poolscope.workloads.model import Lane, ParameterValue
from poolscope.workloads.parameters import check_parameters


def checked(name: str, results: list[Any], **given: ParameterValue) -> str | None:
    workload = find(name)
    assert workload.check is not None
    return workload.check(results, check_parameters(workload, given))


def shown(name: str, results: list[Any], **given: ParameterValue) -> list[str]:
    workload = find(name)
    parameters = check_parameters(workload, given)
    assert workload.show is not None
    return [workload.summarise(results, parameters), *workload.show(results, parameters)]


def changed(results: list[Any], index: int, place: int, value: object) -> list[Any]:
    """The same with one value that is another."""
    result = list(results[index])
    result[place] = value
    return [*results[:index], tuple(result), *results[index + 1 :]]


# Shared memory

COUNTED = [
    (0, "no", 10, 500, 1_000, 7),
    (1, "no", 10, 500, 2_000, 13),
    (2, "partly", 10, 900, 3_000, 20),
    (3, "partly", 10, 900, 2_500, 11),
    (4, "yes", 10, 1_500, 3_600, 20),
    (5, "yes", 10, 1_500, 3_500, 15),
]


def test_lost_updates_are_the_lesson_and_no_mistake() -> None:
    assert checked("shared-counter", COUNTED, tasks=2, additions=10) is None
    assert totals(COUNTED[::-1]) == {"no": (20, 13, 50.0), "partly": (20, 20, 90.0), "yes": (20, 20, 150.0)}
    summary, *table = shown("shared-counter", COUNTED, tasks=2, additions=10)
    assert summary == "updates lost: without a lock 7 of 20, with it held partly none, with it none"
    assert [line.split() for line in table] == [
        ["lock", "additions", "counter", "lost", "each", "took"],
        ["no", "20", "13", "7", "35", "%", "50.0", "ns"],
        ["partly", "20", "20", "0", "0", "%", "90.0", "ns"],
        ["yes", "20", "20", "0", "0", "%", "150", "ns"],
    ]


def test_a_lock_that_loses_updates_is_a_mistake() -> None:
    said = checked("shared-counter", changed(COUNTED, 4, 5, 19), tasks=2, additions=10)
    assert said == "The counter with its lock is 19 after 20 additions: a lock must not lose any."


@pytest.mark.parametrize("value", [0, 21])
def test_a_counter_that_no_lost_update_explains(value: int) -> None:
    said = checked("shared-counter", changed(COUNTED, 1, 5, value), tasks=2, additions=10)
    assert said == f"The counter (no) is {value} after 20 additions, which no lost update explains."


def test_a_task_that_did_not_add() -> None:
    said = checked("shared-counter", COUNTED[1:], tasks=2, additions=10)
    assert said == "The tasks did not add as they were told to: 5 of 6 gave a result."


FACTORS = {"copies": 4, "Array": 2, "SharedMemory": 1}
WORKED = [(way, size, 9, size * factor, 0) for size in (10, 1_000) for way, factor in FACTORS.items()]


def test_rounds_are_shown_by_size_and_way() -> None:
    assert checked("shared-array", WORKED, sizes=(10, 1_000)) is None
    summary, *table = shown("shared-array", WORKED)
    assert summary == "with 1.00 kB, SharedMemory is 4.0 times faster than copies"
    assert table[2].split() == ["1.00", "kB", "4.00", "µs", "2.00", "µs", "1.00", "µs"]


def test_bytes_that_were_not_changed_as_they_should_be() -> None:
    said = checked("shared-array", changed(WORKED, 4, 4, 3), sizes=(10, 1_000))
    assert said == "3 of 1,000 bytes are wrong after 9 rounds with Array."
    assert checked("shared-array", WORKED[1:], sizes=(10, 1_000)) == "There are 5 measurements instead of 6."


def test_data_that_does_not_fit_into_shared_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    workload = find("shared-array")
    parameters = check_parameters(workload, {"sizes": (1_000, 50_000_000)})
    assert workload.unsuitable is not None
    room = os.statvfs("/")
    little = os.statvfs_result((4_096, 4_096, *room[2:4], 64_000_000 // 4_096, *room[5:]))
    monkeypatch.setattr(os, "statvfs", lambda _: little)
    assert workload.unsuitable(Lane("serial"), parameters) == (
        "Shared memory of 50.0 MB does not fit into /dev/shm, which has 64.0 MB free: choose sizes up to 32,000,000."
    )
    assert workload.unsuitable(Lane("serial"), check_parameters(workload, {"sizes": (32_000_000,)})) is None


# Message passing

PLAYED = [("Pipe", 100, 2_000, 10**7, 0), ("SimpleQueue", 100, 1_000, 10**7, 0), ("Queue", 100, 500, 10**7, 0)]


def test_messages_and_bytes_a_second() -> None:
    assert checked("ping-pong", PLAYED, sizes=(100,)) is None
    summary, _, pipe, _, queue = shown("ping-pong", PLAYED)
    assert summary == "up to 200 k messages/s (Pipe, 100 B) and 20.0 MB/s (Pipe, 100 B)"
    assert pipe.split() == ["100", "B", "Pipe", "200", "k", "20.0", "MB", "5.00", "µs"]
    assert queue.split() == ["Queue", "50.0", "k", "5.00", "MB", "20.0", "µs"]


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        (PLAYED[:2], "There are 2 measurements instead of 3."),
        (changed(PLAYED, 1, 4, 2), "2 messages of 100 bytes came back through the SimpleQueue as something else."),
        (changed(PLAYED, 2, 2, 0), "No message of 100 bytes came back through the Queue."),
    ],
)
def test_messages_that_went_wrong(results: list[Any], sentence: str) -> None:
    assert checked("ping-pong", results, sizes=(100,)) == sentence


PIPED = [(1, 3, 1 + 2 + 5, 10**6, 0.5, 0.25, (2, 1)), (8, 3, 1 + 2 + 5, 10**6, 4.0, -1.0, (1, 2))]


def test_an_assembly_line() -> None:
    assert checked("pipeline", PIPED, items=3, depth=(1, 8)) is None
    summary, _, first, second = shown("pipeline", PIPED, items=3, depth=(1, 8))
    assert summary == "up to 3.00 k items/s (depth 1); the slowest stage is the work"
    assert first.split() == ["1", "1.00", "ms", "3.00", "k", "0.50", "(50", "%)", "0.25", "(25", "%)", "1", "to", "2"]
    assert "unknown" in second
    assert "the slowest stage is the collector" in shown("pipeline", PIPED, collect=3, items=3)[0]


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        (PIPED[:1], "There are 1 measurements instead of 2."),
        (changed(PIPED, 0, 1, 2), "2 items instead of 3 came out of the queues of depth 1."),
        (changed(PIPED, 1, 2, 9), "The items that came out of the queues of depth 8 are not those that went in."),
        (changed(PIPED, 0, 4, 1.5), "A queue of depth 1 held more items than that."),
    ],
)
def test_items_that_were_lost_or_changed(results: list[Any], sentence: str) -> None:
    assert checked("pipeline", results, items=3, depth=(1, 8)) == sentence


# Processes

OUTCOMES = [
    (what, said, 10**6, ()) for what, said in zip(family._TRIALS, family._EXPECTED, strict=True) if said
]  # fmt: skip
MEMBERS = ((0, "parent", 10, 1, 0), (1, "child-1", 11, 10, 0), (1, "child-2", 12, 10, 0))
FAMILY: list[Any] = [("a family", "3 processes came and went", 10**6, MEMBERS), *OUTCOMES]


def test_a_family_is_shown_as_a_tree() -> None:
    assert checked("family", FAMILY, children=2, generations=1) is None
    summary, *lines = shown("family", FAMILY)
    assert summary == "3 processes in one family, and what daemonic ones may not do"
    assert lines[2:5] == [
        "    parent (pid 10), exit code 0",
        "      child-1 (pid 11), exit code 0",
        "      child-2 (pid 12), exit code 0",
    ]
    assert max(map(len, lines)) < 80


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        (FAMILY[:-1], "There are 6 results instead of 7."),
        (changed(FAMILY, 0, 3, MEMBERS[:2]), "The family has 2 members instead of 3."),
        (
            changed(FAMILY, 0, 3, (*MEMBERS[:2], (1, "child-2", 12, 10, -9))),
            "child-2 (pid 12) ended with exit code -9 instead of 0.",
        ),
        (
            changed(FAMILY, 0, 3, (*MEMBERS[:2], (1, "child-2", 12, 11, 0))),
            "child-2 (pid 12) is no child of the generation above it.",
        ),
        (
            changed(FAMILY, 2, 1, "allowed"),
            (
                "For a task in a Pool starts a child, the outcome was allowed, where Python is known to give "
                "refused: daemonic processes are not allowed to have children."
            ),
        ),
    ],
)
def test_families_that_are_not_as_they_should_be(results: list[Any], sentence: str) -> None:
    assert checked("family", results, children=2, generations=1) == sentence


ENDED = [
    ("return", False, 0, "its result", "its result", "its result"),
    ("raise", False, 1, "ValueError", "ValueError", "ValueError"),
    ("sys.exit(n)", False, 3, "no answer", "SystemExit", "SystemExit"),
    ("sys.exit(text)", False, 1, "no answer", "SystemExit", "SystemExit"),
    ("os._exit(n)", False, 3, "no answer", "BrokenProcessPool", "ends all: 3"),
]


def test_ends_and_who_is_told() -> None:
    assert checked("exits", ENDED, signals="none") is None
    summary, *lines = shown("exits", ENDED, patience=200)
    assert summary == "5 ways to end: a Pool never tells of 3, an executor of 0"
    assert lines[5].split() == ["os._exit(n)", "no", "3", "no", "answer", "BrokenProcessPool", "ends", "all:", "3"]
    assert lines[6] == "no answer: given up after 200 ms; without a limit it hangs for ever."


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        (ENDED[1:], "There are 4 ways to end instead of 5."),
        (
            changed(ENDED, 4, 2, 0),
            "After os._exit(n) the exitcode was 0, where Python is known to give 3.",
        ),
        (
            changed(ENDED, 2, 3, "its result"),
            "After sys.exit(n) the answer of the Pool was its result, where Python is known to give no answer.",
        ),
    ],
)
def test_ends_that_are_not_as_they_should_be(results: list[Any], sentence: str) -> None:
    assert checked("exits", results, signals="none") == sentence


def test_each_signal_is_tried_if_one_likes() -> None:
    workload = find("exits")
    ways = [task[0] for task in workload.inputs(check_parameters(workload, {"signals": "all"}))]
    assert {number.name for number in signal.Signals if not number.name.startswith("SIGRT")} <= set(ways)


@pytest.mark.parametrize(
    ("way", "start", "ended"),
    [
        ("SIGKILL", "fork", (False, -9, "no answer", "BrokenProcessPool", "ends all: -9")),
        ("SIGINT", "fork", (False, 1, "no answer", "KeyboardInterrupt", "KeyboardInterrupt")),
        ("SIGSTOP", "fork", (True, None, "no answer", "no answer", "stops all")),
        ("SIGCHLD", "fork", (False, 0, "its result", "its result", "its result")),
        ("raise", "spawn", (False, 1, "ValueError", "ValueError", "ValueError")),
        ("os._exit(n)", "forkserver", (False, 7, "no answer", "BrokenProcessPool", "ends all: 7")),
    ],
)
def test_one_way_to_end(way: str, start: str, ended: tuple[object, ...]) -> None:
    code = f"from poolscope.workloads.catalogue.exits import end; print(end({(way, 7, 0.05, start)}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == str((way, *ended)), done.stderr
    assert exits._expected(way, 7) == (way, *ended)


ALL_OF_IT, ENVIRONMENT, NOTHING = (True, True, True), (False, True, False), (False, False, False)
STARTED = [
    ("fork", 1, 1_000, 3_000, 5_000, ALL_OF_IT, 100, 30_000_000, 10_000_000),
    ("fork", 2, 1_000, 2_000, 4_000, ALL_OF_IT, 100, 30_000_000, 10_000_000),
    ("spawn", 1, 1_000, 90_000, 99_000, ENVIRONMENT, 120, -1, -1),
    ("spawn", 2, 1_000, 90_000, 99_000, ENVIRONMENT, 120, -1, -1),
    ("forkserver", 1, 1_000, 9_000, 9_900, NOTHING, 120, 15_000_000, 9_000_000),
    ("forkserver", 2, 1_000, 8_000, 9_900, NOTHING, 120, 15_000_000, 9_000_000),
]


def test_start_methods_are_shown_side_by_side() -> None:
    assert checked("start-methods", STARTED, times=2) is None
    summary, *lines = shown("start-methods", STARTED)
    assert summary == "until it is there: fork 3.00 µs, spawn 90.0 µs, forkserver 9.00 µs"
    assert lines[1].split() == ["fork", "1.00", "µs", "3.00", "µs", "3.00", "µs", "5.00", "µs"]
    assert lines[6].split() == ["fork", "yes", "yes", "yes", "100", "30.0", "MB", "10.0", "MB"]
    assert lines[7].split() == ["spawn", "no", "yes", "no", "120", "-", "-"]


@pytest.mark.parametrize(
    ("results", "sentence"),
    [
        (STARTED[1:], "There are 5 processes instead of 6."),
        (changed(STARTED, 0, 3, 6_000), "Process 1 by fork was joined before it was there."),
        (changed(STARTED, 1, 5, ENVIRONMENT), "Process 2 by fork has not inherited all that its parent had."),
        (
            changed(STARTED, 3, 5, ALL_OF_IT),
            "Process 2 by spawn knows what its parent had changed in memory, as if it were a copy.",
        ),
    ],
)
def test_starts_that_are_not_as_they_should_be(results: list[Any], sentence: str) -> None:
    assert checked("start-methods", results, times=2) == sentence


# What the tasks of all of these stand on


def stay(report: Any) -> None:
    signal.pause()


def fail(report: Any) -> None:
    os._exit(9)


def part(report: Any) -> None:
    report.close()


@pytest.mark.parametrize(
    ("target", "limit", "sentence"),
    [
        (stay, 0.05, "The processes child gave no answer within 0.05 seconds."),
        (fail, 60.0, r"The process child \(pid \d+\) ended with exit 9 before the answer was there."),
        (part, 60.0, "A process ended without an answer."),
    ],
)
def test_a_child_that_gives_no_answer(target: Callable[[Any], None], limit: float, sentence: str) -> None:
    with Children("fork") as children:
        with children.start_reporter("child", target) as reader, pytest.raises(PoolscopeError, match=sentence):
            children.answer(reader, limit)
        for process in children.started:
            process.kill()
