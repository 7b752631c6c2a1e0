"""Runs workloads of the catalogue under a real guardian, on all engines and start methods that fit."""

from __future__ import annotations

import importlib.util
import select
import sys
from collections.abc import Mapping, Sequence

from support.runs import START_METHODS

from poolscope.workloads.catalogue import find
from poolscope.workloads.comparison import Comparison
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import ComparisonState, EngineName, Lane, ParameterValue
from poolscope.workloads.parameters import check_parameters

_ENGINES: tuple[EngineName, ...] = ("process", "pool", "executor")
# Interpreters that are started anew take their time, so two of them at once are left to the pool.
_PROCESSES = [
    Lane(engine, 2 if method == "fork" or engine == "pool" else 1, method)
    for engine in _ENGINES
    for method in START_METHODS
]
EVERYWHERE = [
    Lane("serial"),
    *_PROCESSES,
    Lane("threads", 2),
    *([Lane("joblib", 2)] if importlib.util.find_spec("joblib") else []),
    *([Lane("interpreters", 2)] if sys.version_info >= (3, 14) else []),
]
"""Each engine that is there, with each start method; the serial lane first."""


def compared(
    guardian: Guardian, name: str, parameters: Mapping[str, ParameterValue], lanes: Sequence[Lane]
) -> ComparisonState:
    """Compare LANES of the workload NAME, and return how that ended."""
    workload = find(name)
    fitting = [lane for lane in lanes if lane.engine in workload.engines]
    comparison = Comparison(guardian, workload, check_parameters(workload, parameters), fitting)
    state = comparison.advance()
    while not state.is_over:
        select.select([guardian], [], [], 0.02)
        state = comparison.advance()
    return state
