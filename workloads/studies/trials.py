"""A comparison that grows: lanes and runs are asked for one by one, by what those before them have shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..comparison import Comparison
from ..errors import GuardianLostError, UsageError
from ..lane_runs import Track, key_of
from ..lanes import check_lanes, resolve_lane
from ..rounds import Rounds, Turn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..lane_runs import Run
    from ..model import Lane
    from .base import Means, Setting


class Trials(Comparison):
    """Compares lanes of one workload as a `Comparison` does, run by run.

    It is over once it was closed or cancelled; until then it waits for the next run to be asked for.
    """

    def __init__(self, means: Means, setting: Setting, reference: Lane) -> None:
        """Prepare it.

        Args:
            means: With what it is made.
            setting: What is run.
            reference: The lane with which all others are compared.

        Raises:
            UsageError: If that lane cannot run here.
        """
        super().__init__(
            means.guardian,
            setting.workload,
            setting.parameters,
            (reference,),
            log_level=0,
            workload_reference=setting.reference,
            machine=means.machine,
            tolerance=means.tolerance,
            keeps=False,
        )
        self._setting = setting
        self._asked = _Asked()
        self._rounds = self._asked
        self._is_closed = False
        self._cut: Run | None = None

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs, and nothing was asked for."""
        return self._run is None and not self._asked.waiting

    def find(self, lane: Lane) -> int | None:
        """Index of the lane that comes to the same as this one; None if there is none."""
        full = self._resolved(lane)
        return next((index for index, track in enumerate(self._tracks) if track.lane == full), None)

    def add(self, lane: Lane) -> int:
        """Add a lane, or find the one that comes to the same.

        Returns:
            Its index. It is skipped, as its state will say, if it cannot run here.
        """
        known = self.find(lane)
        if known is not None:
            return known
        track = Track(self._resolved(lane), lane, key_of(len(self._tracks)))
        try:
            (reason,) = check_lanes([lane], self._setting.workload, self._setting.parameters, self._machine)
        except UsageError as error:
            reason = str(error)
        if reason is not None:
            track.state, track.error = "skipped", reason
        self._tracks.append(track)
        return len(self._tracks) - 1

    def can_run(self, index: int) -> bool:
        """Whether a lane can be run once more."""
        return self._tracks[index].state in ("queued", "done", "cancelled") and not self._is_over

    def ask(self, index: int) -> None:
        """Have a lane run once more."""
        self._asked.ask(index)

    def cut(self) -> None:
        """End the run under way, which takes too long to be worth its time. What the lane's other runs gave stays."""
        run = self._run
        if run is None or run.is_stopped:
            return
        self._cut = run
        self._tracks[run.index].state = "cancelled"
        try:
            self._stop(run)
        except GuardianLostError as error:
            self._lost = error

    def close(self) -> None:
        """Ask for nothing more: the next state has the verdict."""
        self._is_closed = True
        self._asked.end()

    def _end(self) -> None:
        if self._is_closed or self._is_cancelled:
            super()._end()

    def _settle(self, run: Run) -> None:
        super()._settle(run)
        track = self._tracks[run.index]
        if run is self._cut and track.state == "cancelled" and track.results:
            track.state = "done"

    def _resolved(self, lane: Lane) -> Lane:
        return resolve_lane(lane, self._tasks, self._machine.budget, self._machine.default_start_method)


class _Asked(Rounds):
    """Deals out the turns that were asked for, and is never over by itself."""

    def __init__(self) -> None:
        super().__init__(())
        self._turns = []

    @property
    def planned(self) -> int:
        """Nobody knows."""
        return 0

    @property
    def waiting(self) -> frozenset[int]:
        """Lanes that have another turn."""
        return frozenset(turn.lane for turn in self._turns)

    def ask(self, lane: int) -> None:
        """Give a lane a turn."""
        self._turns.append(Turn(lane, 0))

    def next(self, now_ns: int, times: Mapping[int, Sequence[int]]) -> Turn | None:
        """Deal out the next turn; None while none was asked for."""
        del now_ns, times
        return self._turns.pop(0) if self._turns else None
