"""The studies of a workload in the app: shown while they measure and afterwards, begun and ended by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.studied import (
    DONE,
    GOING_ON,
    LANES,
    SUBJECT,
    advice_state,
    scale_state,
    state_of,
    view_of,
)

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.glyphs import ASCII, UNICODE, Glyphs
from poolscope.tui.screens.bars import Bar
from poolscope.tui.screens.help import HelpScreen
from poolscope.tui.screens.lab import LabScreen
from poolscope.tui.screens.quit import QuitScreen
from poolscope.tui.screens.sheet import Lines
from poolscope.tui.screens.study import StudyScreen
from poolscope.tui.screens.study_lines import answer_lines, progress_line, table_lines
from poolscope.tui.study_charts import advice_view, break_even_view, scale_view, with_progress
from poolscope.tui.study_view import StudyView
from poolscope.tui.widgets.chart import ChartView
from poolscope.tui.widgets.line_view import Line, line_width
from poolscope.workloads import catalogue
from poolscope.workloads.model import Lane

if TYPE_CHECKING:
    from textual.pilot import Pilot


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
