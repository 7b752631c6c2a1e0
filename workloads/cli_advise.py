"""``poolscope advise``: what to do with a workload, or with a function of one's own, found out within a time budget."""

from __future__ import annotations

from time import perf_counter_ns
from typing import TYPE_CHECKING

from .cli_study import Subject, run_study, study_parser, wants_colour

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any

    from .history.past import Past
    from .model import Lane
    from .studies.advise import Advise, AdviseState
    from .studies.work import Work

_ABOUT = "Says whether to run a workload in parallel, how, and what that gains; with the code for it."
_HELP = """\
Within the budget: runs it serially, then with the engines that fit; then tries start methods,
numbers of workers and chunk sizes of the fastest one; runs it and serial in turns until it is known
how they compare; and looks from which size on it pays. Work that is too large for the budget is
measured with a part of it. All that was tried is kept in the history, as one comparison.

examples:
  poolscope advise sqrt
  poolscope advise work.py:slow --inputs 'range(10_000)' --budget 2m
  poolscope advise hash --lane pool --lane threads:workers=4 --json"""


def advise(arguments: Sequence[str]) -> int:
    """Run ``poolscope advise`` with ARGUMENTS.

    Returns:
        The exit status.
    """
    begun_ns = perf_counter_ns()
    parser = study_parser("advise", _ABOUT, _HELP)
    about = "a parallel lane to try, instead of all engines that fit; what it leaves open may be varied"
    parser.add_argument("--lane", dest="lanes", metavar="SPEC", action="append", default=[], help=about)
    options: Namespace = parser.parse_args(arguments)
    return run_study(options, lambda subject: _study(options, subject, begun_ns), _as_object, _as_text, _as_past)


def _study(options: Namespace, subject: Subject, begun_ns: int) -> Advise:
    from .studies.advise import Advise

    return Advise(subject.means, _work(options, subject), begun_ns)


def _work(options: Namespace, subject: Subject) -> Work:
    from .studies.work import work_on
    from .target import Own, target_from

    chosen, own = subject.chosen, None
    if chosen.checked is not None and chosen.reference is not None:
        own = Own(chosen.workload, target_from(chosen.reference), chosen.checked)
    return work_on(chosen.workload, subject.parameters, _lanes(options), own)


def _lanes(options: Namespace) -> tuple[Lane, ...]:
    """The parallel lanes that were asked for; none for all that fit.

    Raises:
        UsageError: If one cannot be understood, or all are serial.
    """
    from .errors import UsageError
    from .lanes import parse_lane

    lanes = tuple(dict.fromkeys(map(parse_lane, options.lanes)))
    parallel = tuple(lane for lane in lanes if lane.engine != "serial")
    if lanes and not parallel:
        raise UsageError("Serial is tried in any case: name a parallel lane, such as --lane pool, or leave --lane out.")
    return parallel


def _code(subject: Subject, state: AdviseState) -> str | None:
    from .report.advice_report import advised_code

    chosen = subject.chosen
    return advised_code(chosen.workload, subject.parameters, subject.machine, state, chosen.reference, chosen.checked)


def _as_object(subject: Subject, state: AdviseState) -> dict[str, Any]:
    from .report.advice_report import advice_object

    code = _code(subject, state)
    return advice_object(subject.chosen.workload, subject.parameters, subject.machine, state, code, subject.origin)


def _as_text(subject: Subject, state: AdviseState) -> str:
    from .report.advice_report import advice_text

    return advice_text(subject.machine, state, _code(subject, state), colour=wants_colour())


def _as_past(subject: Subject, state: AdviseState) -> Past:
    from .history.advised import past_of

    about = subject.chosen.workload, subject.parameters, subject.machine
    return past_of(subject.origin, *about, state, _code(subject, state))
