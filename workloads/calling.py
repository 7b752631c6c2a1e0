"""How a person's function is called with an input: as its one argument, or spread over several.

Spawned workers import this to unpickle what they are to call, so it imports next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from inspect import Signature

Manner = Literal["one", "spread", "keywords"]


class Spread:
    """Calls a function with the items of a sequence as its arguments."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__name__ = str(getattr(function, "__name__", type(function).__name__))
        self.__qualname__ = str(getattr(function, "__qualname__", self.__name__))

    def __call__(self, item: Any) -> Any:
        """Do one task."""
        return self.function(*item)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.function,)


class Keywords(Spread):
    """Calls a function with the items of a mapping as its arguments by name."""

    def __call__(self, item: Any) -> Any:
        """Do one task; records of a file may be of both kinds."""
        return self.function(**item) if type(item) is dict else self.function(*item)


def with_manner(function: Callable[..., Any], manner: Manner) -> Callable[[Any], Any]:
    """Return what is called with one input."""
    if manner == "spread":
        return Spread(function)
    return Keywords(function) if manner == "keywords" else function


def manner_for(signature: Signature | None, item: Any, *, is_row: bool, star: bool) -> Manner | None:
    """Decide how a function is called with inputs of which ITEM is the first.

    Args:
        signature: None where nobody knows it.
        item: The first input.
        is_row: Whether the input is a row of a table, whose columns are arguments.
        star: Whether a person said that inputs are to be spread.

    Returns:
        None if it cannot be called with that.
    """
    named = type(item) is dict and all(type(key) is str for key in item)
    several = type(item) in (tuple, list)
    if is_row or star:
        if named:
            return "keywords" if binds(signature, (), item) else None
        return "spread" if several and binds(signature, item, {}) else None
    names = signature.parameters.keys() if signature is not None else ()
    if named and item and item.keys() <= set(names) and binds(signature, (), item):
        return "keywords"  # its names are those of the arguments: this is no accident
    if binds(signature, (item,), {}):
        return "one"
    if several and binds(signature, item, {}):
        return "spread"
    return "keywords" if named and binds(signature, (), item) else None


def binds(signature: Signature | None, arguments: Any, keywords: Any) -> bool:
    """Whether a function can be called like this."""
    if signature is None:
        return True
    try:
        signature.bind(*arguments, **keywords)
    except TypeError:
        return False
    return True


def arguments_in_words(signature: Signature) -> str:
    """How many arguments a function takes: ``2 arguments``, ``1 to 3 arguments``, ``no argument``."""
    least = most = 0
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            most = 1_000_000
            continue
        most += 1
        least += parameter.default is parameter.empty
    if most >= 1_000_000:
        return f"at least {_counted(least)}" if least else "any number of arguments"
    if least == most:
        return _counted(least)
    return f"{least} to {_counted(most)}"


def _counted(number: int) -> str:
    return f"{number or 'no'} argument{'' if number <= 1 else 's'}"
