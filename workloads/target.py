"""A person's own function and its inputs, as they travel to the runner, and as a workload.

The process of the user interface knows a target as text and as what the probe found out about it; the person's code is
imported in the probe and in runners only. A plan names a target by its `reference`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .errors import UsageError
from .text import clean

if TYPE_CHECKING:
    from .calling import Manner
    from .inputs import Inputs
    from .model import Lane, Parameters, Workload
    from .places import Place
    from .probe.answers import Checked, PickleProblem

PREFIX = "target:"
TOPIC = "your own"
_SHOWN_RESULTS = 4
_LONGEST_NAME = 60


class Target(NamedTuple):
    """A function, its inputs and which of them are taken, as they were written."""

    function: str
    """``file.py:function`` or ``module:function``."""
    inputs: str
    directory: str
    """Absolute; against which paths are resolved and from which modules are imported."""
    limit: int | None = None
    """So many of the inputs from the beginning; None means all."""
    sample: int | None = None
    """So many of these at random; None means all."""
    seed: int = 0
    star: bool = False
    """Whether each input is spread over the function's arguments, even if one would take it."""

    @property
    def reference(self) -> str:
        """How a plan names it."""
        return PREFIX + json.dumps(self._asdict())

    @property
    def name(self) -> str:
        """What it is called on screen: ``work.py:slow``."""
        where, _, name = self.function.rpartition(":")
        return clean(f"{os.path.basename(where) if where.endswith('.py') else where}:{name}", _LONGEST_NAME)  # noqa: PTH119


def is_reference(text: str) -> bool:
    """Whether a plan's workload is a target."""
    return text.startswith(PREFIX)


def target_from(reference: str) -> Target:
    """Read a reference; it was written by this program."""
    return Target(**json.loads(reference.removeprefix(PREFIX)))


def check_target(target: Target) -> Target:
    """Refuse what can be refused without importing anything.

    Raises:
        UsageError: If function or inputs are written in no way that makes sense, or a file is missing.
    """
    from .inputs import parse_inputs
    from .places import locate, split_reference

    split = split_reference(target.function)
    if split is None:
        shown = clean(target.function, 200)
        raise UsageError(f"{shown} names no function: write file.py:function or module:function.")
    locate(split[0], target.directory)
    parse_inputs(target.inputs, target.directory)
    return target


# Where a person's code may run


class Loaded(NamedTuple):
    """A target whose code is imported."""

    place: Place
    function: Callable[..., Any]
    """As the person wrote it."""
    inputs: Inputs
    manner: Manner
    task: Callable[[Any], Any]
    """What is called with one input."""


def import_function(target: Target) -> tuple[Place, Callable[..., Any]]:
    """Import a target's function.

    Raises:
        UsageError: If that fails, in one sentence with file and line.
    """
    from .places import find_function, import_place, locate, split_reference

    where, name = split_reference(target.function) or (target.function, "")
    place = locate(where, target.directory)
    return place, find_function(place, import_place(place), name)


def load(target: Target, place: Place, function: Callable[..., Any]) -> Loaded:
    """Make a target's inputs, and find out how its function is called with them.

    Raises:
        UsageError: If the inputs cannot be made, or do not fit the function.
    """
    from .calling import manner_for, with_manner
    from .inputs import Choice, build_inputs, parse_inputs

    signature = signature_of(function)
    names = list(signature.parameters) if signature is not None else []
    choice = Choice(target.limit, target.sample, target.seed)
    source = parse_inputs(target.inputs, target.directory)
    inputs = build_inputs(source, choice, target.directory, names)
    first = inputs.items[0]
    manner = manner_for(signature, first, is_row=inputs.are_rows, star=target.star)
    if manner is None:
        raise UsageError(_does_not_fit(target, place, function, first, inputs))
    return Loaded(place, function, inputs, manner, with_manner(function, manner))


def signature_of(function: Callable[..., Any]) -> Any:
    """Signature of a function; None where nobody knows."""
    from inspect import signature

    try:
        return signature(function)
    except Exception:  # noqa: BLE001 - it looks at attributes, which may be somebody else's code
        return None


def _does_not_fit(target: Target, place: Place, function: Callable[..., Any], first: Any, inputs: Inputs) -> str:
    from .calling import arguments_in_words
    from .parameters import listed
    from .places import line_of
    from .recorder.arguments import short_form

    signature = signature_of(function)
    name = clean(target.function.rpartition(":")[2], 60)
    spreads = inputs.are_rows or target.star
    if spreads and type(first) not in (tuple, list, dict):
        return (
            f"--star spreads lists, tuples and objects over arguments, but the first input is {short_form((first,))}."
        )
    where = f"{name}{clean(str(signature), 100)}{line_of(function, place)}"
    named = [each.name for each in signature.parameters.values() if each.kind is each.KEYWORD_ONLY]
    if named and type(first) is not dict:
        return (
            f"{where} takes {listed(named)} by name, so each input has to be an object such as {{'{named[0]}': 1}}: "
            f"the first is {clean(short_form((first,)), 100)}."
        )
    given = f"{len(first)} each" if spreads or type(first) in (tuple, list) else "1 each"
    return (
        f"{where} takes {arguments_in_words(signature)}, but the inputs give {given}: "
        f"the first is {clean(short_form((first,)), 100)}."
    )


def workload_from(reference: str) -> Workload:
    """Make the workload that a runner executes.

    Raises:
        UsageError: If the function cannot be imported or found.
    """
    from .model import Workload

    target = target_from(reference)
    place, function = import_function(target)
    loaded = load(target, place, function)
    return Workload(
        name=target.name,
        summary="",
        explanation="",
        parameters=(),
        function=loaded.task,
        inputs=lambda _: loaded.inputs.items,
        summarise=_summarise,
        default_lanes=lambda _: (),
        memory_needed=lambda *_: 0,
        count_tasks=lambda _: len(loaded.inputs.items),
        topic=TOPIC,
    )


def _summarise(results: Sequence[Any], parameters: Parameters) -> str:
    """Count the results, and show the first ones without running any code of theirs."""
    del parameters
    from .recorder.arguments import short_form

    count = f"{len(results):,} result{'' if len(results) == 1 else 's'}"
    some = [clean(short_form((result,)), 60) for result in results[:_SHOWN_RESULTS]]
    more = ", …" if len(results) > _SHOWN_RESULTS else ""
    return f"{count}: {', '.join(some)}{more}"


# Where it may not


def workload_of(target: Target, checked: Checked) -> Workload:
    """Describe a target to those who compare lanes and show them; nothing of it can be called here.

    Args:
        target: Which was checked.
        checked: What the probe found out.
    """
    from .estimates import memory_of
    from .model import ENGINES, Lane, Workload

    return Workload(
        name=target.name,
        summary=clean(checked.doc, 60) or "a function without a docstring",
        explanation=f"{checked.doc or _undescribed(checked)}\n\nInputs: {clean(target.inputs, 200)}.",
        parameters=(),
        function=_elsewhere,
        inputs=_elsewhere,
        summarise=_elsewhere,
        default_lanes=lambda _: (Lane("serial"), Lane("pool")),
        memory_needed=lambda _, lane: memory_of(checked, lane),
        count_tasks=lambda _: checked.tasks,
        engines=ENGINES,
        topic=TOPIC,
        unsuitable=lambda lane, _: unsuitable(checked, lane),
        code=checked.code or "",
    )


def _undescribed(checked: Checked) -> str:
    return f"Its arguments: {clean(checked.signature, 200)}."


class Own(NamedTuple):
    """A person's function that was looked at, and how it is to be run."""

    workload: Workload
    target: Target
    checked: Checked
    keep_going: bool = False
    """Whether the other tasks go on when one raises."""


def _elsewhere(*_: object) -> Any:
    raise AssertionError("a person's function is called in a runner, and nowhere else")


def unsuitable(checked: Checked, lane: Lane) -> str | None:
    """Why what a lane ships between its processes cannot travel, in one sentence; None if it can."""
    return next((problem.sentence for problem in _shipped(checked, lane) if problem is not None), None)


def _shipped(checked: Checked, lane: Lane) -> tuple[PickleProblem | None, ...]:
    if lane.engine in ("serial", "threads"):
        return ()
    if lane.engine == "process" and lane.start_method == "fork":
        return (checked.result_problem,)  # the rest is inherited
    if lane.engine == "joblib":
        return (checked.input_problem, checked.result_problem)  # it ships functions by value, lambdas too
    return (checked.function_problem, checked.input_problem, checked.result_problem)
