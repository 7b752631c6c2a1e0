"""Which runs lead to advice: a plan that looks at what each run gave before it asks for the next one."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from time import perf_counter_ns
from typing import TYPE_CHECKING, Literal, NamedTuple

from ..analysis.advice import is_usable
from ..analysis.statistics import FEWEST_RUNS, is_settled, ratio_of
from ..errors import UsageError
from ..model import Lane
from .candidates import chunk_sizes, has_setting, start_methods, worker_counts
from .trials import Trials

if TYPE_CHECKING:
    from ..model import ComparisonState, LaneState
    from .base import Means
    from .work import Work

Stage = Literal["size", "engines", "settings", "certainty", "break-even", "rest"]

_ENDS: dict[Stage, float] = {
    "size": 0.6, "engines": 0.45, "settings": 0.65, "certainty": 0.82, "break-even": 1.0, "rest": 1.0,
}  # fmt: skip
"""Shares of the budget by which the stages have to end. The rest is what the break-even left."""
_LONGEST = 1 / 30
"""Share of the budget beyond which a serial run is too long for everything else to be measured, too."""
_WANTED = 1 / 40
"""Share that a serial run may take of smaller work, which is run instead."""
_SHRINKS = 3
"""Times that smaller work is tried."""
_HOPELESS = 3.0
"""Times the fastest lane's time, after which a run is cut off."""
_SPARE = 0.05
"""Share of the budget by which a run may be longer than the fastest in any case: a start takes its time."""
_AGAIN = 1.5
"""Times the fastest parallel lane's time, up to which an engine is run again."""
_BETTER = 0.97
"""Share of the time from which on it is worth to set something otherwise."""
_ROUNDS = 3
"""Runs of an engine, or of a setting that seems better, before it is believed."""
_RESCUED = 4.0
"""A parallel lane that is slower than serial by more is not helped by any setting."""
_SETTLED_RUNS = 6
_MOST_RUNS = 25
_RESERVE_NS = 250_000_000
_RESERVE = 0.02
"""Of the budget, for what comes after the last run."""


class Budget(NamedTuple):
    """The time that there is."""

    begun_ns: int
    whole_ns: int

    def left_ns(self, stage: Stage = "break-even") -> int:
        """Time until a stage has to end; what comes after all of them is kept back."""
        reserve = _RESERVE_NS + _RESERVE * self.whole_ns
        share = _ENDS[stage] * (self.whole_ns - reserve)
        return round(self.begun_ns + share - perf_counter_ns())


class Step(NamedTuple):
    """The next run."""

    lane: int
    limit_ns: int
    """It is cut off after that, the start included."""


Steps = Generator[Step, None, None]


class Search:
    """Plans the runs of one search.

    Attributes:
        trials: The runs; other ones once the work was made smaller.
        setting: What they run.
        stage: What is being found out.
        best: Index of the parallel lane that is the fastest, as far as is known; None before there is one.
        smaller: That the work was made smaller, in one sentence; "" if it was not.
        left_out: Lanes that would have been tried with more time.
    """

    def __init__(self, means: Means, work: Work, budget: Budget) -> None:
        """Prepare it.

        Raises:
            UsageError: If the work cannot be run serially here.
        """
        self._means = means
        self._work = work
        self._budget = budget
        self._walls: dict[int, int] = {}
        """What the last run of a lane took, the start included, by its index."""
        self.setting = work.setting
        self.trials = Trials(means, work.setting, Lane("serial"))
        self.latest: ComparisonState = self.trials.advance()
        self.stage: Stage = "size"
        self.best: int | None = None
        self.smaller = ""
        self.left_out: list[Lane] = []

    def took(self, lane: int, wall_ns: int) -> None:
        """Take in what a run took from when it was asked for until nothing of it was left."""
        self._walls[lane] = wall_ns

    def steps(self) -> Steps:
        """Plan the runs; each one has ended before the next one is asked for."""
        yield from self._find_size()
        if self.lane(0).state == "failed":
            return
        self.stage = "engines"
        yield from self._try_engines()
        self.stage = "settings"
        yield from self._try_settings()
        self.stage = "certainty"
        yield from self._make_sure()

    def more_steps(self) -> Steps:
        """Plan what to do with time that is left at the end."""
        self.stage = "rest"
        yield from self._make_sure()

    @property
    def size(self) -> int:
        """Where the dial stands; 0 without one."""
        return self._work.size

    @property
    def wins_serially(self) -> bool:
        """Whether serial is faster than the best lane, as far as is known."""
        is_known = self.best is not None and self._is_usable(self.best) and self._is_usable(0)
        return is_known and self.best is not None and self._median(0) < self._median(self.best)

    def lane(self, index: int) -> LaneState:
        """A lane as it stands."""
        return self.latest.lanes[index]

    # How large the work may be

    def _find_size(self) -> Steps:
        """Run it serially; where that takes too much of the budget, run less of it."""
        longest = round(_LONGEST * self._budget.whole_ns)
        expected = self._work.expected_ns or 0
        for _ in range(_SHRINKS):
            if expected > longest and not self._shrink(expected):
                break  # nothing makes it smaller, so it takes what it takes
            yield Step(0, 2 * longest)
            lane, wall = self.lane(0), self._walls[0]
            if lane.state == "failed" or (lane.results and (wall <= longest or lane.elapsed_ns <= longest // 2)):
                return
            share = 1.0 if lane.results else lane.tasks_done / max(1, lane.tasks)
            expected = round(lane.elapsed_ns / share) if share > 0 else 10 * longest
            if expected <= longest // 2:
                break  # it is the start that takes long
            expected = max(expected, wall)
        if not self.lane(0).results:
            yield Step(0, self._budget.left_ns("size"))

    def _shrink(self, expected_ns: int) -> bool:
        """Take less work; False where that cannot be done."""
        dial, size = self._work.dial, self._work.size
        if dial is None:
            return False
        smaller = max(dial.least, int(size * _WANTED * self._budget.whole_ns / expected_ns))
        if smaller >= size:
            return False
        setting = dial.at(smaller)
        try:
            trials = Trials(self._means, setting, Lane("serial"))
        except UsageError:
            return False
        self.trials.discard()
        self.trials, self.setting, self.latest = trials, setting, trials.advance()
        self._walls.clear()
        self._work = self._work._replace(size=smaller)
        few = f"{smaller:,} inputs" if dial.name == "inputs" else f"{dial.name} = {smaller:,}"
        self.smaller = f"This was measured with {few}; all of it would take too much of the budget."
        return True

    # Which engine

    def _try_engines(self) -> Steps:
        lanes = []
        for lane in self._work.lanes:
            index = self._added(lane)
            if index is not None:
                lanes.append(index)
                yield self._step(index)
        for _ in range(_ROUNDS - 1):
            again = self._worth_again(lanes)
            for index in again:
                if self._affords(index):
                    yield self._step(index)
        self.best = min((index for index in lanes if self._is_usable(index)), key=self._median, default=None)

    def _worth_again(self, lanes: list[int]) -> list[int]:
        """The serial lane, and those that may be the fastest."""
        usable = [index for index in lanes if self._is_usable(index)]
        if not usable:
            return []
        fastest = min(map(self._median, usable))
        return [0, *(index for index in usable if self._median(index) <= _AGAIN * fastest)]

    # How it is set

    def _try_settings(self) -> Steps:
        if self.best is None or self._is_lost(self.best):
            return
        for vary in (self._vary_start, self._vary_workers, self._vary_chunks):
            yield from vary()

    def _is_lost(self, index: int) -> bool:
        return self._is_usable(0) and self._median(index) > _RESCUED * self._median(0)

    def _open(self, setting: str) -> Lane | None:
        """The best lane as it was asked for, if it leaves a setting open."""
        assert self.best is not None  # noqa: S101 - there is one in this stage
        state = self.lane(self.best)
        asked = state.asked or state.lane
        began = next((lane for lane in self._work.lanes if lane.engine == asked.engine), asked)
        field = {"start": "start_method"}.get(setting, setting)
        return asked if has_setting(asked, setting) and getattr(began, field) is None else None

    def _vary_start(self) -> Steps:
        asked = self._open("start")
        if asked is None or self.best is None:
            return
        for method in start_methods(self.lane(self.best).lane, self._means.machine):
            yield from self._try(asked._replace(start_method=method))

    def _vary_workers(self) -> Steps:
        asked = self._open("workers")
        if asked is None or self.best is None:
            return
        workers, tasks = self.lane(self.best).lane.workers or 1, self.lane(self.best).tasks
        cpus = self._means.machine.budget.workers
        for upwards in (True, False):
            counts = worker_counts(workers, tasks, cpus, upwards=upwards)
            if (yield from self._climb(asked._replace(workers=count) for count in counts)):
                return

    def _vary_chunks(self) -> Steps:
        asked = self._open("chunksize")
        if asked is None or self.best is None:
            return
        full, tasks = self.lane(self.best).lane, self.lane(self.best).tasks
        for upwards in (True, False):
            sizes = chunk_sizes(full.chunksize or 1, tasks, full.workers or 1, upwards=upwards)
            if (yield from self._climb(asked._replace(chunksize=size) for size in sizes)):
                return

    def _climb(self, lanes: Iterator[Lane]) -> Generator[Step, None, bool]:
        """Try lanes as long as each is better than the one before; say whether the first one was."""
        is_better = False
        for lane in lanes:
            if not (yield from self._try(lane)):
                break
            is_better = True
        return is_better

    def _try(self, lane: Lane) -> Generator[Step, None, bool]:
        """Run a lane, and again if it seems better than the best one; say whether it is, and then is the best."""
        assert self.best is not None  # noqa: S101 - there is one in this stage
        index = self._added(lane)
        if index is None:
            return False
        yield self._step(index)
        for _ in range(_ROUNDS - 1):
            if not self._is_better(index):
                return False
            for each in (self.best, index):
                if self._affords(each):
                    yield self._step(each)
        if self._is_better(index):
            self.best = index
            return True
        return False

    def _is_better(self, index: int) -> bool:
        assert self.best is not None  # noqa: S101
        return self._is_usable(index) and self._median(index) < _BETTER * self._median(self.best)

    # How certain it is

    def _make_sure(self) -> Steps:
        """Run the best lane and the serial one in turns, until it is known how they compare."""
        if self.best is None or not self._is_usable(0):
            return
        while not self._is_certain():
            # Without an interval, nothing else is worth as much.
            stage: Stage = "rest" if self._needed_ns() else self.stage
            if not self._affords(0, self.best, stage=stage):
                return
            behind = min((0, self.best), key=lambda index: len(self.lane(index).times_ns))
            yield self._step(behind)

    def _is_certain(self) -> bool:
        assert self.best is not None  # noqa: S101
        alone, together = self.lane(0).times_ns, self.lane(self.best).times_ns
        runs = min(len(alone), len(together))
        if runs < _SETTLED_RUNS:
            return False
        return runs >= _MOST_RUNS or is_settled(ratio_of(alone, together))

    # What fits

    def _added(self, lane: Lane) -> int | None:
        """Add a lane if there is time for a run of it; None if there is none, or it cannot run here."""
        known = self.trials.find(lane)
        left = min(self._budget.left_ns(self.stage), self._budget.left_ns("rest") - self._needed_ns())
        if not self._parallel():
            left = self._budget.left_ns("rest")  # one of them has to be measured, or there is no advice
        if self._expected_ns(-1 if known is None else known) > left:
            self.left_out.append(lane)
            return None
        index = self.trials.add(lane)
        self.latest = self.trials.advance()
        return index if self.trials.can_run(index) else None

    def _is_usable(self, index: int) -> bool:
        return index < len(self.latest.lanes) and is_usable(self.lane(index))

    def _median(self, index: int) -> int:
        return self.lane(index).median_ns or 0

    def _expected_ns(self, index: int) -> int:
        """What a run of a lane will take; of one that was never run, what the fastest took."""
        return self._walls.get(index) or min(self._walls.values(), default=0)

    def _needed_ns(self) -> int:
        """What it takes to know how the best lane and the serial one compare, at the least."""
        best = self.best
        if best is None:
            best = min(self._parallel(), key=self._expected_ns, default=len(self.latest.lanes))
        return sum(max(0, FEWEST_RUNS - self._runs(index)) * self._expected_ns(index) for index in (0, best))

    def _runs(self, index: int) -> int:
        return len(self.lane(index).times_ns) if index < len(self.latest.lanes) else 0

    def _parallel(self) -> list[int]:
        """The parallel lanes that came to results."""
        return [index for index in range(1, len(self.latest.lanes)) if self._is_usable(index)]

    def _affords(self, *lanes: int, stage: Stage | None = None) -> bool:
        """Whether there is time in a stage, by default this one, for a run of each of the lanes."""
        can_run = all(map(self.trials.can_run, lanes))
        return can_run and sum(map(self._expected_ns, lanes)) <= self._budget.left_ns(stage or self.stage)

    def _step(self, index: int) -> Step:
        """Plan a run, and how long it may take."""
        fastest = min(self._walls.values(), default=0)
        known = self._walls.get(index, fastest)
        limit = max(_HOPELESS * known, fastest + _SPARE * self._budget.whole_ns)
        return Step(index, round(limit))
