"""A core that replays prepared snapshots, and comparisons as they look at the moments that matter."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from poolscope.tui.core import Notice
from poolscope.tui.snapshot import Choice, Snapshot
from poolscope.tui.study_view import Subject
from poolscope.workloads import catalogue
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import (
    ComparisonState,
    CoresSample,
    CoreUsage,
    CpuBudget,
    Lane,
    LaneState,
    Ledger,
    Machine,
    Parameters,
    ProcessSample,
    ProcessState,
    RunResult,
    Verdict,
    Workload,
)
from poolscope.workloads.probe.answers import Answer, Request
from poolscope.workloads.registry import Entry
from poolscope.workloads.target import Own

MACHINE = Machine(
    hostname="testhost",
    system="Linux 6.18",
    python="3.11.7",
    implementation="CPython",
    cpu_model="Test CPU",
    budget=CpuBudget(online=64, affinity=2, limits=()),
    memory_bytes=8 * 10**9,
    start_methods=("fork", "spawn", "forkserver"),
    default_start_method="fork",
    load=1.9,
)
TASKS = 4_999_990
MS = 1_000_000


def resolve(lane: Lane, tasks: int) -> Lane:
    """Fill in defaults the way a machine with two CPUs would."""
    if lane.engine == "serial":
        return lane._replace(workers=1)
    chunk = lane.chunksize or (max(1, tasks // 8) if lane.engine == "pool" else None)
    return lane._replace(workers=lane.workers or 2, start_method=lane.start_method or "fork", chunksize=chunk)


@dataclass
class FakeCore:
    """Records what it is told, and shows what it is given."""

    latest: Snapshot | None = None
    failure: BaseException | None = None
    told: list[tuple[Any, ...]] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    problem: str | None = None
    registered: tuple[Entry, ...] = ()
    question: str | None = None

    def show(self, comparison: ComparisonState | None = None, **changes: Any) -> None:
        """Publish another snapshot."""
        base = self.latest or Snapshot(now_ns=time.perf_counter_ns(), machine=MACHINE, cores=cores())
        subject = base.choice if comparison else None
        self.latest = base._replace(comparison=comparison, subject=subject, **changes)

    def choose(self, workload: Workload, parameters: Parameters, lanes: Sequence[Lane], *, keep: bool) -> None:
        self.told.append(("choose", workload.name, dict(parameters), tuple(lanes), keep))
        tasks = workload.count_tasks(parameters)
        resolved = tuple(resolve(lane, tasks) for lane in lanes)
        base = self.latest or Snapshot(now_ns=time.perf_counter_ns(), machine=MACHINE, cores=cores())
        choice = Choice(workload, parameters, resolved, tasks, self.problem, question=self.question)
        base = base if keep else base._replace(comparison=None, subject=None)
        self.latest = base._replace(choice=choice)

    def start(
        self,
        workload: Workload,
        parameters: Parameters,
        lanes: Sequence[Lane],
        runs: int | None = 1,
        warmups: int = 0,
    ) -> None:
        if warmups:
            self.told.append(("warmups", warmups))
        self.told.append(("start", workload.name, dict(parameters), tuple(lanes), runs))

    def study(self, subject: Subject) -> None:
        self.told.append(("study", subject))

    def carry_out(self, work: Callable[[], None]) -> None:
        work()

    def cancel(self) -> None:
        self.told.append(("cancel",))

    def examine(self, request: Request, told: Callable[[Answer], None]) -> None:
        self.told.append(("examine", request))

    def forget_examination(self) -> None:
        self.told.append(("forget_examination",))

    def register(self, own: Own) -> None:
        self.told.append(("register", own.target.reference))

    def list_registered(self, told: Callable[[Sequence[Entry]], None]) -> None:
        told(self.registered)

    def toggle_playing(self) -> None:
        self.told.append(("toggle_playing",))

    def seek(self, time_ns: int) -> None:
        self.told.append(("seek", time_ns))

    def step(self, direction: int) -> None:
        self.told.append(("step", direction))

    def change_speed(self, direction: int) -> None:
        self.told.append(("change_speed", direction))

    def go_to_begin(self) -> None:
        self.told.append(("go_to_begin",))

    def go_to_end(self) -> None:
        self.told.append(("go_to_end",))

    def drain_log(self, limit: int) -> Sequence[Any]:
        return ()

    def drain_notices(self) -> list[Notice]:
        notices, self.notices = self.notices, []
        return notices

    def open(self) -> None:
        self.told.append(("open",))

    def begin_to_sample(self) -> None:
        """Samples are in the snapshots already."""

    def close(self, timeout: float = 2.0) -> None:
        self.told.append(("close",))


def cores() -> CoresSample:
    usage = (CoreUsage(0, 88.0, 6.0, 0.0), CoreUsage(1, 80.0, 9.0, 1.0))
    return CoresSample(time_ns=time.perf_counter_ns(), cores=usage, load=1.9, context_switches=1234.0)


def result(elapsed_ms: int, ok: bool = True) -> RunResult:
    return RunResult(
        ok=ok,
        error=None if ok else "It failed.",
        traceback=None,
        elapsed_ns=elapsed_ms * MS,
        tasks=TASKS,
        digest="d",
        summary="4,999,990 roots, sum 7.45 × 10^9",
    )


SERIAL_LEDGER = Ledger(computing_ns=1014 * MS)
POOL_LEDGER = Ledger(
    starting_ns=12 * MS, sending_ns=22 * MS, computing_ns=610 * MS, returning_ns=1000 * MS, waiting_ns=30 * MS,
    stopping_ns=50 * MS,
)  # fmt: skip


def serial_done() -> LaneState:
    return LaneState(
        lane=Lane("serial", workers=1), key="A", state="done", runs_done=1, runs_planned=1, tasks=TASKS,
        tasks_done=TASKS, elapsed_ns=1014 * MS, ledger=SERIAL_LEDGER, results=(result(1014),),
        ledgers=(SERIAL_LEDGER,), error=None, same_result=None,
    )  # fmt: skip


def pool_running() -> LaneState:
    ledger = Ledger(starting_ns=12 * MS, sending_ns=22 * MS, computing_ns=400 * MS, returning_ns=766 * MS)
    return LaneState(
        lane=Lane("pool", 2, "fork", 625_000), key="B", state="running", runs_done=0, runs_planned=1, tasks=TASKS,
        tasks_done=3_200_000, elapsed_ns=1200 * MS, ledger=ledger, results=(), ledgers=(), error=None,
        same_result=None,
    )  # fmt: skip


def pool_done() -> LaneState:
    return pool_running()._replace(
        state="done", runs_done=1, tasks_done=TASKS, elapsed_ns=1724 * MS, ledger=POOL_LEDGER,
        results=(result(1724),), ledgers=(POOL_LEDGER,), same_result=True,
    )  # fmt: skip


def pool_failed() -> LaneState:
    return pool_running()._replace(
        state="failed",
        error="Worker w2 (pid 41209) was killed by SIGKILL while it held chunk 3 of 8 (625,000 items).",
    )  # fmt: skip


def processes() -> tuple[ProcessState, ...]:
    now = time.perf_counter_ns()

    def one(pid: int, role: Any, label: str, phase: Any, **rest: Any) -> ProcessState:
        values: dict[str, Any] = {
            "name": "", "chunks_done": 0, "items_done": 0, "current": "", "started_ns": now - 1200 * MS,
            "ended_ns": None, "exit_status": None, **rest,
        }  # fmt: skip
        return ProcessState(pid=pid, parent=41206, role=role, label=label, phase=phase, **values)

    return (
        one(41206, "guardian", "guardian", "idle"),
        one(41207, "runner", "runner", "computing", name="MainProcess"),
        one(41208, "worker", "w1", "computing", name="ForkPoolWorker-1", chunks_done=3, items_done=1_875_000,
            current="chunk 5 of 8, 625,000 items"),
        one(41209, "worker", "w2", "returning", name="ForkPoolWorker-2", chunks_done=2, items_done=1_250_000,
            current="chunk 4 of 8, 625,000 items"),
    )  # fmt: skip


def samples() -> dict[int, ProcessSample]:
    return {
        pid: ProcessSample(pid, 41206, 50.0 + pid % 10, 31_000_000, 12_000_000, pid % 2, False, ("python3",))
        for pid in (41206, 41207, 41208, 41209)
    }


def comparison(*lanes: LaneState, is_over: bool = False, verdict: Verdict | None = None) -> ComparisonState:
    running = next((index for index, lane in enumerate(lanes) if lane.state == "running"), None)
    return ComparisonState(
        now_ns=time.perf_counter_ns(), lanes=lanes, running=running, run_directory=None, processes=processes(),
        verdict=verdict, is_over=is_over,
    )  # fmt: skip


VERDICT = Verdict(
    "serial wins",
    "A",
    (
        "B is 1.7 times slower than A.",
        "58 % of B's time went into shipping results back.",
        "Both results are the same.",
    ),
)


@dataclass(frozen=True)
class Moments:
    """Comparisons as they look at the moments that matter."""

    running: Callable[[], ComparisonState]
    over: Callable[[], ComparisonState]
    failed: Callable[[], ComparisonState]


@pytest.fixture
def moments() -> Moments:
    return Moments(
        running=lambda: comparison(serial_done(), pool_running()),
        over=lambda: comparison(serial_done(), pool_done(), is_over=True, verdict=VERDICT),
        failed=lambda: comparison(
            serial_done(),
            pool_failed(),
            is_over=True,
            verdict=Verdict("unknown", "A", ("B failed, so there is nothing to compare A with.",)),
        ),
    )


@pytest.fixture
def core() -> FakeCore:
    return FakeCore()


@pytest.fixture
def workloads() -> list[Workload]:
    return [catalogue.find(name) for name in catalogue.names()]


@pytest.fixture
def guardian() -> Iterator[Guardian]:
    """Return a guardian with nothing to do."""
    with Guardian.start() as started:
        yield started
