"""What to do: the one paragraph that a person can act on, from the figures of a comparison and of studies.

Pure functions. The fastest parallel lane is weighed against the fastest serial one: whether it is faster, with which
certainty, how it is set, what keeps it from being faster still, and from which size on it pays, where that is known.
What the figures do not show is said to be not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..parameters import listed
from ..report import figures
from .statistics import FEWEST_RUNS, Interval, Ratio, ratio_of
from .verdict import explain, is_noise

if TYPE_CHECKING:
    from ..model import Lane, LaneState
    from .findings.base import Finding

Answer = Literal["parallel pays", "serial wins", "no difference", "unknown"]

_NOISY = "noisy-machine"
"""A finding on the figures, and not on what the program does."""
_GIL = "gil"
"""A finding whose advice is another engine, which may have been measured already."""
_MOST_SAID = 2
"""Sentences on lanes of which nothing came."""


class Advice(NamedTuple):
    """What to do."""

    answer: Answer
    lane: str | None
    """Key of the lane that should be used; None where none can be advised."""
    ratio: Ratio | None
    """How many times as fast as the fastest serial lane the fastest parallel one is; None unless there are both."""
    sentences: tuple[str, ...]
    """The paragraph: what to do first, then why, each a whole sentence."""

    @property
    def text(self) -> str:
        """The paragraph."""
        return " ".join(self.sentences)


def advise(
    lanes: Sequence[LaneState],
    findings: Sequence[Finding] = (),
    studies: Sequence[str] = (),
    trust: str = "",
    more: str = "by -r 5",
) -> Advice:
    """Say what to do.

    Args:
        lanes: At the end of a comparison; the first one that could run is the reference.
        findings: What was diagnosed, the one that explains most first.
        studies: What else was found out, a sentence each: from which size on it pays, how many workers are enough.
        trust: What is to be known of the figures, in one sentence; "" if nothing is.
        more: How one gets more runs.
    """
    troubles = _troubles(lanes)
    alone = fastest([lane for lane in lanes if lane.lane.engine == "serial"])
    together = fastest([lane for lane in lanes if lane.lane.engine != "serial"])
    compared = [lane.key for lane in (alone, together) if lane is not None]
    noise = (each.cause for each in findings if each.kind == _NOISY and each.lane in (None, *compared))
    caution = [each for each in (trust, next(noise, "")) if each]
    if alone is None or together is None:
        only = alone or together
        troubles = _troubles(lanes, with_skipped=True)
        return Advice("unknown", only.key if only else None, None, (*_one_kind(alone, together), *troubles, *caution))
    ratio = ratio_of(alone.times_ns, together.times_ns)
    answer = _answer(alone, together)
    said = [_what_to_do(answer, ratio, alone, together)]
    said += _why(answer, together, findings, lanes) or [reason for reason in (explain([alone, together]),) if reason]
    said += [*studies, *troubles, *caution]
    if ratio.answer == "not enough runs":
        said.append(_not_enough(alone, together, more))
    return Advice(answer, together.key if answer == "parallel pays" else alone.key, ratio, tuple(said))


def advised(lanes: Sequence[LaneState]) -> LaneState | None:
    """Return the lane that should be used; None where none can be advised."""
    key = advise(lanes).lane
    return next((lane for lane in lanes if lane.key == key), None)


def is_usable(lane: LaneState) -> bool:
    """Whether a lane came to results, and to the right ones."""
    return bool(lane.median_ns) and lane.same_result is not False and lane.state != "failed"


def fastest(lanes: Sequence[LaneState]) -> LaneState | None:
    """Return the fastest lane of those that were run often enough for an interval, or of all where none was.

    A search runs some lanes only once or twice, and a single run can be a lucky one.
    """
    usable = [lane for lane in lanes if is_usable(lane)]
    most = min(FEWEST_RUNS, max((len(lane.times_ns) for lane in usable), default=0))
    return min((lane for lane in usable if len(lane.times_ns) >= most), key=_median, default=None)


def lane_in_words(lane: Lane) -> str:
    """Write a resolved lane as one would say it: ``a pool of 4 processes (fork, chunks of 625 tasks)``."""
    workers = lane.workers or 1
    number = figures.count(workers)
    processes = f"{number} process{'' if workers == 1 else 'es'}"
    threads = f"{number} thread{'' if workers == 1 else 's'}"
    what = {
        "serial": "one process, one task after the other",
        "process": f"{processes}, a slice of the tasks each",
        "pool": f"a pool of {processes}",
        "executor": f"a ProcessPoolExecutor of {processes}",
        "threads": f"a ThreadPoolExecutor of {threads}",
        "joblib": f"joblib.Parallel with {processes}",
        "interpreters": f"an InterpreterPoolExecutor of {threads}",
    }[lane.engine]
    set_to = [f"started by {lane.start_method}"] if lane.start_method else []
    if lane.chunksize:
        set_to.append(
            "one task at a time" if lane.chunksize == 1 else f"chunks of {figures.count(lane.chunksize)} tasks"
        )
    set_to += [f"method {lane.flavour}"] if lane.flavour else []
    set_to += [f"each replaced after {figures.count(lane.maxtasks)}"] if lane.maxtasks else []
    set_to += [f"{lane.blas} BLAS thread{'' if lane.blas == 1 else 's'} each"] if lane.blas else []
    set_to += ["kept for many calls"] if lane.warm else []
    return f"{what} ({', '.join(set_to)})" if set_to else what


def _median(lane: LaneState) -> int:
    return lane.median_ns or 0


def _answer(alone: LaneState, together: LaneState) -> Answer:
    if is_noise(alone, together):
        return "no difference"
    return "parallel pays" if _median(together) < _median(alone) else "serial wins"


def _what_to_do(answer: Answer, ratio: Ratio, alone: LaneState, together: LaneState) -> str:
    """Whether to run it in parallel, how, and what that gains."""
    is_sure = ratio.interval is not None
    how = lane_in_words(together.lane)
    here = f"{_times(ratio.value)} than serial on this machine{_certainty(ratio.interval)}"
    took = f"{figures.duration(_median(together))} instead of {figures.duration(_median(alone))}"
    if answer == "parallel pays":
        begin = "Run it in parallel" if is_sure else "Running it in parallel seems to pay"
        return f"{begin}, in {how}: {here}, {took}."
    if answer == "serial wins":
        begin = "Leave it serial" if is_sure else "It seems best to leave it serial"
        return f"{begin}: the fastest way in parallel, {how}, is {here}, {took}."
    shown = f"no difference shown between serial and the fastest way in parallel, {how}"
    took = f"{figures.duration(_median(alone))} and {figures.duration(_median(together))}"
    return f"Leave it serial, which is simpler: {shown}{_certainty(ratio.interval)}, {took}."


def _times(ratio: float) -> str:
    """How many times faster or slower; a certain difference can be a small one."""
    words = figures.ratio_in_words(ratio)
    return words if words != "as fast" else f"less than 1 % {'faster' if ratio > 1 else 'slower'}"


def _certainty(interval: Interval | None) -> str:
    """The interval, as times faster above 1 and times slower below."""
    if interval is None:
        return ""
    low, high = interval
    if high < 1:
        return f" (between {figures.three_digits(1 / high)} and {figures.three_digits(1 / low)} times, 95 %)"
    if low > 1:
        return f" (between {figures.three_digits(low)} and {figures.three_digits(high)} times, 95 %)"
    return f" (between {figures.three_digits(low)} and {figures.three_digits(high)} times as fast, 95 %)"


def _why(answer: Answer, together: LaneState, findings: Sequence[Finding], lanes: Sequence[LaneState]) -> list[str]:
    """The main finding on the parallel lane, or on all, and what to do about it, unless that was tried in vain."""
    own = [each for each in findings if each.lane in (together.key, None) and each.kind != _NOISY]
    main = next((each for each in own if each.lane == together.key and each.explains_ns > 0), next(iter(own), None))
    if main is None:
        return []
    cause = f"What still costs most: {_begun(main.cause)}" if answer == "parallel pays" else main.cause
    if main.kind == _GIL and _were_processes_slower(together, lanes):
        return [cause, "Processes, which have a GIL each, were tried and are slower still."]
    return [cause, main.advice]


def _were_processes_slower(together: LaneState, lanes: Sequence[LaneState]) -> bool:
    """Whether what is advised against the GIL was measured, and all of it takes longer."""
    processes = [lane for lane in lanes if lane.lane.engine not in ("serial", "threads") and is_usable(lane)]
    return bool(processes) and all(_median(lane) > _median(together) for lane in processes)


def _begun(sentence: str) -> str:
    """A sentence after a colon: a name of a lane or a library keeps its capital."""
    first, second = sentence[:1], sentence[1:2]
    return f"{first.lower()}{sentence[1:]}" if second.islower() else sentence


def _one_kind(alone: LaneState | None, together: LaneState | None) -> list[str]:
    """Where there is nothing to compare."""
    if alone is not None:
        took = figures.duration(_median(alone))
        return [f"Serial took {took}; no parallel lane came to a result to compare it with."]
    if together is not None:
        took = figures.duration(_median(together))
        fastest = f"The fastest way was {lane_in_words(together.lane)}, {took}"
        return [f"{fastest}; without a serial lane nobody knows whether it pays."]
    return ["Nothing can be advised: no lane came to a result."]


def _troubles(lanes: Sequence[LaneState], *, with_skipped: bool = False) -> list[str]:
    """What is wrong with lanes, the worst first.

    Args:
        lanes: All of them.
        with_skipped: Whether to say why lanes were not run at all, too, once for all that have the same reason.
    """
    skipped: dict[str, list[str]] = {}
    for lane in lanes if with_skipped else ():
        if lane.state == "skipped" and lane.error:
            skipped.setdefault(lane.error, []).append(lane.label)
    left_out = [
        f"{listed(labels)} {'was' if len(labels) == 1 else 'were'} left out: {reason}"
        for reason, labels in skipped.items()
    ]
    wrong = [
        f"Do not use {lane.label}: its results differ from those of {_reference(lanes)}."
        for lane in lanes
        if lane.same_result is False
    ]
    failed = [
        f"{lane.label} failed: {lane.error or 'nothing is known of why'}" for lane in lanes if lane.state == "failed"
    ]
    said = [each if each.endswith((".", "!", "?")) else f"{each}." for each in (*left_out, *wrong, *failed)]
    more = len(said) - _MOST_SAID
    return said if more <= 0 else [*said[:_MOST_SAID], f"So it was with {more} more."]


def _reference(lanes: Sequence[LaneState]) -> str:
    return next((lane.label for lane in lanes if lane.state != "skipped"), "the first lane")


def _not_enough(alone: LaneState, together: LaneState, more: str) -> str:
    counts = len(alone.times_ns), len(together.times_ns)
    least = min(counts)
    runs = f"{least} run{'' if least == 1 else 's'}"
    of = "each" if counts[0] == counts[1] else f"of {(alone if counts[0] == least else together).key}"
    return f"With {runs} {of} that is not certain: it takes {FEWEST_RUNS}, such as {more}."
