"""Which part of an object cannot be pickled, and what to do about it."""

from __future__ import annotations

import functools
import types
from collections.abc import Iterator
from io import BytesIO
from pickle import Pickler, loads
from typing import Any

from ..recorder.arguments import short_form
from ..text import clean
from .answers import PickleProblem

_DEEPEST = 60
_MOST_LOOKS = 3_000
"""Parts that are tried: each try pickles the part anew."""
_SHOWN = 160
_MOST_ITEMS = 500
"""Of a collection that are looked at."""

_BY_TYPE: tuple[tuple[str, str, str], ...] = (
    ("_io", "", "hand over the file's name, and open it in the task"),
    ("_thread", "lock", "give a lock to the workers through a pool's initializer, or make it in the task"),
    ("_thread", "RLock", "give a lock to the workers through a pool's initializer, or make it in the task"),
    ("multiprocessing.synchronize", "", "give it to the workers through a pool's initializer"),
    ("multiprocessing.queues", "", "give it to the workers through a pool's initializer"),
    ("_thread", "_local", "make it in the task"),
    ("builtins", "generator", "make a list of it"),
    ("builtins", "coroutine", "run it with asyncio.run, and hand over what it returns"),
    ("builtins", "module", "import it in the task"),
    ("builtins", "memoryview", "hand over bytes"),
    ("builtins", "dict_keys", "make a list of it"),
    ("builtins", "dict_values", "make a list of it"),
    ("builtins", "dict_items", "make a list of it"),
    ("builtins", "mappingproxy", "make a dict of it"),
    ("builtins", "frame", "hand over what is needed of it as text"),
    ("builtins", "traceback", "hand over what is needed of it as text"),
    ("sqlite3", "", "connect in the task, or in a pool's initializer"),
    ("socket", "", "connect in the task, or in a pool's initializer"),
    ("_socket", "", "connect in the task, or in a pool's initializer"),
    ("ssl", "", "connect in the task, or in a pool's initializer"),
    ("_asyncio", "", "hand over what it gives, not itself"),
    ("weakref", "", "hand over the object itself"),
)
_OTHERWISE = "leave it out in __getstate__, or hand over what it is made from"


def problem_of(value: object, name: str) -> tuple[PickleProblem | None, bytes]:
    """Pickle VALUE, and unpickle it again.

    Args:
        value: Anything.
        name: What its path begins with, such as ``result``.

    Returns:
        What is wrong, None if nothing is; and the pickled bytes, empty if there are none.
    """
    try:
        data = _pickled(value)
    except BaseException as error:  # noqa: BLE001 - anything may happen in somebody else's classes
        return _culprit(value, name, error), b""
    try:
        loads(data)  # noqa: S301 - we have just pickled it
    except BaseException as error:  # noqa: BLE001 - likewise
        said = f"it is pickled but cannot be unpickled: {_in_words(error)}"
        advice = "let __reduce__ or __setstate__ give what its class needs to be made again"
        return PickleProblem(name, _kind(value), said, advice), data
    return None, data


def _pickled(value: object) -> bytes:
    buffer = BytesIO()
    # As multiprocessing does, whose pickler knows of more types.
    from multiprocessing.reduction import ForkingPickler

    pickler: Pickler = ForkingPickler(buffer)
    pickler.dump(value)
    return buffer.getvalue()


def _fails(value: object) -> BaseException | None:
    try:
        _pickled(value)
    except BaseException as error:  # noqa: BLE001 - likewise
        return error
    return None


def _culprit(value: object, name: str, error: BaseException) -> PickleProblem:
    """Go down to the innermost part that cannot be pickled."""
    looks = 0
    seen = {id(value)}
    path = name
    for _ in range(_DEEPEST):
        for step, part in _parts(value):
            looks += 1
            if looks > _MOST_LOOKS:
                break
            if id(part) in seen:
                continue
            failed = _fails(part)
            if failed is not None:
                seen.add(id(part))
                value, path, error = part, f"{path}{step}", failed
                break
        else:
            break
        if looks > _MOST_LOOKS:
            break
    return PickleProblem(clean(path, _SHOWN), _kind(value), _in_words(error), _advice(value))


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What a value is made of, each with what is to be written after its name."""
    if isinstance(value, dict | list | tuple | set | frozenset):
        yield from _items(value)
    elif isinstance(value, functools.partial):
        yield ".func", value.func
        yield from ((f".args[{index}]", item) for index, item in enumerate(value.args))
        yield from ((f".keywords[{_written(key)}]", item) for key, item in value.keywords.items())
    elif isinstance(value, types.MethodType):
        yield ".__self__", value.__self__
    if not isinstance(value, type | types.FunctionType | types.BuiltinFunctionType | types.ModuleType):
        yield from _attributes(value)


def _items(value: Any) -> Iterator[tuple[str, Any]]:
    """What a collection holds."""
    if isinstance(value, dict):
        for key, item in list(value.items())[:_MOST_ITEMS]:
            yield f"[{_written(key)}]", item
            yield f"'s key {_written(key)}", key
    elif isinstance(value, set | frozenset):
        for item in list(value)[:_MOST_ITEMS]:
            yield "'s item", item
    else:
        names = getattr(type(value), "_fields", ())
        for index, item in enumerate(value[:_MOST_ITEMS]):
            yield (f".{names[index]}" if index < len(names) else f"[{index}]"), item


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """The attributes that are pickled with it."""
    kind = type(value)
    if hasattr(kind, "__getstate__") and kind.__getstate__ is not getattr(object, "__getstate__", None):
        try:
            state = value.__getstate__()
        except Exception:  # noqa: BLE001 - somebody else's class
            return
    else:
        state = dict(getattr(value, "__dict__", {}))
        for each in kind.__mro__:
            slots = each.__dict__.get("__slots__", ())
            for slot in (slots,) if isinstance(slots, str) else slots:
                if hasattr(value, slot):
                    state[slot] = getattr(value, slot)
    if isinstance(state, dict):
        yield from ((f".{name}", item) for name, item in state.items())
    elif state is not None:
        yield " as __getstate__ gives it", state


def _written(key: object) -> str:
    return short_form((key,))


def _kind(value: object) -> str:
    """What a part is, in a few words."""
    if isinstance(value, types.FunctionType):
        name = clean(value.__qualname__, 60)
        if value.__name__ == "<lambda>":
            return "a lambda"
        return f"the local function {name.rpartition('.')[2]}" if "<locals>" in name else f"the function {name}"
    kind = type(value)
    module, name = str(kind.__module__), clean(kind.__qualname__, 60)
    local = " of a local class" if "<locals>" in name else ""
    if module == "_io":
        return "an open file"
    shown = name.rpartition(".")[2] if local else name if module == "builtins" else clean(f"{module}.{name}", 80)
    return f"{'an' if shown[:1] in 'aeiouAEIOU' else 'a'} {shown}{local}"


def _advice(value: object) -> str:
    if isinstance(value, types.FunctionType):
        if value.__name__ == "<lambda>":
            return "write it as a def at the top level of its module"
        if "<locals>" in value.__qualname__:
            return "move it to the top level of its module, and give it what it needs as arguments"
        return "let it keep the name that its module knows it by"
    kind = type(value)
    if "<locals>" in kind.__qualname__:
        return "move the class to the top level of its module"
    if isinstance(value, types.FrameType | types.TracebackType):
        return "hand over what is needed of it as text"
    for module, name, advice in _BY_TYPE:
        if kind.__module__ == module and name in ("", kind.__name__):
            return advice
    return _OTHERWISE


def _in_words(error: BaseException) -> str:
    try:
        text = clean(str(error), 200)
    except Exception:  # noqa: BLE001 - somebody else's class
        text = ""
    return f"{type(error).__name__}: {text.rstrip('.')}" if text else type(error).__name__
