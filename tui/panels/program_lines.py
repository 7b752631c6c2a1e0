"""A program, its jobs, and what a recording says of itself, as lines: pure functions of a snapshot and the room."""

from __future__ import annotations

import time
from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from rich.cells import cell_len

from poolscope.tui.glyphs import Glyphs
from poolscope.tui.snapshot import Record, Snapshot
from poolscope.tui.widgets.bar import bar
from poolscope.tui.widgets.line_view import Line
from poolscope.workloads.programs import JobState, ProgramState
from poolscope.workloads.report import figures
from poolscope.workloads.text import clean, shorten, shorten_middle

from .lane_lines import STATE_ROLES

if TYPE_CHECKING:
    from poolscope.workloads.recording.meta import Meta

FACT_NAME = 10
"""Cells of a fact's name."""
MOST_JOBS = 100
"""Jobs that are drawn; scripts that call a pool in a loop have thousands."""
COMMAND_LINES = 4
_RECENT = 300 * 86_400
"""Seconds within which the year goes without saying."""
_FIGURE_WIDTH = 15
"""Cells right of a bar: ``3.20 M / 5.00 M`` fits without a jump."""


def command_text(command: Sequence[str], limit: int = 2000) -> str:
    """Write argv as a shell would be given it, safe to show."""
    import shlex

    return clean(shlex.join(command), limit)


def program_lines(program: ProgramState, snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    """Say what the program is and how it stands: command, state, facts, what went wrong, what is not recorded."""
    lines = [_state_line(program, width, glyphs), ()]
    # The end of a long path says more than its beginning.
    words = [shorten_middle(word, width, glyphs.ellipsis) for word in command_text(program.command).split(" ")]
    command = wrap(" ".join(words), width, break_on_hyphens=False)
    if len(command) > COMMAND_LINES:
        command[COMMAND_LINES - 1] = shorten(command[COMMAND_LINES - 1] + " " * width, width, glyphs.ellipsis)
    lines += [((text, "strong"),) for text in command[:COMMAND_LINES]]
    lines.append(())
    lines += [_fact(name, text, width, glyphs) for name, text in _facts(program, snapshot) if text]
    if program.error:
        lines += [(), *_sentence(program.error, width, "text-error")]
    for note in program.notes:
        lines += [(), *_sentence(note, width, "text-warning")]
    return lines


def _state_line(program: ProgramState, width: int, glyphs: Glyphs) -> Line:
    status = program.status
    word = {"running": "running", "cancelled": "ended by you"}.get(program.state)
    if word is None:
        word = figures.exit_status(status) if status is not None else "gone"
    elapsed = (program.ended_ns or program.now_ns) - program.begun_ns
    clock = figures.seconds(max(0, elapsed)) if program.state == "running" else figures.duration(max(0, elapsed))
    left = f"{glyphs.states[program.state]} {word}"
    gap = max(1, width - cell_len(left) - cell_len(clock))
    return ((left, STATE_ROLES[program.state]), (" " * gap, ""), (clock, "strong"))


def _facts(program: ProgramState, snapshot: Snapshot) -> list[tuple[str, str]]:
    states = [state for state in snapshot.processes if state.role != "guardian"] or program.processes
    ended = sum(1 for state in states if state.ended_ns is not None)
    processes = f"{len(states)}, {ended} ended" if ended else f"{len(states)}"
    machine = snapshot.machine
    return [
        ("in", clean(program.directory, 1000)),
        ("Python", f"{machine.python} {machine.default_start_method}" if machine.python else ""),
        ("pid", str(program.pid) if program.pid is not None else ""),
        ("processes", processes if states else "none yet"),
        ("tasks", figures.count(program.tasks_done)),
    ]


def record_lines(record: Record, snapshot: Snapshot, width: int, glyphs: Glyphs) -> list[Line]:
    """Say what recording is replayed: of what, from when and where, and what is missing of it."""
    meta = record.meta
    lines: list[Line] = []
    if meta is not None and meta.kind == "lane":
        title = meta.title.replace(",", ", ")  # so that it is folded between settings
        lines += [*_sentence(title or "a lane", width, "strong"), ()]
    facts = _record_facts(meta, snapshot) if meta is not None else []
    lines += [_fact(name, text, width, glyphs) for name, text in [*facts, ("file", record.place)] if text]
    for problem in record.problems:
        lines += [(), *_sentence(problem, width, "text-warning")]
    if meta is None:
        lines += [(), *_sentence("What was run, where and when is not recorded.", width, "text-warning")]
    return lines


def _record_facts(meta: Meta, snapshot: Snapshot) -> list[tuple[str, str]]:
    machine = snapshot.machine
    when = ""
    if 0 < meta.begun_epoch_ns < 10**19:
        begun = meta.begun_epoch_ns // 10**9
        is_recent = abs(time.time() - begun) < _RECENT
        when = time.strftime("%d %b, %H:%M" if is_recent else "%d %b %Y", time.localtime(begun))
    facts = [("recorded", when)]
    if meta.kind == "lane":
        facts += [
            ("workload", meta.workload),
            *((clean(str(name), 40), _value(value)) for name, value in meta.parameters.items()),
            ("lane", meta.lane),
            ("Python", machine.python),
        ]
    cpus = f"{figures.cpus(machine.budget.cpus)} of {figures.cpus(machine.budget.online)} CPUs"
    return [*facts, ("on", machine.hostname), ("", cpus), ("id", meta.identity), ("poolscope", meta.poolscope)]


def _value(value: object) -> str:
    return figures.count(value) if isinstance(value, int) else clean(str(value), 200)


def _fact(name: str, text: str, width: int, glyphs: Glyphs) -> Line:
    return (
        (f"{shorten(name, FACT_NAME - 1, glyphs.ellipsis):<{FACT_NAME}}", "text-muted"),
        (shorten_middle(text, max(4, width - FACT_NAME), glyphs.ellipsis), ""),
    )


def _sentence(text: str, width: int, role: str) -> list[Line]:
    return [((line, role),) for line in wrap(clean(text, 1000), max(16, width), break_on_hyphens=False)]


def job_lines(program: ProgramState, width: int, glyphs: Glyphs) -> list[Line]:
    """Draw the jobs, the newest first: what the program does now is on top."""
    jobs = program.jobs[::-1]
    lines: list[Line] = []
    for job in jobs[:MOST_JOBS]:
        if lines:
            lines.append(())
        lines += _job(job, program, width, glyphs)
    if len(jobs) > MOST_JOBS:
        more = figures.count(len(jobs) - MOST_JOBS)
        lines += [(), ((f" and {more} jobs before these", "text-muted"),)]
    return lines


def _job(job: JobState, program: ProgramState, width: int, glyphs: Glyphs) -> list[Line]:
    dot = f" {glyphs.separator} "
    state = job_state(job, program)
    end = job.last_ns if state != "running" and job.last_ns else program.ended_ns or program.now_ns
    elapsed = max(0, end - job.submitted_ns)
    clock = figures.seconds(elapsed) if state == "running" else figures.duration(elapsed)
    right = f"{glyphs.states[state]} {clock:>8}"
    about = [job.pool or "a pool"]
    if job.chunksize > 1:
        about.append(f"chunk {figures.count(job.chunksize)}")
    function = clean(job.function, 200) or "a function"
    room = max(8, width - cell_len(right) - 3)
    name = shorten_middle(function, room, glyphs.ellipsis)
    detail = shorten(dot + dot.join(about), max(0, room - cell_len(name)), glyphs.ellipsis)
    gap = max(1, width - 1 - cell_len(name) - cell_len(detail) - cell_len(right))
    head: Line = (
        (" ", ""), (name, "strong"), (detail, "text-muted"), (" " * gap, ""), (right, STATE_ROLES[state]),
    )  # fmt: skip
    return [
        head,
        _job_progress(job, width - 3, glyphs, is_running=state == "running"),
        _job_facts(job, elapsed, state, width - 3, glyphs),
    ]


def job_state(job: JobState, program: ProgramState) -> str:
    """``running``, ``done``, ``failed`` (a task of it raised), or ``cancelled`` (its pool or program ended before)."""
    is_whole = bool(job.chunks) and job.chunks_done >= job.chunks
    if not is_whole and not job.is_over and program.state == "running":
        return "running"
    if job.chunks_failed:
        return "failed"
    return "done" if is_whole or not job.chunks else "cancelled"


def _job_progress(job: JobState, width: int, glyphs: Glyphs, *, is_running: bool) -> Line:
    total = job.items
    if not total:
        return (("   ", ""), (f"{figures.count(job.items_done)} done", ""), (" so far" if is_running else "", ""))
    is_whole = job.items_done >= total
    short = f"{figures.short_count(job.items_done)} / {figures.short_count(total)}"
    figure = figures.count(total) if is_whole and total < 10**9 else short
    room = max(_FIGURE_WIDTH, cell_len(figure)) + 1
    filled, empty = bar(job.items_done / total, max(4, width - room), glyphs)
    role = "error" if job.chunks_failed else "success"
    return (("   ", ""), (filled, role), (empty, "surface"), (f"{figure:>{room}}", ""))


def _job_facts(job: JobState, elapsed: int, state: str, width: int, glyphs: Glyphs) -> Line:
    parts = []
    if job.items_done and elapsed:
        parts.append(figures.rate(job.items_done / (elapsed / 1e9), "tasks"))
    if state == "running":
        if not job.items_done:
            parts.append("no result yet")
        elif job.items > job.items_done:
            parts.append(f"{figures.seconds(elapsed * (job.items - job.items_done) / job.items_done)} left")
    elif state == "cancelled":
        parts.append("not finished")
    failed = ""
    if job.chunks_failed:
        of = "task" if job.chunksize <= 1 else "chunk"
        failed = f"{figures.short_count(job.chunks_failed)} {of}{'' if job.chunks_failed == 1 else 's'} failed"
    text = shorten(f" {glyphs.separator} ".join(parts), max(0, width - len(failed) - 1), glyphs.ellipsis)
    gap = max(1, width - cell_len(text) - len(failed))
    return (("   ", ""), (text, "text-muted"), (" " * gap, ""), (failed, "text-error"))
