"""Named sets of lanes: the comparisons that one wants to see again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .model import EngineName, Lane

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .model import Machine, Parameters, Workload

_MOST_STEPS = 8
"""Lanes with more and more workers."""


class Preset(NamedTuple):
    """Some lanes to be compared."""

    name: str
    """As it is written on the command line, such as ``start-methods``."""
    title: str
    """A few words, such as "three start methods"."""
    about: str
    """What the comparison shows, in one sentence."""
    lanes: tuple[Lane, ...]
    """The first one is the reference. Some may have to be skipped here, such as those of joblib without joblib."""


def presets(workload: Workload, parameters: Parameters, machine: Machine) -> tuple[Preset, ...]:
    """List the presets that make sense for a workload on a machine, with lanes of its engines only.

    Raises:
        UsageError: If the workload's inputs cannot be counted with these PARAMETERS.
    """
    tasks = workload.count_tasks(parameters)
    found = []
    for name, title, about, make in _PRESETS:
        lanes = tuple(lane for lane in make(machine, max(1, tasks)) if lane.engine in workload.engines)
        lanes = tuple(lane for lane in lanes if lane.start_method in (None, *machine.start_methods))
        if len(lanes) > 1:
            found.append(Preset(name, title, about, lanes))
    return tuple(found)


def find_preset(name: str, workload: Workload, parameters: Parameters, machine: Machine) -> Preset:
    """Find a preset by its name.

    Raises:
        UsageError: If there is none of that NAME, or it makes no sense for this workload.
    """
    offered = presets(workload, parameters, machine)
    for preset in offered:
        if preset.name == name:
            return preset
    from .errors import UsageError
    from .parameters import listed, nearest_name
    from .text import clean

    names = [preset.name for preset in offered]
    choice = f"choose {listed(names, 'or')}" if names else "it has none"
    if name in NAMES:
        raise UsageError(f"The preset {name} makes no sense for {workload.name}: {choice}.")
    meant = nearest_name(name.replace(" ", "-"), names)
    raise UsageError(
        f"There is no preset {clean(name, 40)}" + (f"; did you mean {meant}?" if meant else f": {choice}.")
    )


def _serial_against_pool(machine: Machine, tasks: int) -> Iterable[Lane]:
    del machine, tasks
    return Lane("serial"), Lane("pool")


def _start_methods(machine: Machine, tasks: int) -> Iterable[Lane]:
    del tasks
    return [Lane("pool", start_method=method) for method in machine.start_methods]


def _threads_against_processes(machine: Machine, tasks: int) -> Iterable[Lane]:
    del machine, tasks
    return Lane("serial"), Lane("threads"), Lane("executor")


def _workers(machine: Machine, tasks: int) -> Iterable[Lane]:
    """1, 2, 4 and so on up to the CPU budget, and twice as many to see that it does not help."""
    del tasks
    budget = machine.budget.workers
    powers = [1 << power for power in range(budget.bit_length()) if 1 << power < budget]
    counts = [*powers, budget, 2 * budget]
    return [Lane("pool", count) for count in counts[:1] + counts[1:][-(_MOST_STEPS - 1) :]]


def _chunk_sizes(machine: Machine, tasks: int) -> Iterable[Lane]:
    """One chunk a worker, four (the default), and fewer and fewer tasks each; one alone where they are not too many."""
    workers = machine.budget.workers
    sizes = [-(-tasks // (workers * parts)) for parts in (1, 4, 16, 64)]
    sizes += [1] if tasks <= _FEW_TASKS else []
    return [Lane("pool", chunksize=size) for size in dict.fromkeys(sizes)]


def _map_flavours(machine: Machine, tasks: int) -> Iterable[Lane]:
    del machine
    lanes = [Lane("pool"), Lane("pool", flavour="imap"), Lane("pool", flavour="imap_unordered")]
    lanes.append(Lane("pool", flavour="starmap"))
    if tasks <= _FEW_TASKS:  # it sends each task for itself
        lanes.append(Lane("pool", flavour="apply_async"))
    return lanes


def _all_engines(machine: Machine, tasks: int) -> Iterable[Lane]:
    del machine, tasks
    engines: tuple[EngineName, ...] = ("serial", "threads", "process", "pool", "executor", "joblib", "interpreters")
    return [Lane(engine) for engine in engines]


def _cold_and_warm(machine: Machine, tasks: int) -> Iterable[Lane]:
    del machine, tasks
    return [Lane("serial"), Lane("pool"), Lane("pool", warm=True)]


_FEW_TASKS = 100_000
"""So many can be sent one by one within seconds."""

_PRESETS: tuple[tuple[str, str, str, Callable[[Machine, int], Iterable[Lane]]], ...] = (
    (
        "serial-against-pool",
        "serial against pool",
        "Whether a pool of workers is worth it at all.",
        _serial_against_pool,
    ),
    (
        "start-methods",
        "three start methods",
        "What starting a worker costs: copied from the parent, begun afresh, or copied from a small server.",
        _start_methods,
    ),
    (
        "threads-against-processes",
        "threads against processes",
        "Threads cost little, but compute one at a time unless the work releases the GIL, or waits.",
        _threads_against_processes,
    ),
    (
        "workers",
        "1, 2, 4 ... workers",
        "How far more workers help, up to as many as there are CPUs, and beyond.",
        _workers,
    ),
    (
        "chunk-sizes",
        "chunk sizes",
        "Large chunks cost little to send, small ones share uneven work better.",
        _chunk_sizes,
    ),
    (
        "map-flavours",
        "map flavours",
        "The methods of a pool: results at the end, as they come, in order or not, one call a task.",
        _map_flavours,
    ),
    (
        "cold-and-warm",
        "cold and warm",
        "What a pool costs that is made for one call, and what is left of that once it is kept for the next.",
        _cold_and_warm,
    ),
    (
        "all-engines",
        "all engines",
        "Every way of running tasks side by side that Python has; those that are missing here are skipped.",
        _all_engines,
    ),
)

NAMES = tuple(name for name, *_ in _PRESETS)
"""Of all presets, in the order in which they are offered."""
