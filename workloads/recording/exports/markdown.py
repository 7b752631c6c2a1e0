"""A recording as a report in Markdown, for an issue or a pull request.

Whatever came from the program stands in code spans, where neither markup nor the mention of a person works.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ...analysis.process_ledger import sum_of
from ...programs import PARTS, ProcessLedger, SlowTask
from ...report import figures
from ...report.process_table import call_in_words
from ...text import shorten_middle
from .words import elapsed_in_words, failures_in_words, machine_in_words, outcome_in_words, pools_in_words

if TYPE_CHECKING:
    from .sink import Write
    from .source import Source

MOST_ROWS = 20
"""Processes that the table shows one by one; of more, those that computed longest."""
_SHOWN = 100
_BACKTICKS = re.compile("`+")


def write_report(source: Source, write: Write) -> None:
    """Write the report."""
    write(("\n".join(report_lines(source)) + "\n").encode())


def report_lines(source: Source) -> list[str]:
    """Build the report's lines."""
    meta = source.recording.meta
    title = meta.title if meta is not None and meta.title else "recording"
    lines = [f"### Poolscope: {code(title, _SHOWN)}", ""]
    lines += [f"- {fact}" for fact in _facts(source)]
    if source.error:
        lines += ["", f"**{escaped(source.error)}**"]
    failures = [f"- {code(who)} {what}" for who, what in failures_in_words(source)]
    if failures:
        lines += ["", "#### What failed", "", *failures]
    lines += _processes(source)
    lines += _slowest(source.slowest)
    remarks = [*source.notes, *(problem for problem in source.recording.problems if problem not in source.notes)]
    if remarks:
        lines += ["", "#### Notes", "", *(f"- {escaped(note)}" for note in remarks)]
    return lines


def code(text: str, limit: int = 200, *, in_table: bool = False) -> str:
    """Write TEXT as a code span."""
    shown = shorten_middle(text, limit) or " "
    if in_table:
        shown = shown.replace("|", "\\|")
    longest = max((len(run) for run in _BACKTICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{fence}{space}{shown}{space}{fence}"


def escaped(text: str) -> str:
    """Write a sentence so that nothing in it is markup, and nobody is mentioned by it."""
    marked = re.sub(r"([\\`*_\[\]<>|~$])", r"\\\1", text)
    return marked.replace("@", "@\u200b").replace("&", "&amp;").replace("://", ":\u200b//")


def _facts(source: Source) -> list[str]:
    meta = source.recording.meta
    facts = [outcome_in_words(source)]
    if meta is not None:
        if meta.command:
            facts.append(f"Command: {code(' '.join(meta.command))}")
        if meta.workload:
            given = ", ".join(f"{name}={value}" for name, value in meta.parameters.items())
            facts.append(f"Workload: {code(' '.join([meta.workload, given, meta.lane]).strip())}")
        place = machine_in_words(meta.machine)
        if place:
            facts.append(f"Machine: {escaped(place)}")
        if meta.begun_epoch_ns:
            moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(meta.begun_epoch_ns // 1_000_000_000))
            facts.append(f"Begun: {moment}, recorded by Poolscope {escaped(meta.poolscope)}")
    facts.append(f"Work: {escaped(elapsed_in_words(source))}")
    facts += [f"{escaped(text)}" for text in pools_in_words(source)]
    return facts


def _processes(source: Source) -> list[str]:
    if not source.ledgers:
        return []
    shown = list(source.ledgers)
    left = len(shown) - MOST_ROWS
    if left > 0:
        most = sorted(shown, key=lambda ledger: -(ledger.computing_ns + ledger.running_ns))[:MOST_ROWS]
        shown = [ledger for ledger in shown if ledger in most]
    workers = [ledger for ledger in source.ledgers if ledger.role == "worker"]
    sums = [sum_of(workers, "all workers")] if len(workers) > 1 else []
    parts = [part for part in PARTS if any(getattr(ledger, f"{part}_ns") for ledger in (*shown, *sums))]
    has_cpu = any(ledger.computing_cpu_ns is not None for ledger in shown)
    head = ["process", "wall", *parts, *(["CPU"] if has_cpu else []), "tasks"]
    rows = [_ledger_row(ledger, parts, has_cpu) for ledger in (*shown, *sums)]
    lines = ["", "#### Where the time went", "", *table(head, rows)]
    return [*lines, "", f"({left:,} more processes)"] if left > 0 else lines


def _ledger_row(ledger: ProcessLedger, parts: Iterable[str], has_cpu: bool) -> list[str]:
    cells = [escaped(ledger.label), figures.duration(ledger.wall_ns)]
    times = [getattr(ledger, f"{part}_ns") for part in parts]
    cells += [figures.duration(spent) if spent else "0" for spent in times]
    if has_cpu:
        cells.append("" if ledger.computing_cpu_ns is None else figures.duration(ledger.computing_cpu_ns))
    return [*cells, figures.count(ledger.items) if ledger.items else ""]


def _slowest(tasks: Sequence[SlowTask]) -> list[str]:
    if not tasks:
        return []
    rows = [
        [
            figures.duration(task.end_ns - task.begin_ns),
            "" if task.cpu_ns is None else figures.duration(task.cpu_ns),
            escaped(task.label),
            figures.size(task.bytes_in),
            figures.size(task.bytes_out),
            code(call_in_words(task), in_table=True),
        ]
        for task in tasks
    ]
    head = ["computed", "CPU", "worker", "in", "out", "task"]
    return ["", "#### Slowest tasks", "", *table(head, rows, left={2, 5})]


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: Iterable[int] = (0,)) -> list[str]:
    """Write a table; figures stand to the right, columns LEFT to the left."""
    to_the_left = set(left)
    rule = ["---" if index in to_the_left else "---:" for index in range(len(head))]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]
