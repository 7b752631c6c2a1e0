"""``poolscope breakeven``: the size from which on a lane pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cli_study import Subject, run_study, study_parser, two_lanes, wants_colour

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any

    from .studies.breakeven import BreakEvenState, BreakEvenStudy
    from .studies.dial import Dial

_ABOUT = "Finds the size from which on a lane beats another one, from runs of both at sizes chosen for it."
_HELP = """\
Varies one whole number of the workload, by default N, or the one that says how many tasks there
are; for a function of yours, how many of its inputs it gets. Sizes grow until the lane wins or no
longer can, then the gap around the crossing is halved, then runs around it give an interval.

examples:
  poolscope breakeven sqrt
  poolscope breakeven tiny-tasks -p steps=1000 --lane pool:workers=2 --from 10 --to 100_000
  poolscope breakeven work.py:slow --inputs 'range(10_000)' --budget 30"""


def breakeven(arguments: Sequence[str]) -> int:
    """Run ``poolscope breakeven`` with ARGUMENTS.

    Returns:
        The exit status.
    """
    parser = study_parser("breakeven", _ABOUT, _HELP)
    add = parser.add_argument
    add("--param", metavar="NAME", help="the parameter that is varied")
    add("--from", dest="low", metavar="A", help="smallest size (default: the smallest allowed one)")
    add("--to", dest="high", metavar="B", help="largest size (default: what the budget allows)")
    about = "the lane that is to win; given twice, the first is the reference (default: serial)"
    add("--lane", dest="lanes", metavar="SPEC", action="append", default=[], help=about)
    options: Namespace = parser.parse_args(arguments)
    return run_study(options, lambda subject: _study(options, subject), _as_object, _as_text)


def _study(options: Namespace, subject: Subject) -> BreakEvenStudy:
    from .studies.breakeven import BreakEvenStudy

    return BreakEvenStudy(subject.means, _dial(options, subject), two_lanes(options.lanes, subject))


def _dial(options: Namespace, subject: Subject) -> Dial:
    from .errors import UsageError
    from .studies.dial import dial_of, dial_of_target
    from .target import target_from

    chosen = subject.chosen
    if chosen.checked is None:
        return dial_of(chosen.workload, subject.parameters, options.param, options.low, options.high)
    if options.param is not None:
        raise UsageError("Of a function of yours, the number of inputs is varied: leave --param out.")
    assert chosen.reference is not None  # noqa: S101 - it was checked
    dial = dial_of_target(target_from(chosen.reference), chosen.checked, options.low, options.high)
    return dial.unlimited() if options.yes else dial


def _as_object(subject: Subject, state: BreakEvenState) -> dict[str, Any]:
    from .report.study_json import breakeven_object

    return breakeven_object(subject.chosen.workload, subject.parameters, subject.machine, state)


def _as_text(subject: Subject, state: BreakEvenState) -> str:
    from .report.study_text import breakeven_text

    return breakeven_text(subject.chosen.workload, subject.parameters, subject.machine, state, colour=wants_colour())
