"""Hooks of `concurrent.futures` that hold for futures of any kind: the time in which a thread waits for them.

joblib does not wait for its futures, but looks again and again whether they are done; that is waiting, too.
"""

from __future__ import annotations

from . import blocking, layout
from .quiet import around, hide_frame, like

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Generator
    from types import ModuleType
    from typing import Any

_GENERATOR = type(_ for _ in ())


def hook_base(module: ModuleType) -> None:
    """Hook ``concurrent.futures._base``."""
    future, waiter = module.Future, module._Waiter
    future.result = _recorded_result(future.result, module.FINISHED)
    future.exception = _recorded_result(future.exception, module.FINISHED)
    waiter.__init__ = around(waiter.__init__, None, _after_waiter)  # of `wait` and `as_completed`


def _recorded_result(original: Any, finished: str) -> Any:
    begin, end, by = blocking.begin, blocking.end, layout.BLOCKED_BY_FUTURE

    def result(self: Any, *args: Any, **kwargs: Any) -> Any:
        waits = self._state is not finished
        if waits:
            begin(by)
        try:
            return original(self, *args, **kwargs)
        except BaseException as error:
            hide_frame(error)
            raise
        finally:
            if waits:
                end()

    return like(result, original)


def _after_waiter(_: None, __: None, waiter: Any, *___: Any, **____: Any) -> None:
    event = waiter.event
    event.wait = blocking.blocking(event.wait, layout.BLOCKED_BY_FUTURE)


def hook_joblib(module: ModuleType) -> None:
    """Hook ``joblib.parallel``."""
    original = module.Parallel._retrieve
    waiting = blocking.blocking(original, layout.BLOCKED_BY_FUTURE)

    def _retrieve(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            results = waiting(self, *args, **kwargs)
        except BaseException as error:
            hide_frame(error)
            raise
        return _one_by_one(results) if type(results) is _GENERATOR else results

    module.Parallel._retrieve = like(_retrieve, original)


def _one_by_one(results: Generator[Any, Any, Any]) -> Generator[Any, Any, None]:
    """Hand on the results as they come, and count the time until each one does; none of them is kept."""
    following = blocking.blocking(results.__next__, layout.BLOCKED_BY_FUTURE)
    try:
        while True:
            try:
                yield following()
            except StopIteration:
                return
            except BaseException as error:
                hide_frame(error)
                raise
    finally:
        results.close()
