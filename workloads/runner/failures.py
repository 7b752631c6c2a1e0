"""What a run that failed has to say for itself."""

from __future__ import annotations

import traceback

from ..engines import A_TASK, ChildError, TaskError
from ..errors import PoolscopeError
from ..model import RunResult

_LONGEST = 1_000
"""Characters of an exception's text that are told."""


def failure(error: BaseException, tasks: int) -> RunResult:
    """Describe the run that ERROR ended."""
    return RunResult(
        ok=False,
        error=_sentence(error, tasks),
        traceback=_traceback(error),
        elapsed_ns=0,
        tasks=tasks,
        digest=None,
        summary="",
    )


def _sentence(error: BaseException, tasks: int) -> str:
    if isinstance(error, PoolscopeError | ChildError):
        return str(error)
    if isinstance(error, TaskError):
        return f"Task {error.index + 1:,} of {tasks:,} raised {_ended(error.said or in_words(error.__cause__))}"
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
    if isinstance(error, TaskError):
        return error.remote or "".join(traceback.format_exception(error.__cause__))
    remote = _remote(error).strip('\n"')
    return remote or "".join(traceback.format_exception(error))
