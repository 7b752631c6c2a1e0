"""Perfectly parallel and waiting workloads on every engine and start method, in real runs."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from support.catalogue_runs import EVERYWHERE, compared
from support.leaks import living
from support.patience import wait_for

from poolscope.workloads.catalogue import find
from poolscope.workloads.catalogue.canvas import Canvas
from poolscope.workloads.comparison import Comparison
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Lane, ParameterValue
from poolscope.workloads.parameters import check_parameters
from poolscope.workloads.recording.reader import Recording

TINY: dict[str, dict[str, ParameterValue]] = {
    "primes": {"N": 500, "blocks": 8},
    "pi": {"tasks": 8, "points": 50},
    "mandelbrot": {"width": 20, "height": 12, "iterations": 20},
    "hash": {"blocks": 8, "size": 8, "passes": 1},
    "compress": {"files": 8, "level": 1},
    "fetch": {"pages": 8, "delay": 0, "size": 100},
    "files": {"files": 8},
}


@pytest.fixture
def files(tmp_path: Path) -> str:
    directory = tmp_path / "files"
    directory.mkdir()
    for number in range(10):
        (directory / f"{number}.txt").write_text(f"line {number}\n" * 10 * number)
    return str(directory)


@pytest.mark.parametrize("name", TINY)
def test_every_engine_computes_the_same_and_leaves_nothing(guardian: Guardian, name: str, files: str) -> None:
    parameters = {**TINY[name], **({"directory": files} if name in ("compress", "files") else {})}
    state = compared(guardian, name, parameters, EVERYWHERE)
    assert [(lane.key, lane.error) for lane in state.lanes if lane.error] == []
    assert {lane.state for lane in state.lanes} == {"done"}
    assert {lane.same_result for lane in state.lanes[1:]} == {True}
    assert len({lane.results[0].summary for lane in state.lanes}) == 1
    assert state.notes == ()
    assert len(state.lanes) == len([lane for lane in EVERYWHERE if lane.engine in find(name).engines])


WRONG: dict[str, ParameterValue] = {"tasks": 8, "points": 50, "seeding": "wrong"}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_that_begin_with_the_same_random_state_are_found(guardian: Guardian, method: str) -> None:
    # Each of two processes does four of the eight tasks, whereas a pool's first worker might do them all.
    state = compared(guardian, "pi", WRONG, [Lane("serial"), Lane("process", 2, method)])  # type: ignore[arg-type]
    serial, process = state.lanes
    assert serial.state == "done"
    assert process.state == "failed"
    assert process.error is not None
    assert process.error.startswith(
        "Only 4 of 8 tasks drew random numbers of their own: the results of the other 4 are copies"
    )


def test_threads_share_one_generator(guardian: Guardian) -> None:
    (lane,) = compared(guardian, "pi", WRONG, [Lane("threads", 2)]).lanes
    assert lane.state == "done", lane.error


@pytest.mark.parametrize(
    ("lane", "painters"),
    [
        (Lane("serial"), {"runner"}),
        (Lane("process", 2, "spawn"), {"w1", "w2"}),
        (Lane("process", 2, "fork"), {"w1", "w2"}),
    ],
    ids=lambda value: value.label if isinstance(value, Lane) else "",
)
def test_rows_of_the_picture_are_signed(guardian: Guardian, lane: Lane, painters: set[str]) -> None:
    state = compared(guardian, "mandelbrot", TINY["mandelbrot"], [lane])
    assert state.run_directory is not None
    canvas = Canvas.read(Path(state.run_directory))
    assert canvas is not None
    assert (canvas.width, canvas.height, canvas.limit, canvas.rows_there) == (20, 12, 20, 12)
    labels = {process.pid: process.label for process in state.processes}
    assert {labels[row.pid] for row in canvas.rows if row is not None} == painters
    levels = [list(row.levels) for row in canvas.rows if row is not None]
    assert levels == [
        levels for _, levels in map(find("mandelbrot").function, find("mandelbrot").inputs(TINY["mandelbrot"]))
    ]


def test_threads_sign_as_threads(guardian: Guardian) -> None:
    state = compared(guardian, "mandelbrot", {"height": 40}, [Lane("threads", 4, chunksize=1)])
    assert state.run_directory is not None
    canvas = Canvas.read(Path(state.run_directory))
    assert canvas is not None
    assert len({pid for pid, _ in canvas.painters}) == 1
    assert len(canvas.painters) > 1


def test_the_server_is_no_part_of_what_is_measured(guardian: Guardian) -> None:
    state = compared(guardian, "fetch", TINY["fetch"], [Lane("threads", 2)])
    assert state.run_directory is not None
    (lane,) = state.lanes
    assert lane.state == "done", lane.error
    assert [process.label for process in state.processes if process.role not in ("guardian", "runner", "worker")] == []
    recording = Recording(Path(state.run_directory))
    recording.refresh()
    assert recording.tasks_done == 8


@pytest.mark.parametrize("how", ["cancelled", "killed"])
def test_the_server_goes_with_its_run_however_that_ends(guardian: Guardian, how: str) -> None:
    workload = find("fetch")
    parameters = check_parameters(workload, {"delay": 10_000})
    comparison = Comparison(guardian, workload, parameters, [Lane("pool", 2, "fork")])

    def servers() -> list[int]:
        comparison.advance()
        return [pid for pid, process in living().items() if b"slow_server.py\x0010000\x00" in process.command]

    before = servers()
    server, *others = wait_for(lambda: [pid for pid in servers() if pid not in before])
    assert not others
    if how == "killed":
        os.kill(living()[server].parent, signal.SIGKILL)
    else:
        comparison.cancel()
    assert wait_for(lambda: comparison.advance().is_over)
    assert server not in living()
