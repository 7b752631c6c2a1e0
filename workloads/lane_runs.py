"""What a comparison knows of its lanes, and of the run under way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import Lane, LaneState, Ledger, RunResult, RunState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .analysis.findings.facts import RunFacts
    from .model import ProcessState
    from .programs import RunAccount
    from .recording.reader import Recording
    from .rounds import Rounds
    from .sampling.conditions import Conditions, Meanwhile


class Track:
    """What is known of one lane so far."""

    def __init__(self, lane: Lane, asked: Lane, key: str) -> None:
        self.lane = lane
        self.asked = asked
        """The same before its defaults were filled in."""
        self.key = key
        self.state: RunState = "queued"
        self.results: list[RunResult] = []
        self.ledgers: list[Ledger] = []
        self.error: str | None = None
        self.traceback: str | None = None
        self.tasks_done = 0
        self.elapsed_ns = 0
        self.ledger = Ledger()
        self.accounts: list[RunAccount | None] = []
        self.facts: list[RunFacts | None] = []
        self.meanwhile: list[Meanwhile | None] = []
        self.warmup = 0
        """Number of the warm-up run under way; 0 if it is none."""

    @property
    def times(self) -> list[int]:
        """What its runs took that count, in nanoseconds, oldest first."""
        return [result.elapsed_ns for result in self.results]

    def forget_run(self) -> None:
        """Forget where the last run stood."""
        self.tasks_done = self.elapsed_ns = 0
        self.ledger = Ledger()

    def describe(self, tasks: int, rounds: Rounds, first: Track) -> LaneState:
        """Describe the lane.

        Args:
            tasks: Of one run.
            rounds: How many runs are planned.
            first: The reference.
        """
        return LaneState(
            lane=self.lane,
            key=self.key,
            state=self.state,
            runs_done=len(self.results),
            runs_planned=rounds.planned,
            tasks=tasks,
            tasks_done=self.tasks_done,
            elapsed_ns=self.elapsed_ns,
            ledger=self.ledger,
            results=tuple(self.results),
            ledgers=tuple(self.ledgers),
            error=self.error,
            same_result=self._is_same(first),
            asked=self.asked,
            accounts=tuple(self.accounts),
            difference=self._difference if self is not first else None,
            traceback=self.traceback,
            facts=tuple(self.facts),
            meanwhile=tuple(self.meanwhile),
            warmup=self.warmup,
            warmups=rounds.warmups,
        )

    def _is_same(self, first: Track) -> bool | None:
        """Whether all results are those of the first lane, as far as each run could tell."""
        if self is first or not self.results or not first.results:
            return None
        said = [result.same_result for result in self.results]
        return False if False in said else None if None in said else True

    @property
    def _difference(self) -> str | None:
        return next((result.difference for result in self.results if result.difference is not None), None)


class Run:
    """The run under way, or the last one."""

    def __init__(
        self, index: int, name: str, directory: Path, recording: Recording, *, is_warmup: bool = False
    ) -> None:
        self.index = index
        """Of its lane."""
        self.is_warmup = is_warmup
        self.before: Conditions | None = None
        """What the machine had done when the run began; None where nobody looked."""
        self.name = name
        self.directory = directory
        self.recording = recording
        self.runner: int | None = None
        self.status: int | None = None
        """Exit status of the runner; None while it lives."""
        self.statuses: dict[int, int] = {}
        """Exit statuses by pid, of those that had lost their parents."""
        self.ended_ns: int | None = None
        """When the runner ended; None while it lives."""
        self.failure: str | None = None
        self.is_stopped = False

    @property
    def all_statuses(self) -> Mapping[int, int]:
        """Exit statuses by pid, of those that nobody but the guardian saw end."""
        if self.runner is None or self.status is None:
            return self.statuses
        return {**self.statuses, self.runner: self.status}

    def processes(self, now_ns: int) -> tuple[ProcessState, ...]:
        """Its processes, with what only the guardian saw: how the runner ended, and whoever outlived it."""
        statuses = self.all_statuses
        return tuple(
            state._replace(exit_status=statuses[state.pid])
            if state.exit_status is None and state.pid in statuses
            else state
            for state in self.recording.processes(now_ns)
        )

    def error_of(self, result: RunResult | None) -> str:
        """Say in one sentence why a run has failed that left this RESULT, or none."""
        if self.failure is not None:
            return self.failure
        if result is not None and result.error is not None:
            from .analysis.failure import with_place

            return with_place(result.error, self.recording)
        from .report.figures import exit_status

        status = self.status if self.status is not None else 0
        if status < 0:
            return f"The runner (pid {self.runner}) was killed by {exit_status(status)}."
        from .recording.log import last_exception

        said = last_exception(self.directory).rstrip(".")
        because = f": {said}" if said else ""
        return f"The runner (pid {self.runner}) ended with {exit_status(status)} before it had a result{because}."


def run_in_words(lane: LaneState) -> str:
    """Name the run of a lane that is under way or comes next.

    Returns:
        ``run 3 of 5``, ``warm-up 1 of 2``, or "" where there is but one.
    """
    if lane.warmup:
        return f"warm-up {lane.warmup} of {lane.warmups}"
    if not lane.runs_planned:
        return f"run {lane.runs_done + 1} of as many as it takes"
    return f"run {min(lane.runs_done + 1, lane.runs_planned)} of {lane.runs_planned}" if lane.runs_planned > 1 else ""


def key_of(index: int) -> str:
    """Letter of a lane: A, B, ... Z, AA, ..."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
