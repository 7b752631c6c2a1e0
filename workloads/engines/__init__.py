"""What executes a workload, one file an engine, behind one small protocol.

An engine is a module with a function ``execute`` of the type `Execute`: it calls the function once for every input,
and returns the results in the order of the inputs, or of their arrival where the lane says so. It calls
``results_there`` at the moment when it has them all, and returns when all that it started is gone; the runner measures
from the call to the return. Where `Work` has a ``begin``, the pool is kept warm: the engine does the work once as
`untimed`, calls ``begin``, and does it again with the same pool; the runner measures from there to ``results_there``.
An exception of the function leaves ``execute``, preferably as a `TaskError`; it need not end its processes then,
because the runner ends at once, and the guardian ends what it leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from ..model import Lane

A_TASK = "A task raised "
"""How the error begins of a run in which a task raised and nobody knows which."""


class Work(NamedTuple):
    """What an engine has to do."""

    function: Callable[[Any], Any]
    inputs: Sequence[Any]
    initializer: Callable[..., object] | None = None
    """Called once in every process that calls the function, before that."""
    initargs: tuple[Any, ...] = ()
    keep_going: bool = False
    """Whether the function is one that never raises: it returns a `failed_tasks.Failure` instead."""
    begin: Callable[[], object] | None = None
    """For a lane that is kept warm: called between the untimed pass and the timed one, with the workers there."""

    def initialize(self) -> None:
        """Call the initializer, if there is one, in this very process."""
        if self.initializer is not None:
            self.initializer(*self.initargs)


class Execute(Protocol):
    """What an engine offers."""

    def __call__(self, work: Work, lane: Lane, results_there: Callable[[], object]) -> list[Any]:
        """Do the work of a resolved lane."""


class TaskError(Exception):
    """A task raised; the exception is the cause, unless it happened in another process.

    Attributes:
        index: Number of the task, from 0 on.
        said: The exception in words, where it happened in another process; "" if it is the cause.
        remote: The traceback in that process; "" likewise.
    """

    def __init__(self, index: int, said: str = "", remote: str = "") -> None:
        super().__init__(index, said, remote)
        self.index = index
        self.said = said
        self.remote = remote


class ChildError(Exception):
    """A child process ended without giving its results; the text says how, in one sentence."""


def engine(name: str) -> Execute:
    """Find an engine; importing it is not part of what is measured."""
    module = import_module(f".{name}", __name__)
    return cast("Execute", module.execute)


def chunks_planned(lane: Lane, tasks: int) -> int:
    """How many chunks a lane will have; 0 where that is not known before."""
    if lane.flavour == "apply_async":
        return tasks
    # joblib makes smaller ones at the beginning.
    return -(-tasks // lane.chunksize) if lane.chunksize and lane.engine != "joblib" else 0


def slices(inputs: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Cut inputs into chunks of that size, the last one excepted."""
    return (inputs[start : start + size] for start in range(0, len(inputs), size))
