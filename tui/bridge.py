"""The only place where the core meets the screen: commands in, one immutable snapshot out.

::

    app (event loop)                       bridge thread                      core
      choose, start, cancel  -- queue -->  carries them out  ------------->  Comparison
      play, seek, step       -- queue -->  moves the `Stage`  ------------>  Recording, Samples
      latest, drain_notices  <-- attrs --  advances, samples, publishes <--  samplers, recording
      drain_log              <------------------------------------------------  LogFollower's queue

One thread does everything that may take a moment, so the event loop never waits for the core. It never touches a
widget: the app pulls `Bridge.latest` once a frame. The `Stage` holds what is watched; a moment of the past that it
gives is a snapshot like any other.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from poolscope.tui.choices import comparison_of, work_out
from poolscope.tui.core import Notice
from poolscope.tui.examining import Examiner
from poolscope.tui.exhibits import Exhibits
from poolscope.tui.measuring import Measuring
from poolscope.tui.moments import Moments
from poolscope.tui.remembering import keeping
from poolscope.tui.roster import full_roster
from poolscope.tui.snapshot import Choice, Snapshot, Transport
from poolscope.tui.sources import LanesSource
from poolscope.tui.stage import Stage
from poolscope.tui.studying import Studies
from poolscope.workloads.errors import GuardianLostError, PoolscopeError
from poolscope.workloads.model import Lane, Machine, Parameters, ProcessState, Workload

if TYPE_CHECKING:
    from poolscope.tui.past_log import PastLog
    from poolscope.tui.sources import Source
    from poolscope.tui.study_view import StudyKind, StudyView
    from poolscope.workloads.launcher import Guardian
    from poolscope.workloads.probe.answers import Answer, Request
    from poolscope.workloads.recording.log import LogFollower, LogLine
    from poolscope.workloads.registry import Entry
    from poolscope.workloads.target import Own

DEFAULT_REFRESH = 1.0
"""Seconds between two samples while nothing runs."""
LATEST_FIRST_SAMPLE = 5.0
"""Seconds after the start; usually the first sample is made as soon as the first screen is drawn."""
SECOND_SAMPLE = 0.3
"""Seconds after the first one."""
LOG_LEVEL = 5
"""SUBDEBUG: everything is recorded, some tens of lines a process, and the pane decides what is shown."""
ADVANCE_SECONDS = 0.1
NEVER = 86_400.0
PUBLISH_SECONDS = 0.25
SAMPLE_SECONDS = 1.0
"""While something runs: between two looks at the run, two snapshots, and two samples of cores and processes."""
END_SECONDS = 1.5
"""How long the end of a program may take that is ended with the screen."""
LIVELY_SECONDS = 4.0
CALM = 4.0
"""After that long, snapshots come that many times more slowly: who waits does not watch every step, and the run is left
more of the machine."""


class Bridge(Moments, Studies):
    """Drives the core from one thread."""

    def __init__(
        self,
        guardian: Guardian | None,
        start_guardian: Callable[[], Guardian] | None = None,
        refresh: float = DEFAULT_REFRESH,
        source: Callable[[], Source] | None = None,
    ) -> None:
        """Take over a GUARDIAN.

        Args:
            guardian: Under which runs are made; it is closed with the bridge. None where nothing is run.
            start_guardian: Starts another one when it died.
            refresh: Seconds between two samples while nothing runs.
            source: Makes what is watched from the start, in the bridge's thread; None to wait for `start`.
        """
        self.latest: Snapshot | None = None
        self.failure: BaseException | None = None
        self._guardian = guardian
        self._start_guardian = start_guardian
        self._refresh = refresh
        self._make_source = source
        self._commands: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._notices: deque[Notice] = deque(maxlen=50)
        self._thread = threading.Thread(target=self._run, name="poolscope-bridge", daemon=True)
        self._closing = threading.Lock()
        self._is_drawn = False
        self._wanted: tuple[Workload, Parameters, tuple[Lane, ...], bool] | None = None
        self._machine: Machine | None = None
        self._stage = Stage()
        self._subject: Choice | None = None
        self._choice: Choice | None = None
        self._follower: LogFollower | None = None
        self._past_log: PastLog | None = None
        self._followed: str | None = None
        self._measuring = Measuring()
        self._roster: tuple[ProcessState, ...] = ()
        self._exhibits = Exhibits()
        self._examiner = Examiner(self._living_guardian)
        self._own: dict[str, Own] = {}
        """Functions of the person's own, by the names of their workloads."""
        self._studies: dict[StudyKind, StudyView] = {}

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

    def start(
        self,
        workload: Workload,
        parameters: Parameters,
        lanes: Sequence[Lane],
        runs: int | None = 1,
        warmups: int = 0,
    ) -> None:
        """Run and compare LANES, RUNS times each, or as often as it takes; before that WARMUPS times."""
        chosen = tuple(lanes)
        given = dict(parameters)
        self._commands.put(lambda: self._begin(workload, given, chosen, (runs, warmups)))

    def cancel(self) -> None:
        """End the run under way; what was measured stays."""
        self._commands.put(self._cancel)

    def examine(self, request: Request, told: Callable[[Answer], None]) -> None:
        """Have a person's code looked at in a process of its own; TOLD is called from the bridge's thread."""
        self._commands.put(lambda: self._examiner.ask(request, told, is_running=self._stage.is_running))

    def forget_examination(self) -> None:
        """End what is looked at; nobody is told anything."""
        self._commands.put(self._examiner.forget)

    def register(self, own: Own) -> None:
        """Say how a person's OWN function is run: it is in no catalogue."""
        self._commands.put(lambda: self._own.__setitem__(own.workload.name, own))

    def list_registered(self, told: Callable[[Sequence[Entry]], None]) -> None:
        """Look up which functions are registered; TOLD is called from the bridge's thread."""

        def look() -> None:
            from poolscope.tui.registered import list_registered

            self._notices.extend(list_registered(told))

        self._commands.put(look)

    def drain_log(self, limit: int) -> Sequence[LogLine]:
        """Take at most LIMIT lines of the log, oldest first."""
        source = self._past_log or self._follower
        return source.drain(limit) if source is not None else ()

    def drain_notices(self) -> list[Notice]:
        """Take what the person should know."""
        notices = []
        while self._notices:
            notices.append(self._notices.popleft())
        return notices

    def begin_to_sample(self) -> None:
        """Begin to look at cores and processes, now that the first screen is drawn."""
        self._commands.put(lambda: setattr(self, "_is_drawn", True))

    def finish(self, timeout: float) -> None:
        """End whatever runs, and the thread; what was recorded is still there. Waits for TIMEOUT seconds at most."""
        self._commands.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def close(self, timeout: float = 2.0) -> None:
        """End whatever runs and wait until its processes are gone, TIMEOUT seconds at most."""
        deadline = time.monotonic() + timeout
        with self._closing:
            self.finish(timeout / 2)
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
            self._end_program()
        except BaseException as error:  # noqa: BLE001 - shown by the app, which then ends
            self.failure = error
        finally:
            if self._follower is not None:
                self._follower.stop()

    def _loop(self) -> None:
        if self._make_source is not None:
            self._stage.watch(self._make_source())
            self._advance()
        self._machine = self._stage.machine()
        # What was chosen meanwhile is worked out first and shown by the first frame; samples come once that is drawn.
        self._work_out_choice()
        stage = self._stage
        self._publish(is_first=True)
        sample_at = time.monotonic() + LATEST_FIRST_SAMPLE
        publish_at = self._next_publishing(0.0, time.monotonic(), was_playing=False)
        while True:
            was_running, was_playing = stage.is_running, stage.playback.is_playing
            wait = min(sample_at, publish_at) - time.monotonic()
            try:
                wait = min(wait, ADVANCE_SECONDS) if was_running or self._examiner.is_busy else wait
                command = self._commands.get(timeout=max(0.001, wait))
            except Empty:
                pass
            else:
                if command is None:
                    return
                command()
                publish_at = 0.0
            self._advance()
            self._examiner.advance()
            now = time.monotonic()
            if now >= sample_at or (self._is_drawn and not self._measuring.has_begun and not stage.is_replay):
                sample_at = self._sample(now)
                publish_at = min(publish_at, now)
            if now >= publish_at or was_running != stage.is_running:
                self._publish()
                publish_at = self._next_publishing(publish_at, time.monotonic(), was_playing=was_playing)

    def _end_program(self) -> None:
        """Let the recording of a program that is ended with the screen have an end, too."""
        stage = self._stage
        if stage.scene.program is None or not stage.is_running:
            return
        stage.cancel()
        deadline = time.monotonic() + END_SECONDS
        while stage.is_running and time.monotonic() < deadline:
            time.sleep(0.01)
            self._advance()

    def _sample(self, now: float) -> float:
        """Sample cores and processes, and say when it is time for the next sample."""
        if self._stage.is_replay:
            return now + NEVER
        self._measuring.sample(self._guardian.pid if self._guardian else None)
        if self._measuring.cores is None:  # figures of the cores come with the second sample
            return now + SECOND_SAMPLE
        return now + (min(SAMPLE_SECONDS, self._refresh) if self._stage.is_running else self._refresh)

    def _next_publishing(self, last: float, now: float, *, was_playing: bool) -> float:
        stage = self._stage
        if stage.playback.is_playing:
            # By the clock and not from now on, so that frames come evenly; if one took too long, some are left out.
            due = last + PUBLISH_SECONDS
            return due if was_playing and due > now else now + PUBLISH_SECONDS
        if stage.is_replay and stage.history is None:
            return now
        if stage.is_running:
            return now + PUBLISH_SECONDS * (1.0 if now - stage.begun < LIVELY_SECONDS else CALM)
        return now + NEVER

    def _advance(self) -> None:
        stage = self._stage
        if not stage.is_running:
            return
        try:
            goes_on = stage.advance()
        except PoolscopeError as error:  # raised once, and nothing of the run is left
            self._notices.append(Notice(str(error), "error"))
            goes_on = stage.advance()
        self._note_study()
        self._follow_run(stage.scene.run_directory)
        self._measuring.write_sizes()
        if not goes_on:
            self._measuring.write_into(None)
            if stage.scene.program is None and stage.scene.study is None:  # those of a program have a panel
                self._notices.extend(Notice(note, "warning") for note in stage.scene.notes)

    def _follow_run(self, directory: str | None) -> None:
        if directory is None or directory == self._followed:
            return
        # Samples are older than the run: but for the guardian, what they know of is the run before.
        guardian = self._guardian.pid if self._guardian else None
        self._roster = tuple(state for state in self._roster if state.pid == guardian)
        self._measuring.forget_all_but(guardian)
        self._measuring.write_into(directory)
        from pathlib import Path

        from poolscope.workloads.recording.log import LogFollower

        if self._follower is None:
            self._follower = LogFollower()
        self._follower.follow(Path(directory))
        self._followed = directory

    def _publish(self, *, is_first: bool = False) -> None:
        assert self._machine is not None  # noqa: S101
        stage = self._stage
        now = time.perf_counter_ns()
        if not is_first:  # to read a million events takes longer than a first frame may
            stage.look(now)
        transport = stage.playback.transport(now)
        self._exhibits.look(stage.run.recording if stage.run else None)
        shown = None if transport.is_live else stage.past(self._machine, transport)
        if shown is None:
            self.latest = self._present(self._machine, now, transport)
            return
        if stage.is_replay:
            self._show_log(transport.time_ns)
        canvas, gauges = self._exhibits.canvas(transport.time_ns), self._exhibits.gauges(transport.time_ns)
        subject, choice, studies = self._subject, self._choice, dict(self._studies)
        self.latest = shown._replace(subject=subject, choice=choice, canvas=canvas, gauges=gauges, studies=studies)

    def _present(self, machine: Machine, now: int, transport: Transport) -> Snapshot:
        guardian, measuring, stage = self._guardian, self._measuring, self._stage
        history, scene = stage.history, stage.scene
        self._roster = full_roster(
            self._roster,
            scene.processes,
            measuring.samples,
            guardian.pid if guardian else None,
            now,
            program=scene.program.pid if scene.program else None,
        )
        return Snapshot(
            now_ns=now,
            machine=machine,
            comparison=scene.comparison,
            program=scene.program,
            cores=measuring.cores,
            cores_before=measuring.cores_before,
            processes=self._roster,
            samples=measuring.samples,
            subject=self._subject,
            choice=self._choice,
            transport=transport,
            timeline=history.view if history else None,
            ledgers=history.ledgers if history else (),
            slowest=history.slowest if history else (),
            record=stage.source.record if stage.source else None,
            canvas=self._exhibits.canvas(),
            gauges=self._exhibits.gauges(),
            studies=dict(self._studies),
        )

    def _show_log(self, time_ns: int) -> None:
        """Let the log of what is replayed be that of the moment shown."""
        if self._past_log is None and self._stage.run is not None:
            from poolscope.tui.past_log import PastLog

            self._past_log = PastLog.of(self._stage.run.recording)
        if self._past_log is not None:
            self._past_log.show(time_ns)

    # Commands, carried out by the thread.

    def _work_out_choice(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is None or self._machine is None:
            return
        workload, parameters, lanes, keep = wanted
        self._choice = work_out(workload, parameters, lanes, self._machine, self._own.get(workload.name))
        if not keep and not self._stage.is_running:
            self._stage.watch(None)
            self._subject = None
            self._roster = ()

    def _begin(
        self, workload: Workload, parameters: Parameters, lanes: tuple[Lane, ...], repeats: tuple[int | None, int]
    ) -> None:
        if self._is_busy():
            return
        assert self._machine is not None  # noqa: S101
        try:
            guardian = self._living_guardian()
            own = self._own.get(workload.name)
            self._choice = work_out(workload, parameters, lanes, self._machine, own)
            comparison = comparison_of(self._choice, guardian, own, repeats, LOG_LEVEL)
        except PoolscopeError as error:
            self._notices.append(Notice(str(error), "error"))
            return
        self._subject = self._choice
        self._stage.watch(LanesSource(comparison, keeping(workload, parameters, self._machine)))
        self._advance()
        # While the runner starts: NumPy comes with it, which would take a core from the work that follows.
        from poolscope.workloads.analysis import timeline

        del timeline

    def _is_busy(self) -> bool:
        if self._stage.is_running:
            what = "study" if self._stage.scene.study is not None else "run"
            self._notices.append(Notice(f"A {what} is under way already; cancel it first with c.", "warning"))
        elif self._examiner.is_busy:
            self._notices.append(Notice("A function is still looked at; try again in a moment.", "warning"))
        else:
            return False
        return True

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
        self._stage.cancel()
