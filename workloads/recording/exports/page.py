"""A recording as one HTML page that needs nothing else: no script, no font, no request to anywhere.

The timeline, the ledgers and the history of the cores are SVG pictures in the page, with the same figures as tables.
Whatever came from the program is escaped, and the page's own policy forbids the browser to load or run anything.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ...analysis.process_ledger import sum_of
from ...programs import PARTS, ProcessLedger
from ...report import figures
from ...report.process_table import call_in_words
from .cores_picture import USES, cores_picture
from .drawing import MEANINGS, escaped, mark, swatch
from .ledger_picture import ledger_picture
from .markup import END, beginning, table
from .timeline_picture import timeline_picture
from .words import elapsed_in_words, failures_in_words, machine_in_words, outcome_in_words

if TYPE_CHECKING:
    from .sink import Write
    from .source import Source

_MOST_ROWS = 256
"""Processes that the table shows one by one."""
_MOST_JOBS = 50


def write_page(source: Source, write: Write) -> None:
    """Write the page."""
    meta = source.recording.meta
    title = escaped(meta.title) if meta is not None and meta.title else "recording"
    write(beginning(title).encode())
    for part in _parts(source, title):
        write(part.encode() + b"\n")
    write(END.encode())


def _parts(source: Source, title: str) -> Iterator[str]:
    outcome = escaped(f"{outcome_in_words(source)} {elapsed_in_words(source)}")
    yield f'<header>\n<h1 class="mono">{title}</h1>\n<p class="outcome">{outcome}</p>'
    if source.error:
        yield f'<p class="alarm">{escaped(source.error)}</p>'
    yield f"{_facts(source)}\n</header>\n<main>"
    timeline = timeline_picture(source)
    yield f'<section>\n<h2>Timeline</h2>\n<div class="card">{_legend(source)}{timeline}</div>\n</section>'
    failures = [f"<li>{escaped(who)} {escaped(what)}</li>" for who, what in failures_in_words(source)]
    if failures:
        yield f'<section>\n<h2>What failed</h2>\n<ul class="notes">{"".join(failures)}</ul>\n</section>'
    cores = cores_picture(source)
    if cores:
        yield f'<section>\n<h2>Cores</h2>\n<div class="card">{_uses(source)}{cores}</div>\n</section>'
    if source.ledgers:
        yield (
            f'<section>\n<h2>Where the time went</h2>\n<div class="card">{ledger_picture(source.ledgers)}</div>\n'
            f'<div class="card">{_ledger_table(source)}{_owners_table(source)}</div>\n</section>'
        )
    if source.slowest:
        yield f'<section>\n<h2>Slowest tasks</h2>\n<div class="card">{_slowest_table(source)}</div>\n</section>'
    if source.jobs:
        yield f'<section>\n<h2>Jobs</h2>\n<div class="card">{_jobs_table(source)}</div>\n</section>'
    problems = [problem for problem in source.recording.problems if problem not in source.notes]
    remarks = [f"<li>{escaped(note)}</li>" for note in (*source.notes, *problems)]
    if remarks:
        yield f'<section>\n<h2>Notes</h2>\n<ul class="notes">{"".join(remarks)}</ul>\n</section>'
    yield f"</main>\n<footer>{_footer(source)}</footer>"


def _facts(source: Source) -> str:
    meta = source.recording.meta
    if meta is None:
        return ""
    facts: list[tuple[str, str]] = []
    if meta.command:
        facts.append(("Command", f"<code>{escaped(' '.join(meta.command))}</code>"))
    if meta.directory:
        facts.append(("Directory", f"<code>{escaped(meta.directory)}</code>"))
    if meta.workload:
        given = ", ".join(f"{name} = {value}" for name, value in meta.parameters.items())
        facts.append(("Workload", f"<code>{escaped(f'{meta.workload} {given}'.strip())}</code>"))
    if meta.lane:
        facts.append(("Lane", f"<code>{escaped(meta.lane)}</code>"))
    place = machine_in_words(meta.machine)
    if place:
        facts.append(("Machine", escaped(place)))
    if meta.begun_epoch_ns > 0:
        facts.append(
            ("Begun", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(meta.begun_epoch_ns // 1_000_000_000)))
        )
    return f"<dl>{''.join(f'<dt>{name}</dt><dd>{text}</dd>' for name, text in facts)}</dl>"


def _legend(source: Source) -> str:
    """Explain the states that occur, as far as the ledgers know; all of them without ledgers."""
    used = [part for part in PARTS if any(getattr(ledger, f"{part}_ns") for ledger in source.ledgers)] or PARTS
    items = [f'<li title="{escaped(MEANINGS[part])}">{swatch(part)}{part}</li>' for part in used]
    if any(track.chunks_failed for track in source.view.tracks):
        items.append(f"<li>{mark('failed', 'M2 0h10l-5 10z')}failed task</li>")
    if any(track.has_bad_end for track in source.view.tracks):
        items.append(f"<li>{mark('cross', 'M2 2l10 10m0 -10l-10 10')}bad end</li>")
    if any(track.is_worker for track in source.view.tracks):
        items.append(f"<li>{mark('stall', 'M0 0h14v14h-14z')}no worker had work</li>")
    return f'<ul class="legend">{"".join(items)}</ul>'


def _uses(source: Source) -> str:
    used = [use for use in USES if any(getattr(core, use) >= 1 for sample in source.cores for core in sample.cores)]
    items = [f"<li>{mark(use, 'M0 0h14v14h-14z')}{use}</li>" for use in used]
    return f'<ul class="legend">{"".join(items)}</ul>'


def _ledger_table(source: Source) -> str:
    shown = source.ledgers[:_MOST_ROWS]
    workers = [ledger for ledger in source.ledgers if ledger.role == "worker"]
    sums = [sum_of(workers, "all workers")] if len(workers) > 1 else []
    every = [*shown, *sums]
    parts = [part for part in PARTS if any(getattr(ledger, f"{part}_ns") for ledger in every)]
    head = ["process", "pid", "wall", *parts, "CPU", "tasks", "in", "out"]
    rows = [_ledger_row(ledger, parts) for ledger in every]
    head, rows = _without_empty_columns(head, rows)
    text = table(head, rows, sums=len(sums))
    left = len(source.ledgers) - len(shown)
    return text + (f'<p class="muted">{left:,} more processes.</p>' if left else "")


def _owners_table(source: Source) -> str:
    """Show what processes did as the owners of pools; "" if none was."""
    rows = [
        [
            escaped(ledger.label),
            figures.duration(ledger.pickling_ns),
            figures.size(ledger.sent_bytes),
            figures.duration(ledger.unpickling_ns),
            figures.size(ledger.received_bytes),
        ]
        for ledger in source.ledgers
        if ledger.sent_bytes or ledger.received_bytes
    ]
    if not rows:
        return ""
    about = '<p class="muted">What owners of pools did in threads of their own, beside the parts above:</p>'
    return about + table(
        ["process", "pickled tasks for", "sent", "unpickled results for", "received"], rows[:_MOST_ROWS]
    )


def _ledger_row(ledger: ProcessLedger, parts: Iterable[str]) -> list[str]:
    times = [getattr(ledger, f"{part}_ns") for part in parts]
    cells = [escaped(ledger.label), str(ledger.pid) if ledger.pid else "", figures.duration(ledger.wall_ns)]
    cells += [figures.duration(spent) if spent else "0" for spent in times]
    cells.append("" if ledger.computing_cpu_ns is None else figures.duration(ledger.computing_cpu_ns))
    cells.append(figures.count(ledger.items) if ledger.items else "")
    return cells + [figures.size(size) if size else "" for size in (ledger.bytes_in, ledger.bytes_out)]


def _without_empty_columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[list[str], list[list[str]]]:
    kept = [index for index in range(len(head)) if any(row[index] for row in rows)]
    return [head[index] for index in kept], [[row[index] for index in kept] for row in rows]


def _slowest_table(source: Source) -> str:
    rows = [
        [
            f'<span class="mono">{escaped(call_in_words(task))}</span>',
            figures.duration(task.end_ns - task.begin_ns),
            "" if task.cpu_ns is None else figures.duration(task.cpu_ns),
            escaped(task.label),
            figures.duration(max(0, task.begin_ns - source.origin_ns)),
            figures.size(task.bytes_in),
            figures.size(task.bytes_out),
        ]
        for task in source.slowest
    ]
    return table(["task", "computed", "CPU", "worker", "begun at", "in", "out"], rows, is_wide=True)


def _jobs_table(source: Source) -> str:
    largest = sorted(source.jobs, key=lambda job: -job.items_done)[:_MOST_JOBS]
    rows = [
        [
            f'<span class="mono">{escaped(job.function or "unknown")}</span>',
            escaped(job.pool),
            figures.count(job.items_done),
            figures.count(job.chunks_done),
            figures.count(job.chunksize) if job.chunksize else "",
            figures.count(job.chunks_failed) if job.chunks_failed else "",
            figures.duration(max(0, job.submitted_ns - source.origin_ns)),
            figures.duration(max(0, job.last_ns - job.submitted_ns)) if job.last_ns else "",
        ]
        for job in sorted(largest, key=lambda job: job.submitted_ns)
    ]
    head = ["function", "pool", "tasks done", "chunks done", "chunk size", "failed", "submitted at", "took"]
    text = table(head, rows, is_wide=True)
    left = len(source.jobs) - len(rows)
    return text + (f'<p class="muted">{left:,} smaller jobs.</p>' if left > 0 else "")


def _footer(source: Source) -> str:
    meta = source.recording.meta
    if meta is None:
        return "Made by Poolscope."
    return f"Recording {escaped(meta.identity)}, made by Poolscope {escaped(meta.poolscope)}."
