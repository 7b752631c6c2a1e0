"""Samples of cores and processes for the recording of a run without a screen, too few for it to notice."""

from __future__ import annotations

from time import perf_counter_ns, thread_time_ns
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from .recording.samples import SampleWriter
    from .sampling.cores import CoreSampler
    from .sampling.processes import ProcessSampler

_DELAY_NS = 200_000_000
"""Many programs are over before that, and never need what samples need."""
_FIRST_PAUSE_NS = 900_000_000
_SECOND_AFTER_NS = 200_000_000
"""After the first look, which only tells where the counters of the cores began."""
_LONGEST_PAUSE_NS = 5_000_000_000
_SHARE = 200
"""A sample may take one part in so many of a core's time: 0.5 %. CPU time, because on a busy machine a sample lasts
long by waiting, and it is there that one wants to know what the cores did."""


class Sampling:
    """Samples cores and processes about once a second, and less often where that takes long.

    Args:
        directory: Run directory.
        root: Pid of the guardian: it and its descendants are sampled.
        delay_ns: From now until the first look.
    """

    def __init__(self, directory: Path, root: int, delay_ns: int = _DELAY_NS) -> None:
        self._directory = directory
        self._root = root
        self._next_ns = perf_counter_ns() + delay_ns
        self._cores: CoreSampler | None = None
        self._processes: ProcessSampler | None = None
        self._writer: SampleWriter | None = None

    def tick(self) -> None:
        """Take a sample, if it is time for one."""
        if perf_counter_ns() < self._next_ns:
            return
        self._take()

    def _take(self) -> None:
        if self._cores is None or self._processes is None or self._writer is None:
            from .recording.samples import SampleWriter
            from .sampling.cores import CoreSampler
            from .sampling.processes import ProcessSampler

            self._cores, self._processes = CoreSampler(), ProcessSampler()
            self._writer = SampleWriter(self._directory)
        begun_ns, cpu_ns = perf_counter_ns(), thread_time_ns()
        cores, processes = self._cores.sample(), self._processes.sample(self._root)
        self._writer.write(begun_ns, cores, processes)
        self._writer.write_sizes(begun_ns)
        pause_ns = max(_FIRST_PAUSE_NS, _SHARE * (thread_time_ns() - cpu_ns))
        self._next_ns = begun_ns + (min(_LONGEST_PAUSE_NS, pause_ns) if cores is not None else _SECOND_AFTER_NS)

    def close(self) -> None:
        """Take what happened since the last sample, and let go of all files."""
        if self._writer is not None:
            self._take()
        if self._processes is not None:
            self._processes.close()
        if self._writer is not None:
            self._writer.close()
