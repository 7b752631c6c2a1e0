"""Process ledgers and slow tasks as JSON objects, for reports of runs and of programs.

Every key is always there. Times are seconds, sizes bytes, null stands for what is not known::

    process     {pid, label, role, wall_s,
                 parts_s {starting, waiting, receiving, computing, sending, idle, blocked, running, stopping},
                 computing_cpu_s, chunks, tasks, bytes_in, bytes_out,
                 parent {pickling_s, unpickling_s, sent_bytes, received_bytes}}
    slow task   {pid, worker, function, job, chunk, tasks, begin_s, computing_s, cpu_s, bytes_in, bytes_out, failed,
                 arguments}

The parts of a process add up to its ``wall_s``. ``parent`` is what a process did as the owner of pools, in threads of
its own beside the parts. ``begin_s`` counts from the begin of the run, ``chunk`` from 0 within its job; ``arguments``
is a short form, null where none was kept.
"""

from __future__ import annotations

from typing import Any

from ..programs import ProcessLedger, SlowTask


def process_object(ledger: ProcessLedger) -> dict[str, Any]:
    """Describe one process as the ``process`` of this module."""
    cpu = ledger.computing_cpu_ns
    return {
        "pid": ledger.pid,
        "label": ledger.label,
        "role": ledger.role,
        "wall_s": ledger.wall_ns / 1e9,
        "parts_s": {part: spent / 1e9 for part, spent in ledger.parts().items()},
        "computing_cpu_s": None if cpu is None else cpu / 1e9,
        "chunks": ledger.chunks,
        "tasks": ledger.items,
        "bytes_in": ledger.bytes_in,
        "bytes_out": ledger.bytes_out,
        "parent": {
            "pickling_s": ledger.pickling_ns / 1e9,
            "unpickling_s": ledger.unpickling_ns / 1e9,
            "sent_bytes": ledger.sent_bytes,
            "received_bytes": ledger.received_bytes,
        },
    }


def slow_task_object(task: SlowTask, begun_ns: int) -> dict[str, Any]:
    """Describe one task as the ``slow task`` of this module; the run began at BEGUN_NS."""
    return {
        "pid": task.pid,
        "worker": task.label,
        "function": task.function or None,
        "job": task.job,
        "chunk": task.position,
        "tasks": task.items,
        "begin_s": (task.begin_ns - begun_ns) / 1e9,
        "computing_s": (task.end_ns - task.begin_ns) / 1e9,
        "cpu_s": None if task.cpu_ns is None else task.cpu_ns / 1e9,
        "bytes_in": task.bytes_in,
        "bytes_out": task.bytes_out,
        "failed": task.is_failed,
        "arguments": task.arguments or None,
    }
