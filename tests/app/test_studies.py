"""The studies of a workload in the app: shown while they measure and afterwards, begun and ended by keys."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from support.lanes import MACHINE
from support.lanes import comparison as comparison_of
from support.pasts import two_lanes as two_lanes_of_the_past
from support.patience import wait_for

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.bridge import Bridge
from poolscope.tui.glyphs import ASCII, UNICODE, Glyphs
from poolscope.tui.screens.bars import Bar
from poolscope.tui.screens.help import HelpScreen
from poolscope.tui.screens.lab import LabScreen
from poolscope.tui.screens.quit import QuitScreen
from poolscope.tui.screens.sheet import Lines
from poolscope.tui.screens.study import StudyScreen
from poolscope.tui.screens.study_lines import answer_lines, progress_line, table_lines
from poolscope.tui.study_charts import advice_view, break_even_view, chunks_view, scale_view, with_progress
from poolscope.tui.study_drivers import Plan, Shown, two_lanes
from poolscope.tui.study_view import StudyView, Subject
from poolscope.tui.widgets.chart import ChartView
from poolscope.tui.widgets.line_view import Line, line_width
from poolscope.workloads import catalogue
from poolscope.workloads.analysis.advice import advise as advise_on
from poolscope.workloads.analysis.breakeven import Point, break_even
from poolscope.workloads.analysis.chunking import ChunkPoint, advise
from poolscope.workloads.analysis.scaling import Marks, ScalePoint, scaling
from poolscope.workloads.errors import UsageError
from poolscope.workloads.history.advised import past_of
from poolscope.workloads.history.origin import Origin
from poolscope.workloads.history.past import object_of, past_from
from poolscope.workloads.launcher import Guardian
from poolscope.workloads.model import Lane
from poolscope.workloads.studies.advise import AdviseState, said_of_sizes
from poolscope.workloads.studies.base import Progress, Setting
from poolscope.workloads.studies.breakeven import BreakEvenState
from poolscope.workloads.studies.chunks import ChunksState
from poolscope.workloads.studies.scale import ScaleState

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIZES = (10, 100, 1_000, 10_000, 100_000, 300_000, 600_000, 1_000_000)
LANES = (Lane("serial"), Lane("pool"))
WORKLOAD = catalogue.find("sqrt")
SUBJECT = Subject("break-even", WORKLOAD, {"N": 5_000_000}, LANES)
DONE = Progress(
    now_ns=0, what="N = 1,000", comparison=None, comparisons_done=9, elapsed_ns=10**10, budget_ns=6 * 10**10,
    share=1.0, left_ns=None, is_over=True, is_cancelled=False, is_out_of_time=False, error=None, notes=(),
)  # fmt: skip
GOING_ON = DONE._replace(is_over=False, share=0.43, left_ns=21 * 10**9)


def state_of(count: int = len(SIZES), *, item_ns: float = 41.0, progress: Progress = DONE) -> BreakEvenState:
    """Make a study in which the first COUNT sizes were measured five times each."""

    def runs(fixed: float, item: float) -> tuple[Point, ...]:
        wobbles = (1.0, 1.02, 0.99, 1.01, 0.98)
        return tuple(
            Point(size, tuple(round((fixed + item * size) * wobble) for wobble in wobbles)) for size in SIZES[:count]
        )

    own, other = runs(2e5, 90.0), runs(2.2e7, item_ns)
    found = break_even(own, other)
    return BreakEvenState(progress, "N", LANES, own, other, None, found, f"The answer is {found.answer}.")


def view_of(state: BreakEvenState) -> StudyView:
    return with_progress(break_even_view(SUBJECT, state, None), state.progress)


def text(lines: Any) -> str:
    return "\n".join("".join(piece for piece, _ in line) for line in lines)


async def open_study(pilot: Pilot[None], core: Any, view: StudyView | None, **changes: Any) -> StudyScreen:
    await pilot.pause()
    core.show(None, studies={} if view is None else {view.subject.kind: view}, **changes)
    assert isinstance(pilot.app, PoolscopeApp)
    pilot.app.frame()
    await pilot.press("b")
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, StudyScreen)
    screen.frame()
    await pilot.pause()
    return screen


def shown(screen: StudyScreen) -> str:
    lines = "\n".join(text(view.lines) for view in screen.query(Lines))
    return f"{lines}\n{text(screen.query_one('#study-progress', Bar).lines)}"


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=str)
async def test_before_it_is_measured_it_says_what_would_be_and_r_begins(
    core: Any, workloads: Any, size: tuple[int, int]
) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=size) as pilot:
        screen = await open_study(pilot, core, None)
        assert "pool against serial" in shown(screen).replace("\n", " ").replace("  ", " ")
        assert "Press r to measure." in shown(screen)
        assert not screen.query_one(ChartView).display
        await pilot.press("c")
        assert ("cancel",) not in core.told
        await pilot.press("r")
        assert core.told[-1] == ("study", SUBJECT)


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids=str)
async def test_the_answer_the_chart_and_the_table_stay_when_it_is_over(
    core: Any, workloads: Any, size: tuple[int, int]
) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=size) as pilot:
        screen = await open_study(pilot, core, view_of(state_of()))
        assert "The answer is at." in shown(screen)
        assert "1,000,000" in shown(screen)
        chart = screen.query_one(ChartView)
        assert chart.size.height >= 10, "what does not fit is scrolled to"
        assert "from 4" in text(chart.lines), "the crossing is marked"
        bottom = screen.scrolled()
        await pilot.press("end")
        assert bottom.scroll_y == bottom.max_scroll_y
        await pilot.press("escape")
        assert isinstance(app.screen, LabScreen)
        await pilot.press("b")
        await pilot.pause()
        assert isinstance(app.screen, StudyScreen)
        assert "The answer is at." in shown(app.screen)


async def test_while_it_measures_c_ends_it_and_nothing_else_can_begin(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_study(pilot, core, view_of(state_of(3, progress=GOING_ON)))
        assert "at most 21 s left · running N = 1,000" in shown(screen)
        await pilot.press("r")
        assert not [told for told in core.told if told[0] == "study"]
        await pilot.press("c")
        assert core.told[-1] == ("cancel",)
        await pilot.press("escape", "r")
        assert not [told for told in core.told if told[0] == "start"], "a study and a run exclude each other"
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(app.screen, QuitScreen)


async def test_the_axes_only_ever_grow_and_the_curves_follow_what_is_measured(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        first = view_of(state_of(3, progress=GOING_ON))
        screen = await open_study(pilot, core, first)
        later = break_even_view(SUBJECT, state_of(4), first.chart)
        last = break_even_view(SUBJECT, state_of(), later.chart)
        again = break_even_view(SUBJECT, state_of(5), last.chart)
        charts = [view.chart for view in (first, later, last, again)]
        assert all(chart is not None for chart in charts)
        ends = [chart.across.high for chart in charts if chart is not None]
        assert ends == sorted(ends)
        assert ends[-1] == ends[-2], "what is measured later in between changes no axis"
        core.show(None, studies={"break-even": last})
        screen.frame()
        await pilot.pause()
        assert screen.query_one(ChartView).chart is last.chart


async def test_a_run_that_is_under_way_is_waited_for(core: Any, workloads: Any, moments: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        core.show(moments.running())
        app.frame()
        await pilot.press("b")
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, StudyScreen)
        screen.frame()
        assert "A run is under way" in shown(screen)
        await pilot.press("r")
        assert not [told for told in core.told if told[0] == "study"]


async def test_a_study_of_something_else_says_of_what_it_was(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        other = SUBJECT._replace(
            workload=catalogue.find("sqrt"), parameters={"N": 100}, lanes=(LANES[0], Lane("threads"))
        )
        screen = await open_study(pilot, core, view_of(state_of())._replace(subject=other))
        assert "Of sqrt · N = 100: serial · threads" in shown(screen)


async def test_why_it_could_not_go_on_is_said_first(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(80, 24)) as pilot:
        failed = DONE._replace(error="pool failed: worker w2 was killed by SIGKILL.", notes=("N = 10 was left out.",))
        screen = await open_study(pilot, core, view_of(state_of(progress=failed)))
        answer = text(screen.query_one("#study-answer", Lines).lines)
        assert answer.strip().startswith("pool failed: worker w2 was killed by SIGKILL.")
        assert "N = 10 was left out." in answer


async def test_help_and_palette_come_from_the_same_declaration(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_study(pilot, core, None)
        titles = {command.title for command in app.get_system_commands(screen)}
        assert {"Measure", "Back", "Help", "Light or dark"} <= titles
        footer = text(screen.query_one("#sheet-footer", Bar).lines)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        keys = text(app.screen.lines)
        for key, word, sentence in (("r", "Measure", "Begin to measure"), ("esc", "Back", "Go back to the lab")):
            assert f"{key} {word}" in footer
            assert sentence in keys


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("width", [60, 80, 200])
def test_every_line_fits_however_long_names_are(width: int, glyphs: Glyphs) -> None:
    view = view_of(state_of())._replace(head=("N", "serial" * 20, "pool" * 30, "as fast"), sentence="word " * 60)
    for is_roomy in (True, False):
        lines: list[Line] = glyphs.spell(answer_lines(view, width, glyphs, is_roomy=is_roomy))
        lines += glyphs.spell(table_lines(view, width, glyphs))
        lines.append(progress_line(view._replace(is_over=False, share=0.5, doing="N" * 300), width, glyphs))
        assert max(map(line_width, lines)) <= width


def test_the_view_says_the_figures_of_the_study() -> None:
    view = view_of(state_of())
    assert view.figure.replace(",", "").isdecimal()
    assert abs(math.log(int(view.figure.replace(",", "")) / (2.18e7 / 49))) < math.log(1.15)
    assert view.chart is not None
    assert view.chart.marks[0].low is not None
    assert len(view.rows) == len(SIZES)
    never = view_of(state_of(item_ns=200.0))
    assert never.figure == ""
    assert never.chart is not None
    assert never.chart.marks == ()
    nothing = view_of(state_of(0, progress=GOING_ON))
    assert nothing.chart is None
    assert nothing.rows == []


def test_a_study_needs_two_lanes() -> None:
    subject = Subject("break-even", WORKLOAD, {"N": 1_000}, (Lane("serial"), Lane("threads")))
    assert two_lanes(subject) == subject.lanes
    with pytest.raises(UsageError, match="add another one"):
        two_lanes(subject._replace(lanes=subject.lanes[:1]))


def scale_state(progress: Progress = DONE) -> ScaleState:
    """Make a study of scaling: 1, 2 and 4 workers, serial beside them."""
    points = [ScalePoint(count, tuple(round(10**9 / gain) + number * 10**6 for number in range(5)))
              for count, gain in ((1, 1.0), (2, 1.9), (4, 2.1))]  # fmt: skip
    serial = (900_000_000,) * 5
    found = scaling(points, serial, Marks(2.0, 1))
    return ScaleState(progress, LANES[1], LANES[0], (1, 2, 4), serial, tuple(points), found, "4 workers are enough.")


def test_scaling_shows_what_workers_bring_beside_the_ideal_and_what_the_machine_has() -> None:
    state = scale_state()
    view = with_progress(scale_view(SUBJECT._replace(kind="scaling"), state, None), DONE)
    assert view.figure == str(state.found.enough)
    assert view.chart is not None
    assert [series.name for series in view.chart.series] == ["as one worker", "as serial", "ideal"]
    words = [mark.text for mark in view.chart.marks]
    assert words == ["2 CPUs to use", "1 core, then SMT siblings", "enough"]
    assert [row[0] for row in view.rows] == ["1", "2", "4"]
    assert view.rows[1][4] == "95 %"
    assert any("Amdahl" in sentence for sentence in view.more)
    early = scale_view(SUBJECT._replace(kind="scaling"), scale_state(GOING_ON), view.chart)
    assert early.figure == "", "nothing is claimed before the end"
    assert early.chart is not None
    assert early.chart.across == view.chart.across


def test_chunk_sizes_show_the_recommended_one_and_the_default() -> None:
    times = {1: 9, 4: 4, 16: 2, 64: 1, 125: 1, 500: 3}
    points = tuple(
        ChunkPoint(size, tuple(wall * 10**8 + number * 10**5 for number in range(5)), 10**7)
        for size, wall in times.items()
    )
    state = ChunksState(DONE, LANES[1], 1_000, tuple(times), points, advise(points, 1_000, 2))
    view = with_progress(chunks_view(SUBJECT._replace(kind="chunks"), state, None), DONE)
    assert view.figure == "125"
    assert view.sentence == state.sentence
    assert view.chart is not None
    assert [mark.text for mark in view.chart.marks] == ["what Pool.map takes"]
    assert [row[1] for row in view.rows] == ["1,000", "250", "63", "16", "8", "2"]
    slow = (*points[:4], points[4]._replace(times_ns=tuple(3 * each for each in points[4].times_ns)), points[5])
    other = chunks_view(SUBJECT, state._replace(points=slow, found=advise(slow, 1_000, 2)), view.chart)
    assert other.chart is not None
    assert [mark.text for mark in other.chart.marks] == ["take this", "what Pool.map takes"]
    assert other.chart.across == view.chart.across


async def test_every_study_has_its_place_and_keeps_its_results(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_study(pilot, core, view_of(state_of()))
        scale = with_progress(scale_view(SUBJECT._replace(kind="scaling"), scale_state(), None), DONE)
        core.show(None, studies={"break-even": view_of(state_of()), "scaling": scale})
        screen.frame()
        await pilot.press("2")
        assert str(screen.kind) == "scaling"
        assert "4 workers are enough." in shown(screen)
        await pilot.press("tab")
        assert str(screen.kind) == "chunks"
        assert "Press r to measure." in shown(screen)
        await pilot.press("r")
        assert core.told[-1] == ("study", SUBJECT._replace(kind="chunks"))
        await pilot.press("right", "shift+tab", "left", "1")
        assert str(screen.kind) == "break-even"
        assert "The answer is at." in shown(screen)


def advice_state(progress: Progress = DONE) -> AdviseState:
    """Make a search for advice that found a pool twice as fast as serial."""
    lanes = two_lanes_of_the_past([1.0, 1.01, 1.02, 1.0, 1.01], [0.5, 0.51, 0.5, 0.52, 0.5])
    found = advise_on(lanes)
    return AdviseState(
        progress, "break-even", Setting(WORKLOAD, {"N": 1_000}), comparison_of(lanes), state_of(),
        found if progress.is_over else None,
    )  # fmt: skip


def test_advice_and_break_even_never_contradict_each_other() -> None:
    at, never = state_of(), state_of(item_ns=200.0)
    size = at.found.size
    assert size is not None
    assert said_of_sizes(at, "parallel pays", 10 * round(size)) == [at.sentence]
    for answer in ("no difference", "serial wins", "unknown"):
        assert said_of_sizes(at, answer, 10 * round(size)) == []
        assert said_of_sizes(at, answer, round(size) // 2) == [at.sentence]
    assert said_of_sizes(never, "parallel pays", 1_000) == []
    assert said_of_sizes(never, "serial wins", 1_000) == [never.sentence]
    assert said_of_sizes(state_of(0), "serial wins", 1_000) == []


def test_advice_is_kept_once_at_its_end() -> None:
    kept: list[AdviseState] = []

    class Search:
        watched = None
        states = iter((advice_state(GOING_ON), advice_state(), advice_state()))

        def advance(self) -> AdviseState:
            return next(self.states)

        def cancel(self) -> None:
            """Nothing goes on."""

    def keep(state: AdviseState) -> tuple[str, ...]:
        kept.append(state)
        return ("It was kept.",)

    subject = SUBJECT._replace(kind="advice")
    shown = Shown(subject, Plan(Search(), advice_view, lambda state: state.advice, keep))
    assert [shown.advance().notes for _ in range(3)] == [(), ("It was kept.",), ("It was kept.",)]
    assert [state.progress.is_over for state in kept] == [True]


def test_advice_that_is_kept_is_read_back_as_a_comparison() -> None:
    """Of the work that was measured; that a run was cut off cancels nothing."""
    state = advice_state()
    cut = state.comparison.lanes[1]._replace(key="C", state="cancelled", results=(), ledgers=())
    state = state._replace(comparison=state.comparison._replace(lanes=(*state.comparison.lanes, cut)))
    origin = Origin("20261128-050000-abcd", 1_795_000_000 * 10**9, "0.1.0", "c0de")
    kept = past_of(origin, WORKLOAD, {"N": 5_000_000}, MACHINE, state, "pass\n")
    read = past_from(json.loads(json.dumps(object_of(kept))))
    assert state.advice is not None
    for one in (kept, read):
        assert (one.name, dict(one.parameters), one.snippet) == (WORKLOAD.name, {"N": 1_000}, "pass\n")
        assert not one.state.is_cancelled
        verdict = one.state.verdict
        assert verdict is not None
        assert (verdict.answer, verdict.fastest) == ("parallel pays", "B")
        assert verdict.sentences == state.advice.sentences
    assert read.origin.identity == kept.origin.identity
    assert object_of(kept)["workload"]["parameters"] == {"N": 5_000_000}
    stopped = state._replace(progress=DONE._replace(is_cancelled=True))
    assert past_from(object_of(past_of(origin, WORKLOAD, {}, MACHINE, stopped, None))).state.is_cancelled


def test_advice_shows_what_was_tried_and_what_to_do() -> None:
    state = advice_state()
    view = advice_view(SUBJECT._replace(kind="advice"), state, None)
    assert state.advice is not None
    assert view.sentence == state.advice.sentences[0]
    assert view.figure == "2.0×"
    assert [row[0] for row in view.rows] == ["A serial", "B pool"]
    assert view.rows[1][3] == "2.0 times faster"
    assert view.chart is not None
    early = advice_view(SUBJECT, advice_state(GOING_ON), view.chart)
    assert early.figure == ""
    assert early.sentence == "Measuring ..."


async def test_the_advised_code_is_shown_and_copied(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(80, 24)) as pilot:
        view = advice_view(SUBJECT._replace(kind="advice"), advice_state(), None)._replace(code="print('best')\n")
        screen = await open_study(pilot, core, with_progress(view, DONE))
        await pilot.press("y")
        assert app.clipboard == "", "there is no code for a break-even"
        await pilot.press("4", "y")
        assert "print('best')" in shown(screen)
        assert app.clipboard == "print('best')\n"
        cut_off = view._replace(chart=None, is_over=True, is_cancelled=True)
        core.show(None, studies={"advice": cut_off})
        screen.frame()
        assert view.sentence[:40] in shown(screen), "what was measured until then comes to something"


# With the real core.


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    bridge = Bridge(Guardian.start(), Guardian.start)
    yield bridge
    bridge.close()


async def until(condition: Callable[[], object]) -> None:
    found = await asyncio.to_thread(wait_for, condition)
    assert found, "it did not happen"


async def test_a_study_stands_in_front_of_the_comparison_and_leaves_it_there(bridge: Bridge) -> None:
    def study() -> StudyView | None:
        return bridge.latest.studies.get("chunks") if bridge.latest is not None else None

    bridge.open()
    small = {"N": 10_000}
    lanes = (Lane("serial"), Lane("pool", workers=2))
    bridge.choose(WORKLOAD, small, lanes, keep=False)
    bridge.start(WORKLOAD, small, lanes)
    await until(lambda: bridge.latest is not None and bridge.latest.comparison and bridge.latest.comparison.is_over)
    assert bridge.latest is not None
    before = bridge.latest.comparison
    bridge.study(Subject("chunks", WORKLOAD, small, lanes))
    await until(lambda: (found := study()) is not None and len(found.rows) > 1)
    assert bridge.latest.comparison is before, "what was watched stays in sight"
    assert bridge.latest.is_under_way
    bridge.start(WORKLOAD, small, lanes)
    bridge.study(Subject("break-even", WORKLOAD, small, lanes))
    bridge.cancel()
    await until(lambda: (found := study()) is not None and found.is_over)
    refused = [notice.text for notice in bridge.drain_notices()]
    assert refused.count("A study is under way already; cancel it first with c.") == 2
    found = study()
    assert found is not None
    assert found.is_cancelled
    assert len(found.rows) > 1
    assert found.chart is not None
    bridge.study(Subject("chunks", WORKLOAD, small, (Lane("serial"), Lane("process"))))
    bridge.start(WORKLOAD, small, lanes)
    await until(lambda: bridge.latest is not None and bridge.latest.comparison is not before)
    assert any("ships no chunks" in notice.text for notice in bridge.drain_notices())
    assert study() is found, "it stays until it is made anew"
    bridge.cancel()
