"""Which lanes a study is about where nobody named them: one rule for the command and the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UsageError
from ..model import Lane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model import Parameters, Workload

_ORDER = {"pool": 0, "process": 2}
"""All other engines come between."""


def usual(lanes: Sequence[Lane]) -> Lane | None:
    """Of LANES, the one that is to win: the pool with its usual chunks, or the first lane of another kind.

    A process of its own for each slice of the tasks comes last. None if all are serial.
    """
    parallel = [lane for lane in lanes if lane.engine != "serial"]
    return min(parallel, key=lambda lane: (_ORDER.get(lane.engine, 1), lane.chunksize is not None), default=None)


def varied(lanes: Sequence[Lane], workload: Workload) -> Lane:
    """Of LANES, the one whose workers or chunks are varied: the usual one, or one of an engine that has any.

    Raises:
        UsageError: If there is none.
    """
    lane = usual(lanes)
    if lane is not None and lane.engine != "process":
        return lane
    engine = next((engine for engine in workload.engines if engine not in ("serial", "process")), None)
    if engine is None:
        raise UsageError(f"{workload.name} runs in no pool whose settings could be varied.")
    return Lane(engine)


def pair(
    lanes: Sequence[Lane], marked: Lane, workload: Workload, parameters: Parameters, *, varies: bool
) -> tuple[Lane, ...]:
    """The reference, and the lane that is to beat it or whose settings are varied, of those that a person chose.

    Args:
        lanes: That were chosen; the first one is the reference.
        marked: The one that is meant, unless it is the first one; then it is the usual one of the others.
        workload: What is studied, whose own lanes are taken where there are no others.
        parameters: Of it.
        varies: Whether its workers or chunks are varied.

    Returns:
        Only the reference where there is no other lane.
    """
    first, *others = lanes
    if not others and first.engine != "serial":
        return (Lane("serial"), first) if "serial" in workload.engines else (first,)
    if marked in others:
        return first, marked
    candidates = others or workload.default_lanes(parameters)
    if varies:
        try:
            return first, varied(candidates, workload)
        except UsageError:
            return (first,)
    # Whoever chose no parallel lane compares serial ones.
    other = usual(candidates) or next(iter(others), None)
    return (first, other) if other is not None else (first,)
