"""Which chunksize: from measured ones to the recommended one, and the reason.

Small chunks cost something each: they are pickled, written, read and taken in one by one. Large chunks leave workers
idle at the end, or from the begin if there are fewer chunks than workers. In between there is mostly a wide plain, on
which the default of ``Pool.map`` often lies; it is recommended unless something else was shown to be faster.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ..report import figures
from .costs import weighted_line
from .differences import is_slower, median
from .statistics import Ratio, ratio_of

_CLOSE = 1.05
"""Factor within which chunk sizes count as equally good."""
_NOTABLE = 1.1
_STEP = 4


class ChunkPoint(NamedTuple):
    """The runs with one chunksize."""

    chunksize: int
    times_ns: tuple[int, ...]
    waiting_ns: int = 0
    """For how long a worker had nothing to do, on the average of workers and runs."""

    @property
    def median_ns(self) -> float:
        """Median of the times."""
        return median(self.times_ns)


class ChunkAdvice(NamedTuple):
    """Which chunksize to take."""

    chunksize: int | None
    """The recommended one; None if nothing was measured."""
    fastest: int | None
    """The one with the least median."""
    default: int
    """What ``Pool.map`` takes by itself."""
    over_default: Ratio | None
    """How many times as fast the recommended one is as the default; None if that was not measured."""
    good: tuple[int, ...]
    """Those that are as good, smallest first."""
    chunk_ns: float | None
    """What each chunk costs by itself, from the sizes below the recommended one; None where it cannot be told."""
    sentence: str
    """The recommendation and its reason."""


def default_chunksize(tasks: int, workers: int) -> int:
    """The rule of ``Pool.map``: four chunks for each worker, rounded up."""
    return max(1, math.ceil(tasks / (4 * workers)))


def chunk_sizes(tasks: int, workers: int) -> tuple[int, ...]:
    """Chunk sizes worth measuring: powers of four, the default, and one chunk for each worker."""
    most = max(1, math.ceil(tasks / workers))
    powers = {_STEP**power for power in range(32) if _STEP**power <= most}
    return tuple(sorted({*powers, default_chunksize(tasks, workers), most}))


def advise(points: Sequence[ChunkPoint], tasks: int, workers: int) -> ChunkAdvice:
    """Recommend a chunksize.

    Args:
        points: What was measured, in any order, the lanes run in turns.
        tasks: How many there are.
        workers: Who share them.
    """
    default = default_chunksize(tasks, workers)
    ordered = sorted(point for point in points if point.times_ns)
    if not ordered:
        return ChunkAdvice(None, None, default, None, (), None, "Nothing was measured, so no chunksize can be named.")
    fastest = min(ordered, key=lambda point: point.median_ns)
    good = [point for point in ordered if _is_as_good(fastest, point)]
    chosen = min(good, key=lambda point: abs(math.log(point.chunksize / default)))
    usual = next((point for point in ordered if point.chunksize == default), None)
    ratio = ratio_of(usual.times_ns, chosen.times_ns) if usual is not None else None
    chunk = _cost_of_a_chunk(ordered, chosen, tasks)
    return ChunkAdvice(
        chunksize=chosen.chunksize,
        fastest=fastest.chunksize,
        default=default,
        over_default=ratio,
        good=tuple(point.chunksize for point in good),
        chunk_ns=chunk,
        sentence=_sentence(ordered, chosen, (default, ratio), good, chunk),
    )


def _is_as_good(fastest: ChunkPoint, point: ChunkPoint) -> bool:
    return point.median_ns <= _CLOSE * fastest.median_ns or not is_slower(fastest.times_ns, point.times_ns)


def _cost_of_a_chunk(points: Sequence[ChunkPoint], chosen: ChunkPoint, tasks: int) -> float | None:
    """How time grows with the number of chunks."""
    small = [point for point in points if point.chunksize <= chosen.chunksize]
    if len(small) < 2 or small[0].median_ns < _NOTABLE * chosen.median_ns:
        return None
    samples = [(float(math.ceil(tasks / point.chunksize)), point.median_ns) for point in small]
    line = weighted_line(samples, [1 / time**2 for _, time in samples])
    return line[1] if line is not None and line[1] > 0 else None


def _sentence(
    points: Sequence[ChunkPoint],
    chosen: ChunkPoint,
    usual: tuple[int, Ratio | None],
    good: Sequence[ChunkPoint],
    chunk: float | None,
) -> str:
    default, ratio = usual
    size = figures.count(chosen.chunksize)
    if len(points) == 1:
        return f"Only chunks of {size} were measured, so there is nothing to compare."
    if chosen.chunksize == default:
        lead = f"Leave the chunksize alone: the default, {size}, is as good as any"
    elif ratio is not None:
        words = figures.ratio_in_words(ratio.value)
        lead = f"Take a chunksize of {size}: {words} {'as' if words == 'as fast' else 'than'} the default, " + (
            figures.count(default)
        )
    else:
        lead = f"Take a chunksize of {size}; the default, {figures.count(default)}, was not measured"
    reasons = []
    smallest, largest = points[0], points[-1]
    if chunk is not None:
        reasons.append(f"smaller ones cost about {figures.duration(chunk)} a chunk")
    elif smallest.chunksize < good[0].chunksize:
        reasons.append(f"smaller ones take up to {figures.duration(smallest.median_ns)}")
    if largest.median_ns > _NOTABLE * chosen.median_ns and largest.chunksize > good[-1].chunksize:
        idle = largest.waiting_ns - chosen.waiting_ns
        if idle > (largest.median_ns - chosen.median_ns) / 4:
            reasons.append(f"with larger ones workers have nothing to do for up to {figures.duration(idle)} more")
        else:
            reasons.append(f"larger ones take up to {figures.duration(largest.median_ns)}")
    if not reasons and len(good) == len(points):
        reasons.append(
            f"all from {figures.count(smallest.chunksize)} to {figures.count(largest.chunksize)} are as good"
        )
    return f"{lead}{': ' if chosen.chunksize == default else '; '}{', and '.join(reasons)}." if reasons else f"{lead}."
