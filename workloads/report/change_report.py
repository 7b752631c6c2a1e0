"""Two comparisons beside each other, and the list of those that are kept: for people and for programs.

The object of ``poolscope compare --json``, schema 1; every key is always there, times are seconds, null stands for what
is not known::

    schema       1
    first        {name, identity, begun, workload, parameters}    name is what it was called on the command line
    second       likewise
    differences  [{what, first, second}]                          what is not the same in both
    lanes        [{label, first {runs, median_s, state}, second {...}, ratio, interval, answer, same_result}]
    only_first   [label]      lanes that the second one does not have
    only_second  [label]
    slower       [label]      by more than --fail-if-slower allows; null without it

``ratio`` is how many times as fast the second one is as the first, of their medians: above 1 is faster. ``interval``
has its lowest and its highest value, with a confidence of 95 %, null with too few runs. ``answer`` is "faster",
"slower", "no difference shown" where the interval spans 1, or "not enough runs".
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..analysis.difference import MEMORY, Change, Difference, Judgement, LanePair
from ..analysis.statistics import FEWEST_RUNS
from ..text import clean, shorten_middle
from . import figures
from .grid import Block, Grid

if TYPE_CHECKING:
    from ..history.past import Past
    from ..model import LaneState, ParameterValue

SCHEMA = 1
_MINUTES = len("2026-11-22 21:03")
_MANY = 3.0
"""From so many times the time on, a factor says more than a percentage."""


def change_blocks(change: Change, names: tuple[str, str]) -> list[Block]:
    """Write two comparisons beside each other: which ones, what differs, and then the lanes.

    Args:
        change: The two.
        names: What they were called.
    """
    blocks: list[Block] = [
        Grid(("", "", ""), (_about("first", change.first, names[0]), _about("second", change.second, names[1])))
    ]
    if change.differences:
        blocks.append(Grid(("what differs", "first", "second"), tuple(map(difference_in_words, change.differences))))
    else:
        blocks.append("Nothing else differs between the two but when they were made.")
    if change.lanes:
        heads = ("lane", "first", "second", "runs", "ratio", "95 % interval", "the second is", "results")
        blocks.append(Grid(heads, tuple(map(_lane, change.lanes)), frozenset({1, 2, 4}), frozenset({3})))
    lines = [sentence_of(pair) for pair in change.lanes]
    lines += [f"{lane.label} is only in the first." for lane in change.only_first]
    lines += [f"{lane.label} is only in the second." for lane in change.only_second]
    blocks.append("\n".join(lines) if lines else "There is no lane in either of them.")
    return blocks


def change_object(change: Change, names: tuple[str, str], judgement: Judgement | None) -> dict[str, Any]:
    """Describe two comparisons beside each other as this module says."""
    return {
        "schema": SCHEMA,
        "first": _side(change.first, names[0]),
        "second": _side(change.second, names[1]),
        "differences": [
            {"what": each.what, "first": _plain(each.first), "second": _plain(each.second)}
            for each in change.differences
        ],
        "lanes": [_pair_object(pair) for pair in change.lanes],
        "only_first": [lane.label for lane in change.only_first],
        "only_second": [lane.label for lane in change.only_second],
        "slower": None if judgement is None else [pair.label for pair in judgement.slower],
    }


def sentence_of(pair: LanePair, than: str = "the first") -> str:
    """Say how a lane changed, in one sentence.

    Args:
        pair: The lane in both comparisons.
        than: What the first one is called.
    """
    ratio = pair.ratio
    if pair.has_failed:
        return f"{pair.label} fails, and did not in {than}: {(pair.second.error or 'no reason is known').rstrip('.')}."
    if ratio is None:
        return f"{pair.label} has no times in both."
    if ratio.interval is None:
        runs = f"{len(pair.first.times_ns)} and {len(pair.second.times_ns)}"
        few = f"has too few runs to tell ({runs})"
        return f"{pair.label} {few}: {FEWEST_RUNS} of each are needed, as with -r {FEWEST_RUNS}."
    between = f"{_between(ratio.interval.low, ratio.interval.high)} times as fast, with 95 % confidence"
    if ratio.answer == "no difference shown":
        return f"{pair.label}: no difference to {than} is shown ({between})."
    return f"{pair.label} is {ratio.answer} than in {than}, {_change(1 / ratio.value)} ({between})."


def _change(share: float) -> str:
    """Say how the time changed, SHARE being what it takes now of what it took."""
    if share < 1:
        return f"{_percent(1 - share)} less time"
    return f"{_percent(share - 1)} more time" if share < _MANY else f"{figures.three_digits(share)} times the time"


def differences_in_words(differences: Sequence[Difference]) -> str:
    """Name what differs between two comparisons: ``Python is CPython 3.13.0 and was CPython 3.12.1``."""
    return "; ".join(
        f"{what} is {second} and was {first}" for what, first, second in map(difference_in_words, differences)
    )


def list_grid(pasts: Sequence[Past]) -> Grid:
    """Write a list of comparisons, a row each."""
    heads = ("id", "workload", "answer", "fastest", "lanes", "runs", "began", "Python", "machine")
    rows = [
        (
            past.origin.identity,
            what_of(past),
            answer_of(past),
            _fastest(past),
            figures.count(len(past.lanes)),
            figures.count(max((len(lane.times_ns) for lane in past.lanes), default=0)),
            local_time(past.origin.begun_epoch_ns)[:_MINUTES],
            past.machine.python,
            past.machine.hostname,
        )
        for past in pasts
    ]
    return Grid(heads, tuple(rows), right=frozenset({4, 5}), whole=frozenset({0, 6}), spare=3)


def what_of(past: Past) -> str:
    """Name a comparison's workload and its parameters: ``sqrt N=1,000``."""
    return " ".join([past.name, *(f"{name}={_shown(value)}" for name, value in past.parameters.items())])


def answer_of(past: Past) -> str:
    """Say what came of a comparison."""
    if past.state.is_cancelled:
        return "cancelled"
    return past.state.verdict.answer if past.state.verdict is not None else "unknown"


def local_time(epoch_ns: int) -> str:
    """Write a moment in the time of this machine; "" where it is not known."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(epoch_ns // 1_000_000_000)) if epoch_ns else ""
    except (OverflowError, ValueError, OSError):  # a damaged file may say anything
        return ""


def _fastest(past: Past) -> str:
    key = past.state.verdict.fastest if past.state.verdict is not None else None
    return next((lane.label for lane in past.lanes if lane.key == key), "")


def _about(which: str, past: Past, name: str) -> tuple[str, str, str]:
    shown = shorten_middle(clean(name, 1_000), 50)
    if past.origin.identity and name != past.origin.identity:
        shown = f"{shown} ({past.origin.identity})"
    moment = local_time(past.origin.begun_epoch_ns)
    return which, shown, f"{what_of(past)}{f', {moment}' if moment else ''}"


def difference_in_words(difference: Difference) -> tuple[str, str, str]:
    """Say what differs, what it is in the first, and in the second."""
    if difference.what == MEMORY:
        first, second = (
            figures.size(value) if isinstance(value, int) and value else "unknown"
            for value in (difference.first, difference.second)
        )
        return difference.what, first, second
    missing = "none" if difference.what.startswith("parameter ") else "unknown"
    return difference.what, _shown(difference.first, missing), _shown(difference.second, missing)


def _shown(value: ParameterValue | None, missing: str = "unknown") -> str:
    if value is None or value == "":
        return missing
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    if isinstance(value, float):
        return figures.cpus(value)
    return figures.count(value) if isinstance(value, int) else clean(value, 200)


def _lane(pair: LanePair) -> tuple[str, ...]:
    ratio = pair.ratio
    runs = f"{len(pair.first.times_ns)}, {len(pair.second.times_ns)}"
    same = {True: "same", False: "different", None: "not compared"}[pair.same_result]
    if ratio is None:
        return pair.label, _median(pair.first), _median(pair.second), runs, "", "", "", same
    interval = "" if ratio.interval is None else _between(ratio.interval.low, ratio.interval.high)
    return (
        pair.label,
        _median(pair.first),
        _median(pair.second),
        runs,
        figures.factor(ratio.value),
        interval,
        ratio.answer,
        same,
    )


def _median(lane: LaneState) -> str:
    return lane.state if lane.median_ns is None else figures.duration(lane.median_ns)


def _between(low: float, high: float) -> str:
    return f"{figures.factor(low)} to {figures.factor(high)}"


def _percent(share: float) -> str:
    return f"{figures.three_digits(share * 100)} %"


def _side(past: Past, name: str) -> dict[str, Any]:
    from .result_json import begun_text

    return {
        "name": clean(name, 1_000),
        "identity": past.origin.identity or None,
        "begun": begun_text(past.origin.begun_epoch_ns),
        "workload": past.name,
        "parameters": {parameter: _plain(value) for parameter, value in past.parameters.items()},
    }


def _plain(value: ParameterValue | None) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _pair_object(pair: LanePair) -> dict[str, Any]:
    ratio = pair.ratio
    return {
        "label": pair.label,
        "first": _times_object(pair.first),
        "second": _times_object(pair.second),
        "ratio": None if ratio is None else ratio.value,
        "interval": None if ratio is None or ratio.interval is None else list(ratio.interval),
        "answer": "not enough runs" if ratio is None else ratio.answer,
        "same_result": pair.same_result,
    }


def _times_object(lane: LaneState) -> dict[str, Any]:
    median = lane.median_ns
    return {
        "runs": len(lane.times_ns),
        "median_s": None if median is None else median / 1e9,
        "state": lane.state,
    }
