"""Keeping what a lane's run left: what it was, how it ended, and then the whole of it as one file."""

from __future__ import annotations

from contextlib import suppress
from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING

from .recording.meta import End, Meta, new_identity, write_end, write_meta

if TYPE_CHECKING:
    from pathlib import Path

    from .model import Machine, Plan


def begin_recording(directory: Path, plan: Plan, workload: str, machine: Machine, key: str) -> None:
    """Say in the run directory how the run came about; a full disk is no reason not to run.

    Args:
        directory: Of a run that begins now.
        plan: What the runner was told.
        workload: The name of what is run.
        machine: Where this is.
        key: The lane's letter in the comparison.
    """
    from . import __version__
    from .report.machine_json import machine_object

    epoch_ns = time_ns()
    meta = Meta(
        kind="lane",
        identity=new_identity(epoch_ns),
        title=f"{workload} · {plan.lane.label}",
        begun_ns=perf_counter_ns(),
        begun_epoch_ns=epoch_ns,
        poolscope=__version__,
        machine=machine_object(machine),
        workload=workload,
        parameters=dict(plan.parameters),
        lane=plan.lane.label,
        key=key,
        log_level=plan.log_level,
    )
    with suppress(OSError):
        write_meta(meta, directory)


def keep_recording(directory: Path, end: End) -> list[str]:
    """Say how the run ended, and keep it among the recordings.

    Returns:
        Why it could not be kept, in a sentence; nothing if it was, or if none is to be kept.
    """
    from .recording.store import keep

    notes: list[str] = []
    with suppress(OSError):
        write_end(end, directory)
        keep(directory, notes)
    return notes
