"""Reading ``result.json``: what the runner left at its end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..model import RunResult
from ..plans import RESULT_NAME
from ..text import clean

_MOST_BYTES = 16_000_000
_LINE_LIMIT = 4096


def read_result(path: Path) -> tuple[RunResult | None, str | None]:
    """Read a result.

    Returns:
        The result, or None and why it cannot be read, in one sentence.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except OSError as error:
        return None, f"The file {path.name} cannot be read: {type(error).__name__}."
    return parse_result(data)


def parse_result(data: bytes) -> tuple[RunResult | None, str | None]:
    """Read a result out of the content of its file, likewise."""
    try:
        return _result(json.loads(data)), None
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        return None, f"The file {RESULT_NAME} cannot be read: {type(error).__name__}."


def _result(content: dict[str, Any]) -> RunResult:
    return RunResult(
        ok=content["ok"] is True,
        error=_line(content.get("error")),
        traceback=_lines(content.get("traceback")),
        elapsed_ns=int(content["elapsed_ns"]),
        tasks=int(content["tasks"]),
        digest=_line(content.get("digest")),
        summary=_line(content.get("summary")) or "",
        lines=tuple(clean(str(line), _LINE_LIMIT) for line in content.get("lines") or ()),
        failed=int(content.get("failed") or 0),
        failures=tuple(clean(str(line), _LINE_LIMIT) for line in content.get("failures") or ()),
        same_result=None if content.get("same_result") is None else content["same_result"] is True,
        difference=_line(content.get("difference")),
        repeated=None if content.get("repeated") is None else int(content["repeated"]),
    )


def _line(value: Any) -> str | None:
    return None if value is None else clean(str(value), _LINE_LIMIT)


def _lines(value: Any) -> str | None:
    return None if value is None else "\n".join(clean(line, _LINE_LIMIT) for line in str(value).splitlines())
