"""Makes runs under a real guardian, and watches their processes."""

from __future__ import annotations

import importlib
import select
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from support.leaks import descendants, living
from support.patience import wait_for

from poolscope.workloads.comparison import Comparison
from poolscope.workloads.lanes import resolve_lane
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import ComparisonState, CpuBudget, Lane, Plan, StartMethod
from poolscope.workloads.news import Cleared, Message, Refused
from poolscope.workloads.recording.reader import Recording

START_METHODS: tuple[StartMethod, ...] = ("fork", "spawn", "forkserver")
BUDGET = CpuBudget(online=2, affinity=2, limits=())


def start(guardian: Guardian, name: str, lane: Lane, run: str = "0001") -> Recording:
    """Start a run of a workload of `support.troubled`."""
    workload = getattr(importlib.import_module("support.troubled"), name)
    full = resolve_lane(lane, workload.count_tasks({}), BUDGET, "fork")
    return Recording(guardian.run(Plan(run, f"support.troubled:{name}", {}, full, 20)))


def until_cleared(guardian: Guardian) -> list[Message]:
    """Wait until a run is gone; return all messages."""
    messages: list[Message] = []

    def is_over() -> bool:
        select.select([guardian], [], [], 0.05)
        messages.extend(guardian.poll())
        return any(isinstance(message, Cleared | Refused) for message in messages)

    assert wait_for(is_over), messages
    return messages


def until_busy(recording: Recording, workers: int = 2) -> list[int]:
    """Wait until as many workers compute; return their pids."""

    def computing() -> list[int]:
        recording.refresh()
        pids = [state.pid for state in recording.processes(0) if state.phase == "computing" and state.role != "runner"]
        return pids if len(pids) >= workers else []

    pids = wait_for(computing, every=0.02)
    assert pids, (recording.directory / "stderr.log").read_text()
    return pids


def below(pid: int) -> set[int]:
    """All living processes below PID."""
    return descendants(pid, living())


def compared(
    guardian: Guardian,
    name: str,
    lanes: Sequence[Lane],
    runs: int | None = 1,
    meanwhile: Callable[[Comparison, ComparisonState], None] | None = None,
    **options: Any,
) -> list[ComparisonState]:
    """Make a comparison with OPTIONS, calling MEANWHILE after each step; return all states on the way."""
    workload = getattr(importlib.import_module("support.troubled"), name)
    reference = f"support.troubled:{name}"
    comparison = Comparison(guardian, workload, {}, lanes, runs=runs, workload_reference=reference, **options)
    states: list[ComparisonState] = []
    while not states or not states[-1].is_over:
        select.select([guardian], [], [], 0.05)
        states.append(comparison.advance())
        if meanwhile is not None and not states[-1].is_over:
            meanwhile(comparison, states[-1])
    return states


def log_of(directory: Path) -> str:
    """What a run wrote to its standard error."""
    return (directory / "stderr.log").read_text(errors="replace")
