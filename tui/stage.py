"""What is watched, and which moment of it: the part of the bridge that knows no thread, no queue and no sampler."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from .history import History
from .playback import Playback
from .snapshot import Snapshot
from .sources import Scene

if TYPE_CHECKING:
    from collections.abc import Callable

    from poolscope.workloads.model import Machine

    from .snapshot import Transport
    from .sources import Run, Source

FIRST_LOOK_SECONDS = 0.5
"""How long a run is left alone before its timeline is looked at for the first time, which imports NumPy."""


class Stage:
    """A source, its history, and the clock of what is shown of it. Used by one thread."""

    def __init__(self) -> None:
        self.source: Source | None = None
        """What is watched, or was until it ended; None before the first."""
        self.scene = Scene()
        """The present, as of the last look at it."""
        self.is_running = False
        self.begun = 0.0
        """When it began, on the clock of `time.monotonic`."""
        self.playback = Playback()
        self.history: History | None = None
        """Of `run`."""
        self.run: Run | None = None
        """The run that is shown: not the one under way while somebody looks at one before it."""

    @property
    def is_replay(self) -> bool:
        """Whether a recording is shown."""
        return self.source is not None and self.source.record is not None

    def watch(self, source: Source | None) -> None:
        """Watch SOURCE from now on; None leaves the stage empty."""
        self.source = source
        self.scene = Scene()
        self.is_running = source is not None and not source.is_over
        self.begun = time.monotonic()
        self.history = self.run = None
        self.playback = Playback(is_replay=self.is_replay)
        if source is not None and source.is_over:
            self.scene = source.advance()
            state = self.scene.program or self.scene.comparison
            meta = source.run.recording.meta if source.run else None
            if state is not None and meta is not None:  # as far as that is known before its events are read
                self.playback.set_bounds(meta.begun_ns, state.now_ns, is_over=True)

    def machine(self) -> Machine:
        """Say where this is, or where what is replayed was recorded."""
        record = self.source.record if self.source else None
        if record is not None and record.meta is not None:
            from .recorded import recorded_machine

            return recorded_machine(record.meta.machine)
        from poolscope.workloads.sampling.machine import describe_machine

        return describe_machine()

    def advance(self) -> bool:
        """Go on with what is under way.

        Returns:
            Whether it goes on.

        Raises:
            GuardianLostError: Once, when the guardian of the run died.
        """
        if self.source is not None and self.is_running:
            self.scene = self.source.advance()
            self.is_running = not self.source.is_over
        return self.is_running

    def cancel(self) -> None:
        """End what is under way."""
        if self.source is not None and self.is_running:
            self.source.cancel()

    def look(self, now_ns: int, *, at_once: bool = False) -> None:
        """Take in what the run that is shown has recorded by now, if it is time for that; AT_ONCE even if not."""
        run = self.source.run if self.source else None
        if run is None:
            return
        if self.history is None or (self.playback.is_live and self.run is not run):
            self.run, self.history = run, History(run.recording)
        is_closed = not self.is_running or self.run is not run or self.scene.study is not None
        is_early = self.history.view is None and time.monotonic() - self.begun < FIRST_LOOK_SECONDS
        if is_early and not is_closed and not at_once:
            return
        self.history.look(now_ns, is_closed=is_closed, at_once=at_once)
        view = self.history.view
        if view is not None:
            end = now_ns if view.is_live and not is_closed else view.end_ns
            self.playback.set_bounds(view.begin_ns, end, is_over=is_closed)

    def move(self, move: Callable[[Playback, int], None]) -> None:
        """Go about in the run that is shown, as far as it has come just now."""
        now = time.perf_counter_ns()
        if self.playback.is_live:
            self.look(now, at_once=True)
        move(self.playback, now)

    def go_to_end(self) -> None:
        """Show the end of a recording; follow anything else."""
        self.playback.go_to_end()

    def step(self, direction: int) -> None:
        """Show the moment of the next event (1), or of the one before (-1)."""

        def step(playback: Playback, now_ns: int) -> None:
            if self.history is not None:
                playback.hold_at(self.history.event_near(playback.move(now_ns), direction))

        self.move(step)

    def past(self, machine: Machine, transport: Transport) -> Snapshot | None:
        """Show the moment that TRANSPORT says as if it were the present; None where nothing is known of it."""
        past = self.history.at(transport.time_ns) if self.history else None
        if self.source is None or self.run is None or self.history is None or past is None:
            return None
        from .roster import full_roster

        scene = self.source.then(self.run, past.moment, transport.time_ns)
        return Snapshot(
            now_ns=transport.time_ns,
            machine=machine,
            comparison=scene.comparison,
            program=scene.program,
            cores=past.cores,
            cores_before=past.cores_before,
            processes=full_roster(
                (),
                scene.processes,
                past.samples,
                _guardian_of(scene),
                transport.time_ns,
                program=scene.program.pid if scene.program else None,
            ),
            samples=past.samples,
            transport=transport,
            timeline=self.history.view,
            ledgers=past.ledgers,
            slowest=past.slowest,
            goes_on=self.is_running,
            record=self.source.record,
        )


def _guardian_of(scene: Scene) -> int | None:
    """Pid of the guardian of a run of the past: the parent of what it started; None if that is not known."""
    program = scene.program.pid if scene.program else None
    return next((state.parent for state in scene.processes if state.role == "runner" or state.pid == program), None)
