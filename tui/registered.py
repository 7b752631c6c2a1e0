"""Functions that a project or a package has registered, as workloads that are looked at once they are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poolscope.tui.core import Notice
from poolscope.workloads.errors import UsageError
from poolscope.workloads.model import Lane, Workload
from poolscope.workloads.target import TOPIC
from poolscope.workloads.text import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poolscope.workloads.registry import Entry

NOT_YET = "Nobody has looked at it yet: Enter does, or r."


def list_registered(told: Callable[[Sequence[Entry]], None]) -> list[Notice]:
    """Hand TOLD what is registered for the current directory, and return what the person should know instead."""
    from poolscope.workloads.places import current_directory
    from poolscope.workloads.registry import registered

    try:
        entries = registered(current_directory())
    except UsageError as error:
        return [Notice(str(error), "warning")]
    if entries:
        told(tuple(entries.values()))
    return []


def described(entry: Entry) -> Workload:
    """What can be said of a registered function without importing it; it cannot be run as this."""
    target = entry.target
    inputs = f"Inputs: {clean(target.inputs, 200)}." if target.inputs else "Its inputs are asked for."
    about = f"{clean(target.function, 200)}, registered by {entry.source}. {inputs}"
    return Workload(
        name=entry.name,
        summary=clean(entry.summary, 60),
        explanation=f"{about}\n\nEnter or r has it looked at in a process of its own: whether it can be imported, "
        "whether its inputs and results can be pickled, and how long it takes.",
        parameters=(),
        function=_not_yet,
        inputs=_not_yet,
        summarise=_not_yet,
        default_lanes=lambda _: (Lane("serial"), Lane("pool")),
        memory_needed=lambda *_: 0,
        count_tasks=lambda _: 0,
        topic=TOPIC,
    )


def _not_yet(*_: object) -> str:
    raise AssertionError(NOT_YET)
