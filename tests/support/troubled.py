"""Workloads for tests, referenced as ``troubled:NAME`` with this directory on the runner's PYTHONPATH."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
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
