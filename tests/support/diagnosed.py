"""Real runs of which findings are made, sampled as a command without a screen samples them, only more often."""

from __future__ import annotations

import importlib
import select
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter_ns

from poolscope.workloads.catalogue import find
from poolscope.workloads.comparison import Comparison
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import ComparisonState, CpuBudget, Lane, Machine, ParameterValue
from poolscope.workloads.parameters import check_parameters
from poolscope.workloads.recording.samples import SampleWriter
from poolscope.workloads.sampling.machine import describe_machine
from poolscope.workloads.sampling.processes import ProcessSampler

_EVERY_NS = 150_000_000


def diagnosed(
    guardian: Guardian,
    name: str,
    lanes: Sequence[Lane],
    parameters: Mapping[str, ParameterValue] | None = None,
    machine: Machine | None = None,
) -> ComparisonState:
    """Compare LANES of a workload of the catalogue, or of one of `support.ailing` if its name is in capitals."""
    reference = f"support.ailing:{name}" if name.isupper() else None
    workload = getattr(importlib.import_module("support.ailing"), name) if reference else find(name)
    given = check_parameters(workload, parameters or {})
    comparison = Comparison(
        guardian, workload, given, lanes, workload_reference=reference, machine=machine or two_cpus()
    )
    samples = _Samples(guardian.pid)
    while True:
        state = comparison.advance()
        samples.tick(state)
        if state.is_over:
            samples.close()
            return state
        select.select([guardian], [], [], 0.02)


def two_cpus() -> Machine:
    """This machine, as if it had two CPUs whatever it has: findings are to be the same everywhere."""
    return describe_machine()._replace(budget=CpuBudget(online=2, affinity=2, limits=()), threads_per_core=1)


def kinds(state: ComparisonState, lane: str) -> set[str]:
    """The kinds of findings of a lane."""
    return {finding.kind for finding in state.findings if finding.lane == lane}


class _Samples:
    def __init__(self, guardian: int) -> None:
        self._guardian = guardian
        self._directory: str | None = None
        self._writer: SampleWriter | None = None
        self._sampler = ProcessSampler()
        self._next_ns = 0

    def tick(self, state: ComparisonState) -> None:
        now_ns = perf_counter_ns()
        if state.running is None or state.run_directory is None or now_ns < self._next_ns:
            return
        if state.run_directory != self._directory:
            self.close()
            self._directory, self._writer = state.run_directory, SampleWriter(Path(state.run_directory))
            self._sampler = ProcessSampler()
        self._next_ns = now_ns + _EVERY_NS
        assert self._writer is not None
        self._writer.write(now_ns, None, self._sampler.sample(self._guardian))

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._sampler.close()
