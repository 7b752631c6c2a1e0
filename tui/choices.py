"""What the person chose to run, worked out as far as it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import Lane, Machine, Parameters, Workload

from .snapshot import Choice

if TYPE_CHECKING:
    from poolscope.workloads.comparison import Comparison
    from poolscope.workloads.launcher import Guardian
    from poolscope.workloads.target import Own


def work_out(
    workload: Workload, parameters: Parameters, lanes: tuple[Lane, ...], machine: Machine, own: Own | None = None
) -> Choice:
    """Fill in every default of LANES, and find out which of them can run here.

    Args:
        workload: What would be run.
        parameters: Complete and checked.
        lanes: As they are asked for.
        machine: Where this is.
        own: What is known of a person's own function; None for a workload of the catalogue.
    """
    from poolscope.workloads.lanes import check_lanes, resolve_lane

    tasks: int | None = None
    try:
        tasks = workload.count_tasks(parameters)
        resolved = tuple(resolve_lane(lane, tasks, machine.budget, machine.default_start_method) for lane in lanes)
    except UsageError as error:
        return Choice(workload, parameters, lanes, tasks, str(error), lanes)
    expectation = question = problem = None
    if own is not None:
        expectation, question = _expect(own, lanes, parameters, machine)
    checked = unlimited(workload) if question is not None else workload
    try:
        reasons = check_lanes(lanes, checked, parameters, machine)
    except UsageError as error:
        problem = str(error)
        reasons = tuple(_reason(lane, checked, parameters, machine) for lane in lanes)
    return Choice(workload, parameters, resolved, tasks, problem, lanes, reasons, expectation, question)


def unlimited(workload: Workload) -> Workload:
    """The same workload, with nothing to be refused for its size: a person is asked about that instead."""
    return workload._replace(memory_needed=lambda *_: 0)


def comparison_of(
    choice: Choice, guardian: Guardian, own: Own | None, repeats: tuple[int | None, int], log_level: int
) -> Comparison:
    """Prepare to run a CHOICE; who was asked something about it has agreed.

    Args:
        choice: What is run.
        guardian: Under which that is done.
        own: The person's function that it is about; None if it is none.
        repeats: Runs of each lane, None for as many as it takes; and warm-up runs before them.
        log_level: Of the log of multiprocessing.

    Raises:
        UsageError: If it cannot be run.
    """
    from poolscope.workloads.comparison import Comparison

    return Comparison(
        guardian,
        unlimited(choice.workload) if choice.question is not None else choice.workload,
        choice.parameters,
        choice.asked,
        repeats[0],
        log_level,
        own.target.reference if own is not None else None,
        keep_going=own is not None and own.keep_going,
        warmups=repeats[1],
    )


def _expect(
    own: Own, lanes: tuple[Lane, ...], parameters: Parameters, machine: Machine
) -> tuple[str | None, str | None]:
    """What the lanes of a person's function will take, and what is to be asked before, a sentence each."""
    from poolscope.workloads.estimates import expected_of
    from poolscope.workloads.report.expected import expected_in_words, too_much
    from poolscope.workloads.sampling.machine import available_memory

    expected = expected_of(own.workload, own.checked, lanes, parameters, machine)
    return expected_in_words(own.workload.name, expected), too_much(expected, available_memory())


def _reason(lane: Lane, workload: Workload, parameters: Parameters, machine: Machine) -> str | None:
    """Why LANE cannot run here, whatever the others are."""
    from poolscope.workloads.lanes import check_lanes

    try:
        return check_lanes((lane,), workload, parameters, machine)[0]
    except UsageError as error:
        return str(error)
