"""The log of multiprocessing, for every process of a run: one line for a record, in one write.

`multiprocessing.util` logs to its variable ``_logger``, which is None until a program asks for the logger. Until then a
light stand-in sits there, so that no process has to import `logging` for our sake. A program that asks gets its true
logger; its records then come to us besides, and not by way of a handler. So the program's own handlers, and its
question whether there are any, stay as they would be, and as long as it sets no level itself, its handlers get no more
than they would get without us.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter_ns

from . import layout, settings
from .quiet import around, quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

LONGEST = 8192  # bytes of a line
_ESCAPES = {ord("\\"): "\\\\", ord("\n"): "\\n", ord("\r"): "\\r", ord(layout.LOG_MARK): " "}


class OwnLevel(int):
    """A level set by the recorder and not by the program; pickled, it is a plain number."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        """Need no class of ours on the other side."""
        return int, (int(self),)


class LightLogger:
    """What the functions of ``multiprocessing.util`` need of a logger."""

    def log(self, level: int, message: str, *arguments: Any, **_: Any) -> None:
        """Write one line, if the level is high enough."""
        if level >= settings.log_level:
            quietly(_write, level, message, arguments)

    def getEffectiveLevel(self) -> int:  # noqa: N802 - the name of the true one
        """Return a level that `without_own_level` knows again."""
        return OwnLevel(settings.log_level)


def hook_util(module: ModuleType) -> None:
    """Hook ``multiprocessing.util``: switch its log on, if that is wanted."""
    if settings.log_level <= 0:
        return
    if module._logger is None:
        module._logger = LightLogger()  # type: ignore[attr-defined]
    else:
        _listen(module._logger)

    def before(*_: Any, **__: Any) -> None:
        if type(module._logger) is LightLogger:
            module._logger = None  # type: ignore[attr-defined]

    def after(_: None, logger: Any, *__: Any, **___: Any) -> None:
        _listen(logger)

    module.get_logger = around(module.get_logger, before, after)  # type: ignore[attr-defined]


def _listen(logger: Any) -> None:
    """Have the records of this true logger come to us besides."""
    if "callHandlers" in vars(logger):
        return
    call_handlers = logger.callHandlers
    root = sys.modules["logging"].getLogger()
    if not logger.level:
        logger.setLevel(OwnLevel(settings.log_level))

    def split(record: Any) -> None:
        if record.levelno >= settings.log_level:
            quietly(_write, record.levelno, record.msg, record.args)
        if type(logger.level) is not OwnLevel or record.levelno >= root.getEffectiveLevel():
            call_handlers(record)

    logger.callHandlers = split


def without_own_level(data: dict[str, Any]) -> None:
    """Keep a level that the program did not set out of the preparation data for a child."""
    if type(data.get("log_level")) is OwnLevel:
        del data["log_level"]


def _write(level: int, message: object, arguments: tuple[Any, ...]) -> None:
    process = sys.modules["multiprocessing.process"].current_process()
    name = process.name.translate(_ESCAPES).replace(layout.LOG_SEPARATOR, " ") if process is not None else ""
    text = (str(message) % arguments if arguments else str(message)).translate(_ESCAPES)
    words = (str(perf_counter_ns()), str(level), str(os.getpid()), name, text)
    line = (layout.LOG_MARK + layout.LOG_SEPARATOR.join(words)).encode("utf-8", "backslashreplace")
    line = line[: LONGEST - 1] + b"\n"
    # To the run's own log if there is one: the program may have redirected descriptor 2 to something that matters.
    try:
        descriptor = os.open(f"{settings.directory}/stderr.log", os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
    except OSError:
        os.write(2, line)
        return
    try:
        os.write(descriptor, line)
    finally:
        os.close(descriptor)
