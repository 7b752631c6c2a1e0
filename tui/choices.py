"""What the person chose to run, worked out as far as it can be."""

from __future__ import annotations

from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import Lane, Machine, Parameters, Workload

from .snapshot import Choice


def work_out(workload: Workload, parameters: Parameters, lanes: tuple[Lane, ...], machine: Machine) -> Choice:
    """Fill in every default of LANES, and find out which of them can run here."""
    from poolscope.workloads.lanes import check_lanes, resolve_lane

    tasks: int | None = None
    try:
        tasks = workload.count_tasks(parameters)
        resolved = tuple(resolve_lane(lane, tasks, machine.budget, machine.default_start_method) for lane in lanes)
    except UsageError as error:
        return Choice(workload, parameters, lanes, tasks, str(error), lanes)
    problem = None
    try:
        reasons = check_lanes(lanes, workload, parameters, machine)
    except UsageError as error:
        problem = str(error)
        reasons = tuple(_reason(lane, workload, parameters, machine) for lane in lanes)
    return Choice(workload, parameters, resolved, tasks, problem, lanes, reasons)


def _reason(lane: Lane, workload: Workload, parameters: Parameters, machine: Machine) -> str | None:
    """Why LANE cannot run here, whatever the others are."""
    from poolscope.workloads.lanes import check_lanes

    try:
        return check_lanes((lane,), workload, parameters, machine)[0]
    except UsageError as error:
        return str(error)
