"""A comparison as a table of plain text, for people.

It looks like this::

    sqrt  N = 5,000,000
    Linux 6.18, CPython 3.11.7, 2 CPUs of 64

      lane                                   time    against A  tasks/s  result
    A serial                               1.01 s                4.93 M  reference
    B pool, 2 workers, fork, chunk 625,000  1.75 s  1.7× slower   2.86 M  same
    ...

Everything but the results' own lines keeps within 80 columns.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..analysis.statistics import spread_of
from ..analysis.verdict import ratio_between
from ..model import PHASES, ComparisonState, Lane, LaneState, Ledger, Machine, Parameters, ParameterValue, Workload
from ..parameters import listed
from ..text import cell_width, clean, shorten
from . import figures
from .columns import aligned, encodable
from .findings_text import findings_text

if TYPE_CHECKING:
    from ..history.past import Past

WIDTH = 80
_LABEL_LEAST = 12
_LINE_LIMIT = 1000
_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"


def report_table(
    workload: Workload | Past,
    parameters: Parameters,
    machine: Machine,
    state: ComparisonState,
    *,
    encoding: str | None = None,
    colour: bool = False,
    details: bool = False,
) -> str:
    """Write the report of a comparison.

    Args:
        workload: What was run.
        parameters: With all defaults filled in.
        machine: Where it was run.
        state: The comparison at its end, or where it was cancelled.
        encoding: What the text must be written in; characters that it lacks are replaced. Default: that of stdout.
        colour: Whether the verdict may stand out, provided that ``NO_COLOR`` is not set.
        details: Whether to say what each process of each lane's last run did, and which were its slowest tasks.

    Returns:
        Lines without a newline at the end.
    """
    lines = [title(workload, parameters), place_in_words(machine), ""]
    lines += _lanes(state.lanes, encodable("…", encoding))
    repeats = _repeats(state.lanes)
    if repeats:
        lines += ["", *repeats]
    ledger = _ledgers(state.lanes)
    if ledger:
        lines += ["", *ledger]
    if details:
        lines += _details(state.lanes, encoding, colour=colour)
    result = _results(state.lanes)
    if result:
        lines += ["", *result]
    lines += _failures(state.lanes)
    text = encodable("\n".join(lines), encoding)
    verdict = encodable("\n".join(_verdict(state)), encoding)
    warnings = encodable("\n".join(_warnings(state)), encoding)
    found = encodable("\n".join(findings_text(state.findings, WIDTH)), encoding)
    if verdict and colour and not os.environ.get("NO_COLOR"):
        verdict = f"{_BOLD}{verdict}{_PLAIN}"
    return "\n\n".join(part for part in (text, verdict, warnings, found) if part)


def title(workload: Workload | Past, parameters: Parameters) -> str:
    """Name what was run, and with which parameters, in one line."""
    given = [f"{clean(name, 40)} = {_value(value)}" for name, value in parameters.items()]
    return shorten("  ".join([clean(workload.name, 60), ", ".join(given)]).rstrip(), WIDTH)


def _value(value: ParameterValue) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return figures.count(value) if isinstance(value, int) else clean(str(value), 200)


def place_in_words(machine: Machine) -> str:
    """Say where it was run, in one line."""
    budget = machine.budget
    of = f" of {budget.online}" if budget.cpus < budget.online else ""
    cpus = f"{figures.cpus(budget.cpus)} {'CPU' if budget.cpus == 1 else 'CPUs'}{of}"
    return shorten(f"{machine.system}, {machine.implementation} {machine.python}, {cpus}", WIDTH)


def _lanes(lanes: Sequence[LaneState], ellipsis: str) -> list[str]:
    first = next((index for index, lane in enumerate(lanes) if lane.state != "skipped"), 0)
    reference = lanes[first].median_ns if lanes else None
    header = ["", "lane", "time", f"against {lanes[first].key}" if lanes else "", "tasks/s", "result"]
    rows = [header, *(_lane_row(lane, reference, index, first) for index, lane in enumerate(lanes))]
    columns = list(zip(*rows, strict=True))
    taken = sum(max(map(cell_width, column)) + 2 for index, column in enumerate(columns) if index != 1)
    for row in rows:
        row[1] = shorten(row[1], max(_LABEL_LEAST, WIDTH + 1 - taken), ellipsis)
    return aligned(rows, right=set(range(2, len(rows[0]) - 1)))


def _lane_row(lane: LaneState, reference: int | None, index: int, first: int) -> list[str]:
    median = lane.median_ns
    if median is None:
        return [lane.key, lane_in_words(lane.lane), "-", "", "", lane.state]
    against = figures.ratio_in_words(reference / median).replace(" times", "×") if reference and index != first else ""
    per_second = figures.short_count(lane.tasks * 1e9 / median)
    duration = figures.duration(median)
    return [
        lane.key,
        lane_in_words(lane.lane),
        duration,
        against,
        per_second,
        outcome_of(lane, index, first),
    ]


def lane_in_words(lane: Lane) -> str:
    """Write a lane as people say it: ``pool, 2 workers, fork, chunk 625,000``."""
    words: list[str] = [lane.engine]
    if lane.engine != "serial":
        unit = "thread" if lane.engine == "threads" else "worker"
        words[0] = f"{'warm ' if lane.warm else ''}{lane.engine}{f' {lane.flavour}' if lane.flavour else ''}"
        words += [f"{lane.workers:,} {unit}{'' if lane.workers == 1 else 's'}"] if lane.workers else []
        words += [lane.start_method] if lane.start_method else []
        words += [f"chunk {lane.chunksize:,}"] if lane.chunksize else []
        words += [f"replaced after {lane.maxtasks:,}"] if lane.maxtasks else []
    words += [f"BLAS {lane.blas}"] if lane.blas else []
    return ", ".join(words)


def outcome_of(lane: LaneState, index: int, first: int) -> str:
    """Say in a word or two what came of the lane at an index; FIRST is that of the reference."""
    if lane.state in ("failed", "cancelled", "skipped"):
        return lane.state
    if index == first:
        return "reference"
    return {True: "same", False: "different", None: "not compared"}[lane.same_result]


def _repeats(lanes: Sequence[LaneState]) -> list[str]:
    """How the runs of each lane are spread, and where its ratio to the first lane lies, where there are several."""
    if all(len(lane.times_ns) < 2 for lane in lanes):
        return []
    first = next(lane for lane in lanes if lane.state != "skipped")
    rows = [["", "runs", "median", "middle half", "95th", "slowest", f"times as fast as {first.key}"]]
    for lane in lanes:
        if not lane.times_ns:
            continue
        spread = spread_of(lane.times_ns)
        middle = f"{figures.duration(spread.lower)} to {figures.duration(spread.upper)}"
        ratio = ratio_between(lane, first) if lane is not first else None
        where = "" if ratio is None else "not enough runs"
        if ratio is not None and ratio.interval is not None:
            where = figures.interval(*ratio.interval)
        times = [figures.duration(time) for time in (spread.median, spread.p95, spread.maximum)]
        rows.append([lane.key, str(len(lane.times_ns)), times[0], middle, *times[1:], where])
    warmups = max(lane.warmups for lane in lanes)
    after = f" (after {warmups} warm-up run{'' if warmups == 1 else 's'} each)" if warmups else ""
    return [f"Repeats, with the 95 % interval of the ratio{after}:", *aligned(rows, right=set(range(1, 7)))]


def _ledgers(lanes: Sequence[LaneState]) -> list[str]:
    rows = [["", *PHASES]]
    for lane in lanes:
        ledger = lane.ledgers[-1] if lane.ledgers else lane.ledger
        if ledger.total_ns > 0:
            rows.append([lane.key, *_shares(ledger)])
    if len(rows) == 1:
        return []
    runs = " (last run)" if any(len(lane.ledgers) > 1 for lane in lanes) else ""
    return [f"Where the time went{runs}:", *aligned(rows, right=set(range(1, len(PHASES) + 1)))]


def _shares(ledger: Ledger) -> list[str]:
    return [figures.duration(spent) if spent else "0" for spent in ledger.phases().values()]


def _details(lanes: Sequence[LaneState], encoding: str | None, *, colour: bool) -> list[str]:
    """What every process of the last run of each lane did, and its slowest tasks."""
    from .process_table import process_table, slowest_table

    lines: list[str] = []
    for lane in lanes:
        account = lane.accounts[-1] if lane.accounts else None
        if account is None:
            continue
        of = f" of {lane.key}" + (" (last run)" if len(lane.accounts) > 1 else "")
        table = process_table(account.processes, WIDTH, colour=colour, encoding=encoding)
        lines += ["", f"Processes{of}:", *table.splitlines()]
        slowest = slowest_table(account.slowest, WIDTH, encoding=encoding)
        if slowest:
            lines += ["", f"Slowest tasks{of}:", *slowest.splitlines()]
    return lines


def _results(lanes: Sequence[LaneState]) -> list[str]:
    """What came out, once where all lanes agree."""
    lines: list[str] = []
    seen: set[tuple[str, ...]] = set()
    for lane in lanes:
        result = next((result for result in reversed(lane.results) if result.ok), None)
        if result is None:
            continue
        said = tuple(clean(text, _LINE_LIMIT) for text in (result.summary, *result.lines) if text)
        if not said or said in seen:
            continue
        name = "Result: " if not seen and lane.same_result is not False else f"Result of {lane.key}: "
        lines += [name + said[0], *("  " + line for line in said[1:])]
        seen.add(said)
    return lines


def _failures(lanes: Sequence[LaneState]) -> list[str]:
    """The tasks that raised while the others went on, once where lanes agree."""
    lines: list[str] = []
    results = {lane.key: result for lane in lanes for result in lane.results if result.failed}  # the last one of each
    for failures in dict.fromkeys(result.failures for result in results.values()):
        alike = [key for key, result in results.items() if result.failures == failures]
        result = results[alike[0]]
        lines += ["", f"{result.failed:,} of {result.tasks:,} tasks raised in {listed(alike)}:"]
        lines += ["  " + clean(text, _LINE_LIMIT) for text in result.failures]
        more = result.failed - len(result.failures)
        lines += [f"  and {more:,} more"] if more else []
    return lines


def _warnings(state: ComparisonState) -> list[str]:
    """Why the times may be worth less than they look, and what to do."""
    lines: list[str] = []
    for warning in state.warnings:
        said = f"- {warning.sentence} {warning.advice}"
        lines += textwrap.wrap(clean(said, _LINE_LIMIT), WIDTH, subsequent_indent="  ")
    return ["About the measurement:", *lines] if lines else []


def _verdict(state: ComparisonState) -> list[str]:
    lines: list[str] = []
    sentences = state.verdict.sentences if state.verdict is not None else ()
    for sentence in sentences:
        lines += textwrap.wrap(clean(sentence, _LINE_LIMIT), WIDTH)
    return lines
