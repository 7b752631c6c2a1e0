"""What a break-even turns: one whole number of a workload, or how many inputs a person's own function gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ..errors import UsageError
from ..parameters import listed, nearest_name, parse_parameter
from ..text import clean
from .base import Setting

if TYPE_CHECKING:
    from ..model import Parameter, Parameters, Workload
    from ..probe.answers import Checked
    from ..target import Target

INPUTS = "inputs"
"""What the dial of a person's own function is called."""
_ENDLESS = 10**12


class Dial(NamedTuple):
    """A whole number on which the size of the work depends."""

    name: str
    least: int
    most: int
    is_bounded: bool
    """Whether nothing larger than `most` exists or was asked for; otherwise it is only a number without an end."""
    at: Callable[[int], Setting]
    """What is run at a size."""

    def unlimited(self) -> Dial:
        """The same, with nothing refused for the memory that it needs."""

        def at(size: int) -> Setting:
            setting = self.at(size)
            return setting._replace(workload=setting.workload._replace(memory_needed=lambda *_: 0))

        return self._replace(at=at)


def dial_of(
    workload: Workload,
    parameters: Parameters,
    name: str | None = None,
    low: str | None = None,
    high: str | None = None,
) -> Dial:
    """Find the dial of a workload.

    Args:
        workload: Of the catalogue.
        parameters: Complete; the other ones stay as they are.
        name: The parameter to vary; by default N, or the first one that changes how many tasks there are.
        low: Smallest value, as a person typed it; the smallest allowed one by default.
        high: Largest value; the largest allowed one by default.

    Raises:
        UsageError: If there is no such parameter, or no value between the two.
    """
    parameter = _parameter(workload, parameters, name)
    least = max(1, parameter.minimum or 1)
    most = parameter.maximum or _ENDLESS
    first, last = _bounds(parameter, low, high, least, most)

    def at(size: int) -> Setting:
        return Setting(workload, {**parameters, parameter.name: size})

    return Dial(parameter.name, first, last, high is not None or parameter.maximum is not None, at)


def dial_of_target(target: Target, checked: Checked, low: str | None = None, high: str | None = None) -> Dial:
    """Find the dial of a person's own function: how many of its inputs it gets, from the first one on.

    Args:
        target: With all its inputs.
        checked: What is known of it.
        low: Fewest inputs, as a person typed it; one by default.
        high: Most; all of them by default.

    Raises:
        UsageError: If there are not so many inputs.
    """
    from ..model import Parameter
    from ..target import workload_of

    about = "How many inputs there are."
    parameter = Parameter(INPUTS, "integer", checked.tasks, about, minimum=1, maximum=checked.tasks)
    first, last = _bounds(parameter, low, high, 1, checked.tasks)

    def at(size: int) -> Setting:
        part = target._replace(sample=size) if target.sample is not None else target._replace(limit=size)
        return Setting(workload_of(part, checked._replace(tasks=size)), {}, part.reference)

    return Dial(INPUTS, first, last, is_bounded=True, at=at)


def _bounds(parameter: Parameter, low: str | None, high: str | None, least: int, most: int) -> tuple[int, int]:
    first = parse_parameter(parameter, low) if low is not None else least
    last = parse_parameter(parameter, high) if high is not None else most
    assert isinstance(first, int)  # noqa: S101 - it is a whole number
    assert isinstance(last, int)  # noqa: S101
    first = max(1, first)
    if first >= last:
        raise UsageError(
            f"There is nothing between {first:,} and {last:,} to vary {parameter.name} in: "
            "choose --from and --to farther apart."
        )
    return first, last


def _parameter(workload: Workload, parameters: Parameters, name: str | None) -> Parameter:
    whole = {parameter.name: parameter for parameter in workload.parameters if parameter.kind == "integer"}
    if not whole:
        raise UsageError(f"{workload.name} has no whole number to vary, so there is no size from which on it pays.")
    if name is None:
        usual = whole.get("N") or whole.get("n")
        if usual is not None:
            return usual
        scaling = (each for each in whole.values() if _scales(workload, parameters, each))
        return next(scaling, None) or next(iter(whole.values()))
    if name not in whole:
        meant = nearest_name(name, whole)
        hint = f"did you mean {meant}?" if meant else f"there are {listed(whole)}."
        raise UsageError(f"{workload.name} has no whole number {clean(name, 40)} to vary; {hint}")
    return whole[name]


def _scales(workload: Workload, parameters: Parameters, parameter: Parameter) -> bool:
    """Whether the number of tasks grows with a parameter."""
    value = parameters[parameter.name]
    assert isinstance(value, int)  # noqa: S101 - it is a whole number
    other = max(parameter.minimum or 1, value // 2)
    if other == value:
        other = value + 1
    changed = {**parameters, parameter.name: other}
    return (workload.count_tasks(changed) < workload.count_tasks(parameters)) == (other < value)
