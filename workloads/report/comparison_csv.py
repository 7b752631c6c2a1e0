"""A comparison as comma-separated values, a row a run, with the units in the names of the columns.

Times are seconds. A cell is empty where nothing is known; a lane without a run has one row. Texts are quoted as RFC
4180 says, and one that a spreadsheet would take for a formula gets an apostrophe before it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..model import PHASES
from ..recording.exports.rows import csv_line
from .result_json import begun_text

if TYPE_CHECKING:
    from ..history.past import Past
    from ..model import LaneState

_COLUMNS = (
    "comparison", "begun", "workload", "parameters", "hostname", "python", "key", "lane", "engine", "workers",
    "start_method", "chunksize", "flavour", "maxtasks", "blas", "warm", "state", "run", "ok", "elapsed_s", "tasks",
    "failed", "digest", *(f"{phase}_s" for phase in PHASES), "error",
)  # fmt: skip
_SETTINGS = ("engine", "workers", "start_method", "chunksize", "flavour", "maxtasks", "blas")


def comparison_csv(past: Past) -> str:
    """Write the table."""
    return b"".join(map(csv_line, _rows(past))).decode()


def _rows(past: Past) -> Iterator[tuple[Any, ...]]:
    yield _COLUMNS
    origin, machine = past.origin, past.machine
    # A tuple is a list in JSON.
    about = (origin.identity, begun_text(origin.begun_epoch_ns), past.name, json.dumps(dict(past.parameters)))
    for lane in past.lanes:
        settings = [getattr(lane.lane, name) for name in _SETTINGS]
        warm = "yes" if lane.lane.warm else "no"
        first = (*about, machine.hostname, machine.python, lane.key, lane.label, *settings, warm, lane.state)
        for rest in _runs(lane):
            yield (*first, *rest)


def _runs(lane: LaneState) -> Iterator[tuple[Any, ...]]:
    for number, result in enumerate(lane.results):
        ledger = lane.ledgers[number] if number < len(lane.ledgers) else None
        phases = [None] * len(PHASES) if ledger is None else [_seconds(each) for each in ledger.phases().values()]
        ok = "yes" if result.ok else "no"
        figures = (ok, _seconds(result.elapsed_ns), result.tasks, result.failed, result.digest)
        yield (number + 1, *figures, *phases, result.error)
    if not lane.results:
        yield (*[None] * (6 + len(PHASES)), lane.error)


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e9:.9f}"
