"""The verdict of a comparison: what a person would say who had seen all the figures.

`judge` compares medians. Whether a difference is more than noise is decided by the interval of the ratio, where there
are enough runs for one: no difference is shown where it spans 1. With fewer runs that is said, and what can be said
all the same: no difference is shown where the ranges of the runs overlap, or where one run each differs by less than
5 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from ..model import PHASES, LaneState, Ledger, Verdict
from ..report import figures
from .statistics import FEWEST_RUNS, Ratio, ratio_of

HOW_TO_REPEAT = "repeat with -r 5, or -r auto"
HOW_TO_REPEAT_LONGER = f"{HOW_TO_REPEAT} with a longer --time-budget"
"""Where there were repeats, but too few: as many as were asked for, or as -r auto had time for."""
REPEAT = f"One run each is not enough for an interval: {HOW_TO_REPEAT}."

_Answer = Literal["parallel pays", "serial wins", "no difference", "unknown"]

_NOISE = 1.05
"""Ratio below which two single runs are not told apart."""
_NOTABLE = 0.005
"""Share of a lane's time that is worth a sentence."""
_NEARLY_ALL = 0.9
"""Share of the serial time from which threads have not helped."""
_SPENT_ON = {
    "starting": "starting workers",
    "sending": "sending arguments to the workers",
    "returning": "shipping results back",
    "waiting": "workers that had nothing to do",
    "stopping": "stopping workers",
}


def judge(lanes: Sequence[LaneState]) -> Verdict:
    """Answer which lane is faster, by how much, and why.

    Args:
        lanes: At the end of a comparison; the first one is the reference.
    """
    usable = [lane for lane in lanes if lane.median_ns and lane.same_result is not False and lane.state != "failed"]
    troubles = _troubles(lanes)
    fastest = min(usable, key=_median, default=None)
    if fastest is None:
        nothing = "No lane came to its end, so there is nothing to compare."
        return Verdict("unknown", None, (*troubles, nothing))
    if len(usable) == 1:
        alone = f"{fastest.key} took {figures.duration(_median(fastest))}; there is nothing to compare it with."
        return Verdict("unknown", fastest.key, (*troubles, alone))
    reason = explain(usable)
    said = [*troubles, _comparison(usable), *([reason] if reason else [])]
    repeat = _not_enough(usable)
    said += [repeat] if repeat else []
    gain = speedup(usable)
    value, interval = (gain.value, gain.interval) if gain is not None else (None, None)
    return Verdict(_answer(usable), fastest.key, tuple(said), value, interval)


def ratio_between(lane: LaneState, reference: LaneState) -> Ratio | None:
    """How many times as fast LANE is as the REFERENCE; None if one of the two has no run that succeeded."""
    if not lane.times_ns or not reference.times_ns:
        return None
    return ratio_of(reference.times_ns, lane.times_ns)


def speedup(lanes: Sequence[LaneState]) -> Ratio | None:
    """How many times as fast the fastest parallel lane is as the fastest serial one, or the first if none is serial.

    Args:
        lanes: Those that gave a result; the first one is the reference.

    Returns:
        None where there are no two such lanes.
    """
    serial = [lane for lane in lanes if lane.lane.engine == "serial"]
    reference = min(serial, key=_median) if serial else next(iter(lanes), None)
    parallel = [lane for lane in lanes if lane.lane.engine != "serial" and lane is not reference]
    if reference is None or not parallel:
        return None
    return ratio_between(min(parallel, key=_median), reference)


def explain(lanes: Sequence[LaneState]) -> str | None:
    """Say why the slower lane is slower, or how near the faster one is to the ideal, as far as the ledgers tell.

    Args:
        lanes: Those that gave a result; the first one is the reference.

    Returns:
        One sentence, or None where the ledgers say nothing.
    """
    parallel = [lane for lane in lanes if lane.lane.engine != "serial"]
    serial = [lane for lane in lanes if lane.lane.engine == "serial" and lane.median_ns]
    parallel = [lane for lane in parallel if lane.median_ns]
    if not parallel:
        return None
    if not serial:
        return _difference(min(parallel, key=_median), max(parallel, key=_median))
    alone, together = min(serial, key=_median), min(parallel, key=_median)
    if _median(together) < _median(alone):
        return _distance_to_ideal(alone, together)
    return _why_slower(alone, together)


def _median(lane: LaneState) -> int:
    return lane.median_ns or 0


def _troubles(lanes: Sequence[LaneState]) -> list[str]:
    """What must be said before any figure."""
    found = []
    first = next((lane.key for lane in lanes if lane.state != "skipped"), "")
    for lane in lanes:
        if lane.same_result is False:
            found.append(f"{lane.key} gave another result than {first}, so their times cannot be compared.")
            found += [f"{lane.key}: {_sentence(lane.difference)}"] if lane.difference else []
    for lane in lanes:
        if lane.state == "failed":
            found.append(f"{lane.key} failed: {_sentence(lane.error or 'nothing is known of why')}")
        elif lane.state == "skipped":
            found.append(f"{lane.key} was skipped: {_sentence(lane.error or 'it cannot run here')}")
        elif lane.state == "cancelled":
            of = f"{lane.runs_done} of {lane.runs_planned}" if lane.runs_planned else f"{lane.runs_done}"
            found.append(f"{lane.key} was cancelled after {of} run{'' if of == '1' else 's'}.")
    return found


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _comparison(lanes: Sequence[LaneState]) -> str:
    """The answer: every lane against the first in one case, the fastest against the first or the next otherwise."""
    first, *others = lanes
    fastest = min(lanes, key=_median)
    if len(others) == 1:
        return _pair(others[0], first)
    if fastest is first:
        second = min(others, key=_median)
        if is_noise(first, second):
            return _pair(second, first)
        return f"{first.key} is the fastest; {_pair(second, first)[:-1]}, and the others more."
    if is_noise(first, fastest):
        return _pair(fastest, first)
    words = figures.ratio_in_words(_median(first) / _median(fastest))
    return f"{fastest.key} is the fastest: {words} than {first.key}{_with_interval(fastest, first)}."


def _pair(lane: LaneState, reference: LaneState) -> str:
    if is_noise(lane, reference):
        return _no_difference(lane, reference)
    words = figures.ratio_in_words(_median(reference) / _median(lane))
    than = "as" if words == "as fast" else "than"
    return f"{lane.key} is {words} {than} {reference.key}{_with_interval(lane, reference)}."


def _no_difference(lane: LaneState, reference: LaneState) -> str:
    ratio = ratio_between(lane, reference)
    if ratio is not None and ratio.interval is not None:
        return (
            f"No difference shown between {lane.key} and {reference.key}: the 95 % interval of their ratio, "
            f"{figures.interval(*ratio.interval)}, spans 1."
        )
    if len(lane.times_ns) == len(reference.times_ns) == 1:
        return f"{lane.key} is as fast as {reference.key}, as far as one run each can tell."
    return (
        f"No difference shown between {lane.key} and {reference.key}: "
        f"their runs overlap ({_span(lane)}, and {_span(reference)})."
    )


def _with_interval(lane: LaneState, reference: LaneState) -> str:
    """The interval of a ratio that was just said in words, which turn it round where the lane is slower."""
    ratio = ratio_between(lane, reference)
    if ratio is None or ratio.interval is None:
        return ""
    low, high = ratio.interval
    if ratio.value < 1:
        low, high = 1 / high, 1 / low
    return f" ({figures.interval(low, high)} times with 95 % confidence)"


def _span(lane: LaneState) -> str:
    return f"{lane.key} {figures.duration(min(lane.times_ns))} to {figures.duration(max(lane.times_ns))}"


def is_noise(one: LaneState, other: LaneState) -> bool:
    """Whether the difference of two lanes is within what runs differ anyway."""
    fast, slow = sorted((one, other), key=_median)
    ratio = ratio_between(fast, slow)
    if ratio is None or ratio.answer != "not enough runs":
        return ratio is None or ratio.answer == "no difference shown"
    if max(len(fast.times_ns), len(slow.times_ns)) == 1:
        return _median(slow) < _NOISE * _median(fast)
    return max(fast.times_ns) >= min(slow.times_ns)


def _not_enough(lanes: Sequence[LaneState]) -> str | None:
    """That there are too few runs for an interval, in a sentence that says what to do; None if there are enough."""
    counts = [len(lane.times_ns) for lane in lanes]
    if min(counts) >= FEWEST_RUNS:
        return None
    if max(counts) == 1:
        return REPEAT
    few = f"{min(counts)} run{'' if min(counts) == 1 else 's'}"
    each = " each" if min(counts) == max(counts) else " of a lane"
    return f"{few}{each} {'is' if min(counts) == 1 else 'are'} not enough for an interval: {HOW_TO_REPEAT_LONGER}."


def _answer(lanes: Sequence[LaneState]) -> _Answer:
    serial = [lane for lane in lanes if lane.lane.engine == "serial"]
    parallel = [lane for lane in lanes if lane.lane.engine != "serial"]
    if not serial or not parallel:
        best, second = sorted(lanes, key=_median)[:2]
        return "no difference" if is_noise(best, second) else "unknown"
    alone, together = min(serial, key=_median), min(parallel, key=_median)
    if is_noise(alone, together):
        return "no difference"
    return "parallel pays" if _median(together) < _median(alone) else "serial wins"


def _total(lane: LaneState) -> Ledger:
    """The sum of the ledgers of all runs."""
    ledgers = lane.ledgers or (lane.ledger,)
    return Ledger(**{f"{phase}_ns": sum(ledger.phases()[phase] for ledger in ledgers) for phase in PHASES})


def _overhead(lane: LaneState) -> tuple[str, float] | None:
    """The largest phase but computing, and its share; None if nothing but computing is worth a word."""
    ledger = _total(lane)
    phases = {name: spent for name, spent in ledger.phases().items() if name != "computing"}
    name = max(phases, key=phases.__getitem__)
    share = phases[name] / ledger.total_ns if ledger.total_ns > 0 else 0.0
    return (name, share) if share >= _NOTABLE else None


def _largest_overhead(lane: LaneState) -> str | None:
    found = _overhead(lane)
    return f"{_percent(found[1])} % of {lane.key} went into {_SPENT_ON[found[0]]}." if found else None


def _difference(fast: LaneState, slow: LaneState) -> str | None:
    """What the slower one of two parallel lanes spent most of its additional time on."""
    if fast is slow or is_noise(fast, slow):
        return None
    more, less = (_total(lane).phases() for lane in (slow, fast))
    runs = [max(1, len(lane.ledgers)) for lane in (slow, fast)]
    name = max(PHASES, key=lambda phase: more[phase] / runs[0] - less[phase] / runs[1])
    spent = [figures.duration(phases[name] / count) for phases, count in zip((more, less), runs, strict=True)]
    what = "computing" if name == "computing" else _SPENT_ON[name]
    return (
        f"The largest part of what {slow.key} took longer than {fast.key} went into {what}: {' against '.join(spent)}."
    )


def _percent(share: float) -> str:
    return f"{share * 100:.0f}" if share >= 0.01 else "less than 1"


def _why_slower(alone: LaneState, together: LaneState) -> str | None:
    ledger, runs = _total(together), max(1, len(together.ledgers))
    computing = ledger.computing_ns / runs
    workers = together.lane.workers or 1
    if together.lane.engine == "threads" and workers > 1 and _median(together) > _NEARLY_ALL * _median(alone):
        return (
            f"Threads of one process share its GIL, so that only one of {together.key}'s {workers} computes at a time, "
            "unless the work waits or releases the GIL."
        )
    if workers > 1 and computing >= _median(alone) and ledger.computing_ns > 0.5 * ledger.total_ns:
        return (
            f"Each of {together.key}'s {workers} workers computed for {figures.duration(computing)}, "
            f"{alone.key} for {figures.duration(_median(alone))} in all: the workers did not get a core each, "
            "or held each other up."
        )
    return _largest_overhead(together)


def _distance_to_ideal(alone: LaneState, together: LaneState) -> str | None:
    workers = together.lane.workers or 1
    overhead = _largest_overhead(together)
    if workers < 2 or _median(alone) > workers * _median(together):
        return overhead
    best = "halve the time" if workers == 2 else f"make it {workers} times faster"
    ideal = f"{workers} workers could at best {best}"
    return f"{ideal}; {overhead}" if overhead else f"{ideal}."
