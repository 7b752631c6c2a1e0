"""Comparisons of the past as cells of a table. Pure functions of what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolscope.tui.glyphs import Glyphs
from poolscope.tui.widgets.table import Cell, Column
from poolscope.workloads.report import figures
from poolscope.workloads.report.change_report import local_time

if TYPE_CHECKING:
    from poolscope.workloads.history.past import Past
    from poolscope.workloads.model import LaneState

COLUMNS = (
    Column("tag", ""),
    Column("began", "began"),
    Column("workload", "workload"),
    Column("parameters", "with"),
    Column("answer", "answer"),
    Column("took", "fastest", "right"),
    Column("runs", "runs", "right"),
    Column("lanes", "lanes", "right"),
    Column("machine", "machine"),
    Column("python", "Python"),
)
LAYOUTS = (
    {"tag": 1, "began": 16, "workload": 18, "parameters": -24, "answer": 26, "took": 8, "runs": 4, "lanes": 5,
     "machine": 16, "python": 7},
    {"tag": 1, "began": 16, "workload": 18, "parameters": -16, "answer": 26, "took": 8, "runs": 4, "lanes": 5,
     "python": 7},
    {"tag": 1, "began": 11, "workload": 14, "parameters": -15, "answer": 20, "took": 8},
    {"tag": 1, "began": 11, "workload": -12, "answer": 18, "took": 8},
)  # fmt: skip
"""Widths of the columns, the richest first."""


def cells_of(past: Past, tag: str, glyphs: Glyphs) -> dict[str, Cell]:
    """Write one comparison; TAG is its sign, or "" where it is not tagged."""
    fastest = min((lane for lane in past.lanes if lane.median_ns), key=_median, default=None)
    began = local_time(past.origin.begun_epoch_ns)
    verdict = past.state.verdict
    runs = sorted({lane.runs_done for lane in past.lanes})
    took = figures.duration(fastest.median_ns or 0) if fastest else ""
    return {
        "tag": Cell(tag, "text-accent"),
        "began": Cell(began[:16], "", began[5:16]),
        "workload": Cell(past.name),
        "parameters": Cell(with_text(past, glyphs), "text-muted"),
        "answer": Cell(answer_of(past), _ROLES.get(verdict.answer if verdict else "unknown", "text-muted")),
        "took": Cell(took.translate(glyphs.spelling)),
        "runs": Cell("" if not runs else f"{runs[0]}" if len(runs) == 1 else f"{runs[0]}-{runs[-1]}", "text-muted"),
        "lanes": Cell(f"{len(past.lanes)}", "text-muted"),
        "machine": Cell(past.machine.hostname, "text-muted"),
        "python": Cell(past.machine.python, "text-muted"),
    }


_ROLES = {"parallel pays": "text-success", "serial wins": "text-warning", "no difference": "text-primary"}


def with_text(past: Past, glyphs: Glyphs) -> str:
    """Its parameters: ``N = 5,000,000``."""
    parts = [f"{name} = {_value(value)}" for name, value in past.parameters.items()]
    return f" {glyphs.separator} ".join(parts)


def _value(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def answer_of(past: Past) -> str:
    """The answer in a few words: ``B 1.7 times faster``."""
    lanes = [lane for lane in past.lanes if lane.median_ns]
    answer = past.state.verdict.answer if past.state.verdict is not None else "unknown"
    if past.state.is_cancelled:
        return "cancelled"
    if answer not in ("parallel pays", "serial wins") or len(lanes) < 2:
        return answer if past.lanes[1:] else "nothing to compare"
    first, best = lanes[0], min(lanes[1:], key=_median)
    return f"{best.key} {figures.ratio_in_words(_median(first) / _median(best))}"


def _median(lane: LaneState) -> int:
    return lane.median_ns or 0
