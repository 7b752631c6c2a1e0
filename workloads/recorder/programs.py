"""What this interpreter is, as far as it can tell when it starts: a program, a helper, or a process of a pool."""

import atexit
import sys
from time import perf_counter_ns

from . import layout
from .eventfile import writer
from .quiet import quietly

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from collections.abc import Sequence

_FORK_SERVERS = ("from multiprocessing.forkserver import", "from multiprocess.forkserver import")
_LONGEST_CODE = 60  # characters of the code of -c in a name


def begin() -> None:
    """Open the event file of an interpreter that has just started, and see to it that its end is noted there."""
    atexit.register(_end)
    words = getattr(sys, "orig_argv", ())
    kind, text = command_of(words)
    if kind == "-c" and text.startswith(_FORK_SERVERS):
        begin_as(layout.ROLE_HELPER, "fork server")
    elif "--multiprocessing-fork" in words or (kind == "-m" and text.endswith("popen_loky_posix")):
        quietly(writer.open)  # it says what it is once it knows
    else:
        begin_as(layout.ROLE_PROGRAM, program_name(kind, text))


def begin_as(role: int, name: str) -> None:
    """Open the event file of this process and say what it is. It is at work already."""
    writer.open()
    slots = writer.slots
    slots[layout.ROLE] = role
    slots[layout.ENTERED] = slots[layout.CREATED] or perf_counter_ns()
    if name:
        quietly(writer.text, layout.NAME_TEXT, name)


def _end() -> None:
    quietly(_note_end)


def _note_end() -> None:
    """Note that the program is through; registered first, this runs when all else is over."""
    slots = writer.slots
    if slots[layout.EXITING] or not slots[layout.ENTERED]:
        return
    error = getattr(sys, "last_value", None)
    slots[layout.EXIT_CODE] = layout.EXIT_CODE_UNKNOWN
    if isinstance(error, BaseException):
        slots[layout.EXIT_CODE] = 1
        quietly(note_error, error)
    slots[layout.EXITING] = perf_counter_ns()


def note_error(error: BaseException) -> None:
    """Keep the exception that ends this process."""
    name = type(error).__name__
    text = str(error)
    writer.text(layout.ERROR_TEXT, f"{name}: {text}" if text else name)


def command_of(words: "Sequence[str]") -> tuple[str, str]:
    """Say what an interpreter with these arguments runs: ``-c`` and code, ``-m`` and module, or "" and script."""
    rest = iter(words[1:])
    for word in rest:
        if word == "--check-hash-based-pycs":
            next(rest, "")
        elif word == "-" or not word.startswith("-"):
            return "", word
        elif not word.startswith("--"):
            for place, letter in enumerate(word[1:], 2):
                if letter in "cm":
                    return f"-{letter}", word[place:] or next(rest, "")
                if letter in "WX":
                    if not word[place:]:
                        next(rest, "")
                    break
    return "", ""


def program_name(kind: str, text: str) -> str:
    """Return a short name for what an interpreter runs."""
    if kind == "-c":
        line = text.strip().partition("\n")[0]
        cut = line if len(line) <= _LONGEST_CODE else line[: _LONGEST_CODE - 1] + "…"
        return f"-c {cut}"
    if kind == "-m":
        return f"-m {text}"
    return text.rpartition("/")[2] or text or "python"
