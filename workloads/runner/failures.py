"""What a run that failed has to say for itself."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence
from typing import Any

from ..engines import A_TASK, ChildError, TaskError, failed_tasks
from ..engines.failed_tasks import FailedTaskError, Failure, brief
from ..errors import PoolscopeError
from ..model import RunResult

_ENGINES = os.path.dirname(failed_tasks.__file__)  # noqa: PTH120
_LONGEST = 1_000
"""Characters of an exception's text that are told."""
_MOST_TOLD = 20
"""Failed tasks of a run that kept going."""
_MOST_SOUGHT = 1_000_000
"""Inputs among which that of a failed task is looked for."""


def failure(error: BaseException, inputs: Sequence[Any]) -> RunResult:
    """Describe the run that ERROR ended.

    Args:
        error: Whatever it was.
        inputs: Of all tasks; empty if it did not get that far.
    """
    tasks = len(inputs)
    if isinstance(error, TaskError) and isinstance(error.__cause__, FailedTaskError):
        error = TaskError(error.index, error.__cause__.said, error.__cause__.remote)
    if isinstance(error, FailedTaskError):
        # The first one with that input: the same function raises for it, too.
        index = next((index for index in range(min(tasks, _MOST_SOUGHT)) if brief(inputs[index]) == error.given), None)
        if index is not None:
            error = TaskError(index, error.said, error.remote)
    return RunResult(
        ok=False,
        error=_sentence(error, inputs),
        traceback=_traceback(error),
        elapsed_ns=0,
        tasks=tasks,
        digest=None,
        summary="",
    )


def without_failures(results: Sequence[Any], inputs: Sequence[Any]) -> tuple[list[Any], int, tuple[str, ...]]:
    """Look for tasks that raised while the others went on.

    Args:
        results: In the order of the inputs, or not; then there are none of these for an answer.
        inputs: Of all tasks; empty where the results are in another order.

    Returns:
        The results with exceptions in words in place of tracebacks, so that they can be compared; how many tasks
        raised; and the first ones, a sentence each.
    """
    found = [index for index, result in enumerate(results) if isinstance(result, Failure)]
    told = []
    for index in found[:_MOST_TOLD]:
        given = inputs[index] if inputs else None
        told.append(_raised(index, len(results), given, results[index].said, has_place=bool(inputs)))
    bare = [("raised", result.said) if isinstance(result, Failure) else result for result in results] if found else []
    return bare or list(results), len(found), tuple(told)


def _raised(index: int, tasks: int, given: Any, said: str, *, has_place: bool = True) -> str:
    if not has_place:
        return f"{A_TASK}{_ended(said)}"
    return f"Task {index + 1:,} of {tasks:,} (input {brief(given)}) raised {_ended(said)}"


def _sentence(error: BaseException, inputs: Sequence[Any]) -> str:
    if isinstance(error, PoolscopeError | ChildError):
        return str(error)
    if isinstance(error, TaskError):
        said = error.said or in_words(error.__cause__)
        return _raised(error.index, len(inputs), inputs[error.index], said)
    if isinstance(error, FailedTaskError):
        return f"{A_TASK}{_ended(error.said)}"
    if _remote(error):
        return f"{A_TASK}{_ended(in_words(error))}"
    return f"The run failed: {_ended(in_words(error))}"


def in_words(error: BaseException | None) -> str:
    """Name an exception and what it says: ``ValueError: math domain error``."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - somebody else's class
        text = ""
    name = type(error).__name__
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}…"
    return f"{name}: {text}" if text else name


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _remote(error: BaseException) -> str:
    """The traceback in the process where it happened, as multiprocessing hands it over; "" if it was here."""
    return str(getattr(error.__cause__, "tb", ""))


def _traceback(error: BaseException) -> str | None:
    if isinstance(error, PoolscopeError | ChildError):
        return None
    if isinstance(error, FailedTaskError):
        return error.remote or None
    if isinstance(error, TaskError):
        if error.__cause__ is None:
            return error.remote or None
        error = error.__cause__
    remote = _remote(error).strip('\n"')
    return remote or traceback_of(error)


def traceback_of(error: BaseException) -> str:
    """Write down where an exception was raised, without the frames of the engine that called the function."""
    frames = error.__traceback__
    while frames is not None and os.path.dirname(frames.tb_frame.f_code.co_filename) == _ENGINES:  # noqa: PTH120
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames or error.__traceback__))
