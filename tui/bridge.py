"""The only place where the core meets the screen: commands in, one immutable snapshot out.

::

    app (event loop)                       bridge thread                      core
      choose, start, cancel  -- queue -->  carries them out  ------------->  Comparison
      latest, drain_notices  <-- attrs --  advances, samples, publishes <--  samplers, recording
      drain_log              <------------------------------------------------  LogFollower's queue

One thread does everything that may take a moment, so the event loop never waits for the core. It never touches a
widget: the app pulls `Bridge.latest` once a frame.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from poolscope.tui.core import Notice
from poolscope.tui.roster import full_roster
from poolscope.tui.snapshot import Choice, Snapshot
from poolscope.workloads.errors import GuardianLostError, PoolscopeError, UsageError
from poolscope.workloads.model import (
    ComparisonState,
    CoresSample,
    Lane,
    Machine,
    Parameters,
    ProcessSample,
    ProcessState,
    Workload,
)

if TYPE_CHECKING:
    from poolscope.workloads.comparison import Comparison
    from poolscope.workloads.launcher import Guardian
    from poolscope.workloads.recording.log import LogFollower, LogLine
    from poolscope.workloads.sampling.cores import CoreSampler
    from poolscope.workloads.sampling.processes import ProcessSampler

DEFAULT_REFRESH = 1.0
"""Seconds between two samples while nothing runs."""
LATEST_FIRST_SAMPLE = 5.0
"""Seconds after the start; usually the first sample is made as soon as the first screen is drawn."""
LOG_LEVEL = 5
"""SUBDEBUG: everything is recorded, some tens of lines a process, and the pane decides what is shown."""
ADVANCE_SECONDS = 0.1
NEVER = 86_400.0
PUBLISH_SECONDS = 0.25
SAMPLE_SECONDS = 1.0
"""While something runs: between two looks at the run, two snapshots, and two samples of cores and processes."""
LIVELY_SECONDS = 10.0
CALM = 2.0
"""After that long, snapshots come that many times more slowly: who waits does not watch every step, and the run is left
more of the machine."""


class Bridge:
    """Drives the core from one thread."""

    def __init__(
        self,
        guardian: Guardian | None,
        start_guardian: Callable[[], Guardian] | None = None,
        refresh: float = DEFAULT_REFRESH,
    ) -> None:
        """Take over a GUARDIAN.

        Args:
            guardian: Under which runs are made; it is closed with the bridge.
            start_guardian: Starts another one when it died.
            refresh: Seconds between two samples while nothing runs.
        """
        self.latest: Snapshot | None = None
        self.failure: BaseException | None = None
        self._guardian = guardian
        self._start_guardian = start_guardian
        self._refresh = refresh
        self._commands: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._notices: deque[Notice] = deque(maxlen=50)
        self._thread = threading.Thread(target=self._run, name="poolscope-bridge", daemon=True)
        self._closing = threading.Lock()
        self._is_drawn = False
        self._wanted: tuple[Workload, Parameters, tuple[Lane, ...], bool] | None = None
        self._machine: Machine | None = None
        self._comparison: Comparison | None = None
        self._begun = 0.0
        """When the comparison began, on the clock of `time.monotonic`."""
        self._state: ComparisonState | None = None
        self._subject: Choice | None = None
        self._choice: Choice | None = None
        self._follower: LogFollower | None = None
        self._followed: str | None = None
        self._core_sampler: CoreSampler | None = None
        self._process_sampler: ProcessSampler | None = None
        self._cores: CoresSample | None = None
        self._samples: dict[int, ProcessSample] = {}
        self._roster: tuple[ProcessState, ...] = ()

    # Called by the app, on its event loop; none of these waits.

    def open(self) -> None:
        """Begin to work; called again, do nothing."""
        if not self._thread.ident:
            self._thread.start()

    def choose(self, workload: Workload, parameters: Parameters, lanes: Sequence[Lane], *, keep: bool) -> None:
        """Say what would run next; with KEEP the last comparison stays in sight."""
        # Only the newest choice counts: somebody who types fast does not wait for every digit to be worked out.
        self._wanted = workload, dict(parameters), tuple(lanes), keep
        self._commands.put(self._work_out_choice)

    def start(self, workload: Workload, parameters: Parameters, lanes: Sequence[Lane], runs: int = 1) -> None:
        """Run and compare LANES, RUNS times each."""
        chosen = tuple(lanes)
        given = dict(parameters)
        self._commands.put(lambda: self._begin(workload, given, chosen, runs))

    def cancel(self) -> None:
        """End the comparison under way; what was measured stays."""
        self._commands.put(self._cancel)

    def toggle_playing(self) -> None:
        """Play from the moment shown, or hold it."""

    def seek(self, time_ns: int) -> None:
        """Show the moment TIME_NS."""

    def step(self, direction: int) -> None:
        """Show the moment of the next event."""

    def change_speed(self, direction: int) -> None:
        """Play faster or slower."""

    def go_to_begin(self) -> None:
        """Show the begin."""

    def go_to_end(self) -> None:
        """Show the end."""

    def drain_log(self, limit: int) -> Sequence[LogLine]:
        """Take at most LIMIT lines of the log, oldest first."""
        follower = self._follower
        return follower.drain(limit) if follower is not None else ()

    def drain_notices(self) -> list[Notice]:
        """Take what the person should know."""
        notices = []
        while self._notices:
            notices.append(self._notices.popleft())
        return notices

    def begin_to_sample(self) -> None:
        """Begin to look at cores and processes, now that the first screen is drawn."""
        self._commands.put(lambda: setattr(self, "_is_drawn", True))

    def close(self, timeout: float = 2.0) -> None:
        """End whatever runs and wait until its processes are gone, TIMEOUT seconds at most."""
        deadline = time.monotonic() + timeout
        self._commands.put(None)
        with self._closing:
            if self._thread.is_alive():
                self._thread.join(timeout / 2)
            guardian, self._guardian = self._guardian, None
            if guardian is not None:
                guardian.close(timeout=max(0.1, deadline - time.monotonic()))

    def abandon(self, timeout: float) -> None:
        """End everything without waiting for the thread: for an end by force."""
        guardian = self._guardian
        if guardian is not None:
            guardian.close(timeout=timeout)

    # The thread.

    def _run(self) -> None:
        try:
            self._loop()
        except BaseException as error:  # noqa: BLE001 - shown by the app, which then ends
            self.failure = error
        finally:
            if self._follower is not None:
                self._follower.stop()

    def _loop(self) -> None:
        from poolscope.workloads.sampling.machine import describe_machine

        self._machine = describe_machine()
        # What was chosen meanwhile is worked out first and shown by the first frame; samples come once that is drawn.
        self._work_out_choice()
        self._publish()
        sample_at = time.monotonic() + LATEST_FIRST_SAMPLE
        publish_at = time.monotonic() + NEVER
        while True:
            was_running = self._comparison is not None
            wait = sample_at - time.monotonic()
            try:
                command = self._commands.get(timeout=max(0.001, min(wait, ADVANCE_SECONDS) if was_running else wait))
            except Empty:
                pass
            else:
                if command is None:
                    return
                command()
                publish_at = 0.0
            self._advance()
            is_running = self._comparison is not None
            now = time.monotonic()
            if now >= sample_at or (self._is_drawn and self._core_sampler is None):
                self._sample()
                sample_at = now + (min(SAMPLE_SECONDS, self._refresh) if is_running else self._refresh)
                publish_at = min(publish_at, now)
            if now >= publish_at or was_running != is_running:
                self._publish()
                publish_at = now + (PUBLISH_SECONDS * self._pace(now) if is_running else NEVER)

    def _pace(self, now: float) -> float:
        return 1.0 if now - self._begun < LIVELY_SECONDS else CALM

    def _sample(self) -> None:
        if self._core_sampler is None or self._process_sampler is None:
            from poolscope.workloads.sampling.cores import CoreSampler
            from poolscope.workloads.sampling.processes import ProcessSampler

            self._core_sampler, self._process_sampler = CoreSampler(), ProcessSampler()
        self._cores = self._core_sampler.sample() or self._cores
        guardian = self._guardian
        if guardian is not None:
            samples = self._process_sampler.sample(guardian.pid)
            self._samples = {sample.pid: sample for sample in samples}

    def _advance(self) -> None:
        comparison = self._comparison
        if comparison is None:
            return
        try:
            self._state = comparison.advance()
        except GuardianLostError as error:
            self._notices.append(Notice(str(error), "error"))
            self._state = comparison.advance()
        self._follow_log()
        if self._state.is_over:
            self._comparison = None
            self._notices.extend(Notice(note, "warning") for note in self._state.notes)

    def _follow_log(self) -> None:
        directory = self._state.run_directory if self._state else None
        if directory is None or directory == self._followed:
            return
        # Samples are older than the run: but for the guardian, what they know of is the run before.
        guardian = self._guardian.pid if self._guardian else None
        self._roster = tuple(state for state in self._roster if state.pid == guardian)
        self._samples = {pid: sample for pid, sample in self._samples.items() if pid == guardian}
        from pathlib import Path

        from poolscope.workloads.recording.log import LogFollower

        if self._follower is None:
            self._follower = LogFollower()
        self._follower.follow(Path(directory))
        self._followed = directory

    def _publish(self) -> None:
        assert self._machine is not None  # noqa: S101
        now = time.perf_counter_ns()
        state = self._state
        guardian = self._guardian
        self._roster = full_roster(
            self._roster, state.processes if state else (), self._samples, guardian.pid if guardian else None, now
        )
        self.latest = Snapshot(
            now_ns=now,
            machine=self._machine,
            comparison=state,
            cores=self._cores,
            processes=self._roster,
            samples=self._samples,
            subject=self._subject,
            choice=self._choice,
        )

    # Commands, carried out by the thread.

    def _work_out_choice(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is None or self._machine is None:
            return
        workload, parameters, lanes, keep = wanted
        self._choice = work_out(workload, parameters, lanes, self._machine)
        if not keep and self._comparison is None:
            self._state = self._subject = None
            self._roster = ()

    def _begin(self, workload: Workload, parameters: Parameters, lanes: tuple[Lane, ...], runs: int) -> None:
        if self._comparison is not None:
            self._notices.append(Notice("A run is under way already; cancel it first with c.", "warning"))
            return
        assert self._machine is not None  # noqa: S101
        from poolscope.workloads.comparison import Comparison

        try:
            guardian = self._living_guardian()
            self._choice = work_out(workload, parameters, lanes, self._machine)
            comparison = Comparison(guardian, workload, parameters, lanes, runs=runs, log_level=LOG_LEVEL)
        except PoolscopeError as error:
            self._notices.append(Notice(str(error), "error"))
            return
        self._comparison = comparison
        self._begun = time.monotonic()
        self._subject = self._choice
        self._state = None

    def _living_guardian(self) -> Guardian:
        guardian = self._guardian
        if guardian is not None and guardian.is_alive:
            return guardian
        if self._start_guardian is None:
            raise GuardianLostError("Nothing can be run any more: the guardian of the runs died. Start again.")
        if guardian is not None:
            guardian.close(timeout=0.5)
        self._guardian = self._start_guardian()
        return self._guardian

    def _cancel(self) -> None:
        if self._comparison is not None:
            self._comparison.cancel()


def work_out(workload: Workload, parameters: Parameters, lanes: tuple[Lane, ...], machine: Machine) -> Choice:
    """Fill in every default of LANES, and find out whether they can run here."""
    from poolscope.workloads.lanes import check_lanes, resolve_lane

    tasks: int | None = None
    try:
        tasks = workload.count_tasks(parameters)
        resolved = tuple(resolve_lane(lane, tasks, machine.budget, machine.default_start_method) for lane in lanes)
    except UsageError as error:
        return Choice(workload, parameters, lanes, tasks, str(error))
    try:
        check_lanes(resolved, workload, parameters, machine)
    except UsageError as error:
        return Choice(workload, parameters, resolved, tasks, str(error))
    return Choice(workload, parameters, resolved, tasks)
