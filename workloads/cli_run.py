"""``poolscope run``: compares lanes without a screen, and reports on stdout.

Progress, the program's own output and the log go to stderr, so that stdout holds the result and nothing else. The
first Ctrl-C stops what runs, and what was measured until then is reported; the second leaves at once, and the
guardian, who sees us go, ends everything that is left.
"""

from __future__ import annotations

import select
import sys
from contextlib import ExitStack
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, TypedDict

from .cli_live import Interruption, Log, Progress
from .errors import GuardianLostError, UsageError
from .output import checked_output, complain, is_terminal, json_text, print_out, write_error, write_output

if TYPE_CHECKING:
    from argparse import Namespace

    from .cli_reports import Gate, Reports
    from .cli_target import Chosen
    from .comparison import Comparison
    from .headless import Sampling
    from .history.past import Past
    from .launcher import Guardian
    from .model import ComparisonState, Lane, LaneState, Machine, Parameters, Workload

_TICK_MS = 200
"""How often the state is looked at while nothing is reported; a dead worker is noticed within a few of these."""
_DEFAULT_LOG_LEVEL = 20
_TRACEBACK_LINES = 60
_BESIDES = ("export_markdown", "export_json", "export_csv", "export_html", "baseline", "fail_if_slower")
_SAMPLE_AFTER_NS = 2_000_000_000
"""What sampling imports would be seen in the times of shorter runs."""


def run(options: Namespace) -> int:
    """Run what the OPTIONS of the command line say.

    Returns:
        The exit status.
    """
    from .launcher import Guardian

    # The guardian starts first: while it does, on another core, there is time to import and to check.
    repeats = _repeats(options)
    with Interruption() as interruption, Guardian.start() as guardian:
        from .cli_target import choose, confirm
        from .parameters import check_parameters, given_once

        try:
            chosen = choose(options, guardian, interruption)
        except UsageError:
            if interruption.number is None:
                raise
            return 128 + interruption.number
        workload = chosen.workload
        parameters = check_parameters(workload, given_once(options.parameters))
        lanes = chosen_lanes(_specs(options, workload, parameters), options.workers, workload, parameters)
        output = checked_output(options.output) if options.output is not None else None
        reports, gate = _besides(options)
        from .sampling.machine import describe_machine

        begun, what = time_ns(), (workload, parameters, describe_machine())
        if chosen.checked is not None:
            what = (confirm(chosen, lanes, what, options, interruption), *what[1:])
        state, lost = _compare(options, guardian, interruption, lanes, what, repeats, chosen.reference)
        past = _past(begun, what, state)
        if options.snippet or options.json or output is not None or reports is not None:
            past = past._replace(snippet=_code(chosen, what, state))
        _report(options, output, reports, past)
    if lost is not None:
        raise lost
    if interruption.number is not None:
        return 128 + interruption.number
    if any(lane.state == "failed" or _has_failures(lane) for lane in state.lanes):
        return 1
    if gate is None:
        return 0
    from .cli_reports import pass_gate

    return pass_gate(gate, past)


def _besides(options: Namespace) -> tuple[Reports | None, Gate | None]:
    """Check the reports that are wanted, and what is compared with; most runs want neither."""
    if not any(getattr(options, name) is not None for name in _BESIDES):
        return None, None
    from .cli_reports import checked_gate, checked_reports

    return checked_reports(options), checked_gate(options)


def _past(begun: int, what: tuple[Workload, Parameters, Machine], state: ComparisonState) -> Past:
    """Put together what there is to say of a comparison."""
    from .history.origin import origin_of
    from .history.past import Past

    workload, parameters, machine = what
    return Past(origin_of(workload, begun), workload.name, parameters, machine, state)


def _code(chosen: Chosen, what: tuple[Workload, Parameters, Machine], state: ComparisonState) -> str | None:
    """The code to paste for the lane that should be used."""
    from .analysis.advice import advised
    from .report.snippet import code_for

    lane = advised(state.lanes)
    return code_for(lane, *what[:2], chosen.reference, chosen.checked) if lane is not None else None


def _has_failures(lane: LaneState) -> bool:
    """Whether tasks raised while the others went on."""
    return any(result.failed for result in lane.results)


class _Repeats(TypedDict):
    """What a comparison is told of its repeats."""

    runs: int | None
    warmups: int
    budget_s: float


def _repeats(options: Namespace) -> _Repeats:
    """How often lanes are run.

    Raises:
        UsageError: If there is a time budget for a fixed number of runs.
    """
    from .arguments import AUTOMATIC
    from .rounds import DEFAULT_BUDGET_S

    budget = options.time_budget
    if budget is not None and options.runs:
        raise UsageError(f"--time-budget is for -r auto, and -r {options.runs:,} makes so many runs in any case.")
    runs = options.runs if options.runs is not None else AUTOMATIC if budget is not None else 1
    return {"runs": runs or None, "warmups": options.warmup, "budget_s": budget or DEFAULT_BUDGET_S}


def _specs(options: Namespace, workload: Workload, parameters: Parameters) -> list[str]:
    """The lanes as they were asked for, or those of the preset."""
    lanes: list[str] = options.lanes
    if options.preset is None:
        return lanes
    if lanes:
        raise UsageError("A preset has lanes of its own: leave out either --preset or --lane.")
    from .presets import find_preset
    from .sampling.machine import describe_machine

    return [lane.label for lane in find_preset(options.preset, workload, parameters, describe_machine()).lanes]


def chosen_lanes(specs: list[str], workers: int | None, workload: Workload, parameters: Parameters) -> tuple[Lane, ...]:
    """List the lanes that SPECS ask for, or the default ones, with WORKERS where a lane leaves them open.

    Raises:
        UsageError: If one of the SPECS cannot be understood.
    """
    if not specs:
        lanes = workload.default_lanes(parameters)
        return tuple(
            lane if lane.engine == "serial" else lane._replace(workers=workers or lane.workers) for lane in lanes
        )
    from .lanes import parse_lane

    return tuple(_with_workers(parse_lane(spec), workers) for spec in specs)


def _with_workers(lane: Lane, workers: int | None) -> Lane:
    return lane if lane.engine == "serial" or lane.workers is not None else lane._replace(workers=workers)


def _compare(
    options: Namespace,
    guardian: Guardian,
    interruption: Interruption,
    lanes: tuple[Lane, ...],
    what: tuple[Workload, Parameters, Machine],
    repeats: _Repeats,
    reference: str | None,
) -> tuple[ComparisonState, GuardianLostError | None]:
    """Run all lanes; with the guardian lost on the way, what was known until then and the error."""
    from .comparison import Comparison

    workload, parameters, machine = what
    shows_log = options.verbose or options.log_level is not None
    level = options.log_level or (_DEFAULT_LOG_LEVEL if shows_log else 0)
    comparison = Comparison(
        guardian,
        workload,
        parameters,
        lanes,
        **repeats,
        log_level=level,
        workload_reference=reference,
        machine=machine,
        keep_going=options.keep_going,
        tolerance=options.tolerance,
    )
    progress = Progress(is_wanted=not options.quiet)
    log = Log(progress, level) if shows_log else None
    try:
        state = comparison.advance()
        if log is not None:
            log.show(state)  # the imports may take longer than the run, whose log has to be known by then
        _import_the_rest(options)
        state = _follow(comparison, guardian, interruption, progress, log)
    except GuardianLostError as error:
        return comparison.advance(), error
    finally:
        if log is not None:
            log.finish()
        progress.clear()
    return state, None


def _import_the_rest(options: Namespace) -> None:
    """Import what the end will need now, while the runner starts on another core and is not measured yet."""
    from .analysis import failure, findings, ledger, process_ledger, slowest, steadiness, verdict
    from .history import past
    from .recording import save, store

    findings.detectors()
    del failure, findings, ledger, process_ledger, slowest, steadiness, verdict, save, store, past
    if options.json:
        from .report import result_json as report
        from .report import snippet

        del snippet
    else:
        from .report import table as report  # type: ignore[no-redef]
    del report


class _Samples:
    """Samples for the recording of each run, one after the other."""

    def __init__(self, guardian: int) -> None:
        self._guardian = guardian
        self._directory: str | None = None
        self._sampling: Sampling | None = None

    def tick(self, state: ComparisonState) -> None:
        """Take a sample for the run under way, if it has lasted and it is time for one."""
        directory = state.run_directory if state.running is not None else None
        if directory != self._directory:
            if self._sampling is not None:
                self._sampling.close()
            self._directory, self._sampling = directory, None
            if directory is not None:
                from .headless import Sampling

                self._sampling = Sampling(Path(directory), self._guardian, _SAMPLE_AFTER_NS)
        elif self._sampling is not None:
            self._sampling.tick()


def _follow(
    comparison: Comparison, guardian: Guardian, interruption: Interruption, progress: Progress, log: Log | None
) -> ComparisonState:
    """Advance the comparison to its end."""
    waiting = select.poll()
    waiting.register(guardian.fileno(), select.POLLIN)
    waiting.register(interruption.fileno(), select.POLLIN)
    is_cancelled = False
    samples = _Samples(guardian.pid)
    while True:
        state = comparison.advance()
        samples.tick(state)
        progress.show(state)
        if log is not None:
            log.show(state)
        if state.is_over:
            return state
        if interruption.number is not None and not is_cancelled:
            is_cancelled = True
            comparison.cancel()
            continue
        waiting.poll(_TICK_MS)
        interruption.drain()


def _show_tracebacks(lanes: tuple[LaneState, ...], *, every: bool) -> None:
    """Show where tasks raised: what the function itself did is the same in all lanes, as a rule."""
    from .text import clean

    raised = [lane for lane in lanes if lane.traceback]
    for lane in raised if every else raised[:1]:
        write_error(f"{lane.key} {clean(lane.label, 100)}:")
        for line in (lane.traceback or "").splitlines()[-_TRACEBACK_LINES:]:
            write_error(f"  {clean(line, 1_000)}")


def _report(options: Namespace, output: Path | None, reports: Reports | None, past: Past) -> None:
    """Say what came out, and then keep it: nobody waits for the history before the result is there."""
    state, text = past.state, ""
    if options.json or output is not None:
        from .history.past import object_of

        text = json_text(object_of(past))
    for note in state.notes:
        complain(note)
    if not options.quiet:
        _show_tracebacks(state.lanes, every=options.verbose)
    with ExitStack() as rest:  # none of these is lost when another one cannot be written; the last one comes first
        rest.callback(_keep, past)
        if reports is not None:
            rest.callback(_write_reports, reports, past)
        if output is not None:
            rest.callback(write_output, output, text + "\n")
        _print(options, reports, past, text)


def _print(options: Namespace, reports: Reports | None, past: Past, text: str) -> None:
    """Write to stdout what is wanted there; TEXT is the JSON."""
    if options.json:
        print_out(text)
    elif reports is not None and reports.out is not None:
        from .cli_reports import print_report

        print_report(reports.out, past)
    else:
        from .report.table import report_table

        about = past, past.parameters, past.machine, past.state
        print_out(report_table(*about, colour=is_terminal(sys.stdout), details=options.verbose))
        if options.snippet and past.snippet is not None:
            print_out(f"\n{past.snippet[:-1]}")


def _write_reports(reports: Reports, past: Past) -> None:
    from .cli_reports import write_reports

    write_reports(reports, past)


def _keep(past: Past) -> None:
    """Keep the comparison in the history."""
    from .history.store import keep

    for note in keep(past).notes:
        complain(note)
