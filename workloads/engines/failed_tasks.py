"""Functions that do not lose what is known of a task that raised, wherever that happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

_LONGEST = 60
"""Characters of a value in a sentence."""


class Failure(NamedTuple):
    """What a task came to that raised, where the others go on."""

    said: str
    """The exception in words."""
    remote: str
    """The traceback where it happened."""


class FailedTaskError(Exception):
    """A task raised, somewhere else; a pool does not say which one.

    Attributes:
        said: The exception in words.
        remote: The traceback where it happened.
        given: The task's input, as `brief` has it.
    """

    def __init__(self, said: str, remote: str, given: str) -> None:
        super().__init__(said, remote, given)
        self.said = said
        self.remote = remote
        self.given = given


class Keeping:
    """Calls a function, and returns a `Failure` where that raises."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, given: Any) -> Any:
        """Do one task."""
        try:
            return self.function(given)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the answer
            return Failure(*_told(error))


class Locating:
    """Calls a function, and says for which input it raised; also where the exception itself could not be sent."""

    __slots__ = ("function",)

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def __call__(self, given: Any) -> Any:
        """Do one task."""
        try:
            return self.function(given)
        except Exception as error:  # noqa: BLE001 - it is handed on
            raise FailedTaskError(*_told(error), brief(given)) from None


def brief(value: Any) -> str:
    """Write a value in a few characters, whatever its class makes of that."""
    try:
        text = repr(value)
    except Exception:  # noqa: BLE001 - somebody else's class
        return f"a {type(value).__name__}"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _told(error: Exception) -> tuple[str, str]:
    from ..runner.failures import in_words, traceback_of

    return in_words(error), traceback_of(error)
