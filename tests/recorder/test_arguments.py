"""The short form of arguments: of built-in types alone, and of the slowest chunks alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.observed_run import observe

from poolscope.workloads.recorder import layout
from poolscope.workloads.recorder.arguments import LONGEST, short_form


class Sly:
    """Counts as a failure whenever it is asked for anything."""

    def __getattribute__(self, name: str) -> Any:
        raise AssertionError(name)

    def __repr__(self) -> str:
        raise AssertionError("repr")

    __str__ = __repr__


SLY = f"<{__name__}.Sly>"


class Number(int):
    def __repr__(self) -> str:
        raise AssertionError("repr")


FORMS: list[tuple[Callable[[], Any], Callable[[], Any], str]] = [
    (lambda: (1, "two", 3.5, None, True), dict, "1, 'two', 3.5, None, True"),
    (lambda: ([1, [2, [3, [4, 5]]]], (5,)), lambda: {"key": {"a": b"b"}}, "[1, [2, [3, […]]]], (5,), key={'a': b'b'}"),
    (lambda: (range(9), range(1, 9, 2), {7}, frozenset()), dict, "range(0, 9), range(1, 9, 2), {7}, {}"),
    (lambda: (Sly(), Sly, Number(5), object()), dict, f"{SLY}, {SLY}, {SLY.replace('Sly', 'Number')}, <object>"),
    (lambda: (len, "".upper, observe), dict, "len, str.upper, observe"),
    (lambda: (10**70, list(range(20))), dict, "<int of 233 bits>, [0, 1, 2, 3, 4, 5, 6, 7, …]"),
    (lambda: list(range(30)), lambda: None, "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, …"),
    (Sly, dict, SLY),
    (tuple, Sly, ""),
]


@pytest.mark.parametrize(("arguments", "keywords", "text"), FORMS)
def test_what_it_looks_like(arguments: Callable[[], Any], keywords: Callable[[], Any], text: str) -> None:
    assert short_form(arguments(), keywords()) == text


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=8) | st.tuples(inner, inner) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(VALUES, max_size=8), st.dictionaries(st.text(), VALUES, max_size=4))
def test_it_is_never_too_long(arguments: list[Any], keywords: dict[str, Any]) -> None:
    assert len(short_form(tuple(arguments), keywords).encode("utf-8", "backslashreplace")) <= LONGEST


SLOW = """
import multiprocessing, sys, time, weakref

class Held:
    pass

def work(number, *rest, **options):
    time.sleep(0.002 if number % 3 == 0 else 0)
    return number

alive = None

def remember(held):
    global alive
    alive = weakref.ref(held)
    time.sleep(0.002)

def is_alive(_):
    return alive() is not None

if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(1) as pool:
        pool.starmap(work, [(number, "two", [number]) for number in range(60)], 1)
        pool.apply(work, (3,), {"key": "x" * 500})
        pool.map(work, range(12), 6)
        pool.apply(remember, (Held(),))
        print(pool.apply(is_alive, (0,)))
        pool.close()
        pool.join()
"""


def test_the_slowest_chunks_of_a_worker_keep_their_arguments_and_nothing_else(tmp_path: Path) -> None:
    run = observe(tmp_path, SLOW)
    assert run.output == "False\n"
    (worker,) = run.workers
    texts: dict[tuple[int, int], str] = {}
    for *_, kind, job, index, text, _ in worker.records(layout.TEXT):
        assert kind == layout.CHUNK
        texts[job, index] = texts.get((job, index), "") + text.rstrip(b"\0").decode()
    durations = {(chunk[4], chunk[5]): chunk[9] - chunk[8] for chunk in worker.records(layout.CHUNK)}
    slowest = sorted(durations, key=durations.__getitem__, reverse=True)[:10]
    assert set(slowest) <= set(texts)
    assert all(durations[key] >= 1_000_000 for key in texts)
    for (job, index), text in texts.items():
        if job == 0:
            assert text == f"({index}, 'two', [{index}])"
        elif job == 1:
            assert text == f"3, key={'x' * 48!r}…"
        elif job == 2:
            assert text == ", ".join(map(str, range(index * 6, index * 6 + 6)))
        elif job == 3:
            assert text == "<__main__.Held>"
    measured, cpu = worker["COMPUTING_MEASURED"], worker["COMPUTING_CPU"]
    assert 0 < cpu < measured <= worker["COMPUTING"]
