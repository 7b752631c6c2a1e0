"""What ``poolscope run`` does with a comparison besides its table: reports in files, and the verdict for CI."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .errors import UsageError
from .output import checked_output, complain, json_text, print_out, write_output
from .text import clean

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from .history.past import Past

FORMATS = ("markdown", "json", "csv", "html")
OUT = "-"
"""Stands for standard output."""


class Reports(NamedTuple):
    """What is wanted, checked before anything runs."""

    files: tuple[tuple[str, Path], ...] = ()
    """Formats, and the files that they are written to."""
    out: str | None = None
    """The format that is written to standard output; None for that of the command itself."""


class Gate(NamedTuple):
    """With what a comparison has to keep up."""

    share: float | None
    """By how much more time a lane may take; None if nothing fails by that."""
    baseline: Past | None
    """With which it is compared; None for the last one of the same kind in the history."""
    name: str
    """What the baseline was called; "" for None."""


def add_export_options(parser: ArgumentParser) -> None:
    """Add the options for reports in files."""
    group = parser.add_argument_group('reports ("-" for standard output)')
    abouts = ("for an issue or a pull request", "the object of --json", "a row a run", "one page with pictures")
    for form, about in zip(FORMATS, abouts, strict=True):
        group.add_argument(f"--export-{form}", metavar="FILE", help=about)


def add_gate_options(parser: ArgumentParser) -> None:
    """Add the options for CI."""
    from .arguments import fail_if_slower

    group = parser.add_argument_group("comparing with earlier ones (poolscope compare says more)")
    about = "exit with 3 if a lane takes longer than in the baseline by more than that, such as 5%%; needs -r 5 or auto"
    group.add_argument("--fail-if-slower", metavar="SHARE", type=fail_if_slower, help=about)
    about = "what to compare with: a JSON file or one of the history (default: the last one that is alike)"
    group.add_argument("--baseline", metavar="ID|FILE", help=about)


def checked_reports(options: Namespace) -> Reports:
    """Make sure, before anything runs, that all reports can be written.

    Raises:
        UsageError: If one of them cannot.
    """
    files: list[tuple[str, Path]] = []
    out = None
    for form in FORMATS:
        name: str | None = getattr(options, f"export_{form}")
        if name is None:
            continue
        if name != OUT:
            path = checked_output(name, f"--export-{form}")
            if path in (other for _, other in files):
                raise UsageError(f"--export-{form} {clean(name, 200)} is the file of another report: name another one.")
            files.append((form, path))
        elif out is not None or options.json:
            raise UsageError(f"--export-{form} -: standard output has room for one report only.")
        elif form == "html" and sys.stdout is not None and sys.stdout.isatty():
            raise UsageError("--export-html -: HTML is not for reading in a terminal; name a file, or use a pipe.")
        else:
            out = form
    return Reports(tuple(files), out)


def report_text(past: Past, form: str) -> str:
    """Write a comparison in a format, with a newline at its end."""
    if form == "json":
        from .history.past import object_of

        return json_text(object_of(past)) + "\n"
    if form == "csv":
        from .report.comparison_csv import comparison_csv

        return comparison_csv(past)
    if form == "markdown":
        from .report.comparison_markdown import comparison_markdown

        return comparison_markdown(past)
    from .report.comparison_page import comparison_page

    return comparison_page(past)


def write_reports(reports: Reports, past: Past) -> None:
    """Write all reports that go to files.

    Raises:
        PoolscopeError: If one cannot be written; the others are.
    """
    if not reports.files:
        return
    (form, path), *others = reports.files
    try:
        write_output(path, report_text(past, form))
    finally:
        write_reports(reports._replace(files=tuple(others)), past)


def print_report(form: str, past: Past) -> None:
    """Write a report to standard output."""
    print_out(report_text(past, form).removesuffix("\n"))


def checked_gate(options: Namespace) -> Gate | None:
    """Find, before anything runs, what a comparison will be compared with.

    Returns:
        None if with nothing.

    Raises:
        UsageError: If there is no such baseline, or there will be too few runs to tell.
        PoolscopeError: If the history cannot be read.
    """
    share: float | None = options.fail_if_slower
    name: str | None = options.baseline
    if share is None and name is None:
        return None
    if share is not None:
        from .analysis.statistics import FEWEST_RUNS

        runs = options.runs if options.runs is not None else 1 if options.time_budget is None else 0
        if 0 < runs < FEWEST_RUNS:
            raise UsageError(
                f"--fail-if-slower needs {FEWEST_RUNS} runs of each lane to tell a difference from chance: "
                f"add -r {FEWEST_RUNS} or more, or -r auto."
            )
    if name is None:
        return Gate(share, None, "")
    from .analysis.difference import has_enough_runs
    from .cli_history import find

    baseline, shown = find(name), clean(name, 200)
    if share is not None and not has_enough_runs(baseline):
        raise UsageError(f"--baseline {shown} has too few runs to tell a difference from chance: make one with -r 5.")
    return Gate(share, baseline, shown)


def pass_gate(gate: Gate, past: Past) -> int:
    """Compare with the baseline, and say on stderr what changed.

    Returns:
        The exit status.

    Raises:
        UsageError: If it cannot be decided what is slower.
        PoolscopeError: If the history cannot be read.
    """
    from .analysis.difference import compare
    from .analysis.statistics import FEWEST_RUNS
    from .cli_history import status_of
    from .history.store import find_baseline
    from .report.change_report import differences_in_words, sentence_of

    baseline = gate.baseline or find_baseline(past, FEWEST_RUNS)
    if baseline is None:
        complain("There is no earlier comparison of these lanes on this machine to compare with; this is the first.")
        return 0
    name = gate.name or baseline.origin.identity
    change = compare(baseline, past)
    if change.differences:
        complain(f"Against {name}, {differences_in_words(change.differences)}.")
    if gate.share is not None:
        return status_of(change, gate.share, name)
    for pair in change.lanes:
        complain(sentence_of(pair, name))
    return 0
