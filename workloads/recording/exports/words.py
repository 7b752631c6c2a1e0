"""What a recording is, in a few sentences that the reports for people share. Untrusted texts are plain text here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...report import figures

if TYPE_CHECKING:
    from .source import Source

MOST_FAILURES = 20


def outcome_in_words(source: Source) -> str:
    """Say how the run ended and how long it took."""
    took = figures.duration(source.length_ns)
    end = source.recording.end
    if end is None and source.view.is_live and any(track.ended_ns is None for track in source.view.tracks):
        return f"It goes on; so far it took {took}."
    if end is None:
        return f"How it ended is not recorded; what is recorded took {took}."
    if end.state == "cancelled":
        return f"Cancelled after {took}."
    status = "" if end.status is None else f": {figures.exit_status(end.status)}"
    return f"{'Failed' if end.state == 'failed' else 'Done'} after {took}{status}."


def elapsed_in_words(source: Source) -> str:
    """Say how much was done, by how many."""
    workers = sum(track.is_worker for track in source.view.tracks)
    others = len(source.view.tracks) - workers
    who = [_number(workers, "worker", "workers")] if workers else []
    who += [_number(others, "other process" if workers else "process", "other processes" if workers else "processes")]
    tasks = _number(source.tasks_done, "task", "tasks")
    chunks = sum(track.chunks_done for track in source.view.tracks)
    of = f" in {_number(chunks, 'chunk', 'chunks')}" if chunks != source.tasks_done else ""
    return f"{tasks}{of} by {' and '.join(who)}." if source.tasks_done else f"{' and '.join(who).capitalize()}."


def pools_in_words(source: Source) -> list[str]:
    """Name the pools and what was called through each, a line each."""
    calls: dict[str, Counter[str]] = {}
    for job in source.jobs:
        calls.setdefault(job.pool or "Pool", Counter())[job.function or "unknown function"] += job.items_done
    found = []
    for pool, functions in list(calls.items())[:10]:
        named = [f"{name} ({_number(done, 'task', 'tasks')})" for name, done in functions.most_common(5)]
        found.append(f"{pool}: {', '.join(named)}")
    return found


def failures_in_words(source: Source) -> list[tuple[str, str]]:
    """Say what failed: who, and how; of very much, the first ones."""
    found = []
    for track in source.view.tracks:
        name = f" {track.name}" if track.name not in ("", track.label) else ""
        who = f"{track.label}{name} (pid {track.pid})"
        if track.has_bad_end and track.exit_status:
            by = f"by {figures.exit_status(track.exit_status)}" if track.exit_status < 0 else ""
            found.append((who, f"was ended {by}." if by else f"ended with {figures.exit_status(track.exit_status)}."))
        if track.chunks_failed:
            found.append((who, f"had {_number(track.chunks_failed, 'chunk', 'chunks')} that raised an exception."))
    left = len(found) - MOST_FAILURES
    return [*found[:MOST_FAILURES], (f"{left:,} more", "like these.")] if left > 0 else found


def machine_in_words(machine: Mapping[str, Any]) -> str:
    """Describe the machine in a line; what is missing or of another kind is left out."""
    parts = [_text(machine.get("system")), " ".join(filter(None, map(_text, _python(machine)))), _cpus(machine)]
    model = _text(machine.get("cpu_model"))
    return ", ".join(part for part in (*parts, model) if part)


def _python(machine: Mapping[str, Any]) -> tuple[Any, Any]:
    return machine.get("implementation"), machine.get("python")


def _cpus(machine: Mapping[str, Any]) -> str:
    cpus = machine.get("cpus")
    budget = cpus.get("budget") if isinstance(cpus, dict) else None
    online = cpus.get("online") if isinstance(cpus, dict) else None
    if not isinstance(budget, int | float) or isinstance(budget, bool):
        return ""
    of = f" of {online}" if isinstance(online, int) and online > budget else ""
    return f"{figures.cpus(budget)} {'CPU' if budget == 1 else 'CPUs'}{of}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
