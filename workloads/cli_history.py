"""``poolscope history`` and ``poolscope compare``: the comparisons that are kept, and what changed between two."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .arguments import Parser, fail_if_slower, wrong
from .cli_reports import add_export_options, checked_reports, print_report, write_reports
from .errors import UsageError
from .history import store
from .history.past import object_of, read_past
from .output import complain, is_terminal, print_json, print_out
from .report.columns import encodable
from .report.grid import plain
from .text import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .analysis.difference import Change
    from .history.past import Past
    from .report.grid import Block, Draw

SLOWER = 3
"""Exit status of a comparison that is slower than ``--fail-if-slower`` allows."""
_SCHEMA = 1
_SHOWN = 20
_MOST_SHOWN = 1_000_000
_STATUS_HELP = "exit status: 0 fine, 1 the history cannot be read or changed, 2 wrong use."
_HISTORY_HELP = f"""\
poolscope history                list the last {_SHOWN} comparisons, the newest first
poolscope history show ID        show one as it was, or with --json all that is kept of it;
                                 --export-html FILE and the like write reports of it
poolscope history remove ID...   remove some
poolscope history remove --all   remove all

An ID may be cut, as long as it is the only one that begins so; "last" is the newest one, and
"last~1" the one before it. "poolscope compare ID ID" says what changed between two.

Every comparison of "poolscope run" and of the screen, and all that "poolscope advise" tried, is
kept in {store.NAME} beside the recordings, the last {store.DEFAULT_COUNT:,} of them; {store.COUNT_VARIABLE}=COUNT sets
another limit, and 0 keeps none.

{_STATUS_HELP}"""
_COMPARE_HELP = """\
Each of the two is a comparison of the history, by its ID, the beginning of that, "last" or
"last~1", or a file that "poolscope run --json" or "-o" wrote, of this machine or of any other.

What differs between the two is said first: machine, Python, parameters, code, what defaults came
to. Then come the lanes: how many times as fast the second is as the first, with the interval in
which that lies with 95 % confidence. If it spans 1, no difference is shown; with fewer than 5 runs
of a lane in one of the two (-r 5), there is none.

examples:
  poolscope compare last~1 last
  poolscope compare main.json branch.json --fail-if-slower 5%

exit status: 0 fine, 1 the history cannot be read, 2 wrong use, or --fail-if-slower cannot be
decided, 3 a lane of the second takes more time than --fail-if-slower allows, or fails."""


def history(arguments: Sequence[str], draw: Draw) -> int:
    """Run ``poolscope history`` with ARGUMENTS; DRAW draws tables for a terminal."""
    words = list(arguments)
    if words[:1] == ["show"]:
        return _show(words[1:])
    if words[:1] == ["remove"]:
        return _remove(words[1:])
    return _list(words, draw)


def compare(arguments: Sequence[str], draw: Draw) -> int:
    """Run ``poolscope compare`` with ARGUMENTS; DRAW draws tables for a terminal.

    Returns:
        The exit status.
    """
    parser = Parser("poolscope compare", "Says what changed from one comparison to another.", _COMPARE_HELP)
    add = parser.add_argument
    add("first", metavar="FIRST", help="a comparison of the history, or a JSON file")
    add("second", metavar="SECOND", help="likewise")
    add("--json", action="store_true", help="print one JSON object instead of text")
    about = "exit with 3 if a lane of the second takes longer by more than that, such as 5%%"
    add("--fail-if-slower", metavar="SHARE", type=fail_if_slower, help=about)
    options = parser.parse_args(arguments)
    first, second = find(options.first), find(options.second)
    from .analysis.difference import compare as put_beside
    from .analysis.difference import judge_slower
    from .report.change_report import change_blocks, change_object

    change, names = put_beside(first, second), (options.first, options.second)
    share: float | None = options.fail_if_slower
    judgement = judge_slower(change, share) if share is not None else None
    if options.json:
        print_json(change_object(change, names, judgement))
    else:
        _print(change_blocks(change, names), draw)
    return status_of(change, share, "the first") if share is not None else 0


def find(reference: str) -> Past:
    """Find a comparison: in a file, or in the history.

    Raises:
        UsageError: If there is none.
        PoolscopeError: If the history cannot be read.
    """
    shown = clean(reference, 200)
    try:
        path = Path(reference)
        is_there = bool(reference) and path.exists()
    except (OSError, ValueError):
        is_there = False
    if is_there:
        if path.is_dir():
            raise UsageError(f"{shown} is a directory: name a file.")
        return read_past(path, shown)
    if "/" in reference or reference.endswith(".json"):
        raise UsageError(f"There is no file {shown}.")
    return store.find(reference)


def status_of(change: Change, share: float, than: str) -> int:
    """Say on stderr which lanes are slower by more than a SHARE.

    Args:
        change: The two comparisons.
        share: How much more time a lane may take.
        than: What the first one is called.

    Returns:
        The exit status.

    Raises:
        UsageError: If that cannot be decided for one of the lanes, and none is known to be slower.
    """
    from .analysis.difference import judge_slower
    from .report.change_report import sentence_of

    judgement = judge_slower(change, share)
    for pair in judgement.slower:
        complain(sentence_of(pair, than))
    if judgement.slower:
        return SLOWER
    if judgement.undecided:
        raise UsageError(f"It cannot be decided what is slower: {sentence_of(judgement.undecided[0], than)}")
    if not change.lanes:
        raise UsageError("It cannot be decided what is slower: the two have no lane in common.")
    return 0


def _list(arguments: list[str], draw: Draw) -> int:
    parser = Parser("poolscope history", "Lists the comparisons that are kept.", _HISTORY_HELP)
    add = parser.add_argument
    add("--workload", metavar="NAME", help="only those of one workload")
    add("--limit", metavar="N", type=_limit, default=_SHOWN, help=f"how many at most (default: {_SHOWN})")
    add("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    notes: list[str] = []
    pasts = store.entries(options.limit, options.workload, notes)
    for note in notes:
        complain(note)
    if options.json:
        place = os.fspath(store.path()).encode("utf-8", "replace").decode()
        comparisons = [object_of(past) for past in pasts]
        print_json({"schema": _SCHEMA, "file": place, "comparisons": comparisons})
        return 0
    if not pasts:
        of = f" of {clean(options.workload, 100)}" if options.workload is not None else ""
        print_out(f"No comparison{of} is kept in {clean(str(store.path()), 200)}.")
        return 0
    from .report.change_report import list_grid

    _print([list_grid(pasts)], draw)
    return 0


def _show(arguments: list[str]) -> int:
    parser = Parser("poolscope history show", "Shows a comparison as it was.", _STATUS_HELP)
    parser.add_argument("name", metavar="ID", help='a comparison, "last" or "last~1", or a JSON file')
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_export_options(parser)
    options = parser.parse_args(arguments)
    reports = checked_reports(options)
    past = find(options.name)
    write_reports(reports, past)
    if reports.out is not None:
        print_report(reports.out, past)
        return 0
    if options.json:
        print_json(object_of(past))
        return 0
    from .report.change_report import local_time
    from .report.table import report_table

    origin = past.origin
    code = f", code {origin.code}" if origin.code else ""
    begun = f", {local_time(origin.begun_epoch_ns)}" if origin.begun_epoch_ns else ""
    print_out(f"{origin.identity or clean(options.name, 100)}{begun}, on {past.machine.hostname or 'unknown'}{code}")
    about = past, past.parameters, past.machine
    print_out(report_table(*about, past.state, colour=is_terminal(sys.stdout)))
    return 0


def _remove(arguments: list[str]) -> int:
    parser = Parser("poolscope history remove", "Removes comparisons that are kept.", _STATUS_HELP)
    parser.add_argument("names", metavar="ID", nargs="*", help='a comparison, "last" or "last~1"')
    parser.add_argument("--all", action="store_true", help="remove all")
    options = parser.parse_args(arguments)
    if bool(options.names) == options.all:
        raise UsageError("Say which ones to remove: poolscope history remove ID..., or remove --all.")
    if options.all:
        store.clear()
        return 0
    # All are found before one is removed.
    for identity in dict.fromkeys(store.find_identity(name) for name in options.names):
        store.remove(identity)
    return 0


def _limit(text: str) -> int:
    digits = text.strip().replace("_", "")
    if digits.isascii() and digits.isdecimal() and len(digits) < 10 and 1 <= int(digits) <= _MOST_SHOWN:
        return int(digits)
    raise wrong("--limit", text, f"choose a whole number from 1 to {_MOST_SHOWN:,}")


def _print(blocks: Sequence[Block], draw: Draw) -> None:
    """Print a report: drawn where it is for a terminal, as plain columns where a program or a file takes it."""
    print_out(encodable(draw(blocks) if is_terminal(sys.stdout) else plain(blocks), None))
