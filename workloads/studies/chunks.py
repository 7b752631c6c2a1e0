"""The study of chunk sizes: first each once, from the usual ones to the extremes, then the good ones in turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ..analysis.chunking import ChunkAdvice, ChunkPoint, advise, chunk_sizes, default_chunksize
from ..analysis.statistics import FEWEST_RUNS, is_settled, ratio_of
from ..errors import UsageError
from ..lanes import resolve_lane
from .base import Means, Progress, Setting
from .rounds import Rounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..comparison import Comparison
    from ..model import Lane

_SHARE_OF_BUDGET = 0.25
"""As much of what is left may go into one chunksize that is slower than those before."""
_HOPELESS = 2.0
"""A chunksize that took that many times as long as the fastest one is not run again."""
_SETTLED = 0.1


class ChunksState(NamedTuple):
    """All that a face needs to show of a study of chunk sizes at one moment."""

    progress: Progress
    lane: Lane
    """Resolved; its chunksize is what is varied."""
    tasks: int
    sizes: tuple[int, ...]
    """Chunk sizes that are to be measured, smallest first."""
    points: tuple[ChunkPoint, ...]
    """What was measured so far, smallest first."""
    found: ChunkAdvice
    """What these come to so far, with the sentence for a person."""

    @property
    def sentence(self) -> str:
        """The recommendation and its reason."""
        return self.found.sentence

    @property
    def notes(self) -> tuple[str, ...]:
        """What must be said with it: that a chunksize that it is about was run too seldom."""
        named = {self.found.chunksize, self.found.default}
        if all(len(point.times_ns) >= FEWEST_RUNS for point in self.points if point.chunksize in named):
            return ()
        return (f"There are fewer than {FEWEST_RUNS} runs of some, too few to say how sure the figures are.",)


class ChunksStudy(Rounds):
    """Finds the chunksize to take."""

    def __init__(
        self,
        means: Means,
        setting: Setting,
        lane: Lane,
        sizes: Sequence[int] | None = None,
        runs: int | None = None,
    ) -> None:
        """Prepare a study; the first call of `advance` starts it.

        Args:
            means: With what it is made.
            setting: What is run.
            lane: Whose chunksize is varied.
            sizes: Those to measure; by default some from one task to one chunk a worker.
            runs: How often each of the good ones is run; None until the figures have settled.

        Raises:
            UsageError: If the lane ships no chunks, or the tasks are too few for any.
        """
        if lane.engine in ("serial", "process") or lane.flavour == "apply_async":
            raise UsageError(f"The lane {lane.label} ships no chunks: choose a lane such as pool.")
        machine = means.machine
        self._tasks = setting.workload.count_tasks(setting.parameters)
        self._lane = resolve_lane(lane, self._tasks, machine.budget, machine.default_start_method)
        self._workers = self._lane.workers or 1
        chosen = sorted(set(sizes)) if sizes is not None else list(chunk_sizes(self._tasks, self._workers))
        if len(chosen) < 2:
            raise UsageError("There are too few tasks for chunks of different sizes: choose more of them.")
        default = default_chunksize(self._tasks, self._workers)
        # The usual one first, then larger ones, then ever smaller ones, the last of which may take far too long.
        larger = [size for size in chosen if size >= default]
        self._sizes = [*larger, *reversed([size for size in chosen if size < default])]
        lanes = [self._lane._replace(chunksize=size) for size in self._sizes]
        super().__init__(means, setting, lanes, runs)
        self._wall_ns: dict[int, int] = {}
        """What a run took in all, by index."""
        self._left_out: set[int] = set()
        self._is_exploring = True

    def advance(self) -> ChunksState:
        """Do what can be done now, without waiting.

        Raises:
            GuardianLostError: Once, if the guardian died; what was measured stays, and the study is over.
        """
        self._go_on()
        points = self._points()
        return ChunksState(
            progress=self._progress(),
            lane=self._lane._replace(chunksize=None),
            tasks=self._tasks,
            sizes=tuple(sorted(self._sizes)),
            points=points,
            found=advise(points, self._tasks, self._workers),
        )

    def _points(self) -> tuple[ChunkPoint, ...]:
        found = []
        for size, times, waiting in zip(self._sizes, self._times, self._waiting, strict=True):
            if times:
                found.append(ChunkPoint(size, tuple(times), sum(waiting) // max(1, len(waiting))))
        return tuple(sorted(found))

    def _next(self) -> Comparison | None:
        if self._is_exploring:
            index = next((each for each in range(len(self._sizes)) if self._is_open(each)), None)
            if index is not None:
                self._current = self._able([index])
                self._what = f"chunksize {self._sizes[index]:,}"
                return self._compare(self._setting, [self._lanes[index]], 1)
            self._is_exploring = False
            self._rounds = 1
        return super()._next()

    def _is_open(self, index: int) -> bool:
        """Whether a chunksize is still to be measured for the first time, and there is time for it."""
        if self._times[index] or index in self._left_out:
            return False
        size = self._sizes[index]
        larger = [(self._sizes[other], wall) for other, wall in self._wall_ns.items() if self._sizes[other] > size]
        if not larger or size >= default_chunksize(self._tasks, self._workers):
            return True
        # At worst, all of the time is what chunks cost by themselves.
        nearest, wall = min(larger)
        if wall * nearest / size <= _SHARE_OF_BUDGET * self.left_ns:
            return True
        if self._is_far_slower(nearest):
            self._left_out |= {other for other, each in enumerate(self._sizes) if each <= size}
            those = f"{size:,} tasks and fewer" if size > 1 else "1 task"
            self._note(f"Chunks of {those} were left out: they would take too much of the budget.")
            return False
        return wall <= self.left_ns

    def _is_far_slower(self, size: int) -> bool:
        """Whether chunks of a size are so small already that what they cost has begun to count."""
        medians = {point.chunksize: point.median_ns for point in self._points()}
        return medians[size] > 1.1 * min(medians.values())

    def _taken(self, wall_ns: int) -> None:
        if not self._is_exploring:
            super()._taken(wall_ns)
            return
        for index in self._current:
            self._wall_ns[index] = wall_ns

    def _wanted(self) -> list[int]:
        measured = [index for index in super()._wanted() if self._times[index]]
        if not measured:
            return []
        fastest = min(min(self._times[index]) for index in measured)
        return [index for index in measured if min(self._times[index]) <= _HOPELESS * fastest]

    def _has_settled(self) -> bool:
        if self._rounds < FEWEST_RUNS:
            return False
        again = [times for times in self._times if len(times) >= FEWEST_RUNS]
        fastest = min(again, key=lambda times: sorted(times)[len(times) // 2], default=None)
        return fastest is not None and all(
            is_settled(ratio_of(fastest, times), _SETTLED) for times in again if times is not fastest
        )

    def _share_done(self) -> float:
        if not self._is_exploring:
            return super()._share_done()
        return len(self._wall_ns) / len(self._sizes) / (self._runs or 3)
