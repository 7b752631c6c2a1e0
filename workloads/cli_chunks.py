"""``poolscope chunks``: which chunksize to take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cli_study import Subject, add_runs, parallel_lane, run_study, study_parser, wants_colour, whole_numbers

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any

    from .studies.chunks import ChunksState, ChunksStudy

_MOST = 10**12
_ABOUT = "Measures a lane with chunks of different sizes, and recommends one."
_HELP = """\
Each chunksize is run once, beginning with the default of Pool.map; those that are not far slower
than the fastest are then run in turns, until the figures have settled or the budget is spent.

examples:
  poolscope chunks tiny-tasks
  poolscope chunks sqrt -p N=100_000 --lane executor:workers=4
  poolscope chunks work.py:slow --inputs 'range(10_000)' --sizes 1,16,256"""


def chunks(arguments: Sequence[str]) -> int:
    """Run ``poolscope chunks`` with ARGUMENTS.

    Returns:
        The exit status.
    """
    parser = study_parser("chunks", _ABOUT, _HELP)
    about = "chunk sizes, such as 1,16,256 (default: from one task to one chunk a worker)"
    parser.add_argument("--sizes", metavar="LIST", type=whole_numbers("--sizes", 1, _MOST), help=about)
    about = "the lane whose chunksize is varied (default: that of the workload)"
    parser.add_argument("--lane", dest="lanes", metavar="SPEC", action="append", default=[], help=about)
    add_runs(parser)
    options: Namespace = parser.parse_args(arguments)
    return run_study(options, lambda subject: _study(options, subject), _as_object, _as_text)


def _study(options: Namespace, subject: Subject) -> ChunksStudy:
    from .studies.base import Setting
    from .studies.chunks import ChunksStudy

    chosen = subject.chosen
    setting = Setting(chosen.workload, subject.parameters, chosen.reference)
    return ChunksStudy(subject.means, setting, parallel_lane(options.lanes, subject), options.sizes, options.runs)


def _as_object(subject: Subject, state: ChunksState) -> dict[str, Any]:
    from .report.study_json import chunks_object

    return chunks_object(subject.chosen.workload, subject.parameters, subject.machine, state)


def _as_text(subject: Subject, state: ChunksState) -> str:
    from .report.study_text import chunks_text

    return chunks_text(subject.chosen.workload, subject.parameters, subject.machine, state, colour=wants_colour())
