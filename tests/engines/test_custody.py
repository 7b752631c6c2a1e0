"""Finding processes, in each of the ways that there are."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from support.patience import wait_for

from poolscope.workloads import custody

PARENT = """
import os, subprocess, threading, time
def start():
    os.write(1, b"%d\\n" % subprocess.Popen(["sleep", "1000"]).pid)  # a line at once: two threads write
    time.sleep(1000)
threading.Thread(target=start).start()
start()
"""


@pytest.mark.parametrize("way", [lambda: custody._children_of_threads, custody._children_from_stat], ids=["own", "all"])
def test_descendants_are_found_whichever_thread_started_them(
    way: Callable[[], Callable[[int], list[int]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custody, "_way_to_children", way)
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    children = {int(parent.stdout.readline()) for _ in range(2)}
    try:
        assert set(custody.children(parent.pid)) == children
        found = custody.descendants([os.getpid()])
        assert found.index(parent.pid) < min(map(found.index, children))
    finally:
        for pid in (parent.pid, *children):
            os.kill(pid, signal.SIGKILL)
        parent.communicate()
    assert custody.children(parent.pid) == []


@pytest.mark.parametrize("package", ["multiprocessing", "multiprocess", "joblib.externals.loky.backend"])
def test_resource_trackers_are_known_by_their_command(package: str) -> None:
    words = ["sh", "-c", "read line", f"from {package}.resource_tracker import main;main(5)"]
    process = subprocess.Popen(words, stdin=subprocess.PIPE)
    try:
        # Its command line is there a moment after it was executed.
        assert wait_for(lambda: custody.is_tracker(process.pid))
    finally:
        process.communicate()
    assert not custody.is_tracker(os.getpid())
