"""A person's own function on the command line: looked at, estimated, and agreed to before it runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from .arguments import wrong
from .errors import PoolscopeError, UsageError
from .output import complain, is_terminal, write_error
from .text import clean

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Sequence

    from .cli_live import Interruption
    from .launcher import Guardian
    from .model import Lane, Machine, Parameters, Workload
    from .probe import Checked
    from .registry import Entry
    from .target import Target

_MOST = 10**15
_MOST_SECONDS = 86_400
_OPTIONS = ("inputs", "limit", "sample", "seed", "star")


class Chosen(NamedTuple):
    """What is to be run."""

    workload: Workload
    reference: str | None = None
    """How a runner finds it; None for a workload of the catalogue."""
    checked: Checked | None = None
    """What is known of a person's function; None for anything else."""


def add_options(parser: ArgumentParser) -> None:
    """Add the options that a person's own function has."""
    group = parser.add_argument_group("your own function (file.py:function or module:function)")
    add = group.add_argument
    add("--inputs", metavar="INPUTS", help="'range(100)', a literal list, @FILE, '*.txt', or file.py:generator")
    add("--limit", metavar="N", type=_whole("--limit", 1), help="only the first N inputs")
    add("--sample", metavar="N", type=_whole("--sample", 1), help="only N inputs, taken at random")
    add("--seed", metavar="N", type=_whole("--seed", 0), help="the same seed takes the same inputs (default: 0)")
    add("--star", action="store_true", help="spread each input over the function's arguments")
    add("--no-trial", action="store_true", help="try no task before, so that nothing is estimated")
    about = "how long the import may take before it is given up (default: 30)"
    add("--import-timeout", metavar="SECONDS", type=_seconds, help=about)
    add("-y", "--yes", action="store_true", help="do not ask before what takes hours or more memory than there is")


def _whole(option: str, least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        digits = text.strip().replace("_", "")
        if digits.isascii() and digits.isdecimal() and len(digits) <= len(str(_MOST)) and least <= int(digits) <= _MOST:
            return int(digits)
        raise wrong(option, text, f"choose a whole number of at least {least}")

    return read


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.1 <= seconds <= _MOST_SECONDS:
        raise wrong("--import-timeout", text, f"choose a time from 0.1 to {_MOST_SECONDS:,} seconds")
    return seconds


def choose(options: Namespace, guardian: Guardian, interruption: Interruption) -> Chosen:
    """Find what the OPTIONS ask for, and look at it if it is a person's own.

    Raises:
        UsageError: If there is no such thing, or it cannot be run.
    """
    name: str = options.workload
    from .catalogue import find, names

    if name in names():
        given = [option for option in _OPTIONS if getattr(options, option) not in (None, False)]
        if given:
            raise UsageError(f"{name} makes its inputs itself: leave --{given[0]} out.")
        return Chosen(find(name))
    from .places import current_directory
    from .registry import registered

    here = current_directory()
    entries = registered(here)
    entry = entries.get(name)
    if entry is None and not _is_reference(name):
        return Chosen(find(name, entries))
    from .probe import Limits, ask, check_request
    from .target import check_target, workload_of

    target = check_target(_target(options, entry, here))
    limits = Limits() if options.import_timeout is None else Limits(importing=options.import_timeout)
    request = check_request(target, tasks=0 if options.no_trial else 8, limits=limits)
    answer = ask(guardian, request, lambda: interruption.number is not None)
    if not options.quiet:
        for note in answer.notes:
            complain(note)
    assert answer.checked is not None  # noqa: S101 - there is an error otherwise
    workload = workload_of(target, answer.checked)
    if entry is not None:
        workload = workload._replace(name=entry.name, summary=entry.summary)
    return Chosen(workload, target.reference, answer.checked)


def _is_reference(name: str) -> bool:
    return ":" in name or "/" in name or name.endswith((".py", ".ipynb"))


def _target(options: Namespace, entry: Entry | None, here: str) -> Target:
    """The target that the options describe, or that a project has registered and they change."""
    from .target import Target

    name: str = options.workload
    if entry is not None:
        changes = {option: value for option in _OPTIONS if (value := getattr(options, option)) not in (None, False)}
        target = entry.target._replace(**changes)
        if not target.inputs:
            raise UsageError(f"{name} has no inputs of its own: write --inputs, such as --inputs 'range(100)'.")
        return target
    shown = clean(name, 200)
    if ":" not in name:
        raise UsageError(f"{shown} names no function: write {shown}:NAME; poolscope list {shown} says what there is.")
    if options.inputs is None:
        raise UsageError(f"{shown} needs inputs: write --inputs, such as --inputs 'range(100)' or --inputs @file.txt.")
    return Target(name, options.inputs, here, options.limit, options.sample, options.seed or 0, star=options.star)


def confirm(
    chosen: Chosen,
    lanes: Sequence[Lane],
    what: tuple[Workload, Parameters, Machine],
    options: Namespace,
    interruption: Interruption,
) -> Workload:
    """Say how long lanes will take, and ask before what takes hours or more memory than there is.

    Returns:
        The workload, with nothing more to be refused for its size once it was agreed to.

    Raises:
        UsageError: If nobody can be asked.
        PoolscopeError: If the answer is no.
    """
    (workload, parameters, machine), checked = what, chosen.checked
    if checked is None:
        return workload
    from .estimates import expected_of
    from .report.expected import expected_in_words, too_much
    from .sampling.machine import available_memory

    expected = expected_of(workload, checked, lanes, parameters, machine)
    words = expected_in_words(workload.name, expected)
    if words is not None and not options.quiet and (options.verbose or is_terminal(sys.stderr)):
        complain(words)
    reason = too_much(expected, available_memory(), options.runs or 1)
    if reason is not None and not options.yes:
        if not (is_terminal(sys.stderr) and is_terminal(sys.stdin)):
            raise UsageError(f"{reason}; --yes runs it all the same, --limit and --sample take fewer inputs.")
        if not _agrees(f"{reason}. Run it?", interruption):
            raise PoolscopeError("Nothing was run.")
    return workload._replace(memory_needed=lambda *_: 0) if reason is not None else workload


def _agrees(question: str, interruption: Interruption) -> bool:
    """Ask a person, who may also interrupt."""
    from select import select

    sys.stderr.write(f"poolscope: {question} [y/N] ")
    sys.stderr.flush()
    while interruption.number is None:
        ready, _, _ = select([sys.stdin, interruption], [], [])
        interruption.drain()
        if sys.stdin in ready:
            return sys.stdin.readline().strip().casefold() in ("y", "yes")
    write_error("")
    return False
