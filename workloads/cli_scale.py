"""``poolscope scale``: what more workers bring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cli_study import (
    Subject,
    add_runs,
    parallel_lane,
    reference_lane,
    run_study,
    study_parser,
    wants_colour,
    whole_numbers,
)
from .lanes import MOST_WORKERS

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any

    from .studies.scale import ScaleState, ScaleStudy

_ABOUT = "Measures speed-up and efficiency by number of workers, and says how many are worth having."
_HELP = """\
Runs the lane with each number of workers and the serial lane in turns, until the figures have
settled or the budget is spent. Amdahl's and Gustafson's laws and the Universal Scalability Law are
fitted where there are points enough.

examples:
  poolscope scale primes
  poolscope scale primes --workers 1,2,4,8 --lane executor --budget 120
  poolscope scale work.py:slow --inputs 'range(10_000)' -r 5 --json"""


def scale(arguments: Sequence[str]) -> int:
    """Run ``poolscope scale`` with ARGUMENTS.

    Returns:
        The exit status.
    """
    parser = study_parser("scale", _ABOUT, _HELP)
    about = "numbers of workers, such as 1,2,4 (default: up to twice the CPUs that may be used)"
    read = whole_numbers("--workers", 1, MOST_WORKERS)
    parser.add_argument("-j", "--workers", metavar="LIST", type=read, help=about)
    about = "the lane whose workers are varied (default: that of the workload)"
    parser.add_argument("--lane", dest="lanes", metavar="SPEC", action="append", default=[], help=about)
    add_runs(parser)
    options: Namespace = parser.parse_args(arguments)
    return run_study(options, lambda subject: _study(options, subject), _as_object, _as_text)


def _study(options: Namespace, subject: Subject) -> ScaleStudy:
    from .analysis.scaling import worker_counts
    from .studies.base import Setting
    from .studies.scale import ScaleStudy

    chosen = subject.chosen
    setting = Setting(chosen.workload, subject.parameters, chosen.reference)
    counts = options.workers or worker_counts(subject.machine.budget.cpus, MOST_WORKERS)
    lane = parallel_lane(options.lanes, subject)
    return ScaleStudy(subject.means, setting, lane, counts, reference_lane(subject), options.runs)


def _as_object(subject: Subject, state: ScaleState) -> dict[str, Any]:
    from .report.study_json import scale_object

    return scale_object(subject.chosen.workload, subject.parameters, subject.machine, state)


def _as_text(subject: Subject, state: ScaleState) -> str:
    from .report.study_text import scale_text

    return scale_text(subject.chosen.workload, subject.parameters, subject.machine, state, colour=wants_colour())
