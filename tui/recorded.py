"""What a recording was of, as the states that panels show: a machine, a program, one lane of a comparison.

Recordings are data of unknown origin: what is missing or makes no sense is left out, and nothing raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import (
    CgroupLimit,
    ComparisonState,
    CpuBudget,
    Lane,
    LaneState,
    Ledger,
    Machine,
    RunState,
)
from poolscope.workloads.programs import ProgramState

if TYPE_CHECKING:
    from poolscope.workloads.recording.contents import Contents

UNKNOWN_END = "How it ended was not recorded."
_STATES: Mapping[str, RunState] = {"done": "done", "failed": "failed", "cancelled": "cancelled"}


def recorded_machine(content: Mapping[str, Any]) -> Machine:
    """Read a machine as `report.result_json` writes it."""
    cpus = content.get("cpus")
    cpus = cpus if isinstance(cpus, Mapping) else {}
    limits = cpus.get("limits")
    budget = CpuBudget(
        online=max(1, _whole(cpus.get("online"))),
        affinity=max(1, _whole(cpus.get("affinity"))),
        limits=tuple(
            CgroupLimit(_text(limit.get("path")), _figure(limit.get("cpus")))
            for limit in (limits if isinstance(limits, list) else [])
            if isinstance(limit, Mapping) and _figure(limit.get("cpus")) > 0
        ),
    )
    method = content.get("default_start_method")
    return Machine(
        hostname=_text(content.get("hostname")),
        system=_text(content.get("system")),
        python=_text(content.get("python")),
        implementation=_text(content.get("implementation")),
        cpu_model=_text(content.get("cpu_model")),
        budget=budget,
        memory_bytes=_whole(content.get("memory_bytes")),
        start_methods=("fork", "spawn", "forkserver"),
        default_start_method=method if method in ("fork", "spawn", "forkserver") else "fork",
        load=_figure(content.get("load")),
    )


def recorded_program(recording: Contents, end_ns: int) -> ProgramState:
    """The program of a closed RECORDING at its end, which was at END_NS as far as its processes tell."""
    from poolscope.workloads.analysis.jobs import jobs_of

    meta, end = recording.meta, recording.end
    runner = recording.runner
    return ProgramState(
        now_ns=end.ended_ns if end else end_ns,
        command=meta.command if meta else (),
        directory=meta.directory if meta else "",
        state=end.state if end else "failed",
        pid=runner.pid if runner else None,
        begun_ns=meta.begun_ns if meta else 0,
        ended_ns=end.ended_ns if end else end_ns,
        status=end.status if end else None,
        run_directory=None,
        processes=recording.processes(end_ns),
        jobs=jobs_of(recording),
        tasks_done=recording.tasks_done,
        notes=end.notes if end else (UNKNOWN_END,),
        error=end.error if end else None,
    )


def program_at(state: ProgramState, moment: Contents, time_ns: int) -> ProgramState:
    """The program that is, or ended, in STATE as it was at a MOMENT of its recording."""
    if state.ended_ns is not None and time_ns >= state.ended_ns:
        return state
    from poolscope.workloads.analysis.jobs import jobs_of

    return state._replace(
        now_ns=time_ns,
        state="running",
        ended_ns=None,
        status=None,
        processes=moment.processes(time_ns),
        jobs=jobs_of(moment),
        tasks_done=moment.tasks_done,
        notes=(),
        error=None,
    )


def recorded_comparison(recording: Contents, end_ns: int) -> ComparisonState:
    """The lane of a closed RECORDING at its end, as a comparison of one."""
    from poolscope.workloads.analysis.ledger import ledger_of

    meta, end, result, marks = recording.meta, recording.end, recording.result, recording.marks
    ledger = ledger_of(recording, end_ns)
    error = end.error if end else None
    if result is not None:
        state: RunState = "done" if result.ok else "failed"
        error = error or result.error
    else:
        state = _STATES[end.state] if end else "failed"
    if state == "failed" and error is None:
        error = UNKNOWN_END
    lane = LaneState(
        lane=_lane(meta.lane if meta else ""),
        key=(meta.key if meta else "")[:2] or "A",
        state=state,
        runs_done=1 if result is not None else 0,
        runs_planned=1,
        tasks=marks.tasks_planned or recording.tasks_done,
        tasks_done=recording.tasks_done,
        elapsed_ns=result.elapsed_ns if result else max(0, (marks.ended_ns or end_ns) - (marks.begun_ns or end_ns)),
        ledger=ledger,
        results=(result,) if result is not None and result.ok else (),
        ledgers=(ledger,) if result is not None and result.ok else (),
        error=error,
        same_result=None,
    )
    return ComparisonState(
        now_ns=end_ns,
        lanes=(lane,),
        running=None,
        run_directory=None,
        processes=recording.processes(end_ns),
        verdict=None,
        is_over=True,
    )


def comparison_at(state: ComparisonState, index: int, moment: Contents, time_ns: int) -> ComparisonState:
    """The comparison in STATE as it was at a MOMENT of the recording of the lane with that INDEX."""
    from poolscope.workloads.analysis.ledger import ledger_of

    marks = moment.marks
    lanes = []
    for other, lane in enumerate(state.lanes):
        if other < index:
            lanes.append(lane)
        elif other > index:
            lanes.append(_queued(lane))
        elif marks.ended_ns is not None and marks.ended_ns <= time_ns and lane.state != "running":
            lanes.append(lane)  # nothing about it changed any more
        else:
            begun = marks.begun_ns if marks.begun_ns is not None else time_ns
            running = _queued(lane)._replace(
                state="running", tasks_done=moment.tasks_done, elapsed_ns=max(0, time_ns - begun),
                ledger=ledger_of(moment, time_ns),
            )  # fmt: skip
            lanes.append(running)
    is_running = any(lane.state == "running" for lane in lanes)
    is_over = state.is_over and not is_running and index == len(lanes) - 1
    return state._replace(
        now_ns=time_ns,
        lanes=tuple(lanes),
        running=index if is_running else None,
        processes=moment.processes(time_ns),
        verdict=state.verdict if is_over else None,
        is_over=is_over,
        notes=(),
    )


def _queued(lane: LaneState) -> LaneState:
    return lane._replace(
        state="queued", runs_done=0, tasks_done=0, elapsed_ns=0, ledger=Ledger(), results=(), ledgers=(), error=None,
        same_result=None,
    )  # fmt: skip


def _lane(spec: str) -> Lane:
    from poolscope.workloads.lanes import parse_lane

    try:
        return parse_lane(spec)
    except UsageError:
        return Lane("serial")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _whole(value: Any) -> int:
    return value if type(value) is int else 0


def _figure(value: Any) -> float:
    return float(value) if type(value) in (int, float) and 0 <= value < 1e9 else 0.0
