"""Staying unnoticed: errors of the recorder stay here, and its frames do not show in the tracebacks of others."""

from __future__ import annotations

from functools import wraps
from types import BuiltinFunctionType, FunctionType, MethodType

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def quietly(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call it; None if it fails. What the recorder cannot do must not end the program that is observed."""
    try:
        return function(*arguments, **options)
    except Exception:  # noqa: BLE001 - whatever it is, it is ours and not the program's
        return None


def hide_frame(error: BaseException) -> None:
    """Take our frames off the top of a traceback that was caught; a bare ``raise`` is to follow, which adds none."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_globals.get("__package__") == __package__:
        traceback = traceback.tb_next
    error.__traceback__ = traceback


def function_name(function: Any) -> str:
    """Return the qualified name of a function, without running code of a callable object."""
    if type(function) is MethodType:
        function = function.__func__
    kind = type(function)
    named = function if kind in (FunctionType, BuiltinFunctionType, type) else kind
    return str(named.__qualname__)


def around(
    function: Callable[..., Any],
    before: Callable[..., Any] | None,
    after: Callable[..., Any] | None,
) -> Callable[..., Any]:
    """Wrap a function so that its caller cannot tell.

    Args:
        function: What is wrapped.
        before: Called first with the same arguments; what it returns is handed to `after`.
        after: Called when the function returned, with that, the result, and then the same arguments.
    """

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        note = quietly(before, *args, **kwargs) if before is not None else None
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            hide_frame(error)
            raise
        if after is not None:
            quietly(after, note, result, *args, **kwargs)
        return result

    return wrapper
