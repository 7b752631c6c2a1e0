"""The log of multiprocessing, for every process of a run: one line for a record, in one write.

The records are taken off the logger without a handler, so that the handlers of the program, and its question whether
there are any, stay as they would be. As long as the program does not set a level itself, its handlers also get no more
than they would get without us.
"""

from __future__ import annotations

import os
from time import perf_counter_ns

from . import layout, settings
from .quiet import quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from logging import LogRecord
    from types import ModuleType
    from typing import Any

LONGEST = 8192  # bytes of a line
_ESCAPES = {ord("\\"): "\\\\", ord("\n"): "\\n", ord("\r"): "\\r"}


class OwnLevel(int):
    """A level set by the recorder and not by the program; pickled, it is a plain number."""

    __slots__ = ()

    def __reduce__(self) -> tuple[type[int], tuple[int]]:
        """Need no class of ours on the other side."""
        return int, (int(self),)


def hook_util(module: ModuleType) -> None:
    """Hook ``multiprocessing.util``: switch its log on, if that is wanted."""
    if settings.log_level <= 0:
        return
    import logging

    logger = module.get_logger()
    logger.setLevel(OwnLevel(settings.log_level))
    call_handlers = logger.callHandlers
    root = logging.getLogger()

    def split(record: LogRecord) -> None:
        if record.levelno >= settings.log_level:
            quietly(_write, record)
        if type(logger.level) is not OwnLevel or record.levelno >= root.getEffectiveLevel():
            call_handlers(record)

    logger.callHandlers = split


def without_own_level(data: dict[str, Any]) -> None:
    """Keep a level that the program did not set out of the preparation data for a child."""
    if type(data.get("log_level")) is OwnLevel:
        del data["log_level"]


def _write(record: LogRecord) -> None:
    name = (record.processName or "").translate(_ESCAPES).replace(layout.LOG_SEPARATOR, " ")
    message = record.getMessage().translate(_ESCAPES)
    words = (str(perf_counter_ns()), str(record.levelno), str(os.getpid()), name, message)
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
