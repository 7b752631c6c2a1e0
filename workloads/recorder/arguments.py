"""The slowest chunks of a worker, with a short form of their arguments.

The short form is made of exact built-in types only: nothing here calls code of the program, be it a ``__repr__``.
"""

from __future__ import annotations

from itertools import islice

from . import layout as at
from .eventfile import TEXT_SIZE, writer
from .quiet import BUILTIN, FUNCTION, METHOD, function_name

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

WORTH_A_TEXT = 1_000_000  # ns of computing
MOST = 10  # chunks that are told of, at any time
LONGEST = (TEXT_SIZE - 4) * at.TEXT_RECORDS_MOST  # bytes
_ITEMS = 8  # of a collection
_DEPTH = 3
_LETTERS = 48  # of a string
_BRACKETS: dict[Any, str] = {tuple: "()", list: "[]", set: "{}", frozenset: "{}"}
_TYPE_NAME = type.__dict__["__qualname__"].__get__
_TYPE_MODULE = type.__dict__["__module__"].__get__


def slowest_chunks() -> Callable[[int, int, int, Any, Any], int]:
    """Return a function that is told of a long chunk: job, index, ns of computing, its arguments, its keywords.

    It writes the arguments down if the chunk is among the ten longest so far, and returns how long one has to be to be
    worth telling from then on. Of chunks in no particular order, that is some ``10 * ln(n)`` of them.
    """
    durations: list[int] = []

    def note(job: int, index: int, duration: int, arguments: Any, keywords: Any) -> int:
        durations.append(duration)
        durations.sort()
        del durations[:-MOST]
        text = short_form(arguments, keywords)
        if text:
            writer.name(at.CHUNK, job, index, text)
        return durations[0] + 1 if len(durations) == MOST else WORTH_A_TEXT

    return note


def short_form(arguments: Any, keywords: Any = None) -> str:
    """Describe the arguments of a call, or the items of a chunk."""
    if type(arguments) not in (tuple, list):
        return f"<{_type_name(type(arguments))}>"
    parts = []
    room = LONGEST
    for argument in islice(arguments, _ITEMS * 2):
        parts.append(_form(argument, _DEPTH))
        room -= len(parts[-1]) + 2
        if room < 0:
            break
    for name, value in islice(keywords.items(), _ITEMS) if type(keywords) is dict else ():
        parts.append(f"{name}={_form(value, _DEPTH)}")
    if len(arguments) > _ITEMS * 2:
        parts.append("…")
    text = ", ".join(parts)
    return text if len(text.encode("utf-8", "backslashreplace")) <= LONGEST else _cut(text)


def _cut(text: str) -> str:
    return text.encode("utf-8", "backslashreplace")[: LONGEST - 3].decode("utf-8", "ignore") + "…"


def _form(value: Any, depth: int) -> str:
    kind = type(value)
    if value is None or kind in (bool, float, complex):
        return repr(value)
    if kind is int:
        return repr(value) if value.bit_length() < 200 else f"<int of {value.bit_length()} bits>"
    if kind is str or kind is bytes:
        return repr(value) if len(value) <= _LETTERS else f"{value[:_LETTERS]!r}…"
    if kind in _BRACKETS:
        return _collection(value, _BRACKETS[kind], depth)
    if kind is dict:
        inner = [f"{_form(key, depth - 1)}: {_form(item, depth - 1)}" for key, item in islice(value.items(), _ITEMS)]
        return f"{{{', '.join(inner)}{', …' if len(value) > _ITEMS else ''}}}" if depth else "{…}"
    if kind is range:
        ends = f"{_form(value.start, 1)}, {_form(value.stop, 1)}"
        return f"range({ends})" if value.step == 1 else f"range({ends}, {_form(value.step, 1)})"
    if kind in (FUNCTION, METHOD, BUILTIN):
        return function_name(value)
    return f"<{_type_name(value if kind is type else kind)}>"


def _collection(value: Any, brackets: str, depth: int) -> str:
    if not depth:
        return f"{brackets[0]}…{brackets[1]}"
    inner = ", ".join(_form(item, depth - 1) for item in islice(value, _ITEMS))
    if len(value) > _ITEMS:
        inner += ", …"
    elif len(value) == 1 and brackets == "()":
        inner += ","
    return f"{brackets[0]}{inner}{brackets[1]}"


def _type_name(kind: type) -> str:
    name, module = _TYPE_NAME(kind), _TYPE_MODULE(kind)
    return name if module == "builtins" or type(module) is not str else f"{module}.{name}"
