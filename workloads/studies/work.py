"""A piece of work on which advice is wanted: what is run, in which lanes, and what makes it smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..errors import UsageError
from ..parameters import listed
from .base import Setting
from .candidates import engines_for
from .dial import Dial, dial_of, dial_of_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..model import Lane, Parameters, Workload
    from ..target import Own

_SIZE = "N"
"""What a size is called by custom."""


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

    Raises:
        UsageError: If there is only one way to run it.
    """
    chosen = tuple(lanes) or engines_for(workload)
    if "serial" not in workload.engines or not chosen:
        engines = listed(workload.engines)
        raise UsageError(f"{workload.name} runs with the engine {engines} only, so there is nothing to choose.")
    if own is not None:
        return _work_of_ones_own(own, chosen)
    work = Work(Setting(workload, parameters), chosen)
    try:
        dial = dial_of(workload, parameters)
    except UsageError:  # there is no number on which its size depends
        return work
    size = parameters[dial.name]
    if not isinstance(size, int) or not _is_a_size(workload, parameters, dial):
        return work
    return work._replace(dial=dial, size=size)


def _is_a_size(workload: Workload, parameters: Parameters, dial: Dial) -> bool:
    """Whether a dial says how much there is to do, and not something else, such as for how long to go on."""
    least = dial.at(dial.least).parameters
    return dial.name == _SIZE or workload.count_tasks(least) < workload.count_tasks(parameters)


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
