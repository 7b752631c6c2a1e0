"""A bare app around one widget or panel, and synthetic snapshots."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest
from textual.app import App, ComposeResult
from textual.widget import Widget

from poolscope.tui.snapshot import Snapshot
from poolscope.workloads.model import (
    CgroupLimit,
    CoresSample,
    CoreUsage,
    CpuBudget,
    Machine,
    ProcessPhase,
    ProcessRole,
    ProcessSample,
    ProcessState,
)
from poolscope.workloads.recording.log import LogLine

SECOND = 1_000_000_000


class Stage(App[None]):
    """Shows one widget on the whole screen."""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


class Make:
    """Builds what panels are given."""

    def line(self, text: str, level: int = 20, *, time_ns: int = 0, stream: str = "log", pid: int = 41208) -> LogLine:
        return LogLine(time_ns, level, stream, pid, "ForkPoolWorker-1", text)

    def lines(self, count: int, level: int = 20, *, first: int = 0) -> list[LogLine]:
        return [self.line(f"line {number}", level, time_ns=number) for number in range(first, first + count)]

    def machine(self, cores: int = 4, limit: float | None = None) -> Machine:
        limits = () if limit is None else (CgroupLimit("/", limit),)
        budget = CpuBudget(cores, cores, limits)
        return Machine("host", "Linux 6.18", "3.11.7", "CPython", "cpu", budget, 1 << 33, ("fork",), "fork", 1.0)

    def cores(self, count: int, moment: int = 1) -> CoresSample:
        usage = [CoreUsage(i, 40 + 40 * math.sin(i + moment / 5), 5.0, 0.0) for i in range(count)]
        return CoresSample(moment * SECOND, tuple(usage), 1.9, 1234.0)

    def process(
        self,
        pid: int,
        label: str = "w1",
        phase: ProcessPhase = "computing",
        *,
        role: ProcessRole = "worker",
        name: str = "ForkPoolWorker-1",
        items: int = 0,
        current: str = "",
        started_ns: int = 0,
        exit_status: int | None = None,
    ) -> ProcessState:
        ended_ns = 3 * SECOND if phase == "ended" else None
        return ProcessState(
            pid, 1, role, label, name, phase, items // 10, items, current, started_ns, ended_ns, exit_status
        )

    def sample(
        self,
        pid: int,
        cpu: float | None = 97.0,
        *,
        core: int | None = 0,
        rss: int = 31_000_000,
        pss: int | None = None,
        is_suspended: bool = False,
        command: tuple[str, ...] = ("python",),
    ) -> ProcessSample:
        return ProcessSample(pid, 1, cpu, rss, pss, core, is_suspended, command)

    def snapshot(
        self,
        processes: Sequence[ProcessState] = (),
        samples: Sequence[ProcessSample] = (),
        *,
        cores: CoresSample | None = None,
        limit: float | None = None,
        lost: int = 0,
    ) -> Snapshot:
        machine = self.machine(len(cores.cores) if cores else 4, limit)
        by_pid = {sample.pid: sample for sample in samples}
        return Snapshot(
            10 * SECOND, machine, cores=cores, processes=tuple(processes), samples=by_pid, log_lines_lost=lost
        )


def text_of(widget: Widget) -> list[str]:
    """The visible rows of a line-API widget, without what pads them at the end."""
    return [widget.render_line(y).text.rstrip() for y in range(widget.scrollable_content_region.height)]


@pytest.fixture
def make() -> Make:
    return Make()


@pytest.fixture
def stage() -> Callable[[Widget], Stage]:
    return Stage


@pytest.fixture
def rows() -> Callable[[Widget], list[str]]:
    return text_of
