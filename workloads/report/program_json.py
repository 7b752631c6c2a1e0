"""What ``poolscope exec`` knows of a program at its end as one JSON object, for other programs.

Schema 1; every key is always there. Times are seconds, null stands for what is not known::

    schema      1
    program     {command [word], directory, pid, state, status, exit_code, error}
    machine     as in the object of ``poolscope run``
    elapsed_s   from its start to its end
    cpu_s       CPU time of the program and of all processes that it waited for
    peak_bytes  memory of the largest one of these
    tasks       done by recorded processes
    processes   [{pid, parent, label, role, name, started_s, ended_s, status, tasks, ledger}]
    jobs        [{process, job, pool, function, chunksize, chunks, items, chunks_done, items_done, chunks_failed,
                  submitted_s, last_s}]
    slowest     [slow task], the ten that computed longest
    findings    as those of the verdict of ``poolscope run``, without a lane
    notes       [sentence]
    recording   identity of the recording that was kept

``state`` is "done", "failed" or "cancelled"; ``status`` is negative for a signal, while ``exit_code`` is what the
command exits with. Moments such as ``started_s`` count from the program's start. ``ledger`` is the ``process`` of
`process_json`, which describes the slow tasks too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..analysis.findings import find_in_recording
from ..analysis.process_ledger import process_ledgers
from ..analysis.slowest import slowest_tasks
from ..programs import RunAccount
from .process_json import process_object, slow_task_object
from .result_json import finding_object

if TYPE_CHECKING:
    from ..analysis.findings.base import Finding
    from ..model import ProcessState
    from ..program import Program
    from ..programs import JobState, ProcessLedger, ProgramState, SlowTask

SCHEMA = 1
_MOST_SLOW = 10


def program_object(program: Program, state: ProgramState) -> dict[str, Any]:
    """Build the object that this module describes; it holds nothing but what strict JSON can."""
    begun = state.begun_ns
    ledgers: tuple[ProcessLedger, ...] = ()
    slowest: tuple[SlowTask, ...] = ()
    findings: tuple[Finding, ...] = ()
    if program.recording is not None:
        ledgers = process_ledgers(program.recording, state.ended_ns or state.now_ns)
        slowest = slowest_tasks(program.recording, _MOST_SLOW)
        account = RunAccount(begun, ledgers, slowest)
        findings = find_in_recording(program.recording, state.ended_ns or state.now_ns, program.meta.machine, account)
    by_pid = {ledger.pid: process_object(ledger) for ledger in ledgers}
    return {
        "schema": SCHEMA,
        "program": {
            "command": list(state.command),
            "directory": state.directory,
            "pid": state.pid,
            "state": state.state,
            "status": state.status,
            "exit_code": program.exit_code,
            "error": state.error,
        },
        "machine": dict(program.meta.machine) or None,
        "elapsed_s": _seconds((state.ended_ns or state.now_ns) - begun),
        "cpu_s": _seconds(program.cpu_ns),
        "peak_bytes": program.peak_bytes,
        "tasks": state.tasks_done,
        "processes": [_process(process, begun, by_pid.get(process.pid)) for process in state.processes],
        "jobs": [_job(job, begun) for job in state.jobs],
        "slowest": [slow_task_object(task, begun) for task in slowest],
        "findings": [finding_object(finding) for finding in findings],
        "notes": list(state.notes),
        "recording": program.identity,
    }


def _process(process: ProcessState, begun: int, ledger: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "pid": process.pid,
        "parent": process.parent,
        "label": process.label,
        "role": process.role,
        "name": process.name,
        "started_s": _moment(process.started_ns, begun),
        "ended_s": _moment(process.ended_ns, begun),
        "status": process.exit_status,
        "tasks": process.items_done,
        "ledger": ledger,
    }


def _job(job: JobState, begun: int) -> dict[str, Any]:
    return {
        "process": job.parent,
        "job": job.job,
        "pool": job.pool,
        "function": job.function,
        "chunksize": job.chunksize,
        "chunks": job.chunks,
        "items": job.items,
        "chunks_done": job.chunks_done,
        "items_done": job.items_done,
        "chunks_failed": job.chunks_failed,
        "submitted_s": _moment(job.submitted_ns, begun),
        "last_s": _moment(job.last_ns or None, begun),
    }


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e9


def _moment(time_ns: int | None, begun: int) -> float | None:
    return None if time_ns is None else (time_ns - begun) / 1e9
