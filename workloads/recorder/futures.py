"""Hooks of `concurrent.futures` that hold for futures of any kind: the time in which a thread waits for them."""

from __future__ import annotations

from . import layout
from .blocking import blocking
from .quiet import around, hide_frame, like

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any


def hook_base(module: ModuleType) -> None:
    """Hook ``concurrent.futures._base``."""
    future, waiter = module.Future, module._Waiter
    future.result = _recorded_result(future.result, module.FINISHED)
    future.exception = _recorded_result(future.exception, module.FINISHED)
    waiter.__init__ = around(waiter.__init__, None, _after_waiter)  # of `wait` and `as_completed`


def _recorded_result(original: Any, finished: str) -> Any:
    waiting = blocking(original, layout.BLOCKED_BY_FUTURE)

    def result(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return (original if self._state is finished else waiting)(self, *args, **kwargs)
        except BaseException as error:
            hide_frame(error)
            raise

    return like(result, original)


def _after_waiter(_: None, __: None, waiter: Any, *___: Any, **____: Any) -> None:
    event = waiter.event
    event.wait = blocking(event.wait, layout.BLOCKED_BY_FUTURE)
