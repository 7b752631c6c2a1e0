"""Every key of the lab, in both layouts, with a core that replays snapshots."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, Markdown

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.commands import COMMANDS
from poolscope.tui.glyphs import ASCII
from poolscope.tui.panels.base import Panel
from poolscope.tui.panels.lanes import LanesView
from poolscope.tui.panels.parameter_field import ParameterField
from poolscope.tui.panels.workloads import WorkloadList
from poolscope.tui.screens.bars import Bar
from poolscope.tui.screens.help import HelpScreen
from poolscope.tui.screens.quit import QuitScreen
from poolscope.tui.snapshot import Snapshot
from poolscope.workloads.model import Lane

if TYPE_CHECKING:
    from textual.pilot import Pilot

FULL = (120, 40)
TABS = (80, 24)


def visible(app: PoolscopeApp) -> set[int]:
    return {panel.NUMBER for panel in app.lab.panels if panel.display and panel.size.area}


async def show(pilot: Pilot[None], core: Any, comparison: Any, **changes: Any) -> None:
    core.show(comparison, **changes)
    assert isinstance(pilot.app, PoolscopeApp)
    pilot.app.frame()
    await pilot.pause()


def lines_of(app: PoolscopeApp) -> str:
    view = app.lab.lanes.query_one(LanesView)
    return "\n".join("".join(text for text, _ in line) for line in view.lines)


@pytest.mark.parametrize("size", [FULL, TABS, (200, 50), (100, 30), (60, 15)])
async def test_digits_jump_to_every_panel(core: Any, workloads: Any, size: tuple[int, int]) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=size) as pilot:
        for number in range(1, 8):
            await pilot.press(str(number))
            assert app.lab.chosen == number
            assert number in visible(app)
            assert app.focused is not None
            assert app.lab.panel(number) in app.focused.ancestors_with_self


async def test_full_layout_shows_all_and_covers_the_screen(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.pause()
        assert visible(app) == {1, 2, 3, 4, 5, 6, 7}
        cells = sum(panel.region.area for panel in app.lab.panels)
        assert cells == 120 * 38


async def test_tabs_show_the_chosen_panel_large_with_cores_and_log(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=TABS) as pilot:
        await pilot.press("4")
        assert visible(app) == {4, 3, 7}
        assert app.lab.panel(4).size.height > app.lab.panel(3).size.height
        await pilot.press("7")
        assert visible(app) == {3, 7}


async def test_a_tiny_terminal_gets_one_line_and_growing_brings_all_back(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(59, 24)) as pilot:
        await pilot.pause()
        assert visible(app) == set()
        apology = app.lab.query_one("#too-small")
        assert apology.display
        assert "59x24" in str(apology.render())
        await pilot.resize_terminal(*FULL)
        await pilot.pause()
        assert visible(app) == {1, 2, 3, 4, 5, 6, 7}
        assert not apology.display


@pytest.mark.parametrize("size", [FULL, TABS])
async def test_zoom_gives_the_whole_screen_and_back(core: Any, workloads: Any, size: tuple[int, int]) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=size) as pilot:
        await pilot.press("3")
        before = visible(app)
        await pilot.press("z")
        assert visible(app) == {3}
        await pilot.press("5")
        assert visible(app) == {5}
        await pilot.press("z", "3")
        assert visible(app) == before


async def test_tab_goes_through_every_panel_and_back(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=TABS) as pilot:
        seen = []
        for _ in range(9):
            seen.append(app.lab.chosen)
            await pilot.press("tab")
        assert list(dict.fromkeys(seen)) == [1, 2, 3, 4, 5, 6, 7]
        await pilot.press("escape", "shift+tab")
        assert app.lab.chosen == 7


async def test_r_runs_what_was_chosen(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.press("r")
        assert ("start", "sqrt", {"N": 5_000_000}, (Lane("serial"), Lane("pool")), 1) in core.told


async def test_r_and_c_do_nothing_when_they_cannot(core: Any, workloads: Any, moments: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.press("c")
        assert ("cancel",) not in core.told
        await show(pilot, core, moments.running())
        await pilot.press("r")
        assert not [told for told in core.told if told[0] == "start"]
        await pilot.press("c")
        assert core.told[-1] == ("cancel",)


async def test_running_from_the_list_shows_the_lanes_in_the_tabs(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=TABS) as pilot:
        await pilot.press("r")
        await pilot.pause()
        assert app.lab.chosen == 2


async def test_q_leaves_at_once_when_nothing_runs(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.press("q")
        await pilot.pause()
        assert app._exit


async def test_q_asks_while_something_runs(core: Any, workloads: Any, moments: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await show(pilot, core, moments.running())
        await pilot.press("q")
        assert isinstance(app.screen, QuitScreen)
        await pilot.press("n")
        assert not isinstance(app.screen, QuitScreen)
        assert not app._exit
        await pilot.press("q", "y")
        await pilot.pause()
        assert app._exit


async def test_question_mark_explains_each_panel(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        for number in range(1, 8):
            await pilot.press(str(number), "question_mark")
            assert isinstance(app.screen, HelpScreen)
            panel = app.lab.panel(number)
            assert panel.HELP
            assert app.screen.query_one(Markdown).source == panel.HELP
            text = "\n".join("".join(text for text, _ in line) for line in app.screen.lines)
            for command in COMMANDS:
                is_there = not command.only_there or command.panel == number
                assert (command.help.rstrip(".") in text) == is_there
            await pilot.press("escape")
            assert not isinstance(app.screen, HelpScreen)


async def test_slash_searches_the_log_from_anywhere(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=TABS) as pilot:
        await pilot.press("2", "slash")
        assert app.lab.chosen == 7
        assert isinstance(app.focused, Input)
        assert app.focused.id == "log-filter"
        await pilot.press("escape")
        assert not isinstance(app.focused, Input)


async def test_t_changes_between_light_and_dark(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        assert app.current_theme.dark
        await pilot.press("t")
        assert not app.current_theme.dark
        await pilot.press("t")
        assert app.current_theme.dark


async def test_every_built_in_theme_can_be_drawn(core: Any, workloads: Any, moments: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await show(pilot, core, moments.over())
        for name in sorted(app.available_themes):
            app.theme = name
            await pilot.pause()
            assert app.theme == name


async def test_an_unknown_theme_is_named_and_survived(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads, theme="nonsense")
    async with app.run_test(size=FULL) as pilot:
        await pilot.pause()
        assert app.theme == "poolscope-dark"
        assert any("nonsense" in note.message for note in app._notifications)


async def test_palette_and_footer_come_from_the_commands(core: Any, workloads: Any, moments: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.pause()
        titles = [command.title for command in app.get_system_commands(app.lab)]
        assert "Run all lanes" in titles
        assert "Cancel the run" not in titles
        for panel in app.lab.panels:
            assert f"Go to: {panel.TITLE}" in titles
        await show(pilot, core, moments.running())
        titles = [command.title for command in app.get_system_commands(app.lab)]
        assert "Cancel the run" in titles
        assert "Run all lanes" not in titles
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert app.screen is not app.lab
        await pilot.press("escape")


async def test_notices_are_shown_as_they_are_and_the_app_lives(core: Any, workloads: Any) -> None:
    from poolscope.tui.core import Notice

    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        core.notices.append(Notice("There is no [bold] lane [/", "error"))
        app.frame()
        await pilot.pause()
        assert [note.message for note in app._notifications] == ["There is no [bold] lane [/"]
        await pilot.press("2")
        assert app.lab.chosen == 2


def drawn(app: PoolscopeApp) -> str:
    return "".join(strip.text for strip in app.screen._compositor.render_strips())


async def test_ascii_draws_nothing_else(core: Any, workloads: Any, moments: Any) -> None:
    app = PoolscopeApp(core, workloads, ASCII)
    async with app.run_test(size=FULL) as pilot:
        for moment in (moments.running, moments.failed):
            await show(pilot, core, moment())
            for number in range(1, 8):
                await pilot.press(str(number))
                await pilot.pause()
                assert [character for character in drawn(app) if ord(character) > 126] == []


@pytest.mark.parametrize("key", ["question_mark", "ctrl+p", "i", "s", "m", "a", "e", "p", "w", "b", "C"])
async def test_what_opens_over_the_lab_is_ascii_too(core: Any, workloads: Any, moments: Any, key: str) -> None:
    app = PoolscopeApp(core, workloads, ASCII, theme="nonsense")  # and so is the notice about that
    async with app.run_test(size=FULL) as pilot:
        await show(pilot, core, moments.over())
        await pilot.press("1", key)
        await pilot.pause()
        assert app.screen is not app.lab
        assert {character for character in drawn(app) if ord(character) > 126} == set()


async def test_the_least_terminal_has_every_tab(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=(60, 15)) as pilot:
        for number in range(1, 8):
            await pilot.press(str(number))
            await pilot.pause()
            (tabs,) = app.lab.query_one("#tabs", Bar).lines
            text = "".join(piece for piece, _ in tabs)
            assert [word for word in text.split() if word.isdigit()] == ["1", "2", "3", "4", "5", "6", "7"]
            assert len(text.rstrip()) <= 60


@pytest.mark.parametrize("size", [FULL, TABS])
async def test_what_cannot_be_done_leaves_the_footer_first(
    core: Any, workloads: Any, moments: Any, size: tuple[int, int]
) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=size) as pilot:
        footer = app.lab.query_one("#footer", Bar)
        for moment, there, missing in ((moments.over, "r Run", "Cancel"), (moments.running, "c Cancel", "r Run")):
            await show(pilot, core, moment())
            await pilot.press("1")
            await pilot.pause()
            text = "".join(piece for piece, _ in footer.lines[0])
            assert there in text
            assert missing not in text
            assert "b Break-even" in text


async def test_workload_is_chosen_with_arrows(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.press("down", "down", "down")
        await pilot.pause()
        names = [told[1] for told in core.told if told[0] == "choose"]
        assert (names[0], names[-1]) == ("sqrt", "eight-roots")
        default = workloads[3].default_lanes(
            {parameter.name: parameter.default for parameter in workloads[3].parameters}
        )
        assert app.lab.asked_lanes == default
        assert "eight friends" not in lines_of(app)
        fields = [field.parameter.name for field in app.lab.query(ParameterField)]
        assert fields == [parameter.name for parameter in workloads[3].parameters]


async def test_who_goes_down_fast_is_not_taken_back(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        panel, chooser = app.lab.workloads, app.lab.query_one(WorkloadList)
        first = asyncio.create_task(panel.choose("bubble-sort"))
        await asyncio.sleep(0)  # its fields are being exchanged
        chooser.action_cursor_down()
        await first
        await pilot.pause()
        assert chooser.highlighted == chooser.get_option_index("wordcount")
        assert panel.chosen.name == "wordcount"
        assert [told[1] for told in core.told if told[0] == "choose"][-1] == "wordcount"


async def test_the_sizes_of_a_workload_step_with_left_and_right(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        field = app.lab.query_one(ParameterField)
        assert field.text == "5,000,000"
        await pilot.press("right")
        assert field.text == "10,000"
        await pilot.press("left")
        assert field.text == "5,000,000"
        await pilot.press("left")
        assert field.text != "5,000,000"
        await pilot.pause()
        assert core.told[-1][2] == {"N": int(field.text.replace(",", ""))}


@pytest.mark.parametrize(
    ("typed", "says"), [("-1", "-1"), ("abc", "abc"), ("10^12", "10^12"), ("", "empty"), ("[/bold", "[/bold")]
)
async def test_a_bad_value_is_named_below_its_field_and_keeps_r_from_running(
    core: Any, workloads: Any, typed: str, says: str
) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.press("tab")
        assert isinstance(app.focused, Input)
        app.focused.value = ""
        await pilot.press(*typed)
        await pilot.pause()
        field = app.lab.query_one(ParameterField)
        assert field.problem is not None
        assert says in field.problem
        shown = field.query_one(".problem")
        assert shown.display
        assert says in str(shown.render())
        await pilot.press("escape", "r")
        assert not [told for told in core.told if told[0] == "start"]


async def test_a_good_value_mends_it(core: Any, workloads: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.press("tab")
        assert isinstance(app.focused, Input)
        app.focused.value = ""
        await pilot.press(*"x")
        await pilot.pause()
        assert app.lab.query_one(ParameterField).problem
        await pilot.press("backspace", *"1e6")
        await pilot.pause()
        assert app.lab.query_one(ParameterField).problem is None
        await pilot.press("enter")
        assert isinstance(app.focused, WorkloadList)
        await pilot.press("r")
        assert core.told[-1][:3] == ("start", "sqrt", {"N": 1_000_000})


async def test_what_cannot_run_says_so_in_the_lanes(core: Any, workloads: Any) -> None:
    core.problem = "This needs 400 GB of memory, and 6.1 GB are free."
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await pilot.pause()
        app.frame()
        await pilot.press("r")
        assert not [told for told in core.told if told[0] == "start"]
        assert "400 GB" in lines_of(app)


async def test_same_snapshot_is_not_drawn_again(core: Any, workloads: Any, moments: Any) -> None:
    app = PoolscopeApp(core, workloads)
    async with app.run_test(size=FULL) as pilot:
        await show(pilot, core, moments.running())
        applied: list[int] = []
        for panel in app.lab.panels:

            def apply(snapshot: Snapshot, panel: Panel = panel, original: Any = panel.apply) -> None:
                applied.append(panel.NUMBER)
                original(snapshot)

            panel.apply = apply  # type: ignore[method-assign]
        app.frame()
        assert applied == [7]
        await show(pilot, core, moments.running())
        assert {1, 2, 3, 4, 5, 6, 7} == set(applied)
