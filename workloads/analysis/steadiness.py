"""Whether the times of a comparison can be relied on: warnings about the measurement, each with what to do about it.

Pure functions of the lanes and of what the machine did besides. A warning is no finding: it says nothing about the
work, only about what its figures are worth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..report import figures
from .statistics import spread_of

if TYPE_CHECKING:
    from ..model import LaneState
    from ..sampling.conditions import Meanwhile

WarningKind = Literal["noisy", "too-short", "outliers", "others", "steal", "throttled", "frequency", "battery"]

_NOISY = 0.1
"""Distance of the quartiles as a share of the median. pyperf warns from a standard deviation of 10 % on, which is a
distance of 13 % where times are spread normally; here medians of fewer runs are compared."""
_RUNS_FOR_SPREAD = 4
_SHORT_NS = 1_000_000
"""As in pyperf: below 1 ms, interruptions and the clock's own call are felt in each run."""
_FAR_OUT = 3.0
"""Distances of the quartiles beyond which a run is far out (Tukey, "Exploratory Data Analysis", 1977)."""
_MUCH = 1.2
"""Times the median below which a run far out is not worth a word."""
_RUNS_FOR_OUTLIERS = 5
_OTHERS = 0.25
"""CPUs: less than that is the usual background of a desktop."""
_STEAL = 0.02
_THROTTLED = 0.01
_LEAST_NS = 300_000_000
"""Of all runs of a lane: the kernel counts CPU time in steps of 10 ms, too coarse for less than that."""


class MeasurementWarning(NamedTuple):
    """Why the figures may be worth less than they look."""

    kind: WarningKind
    sentence: str
    """What was seen, with figures."""
    advice: str
    """What to do, in one sentence."""


def warnings_of(lanes: Sequence[LaneState]) -> tuple[MeasurementWarning, ...]:
    """Say what speaks against relying on the times, one warning a kind.

    Args:
        lanes: At the end of a comparison, with what the machine did besides each of their runs.
    """
    measured = [lane for lane in lanes if lane.times_ns]
    found = [
        _noisy(measured),
        _outliers(measured),
        _too_short(measured),
        _others(measured),
        _steal(measured),
        _throttled(measured),
        _frequency(measured),
        _battery(measured),
    ]
    return tuple(warning for warning in found if warning is not None)


def _noisy(lanes: Sequence[LaneState]) -> MeasurementWarning | None:
    spreads = {lane.key: spread_of(lane.times_ns).relative for lane in lanes if len(lane.times_ns) >= _RUNS_FOR_SPREAD}
    noisy = [key for key, relative in spreads.items() if relative >= _NOISY]
    if not noisy:
        return None
    most = max(spreads[key] for key in noisy)
    return MeasurementWarning(
        "noisy",
        f"The runs of {_listed(noisy)} are noisy: the middle half of them lies {figures.percent(most)} apart.",
        "End what else is running, and make more runs, until the interval is narrow enough.",
    )


def _outliers(lanes: Sequence[LaneState]) -> MeasurementWarning | None:
    said = []
    for lane in lanes:
        times = lane.times_ns
        if len(times) < _RUNS_FOR_OUTLIERS:
            continue
        spread = spread_of(times)
        fence = max(spread.upper + _FAR_OUT * (spread.upper - spread.lower), _MUCH * spread.median)
        far = [time for time in times if time > fence]
        if far:
            said.append(
                f"{len(far)} of {len(times)} runs of {lane.key} took up to "
                f"{figures.three_digits(max(far) / spread.median)} times its median"
            )
    if not said:
        return None
    sentence = "; ".join(said)
    return MeasurementWarning(
        "outliers",
        f"{sentence}.",
        "Medians bear a few of them; look at those runs in the recordings if they come again.",
    )


def _too_short(lanes: Sequence[LaneState]) -> MeasurementWarning | None:
    short = [lane for lane in lanes if (lane.median_ns or 0) < _SHORT_NS]
    if not short:
        return None
    least = min(lane.median_ns or 0 for lane in short)
    return MeasurementWarning(
        "too-short",
        f"A run of {_listed(lane.key for lane in short)} took {figures.duration(least)}: too short to be timed well.",
        "Choose a larger parameter, so that a run takes some milliseconds at least.",
    )


def _others(lanes: Sequence[LaneState]) -> MeasurementWarning | None:
    """Others matter where the workers that compute at once and they did not have a CPU each."""
    used: dict[str, float] = {}
    cpus = 1
    for lane in lanes:
        others = _cpus(lane, lambda run: run.others_ns)
        if others is None:
            continue
        cpus = _known(lane)[-1].cpus
        if others >= _OTHERS and others + min(lane.lane.workers or 1, cpus) > cpus:
            used[lane.key] = others
    if not used:
        return None
    most = max(used.values())
    of = f"{figures.cpus(round(most, 1))} of {cpus:,} CPU{'' if cpus == 1 else 's'}"
    return MeasurementWarning(
        "others",
        f"Other programs took {of} while {_listed(used)} ran.",
        "End them, or wait until they are done, and run it again.",
    )


def _steal(lanes: Sequence[LaneState]) -> MeasurementWarning | None:
    shares = _shares(lanes, lambda run: run.steal_ns, per_cpu=True)
    hit = {key: share for key, share in shares.items() if share >= _STEAL}
    if not hit:
        return None
    return MeasurementWarning(
        "steal",
        f"The host took {figures.percent(max(hit.values()))} of the CPU time of this virtual machine away "
        f"while {_listed(hit)} ran.",
        "Run it at another time, or on a machine whose CPUs are not shared.",
    )


def _throttled(lanes: Sequence[LaneState]) -> MeasurementWarning | None:
    shares = _shares(lanes, lambda run: run.throttled_ns, per_cpu=False)
    hit = [lane for lane in lanes if shares.get(lane.key, 0.0) >= _THROTTLED]
    if not hit:
        return None
    periods = max(sum(run.throttled or 0 for run in _known(lane)) for lane in hit)
    stopped = max(sum(run.throttled_ns or 0 for run in _known(lane)) for lane in hit)
    return MeasurementWarning(
        "throttled",
        f"The CPU limit of a cgroup stopped {_listed(lane.key for lane in hit)} in {periods:,} "
        f"period{'' if periods == 1 else 's'}, for {figures.duration(stopped)} in all.",
        "Start no more workers than the limit allows, or have it raised.",
    )


def _frequency(lanes: Sequence[LaneState]) -> MeasurementWarning | None:
    slowed = [lane.key for lane in lanes if any(run.is_slowed for run in _known(lane))]
    if not slowed:
        return None
    return MeasurementWarning(
        "frequency",
        f"The CPUs changed their highest frequency, or were slowed down by heat, while {_listed(slowed)} ran.",
        "Let the machine cool down and choose a fixed frequency, such as with the performance governor.",
    )


def _battery(lanes: Sequence[LaneState]) -> MeasurementWarning | None:
    if not any(run.on_battery for lane in lanes for run in _known(lane)):
        return None
    return MeasurementWarning(
        "battery",
        "The machine ran on its battery, where CPUs are slower and change their frequency more often.",
        "Plug it in, and run it again.",
    )


def _known(lane: LaneState) -> list[Meanwhile]:
    return [run for run in lane.meanwhile if run is not None]


def _cpus(lane: LaneState, amount: Callable[[Meanwhile], int | None]) -> float | None:
    """CPUs that an AMOUNT of CPU time comes to, over all runs of a lane; None if they were too short to say."""
    runs = [(run.wall_ns, spent) for run in _known(lane) if (spent := amount(run)) is not None]
    wall = sum(wall for wall, _ in runs)
    return sum(spent for _, spent in runs) / wall if wall >= _LEAST_NS else None


def _shares(
    lanes: Sequence[LaneState], amount: Callable[[Meanwhile], int | None], *, per_cpu: bool
) -> dict[str, float]:
    """Shares of the time of each lane's runs, by its key."""
    shares = {}
    for lane in lanes:
        cpus = _cpus(lane, amount)
        if cpus is not None:
            shares[lane.key] = cpus / (max(run.cpus for run in _known(lane)) if per_cpu else 1)
    return shares


def _listed(keys: Iterable[str]) -> str:
    names = list(keys)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
