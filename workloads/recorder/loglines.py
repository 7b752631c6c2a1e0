"""The log of multiprocessing, for every process of a run: one line for a record, in one write.

`multiprocessing.util` logs to its variable ``_logger``, which is None until a program asks for the logger. Until then a
light stand-in sits there, so that no process has to import `logging` for our sake. A program that asks gets its true
logger; its records then come to us besides, and not by way of a handler. So the program's own handlers, and its
question whether there are any, stay as they would be, and as long as it sets no level itself, its handlers get no more
than they would get without us.

Where a program is to see nothing at all of this, the lines go to a file of their own, and neither logger nor level is
touched: the functions of ``multiprocessing.util`` are wrapped instead, before anybody imports them from there.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter_ns

from . import layout, settings
from .quiet import FUNCTION, around, function_name, hide_frame, like, quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

LONGEST = 8192  # bytes of a line
_LEVELS = {"sub_debug": 5, "debug": 10, "info": 20, "sub_warning": 25, "warn": 25}
_ESCAPES = {ord("\\"): "\\\\", ord("\n"): "\\n", ord("\r"): "\\r", ord(layout.LOG_MARK): " "}


class OwnLevel(int):
    """A level set by the recorder and not by the program; pickled, it is a plain number."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        """Need no class of ours on the other side."""
        return int, (int(self),)


class LightLogger:
    """What the functions of ``multiprocessing.util`` need of a logger, and loky's when it starts a process."""

    handlers = ()

    def __init__(self, package: str) -> None:
        self._package = package

    def log(self, level: int, message: str, *arguments: Any, **_: Any) -> None:
        """Write one line, if the level is high enough."""
        if level >= settings.log_level:
            quietly(_write, self._package, level, message, arguments)

    def getEffectiveLevel(self) -> int:  # noqa: N802 - the name of the true one
        """Return a level that `without_own_level` knows again."""
        return OwnLevel(settings.log_level)


def hook_util(module: ModuleType) -> None:
    """Hook ``multiprocessing.util``: switch its log on, if that is wanted."""
    if settings.log_level <= 0:
        return
    package = module.__name__.rpartition(".")[0]
    if settings.logs_to_file:
        _overhear(module, package)
        return
    if module._logger is None:
        module._logger = LightLogger(package)  # type: ignore[attr-defined]
    else:
        _listen(module._logger, package)

    def before(*_: Any, **__: Any) -> None:
        if type(module._logger) is LightLogger:
            module._logger = None  # type: ignore[attr-defined]

    def after(_: None, logger: Any, *__: Any, **___: Any) -> None:
        _listen(logger, package)

    module.get_logger = around(module.get_logger, before, after)  # type: ignore[attr-defined]


def _overhear(module: ModuleType, package: str) -> None:
    """Wrap the functions with which multiprocessing logs, in whatever place somebody keeps them already."""
    wrapped = {
        function: _overheard(function, package, level)
        for name, level in _LEVELS.items()
        if level >= settings.log_level and (function := getattr(module, name, None)) is not None
    }
    holders = [module, *(sys.modules.get(f"{package}.{name}") for name in ("queues", "managers", "pool"))]
    for holder in holders:
        for name, value in list(vars(holder).items()) if holder is not None else ():
            if type(value) is FUNCTION and value in wrapped:
                setattr(holder, name, wrapped[value])
    for function in (module._exit_function, module.Finalize.__call__):
        defaults = function.__defaults__ or ()
        function.__defaults__ = tuple(
            wrapped.get(value, value) if type(value) is FUNCTION else value for value in defaults
        )


def _overheard(function: Any, package: str, level: int) -> Callable[..., Any]:
    def overheard(message: object, *arguments: Any) -> Any:
        quietly(_write, package, level, message, tuple(map(_plain, arguments)))
        try:
            return function(message, *arguments)
        except BaseException as error:
            hide_frame(error)
            raise

    # The program's own logger looks for the caller, and passes over the frames of the logging module.
    source = os.path.join(os.path.dirname(os.__file__), "logging", "__init__.py")  # noqa: PTH118, PTH120
    overheard.__code__ = overheard.__code__.replace(co_filename=os.path.normcase(source))
    wrapper: Callable[..., Any] = like(overheard, function)
    return wrapper


def _plain(argument: object) -> object:
    """Return what can be formatted without running code of the program, which asked for no log."""
    kind = type(argument)
    return argument if kind in (str, int, float, bool, type(None)) else f"<{function_name(kind)}>"


def _listen(logger: Any, package: str) -> None:
    """Have the records of this true logger come to us besides."""
    if "callHandlers" in vars(logger):
        return
    call_handlers = logger.callHandlers
    root = sys.modules["logging"].getLogger()
    if not logger.level:
        logger.setLevel(OwnLevel(settings.log_level))

    def split(record: Any) -> None:
        if record.levelno >= settings.log_level:
            quietly(_write, package, record.levelno, record.msg, record.args)
        if type(logger.level) is not OwnLevel or record.levelno >= root.getEffectiveLevel():
            call_handlers(record)

    logger.callHandlers = split


def without_own_level(data: dict[str, Any]) -> None:
    """Keep a level that the program did not set out of the preparation data for a child."""
    if type(data.get("log_level")) is OwnLevel:
        del data["log_level"]


def _write(package: str, level: int, message: object, arguments: tuple[Any, ...]) -> None:
    process = sys.modules[f"{package}.process"].current_process()
    name = process.name.translate(_ESCAPES).replace(layout.LOG_SEPARATOR, " ") if process is not None else ""
    text = (str(message) % arguments if arguments else str(message)).translate(_ESCAPES)
    words = (str(perf_counter_ns()), str(level), str(os.getpid()), name, text)
    line = (layout.LOG_MARK + layout.LOG_SEPARATOR.join(words)).encode("utf-8", "backslashreplace")
    line = line[: LONGEST - 1] + b"\n"
    options = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
    if settings.logs_to_file:
        descriptor = os.open(f"{settings.directory}/{settings.LOG_NAME}", options | os.O_CREAT, 0o600)
    else:
        # To the run's own log if there is one: the program may have redirected descriptor 2 to something that matters.
        try:
            descriptor = os.open(f"{settings.directory}/stderr.log", options)
        except OSError:
            os.write(2, line)
            return
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)
