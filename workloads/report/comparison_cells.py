"""What reports of a comparison for people have in common: facts, and a row a lane, as text that is not escaped yet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from ..analysis.statistics import Ratio, spread_of
from ..analysis.verdict import ratio_between
from ..model import PHASES
from . import figures
from .table import lane_in_words, outcome_of, place_in_words, title

if TYPE_CHECKING:
    from ..history.past import Past
    from ..model import LaneState, Ledger


class Against(NamedTuple):
    """A lane beside the first one."""

    lane: LaneState
    ratio: Ratio | None
    """How many times as fast it is; None for the first lane itself, and where one of the two has no time."""


def heading(past: Past) -> str:
    """Name what was run."""
    return title(past, past.parameters)


def facts(past: Past) -> list[tuple[str, str]]:
    """Say where, when and by what it was run: what each fact is, and the fact."""
    origin, machine = past.origin, past.machine
    found = [("Machine", f"{place_in_words(machine)}, {machine.cpu_model}".rstrip(" ,"))]
    found += [("Host", machine.hostname)] if machine.hostname else []
    if origin.begun_epoch_ns:
        found.append(("Begun", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(origin.begun_epoch_ns // 10**9))))
    found += [("Comparison", origin.identity)] if origin.identity else []
    found += [("Code", origin.code)] if origin.code else []
    found += [("Poolscope", origin.poolscope)] if origin.poolscope else []
    return found


def beside_the_first(past: Past) -> list[Against]:
    """Put each lane beside the first one that was not skipped."""
    first = next((lane for lane in past.lanes if lane.state != "skipped"), None)
    return [
        Against(lane, None if first is None or lane is first else ratio_between(lane, first)) for lane in past.lanes
    ]


LANE_HEADS = ("", "lane", "runs", "median", "middle half", "against {}", "95 % interval", "which is", "result")
LANE_TEXTS = (0, 1, 7, 8)
"""Columns of those that are text, not figures."""


def lane_cells(past: Past) -> tuple[list[str], list[list[str]]]:
    """Write a row a lane, under heads."""
    index = next((number for number, lane in enumerate(past.lanes) if lane.state != "skipped"), 0)
    key = past.lanes[index].key if past.lanes else "A"
    rows = []
    for number, (lane, ratio) in enumerate(beside_the_first(past)):
        row = [lane.key, lane_in_words(lane.lane), figures.count(len(lane.times_ns))]
        row += _times(lane)
        row += ["", "", ""] if ratio is None else _ratio(ratio)
        rows.append([*row, outcome_of(lane, number, index)])
    return [head.format(key) for head in LANE_HEADS], rows


def _times(lane: LaneState) -> list[str]:
    if not lane.times_ns:
        return ["-", ""]
    spread = spread_of(lane.times_ns)
    if spread.count == 1:
        return [figures.duration(spread.median), ""]
    return [figures.duration(spread.median), f"{figures.duration(spread.lower)} to {figures.duration(spread.upper)}"]


def _ratio(ratio: Ratio) -> list[str]:
    where = "" if ratio.interval is None else figures.interval(*ratio.interval)
    return [f"{figures.factor(ratio.value)}×", where, ratio.answer]


def ledger_of(lane: LaneState) -> Ledger | None:
    """The ledger of a lane's last run; None if none was kept."""
    ledger = lane.ledgers[-1] if lane.ledgers else lane.ledger
    return ledger if ledger.total_ns > 0 else None


def ledger_cells(past: Past) -> tuple[list[str], list[list[str]]]:
    """Write where the time of each lane's last run went, a row a lane, under heads."""
    ledgers = [(lane.key, ledger) for lane in past.lanes if (ledger := ledger_of(lane)) is not None]
    rows = [
        [key, *(figures.duration(spent) if spent else "0" for spent in ledger.phases().values())]
        for key, ledger in ledgers
    ]
    return ["", *PHASES], rows


def remarks(past: Past) -> list[str]:
    """Say what a person should know besides: failures, differences, notes, warnings; a sentence each."""
    found = [f"{lane.key}: {lane.error}" for lane in past.lanes if lane.error]
    found += [f"{lane.key}: {lane.difference}" for lane in past.lanes if lane.difference]
    found += past.state.notes
    return found + [f"{warning.sentence} {warning.advice}" for warning in past.state.warnings]
