"""Workloads that show pitfalls: what they compute, and that they notice when it is wrong."""

from __future__ import annotations

import multiprocessing
import pickle
import threading
from array import array
from collections.abc import Iterator
from typing import Any

import pytest

from poolscope.workloads.catalogue import blas, find, memory, unpicklable
from poolscope.workloads.catalogue.big_arguments import keep_rows
from poolscope.workloads.catalogue.stragglers import slow_tasks
from poolscope.workloads.model import Lane, Parameters, Workload
from poolscope.workloads.parameters import check_parameters

NAMES = ("tiny-tasks", "big-arguments", "big-results", "stragglers", "unpicklable", "blas", "memory")


class Done:
    """A workload with parameters, and the results of its tasks as a serial lane has them."""

    def __init__(self, name: str, **given: Any) -> None:
        self.workload: Workload = find(name)
        self.parameters: Parameters = check_parameters(self.workload, given)
        shared = self.workload.shared
        if self.workload.initializer is not None:
            self.workload.initializer(*(shared(self.parameters, multiprocessing) if shared is not None else ()))
        self.inputs = self.workload.inputs(self.parameters)
        self.results: list[Any] = [self.workload.function(each) for each in self.inputs]

    @property
    def summary(self) -> str:
        return self.workload.summarise(self.results, self.parameters)

    @property
    def lines(self) -> tuple[str, ...]:
        assert self.workload.show is not None
        return self.workload.show(self.results, self.parameters)

    def wrong(self, index: int | None = None, result: Any = None) -> str | None:
        """What is wrong with the results, or with these where one of them is another, or missing."""
        assert self.workload.check is not None
        found = list(self.results)
        if index is not None and result is not None:
            found[index] = result
        elif index is not None:
            del found[index]
        said = self.workload.check(found, self.parameters)
        assert said is None or said.endswith(".")
        return said


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    yield
    keep_rows()
    memory.keep(array("d"), [])


@pytest.mark.parametrize("name", NAMES)
def test_they_are_listed_together_and_look_at_their_own_results(name: str) -> None:
    workload = find(name)
    assert workload.topic == "pitfalls"
    assert workload.check is not None
    lanes = workload.default_lanes(check_parameters(workload, {}))
    assert len(lanes) >= 3
    assert len(set(lanes)) == len(lanes)


# tiny-tasks


def test_tiny_tasks() -> None:
    done = Done("tiny-tasks", N=5, steps=3)
    assert done.results == [sum(range(first, first + 3)) for first in range(5)]
    assert done.wrong() is None
    assert done.summary == "5 tiny tasks, sum 45"
    assert done.wrong(2, 10) == "Task 3 added up to 10 instead of 9."
    assert done.wrong(2) == "There are 4 results instead of 5."


def test_too_many_tasks_are_not_sent_one_by_one() -> None:
    workload = find("tiny-tasks")
    assert workload.unsuitable is not None
    many = check_parameters(workload, {"N": 5_000_000})
    for lane in (Lane("pool", 2, "fork", 1), Lane("pool", 2, "fork", flavour="apply_async")):
        said = workload.unsuitable(lane, many)
        assert said is not None
        assert "choose a chunksize, or N = 1,000,000 at most." in said
        assert workload.unsuitable(lane, check_parameters(workload, {})) is None
    assert workload.unsuitable(Lane("pool", 2, "fork", 1_000), many) is None
    alone, in_chunks = (workload.memory_needed(many, Lane("executor", 2, "fork", size)) for size in (1, 1_000))
    assert alone > 5 * in_chunks


# big-arguments


@pytest.mark.parametrize("form", ["numbers", "bytes"])
def test_rows_add_up_to_the_same_however_they_get_to_the_worker(form: str) -> None:
    results = {}
    for sent in ("data", "index", "recipe"):
        done = Done("big-arguments", tasks=20, size=1, sent=sent, form=form)
        assert done.wrong() is None
        assert done.summary == "20 rows added up, 0.0 MiB looked at"
        results[sent] = done.results
        keep_rows()
    assert results["data"] == results["index"] == results["recipe"]
    assert len(set(results["data"])) == 20


def test_only_data_is_large_when_it_is_sent() -> None:
    sizes = {
        (sent, form): len(pickle.dumps(Done("big-arguments", tasks=1, size=64, sent=sent, form=form).inputs))
        for sent in ("data", "index", "recipe")
        for form in ("numbers", "bytes")
    }
    assert sizes["data", "bytes"] > 64 * 1_024
    assert sizes["data", "numbers"] > 64 * 1_024
    assert max(sizes[sent, form] for sent in ("index", "recipe") for form in ("numbers", "bytes")) < 200


def test_a_row_that_adds_up_to_something_else_is_found() -> None:
    done = Done("big-arguments", tasks=3, size=1)
    assert done.results[1] == 127 * 128 // 2 - 1
    assert done.wrong(1, 8_128) == "Row 2 adds up to 8,127, and task 2 gave 8,128."
    assert done.wrong(0) == "There are 2 sums instead of 3."
    of_bytes = Done("big-arguments", tasks=3, size=1, form="bytes")
    assert "and task 3 gave 5." in str(of_bytes.wrong(2, 5))


# big-results


def test_summaries_say_the_same_as_whole_answers() -> None:
    whole, summary = (Done("big-results", tasks=20, size=1, answer=answer) for answer in ("whole", "summary"))
    assert whole.wrong() is None
    assert summary.wrong() is None
    assert whole.summary.partition(";")[0] == summary.summary.partition(";")[0]
    assert whole.summary.endswith("; 2,560 numbers came back")
    assert summary.summary.endswith("; 80 numbers came back")
    assert whole.results[0][:3] == [0.0, 1.0, 2**0.5]
    assert len(pickle.dumps(whole.results)) > 20 * len(pickle.dumps(summary.results)) / 2


def test_wrong_roots_are_found() -> None:
    done = Done("big-results", tasks=20, size=1)
    assert done.wrong(1, [0.0] * 128) == "Task 2 gave other roots than it gives when it is done again."
    assert done.wrong(10, [0.0]) == "Task 11 took 1 roots instead of 128."
    assert done.wrong(10) == "There are 19 answers instead of 20."
    short = Done("big-results", tasks=20, size=1, answer="summary")
    assert short.wrong(10, (3, 0.0, 0.0, 0.0)) == "Task 11 took 3 roots instead of 128."


# stragglers


@pytest.mark.parametrize(
    ("place", "count", "slow"),
    [("first", 1, [0]), ("middle", 1, [4]), ("last", 1, [9]), ("last", 3, [7, 8, 9]), ("first", 99, [*range(10)])],
)
def test_where_slow_tasks_are(place: str, count: int, slow: list[int]) -> None:
    workload = find("stragglers")
    parameters = check_parameters(workload, {"tasks": 10, "place": place, "count": count})
    assert list(slow_tasks(parameters)) == slow
    assert [number for number, seconds in workload.inputs(parameters) if seconds == 0.4] == slow
    assert {seconds for number, seconds in workload.inputs(parameters) if number not in slow} <= {0.02}


def test_stragglers() -> None:
    done = Done("stragglers", tasks=4, quick=0, slow=1, place="last")
    assert done.results == [0, 1, 4, 9]
    assert done.wrong() is None
    assert done.summary == "4 tasks, number 4 was slow"
    assert done.wrong(2, 5) == "Task 3 gave 5 instead of 4."
    assert done.wrong(2) == "There are 3 results instead of 4."
    assert Done("stragglers", tasks=4, quick=0, count=0).summary == "4 tasks, all of them quick"
    assert Done("stragglers", tasks=4, quick=0, slow=0, count=2).summary == "4 tasks, numbers 1 to 2 were slow"


@pytest.mark.parametrize(
    ("tasks", "sizes"), [(64, [None, 16, None, 1]), (8, [None, 2, None]), (3, [None, None]), (1, [None, None])]
)
def test_chunks_from_large_to_small_none_of_them_twice(tasks: int, sizes: list[int | None]) -> None:
    workload = find("stragglers")
    lanes = workload.default_lanes(check_parameters(workload, {"tasks": tasks}))
    assert [lane.chunksize for lane in lanes] == sizes


# unpicklable


def test_each_object_has_its_culprit_named_and_something_to_send_in_its_place() -> None:
    done = Done("unpicklable")
    assert done.wrong() is None
    assert done.summary == "6 objects tried, 6 cannot be pickled; what is sent in their place can"
    assert [each[:3] for each in done.results] == [
        ("lambda", "options['key']", "a lambda"),
        ("local function", "cube", "the local function cube"),
        ("local class", "place", "a Place of a local class"),
        ("open file", "report[1]", "an open file"),
        ("lock", "bank['accounts'][0].lock", "a _thread.lock"),
        ("generator", "squares", "a generator"),
    ]
    assert all("which cannot be pickled" in line and line.endswith(".") for line in done.lines)
    assert "open it in the task" in done.lines[3]


@pytest.mark.parametrize("kind", unpicklable.KINDS)
def test_what_is_made_cannot_be_pickled_and_what_cures_it_comes_back(kind: str) -> None:
    thing = unpicklable.make(kind)
    with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
        pickle.dumps(thing)
    for part in thing if kind == "open file" else ():
        getattr(part, "close", bool)()
    came_back = pickle.loads(pickle.dumps(unpicklable.cure(kind)))
    if kind == "lock":
        account = came_back["accounts"][0]
        assert account.balance == 100
        assert isinstance(account.lock, type(threading.Lock()))
    if kind == "lambda":
        assert came_back["key"](7) == 49
    if kind == "local function":
        assert came_back(7) == 343


def test_objects_that_are_sent_without_pickling_are_used_there() -> None:
    done = Done("unpicklable", way="argument")
    assert done.wrong() is None
    assert done.wrong(0, ("lambda", "48")) == "The lambda that was sent gave '48' instead of '49'."
    assert done.lines == ()
    for _, _, thing in done.inputs:
        for part in thing if isinstance(thing, list) else ():
            getattr(part, "close", bool)()


def test_what_is_told_of_an_object_is_looked_at() -> None:
    done = Done("unpicklable", what="lock")
    assert done.wrong() is None
    assert done.wrong(0, ("lock", "", "", "", True)) == "The lock was pickled, which should not be possible."
    told = (*done.results[0][:4], False)
    assert done.wrong(0, told) == "What is sent in place of the lock cannot be pickled, either."
    assert "for 0 objects" in str(done.wrong(0))


# blas


def test_products_are_exact() -> None:
    pytest.importorskip("numpy")
    done = Done("blas", tasks=3, size=20, products=2)
    for number, total, threads, _ in done.results:
        left, right = (each.astype(int).tolist() for each in blas.matrices(number, 20))
        wanted = sum(left[i][k] * right[k][j] for i in range(20) for j in range(20) for k in range(20))
        assert total == 2 * wanted
        assert threads >= 0
    assert done.wrong() is None
    assert done.summary.startswith("6 products by 1 process of ")
    assert "threads in all" in done.lines[0]
    number, total, threads, pid = done.results[1]
    assert done.wrong(1, (number, total + 1, threads, pid)) == (
        f"The products of task 2 add up to {total + 1:,} instead of {total:,}."
    )
    assert done.wrong(1) == "There are products of 2 tasks instead of 3."


def test_threads_are_told_by_process(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numpy")
    workload = find("blas")
    assert workload.show is not None
    parameters = check_parameters(workload, {"products": 1})
    monkeypatch.setattr(blas, "_cores", lambda: 4)
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    several = [(0, 1, 4, 100), (1, 1, 4, 100), (2, 1, 3, 200)]
    assert workload.summarise(several, parameters) == "3 products by 2 processes of 3 to 4 threads"
    assert len(workload.show(several, parameters)) == 1
    assert workload.show(several, parameters)[0].endswith("; 7 threads in all, 4 cores")
    single = [(0, 1, 1, 100), (1, 1, 1, 200)]
    assert workload.show(single, parameters)[1:] == (
        "Each process had one thread: there was nothing to fight over.",
        "Nobody limited it, so this NumPy's BLAS has a single thread, and blas=1 changes nothing.",
    )
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    assert len(workload.show(single, parameters)) == 2
    unknown = [(0, 1, 0, 100)]
    assert workload.summarise(unknown, parameters) == "1 product"
    assert workload.show(unknown, parameters) == ("This system does not say how many threads a process has.",)


# memory


@pytest.mark.parametrize("reads", memory.READS)
def test_looks_find_what_is_there(reads: str) -> None:
    done = Done("memory", objects=2_345, looks=2, pause=0, reads=reads)
    total = float(sum(step % 1_000 for step in range(2_345)))
    sums = (total if reads in ("both", "array") else 0.0, total if reads in ("both", "objects") else 0.0)
    assert [each[:3] for each in done.results] == [(0, *sums), (1, *sums)]
    assert done.wrong() is None
    number, in_array, in_objects, *rest = done.results[1]
    assert "Look 2 at the objects found a sum of " in str(done.wrong(1, (number, in_array, in_objects + 1, *rest)))
    assert done.wrong(1) == "There are 1 looks instead of 2."
    assert done.workload.comparable is not None
    assert done.workload.comparable(done.results[0]) == (0, *sums)


def test_a_system_that_does_not_measure_memory_is_said_to_be_one() -> None:
    workload = find("memory")
    assert workload.show is not None
    unknown = ((0, 0), (0, 0), (0, 0))
    results = [(0, 1.0, 1.0, 100, unknown), (1, 1.0, 1.0, 200, unknown)]
    parameters = check_parameters(workload, {})
    assert workload.summarise(results, parameters) == (
        "2 looks by 2 processes; this system does not say what memory they have"
    )
    assert workload.show(results, parameters) == ()
