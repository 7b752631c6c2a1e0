"""Makes lanes as they stand at the end of a comparison, for tests of what is said about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from poolscope.workloads.model import ComparisonState, CpuBudget, Lane, LaneState, Ledger, Machine, RunResult

SECOND = 1_000_000_000


def run_result(seconds: float, **values: Any) -> RunResult:
    """Make the result of a run that went well unless VALUES say otherwise."""
    given: dict[str, Any] = {"ok": True, "error": None, "traceback": None, "tasks": 1000, "digest": "d", "summary": ""}
    return RunResult(elapsed_ns=round(seconds * SECOND), **(given | values))


def ledger(seconds: float, **shares: float) -> Ledger:
    """Make a ledger from shares of the time; what they leave is computing."""
    total = round(seconds * SECOND)
    phases = {f"{phase}_ns": round(share * total) for phase, share in shares.items()}
    return Ledger(computing_ns=total - sum(phases.values()), **phases)


def lane_state(
    key: str, lane: Lane, seconds: Sequence[float], shares: dict[str, float] | None = None, **values: Any
) -> LaneState:
    """Make a lane whose runs took so many seconds."""
    results = tuple(run_result(each) for each in seconds)
    ledgers = tuple(ledger(each, **(shares or {})) for each in seconds)
    given: dict[str, Any] = {
        "state": "done",
        "runs_done": len(results),
        "runs_planned": len(results),
        "tasks": 1000,
        "tasks_done": 1000,
        "elapsed_ns": results[-1].elapsed_ns if results else 0,
        "ledger": ledgers[-1] if ledgers else Ledger(),
        "results": results,
        "ledgers": ledgers,
        "error": None,
        "same_result": None if key == "A" or not results else True,
    }
    return LaneState(lane=lane, key=key, **(given | values))


def comparison(lanes: Sequence[LaneState], **values: Any) -> ComparisonState:
    """Make a comparison that is over."""
    given: dict[str, Any] = {
        "now_ns": 0,
        "running": None,
        "run_directory": None,
        "processes": (),
        "verdict": None,
        "is_over": True,
    }
    return ComparisonState(lanes=tuple(lanes), **(given | values))


MACHINE = Machine(
    hostname="lab",
    system="Linux 6.18",
    python="3.11.7",
    implementation="CPython",
    cpu_model="A CPU",
    budget=CpuBudget(online=64, affinity=64, limits=()),
    memory_bytes=8_000_000_000,
    start_methods=("fork", "spawn", "forkserver"),
    default_start_method="fork",
    load=0.5,
)
