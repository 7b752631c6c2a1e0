"""Plans and results as files of a run directory: ``plan.json`` in, ``result.json`` out."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .model import Lane, ParameterValue, Plan, RunResult

PLAN_NAME = "plan.json"
RESULT_NAME = "result.json"
BLAS_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
"""By which numerical libraries are told how many threads they may use."""


def write_plan(plan: Plan, directory: Path) -> None:
    """Write PLAN into the run directory."""
    content = {**plan._asdict(), "parameters": dict(plan.parameters), "lane": plan.lane._asdict()}
    _write(directory / PLAN_NAME, content)


def prepare_run(plan: Plan, directory: Path) -> Mapping[str, str]:
    """Write PLAN into the run directory, and return the environment of the run.

    That is ours, with what numerical libraries read where the lane limits their threads.
    """
    write_plan(plan, directory)
    if plan.lane.blas is None:
        return os.environ
    return {**os.environ, **dict.fromkeys(BLAS_VARIABLES, str(plan.lane.blas))}


def read_plan(directory: Path) -> Plan:
    """Read the plan of a run directory; it was written by this program."""
    content: dict[str, Any] = json.loads((directory / PLAN_NAME).read_bytes())
    return Plan(
        run=content["run"],
        workload=content["workload"],
        parameters={name: _value(value) for name, value in content["parameters"].items()},
        lane=Lane(**content["lane"]),
        log_level=content["log_level"],
        keep_going=content["keep_going"],
        tolerance=content["tolerance"],
        reference=content["reference"],
    )


def write_result(result: RunResult, directory: Path) -> None:
    """Write RESULT into the run directory; whoever looks sees it whole or not at all."""
    _write(directory / RESULT_NAME, result._asdict())


def _value(value: Any) -> ParameterValue:
    return tuple(value) if isinstance(value, list) else value


def _write(path: Path, content: dict[str, Any]) -> None:
    new = path.with_suffix(".new")
    # Surrogates, which file names may hold, stay escapes.
    new.write_text(json.dumps(content), encoding="ascii")
    os.replace(new, path)  # noqa: PTH105 - that of `pathlib` is no clearer
