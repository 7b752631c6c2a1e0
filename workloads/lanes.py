"""Lanes from what a person wrote to what a runner can execute, and whether this machine can afford them.

A lane is written ``ENGINE:NAME=VALUE,...``, such as ``pool:workers=4,start=spawn,chunksize=100``. A lane that cannot
run a workload, or not here, is skipped, and `check_lanes` says why; only if that is true of all lanes it is an error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from .errors import UsageError
from .model import ENGINES, EngineName, Flavour, Lane, StartMethod

if TYPE_CHECKING:
    from .model import CpuBudget, Machine, Parameters, Workload

MOST_WORKERS = 1_024
MOST_CHUNKSIZE = 1_000_000_000
MOST_BLAS = 1_024
START_METHODS: tuple[StartMethod, ...] = ("fork", "spawn", "forkserver")
FLAVOURS: tuple[Flavour, ...] = ("map", "imap", "imap_unordered", "starmap", "apply_async")
SETTINGS: dict[EngineName, tuple[str, ...]] = {
    "serial": ("blas",),
    "process": ("workers", "start", "blas"),
    "pool": ("workers", "start", "chunksize", "flavour", "maxtasks", "blas", "warm"),
    "executor": ("workers", "start", "chunksize", "blas", "warm"),
    "threads": ("workers", "chunksize", "blas", "warm"),
    "joblib": ("workers", "chunksize", "blas", "warm"),
    "interpreters": ("workers", "chunksize", "blas"),
}
"""What can be set in a lane of each engine, by the name of the setting."""
ABOUT_ENGINES: dict[EngineName, str] = {
    "serial": "one process, one task after the other",
    "process": "one Process a worker, a slice of the tasks each",
    "pool": "multiprocessing.Pool and its map",
    "executor": "concurrent.futures.ProcessPoolExecutor and its map",
    "threads": "concurrent.futures.ThreadPoolExecutor: one process, one GIL",
    "joblib": "joblib.Parallel on loky's processes",
    "interpreters": "concurrent.futures.InterpreterPoolExecutor: one process, a GIL each",
}
"""What each engine is, in a few words."""
FIELDS = {"start": "start_method"}
"""Attributes of a lane whose name is not that of the setting."""

_PARTS_A_WORKER = 4  # the rule of `Pool.map`
_SHOWN = 40
_DIGITS = 30

_OWN_FILES = 40
_FILES_A_WORKER = 3
_OWN_PROCESSES = 12
"""Runner with a pool's threads, resource tracker, fork server, guardian, and something to spare."""
_FAR_FROM_LIMIT = 8_192


def parse_lane(spec: str) -> Lane:
    """Read a lane.

    Raises:
        UsageError: In one sentence: what is wrong, and what is allowed.
    """
    name, colon, rest = spec.strip().partition(":")
    engine = _engine(name.strip())
    lane = Lane(engine)
    if colon and not rest.strip():
        raise UsageError(f"The lane {_shown(spec)} ends in a colon: {_settings_of(engine)}.")
    seen: set[str] = set()
    for setting in rest.split(",") if rest else ():
        key, equals, value = (part.strip() for part in setting.partition("="))
        if key not in SETTINGS[engine]:
            raise UsageError(_no_such_setting(key, engine))
        if not equals or not value:
            raise UsageError(f"The setting {key} of the lane {_shown(spec)} has no value: {_WANTED[key]()}.")
        if key in seen:
            raise UsageError(f"The setting {key} is given twice in the lane {_shown(spec)}.")
        seen.add(key)
        lane = _with_setting(lane, key, value)
    _check_together(lane)
    return lane


def resolve_lane(lane: Lane, tasks: int, budget: CpuBudget, default_start_method: StartMethod) -> Lane:
    """Fill in the defaults of a lane.

    Args:
        lane: As it was asked for.
        tasks: Number of tasks of one run.
        budget: CPUs that can be used; a lane has one worker for each unless it says otherwise.
        default_start_method: That of the platform.

    Raises:
        UsageError: If a setting has a value that is not allowed.
    """
    _check_settings(lane)
    engine, has = lane.engine, SETTINGS[lane.engine]
    workers = lane.workers
    if workers is None:
        workers = min(budget.workers, MOST_WORKERS)
        if engine == "process":
            # A child without any task would be started for nothing.
            workers = max(1, min(workers, tasks))
    if engine == "serial":
        workers = 1
    chunksize = None
    if "chunksize" in has and lane.flavour != "apply_async":
        chunksize = lane.chunksize or max(1, -(-tasks // (workers * _PARTS_A_WORKER)))
    return Lane(
        engine,
        workers,
        start_method=(lane.start_method or default_start_method) if "start" in has else None,
        chunksize=chunksize,
        flavour=lane.flavour if "flavour" in has and lane.flavour != "map" else None,
        maxtasks=lane.maxtasks if "maxtasks" in has else None,
        blas=lane.blas,
        warm=(lane.warm or None) if "warm" in has else None,
    )


def check_lanes(
    lanes: Sequence[Lane], workload: Workload, parameters: Parameters, machine: Machine
) -> tuple[str | None, ...]:
    """Look which of the LANES can run the WORKLOAD here, before anything starts.

    Returns:
        For each lane why it is to be skipped, in one sentence; None if it can run.

    Raises:
        UsageError: If a setting is not allowed, if a lane is given twice, or if none of them can run.
    """
    if not lanes:
        raise UsageError(f"There is no lane to run: choose {_listed(workload.engines, 'or')}.")
    tasks = workload.count_tasks(parameters)
    resolved: list[Lane] = []
    for lane in lanes:
        full = resolve_lane(lane, tasks, machine.budget, machine.default_start_method)
        if full in resolved:
            twin = lanes[resolved.index(full)].label
            same = "is given twice" if twin == lane.label else f"is the same as {twin} here"
            raise UsageError(f"The lane {lane.label} {same}: leave one out.")
        resolved.append(full)
    reasons = tuple(
        _why_not(lane, full, workload, parameters, machine) for lane, full in zip(lanes, resolved, strict=True)
    )
    if None not in reasons:
        raise UsageError(str(reasons[0]))
    return reasons


def why_no_engine(engine: EngineName) -> str | None:
    """Why no lane of that ENGINE can run here, in one sentence that says what would help; None if it can."""
    if engine == "joblib":
        from importlib.util import find_spec

        if find_spec("joblib") is None:
            return "joblib is not installed here: pip install 'poolscope[joblib]'."
    if engine == "interpreters" and sys.version_info < (3, 14):
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return f"Python {version} has no InterpreterPoolExecutor: it came with Python 3.14."
    return None


def why_senseless(engine: EngineName, workload: Workload) -> str | None:
    """Why that ENGINE makes no sense for the WORKLOAD, in one sentence; None if it does."""
    if engine in workload.engines:
        return None
    return f"The engine {engine} makes no sense for {for_whom(workload)}."


def for_whom(workload: Workload) -> str:
    """Name a WORKLOAD for which some engines make no sense, with the reason: ``pipeline, which starts ...``."""
    return ", ".join(filter(None, (workload.name, workload.engines_reason)))


def _why_not(lane: Lane, full: Lane, workload: Workload, parameters: Parameters, machine: Machine) -> str | None:
    senseless = why_senseless(lane.engine, workload)
    if senseless is not None:
        return f"{senseless.rstrip('.')}: choose {_listed(workload.engines, 'or')}."
    missing = why_no_engine(lane.engine)
    if missing is not None:
        return missing
    if workload.shared is not None and lane.engine in ("joblib", "interpreters"):
        return (
            f"{workload.name} shares objects of multiprocessing, which {lane.engine} cannot hand to its workers: "
            "choose pool, process or executor."
        )
    if workload.shared is not None and lane.warm:
        return f"{workload.name} changes what its workers share, so a second pass is another one: leave warm out."
    try:
        _check_start_method(lane, machine)
        _check_files(full)
        _check_processes(full)
        if workload.unsuitable is not None:
            why = workload.unsuitable(full, parameters)
            if why is not None:
                return why
        _check_memory(lane, full, workload, parameters, machine)
    except UsageError as error:
        return str(error)
    return None


def _engine(name: str) -> EngineName:
    if name in ENGINES:
        return name
    meant = _nearest(name, ENGINES)
    said = f"There is no engine {_shown(name)}" if name else "The lane names no engine"
    raise UsageError(f"{said}; did you mean {meant}?" if meant else f"{said}: choose {_listed(ENGINES, 'or')}.")


def _with_setting(lane: Lane, key: str, value: str) -> Lane:
    if key == "start":
        return lane._replace(start_method=_start_method(value))
    if key == "flavour":
        return lane._replace(flavour=_flavour(value))
    if key == "warm":
        return lane._replace(warm=_is_warm(value))
    return lane._replace(**{key: _number(key, value)})  # type: ignore[arg-type]


def _start_method(value: str) -> StartMethod:
    if value in START_METHODS:
        return value
    meant = _nearest(value, START_METHODS)
    said = f"There is no start method {_shown(value)}"
    raise UsageError(f"{said}; did you mean {meant}?" if meant else f"{said}: {_WANTED['start']()}.")


def _flavour(value: str) -> Flavour:
    if value in FLAVOURS:
        return value
    meant = _nearest(value.replace("-", "_"), FLAVOURS)
    said = f"There is no flavour {_shown(value)} of a pool"
    raise UsageError(f"{said}; did you mean {meant}?" if meant else f"{said}: {_WANTED['flavour']()}.")


def _is_warm(value: str) -> bool | None:
    if value not in ("yes", "no"):
        raise UsageError(f"warm = {_shown(value)} is not allowed: {_WANTED['warm']()}.")
    return True if value == "yes" else None


def _number(key: str, value: str) -> int:
    digits = value.replace("_", "")
    number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= _DIGITS else 0
    if not 1 <= number <= _MOST[key]:
        raise UsageError(f"{key} = {_shown(value)} is not allowed: {_WANTED[key]()}.")
    return number


def _check_settings(lane: Lane) -> None:
    """Check what did not come through `parse_lane`."""
    for key in _MOST:
        value = getattr(lane, key)
        if value is not None:
            _number(key, str(value))
    if lane.start_method is not None:
        _start_method(lane.start_method)
    if lane.flavour is not None:
        _flavour(lane.flavour)
    _check_together(lane)


def _check_together(lane: Lane) -> None:
    if lane.flavour == "apply_async" and lane.chunksize is not None:
        raise UsageError("The flavour apply_async sends each task for itself: leave chunksize out.")
    if lane.warm and lane.maxtasks is not None:
        raise UsageError("A pool whose workers are replaced is not kept warm: leave warm out, or maxtasks.")


_MOST = {"workers": MOST_WORKERS, "chunksize": MOST_CHUNKSIZE, "maxtasks": MOST_CHUNKSIZE, "blas": MOST_BLAS}


def _wanted_number(key: str) -> Callable[[], str]:
    return lambda: f"choose a whole number from 1 to {_MOST[key]:,}"


_WANTED: dict[str, Callable[[], str]] = {
    "start": lambda: f"choose {_listed(START_METHODS, 'or')}",
    "flavour": lambda: f"choose {_listed(FLAVOURS, 'or')}",
    "warm": lambda: "choose yes or no",
    **{key: _wanted_number(key) for key in _MOST},
}


def _no_such_setting(key: str, engine: EngineName) -> str:
    if any(key in names for names in SETTINGS.values()):
        return f"The engine {engine} has no setting {key}: {_settings_of(engine)}."
    meant = _nearest(key, SETTINGS[engine])
    said = f"There is no setting {_shown(key)} of the engine {engine}" if key else f"A setting of {engine} has no name"
    return f"{said}; did you mean {meant}?" if meant else f"{said}: {_settings_of(engine)}."


def _settings_of(engine: EngineName) -> str:
    return f"it has {_listed(SETTINGS[engine])}"


def _check_start_method(lane: Lane, machine: Machine) -> None:
    if lane.start_method is not None and lane.start_method not in machine.start_methods:
        raise UsageError(
            f"The start method {_shown(lane.start_method)} does not exist here: "
            f"choose {_listed(machine.start_methods, 'or')}."
        )


def _check_files(full: Lane) -> None:
    """Refuse workers for which the runner could not open enough files."""
    if full.engine in ("serial", "threads", "interpreters"):
        return
    from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit

    limit = getrlimit(RLIMIT_NOFILE)[0]
    if limit != RLIM_INFINITY:
        affordable = (limit - _OWN_FILES) // _FILES_A_WORKER
        _refuse_beyond(full, affordable, f"a process may have {limit:,} files open here (ulimit -n)")


def _check_processes(lane: Lane) -> None:
    """Refuse workers beyond what this user, or this container, may start."""
    workers = lane.workers or 1
    for limit, count, what in _process_limits():
        if limit > _FAR_FROM_LIMIT * 2 + workers:
            continue  # counting would take longer than it is worth
        used = count()
        affordable = limit - used - _OWN_PROCESSES
        _refuse_beyond(lane, affordable, f"{what} may have {limit:,} processes and threads, and has {used:,} already")


def _process_limits() -> Iterable[tuple[int, Callable[[], int], str]]:
    from resource import RLIM_INFINITY, RLIMIT_NPROC, getrlimit

    limit = getrlimit(RLIMIT_NPROC)[0]
    if limit != RLIM_INFINITY and os.getuid() != 0:
        yield limit, _threads_of_user, "this user"
    from .sampling.budget import levels

    for level in levels("pids"):
        most, used = (_read_number(f"{level.directory}/{name}") for name in ("pids.max", "pids.current"))
        if most is not None and used is not None:
            yield most, lambda used=used: used, f"the cgroup {level.path}"  # type: ignore[misc]


def _threads_of_user() -> int:
    """Processes and threads of this user, as the limit counts them."""
    total = 0
    for entry in os.scandir("/proc") if os.path.isdir("/proc") else ():  # noqa: PTH112
        try:
            if entry.name.isdigit() and entry.stat().st_uid == os.getuid():
                total += len(os.listdir(f"{entry.path}/task"))  # noqa: PTH208
        except OSError:
            continue
    return total


def _read_number(path: str) -> int | None:
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123
            return int(file.read())
    except (OSError, ValueError):  # "max" means no limit
        return None


def _refuse_beyond(lane: Lane, affordable: int, why: str) -> None:
    workers = lane.workers or 1
    if workers > affordable:
        choice = f"choose at most {affordable:,}" if affordable > 0 else "none can be started"
        raise UsageError(f"workers = {workers:,} cannot be started: {why}; {choice}.")


def _check_memory(lane: Lane, full: Lane, workload: Workload, parameters: Parameters, machine: Machine) -> None:
    """Refuse what does not fit into memory; LANE is as it was asked for, FULL has its defaults filled in."""
    from .sampling.machine import available_memory

    needed, available = workload.memory_needed(parameters, full), available_memory()
    if needed <= available:
        return
    from .parameters import largest_that_fits
    from .report.figures import size

    def needed_with(some: Parameters) -> int:
        tasks = workload.count_tasks(some)  # another size has other chunks by default
        return workload.memory_needed(some, resolve_lane(lane, tasks, machine.budget, machine.default_start_method))

    fits = largest_that_fits(workload, parameters, needed_with, available)
    hint = f"; {fits[0]} = {fits[1]:,} would fit" if fits else ""
    raise UsageError(
        f"The lane {full.label} of {workload.name} needs about {size(needed)} of memory, "
        f"and {size(available)} is free{hint}."
    )


def _shown(text: str) -> str:
    from .text import clean

    return clean(text, _SHOWN)


def _nearest(name: str, names: Iterable[str]) -> str | None:
    from .parameters import nearest_name

    return nearest_name(name, names)


def _listed(names: Iterable[str], conjunction: str = "and") -> str:
    from .parameters import listed

    return listed(names, conjunction)
