"""A frame of a chart: two curves with points, intervals and their crossing, drawn to the last cell at 120x20."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.bench import report
from textual.app import App, ComposeResult
from textual.geometry import Region

from poolscope.tui.widgets.chart import Chart, ChartView, Mark, Point, Series
from poolscope.tui.widgets.chart_axis import log_axis
from poolscope.workloads.report import figures

SIZE = (120, 20)
BOUND_MS = 2.0
ROUNDS = 200


def chart(number: int) -> Chart:
    """Two lanes that cross, with as many points as a study has in the end; each NUMBER is a little different."""
    sizes = [100.0 * 10 ** (step / 4) for step in range(17)]
    steps = [100.0 * 10 ** (step / 15) for step in range(61)]

    def series(name: str, fixed: float, item: float) -> Series:
        def time_of(size: float) -> float:
            return fixed * (1 + number % 7 / 10) + item * size

        points = tuple(Point(size, time_of(size), 0.8 * time_of(size), 1.3 * time_of(size)) for size in sizes)
        return Series(name, points, tuple((size, time_of(size)) for size in steps))

    both = (series("A serial", 2e5, 90), series("B pool", 2.2e7, 41))
    up = log_axis((1e5, 1e9), figures.tick_duration, "time of a run")
    mark = Mark(4.4e5, "from 440 k on", 3e5, 6e5, 4e7)
    return Chart(log_axis(sizes, figures.tick_count, "tasks"), up, both, (mark,))


class Stage(App[None]):
    """Nothing but the chart."""

    def compose(self) -> ComposeResult:
        """The chart."""
        yield ChartView()


async def measure() -> tuple[float, float]:
    """Median milliseconds of CPU time of making the lines of a changed chart, and of having all of them on screen."""
    charts = [chart(number) for number in range(7)]
    async with Stage().run_test(size=SIZE) as pilot:
        view = pilot.app.query_one(ChartView)
        made, whole = [], []
        for number in range(ROUNDS):
            start = time.thread_time()
            view.show_chart(charts[number % 7])
            middle = time.thread_time()
            view.render_lines(Region(0, 0, *SIZE))
            whole.append((time.thread_time() - start) * 1000)
            made.append((middle - start) * 1000)
    return median(made), median(whole)


def main() -> bool:
    """Draw frames, print what they cost, and say whether that is within the bound."""
    made, whole = asyncio.run(measure())
    print(f"a chart of 120x20: its lines {made:.2f} ms")
    return report("a chart of 120x20: a whole frame", whole, "ms", BOUND_MS)


if __name__ == "__main__":
    sys.exit(not main())
