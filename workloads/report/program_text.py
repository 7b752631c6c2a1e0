"""What ``poolscope exec`` says of a program at its end: a few lines on stderr."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from ..analysis.unrecorded import command_in_short
from ..text import clean
from . import figures
from .columns import encodable

if TYPE_CHECKING:
    from ..program import Program
    from ..programs import JobState, ProgramState, RunAccount
    from ..recording.reader import Recording

_MOST_JOBS = 10
_MOST_SLOW = 10
_MOST_NOTES = 12


def program_summary(program: Program, state: ProgramState, *, colour: bool) -> str:
    """Write the summary, without a newline at its end.

    Args:
        program: At its end.
        state: Of it.
        colour: Whether parts may stand out.
    """
    lines = [f"poolscope: {_headline(state)}"]
    facts = _facts(program, state)
    if facts:
        lines.append(f"  {facts}.")
    lines += [f"  {line}" for line in _jobs(state.jobs)]
    if state.error is not None and not state.error.startswith("The program"):
        lines.append(f"  {state.error}")
    lines += [f"  {note}" for note in state.notes[:_MOST_NOTES]]
    if len(state.notes) > _MOST_NOTES:
        lines.append(f"  And {len(state.notes) - _MOST_NOTES:,} more notes like these.")
    if program.recording is not None:
        account = _account(program.recording, state) if len(state.processes) > 1 else None
        if account is not None:
            lines += _tables(account, colour=colour)
            lines += _findings(program, program.recording, state, account)
    if program.identity is not None:
        lines.append(f"  Recorded as {program.identity}; poolscope replay {program.identity} shows it again.")
    return "\n".join(lines)


def _account(recording: Recording, state: ProgramState) -> RunAccount:
    """Look at what the processes did, and at the slowest tasks."""
    from ..analysis.process_ledger import process_ledgers
    from ..analysis.slowest import slowest_tasks
    from ..programs import RunAccount

    ledgers = process_ledgers(recording, state.ended_ns or state.now_ns)
    return RunAccount(state.begun_ns, ledgers, slowest_tasks(recording, _MOST_SLOW))


def _tables(account: RunAccount, *, colour: bool) -> list[str]:
    """Write what the processes did, and the slowest tasks, where there are any."""
    from .process_table import process_table, slowest_table

    width = shutil.get_terminal_size((100, 0)).columns - 2
    encoding = getattr(sys.stderr, "encoding", None)
    tables = [
        process_table(account.processes, width, colour=colour, encoding=encoding),
        slowest_table(account.slowest, width, colour=colour, encoding=encoding),
    ]
    return [line and f"  {line}" for table in tables if table for line in ("", *table.splitlines())] + [""]


def _findings(program: Program, recording: Recording, state: ProgramState, account: RunAccount) -> list[str]:
    """Name what was found, where anything was worked on by workers."""
    if not state.tasks_done:
        return []
    from ..analysis.findings import find_in_recording
    from .findings_text import findings_text

    width = shutil.get_terminal_size((100, 0)).columns - 2
    found = find_in_recording(recording, state.ended_ns or state.now_ns, program.meta.machine, account)
    text = encodable("\n".join(findings_text(found, width)), getattr(sys.stderr, "encoding", None))
    return [*(f"  {line}" for line in text.splitlines()), ""] if found else []


def _headline(state: ProgramState) -> str:
    what = command_in_short(state.command)
    elapsed = figures.duration((state.ended_ns or state.now_ns) - state.begun_ns)
    if state.status is None:
        return f"{what} was lost after {elapsed}."
    if state.status < 0:
        return f"{what} was killed by {figures.exit_status(state.status)} after {elapsed}."
    return f"{what} ended with {figures.exit_status(state.status)} after {elapsed}."


def _facts(program: Program, state: ProgramState) -> str:
    parts = []
    if state.processes:
        parts.append(_counted(len(state.processes), "recorded process", "recorded processes"))
    if state.tasks_done:
        parts.append(_counted(state.tasks_done, "task", "tasks"))
    if program.cpu_ns is not None:
        parts.append(f"{figures.duration(program.cpu_ns)} of CPU time")
    if program.peak_bytes:
        parts.append(f"at most {figures.size(program.peak_bytes)} of memory in one process")
    return ", ".join(parts)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _jobs(jobs: tuple[JobState, ...]) -> list[str]:
    lines = []
    for job in jobs[:_MOST_JOBS]:
        name = clean(job.function, 40) or "?"
        failed = f", {_counted(job.chunks_failed, 'chunk', 'chunks')} failed" if job.chunks_failed else ""
        time = figures.duration(job.last_ns - job.submitted_ns) if job.last_ns else "no result"
        total = f" of {job.items:,}" if job.items else ""
        done = f"{job.items_done:,}{total} {'task' if (job.items or job.items_done) == 1 else 'tasks'}"
        lines.append(f"{clean(job.pool, 40) or 'Pool'}: {name}, {done}, {time}{failed}")
    if len(jobs) > _MOST_JOBS:
        lines.append(f"and {len(jobs) - _MOST_JOBS:,} more jobs")
    return lines
