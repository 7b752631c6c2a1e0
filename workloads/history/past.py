"""A comparison that is over, as it is kept and as ``poolscope run --json`` writes it, read back as what it was.

What is read may come from anybody: texts are made safe to show, and what has the wrong type is refused or left out.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple

from ..analysis.findings.base import Finding
from ..analysis.statistics import Interval
from ..analysis.steadiness import MeasurementWarning
from ..errors import UsageError
from ..model import (
    ENGINES,
    PHASES,
    CgroupLimit,
    ComparisonState,
    CpuBudget,
    Lane,
    LaneState,
    Ledger,
    Machine,
    Parameters,
    RunResult,
    Verdict,
)
from ..text import clean
from .origin import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TEXT = 1_000
_MOST_BYTES = 256_000_000
_MOST_NUMBER = 1 << 62
_TEXT_SETTINGS = ("engine", "start_method", "flavour")
_FLAGS = ("warm",)
_STATES = ("done", "failed", "cancelled", "skipped")
_ANSWERS = ("parallel pays", "serial wins", "no difference", "unknown")


class Past(NamedTuple):
    """A comparison at its end."""

    origin: Origin
    name: str
    """Of the workload."""
    parameters: Parameters
    machine: Machine
    state: ComparisonState
    """Of one that was read back, only what is kept: no processes, and of results the figures."""
    snippet: str | None = None
    """A program that does what the advised lane did; None where there is none."""
    document: Mapping[str, Any] | None = None
    """What it was read from, or what is to be kept of it where that is more; None for a comparison made here."""

    @property
    def lanes(self) -> tuple[LaneState, ...]:
        """Its lanes, the reference first."""
        return self.state.lanes


def object_of(past: Past, *, with_processes: bool = True) -> dict[str, Any]:
    """Describe a comparison as JSON, as `report.result_json` has it; one that was read back, as it was written.

    Args:
        past: The comparison.
        with_processes: Whether to say what each process did: usually the larger part.
    """
    if past.document is not None:
        return dict(past.document)
    from ..report.result_json import report_object

    state = past.state
    if not with_processes:
        state = state._replace(lanes=tuple(lane._replace(accounts=()) for lane in state.lanes))
    return report_object(past, past.parameters, past.machine, state, past.origin, past.snippet)


def read_past(path: Path, shown: str) -> Past:
    """Read a comparison from a file that ``poolscope run --json`` or ``-o`` made.

    Args:
        path: Of the file.
        shown: What it is called in sentences.

    Raises:
        UsageError: If it cannot be read, or is none.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
        content = json.loads(data, parse_constant=lambda _: None)
    except OSError as error:
        raise UsageError(f"{shown} cannot be read: {(error.strerror or 'unknown reason').lower()}.") from None
    except (ValueError, RecursionError):
        raise UsageError(f'{shown} is no JSON: name a file that "poolscope run --json" or -o wrote.') from None
    try:
        return past_from(content)
    except UsageError as error:
        raise UsageError(f"{shown} {error}") from None


def past_from(content: Any, identity: str | None = None) -> Past:
    """Make a comparison of its JSON.

    Args:
        content: What was read.
        identity: Under which it was found, if it was.

    Raises:
        UsageError: If it is none; the sentence lacks its subject, which is the file.
    """
    schema = _of(content, "schema")
    if type(schema) is int and schema > 1:
        raise UsageError(f"was written by a newer Poolscope (schema {schema}, this one knows 1).")
    workload, lanes = _of(content, "workload"), _of(content, "lanes")
    if (
        type(schema) is not int
        or schema != 1
        or not isinstance(_of(workload, "name"), str)
        or not isinstance(lanes, list)
    ):
        raise UsageError('is no comparison: name a file that "poolscope run --json" or -o wrote.')
    found = tuple(_lane(lane, index) for index, lane in enumerate(lanes))
    # Advice may come from smaller work than was asked for.
    parameters = _of(content, "measured") or _of(workload, "parameters")
    cancelled = _of(content, "cancelled")
    return Past(
        origin=_origin(content, identity),
        name=clean(workload["name"], 100),
        parameters=_parameters(parameters if isinstance(parameters, dict) else {}),
        machine=_machine(_of(content, "machine")),
        state=ComparisonState(
            now_ns=0,
            lanes=found,
            running=None,
            run_directory=None,
            processes=(),
            verdict=_verdict(_of(content, "verdict")),
            findings=_findings(_of(_of(content, "verdict"), "findings")),
            warnings=_warnings(_of(content, "warnings")),
            is_over=True,
            # A search for advice cuts off runs that take too long, which does not cancel the search.
            is_cancelled=cancelled if isinstance(cancelled, bool) else any(each.state == "cancelled" for each in found),
        ),
        snippet=_several_lines(_of(_of(content, "verdict"), "snippet")),
        document={**content, "identity": identity or content.get("identity")},
    )


def _origin(content: Mapping[str, Any], identity: str | None) -> Origin:
    return Origin(
        identity=identity or _text(content.get("identity"), 100),
        begun_epoch_ns=_epoch(content.get("begun")),
        poolscope=_text(content.get("poolscope"), 100),
        code=_text(content.get("code"), 100) or None,
    )


def _epoch(value: Any) -> int:
    from calendar import timegm
    from time import strptime

    try:
        return timegm(strptime(value, "%Y-%m-%dT%H:%M:%SZ")) * 1_000_000_000
    except (TypeError, ValueError, OverflowError):
        return 0


def _parameters(content: Mapping[Any, Any]) -> Parameters:
    found: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, str):
            found[clean(name, 100)] = clean(value, _TEXT)
        elif isinstance(value, list):
            found[clean(name, 100)] = tuple(each for each in value if type(each) is int)
        elif isinstance(value, int | float):
            found[clean(name, 100)] = value
    return found


def _machine(content: Any) -> Machine:
    cpus = _of(content, "cpus")
    limits = _of(cpus, "limits")
    budget = CpuBudget(
        online=_whole(_of(cpus, "online")),
        affinity=_whole(_of(cpus, "affinity")),
        limits=tuple(
            CgroupLimit(_text(_of(each, "path")), _number(_of(each, "cpus"), math.inf))
            for each in (limits if isinstance(limits, list) else ())
        ),
    )
    start_methods = _of(content, "start_methods")
    return Machine(
        hostname=_text(_of(content, "hostname")),
        system=_text(_of(content, "system")),
        python=_text(_of(content, "python")),
        implementation=_text(_of(content, "implementation")),
        cpu_model=_text(_of(content, "cpu_model")),
        budget=budget,
        memory_bytes=_whole(_of(content, "memory_bytes")),
        start_methods=tuple(map(_text, start_methods)) if isinstance(start_methods, list) else (),  # type: ignore[arg-type]
        default_start_method=_text(_of(content, "default_start_method")),  # type: ignore[arg-type]
        load=_number(_of(content, "load"), math.nan),
    )


def _verdict(content: Any) -> Verdict:
    answer, sentences = _of(content, "answer"), _of(content, "sentences")
    return Verdict(
        answer=answer if answer in _ANSWERS else "unknown",
        fastest=_text(_of(content, "fastest"), 10) or None,
        sentences=tuple(map(_text, sentences)) if isinstance(sentences, list) else (),
        speedup=_number(_of(content, "speedup"), 0.0) or None,
        interval=_interval(_of(content, "interval")),
    )


def _interval(content: Any) -> Interval | None:
    low, high = (_number(_of(content, name), math.nan) for name in ("low", "high"))
    return Interval(low, high) if low <= high else None


def _findings(content: Any) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            kind=_text(_of(each, "kind"), 100),
            lane=_text(_of(each, "lane"), 10) or None,
            cause=_text(_of(each, "cause")),
            evidence=tuple(map(_text, evidence)) if isinstance(evidence := _of(each, "evidence"), list) else (),
            advice=_text(_of(each, "advice")),
            explains_ns=_nanoseconds(_of(each, "explains_s")),
            page=_text(_of(each, "page"), 100),
        )
        for each in (content if isinstance(content, list) else ())
    )


def _warnings(content: Any) -> tuple[MeasurementWarning, ...]:
    names = MeasurementWarning._fields
    return tuple(
        MeasurementWarning(*(_text(_of(each, name)) for name in names))  # type: ignore[arg-type]
        for each in (content if isinstance(content, list) else ())
    )


def _several_lines(value: Any) -> str | None:
    """A text each of whose lines is safe to show."""
    return "\n".join(clean(line, _TEXT) for line in value.split("\n")) if isinstance(value, str) else None


def _lane(content: Any, index: int) -> LaneState:
    from ..lane_runs import key_of
    from ..lanes import parse_lane

    if _of(content, "engine") not in ENGINES or _of(content, "state") not in _STATES:
        raise UsageError(f"describes no lane that this Poolscope knows, as lane {key_of(index)}.")
    lane = Lane(**{name: _setting(name, content[name]) for name in Lane._fields if name in content})
    try:
        asked = parse_lane(_text(content.get("label"), 200))
    except UsageError:
        asked = lane
    tasks, runs = _whole(content.get("tasks")), content.get("runs")
    runs = runs if isinstance(runs, list) else []
    results = tuple(_result(run, tasks) for run in runs)
    ledgers = tuple(ledger for run in runs if (ledger := _ledger(_of(run, "ledger_s"))) is not None)
    same = content.get("same_result")
    return LaneState(
        lane=lane,
        key=key_of(index),
        state=content["state"],
        runs_done=len(results),
        runs_planned=len(results),
        tasks=tasks,
        tasks_done=tasks if results else 0,
        elapsed_ns=results[-1].elapsed_ns if results else 0,
        ledger=ledgers[-1] if ledgers else Ledger(),
        results=results,
        ledgers=ledgers,
        error=_text(content.get("error")) or None,
        same_result=same if isinstance(same, bool) else None,
        asked=asked,
        warmups=_whole(content.get("warmups")),
        difference=_text(content.get("difference")) or None,
        traceback=_several_lines(content.get("traceback")),
    )


def _setting(name: str, value: Any) -> Any:
    if name in _TEXT_SETTINGS:
        return _text(value, 60) or None
    if name in _FLAGS:
        return True if value is True else None
    return _whole(value) or None


def _result(content: Any, tasks: int) -> RunResult:
    failures = _of(content, "failures")
    return RunResult(
        ok=_of(content, "ok") is True,
        error=_text(_of(content, "error")) or None,
        traceback=None,
        elapsed_ns=_nanoseconds(_of(content, "elapsed_s")),
        tasks=tasks,
        digest=_text(_of(content, "digest"), 100) or None,
        summary="",
        failed=_whole(_of(content, "failed")),
        failures=tuple(map(_text, failures)) if isinstance(failures, list) else (),
    )


def _ledger(content: Any) -> Ledger | None:
    if not isinstance(content, dict):
        return None
    return Ledger(**{f"{name}_ns": _nanoseconds(content.get(name)) for name in PHASES})


def _of(content: Any, name: str) -> Any:
    """What an object has under a name; None if it has nothing, or is none."""
    return content.get(name) if isinstance(content, dict) else None


def _text(value: Any, limit: int = _TEXT) -> str:
    return clean(value, limit) if isinstance(value, str) else ""


def _whole(value: Any) -> int:
    return value if type(value) is int and 0 <= value < _MOST_NUMBER else 0


def _number(value: Any, otherwise: float) -> float:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and abs(value) < _MOST_NUMBER else otherwise


def _nanoseconds(value: Any) -> int:
    return round(max(0.0, min(_number(value, 0.0), 1e9)) * 1e9)
