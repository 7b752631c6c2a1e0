"""How long lanes will take, and how much memory, from what a few tasks took."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .model import Lane, Machine, Parameters, Workload
    from .probe.answers import Checked

_FORK_NS = 8_000_000
_SPAWN_NS = 60_000_000
"""To start a worker that imports nothing but what multiprocessing needs."""
_LOKY_NS = 700_000_000
"""To import joblib and to start the processes that loky watches its workers with."""
_TASK_NS = 2_000
"""What an engine does for a task beside pickling."""
_CHUNK_NS = {"pool": 30_000, "executor": 100_000, "threads": 20_000, "joblib": 350_000, "interpreters": 100_000}
"""What it does for a chunk, roughly, as an empty function with one task a chunk shows; `process` has no chunks."""
_WAITS = 0.5
"""Tasks whose CPU time is less of their wall time than that mostly wait, so that workers need no core each."""


class Estimate(NamedTuple):
    """What a lane will need."""

    time_ns: int
    memory_bytes: int
    is_at_least: bool
    """Whether the time may be much longer, because a task of the trial did not end."""


class Expected(NamedTuple):
    """What the lanes of a person's function will need, one run each."""

    checked: Checked
    lanes: tuple[tuple[Lane, Estimate], ...]
    """Those that can run, as they were asked for; empty where no task was tried."""


def expected_of(
    workload: Workload, checked: Checked, lanes: Sequence[Lane], parameters: Parameters, machine: Machine
) -> Expected:
    """Estimate one run of each of the LANES that can run here.

    Raises:
        UsageError: If a setting of a lane is not allowed.
    """
    from .lanes import resolve_lane, why_no_engine

    found = []
    for lane in lanes:
        full = resolve_lane(lane, checked.tasks, machine.budget, machine.default_start_method)
        if why_no_engine(lane.engine) is not None:
            continue
        if workload.unsuitable is not None and workload.unsuitable(full, parameters) is not None:
            continue
        needed = estimate(checked, full, machine)
        if needed is not None:
            found.append((lane, needed))
    return Expected(checked, tuple(found))


def estimate(checked: Checked, lane: Lane, machine: Machine) -> Estimate | None:
    """Estimate one run of a resolved lane; None without a trial."""
    trial = checked.trial
    if trial is None:
        return None
    tasks, workers = checked.tasks, lane.workers or 1
    computing = trial.mean_ns * tasks
    exceeded = trial.exceeded_ns is not None
    if lane.engine == "serial":
        return Estimate(computing, memory_of(checked, lane), exceeded)
    waits = trial.cpu_share < _WAITS
    if lane.engine == "threads":
        side_by_side = float(workers) if waits else 1.0  # the interpreter runs one at a time
    else:
        side_by_side = float(workers) if waits else min(float(workers), machine.budget.cpus)
    at_once = max(1.0, min(side_by_side, float(tasks)))
    shipping = 0 if lane.engine == "threads" else tasks * (trial.shipping_ns + _TASK_NS)
    shipping += -(-tasks // (lane.chunksize or 1)) * _CHUNK_NS.get(lane.engine, 0)
    time_ns = _start_ns(checked, lane, machine) + max(computing / at_once, trial.longest_ns, shipping)
    return Estimate(round(time_ns), memory_of(checked, lane), exceeded)


def _start_ns(checked: Checked, lane: Lane, machine: Machine) -> float:
    workers = lane.workers or 1
    if lane.engine == "threads":
        return 0.0
    if lane.start_method == "fork" and lane.engine != "joblib":
        return float(_FORK_NS * workers)
    starting = (_SPAWN_NS + checked.import_ns) * workers / min(float(workers), machine.budget.cpus)
    return starting + (_LOKY_NS if lane.engine == "joblib" else 0)


def memory_of(checked: Checked, lane: Lane) -> int:
    """Estimate the peak memory of one run over all its processes; 0 without a trial."""
    from .catalogue.estimate import peak_bytes

    trial = checked.trial
    if trial is None:
        return 0
    workers = 1 if lane.engine in ("serial", "threads") else (lane.workers or 1)
    own = 1 if lane.engine in ("serial", "threads") or lane.start_method == "fork" else 1 + workers
    held = peak_bytes(
        checked.tasks,
        lane,
        trial.input_bytes,
        trial.result_bytes,
        held=trial.input_bytes,
        travelling=trial.pickled_bytes,
    )
    at_work = lane.workers or 1
    return held + own * checked.module_bytes + at_work * trial.growth_bytes
