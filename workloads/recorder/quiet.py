"""Staying unnoticed: errors of the recorder stay here, and its frames do not show in the tracebacks of others.

Every interpreter of a run imports this while it starts, so it imports next to nothing itself.
"""

import sys

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class _Example:
    def method(self) -> None: ...


FUNCTION: "Any" = type(_Example.method)
METHOD: "Any" = type(_Example().method)
BUILTIN: "Any" = type(len)
_WRAPPERS = (
    ("poolscope.workloads.engines.failed_tasks", "Locating"),
    ("poolscope.workloads.engines.failed_tasks", "Keeping"),
    ("poolscope.workloads.engines.untimed", "Untimed"),
    ("poolscope.workloads.calling", "Spread"),
    ("poolscope.workloads.calling", "Keywords"),
)
_COPIED = ("__module__", "__name__", "__qualname__", "__doc__", "__type_params__")


def quietly(function: "Callable[..., Any]", *arguments: "Any", **options: "Any") -> "Any":
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


def hide_all_frames(error: BaseException) -> None:
    """Take our frames out of a traceback wherever they are; likewise before a bare ``raise``."""
    hide_frame(error)
    traceback = error.__traceback__
    while traceback is not None:
        following = traceback.tb_next
        while following is not None and is_ours(following):
            following = following.tb_next
        if following is not traceback.tb_next:
            traceback.tb_next = following
        traceback = following


def is_ours(traceback: "Any") -> bool:
    """Whether the first frame of this traceback is one of the recorder."""
    return bool(traceback.tb_frame.f_globals.get("__package__") == __package__)


def function_name(function: "Any") -> str:
    """Return the qualified name of a function, without running code of a callable object."""
    kind = type(function)
    while kind is not FUNCTION:
        inner = _inner(kind, function)
        if inner is None:
            break
        function, kind = inner, type(inner)
    named = function if kind in (FUNCTION, BUILTIN, type) else kind
    return str(named.__qualname__)


def _inner(kind: type, function: "Any") -> "Any":
    """Return what a callable object of a known kind calls in the end, or None."""
    if kind is METHOD:
        return function.__func__
    if _is_instance(kind, "functools", "partial") or _is_instance(kind, "joblib._utils", "_TracebackCapturingWrapper"):
        return function.func
    if any(_is_instance(kind, module, name) for module, name in _WRAPPERS):
        return function.function
    return function.items[0][0] if _is_instance(kind, "joblib.parallel", "BatchedCalls") else None


def _is_instance(kind: type, module: str, name: str) -> bool:
    return module in sys.modules and kind is getattr(sys.modules[module], name, None)


def batch_of(function: "Any") -> "list[Any] | None":
    """Return the arguments of the calls that a batch of joblib consists of; None if the function is no such batch."""
    if _is_instance(type(function), "joblib._utils", "_TracebackCapturingWrapper"):
        function = function.func
    if not _is_instance(type(function), "joblib.parallel", "BatchedCalls"):
        return None
    return [bare(call[1]) for call in function.items]


def is_untimed(function: "Any") -> bool:
    """Whether a call of the function belongs to a pass that is recorded nowhere; see `engines.untimed`."""
    if _is_instance(type(function), "joblib._utils", "_TracebackCapturingWrapper"):
        function = function.func
    if _is_instance(type(function), "joblib.parallel", "BatchedCalls"):
        function = function.items[0][0]
    return _is_instance(type(function), "poolscope.workloads.engines.untimed", "Untimed")


def bare(arguments: "Any") -> "Any":
    """Return the one argument of a call that has no other."""
    return arguments[0] if type(arguments) is tuple and len(arguments) == 1 else arguments


def like(wrapper: "Any", function: "Any") -> "Any":
    """Give a wrapper the looks of what it wraps, as `functools.wraps` does, which would cost milliseconds to import."""
    for name in _COPIED:
        try:
            setattr(wrapper, name, getattr(function, name))
        except AttributeError:
            continue
    wrapper.__dict__.update(getattr(function, "__dict__", {}))
    wrapper.__annotations__ = getattr(function, "__annotations__", {})
    wrapper.__wrapped__ = function
    return wrapper


def around(
    function: "Callable[..., Any]",
    before: "Callable[..., Any] | None",
    after: "Callable[..., Any] | None",
) -> "Any":
    """Wrap a function so that its caller cannot tell.

    Args:
        function: What is wrapped.
        before: Called first with the same arguments; what it returns is handed to `after`.
        after: Called when the function returned, with that, the result, and then the same arguments.
    """

    def wrapper(*args: "Any", **kwargs: "Any") -> "Any":
        note = quietly(before, *args, **kwargs) if before is not None else None
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            hide_frame(error)
            raise
        if after is not None:
            quietly(after, note, result, *args, **kwargs)
        return result

    return like(wrapper, function)
