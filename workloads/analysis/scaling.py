"""What more workers bring: speed-up and efficiency by their number, and the laws that describe it.

Pure functions from times to numbers. The laws are fitted to the speed-up over one worker of the same lane, because a
law that begins with another engine would put the cost of shipping into its serial share; what a person gains is the
speed-up over the reference, and is a figure of its own. A law with two unknowns passes through any two points, so
nothing is fitted to fewer points than say whether it fits, and nothing is said of counts beyond those measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from .differences import is_slower, median
from .statistics import FEWEST_RUNS, Interval, Ratio, ratio_of

Law = Literal["amdahl", "gustafson", "usl"]

_FEWEST = {"amdahl": 2, "gustafson": 2, "usl": 3}
"""Counts above one by which a law is fitted at least: one more than it has unknowns."""


_FITS = 0.5
"""R squared below which a law is said to fit badly."""


class ScalePoint(NamedTuple):
    """The runs with one number of workers."""

    workers: int
    times_ns: tuple[int, ...]
    """The timed region of each run, in the order in which they were made."""


class Speedup(NamedTuple):
    """What so many workers bring."""

    workers: int
    median_ns: float
    runs: int
    over_reference: Ratio | None
    """How many times as fast as the reference lane; None without one."""
    over_one: Ratio | None
    """How many times as fast as one worker; None if that was not measured."""

    @property
    def efficiency(self) -> float | None:
        """What each worker brings of what it could at best, 0 to about 1; None if one worker was not measured."""
        return self.over_one.value / self.workers if self.over_one is not None else None

    @property
    def efficiency_interval(self) -> Interval | None:
        """Of the efficiency, with a confidence of 95 %; None with too few runs."""
        if self.over_one is None or self.over_one.interval is None:
            return None
        return Interval(*(end / self.workers for end in self.over_one.interval))


class Fit(NamedTuple):
    """A law, fitted to the speed-up over one worker."""

    law: Law
    serial: float
    """Share of the work that is serial: of the time on one worker for Amdahl, of that on many for Gustafson; for the
    Universal Scalability Law the contention, sigma. 0 to 1."""
    coherence: float
    """Kappa of the Universal Scalability Law: what each pair of workers costs in keeping up with each other; 0 in the
    other laws."""
    goodness: float
    """R squared over the speed-ups; 1 if all lie on the curve, below 0 if their mean would describe them better."""
    residual: float
    """The largest deviation of a speed-up from the curve, as a share of the speed-up."""
    counts: tuple[int, ...]
    """The numbers of workers it was fitted to, without 1, which it passes through by definition."""

    def at(self, workers: float) -> float:
        """The speed-up that the law says; beyond the largest of `counts` that is an extrapolation."""
        if self.law == "gustafson":
            return workers - self.serial * (workers - 1)
        return workers / (1 + self.serial * (workers - 1) + self.coherence * workers * (workers - 1))

    @property
    def is_poor(self) -> bool:
        """Whether the law leaves more than half of what differs unexplained, so that its figures say little."""
        return self.goodness < _FITS

    @property
    def peak(self) -> float | None:
        """Number of workers beyond which, by the law, more of them make it slower; None if it says of no such number.

        Only within `counts` that is more than an extrapolation.
        """
        if self.coherence <= 0:
            return None
        return max(1.0, math.sqrt(max(0.0, 1 - self.serial) / self.coherence))


class Marks(NamedTuple):
    """What the machine has for workers; marked on the axis."""

    budget: float
    """CPUs that may be used; a fraction is kept."""
    cores: int | None
    """Physical cores among them: what is beyond are SMT siblings, which share one. None where that is not known."""


class Scaling(NamedTuple):
    """What numbers of workers bring."""

    points: tuple[Speedup, ...]
    """Fewest workers first."""
    fits: tuple[Fit, ...]
    """Amdahl, Gustafson, USL, as far as there are points enough."""
    best: int | None
    """The number of workers with the least median; None if nothing was measured."""
    enough: int | None
    """The least number that is not shown to be slower than the best."""
    too_many: int | None
    """The least number beyond `enough` that was measured: it costs more workers and brings nothing that could be
    shown, or less. None if no larger one was measured, so that more workers may still bring more."""
    marks: Marks | None
    notes: tuple[str, ...]
    """What must be said with these figures, a sentence each."""

    @property
    def has_gain(self) -> bool:
        """Whether some number of workers beats the reference, as far as can be told; True without a reference."""
        return any(
            ratio is None or (ratio.value > 1 and ratio.answer != "no difference shown")
            for ratio in (point.over_reference for point in self.points)
        )


def scaling(points: Sequence[ScalePoint], reference: Sequence[int] = (), marks: Marks | None = None) -> Scaling:
    """Say what numbers of workers bring.

    Args:
        points: Times by number of workers, in any order, the lanes run in turns.
        reference: Times of the lane that is to be beaten, such as serial.
        marks: What the machine has.
    """
    ordered = sorted(point for point in points if point.times_ns)
    one = next((point.times_ns for point in ordered if point.workers == 1), ())
    found = tuple(_speedup(point, one, reference) for point in ordered)
    best, enough, too_many = _choice(ordered)
    fits = _fits(found, marks) if one else ()
    notes = tuple(_notes(found, fits, too_many, marks))
    return Scaling(found, fits, best, enough, too_many, marks, notes)


def worker_counts(budget: float, most: int | None = None) -> tuple[int, ...]:
    """Numbers of workers worth measuring: powers of two up to the budget, the budget, half as much again, and twice.

    Args:
        budget: CPUs that may be used.
        most: The largest number that may be used; None for no limit.
    """
    whole = max(1, math.ceil(budget))
    counts = {2**power for power in range(whole.bit_length()) if 2**power <= whole}
    counts |= {whole, math.ceil(1.5 * whole), 2 * whole}
    return tuple(sorted(count for count in counts if most is None or count <= most))


def _speedup(point: ScalePoint, one: Sequence[int], reference: Sequence[int]) -> Speedup:
    return Speedup(
        workers=point.workers,
        median_ns=median(point.times_ns),
        runs=len(point.times_ns),
        over_reference=ratio_of(reference, point.times_ns) if reference else None,
        over_one=ratio_of(one, point.times_ns) if one else None,
    )


def _choice(points: Sequence[ScalePoint]) -> tuple[int | None, int | None, int | None]:
    """The best number of workers, the least that is as good, and the first that is not worth it."""
    if not points:
        return None, None, None
    best = min(points, key=lambda point: (median(point.times_ns), point.workers))
    enough = next(point for point in points if point is best or not is_slower(best.times_ns, point.times_ns))
    more = [point.workers for point in points if point.workers > enough.workers]
    return best.workers, enough.workers, more[0] if more else None


def _fits(points: Sequence[Speedup], marks: Marks | None) -> tuple[Fit, ...]:
    measured = [(point.workers, point.over_one.value) for point in points if point.over_one and point.workers > 1]
    within = [each for each in measured if marks is None or each[0] <= math.ceil(marks.budget)]
    found = []
    for law in ("amdahl", "gustafson", "usl"):
        # Workers without a CPU of their own obey no law of scaling; they are left out where enough others are there.
        used = within if len(within) >= _FEWEST[law] else measured
        if len(used) >= _FEWEST[law]:
            found.append(fit(law, used))
    return tuple(found)


def fit(law: Law, speedups: Sequence[tuple[int, float]]) -> Fit:
    """Fit a law to speed-ups over one worker, by number of workers above one.

    Each law is linear in its unknowns once it is written for ``workers / speedup`` (for Gustafson, for the speed-up
    itself); squares of relative deviations are minimised, with no unknown below zero. Amdahl (1967) and Gustafson
    (1988) have one unknown; the Universal Scalability Law is Gunther's, "Guerrilla Capacity Planning" (2007), ch. 4.

    Raises:
        ValueError: If there is nothing to fit.
    """
    if not speedups:
        raise ValueError("a law needs speed-ups")
    serial, coherence = _gustafson(speedups) if law == "gustafson" else _universal(speedups, has_both=law == "usl")
    found = Fit(law, serial, coherence, 1.0, 0.0, tuple(workers for workers, _ in speedups))
    deviations = [(found.at(workers) - value) for workers, value in speedups]
    mean = sum(value for _, value in speedups) / len(speedups)
    there = sum((value - mean) ** 2 for _, value in speedups)
    left = sum(each**2 for each in deviations)
    # Of speed-ups that are all the same nothing is to be explained.
    goodness = 1 - left / there if there > 1e-12 else (1.0 if left <= 1e-12 else 0.0)
    residual = max(abs(each) / value for each, (_, value) in zip(deviations, speedups, strict=True))
    return found._replace(goodness=goodness, residual=residual)


def _gustafson(speedups: Sequence[tuple[int, float]]) -> tuple[float, float]:
    above = sum((workers - value) * (workers - 1) / value**2 for workers, value in speedups)
    below = sum((workers - 1) ** 2 / value**2 for workers, value in speedups)
    return min(1.0, max(0.0, above / below)), 0.0


def _universal(speedups: Sequence[tuple[int, float]], *, has_both: bool) -> tuple[float, float]:
    """Sigma and kappa of ``n/S - 1 = sigma (n-1) + kappa n (n-1)``; kappa is 0 for Amdahl."""
    rows = []
    for workers, value in speedups:
        weight = value / workers
        rows.append((weight * (workers - 1), weight * workers * (workers - 1), weight * (workers / value - 1)))
    aa, bb, ab = (sum(row[i] * row[j] for row in rows) for i, j in ((0, 0), (1, 1), (0, 1)))
    ay, by = (sum(row[i] * row[2] for row in rows) for i in (0, 1))
    determinant = aa * bb - ab * ab
    if has_both and determinant > 1e-12 * aa * bb:
        sigma, kappa = (ay * bb - by * ab) / determinant, (by * aa - ay * ab) / determinant
        if 0 <= sigma <= 1 and kappa >= 0:
            return sigma, kappa
        if sigma < 0:
            return 0.0, max(0.0, by / bb)
        if sigma > 1:
            return 1.0, max(0.0, (by - ab) / bb)
    return min(1.0, max(0.0, ay / aa)), 0.0


def _notes(points: Sequence[Speedup], fits: Sequence[Fit], too_many: int | None, marks: Marks | None) -> list[str]:
    notes = []
    if points and all(point.workers != 1 for point in points):
        notes.append("One worker was not measured, so there is no efficiency, and no law can be fitted.")
    elif points and not any(each.law == "usl" for each in fits):
        least = _FEWEST["usl"] + 1
        notes.append(
            f"Too few numbers of workers for the Universal Scalability Law: {least} are needed, 1 among them, and "
            f"{len(points)} {'was' if len(points) == 1 else 'were'} measured."
        )
    if marks is not None and any(each.counts[-1] > math.ceil(marks.budget) for each in fits):
        notes.append("The laws are fitted to more workers than there are CPUs, too, for want of other points.")
    usl = next((each for each in fits if each.law == "usl"), None)
    if usl is not None and usl.peak is not None and usl.peak > usl.counts[-1]:
        notes.append(
            f"By the fitted law {usl.peak:,.0f} workers would be the most that help, beyond the {usl.counts[-1]} that "
            "were measured: an extrapolation."
        )
    if points and min(point.runs for point in points) < FEWEST_RUNS:
        notes.append(f"There are fewer than {FEWEST_RUNS} runs of some, too few to say how sure the figures are.")
    if points and too_many is None:
        most = f"{points[-1].workers} worker{'' if points[-1].workers == 1 else 's'}"
        notes.append(f"More than {most} were not measured; they may bring more.")
    return notes
