"""Inputs that a person's own generator makes; only where that code may run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .errors import UsageError
from .places import Place, a_kind, find_attribute, import_place, line_of, line_of_traceback, locate, split_reference
from .text import clean


def made_by(text: str, directory: str) -> tuple[Iterable[Any], bool]:
    """Call a generator, or take a collection, that ``file.py:name`` or ``module:name`` names.

    Returns:
        The inputs, and whether something was called for them.

    Raises:
        UsageError: If there is none, if it needs arguments, or if it fails.
    """
    split = split_reference(text)
    assert split is not None  # noqa: S101 - that is how it was told from other inputs
    where, name = split
    place = locate(where, directory)
    made = find_attribute(place, import_place(place), name)
    shown = f"{clean(name, 60)} in {place.shown}"
    is_called = callable(made)
    if is_called:
        made = _called(made, shown, place)
    if isinstance(made, range | list | tuple):
        return made, is_called
    if isinstance(made, str | bytes) or not isinstance(made, Iterable):
        raise UsageError(f"--inputs: {shown} gives {a_kind(made)}, and no list or generator of inputs.")
    return _guarded(made, shown, place), is_called


def _called(function: Any, shown: str, place: Place) -> Any:
    from inspect import signature

    try:
        signature(function).bind()
    except TypeError:
        raise UsageError(f"--inputs: {shown}{line_of(function, place)} needs arguments: name one without.") from None
    except ValueError:
        pass  # nobody knows what it takes
    try:
        return function()
    except Exception as error:
        raise _failed(error, shown, place) from error


def _guarded(made: Iterable[Any], shown: str, place: Place) -> Iterator[Any]:
    try:
        yield from made
    except Exception as error:
        raise _failed(error, shown, place) from error


def _failed(error: Exception, shown: str, place: Place) -> UsageError:
    if isinstance(error, UsageError):
        return error
    where = line_of_traceback(error.__traceback__, place)
    said = f"{type(error).__name__}: {error}"
    return UsageError(f"--inputs: {shown} raised {clean(said, 300).rstrip('.')}{f' ({where})' if where else ''}.")
