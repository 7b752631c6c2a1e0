"""However it ends, nothing of it is left, and the terminal is as a shell needs it."""

from __future__ import annotations

import os
import re
import signal

import pytest
from support.lab import Lab, OpenLab, wait_dead
from support.leaks import Watch
from support.patience import PROMISE, wait_for

START_METHODS = ["fork", "spawn", "forkserver"]
SIGNALS = {"SIGTERM": signal.SIGTERM, "SIGHUP": signal.SIGHUP, "SIGKILL": signal.SIGKILL}
pytestmark = [pytest.mark.parametrize("start_method", START_METHODS)]


def assert_all_is_well(lab: Lab, watch: Watch) -> None:
    """Within the promised time nothing may be left, and the terminal be in order."""
    left = watch.wait()
    assert not left, "left behind:\n" + "\n".join(left)
    assert wait_for(lambda: not lab.disorder(), PROMISE), lab.disorder()


def test_quit(open_lab: OpenLab, nothing_left: Watch, start_method: str) -> None:
    lab = open_lab()
    lab.run_long_pool(start_method)
    assert lab.quit() == 0
    assert_all_is_well(lab, nothing_left)


def test_cancel(open_lab: OpenLab, nothing_left: Watch, start_method: str) -> None:
    lab = open_lab()
    run = lab.run_long_pool(start_method)
    run.pop("guard")
    lab.press("c")
    assert wait_dead([*run.values()], PROMISE) == []
    lab.press("2")
    lab.wait_until(lambda text: re.search(r"[Cc]ancelled", text))
    assert lab.quit() == 0
    assert_all_is_well(lab, nothing_left)


@pytest.mark.parametrize("name", SIGNALS)
def test_signal(open_lab: OpenLab, nothing_left: Watch, start_method: str, name: str) -> None:
    lab = open_lab()
    lab.run_long_pool(start_method)
    os.kill(lab.pid, SIGNALS[name])
    status = lab.wait_exit()
    assert status in (-SIGNALS[name], 128 + SIGNALS[name])
    assert_all_is_well(lab, nothing_left)


def test_hang_up(open_lab: OpenLab, nothing_left: Watch, start_method: str) -> None:
    lab = open_lab()
    lab.run_long_pool(start_method)
    lab.hang_up()
    assert wait_dead([lab.pid]) == []
    left = nothing_left.wait()
    assert not left, "left behind:\n" + "\n".join(left)


def test_hang_up_without_a_signal(open_lab: OpenLab, nothing_left: Watch, start_method: str) -> None:
    lab = open_lab(ignored_signals=[signal.SIGHUP])
    lab.run_long_pool(start_method)
    lab.hang_up()
    assert wait_dead([lab.pid]) == []
    left = nothing_left.wait()
    assert not left, "left behind:\n" + "\n".join(left)


def test_guardian_is_killed(open_lab: OpenLab, nothing_left: Watch, start_method: str) -> None:
    lab = open_lab()
    run = lab.run_long_pool(start_method)
    os.kill(run["guard"], signal.SIGKILL)
    assert wait_dead([*run.values()], PROMISE) == []
    lab.press("2")
    lab.wait_until("guardian of the runs was killed")
    assert lab.quit() == 0
    assert_all_is_well(lab, nothing_left)


def test_runner_is_killed(open_lab: OpenLab, nothing_left: Watch, start_method: str) -> None:
    lab = open_lab()
    run = lab.run_long_pool(start_method)
    run.pop("guard")
    os.kill(run["runner"], signal.SIGKILL)
    assert wait_dead([*run.values()], PROMISE) == []
    lab.press("2")
    lab.wait_until(lambda text: str(run["runner"]) in text and "SIGKILL" in text)
    assert lab.quit() == 0
    assert_all_is_well(lab, nothing_left)


def test_worker_is_killed(open_lab: OpenLab, nothing_left: Watch, start_method: str) -> None:
    lab = open_lab()
    run = lab.run_long_pool(start_method)
    lab.press("2")
    lab.wait_until("2 LANES" if lab.screen.columns < 100 else "2 Lanes")
    guardian = run.pop("guard")
    os.kill(run["w1"], signal.SIGKILL)
    killed = re.compile(rf"pid {run['w1']}\b.* SIGKILL.*(chunk|task)")
    lab.wait_until(lambda text: killed.search(" ".join(text.split())), PROMISE * 2)
    assert wait_dead([*run.values()], PROMISE) == []
    assert wait_dead([guardian], 0) == [guardian]
    assert lab.quit() == 0
    assert_all_is_well(lab, nothing_left)
