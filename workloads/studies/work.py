"""A piece of work on which advice is wanted: what is run, in which lanes, and what makes it smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import UsageError
from .base import Setting
from .candidates import engines_for
from .dial import Dial, dial_of, dial_of_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model import Lane, Parameters, Workload
    from ..target import Own


class Work(NamedTuple):
    """What advice is wanted on."""

    setting: Setting
    lanes: tuple[Lane, ...]
    """Parallel lanes to begin with; what they leave open may be set otherwise."""
    dial: Dial | None = None
    """What makes it smaller; None where nothing does."""
    size: int = 0
    """Where the dial stands."""
    expected_ns: int | None = None
    """What a serial run is expected to take; None if nobody knows."""


def work_on(workload: Workload, parameters: Parameters, lanes: Sequence[Lane] = (), own: Own | None = None) -> Work:
    """Describe a piece of work.

    Args:
        workload: What is run.
        parameters: Complete and checked.
        lanes: Parallel lanes to begin with; none for all engines that fit.
        own: The person's function, where that is what is run.
    """
    chosen = tuple(lanes) or engines_for(workload)
    if own is not None:
        return _work_of_ones_own(own, chosen)
    work = Work(Setting(workload, parameters), chosen)
    try:
        dial = dial_of(workload, parameters)
    except UsageError:  # there is no number on which its size depends
        return work
    size = parameters[dial.name]
    return work._replace(dial=dial, size=size) if isinstance(size, int) else work


def _work_of_ones_own(own: Own, lanes: tuple[Lane, ...]) -> Work:
    tasks, trial = own.checked.tasks, own.checked.trial
    work = Work(
        Setting(own.workload, {}, own.target.reference),
        lanes,
        size=tasks,
        expected_ns=trial.mean_ns * tasks if trial is not None else None,
    )
    # Some at random stand for all of them better than the first ones, which may be the small ones.
    part = own.target._replace(sample=min(tasks, own.target.sample or tasks))
    try:
        return work._replace(dial=dial_of_target(part, own.checked))
    except UsageError:  # there is only one input
        return work
