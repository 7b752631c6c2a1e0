"""What each setting of a lane may be set to here: a few sensible values, each with a word on what it means.

The form offers nothing else, so that nothing that is chosen there can be wrong. A value of None stands for the default,
and is shown as what the default comes to; it keeps up when the workload's size or another setting changes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from poolscope.workloads.errors import UsageError
from poolscope.workloads.lanes import (
    ABOUT_ENGINES,
    FIELDS,
    FLAVOURS,
    MOST_WORKERS,
    SETTINGS,
    resolve_lane,
    why_no_engine,
    why_senseless,
)
from poolscope.workloads.model import ENGINES, EngineName, Lane, Machine, Parameters, Workload
from poolscope.workloads.report import figures

NAMES = {
    "workers": "Workers",
    "start": "Start method",
    "flavour": "Method",
    "chunksize": "Chunk size",
    "maxtasks": "Renew after",
    "blas": "BLAS threads",
    "warm": "Pool kept",
}
"""The settings in the order of the form, with how they are called there."""

_EACH = 8
"""Every number of workers is offered up to this one, or to twice the CPU budget."""
_STARTS = {
    "fork": "copied from the runner: quick",
    "spawn": "a fresh Python each: slow, clean",
    "forkserver": "copied from a small, clean server",
}
_FLAVOURS = {
    "map": "all results at the end, in order",
    "imap": "results as they come, in order",
    "imap_unordered": "results as they come, in any order",
    "starmap": "as map, with several arguments",
    "apply_async": "one call a task, none together",
}


class Situation(NamedTuple):
    """What decides which values make sense."""

    workload: Workload
    parameters: Parameters
    machine: Machine
    tasks: int
    """Of one run; 0 where they could not be counted."""

    def resolve(self, lane: Lane) -> Lane:
        """Fill in the defaults of LANE, as far as that is possible."""
        return resolved(lane, self.tasks, self.machine)


class Value(NamedTuple):
    """One of the values that a setting is offered."""

    value: Any
    """As a lane holds it; None for the default."""
    text: str
    about: str
    """What it means, in a few words."""


def resolved(lane: Lane, tasks: int, machine: Machine) -> Lane:
    """Fill in the defaults of LANE, or leave it as it is where that is impossible."""
    try:
        return resolve_lane(lane, tasks, machine.budget, machine.default_start_method)
    except UsageError:
        return lane


def engines_of(workload: Workload, *kept: EngineName) -> tuple[EngineName, ...]:
    """Those that can run WORKLOAD here, and those that are KEPT all the same."""
    return tuple(name for name in ENGINES if name in kept or why_not(name, workload) is None)


def why_not(engine: EngineName, workload: Workload) -> str | None:
    """Why ENGINE cannot run WORKLOAD here, in one sentence; None if it can."""
    return why_senseless(engine, workload) or why_no_engine(engine)


def settings_of(lane: Lane) -> tuple[str, ...]:
    """The settings that LANE can have, in the order of the form."""
    has = SETTINGS[lane.engine]
    senseless = {"chunksize"} if lane.flavour == "apply_async" else set()
    senseless |= {"maxtasks"} if lane.warm else set()
    return tuple(name for name in NAMES if name in has and name not in senseless)


def setting_of(lane: Lane, name: str) -> Any:
    """What the setting NAME of LANE is set to; None for the default."""
    return getattr(lane, FIELDS.get(name, name))


def lane_of(engine: EngineName, settings: dict[str, Any]) -> Lane:
    """Make a lane, leaving those SETTINGS out that ENGINE has not."""
    has = SETTINGS[engine]
    lane = Lane(engine, flavour=settings.get("flavour") if "flavour" in has else None)
    lane = lane._replace(warm=settings.get("warm") if "warm" in has else None)
    for name in settings_of(lane):
        lane = lane._replace(**{FIELDS.get(name, name): settings.get(name)})  # type: ignore[arg-type]
    return lane


def about_engine(engine: EngineName) -> str:
    """What ENGINE is, in a few words."""
    return ABOUT_ENGINES[engine]


def offered(name: str, lane: Lane, situation: Situation) -> tuple[Value, ...]:
    """The values that the setting NAME of LANE may be given, in their order; the one it has is always among them."""
    make = {
        "workers": _workers,
        "start": _start_methods,
        "flavour": _flavours,
        "chunksize": _chunk_sizes,
        "maxtasks": _renewals,
        "blas": _blas,
        "warm": _warmth,
    }[name]
    return make(lane, situation)


def suggested(lanes: tuple[Lane, ...], situation: Situation) -> Lane:
    """A lane that is not among LANES yet, nor the same as one of them here."""
    there = {situation.resolve(lane) for lane in lanes}
    able = engines_of(situation.workload) or situation.workload.engines
    preferred: tuple[EngineName, ...] = ("pool", "executor", "threads", "process", "joblib", "interpreters", "serial")
    engines = [name for name in preferred if name in able]
    candidates = [Lane(engine) for engine in engines]
    candidates += [
        Lane(engine, value.value)
        for engine in engines
        if engine != "serial"
        for value in _workers(Lane(engine), situation)
    ]
    return next((lane for lane in candidates if situation.resolve(lane) not in there), candidates[0])


def _workers(lane: Lane, situation: Situation) -> tuple[Value, ...]:
    budget = situation.machine.budget.workers
    usual = situation.resolve(lane._replace(workers=None)).workers or budget
    each = max(_EACH, 2 * budget)
    numbers = [
        *range(1, each + 1),
        *(number for number in _round_numbers(MOST_WORKERS, (1, 1.5), base=2) if number > each),
    ]
    cpus = f"{budget} CPU{'' if budget == 1 else 's'}"

    def about(number: int, *, is_default: bool) -> str:
        if is_default:
            return "one for each CPU" if number == budget else f"one for each of {_counted(number, 'task')}"
        if number > budget:
            return f"more than the {cpus} here"
        return f"as many as there are CPUs: {budget}" if number == budget else f"of {cpus}"

    return _numbers(numbers, lane.workers, usual, about)


def _start_methods(lane: Lane, situation: Situation) -> tuple[Value, ...]:
    usual, chosen = situation.machine.default_start_method, lane.start_method
    values = [
        Value(None if method == usual and chosen != usual else method, method, _STARTS[method])
        for method in situation.machine.start_methods
    ]
    if chosen is not None and chosen not in situation.machine.start_methods:
        values.append(Value(chosen, chosen, "does not exist here"))
    return tuple(values)


def _flavours(lane: Lane, situation: Situation) -> tuple[Value, ...]:
    del situation
    return tuple(
        Value(None if name == "map" and lane.flavour != "map" else name, name, _FLAVOURS[name]) for name in FLAVOURS
    )


def _chunk_sizes(lane: Lane, situation: Situation) -> tuple[Value, ...]:
    tasks, full = max(1, situation.tasks), situation.resolve(lane._replace(chunksize=None))
    workers = full.workers or 1
    largest = -(-tasks // workers)
    numbers = [number for number in _round_numbers(tasks, (1, 2, 5)) if number < largest]

    def about(number: int, *, is_default: bool) -> str:
        chunks = -(-tasks // number)
        a_worker = figures.cpus(chunks / workers)
        said = f"{_counted(chunks, 'chunk')}, {a_worker} a worker" if chunks >= workers else f"{chunks:,} in all"
        return f"the usual: {said}" if is_default else said

    return _numbers([*numbers, largest], lane.chunksize, full.chunksize or 1, about)


def _renewals(lane: Lane, situation: Situation) -> tuple[Value, ...]:
    full = situation.resolve(lane)
    chunks = -(-max(1, situation.tasks) // (full.chunksize or 1))
    each = -(-chunks // (full.workers or 1))
    numbers = sorted({*(number for number in _round_numbers(min(each, 1_000), (1, 2, 5))), *_given(lane.maxtasks)})
    never = Value(None, "never", "a worker stays until the end")
    return (never, *(Value(number, _counted(number, "chunk"), "then another worker begins") for number in numbers))


def _blas(lane: Lane, situation: Situation) -> tuple[Value, ...]:
    budget = situation.machine.budget.workers
    numbers = sorted({1, *_round_numbers(budget, (1,), base=2), budget, 2 * budget, *_given(lane.blas)})
    unset = Value(None, "as they like", "NumPy and its like decide")
    return (unset, *(Value(number, f"{number:,}", "in each process, NumPy and its like") for number in numbers))


def _warmth(lane: Lane, situation: Situation) -> tuple[Value, ...]:
    del lane, situation
    cold = Value(None, "no", "started anew and timed: cold")
    return (cold, Value(True, "yes", "timed on its second pass: warm"))


def _numbers(numbers: list[int], chosen: int | None, usual: int, about: Any) -> tuple[Value, ...]:
    """Put the default among NUMBERS where it belongs; one that is CHOSEN stays one, even if it is the usual one."""
    values = []
    for number in sorted({*numbers, usual, *_given(chosen)}):
        is_default = number == usual and chosen != usual
        values.append(Value(None if is_default else number, f"{number:,}", about(number, is_default=is_default)))
    return tuple(values)


def _round_numbers(most: int, steps: tuple[float, ...], base: int = 10) -> list[int]:
    """1, 2, 5, 10 and so on, as STEPS say, up to MOST."""
    found: set[int] = set()
    power = 1
    while power <= most:
        found.update(int(step * power) for step in steps if step * power <= most)
        power *= base
    return sorted(found)


def _given(number: int | None) -> tuple[int, ...]:
    return () if number is None else (number,)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
