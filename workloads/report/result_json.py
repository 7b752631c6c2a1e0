"""A comparison as one JSON object, for other programs.

Schema 1; every key is always there. Times are seconds, null stands for what is not known::

    schema      1
    identity    of the comparison, under which the history holds it
    begun       2026-11-22T21:03:55Z
    poolscope   version that made it
    code        digest of the source of the workload's module
    workload    {name, parameters}         a parameter is a number, a text, or a list of numbers
    machine     {hostname, system, python, implementation, cpu_model,
                 cpus {online, affinity, limits [{path, cpus}], budget, threads_per_core},
                 memory_bytes, start_methods, default_start_method, load}
    lanes       [{label, engine, workers, start_method, chunksize, flavour, maxtasks, blas, warm, state, error,
                  tasks,
                  runs [{elapsed_s, ok, error, ledger_s {starting, sending, computing, returning, waiting, stopping},
                         failed, failures, digest, processes, slowest}],
                  warmups, median_s, spread_s {count, minimum, lower, median, upper, maximum, p95, relative},
                  speedup, speedup_interval {low, high}, comparison, same_result, difference, traceback}]
    verdict     {answer, fastest, lane {key, label}, speedup, interval {low, high}, sentences,
                 findings [{kind, lane, cause, evidence [sentence], advice, explains_s, page}], snippet}
    warnings    [{kind, sentence, advice}]

``warm`` says that the pool was kept: one pass was made untimed, and the next one with the same workers was timed.
``label`` is the lane as it was asked for; the keys after it hold what its defaults came to. The verdict calls the
lanes A, B, ... in their order. ``state`` is "done", "failed", "cancelled" or "skipped"; ``error`` says in a sentence
why a lane failed, or cannot run here.
``runs`` are those that came to an end, well or not; ``error`` is a sentence, null if ``ok``. A run's ``ledger_s`` says
where its time went, averaged over the lane's workers, so that it sums to ``elapsed_s``; null where no ledger was kept.
``failed`` is the number of tasks that raised while the others went on, and ``failures`` has the first of them, a
sentence each. ``digest`` is that of its results: equal digests mean equal results. ``processes`` are the run's
processes within the timed region, and ``slowest`` its ten slowest tasks, both as `process_json` describes them; null
where they were too many to be kept, and in the history, which leaves them out.
``warmups`` is how many runs were made before those, which count nowhere.
``median_s`` is over the runs that succeeded, and so is ``spread_s``: ``lower`` and ``upper`` are the quartiles, ``p95``
the 95th percentile, and ``relative`` is the distance of the quartiles as a share of the median. ``speedup`` is the
first lane's median divided by this lane's: above 1 is faster. ``speedup_interval`` holds it with a confidence of 95 %;
it is null with fewer than 5 runs of one of the two. ``comparison`` says so in words: "faster", "slower", "no difference
shown" where the interval spans 1, or "not enough runs"; both are null for the first lane.
``same_result`` says whether the results equal the first lane's, null for the first lane itself; ``difference`` names
the first task that differs. A lane that was skipped is not the first. ``traceback`` is that of the task that raised,
where it did.
``findings`` are diagnosed causes, the most important first: ``cause`` and ``advice`` in sentences, the time of a run
of that lane which it explains, and the page of ``poolscope findings`` that says more.
``answer`` is "parallel pays", "serial wins", "no difference" or "unknown", ``fastest`` the letter of the fastest lane.
``lane`` is the one that should be used: a serial one, unless a parallel one is shown to be faster; null where none can
be advised. ``snippet`` is a complete program that does what it did; null where none can be written.
The verdict's ``speedup`` is that of the fastest parallel lane against the fastest serial one, or against the first lane
where none is serial; null where there are no two such lanes.
``warnings`` say why the times may be worth less than they look, and what to do: ``kind`` is "noisy", "too-short",
"outliers", "others" (other programs took the CPUs), "steal", "throttled", "frequency" or "battery".
"""

from __future__ import annotations

from collections.abc import Sequence
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any

from ..analysis.advice import advised
from ..analysis.findings.base import Finding
from ..analysis.statistics import Interval, spread_of
from ..analysis.verdict import ratio_between
from ..model import ComparisonState, LaneState, Ledger, Machine, Parameters, RunResult, Verdict, Workload
from ..programs import RunAccount
from .machine_json import machine_object
from .process_json import process_object, slow_task_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..history.origin import Origin
    from ..history.past import Past

SCHEMA = 1


def report_object(
    workload: Workload | Past,
    parameters: Parameters,
    machine: Machine,
    state: ComparisonState,
    origin: Origin | None = None,
    snippet: str | None = None,
) -> dict[str, Any]:
    """Build the object that this module describes; it holds nothing but what strict JSON can.

    Args:
        workload: What was run.
        parameters: With all defaults filled in.
        machine: Where it was run.
        state: The comparison at its end, or where it was cancelled.
        origin: Where it comes from; None where nobody knows.
        snippet: The code to paste for the lane that should be used; None without any.
    """
    verdict = state.verdict or Verdict("unknown", None, ())
    reference = next((lane for lane in state.lanes if lane.state != "skipped"), None)
    return {
        "schema": SCHEMA,
        "identity": (origin.identity or None) if origin is not None else None,
        "begun": begun_text(origin.begun_epoch_ns) if origin is not None else None,
        "poolscope": (origin.poolscope or None) if origin is not None else None,
        "code": origin.code if origin is not None else None,
        "workload": {
            "name": workload.name,
            "parameters": {
                name: list(value) if isinstance(value, tuple) else value for name, value in parameters.items()
            },
        },
        "machine": machine_object(machine),
        "lanes": [_lane(lane, reference) for lane in state.lanes],
        "verdict": {
            "answer": verdict.answer,
            "fastest": verdict.fastest,
            "lane": _advised(state.lanes) if state.verdict is not None else None,
            "speedup": verdict.speedup,
            "interval": interval_object(verdict.interval),
            "sentences": list(verdict.sentences),
            "findings": [finding_object(finding) for finding in state.findings],
            "snippet": snippet,
        },
        "warnings": [warning._asdict() for warning in state.warnings],
    }


def finding_object(finding: Finding) -> dict[str, Any]:
    """Describe a finding as one of the ``findings`` of a report."""
    return {
        "kind": finding.kind,
        "lane": finding.lane,
        "cause": finding.cause,
        "evidence": list(finding.evidence),
        "advice": finding.advice,
        "explains_s": finding.explains_ns / 1e9,
        "page": finding.page,
    }


def _advised(lanes: Sequence[LaneState]) -> dict[str, str] | None:
    lane = advised(lanes)
    return {"key": lane.key, "label": lane.label} if lane is not None else None


def interval_object(interval: Interval | None) -> dict[str, float] | None:
    """Describe an interval, or the lack of one."""
    return None if interval is None else {"low": interval.low, "high": interval.high}


def spread_object(times_ns: Sequence[int]) -> dict[str, float] | None:
    """Describe how the times of runs are spread, in seconds; None without a run."""
    if not times_ns:
        return None
    spread = spread_of(times_ns)
    seconds = {name: value / 1e9 for name, value in spread._asdict().items() if name != "count"}
    return {"count": len(times_ns), **seconds, "relative": spread.relative}


def _lane(lane: LaneState, reference: LaneState | None) -> dict[str, Any]:
    ratio = ratio_between(lane, reference) if reference is not None else None
    against = ratio if lane is not reference else None
    return {
        "label": lane.label,
        "engine": lane.lane.engine,
        "workers": lane.lane.workers,
        "start_method": lane.lane.start_method,
        "chunksize": lane.lane.chunksize,
        "flavour": lane.lane.flavour,
        "maxtasks": lane.lane.maxtasks,
        "blas": lane.lane.blas,
        "warm": bool(lane.lane.warm),
        "state": lane.state,
        "error": lane.error,
        "tasks": lane.tasks,
        "runs": _runs(lane),
        "warmups": lane.warmups,
        "median_s": _seconds(lane.median_ns),
        "spread_s": spread_object(lane.times_ns),
        "speedup": ratio.value if ratio is not None else None,
        "speedup_interval": interval_object(against.interval) if against is not None else None,
        "comparison": against.answer if against is not None else None,
        "same_result": lane.same_result,
        "difference": lane.difference,
        "traceback": lane.traceback,
    }


def _runs(lane: LaneState) -> list[dict[str, Any]]:
    ledgers: list[Ledger | None] = [*lane.ledgers]
    ledgers += [None] * (len(lane.results) - len(ledgers))
    accounts: list[RunAccount | None] = [*lane.accounts]
    accounts += [None] * (len(lane.results) + 1 - len(accounts))
    ends = zip(lane.results, ledgers, accounts, strict=False)
    runs = [_run(result, ledger, account) for result, ledger, account in ends]
    if lane.error is not None and lane.state != "skipped" and all(result.ok for result in lane.results):
        # A run that was ended from outside leaves no result of its own.
        run = {"elapsed_s": _seconds(lane.elapsed_ns), "ok": False, "error": lane.error}
        runs.append(
            {
                **run,
                "ledger_s": _ledger(lane.ledger),
                "failed": 0,
                "failures": [],
                "digest": None,
                **_account(accounts[len(lane.results)]),
            }
        )
    return runs


def _run(result: RunResult, ledger: Ledger | None, account: RunAccount | None) -> dict[str, Any]:
    return {
        "elapsed_s": _seconds(result.elapsed_ns),
        "ok": result.ok,
        "error": result.error,
        "ledger_s": None if ledger is None else _ledger(ledger),
        "failed": result.failed,
        "failures": list(result.failures),
        "digest": result.digest,
        **_account(account),
    }


def _account(account: RunAccount | None) -> dict[str, Any]:
    if account is None:
        return {"processes": None, "slowest": None}
    return {
        "processes": [process_object(ledger) for ledger in account.processes],
        "slowest": [slow_task_object(task, account.begun_ns) for task in account.slowest],
    }


def _ledger(ledger: Ledger) -> dict[str, float]:
    return {name: spent / 1e9 for name, spent in ledger.phases().items()}


def _seconds(nanoseconds: int | None) -> float | None:
    return None if nanoseconds is None else nanoseconds / 1e9


def begun_text(epoch_ns: int) -> str | None:
    """Write when a comparison began, in UTC; None where nobody knows."""
    return strftime("%Y-%m-%dT%H:%M:%SZ", gmtime(epoch_ns // 1_000_000_000)) if epoch_ns else None
