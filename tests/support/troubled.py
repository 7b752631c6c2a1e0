"""Workloads for tests, referenced as ``troubled:NAME`` with this directory on the runner's PYTHONPATH."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from poolscope.workloads.model import Lane, Workload


def workload(function: Callable[[int], Any], tasks: int = 8) -> Workload:
    return Workload(
        name="troubled",
        summary="for tests",
        explanation="",
        parameters=(),
        function=function,
        inputs=lambda _: range(tasks),
        summarise=lambda results, _: str(list(results))[:100],
        default_lanes=lambda _: (Lane("serial"), Lane("pool")),
        memory_needed=lambda _, __: 1_000,
        count_tasks=lambda _: tasks,
    )


def double(number: int) -> int:
    return 2 * number


def busy(number: int) -> int:
    while True:
        number += 1


def busy_elsewhere(number: int) -> int:
    """Be quick in the serial lane, and busy in workers."""
    return number if multiprocessing.parent_process() is None else busy(number)


def stubborn(number: int) -> int:
    for wanted in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(wanted, signal.SIG_IGN)
    return busy(number)


def escaping(number: int) -> int:
    """Leave the session, the parent and the environment behind, twice, and then be busy."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            subprocess.Popen(["sleep", "1000"], env={"PATH": os.environ["PATH"]}, start_new_session=True)
            busy(0)
        os._exit(0)
    return busy(number)


def raising(number: int) -> int:
    if number == 3:
        raise ValueError("three is too many")
    return number


def exiting(number: int) -> int:
    if number == 3:
        sys.exit(7)
    time.sleep(0.02)
    return number


def leaving(number: int) -> int:
    if number == 3:
        os._exit(9)
    time.sleep(0.02)
    return number


def dying(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return number


def unspeakable(number: int) -> object:
    return lambda: number


def parenting(number: int) -> int | None:
    """Start a process that comes to a bad end, and look at it."""
    child = multiprocessing.get_context("fork").Process(target=os._exit, args=(5,))
    child.start()
    child.join()
    return child.exitcode


def slow(number: int) -> int:
    time.sleep(0.3)
    return number


DOUBLE = workload(double)
SLOW = workload(slow, 2)
NOTHING = workload(double, 0)
ONE = workload(double, 1)
BUSY = workload(busy)
BUSY_ELSEWHERE = workload(busy_elsewhere)
STUBBORN = workload(stubborn)
ESCAPING = workload(escaping)
RAISING = workload(raising)
EXITING = workload(exiting)
LEAVING = workload(leaving)
DYING = workload(dying)
UNSPEAKABLE = workload(unspeakable)
PARENTING = workload(parenting)


_held: dict[str, Any] = {}


def hold(counter: Any, word: str) -> None:
    """Be the initializer."""
    _held["counter"], _held["word"] = counter, word


def count(number: int) -> str:
    with _held["counter"].get_lock():
        _held["counter"].value += 1
    return f"{_held['word']}{number}"


SHARING = workload(count)._replace(
    initializer=hold, shared=lambda _, context: (context.Value("i", 0), "#"), summarise=lambda *_: _counted()
)


def _counted() -> str:
    """How often the counter was raised, if the runner itself was initialized."""
    return str(_held["counter"].value) if _held else "elsewhere"


@contextmanager
def _directory() -> Iterator[None]:
    """Make what the tasks need, below the directory of the run."""
    os.environ["TROUBLED"] = tempfile.mkdtemp()
    try:
        yield
    finally:
        Path(os.environ["TROUBLED"]).rmdir()
        print("surroundings are gone", flush=True)


def surrounded(number: int) -> bool:
    return Path(os.environ["TROUBLED"]).is_dir() and number >= 0


SURROUNDED = workload(surrounded)._replace(
    surround=lambda _: _directory(), inputs=lambda _: range(8) if os.environ["TROUBLED"] else []
)
WRONG = workload(double)._replace(check=lambda results, _: f"The sum is {sum(results)}, and it should be 9.")
RIGHT = workload(double)._replace(check=lambda results, _: None if list(results) == [*range(0, 16, 2)] else "Wrong.")


def tardy(number: int) -> int:
    """Have the first task come to its end after others."""
    if number == 0:
        time.sleep(0.2)
    return 2 * number


TARDY = workload(tardy)._replace(check=RIGHT.check)
PICKY = workload(double)._replace(
    unsuitable=lambda lane, _: "It needs the method fork: choose start=fork." if lane.start_method != "fork" else None
)


def nearly(number: int) -> tuple[float, float]:
    """Be a little different in every process."""
    return float(number), number / 3 + os.getpid() * 1e-15


def different(number: int) -> int:
    return -1 if number == 5 and multiprocessing.parent_process() is not None else number


NEARLY = workload(nearly)
DIFFERENT = workload(different)


class Unsendable:
    """An input that cannot be pickled."""

    def __reduce__(self) -> Any:
        raise pickle.PicklingError("it stays here")


def sleepy(number: int) -> int:
    time.sleep(0.02)
    return number


def limit(_: int) -> str:
    return os.environ.get("OMP_NUM_THREADS", "")


UNSENDABLE = workload(double)._replace(inputs=lambda _: [Unsendable() for _ in range(8)])
SLEEPY = workload(sleepy)
LIMITED = workload(limit)
