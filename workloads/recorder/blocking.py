"""How long a process waited for its pools and children, whatever its threads, counted once where they overlap."""

from time import perf_counter_ns

from . import layout
from .eventfile import writer
from .quiet import hide_frame, like, quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_WORTH_A_RECORD = 1_000_000  # ns


def _meter() -> "tuple[Callable[[int], None], Callable[[], None], Callable[[], None]]":
    """Return functions for the beginning and the end of a wait, and for a process that has just been forked.

    No lock: threads are switched at calls and backward jumps only, and there are none where it matters.
    """
    depth = begun = kind = 0
    now, blocked, since = perf_counter_ns, layout.BLOCKED, layout.BLOCKED_SINCE

    def begin(by: int) -> None:
        nonlocal depth, begun, kind
        moment = now()
        if not writer.is_open:
            quietly(writer.open)
        slots = writer.slots
        depth += 1
        if depth == 1:
            slots[since] = begun = moment
            kind = by

    def end() -> None:
        nonlocal depth
        moment, slots = now(), writer.slots
        if depth == 0:  # it began in the process that forked this one
            return
        depth -= 1
        if depth == 0:
            first, by = begun, kind
            slots[blocked] += moment - first
            slots[since] = 0
            if moment - first >= _WORTH_A_RECORD:
                quietly(writer.life, layout.BLOCKED_FOR, value=by, time=first, v1=moment)

    def forget() -> None:
        nonlocal depth
        depth = 0

    return begin, end, forget


begin, end, forget = _meter()


def blocking(function: "Callable[..., Any]", by: int) -> "Any":
    """Wrap a function that waits; ``by`` is one of the ``BLOCKED_BY_...`` numbers."""

    def wrapper(*args: "Any", **kwargs: "Any") -> "Any":
        begin(by)
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            hide_frame(error)
            raise
        finally:
            end()

    return like(wrapper, function)
