"""A comparison: its lanes executed one after the other, interleaved over repeats, and watched until each run is gone.

Nothing here waits. A face calls `Comparison.advance` again and again, whenever the guardian has news and a few times a
second besides; each call looks at what the run has recorded by now, ends it if it cannot come to its end any more, and
starts the next one when nothing is left of the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from time import perf_counter_ns
from typing import TYPE_CHECKING

from .errors import GuardianLostError
from .lane_runs import Run, Track, key_of
from .model import ComparisonState, Lane, Plan
from .news import Ended, Reaped, Refused, Started
from .rounds import DEFAULT_BUDGET_S, Rounds, Turn
from .run_directories import RunDirectories

if TYPE_CHECKING:
    from pathlib import Path

    from .analysis.findings.base import Finding
    from .analysis.steadiness import MeasurementWarning
    from .launcher import Guardian
    from .model import Machine, Parameters, Verdict, Workload
    from .news import Message
    from .recording.reader import Recording

_NOTES_KEPT = 20
_PROCESSES_KEPT = 20_000
"""Ledgers of processes that are kept, over all runs: a thousand runs of a thousand workers would not fit."""
_SLOWEST = 10


class Comparison:
    """Compares lanes of one workload."""

    def __init__(
        self,
        guardian: Guardian,
        workload: Workload,
        parameters: Parameters,
        lanes: Sequence[Lane],
        runs: int | None = 1,
        log_level: int = 20,
        workload_reference: str | None = None,
        machine: Machine | None = None,
        *,
        keep_going: bool = False,
        tolerance: float = 0.0,
        keeps: bool = True,
        warmups: int = 0,
        budget_s: float = DEFAULT_BUDGET_S,
    ) -> None:
        """Prepare a comparison; the first call of `advance` starts it.

        Args:
            guardian: Under which the runs are made.
            workload: What is executed.
            parameters: Complete and checked.
            lanes: The first one that can run here is the reference; those that cannot are skipped. Defaults in them
                are filled in.
            runs: How often each lane is executed; None for until the 95 % interval of every lane's ratio to the
                reference is narrower than 5 % of it, with a least and a largest number.
            log_level: Of the log of multiprocessing, such as 20 for INFO; 0 leaves it off.
            workload_reference: How a runner finds the workload, if not by its name in the catalogue.
            machine: Where this is; looked up if it is not given.
            keep_going: Whether the other tasks go on when one raises.
            tolerance: By how much floats may differ from the reference's: absolutely, or as a share of the larger one.
            keeps: Whether recordings are kept; those of a study's many small runs would push out all others.
            warmups: How often each lane is executed before that, without counting.
            budget_s: Seconds after which an automatic number of runs ends, settled or not.

        Raises:
            UsageError: If a lane is not allowed, or none of them can run here.
        """
        from .lanes import check_lanes, resolve_lane

        if machine is None:
            from .sampling.machine import describe_machine

            machine = describe_machine()
        reasons = check_lanes(lanes, workload, parameters, machine)
        self._tasks = workload.count_tasks(parameters)
        self._guardian = guardian
        self._machine = machine
        self._workload = workload.name
        self._parameters = dict(parameters)
        self._log_level = log_level
        self._reference = workload_reference or workload.name
        self._tracks = [
            Track(resolve_lane(lane, self._tasks, machine.budget, machine.default_start_method), lane, key_of(index))
            for index, lane in enumerate(lanes)
        ]
        for track, reason in zip(self._tracks, reasons, strict=True):
            if reason is not None:
                track.state, track.error = "skipped", reason
        able = [index for index, reason in enumerate(reasons) if reason is None]
        self._first = able[0]
        """Index of the lane with which the others are compared."""
        self._keep_going = keep_going
        self._tolerance = tolerance
        self._keeps = keeps
        self._answers: Path | None = None
        """Run directory that holds the results with which others are compared; None before there is one."""
        self._rounds = Rounds(able, runs, warmups, budget_s)
        self._run: Run | None = None
        self._last: Run | None = None
        """The run under way or the last one."""
        self._directories = RunDirectories(guardian.directory)
        self._is_over = False
        """Whether no lane gets another run; one may still be ending."""
        self._is_cancelled = False
        self._lost: GuardianLostError | None = None
        """That the guardian died, until it was said."""
        self._verdict: Verdict | None = None
        self._findings: tuple[Finding, ...] = ()
        self._warnings: tuple[MeasurementWarning, ...] = ()
        self._notes: list[str] = []
        self._processes_kept = 0

    @property
    def watched(self) -> tuple[int, Recording] | None:
        """Index of the lane whose run is under way, or was the last one, and what that recorded; None before it."""
        run = self._last
        return (run.index, run.recording) if run is not None else None

    def advance(self) -> ComparisonState:
        """Do what can be done now, without waiting.

        Returns:
            Where the comparison stands.

        Raises:
            GuardianLostError: Once, if the guardian died; nothing of the run is left then, and the comparison is over.
        """
        try:
            self._go_on()
        except GuardianLostError as error:
            self._give_up(str(error))
            raise
        return self._state()

    def _go_on(self) -> None:
        if self._lost is not None:
            lost, self._lost = self._lost, None
            raise lost
        for message in self._guardian.poll():
            self._take(message)
        if self._run is not None:
            self._watch(self._run)
        while self._run is None:
            times = {index: track.times for index, track in enumerate(self._tracks)}
            turn = self._rounds.next(perf_counter_ns(), times)
            if turn is None:
                self._end()
                break
            self._start(turn)

    def _end(self) -> None:
        """No lane gets another run."""
        self._is_over = True
        for track in self._tracks:
            if track.state == "queued" and track.results:
                track.state = "done"

    def _give_up(self, reason: str) -> None:
        """End without the guardian. What was measured stays."""
        run, self._run = self._run, None
        if run is not None:
            run.recording.close()
            self._measure(run)
            if run.failure is not None or self._tracks[run.index].state != "cancelled":
                self._fail(run.index, run.failure or reason)
        for index in self._rounds.waiting:
            self._tracks[index].state = "cancelled"
        self._rounds.end()
        self._is_over = True

    def cancel(self) -> None:
        """End the run under way and start no other one. What was measured stays."""
        if self._is_over:
            return
        self._is_cancelled = True
        for index in {*self._rounds.waiting, *([self._run.index] if self._run else [])}:
            if self._tracks[index].state != "failed":
                self._tracks[index].state = "cancelled"
        self._rounds.end()
        if self._run is not None:
            try:
                self._stop(self._run)
            except GuardianLostError as error:
                self._lost = error

    # One run

    def _start(self, turn: Turn) -> None:
        index, track = turn.lane, self._tracks[turn.lane]
        name = self._directories.new_name()
        plan = Plan(
            name,
            self._reference,
            self._parameters,
            track.lane,
            self._log_level,
            keep_going=self._keep_going,
            tolerance=self._tolerance,
            reference=str(self._answers) if self._answers is not None else None,
        )
        try:
            directory = self._guardian.run(plan)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            self._fail(index, f"The run cannot be recorded in {self._guardian.directory}: {reason}.")
            return
        # Imported here, while the runner starts on another core.
        from .analysis import failure, ledger, verdict  # noqa: F401
        from .keeping import begin_recording
        from .recording.reader import Recording
        from .sampling.conditions import conditions

        begin_recording(directory, plan, self._workload, self._machine, track.key)
        self._directories.add(directory, self._answers)
        track.state, track.warmup = "running", turn.warmup
        track.forget_run()
        self._run = self._last = Run(index, name, directory, Recording(directory), is_warmup=turn.warmup > 0)
        self._run.before = conditions(self._guardian.pid)

    def _take(self, message: Message) -> None:
        run = self._run
        if run is None or message.run != run.name:
            return
        if isinstance(message, Started):
            run.runner = message.pid
        elif isinstance(message, Ended):
            run.status = message.status
            run.ended_ns = perf_counter_ns()
        elif isinstance(message, Reaped):
            run.statuses[message.pid] = message.status
        elif isinstance(message, Refused):
            run.failure = f"The runner cannot be started: {message.reason}."
            self._finish(run)
        else:
            self._finish(run)

    def _watch(self, run: Run) -> None:
        """Look at what the run has recorded by now."""
        changed = run.recording.refresh()
        if changed and run.failure is None and not run.is_stopped:
            self._look_for_failure(run)
        self._measure(run)

    def _look_for_failure(self, run: Run) -> None:
        from .analysis.failure import find_failure

        run.failure = find_failure(run.recording)
        if run.failure is not None:
            self._stop(run)

    def _stop(self, run: Run) -> None:
        if not run.is_stopped:
            run.is_stopped = True
            self._guardian.stop()

    def _measure(self, run: Run) -> None:
        from .analysis.ledger import ledger_of

        track, recording, now = self._tracks[run.index], run.recording, perf_counter_ns()
        marks = recording.marks
        track.tasks_done = min(recording.tasks_done, self._tasks)
        if marks.begun_ns is not None:
            track.elapsed_ns = max(0, (marks.ended_ns or now) - marks.begun_ns)
            track.ledger = ledger_of(recording, now)

    def _finish(self, run: Run) -> None:
        """Take in what a run gave, of which nothing is left but its recording."""
        self._run = None
        run.recording.refresh()
        if run.failure is None and not run.is_stopped:
            self._look_for_failure(run)
        self._measure(run)
        run.recording.close()
        if not run.is_stopped:
            self._note(run)
        if not run.is_warmup:
            self._account(run)
        self._settle(run)
        self._keep(run)

    def _settle(self, run: Run) -> None:
        """Decide what the run came to."""
        track, result = self._tracks[run.index], run.recording.result
        if result is not None and result.ok and run.failure is None:
            track.warmup = 0
            if run.is_warmup:
                track.forget_run()
            else:
                track.results.append(result)
                track.ledgers.append(track.ledger)
                track.elapsed_ns = result.elapsed_ns
            if run.index == self._first and self._answers is None:
                self._answers = run.directory
            if track.state == "running":
                track.state = "queued" if run.index in self._rounds.waiting else "done"
            return
        if track.state == "cancelled" and run.failure is None:
            return
        self._fail(run.index, run.error_of(result))
        track.traceback = result.traceback if result is not None else None

    def discard(self) -> None:
        """Remove the directories of all its runs, once it is over and nobody reads them any more."""
        self._directories.remove_all()

    def _keep(self, run: Run) -> None:
        """Keep the recording, after the run and before the next one; of a warm-up run only where it failed."""
        if not self._keeps:
            return
        from .keeping import keep_recording
        from .recording.meta import End

        track, result = self._tracks[run.index], run.recording.result
        is_done = result is not None and result.ok and run.failure is None
        if is_done and run.is_warmup:
            return
        is_cancelled = not is_done and run.failure is None and track.state == "cancelled"
        end = End(
            ended_ns=run.ended_ns or perf_counter_ns(),
            state="done" if is_done else "cancelled" if is_cancelled else "failed",
            status=run.status,
            statuses=run.all_statuses,
            gone=run.recording.missed(),
            error=None if is_done or is_cancelled else track.error,
        )
        self._say(track, keep_recording(run.directory, end))

    def _account(self, run: Run) -> None:
        """Keep what each process of a run did, unless that was too much already, and the machine besides."""
        from .analysis.findings.facts import facts_of
        from .analysis.process_ledger import process_ledgers
        from .analysis.slowest import slowest_tasks
        from .programs import RunAccount
        from .sampling.conditions import between, conditions

        track, recording, account = self._tracks[run.index], run.recording, None
        if self._processes_kept < _PROCESSES_KEPT:
            processes = process_ledgers(recording, perf_counter_ns())
            self._processes_kept += len(processes)
            begun = recording.marks.begun_ns or 0
            account = RunAccount(begun, processes, slowest_tasks(recording, _SLOWEST))
        meanwhile = between(run.before, conditions(self._guardian.pid)) if run.before is not None else None
        facts = facts_of(recording, perf_counter_ns(), track.ledger, account)
        if facts is not None and meanwhile is not None:
            facts = facts._replace(
                span_ns=meanwhile.wall_ns,
                span_cpus=meanwhile.cpus,
                throttled_ns=meanwhile.throttled_ns,
                throttled=meanwhile.throttled,
                others_ns=meanwhile.others_ns,
                steal_ns=meanwhile.steal_ns,
            )
        track.accounts.append(account)
        track.facts.append(facts)
        track.meanwhile.append(meanwhile)

    def _note(self, run: Run) -> None:
        """Keep what a person should know of a run, though it did not end it."""
        from .analysis.failure import notes

        self._say(self._tracks[run.index], notes(run.recording))

    def _say(self, track: Track, sentences: Iterable[str]) -> None:
        """Have a person know something of a lane, once for all its runs."""
        said = [f"{track.key}: {sentence}" for sentence in sentences]
        self._notes += [each for each in said if each not in self._notes][: _NOTES_KEPT - len(self._notes)]

    def _fail(self, index: int, error: str) -> None:
        """Give a lane up."""
        self._tracks[index].state = "failed"
        self._tracks[index].error = error
        self._rounds.drop(index)

    # The state

    def _state(self) -> ComparisonState:
        is_over = self._is_over and self._run is None
        lanes = tuple(track.describe(self._tasks, self._rounds, self._tracks[self._first]) for track in self._tracks)
        if is_over and self._verdict is None:
            from .analysis.findings import find
            from .analysis.steadiness import warnings_of
            from .analysis.verdict import judge

            self._verdict = judge(lanes)
            self._findings = find(lanes, self._machine)
            self._warnings = warnings_of(lanes)
        now = perf_counter_ns()
        last = self._last
        return ComparisonState(
            now_ns=now,
            lanes=lanes,
            running=self._run.index if self._run is not None else None,
            run_directory=str(last.directory) if last is not None else None,
            processes=last.processes(now) if last is not None else (),
            verdict=self._verdict if is_over else None,
            is_over=is_over,
            is_cancelled=self._is_cancelled,
            notes=tuple(self._notes),
            findings=self._findings if is_over else (),
            warnings=self._warnings if is_over else (),
        )
