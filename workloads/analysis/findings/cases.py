"""What detectors look at, made of lanes and of single runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Case

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model import Lane, LaneState, Machine
    from .facts import RunFacts


def cases_of(lanes: Sequence[LaneState], machine: Machine) -> list[Case]:
    """One case for each lane of which facts are known, with the lane to compare it with."""
    cases = [case for lane in lanes if (case := _case(lane, machine)) is not None]
    return [case._replace(reference=_reference(case, cases)) for case in cases]


def case_of(facts: RunFacts, cpus: float, threads_per_core: int, lane: Lane | None, key: str | None) -> Case:
    """The case of a single run, of a lane or of a program."""
    engine = lane.engine if lane is not None else None
    workers = max(1, (lane.workers if lane is not None else None) or facts.workers)
    return Case(key, engine, workers, facts, (facts,), cpus, threads_per_core, lane)


def _case(lane: LaneState, machine: Machine) -> Case | None:
    runs = tuple(facts for facts in lane.facts if facts is not None)
    if not runs:
        return None
    if lane.state == "cancelled" and not any(result.ok for result in lane.results):
        return None  # what a run that was cut off spent its time on says nothing of a whole one
    # The last one may have failed; a lane without any success has nothing better to show.
    good = [facts for facts, result in zip(lane.facts, lane.results, strict=False) if facts is not None and result.ok]
    by_time = sorted(good or runs, key=lambda facts: facts.wall_ns)
    return Case(
        key=lane.key,
        engine=lane.lane.engine,
        workers=lane.lane.workers or 1,
        facts=by_time[(len(by_time) - 1) // 2],
        runs=runs,
        cpus=machine.budget.cpus,
        threads_per_core=machine.threads_per_core,
        lane=lane.lane,
        state=lane,
    )


def _reference(case: Case, cases: Sequence[Case]) -> Case | None:
    """The other lane with the fewest workers, and fewer than this one: a serial one if there is one."""
    others = [other for other in cases if other is not case and other.workers < case.workers]
    return min(others, key=lambda other: (other.workers, not other.is_serial), default=None)
