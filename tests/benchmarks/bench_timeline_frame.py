"""A frame of the timeline: 256 processes, 1,000,000 tasks, 30 rows in sight, 200 columns, drawn to the last cell."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bench import quiet_world, report, say
from support.timelines import at, long_run
from textual.app import App, ComposeResult
from textual.geometry import Region

from poolscope.tui.panels.timeline import TimelinePanel
from poolscope.tui.snapshot import Snapshot
from poolscope.tui.widgets.line_view import LineView
from poolscope.tui.widgets.timeline_view import TimelineRows
from poolscope.workloads.analysis.timeline import Timeline, TimelineView
from poolscope.workloads.sampling.machine import describe_machine

SIZE = (217, 34)
"""200 columns beside labels, ends and border; 30 rows above the axis and the words."""
BOUND_MS = 16.0
ROUNDS = 30


class Stage(App[None]):
    """Nothing but the panel."""

    def __init__(self, panel: TimelinePanel) -> None:
        super().__init__()
        self.panel = panel

    def compose(self) -> ComposeResult:
        """The panel."""
        yield self.panel


def frame(panel: TimelinePanel, change: Callable[[], None]) -> float:
    """Milliseconds of CPU time of a frame in which CHANGE happens and every row has to be drawn."""
    rows, foot = panel.query_one(TimelineRows), panel.query_one(LineView)
    start = time.thread_time()
    change()
    for view in (rows, foot):
        view.render_lines(Region(0, 0, *view.size))
    return (time.thread_time() - start) * 1000


async def measure(view: TimelineView, later: TimelineView) -> dict[str, float]:
    """Median milliseconds of a frame, by what changes in it."""
    panel = TimelinePanel()
    machine = describe_machine()
    live, next_one = (Snapshot(0, machine, timeline=one) for one in (view, later))
    async with Stage(panel).run_test(size=SIZE) as pilot:
        panel.apply(live)
        await pilot.pause()
        panel.take_focus()
        await pilot.pause()
        rows = panel.query_one(TimelineRows)
        columns = panel.place.window.columns
        say(f"{rows.size.height} rows of {len(view.tracks)} in sight, {columns} columns")
        found: dict[str, list[float]] = {}

        def draw(what: str, change: Callable[[], None]) -> None:
            found.setdefault(what, []).append(frame(panel, change))

        for number in range(ROUNDS):
            draw("while it goes on", partial(panel.apply, (live, next_one)[number % 2]._replace(now_ns=number)))
        panel.place.look_at(at(50_000))
        for number in range(ROUNDS):
            draw("zooming", partial(panel.action_closer, number < ROUNDS // 2))
        for _ in range(5):
            panel.action_closer(closer=True)
        for by in [1] * (ROUNDS // 2) + [-1] * (ROUNDS // 2):
            draw("going on by a page", partial(panel.action_page, by))
        panel.action_whole()
        for _ in range(ROUNDS):
            draw("moving the cursor", partial(panel.action_step, -1))
        for _ in range(9):
            draw("going to the next failure", partial(panel.action_failure, 1))
        for _ in range(9):
            draw("going to the next slowest task", panel.action_slowest)
        for _ in range(9):
            draw("going to the next idle stretch", panel.action_idle)
    return {what: median(times) for what, times in found.items()}


def main() -> bool:
    """Draw frames, print what they cost, and say whether that is within the bound."""
    with quiet_world() as place:
        directory = place / "run"
        run = long_run(directory)
        run.vanished.clear()
        recording = run.read()
        timeline = Timeline(recording)
        start = time.perf_counter()
        view = timeline.refresh(at(101_000))
        say(f"taking in 1,000,000 tasks: {time.perf_counter() - start:.2f} s")
        times = asyncio.run(measure(view, timeline.refresh(at(101_250))))
    good = [report(f"a frame, {what}", figure, "ms", BOUND_MS) for what, figure in times.items()]
    return all(good)


if __name__ == "__main__":
    sys.exit(not main())
