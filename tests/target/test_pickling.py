"""Which part of an object cannot be pickled, by its path, and what to do about it."""

from __future__ import annotations

import functools
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from poolscope.workloads.probe.pickling import problem_of


class Box:
    def __init__(self, inner: object) -> None:
        self.number = 1
        self.inner = inner

    def method(self) -> None: ...


class Slotted:
    __slots__ = ("deep",)

    def __init__(self, deep: object) -> None:
        self.deep = deep


class Pair(NamedTuple):
    left: object
    right: object


class Stateful:
    def __init__(self, inner: object) -> None:
        self.hidden = threading.Lock()
        self.inner = inner

    def __getstate__(self) -> dict[str, object]:
        return {"inner": self.inner}


class Refusing:
    def __reduce__(self) -> Any:
        raise RuntimeError("never")


class OneWay:
    def __init__(self, one: int, two: int) -> None:
        self.sum = one + two

    def __reduce__(self) -> Any:
        return OneWay, (1,)


def local() -> Callable[[], int]:
    def inner() -> int:
        return 1

    return inner


def generator() -> Iterator[int]:
    yield 1


@pytest.mark.parametrize(
    ("value", "path", "kind", "advice"),
    [
        (lambda: 1, "it", "a lambda", "write it as a def at the top level"),
        (local(), "it", "the local function inner", "move it to the top level"),
        (generator(), "it", "a generator", "make a list of it"),
        (json, "it", "a module", "import it in the task"),
        ([1, {"key": Box(threading.Lock())}], "it[1]['key'].inner", "a _thread.lock", "initializer"),
        (Slotted(Pair(1, threading.RLock())), "it.deep.right", "a _thread.RLock", "initializer"),
        (Stateful(generator()), "it.inner", "a generator", "make a list"),
        (functools.partial(print, 1, file=threading.Lock()), "it.keywords['file']", "a _thread.lock", "initializer"),
        (functools.partial(lambda: 1), "it.func", "a lambda", "write it as a def"),
        (Box(threading.Lock()).method, "it.__self__.inner", "a _thread.lock", "initializer"),
        ({(1, Refusing()): 2}, "it's key (1, <target.test_pickling.Refusing>)[1]", "Refusing", "__getstate__"),
        (sqlite3.connect(":memory:"), "it", "a sqlite3.Connection", "connect in the task"),
        ({}.keys(), "it", "a dict_keys", "make a list of it"),
        (memoryview(b"x"), "it", "a memoryview", "hand over bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_the_culprit_is_named_by_its_path(value: object, path: str, kind: str, advice: str) -> None:
    problem, data = problem_of(value, "it")
    assert problem is not None
    assert data == b""
    assert problem.path.replace("tests.", "") == path
    assert kind in problem.kind
    assert advice in problem.advice
    assert problem.sentence.startswith(f"{problem.path} is {problem.kind}, which cannot be pickled (")


def test_an_open_file(tmp_path: Path) -> None:
    with (tmp_path / "a").open("w") as file:
        problem, _ = problem_of({"out": [file]}, "The first input")
    assert problem is not None
    assert problem.sentence.startswith(
        "The first input['out'][0] is an open file, which cannot be pickled (TypeError: "
    )
    assert "open it in the task" in problem.sentence


def test_a_local_class() -> None:
    class Inner:
        pass

    problem, _ = problem_of([Inner()], "it")
    assert problem is not None
    assert (problem.path, problem.kind) == ("it[0]", "an Inner of a local class")
    assert "move the class to the top level" in problem.advice


def test_what_cannot_be_unpickled() -> None:
    problem, data = problem_of(OneWay(1, 2), "it")
    assert problem is not None
    assert data
    assert "it is pickled but cannot be unpickled: TypeError" in problem.said


@pytest.mark.parametrize("value", [1, [1, {"a": (2, 3)}], Box(Pair(1, 2)), len, Box, functools.partial(print, 1)])
def test_what_can_be_pickled_has_no_problem(value: object) -> None:
    problem, data = problem_of(value, "it")
    assert problem is None
    assert data


def test_a_structure_that_holds_itself_comes_to_an_end() -> None:
    loop: list[object] = [1]
    loop.append(loop)
    loop.append(threading.Lock())
    problem, _ = problem_of(loop, "it")
    assert problem is not None
    assert problem.path.endswith("[2]")


def test_a_wide_structure_is_searched_for_a_bounded_time() -> None:
    problem, _ = problem_of([list(range(100)) for _ in range(600)] + [threading.Lock()], "it")
    assert problem is not None
    assert problem.path == "it"
