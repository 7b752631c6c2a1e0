"""Why the lanes of a comparison differ: advice, findings, pages of help, and the code to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from app.conftest import comparison, pool_done, serial_done
from textual.widgets import Static

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.glyphs import ASCII
from poolscope.tui.panels.lanes import LanesView
from poolscope.tui.screens.help import HelpScreen
from poolscope.tui.screens.why import NO_CODE, NOTHING_FOUND, WhyScreen, explain
from poolscope.workloads.analysis.findings.base import Finding
from poolscope.workloads.analysis.verdict import judge
from poolscope.workloads.model import ComparisonState, LaneState

if TYPE_CHECKING:
    from textual.pilot import Pilot

FOUND = (
    Finding(
        "large-results", "B", "Shipping results back took more time than computing them.",
        ("B returned 8.00 MB in all.", "That took 1.00 s, 58 % of the time."),
        "Return less from each task.", 10**9, "large-results",
    ),
    Finding(
        "noisy-machine", "B", "The machine was not quiet.", ("Load was 6.", ), "Run it again when it is.", 0,
        "noisy-machine",
    ),
)  # fmt: skip


def over(*lanes: LaneState, findings: tuple[Finding, ...] = FOUND) -> ComparisonState:
    state = comparison(*lanes, is_over=True, verdict=judge(lanes))
    return state._replace(findings=findings)


async def open_why(pilot: Pilot[None], core: Any, state: ComparisonState) -> WhyScreen:
    await pilot.pause()
    core.show(state)
    assert isinstance(pilot.app, PoolscopeApp)
    pilot.app.frame()
    await pilot.press("w")
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, WhyScreen)
    screen.frame()
    await pilot.pause()
    await pilot.pause()
    return screen


def said(screen: WhyScreen, name: str) -> str:
    return str(screen.query_one(f"#why-{name}", Static).render())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
async def test_advice_findings_and_code_are_on_one_page(core: Any, workloads: Any, size: tuple[int, int]) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=size) as pilot:
        screen = await open_why(pilot, core, over(serial_done(), pool_done()))
        assert "serial" in said(screen, "advice")
        findings = said(screen, "findings")
        for words in (FOUND[0].cause, *FOUND[0].evidence, FOUND[0].advice, FOUND[1].cause, "explains 1.00 s"):
            assert words in findings
        assert findings.index(FOUND[0].cause) < findings.index(FOUND[1].cause)
        code = said(screen, "code")
        assert 'if __name__ == "__main__":' in code
        assert code.strip() == (screen.code or "").strip()
        scrolled = screen.scrolled()
        await pilot.press("end")
        assert scrolled.scroll_y == scrolled.max_scroll_y > 0
        await pilot.press("home", "down", "pagedown", "pageup", "k", "j")
        assert scrolled.scroll_y == 1
        await pilot.press("escape")
        assert app.screen is app.main_screen


async def test_the_code_is_copied_as_plain_text(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_why(pilot, core, over(serial_done(), pool_done()))
        await pilot.press("y")
        assert app.clipboard == screen.code
        compile(app.clipboard, "pasted", "exec")
        screen.text_select_all()
        await pilot.press("y")
        assert FOUND[0].cause in app.clipboard, "what is marked goes first"


async def test_the_pages_of_help_come_and_go(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await open_why(pilot, core, over(serial_done(), pool_done()))
        assert "What happens" not in said(screen, "findings")
        await pilot.press("enter")
        assert said(screen, "findings").count("What happens") == 2
        await pilot.press("enter", "t")
        assert "What happens" not in said(screen, "findings")
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)


async def test_where_nothing_was_found_and_nothing_can_be_advised_it_says_so(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads, ASCII)
    async with app.run_test(size=(80, 24)) as pilot:
        lanes = [lane._replace(state="failed", results=(), error="It broke.") for lane in (serial_done(), pool_done())]
        screen = await open_why(pilot, core, over(*lanes, findings=()))
        assert "no lane came to a result" in said(screen, "advice")
        assert said(screen, "findings") == NOTHING_FOUND
        assert said(screen, "code-title") == NO_CODE
        assert not screen.query_one("#why-code").display
        await pilot.press("y", "enter")
        assert app.clipboard == ""


async def test_there_is_no_why_before_the_end(core: Any, workloads: Any, moments: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        for state in (None, moments.running()):
            core.show(state)
            app.frame()
            await pilot.press("w")
            assert app.screen is app.main_screen


async def test_the_lanes_name_the_main_finding(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        core.show(over(serial_done(), pool_done()))
        app.frame()
        await pilot.pause()
        view = app.lab.lanes.query_one(LanesView)
        shown = " ".join("".join(piece for piece, _ in line) for line in view.lines)
        assert "Main finding: Shipping results back" in " ".join(shown.split())


def test_what_studies_came_to_belongs_to_the_advice() -> None:
    state = over(serial_done(), pool_done())
    explanation = explain(state, None, studies=["pool beats serial from about N = 1,000 on."])
    assert "pool beats serial from about N = 1,000 on." in explanation.advice
    assert explanation.code is None, "nobody knows what was compared"
    assert {page.kind for page in explanation.pages} == {"large-results", "noisy-machine"}
