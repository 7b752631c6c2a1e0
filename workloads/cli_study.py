"""What the commands of studies share: options, what is run, and following a study to its end."""

from __future__ import annotations

import select
import sys
from time import time_ns
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from .arguments import Parser, assignment, runs, tolerance, wrong
from .cli_live import Interruption, Progress
from .cli_target import Chosen, add_options, choose
from .errors import GuardianLostError, UsageError
from .lanes import parse_lane
from .model import Lane
from .output import checked_output, complain, is_terminal, json_text, print_out, write_output

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    from .history.origin import Origin
    from .history.past import Past
    from .launcher import Guardian
    from .model import Machine, Parameters
    from .studies.base import Means, Study, StudyState

_TICK_MS = 200
_LEAST_SECONDS, _MOST_SECONDS = 1.0, 86_400.0
_UNITS = {"min": 60, "s": 1, "m": 60, "h": 3_600}
STATUS_HELP = """\
exit status: 0 fine, 1 the measured work failed, 2 wrong use, 130 stopped by Ctrl-C, 143 by SIGTERM;
what was measured until then is reported."""

State = TypeVar("State", bound="StudyState")


class Subject(NamedTuple):
    """What a study is about."""

    chosen: Chosen
    parameters: Parameters
    means: Means
    output: Path | None
    """The file that gets the JSON object, too."""
    origin: Origin
    """Under which the history finds what it keeps of it."""

    @property
    def machine(self) -> Machine:
        """Where it is made."""
        return self.means.machine


def study_parser(name: str, about: str, epilog: str) -> ArgumentParser:
    """Make a parser with the options that all studies have."""
    parser = Parser(f"poolscope {name}", about, f"{epilog}\n\n{STATUS_HELP}")
    what = 'one of those that "poolscope list" names, or a function of yours: file.py:function, module:function'
    parser.add_argument("workload", metavar="WORKLOAD", help=what)
    add = parser.add_argument
    add("-p", dest="parameters", metavar="NAME=VALUE", action="append", default=[], type=assignment, help="a parameter")
    add("--budget", metavar="TIME", type=budget, default=60.0, help="how long it may take: 90, 60s, 2m (default: 60s)")
    add("--tolerance", metavar="X", type=tolerance, default=0.0, help="how far floats in results may differ: 1e-9")
    add("--json", action="store_true", help="print one JSON object instead of text")
    add("-o", "--output", metavar="FILE", help="also write that JSON object to FILE")
    add("-q", "--quiet", action="store_true", help="show no progress")
    add_options(parser)
    return parser


def add_runs(parser: ArgumentParser) -> None:
    """Add the option that says how often each lane is run."""
    about = "how often each is run (default: until the figures have settled, or the budget is spent)"
    parser.add_argument("-r", "--runs", metavar="N", type=runs, help=about)


def budget(text: str) -> float:
    """Read a time in seconds, such as ``60``, ``60s``, ``2m`` or ``1h``."""
    number = text.strip().lower()
    unit = next((unit for unit in _UNITS if number.endswith(unit)), "")
    try:
        seconds = float(number.removesuffix(unit)) * _UNITS.get(unit, 1)
    except ValueError:
        seconds = -1.0
    if not _LEAST_SECONDS <= seconds <= _MOST_SECONDS:
        allowed = f"choose a time from {_LEAST_SECONDS:g} to {_MOST_SECONDS:,.0f} seconds, such as 60s or 2m"
        raise wrong("--budget", text, allowed)
    return seconds


def whole_numbers(option: str, least: int, most: int) -> Callable[[str], tuple[int, ...]]:
    """Make what reads numbers such as ``1,2,4``."""

    def read(text: str) -> tuple[int, ...]:
        parts = [part.strip().replace("_", "") for part in text.split(",") if part.strip()]
        is_right = all(part.isascii() and part.isdecimal() and len(part) <= len(str(most)) for part in parts)
        numbers = tuple(int(part) for part in parts) if parts and is_right else ()
        if not numbers or not all(least <= number <= most for number in numbers):
            raise wrong(option, text, f"write whole numbers from {least:,} to {most:,}, such as 1,2,4")
        return numbers

    return read


def run_study(
    options: Namespace,
    make: Callable[[Subject], Study],
    as_object: Callable[[Subject, Any], dict[str, Any]],
    as_text: Callable[[Subject, Any], str],
    as_past: Callable[[Subject, Any], Past] | None = None,
) -> int:
    """Make a study, follow it to its end, and report.

    Args:
        options: Of the command line.
        make: Prepares the study; may raise `UsageError`.
        as_object: Its last state as a JSON object.
        as_text: The same for a person.
        as_past: What the history keeps of it; None for nothing.

    Returns:
        The exit status.
    """
    from .launcher import Guardian

    with Interruption() as interruption, Guardian.start() as guardian:
        try:
            subject = _subject(options, guardian, interruption)
        except UsageError:
            if interruption.number is None:
                raise
            return 128 + interruption.number
        state, lost = _follow(make(subject), guardian, interruption, Progress(is_wanted=not options.quiet))
    progress = state.progress
    if progress.error is not None and progress.comparisons_done == 0 and lost is None:
        raise UsageError(progress.error)
    for note in progress.notes:
        complain(note)
    if progress.error is not None and lost is None:
        complain(progress.error)
    try:
        _report(options, subject, as_object(subject, state), as_text(subject, state))
    finally:
        if as_past is not None:
            _keep(as_past(subject, state))
    if lost is not None:
        raise lost
    if interruption.number is not None:
        return 128 + interruption.number
    return 1 if progress.error is not None else 0


def _subject(options: Namespace, guardian: Guardian, interruption: Interruption) -> Subject:
    from .history.origin import origin_of
    from .parameters import check_parameters, given_once
    from .sampling.machine import describe_machine
    from .studies.base import Means

    output = checked_output(options.output) if options.output is not None else None
    chosen = choose(options, guardian, interruption)
    if options.yes:
        chosen = chosen._replace(workload=chosen.workload._replace(memory_needed=lambda *_: 0))
    parameters = check_parameters(chosen.workload, given_once(options.parameters))
    means = Means(guardian, describe_machine(), round(options.budget * 1e9), options.tolerance)
    return Subject(chosen, parameters, means, output, origin_of(chosen.workload, time_ns()))


def parallel_lane(specs: list[str], subject: Subject) -> Lane:
    """The lane whose setting is varied: the one that was asked for, or the workload's first one that is parallel.

    Raises:
        UsageError: If more than one was asked for, or there is none.
    """
    if len(specs) > 1:
        raise UsageError("One --lane is enough: its setting is what is varied.")
    if specs:
        return parse_lane(specs[0])
    from .studies.pairs import varied

    return varied(_defaults(subject), subject.chosen.workload)._replace(workers=None, chunksize=None)


def reference_lane(subject: Subject) -> Lane | None:
    """The serial lane, where the workload can run in it."""
    return Lane("serial") if "serial" in subject.chosen.workload.engines else None


def two_lanes(specs: list[str], subject: Subject) -> tuple[Lane, Lane]:
    """The reference, and the lane that is to beat it.

    Raises:
        UsageError: If more than two were asked for, or there is nothing to compare with.
    """
    if len(specs) > 2:
        raise UsageError("A break-even is between two lanes: leave the other --lane options out.")
    lanes = [parse_lane(spec) for spec in specs]
    if len(lanes) == 2:
        return lanes[0], lanes[1]
    from .studies.pairs import usual

    defaults = _defaults(subject)
    reference = reference_lane(subject) or next(iter(defaults), None)
    other = lanes[0] if lanes else usual(defaults)
    if reference is None or other is None or reference == other:
        raise UsageError("There are no two lanes to compare: name both with --lane.")
    return reference, other


def _defaults(subject: Subject) -> tuple[Lane, ...]:
    return subject.chosen.workload.default_lanes(subject.parameters)


def _follow(
    study: Study, guardian: Guardian, interruption: Interruption, progress: Progress
) -> tuple[StudyState, GuardianLostError | None]:
    """Advance a study to its end; with the guardian lost on the way, what was known until then and the error."""
    waiting = select.poll()
    waiting.register(guardian.fileno(), select.POLLIN)
    waiting.register(interruption.fileno(), select.POLLIN)
    is_cancelled = False
    try:
        while True:
            state = study.advance()
            if state.progress.is_over:
                return state, None
            progress.say(lambda state=state: _progress_text(state))  # type: ignore[misc]
            if interruption.number is not None and not is_cancelled:
                is_cancelled = True
                study.cancel()
                continue
            if state.progress.comparison is None or not state.progress.comparison.is_over:
                waiting.poll(_TICK_MS)
            interruption.drain()
    except GuardianLostError as error:
        return study.advance(), error
    finally:
        progress.clear()


def _progress_text(state: StudyState) -> str:
    from .cli_live import progress_text
    from .report import figures

    progress = state.progress
    left = figures.seconds(progress.left_ns or 0)
    said = f"{progress.share * 100:.0f} %, at most {left} more; {progress.what}"
    comparison = progress.comparison
    if comparison is None or comparison.running is None:
        return said
    return f"{said}; {progress_text(comparison)}"


def _report(options: Namespace, subject: Subject, content: dict[str, Any], text: str) -> None:
    try:
        print_out(json_text(content) if options.json else text)
    finally:  # neither of the two is lost when the other cannot be written
        if subject.output is not None:
            write_output(subject.output, json_text(content) + "\n")


def _keep(past: Past) -> None:
    """Keep it in the history; nobody waits for that before the result is there."""
    from .history.store import keep

    for note in keep(past).notes:
        complain(note)


def wants_colour() -> bool:
    """Whether the answer may stand out."""
    return is_terminal(sys.stdout)
