"""A function of one's own, chosen in the app with the real core: listed, tried, put into the list, and run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from poolscope.tui.app import PoolscopeApp
from poolscope.tui.bridge import Bridge
from poolscope.tui.screens.choose_function import ChooseFunctionScreen, complete
from poolscope.workloads.catalogue import listing
from poolscope.workloads.launcher import Guardian

WORK = '''\
"""Mine."""
from pathlib import Path


def double(number):
    """Twice as much."""
    return 2 * number


def fails(text):
    raise ValueError(text)
'''


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    with Guardian.start() as guardian:
        bridge = Bridge(guardian, refresh=60.0)
        yield bridge
        bridge.close()


async def until(pilot: Any, condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        await pilot.pause(0.05)
    raise AssertionError("this did not come about within 30 s")


def note(app: PoolscopeApp) -> str:
    return str(app.screen.query_one(".note", Static).render())


async def test_a_function_is_listed_tried_and_run(
    bridge: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work.py").write_text(WORK)
    monkeypatch.chdir(tmp_path)
    app = PoolscopeApp(bridge, listing.entries())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bridge.latest is not None)
        await pilot.press("m", *"work", "full_stop", *"py", "enter")
        chooser = app.screen.query_one(OptionList)
        await until(pilot, lambda: chooser.option_count == 2)
        prompts = [str(chooser.get_option_at_index(index).prompt) for index in range(2)]
        assert prompts == ["double(number)  line 5\n  Twice as much.", "fails(text)  line 10\n  no docstring"]
        await pilot.press("enter")
        field = app.screen.query_one("#inputs", Input)
        assert app.focused is field
        field.value = "range(10, 13)"
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: app.screen is app.lab)
        await until(pilot, lambda: app.lab.workloads.chosen.name == "work.py:double")
        await pilot.press("r")

        def is_over() -> bool:
            latest = bridge.latest
            return latest is not None and latest.comparison is not None and latest.comparison.is_over

        await until(pilot, is_over)
        assert bridge.latest is not None
        assert bridge.latest.comparison is not None
        lanes = bridge.latest.comparison.lanes
        assert [lane.state for lane in lanes] == ["done", "done"]
        assert lanes[0].results[0].summary == "3 results: 20, 22, 24"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("import nosuchmodule\n", "there is no module nosuchmodule (bad.py, line 1)"),
        ("x = 1\ndef f(:\n", "(bad.py, line 2)"),
        ("import sys\nsys.exit(3)\n", "sys.exit(3) (bad.py, line 2)"),
        ("x = 1\n", "no function in bad.py"),
    ],
)
async def test_what_is_wrong_with_a_file_is_said_in_a_sentence(
    bridge: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, says: str
) -> None:
    (tmp_path / "bad.py").write_text(content)
    monkeypatch.chdir(tmp_path)
    app = PoolscopeApp(bridge, listing.entries())
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: bridge.latest is not None)
        await pilot.press("m")
        assert isinstance(app.screen, ChooseFunctionScreen)
        app.screen.query_one("#where", Input).value = "bad.py"
        await until(pilot, lambda: says in note(app))
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(app.screen, ModalScreen)


async def test_inputs_that_make_no_sense_are_refused(
    bridge: Bridge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "work.py").write_text(WORK)
    monkeypatch.chdir(tmp_path)
    app = PoolscopeApp(bridge, listing.entries())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: bridge.latest is not None)
        await pilot.press("m")
        app.screen.query_one("#where", Input).value = "work.py"
        await until(pilot, lambda: app.screen.query_one(OptionList).option_count == 2)
        app.screen.query_one("#inputs", Input).value = "__import__('os')"
        app.screen.set_focus(app.screen.query_one("#inputs"))
        await pilot.press("enter")
        await pilot.pause()
        assert app.screen.has_class("-invalid")
        assert "__import__" in note(app)


def test_a_path_is_completed(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text("")
    (tmp_path / "words.txt").write_text("")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "inner.py").write_text("")
    assert complete("wo", tmp_path) == "work.py"
    assert complete("pa", tmp_path) == "package/"
    assert complete("package/i", tmp_path) == "package/inner.py"
    assert complete("", tmp_path) is None
    assert complete("none", tmp_path) is None
    assert complete("none/x", tmp_path) is None
