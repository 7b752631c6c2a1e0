"""All processes of a run in one list: those that were recorded, and those that only the operating system knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from poolscope.workloads.model import ProcessSample, ProcessState

_HELPERS = (("resource_tracker", "resource tracker"), ("forkserver", "fork server"))


def full_roster(
    before: Sequence[ProcessState],
    recorded: Sequence[ProcessState],
    samples: Mapping[int, ProcessSample],
    guardian: int | None,
    now_ns: int,
    *,
    program: int | None = None,
) -> tuple[ProcessState, ...]:
    """Complete the RECORDED processes with the guardian, multiprocessing's helpers and whatever else was started.

    Args:
        before: The roster of the frame before: what vanished since then is kept, as ended.
        recorded: Processes that wrote events.
        samples: Living processes by pid.
        guardian: Its pid.
        now_ns: The time.
        program: Pid of the program that is watched, which may be none that can be recorded; None where lanes are run.
    """
    roster = {state.pid: state for state in recorded}
    for pid, sample in samples.items():
        # Of lanes, a sample may still be one of the run before.
        if pid not in roster and (pid == guardian or recorded or program is not None):
            known = next((state for state in before if state.pid == pid and state.ended_ns is None), None)
            roster[pid] = known or _unrecorded(sample, guardian, now_ns, program)
    for state in before:
        if state.pid not in roster and state.role in ("helper", "child", "program"):
            is_dead = state.pid not in samples and state.ended_ns is None
            roster[state.pid] = state._replace(phase="ended", ended_ns=now_ns) if is_dead else state
    return tuple(roster.values())


def _unrecorded(sample: ProcessSample, guardian: int | None, now_ns: int, program: int | None) -> ProcessState:
    command = " ".join(sample.command)
    helper = next((label for word, label in _HELPERS if word in command), None)
    role, label = ("guardian", "guardian") if sample.pid == guardian else ("helper", helper or "")
    if not label and sample.parent == guardian and program is None:
        role = label = "runner"  # that has not recorded anything yet
    if not label:
        role = "program" if sample.pid == program else "child"
        label = sample.command[0].rpartition("/")[2] if sample.command else "process"
    return ProcessState(
        pid=sample.pid,
        parent=sample.parent,
        role=role,  # type: ignore[arg-type]
        label=label,
        name="",
        phase="suspended" if sample.is_suspended else "idle",
        chunks_done=0,
        items_done=0,
        current="",
        started_ns=now_ns,
        ended_ns=None,
        exit_status=None,
    )
