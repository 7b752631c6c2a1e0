"""Looks at cores and processes, for the screen and for the recording of the run under way."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from .history import CORES_KEPT

if TYPE_CHECKING:
    from poolscope.workloads.model import CoresSample, ProcessSample
    from poolscope.workloads.recording.samples import SampleWriter
    from poolscope.workloads.sampling.cores import CoreSampler
    from poolscope.workloads.sampling.processes import ProcessSampler


class Measuring:
    """The newest samples, and those of the cores before them."""

    def __init__(self) -> None:
        self.cores: CoresSample | None = None
        self.samples: dict[int, ProcessSample] = {}
        self._cores_before: deque[CoresSample] = deque(maxlen=CORES_KEPT)
        self._core_sampler: CoreSampler | None = None
        self._process_sampler: ProcessSampler | None = None
        self._writer: SampleWriter | None = None
        self._directory: str | None = None

    @property
    def has_begun(self) -> bool:
        """Whether anything was sampled yet."""
        return self._core_sampler is not None

    @property
    def cores_before(self) -> tuple[CoresSample, ...]:
        """The newest samples of the cores, oldest first."""
        return tuple(self._cores_before)

    def sample(self, guardian: int | None) -> None:
        """Sample the cores, and the processes under the GUARDIAN with that pid."""
        if self._core_sampler is None or self._process_sampler is None:
            from poolscope.workloads.sampling.cores import CoreSampler
            from poolscope.workloads.sampling.processes import ProcessSampler

            self._core_sampler, self._process_sampler = CoreSampler(), ProcessSampler()
        cores = self._core_sampler.sample()
        if cores is not None:
            self.cores = cores
            self._cores_before.append(cores)
        if guardian is not None:
            self.samples = {sample.pid: sample for sample in self._process_sampler.sample(guardian)}
        if self._writer is not None:
            self._writer.write(time.perf_counter_ns(), cores, self.samples.values())

    def write_into(self, directory: str | None) -> None:
        """Let samples be part of the recording in DIRECTORY from now on; None for that of no run."""
        if directory == self._directory:
            return
        if self._writer is not None:
            self._writer.close()
        self._directory, self._writer = directory, None
        if directory is not None:
            from poolscope.workloads.recording.samples import SampleWriter

            self._writer = SampleWriter(Path(directory))

    def write_sizes(self) -> None:
        """Note how far the output of the run has come."""
        if self._writer is not None:
            self._writer.write_sizes(time.perf_counter_ns())

    def forget_all_but(self, pid: int | None) -> None:
        """Forget the processes of the run before."""
        self.samples = {known: sample for known, sample in self.samples.items() if known == pid}
