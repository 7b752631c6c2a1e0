"""What two comparisons have in common, what differs, and whether a lane became faster: pure functions of both.

The two were made at different times, and perhaps on different machines, so their runs never took turns: ratios here
have no pairs of runs, and what differs between the two belongs to whatever is said about them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from .statistics import FEWEST_RUNS, Ratio, ratio_of

if TYPE_CHECKING:
    from ..history.past import Past
    from ..model import LaneState, ParameterValue

MEMORY = "memory"
"""The one difference that counts in bytes."""


class Difference(NamedTuple):
    """Something that is not the same in both."""

    what: str
    """Such as ``Python``, ``parameter N`` or ``lane pool``."""
    first: ParameterValue | None
    """None where the first one has no such thing, or does not say."""
    second: ParameterValue | None


class LanePair(NamedTuple):
    """A lane that both comparisons have."""

    label: str
    """As it was asked for."""
    first: LaneState
    second: LaneState
    ratio: Ratio | None
    """How many times as fast the second is as the first; None where one of them has no run that succeeded."""
    same_result: bool | None
    """Whether both came to the same results; None where nobody can tell."""

    @property
    def has_failed(self) -> bool:
        """Whether it works in the first comparison and not in the second."""
        return bool(self.first.times_ns) and self.second.state == "failed"


class Change(NamedTuple):
    """Two comparisons beside each other."""

    first: Past
    second: Past
    differences: tuple[Difference, ...]
    lanes: tuple[LanePair, ...]
    only_first: tuple[LaneState, ...]
    """Lanes that the second one does not have."""
    only_second: tuple[LaneState, ...]


class Judgement(NamedTuple):
    """Which lanes of the second comparison are slower by more than a share."""

    slower: tuple[LanePair, ...]
    """Those of which that is shown, and those that fail now."""
    undecided: tuple[LanePair, ...]
    """Those that have too few runs."""


def compare(first: Past, second: Past) -> Change:
    """Put two comparisons beside each other."""
    pairs, rest = [], list(second.lanes)
    only_first = []
    for lane in first.lanes:
        # The same words mean the same lane, even where defaults come to something else on another machine.
        other = next((each for each in rest if each.label == lane.label), None)
        other = other or next((each for each in rest if each.lane.label == lane.lane.label), None)
        if other is None:
            only_first.append(lane)
        else:
            rest.remove(other)
            pairs.append(_pair(lane, other))
    return Change(
        first, second, tuple(_differences(first, second, pairs)), tuple(pairs), tuple(only_first), tuple(rest)
    )


def judge_slower(change: Change, share: float) -> Judgement:
    """Find the lanes that are slower in the second comparison.

    Args:
        change: The two.
        share: By how much more time a lane may take: 0.05 is 5 %. Less than that is not slower, nor is what may be
            chance: where the interval of the ratio spans 1.
    """
    slower, undecided = [], []
    for pair in change.lanes:
        if pair.has_failed:
            slower.append(pair)
        elif pair.ratio is None or pair.ratio.interval is None:
            undecided += [pair] if pair.first.times_ns else []
        elif pair.ratio.answer == "slower" and 1 / pair.ratio.value > 1 + share:
            slower.append(pair)
    return Judgement(tuple(slower), tuple(undecided))


def has_enough_runs(past: Past) -> bool:
    """Whether every lane that ran has runs enough for its ratio to another one's to have an interval."""
    return all(len(lane.times_ns) >= FEWEST_RUNS for lane in past.lanes if lane.state != "skipped")


def _pair(first: LaneState, second: LaneState) -> LanePair:
    times, others = first.times_ns, second.times_ns
    ratio = ratio_of(times, others, in_turns=False) if times and others else None
    return LanePair(first.label, first, second, ratio, _same_result(first, second))


def _same_result(first: LaneState, second: LaneState) -> bool | None:
    # Digests are over results in the order in which they came: another order is no other result.
    if not (first.lane.is_ordered and second.lane.is_ordered):
        return None
    digests, others = _digests(first), _digests(second)
    return digests == others if len(digests) == len(others) == 1 else None


def _digests(lane: LaneState) -> set[str]:
    return {result.digest for result in lane.results if result.ok and result.digest is not None}


def _differences(first: Past, second: Past, pairs: Sequence[LanePair]) -> Iterator[Difference]:
    """What is not the same, the most telling first."""
    codes = (first.origin.code, second.origin.code) if first.name == second.name else (None, None)
    one, other = first.machine, second.machine
    values: list[tuple[str, ParameterValue | None, ParameterValue | None]] = [
        ("workload", first.name, second.name),
        *(
            (f"parameter {name}", first.parameters.get(name), second.parameters.get(name))
            for name in {**first.parameters, **second.parameters}
        ),
        *((("tasks", _tasks(first), _tasks(second)),) if first.parameters == second.parameters else ()),
        # One that is not known is not another one.
        ("code", *codes) if all(codes) else ("code", None, None),
        ("machine", one.hostname, other.hostname),
        ("processor", one.cpu_model, other.cpu_model),
        ("CPUs", one.budget.cpus, other.budget.cpus),
        (MEMORY, one.memory_bytes, other.memory_bytes),
        ("system", one.system, other.system),
        ("Python", f"{one.implementation} {one.python}", f"{other.implementation} {other.python}"),
        ("start method", one.default_start_method, other.default_start_method),
        ("Poolscope", first.origin.poolscope or None, second.origin.poolscope or None),
        *((f"lane {pair.label}", pair.first.lane.label, pair.second.lane.label) for pair in pairs),
    ]
    yield from (Difference(*value) for value in values if value[1] != value[2])


def _tasks(past: Past) -> int | None:
    """How many tasks a run has: of a function of one's own, no parameter says so."""
    return next((lane.tasks for lane in past.lanes if lane.tasks), None)
