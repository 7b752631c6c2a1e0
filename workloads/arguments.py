"""Command line arguments, whose errors are one sentence each and name what would be right."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

from .errors import UsageError
from .parameters import listed, nearest_name
from .text import clean

MOST_RUNS = 1_000
MOST_WARMUPS = 100
AUTOMATIC = 0
"""Number of runs that stands for as many as it takes."""
LOG_LEVELS = {"SUBDEBUG": 5, "DEBUG": 10, "INFO": 20, "SUBWARNING": 25, "WARNING": 30, "ERROR": 40}
MOST_SECONDS = 86_400
_SHOWN = 60


class _Formatter(RawDescriptionHelpFormatter):
    """Makes the help as wide as the terminal, without `shutil`, which every parser would import to find that out."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog, **{"width": _columns() - 2, **options})


def _columns() -> int:
    """The width of the terminal, as `shutil.get_terminal_size` has it."""
    with suppress(KeyError, ValueError):
        if (columns := int(os.environ["COLUMNS"])) > 0:
            return columns
    with suppress(AttributeError, ValueError, OSError):
        if (columns := os.get_terminal_size(sys.__stdout__.fileno()).columns) > 0:  # type: ignore[union-attr]
            return columns
    return 80


class Parser(ArgumentParser):
    """A parser that raises `UsageError` instead of printing its usage and leaving."""

    def __init__(self, prog: str, description: str, epilog: str | None = None) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=_Formatter,
            allow_abbrev=False,
        )

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Parse ARGS.

        Raises:
            UsageError: If anything is wrong with them.
        """
        options, left = self.parse_known_args(args, namespace)
        if left:
            raise UsageError(self._unknown(left[0]))
        return options

    def error(self, message: str) -> NoReturn:
        """Turn one of argparse's own messages into a sentence."""
        option, _, problem = message.removeprefix("argument ").partition(": ")
        if problem.startswith("expected "):
            raise UsageError(f"{option} needs a value: {self._value_of(option)}.")
        if problem.startswith("ignored explicit argument"):
            raise UsageError(f"{option} takes no value.")
        if message.startswith("the following arguments are required"):
            names = problem.split(", ")
            missing = f"{listed(names)} {'is' if len(names) == 1 else 'are'} missing"
            raise UsageError(f"{missing}; {self.prog} --help says more.")
        raise UsageError(f"{clean(message, 300)}; {self.prog} --help says more.")

    def _unknown(self, argument: str) -> str:
        shown = clean(argument, _SHOWN)
        if not argument.startswith("-"):
            return f"{shown} is one argument too many; {self.prog} --help says more."
        option = argument.partition("=")[0]
        known = [string for action in self._actions for string in action.option_strings]
        # Without the dashes, which make all of them look alike.
        meant = nearest_name(option.lstrip("-"), [string[2:] for string in known if string.startswith("--")])
        hint = f"did you mean --{meant}?" if meant else f"{self.prog} --help names those there are."
        return f"There is no option {clean(option, _SHOWN)}; {hint}"

    def _value_of(self, option: str) -> str:
        for action in self._actions:
            if "/".join(action.option_strings) == option and isinstance(action.metavar, str):
                return f"{action.option_strings[-1]} {action.metavar}"
        return f"{self.prog} --help says which"


def wrong(option: str, text: str, wanted: str) -> UsageError:
    """Make the error that refuses TEXT for an OPTION and says what is WANTED.

    argparse lets it through as it is: it puts its own words only around errors of its own.
    """
    return UsageError(f"{option} {clean(text, _SHOWN)} is wrong: {wanted}.")


def assignment(text: str) -> tuple[str, str]:
    """Read ``NAME=VALUE``."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise wrong("-p", text, "write NAME=VALUE, such as N=10_000")
    return name.strip(), value


def runs(text: str) -> int:
    """Read a number of runs; `AUTOMATIC` for ``auto``."""
    if text.strip().lower() == "auto":
        return AUTOMATIC
    return _whole("--runs", text, 1, MOST_RUNS, "auto, or a")


def warmups(text: str) -> int:
    """Read a number of warm-up runs."""
    return _whole("--warmup", text, 0, MOST_WARMUPS)


def time_budget(text: str) -> float:
    """Read for how long lanes may be run, in seconds; an ``s`` behind the number is allowed."""
    try:
        seconds = float(text.strip().removesuffix("s"))
    except ValueError:
        seconds = -1.0
    if not 0.1 <= seconds <= MOST_SECONDS:
        raise wrong("--time-budget", text, f"choose a time from 0.1 to {MOST_SECONDS:,} seconds")
    return seconds


def workers(text: str) -> int:
    """Read a number of workers."""
    from .lanes import MOST_WORKERS

    return _whole("--workers", text, 1, MOST_WORKERS)


def tolerance(text: str) -> float:
    """Read by how much floats may differ."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share < 1:
        raise wrong("--tolerance", text, "choose a number from 0, which is exact, to below 1, such as 1e-9")
    return share


def fail_if_slower(text: str) -> float:
    """Read by how much more time a lane may take: ``5%`` or ``0.05``."""
    number, percent, rest = text.strip().partition("%")
    try:
        share = float(number) / (100 if percent else 1) if not rest else -1.0
    except ValueError:
        share = -1.0
    if not 0 <= share < 10:
        raise wrong("--fail-if-slower", text, "choose a share of the time from 0% to below 1000%, such as 5%")
    return share


def log_level(text: str) -> int:
    """Read the name of a log level."""
    level = LOG_LEVELS.get(text.strip().upper())
    if level is None:
        raise wrong("--log-level", text, f"choose {listed(LOG_LEVELS, 'or')}")
    return level


def refresh(text: str) -> float:
    """Read the time between two looks at cores and processes, in seconds."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.1 <= seconds <= 10:
        raise wrong("--refresh", text, "choose a time from 0.1 to 10 seconds")
    return seconds


def _whole(option: str, text: str, least: int, most: int, choices: str = "a") -> int:
    digits = text.strip().lstrip("0") or "0"
    if text.isascii() and text.strip().isdecimal() and len(digits) <= len(str(most)) and least <= int(digits) <= most:
        return int(digits)
    raise wrong(option, text, f"choose {choices} whole number from {least:,} to {most:,}")
