from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from poolscope.tui.panels import log
from poolscope.tui.panels.log import LogPanel
from poolscope.tui.widgets.log_view import LogView
from poolscope.workloads.recording.log import LogLine


@pytest.fixture(autouse=True)
def _counts_are_shown_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "STATUS_SECONDS", 0.0)


class Source:
    """Gives lines as a bounded queue would."""

    def __init__(self, *lines: LogLine) -> None:
        self.waiting = list(lines)

    def __call__(self, limit: int) -> list[LogLine]:
        taken, self.waiting = self.waiting[:limit], self.waiting[limit:]
        return taken


async def until(pilot: Pilot[Any], condition: Callable[[], bool]) -> None:
    for _ in range(500):
        if condition():
            return
        await pilot.pause(0.01)
    pytest.fail("it did not come to pass")


def written(directory: Path) -> list[Path]:
    return sorted(directory.glob("poolscope-log-*.txt"))


def a_run(make: Any) -> Source:
    return Source(
        make.line("worker got sentinel -- exiting", 10),
        make.line("child process calling self.run()", 20),
        make.line("3,200,000 done", 0, stream="out"),
        make.line("something is odd", 30),
        make.line("it broke", 40),
    )


async def test_lines_come_with_the_frame(make: Any, stage: Any, rows: Any) -> None:
    panel = LogPanel(a_run(make))
    async with stage(panel).run_test(size=(60, 10)) as pilot:
        assert panel.border_title == "7 Log"
        panel.apply(make.snapshot())
        await pilot.pause()
        assert [row[15:].split(None, 1)[1] for row in rows(panel.view) if row] == [
            "child process calling self.run()",
            "3,200,000 done",
            "something is odd",
            "it broke",
        ]
        assert panel.border_subtitle == "INFO and above · 4 of 5 lines · following"


async def test_the_level_goes_round_and_hidden_lines_come_back(make: Any, stage: Any) -> None:
    panel = LogPanel(a_run(make))
    async with stage(panel).run_test(size=(80, 10)) as pilot:
        panel.apply(make.snapshot())
        panel.take_focus()
        shown = []
        for _ in range(6):
            await pilot.press("l")
            await until(pilot, lambda: not panel.view.ring.is_scanning)
            shown.append((panel.level, len(panel.view.ring)))
        assert shown == [(10, 5), (5, 5), (40, 2), (30, 3), (25, 3), (20, 4)]
        await pilot.press("L")
        assert panel.level == 25


async def test_a_filter_counts_what_it_finds_and_escape_takes_it_away(make: Any, stage: Any) -> None:
    panel = LogPanel(a_run(make))
    async with stage(panel).run_test(size=(80, 10)) as pilot:
        panel.apply(make.snapshot())
        panel.take_focus()
        await pilot.press("/", *"odd")
        await until(pilot, lambda: len(panel.view.ring) == 1)
        assert panel.border_subtitle == "INFO and above · 1 of 5 lines · following"
        await pilot.press("enter")
        assert isinstance(panel.screen.focused, LogView)
        assert len(panel.view.ring) == 1
        await pilot.press("escape")
        await until(pilot, lambda: len(panel.view.ring) == 4)
        assert isinstance(panel.screen.focused, LogView)
        assert not panel.has_class("-filter")


async def test_letters_in_the_filter_are_not_commands(make: Any, stage: Any) -> None:
    panel = LogPanel(a_run(make))
    async with stage(panel).run_test(size=(80, 10)) as pilot:
        panel.apply(make.snapshot())
        panel.take_focus()
        await pilot.press("/", "l", "L", "f", "space")
        await until(pilot, lambda: panel.view.ring.query == "lLf ")
        assert panel.level == 20
        assert panel.view.is_following


async def test_nothing_found_says_how_to_go_on(make: Any, stage: Any, rows: Any) -> None:
    panel = LogPanel()
    async with stage(panel).run_test(size=(80, 10)) as pilot:
        panel.apply(make.snapshot())
        await pilot.pause()
        assert rows(panel.view)[0] == "Nothing was logged yet. Press r to run the lanes."
        panel.source = Source(make.line("quiet", 5))
        panel.apply(make.snapshot())
        await pilot.pause()
        assert rows(panel.view)[0] == "1 line below INFO. Press l to see more detail."
        await panel.action_filter()
        await pilot.press(*"zzz")
        await until(pilot, lambda: panel.view.ring.query == "zzz" and not panel.view.ring.is_scanning)
        await pilot.pause()
        assert rows(panel.view)[0] == "The filter matches none of 1 line. Press Esc to see them all."


async def test_pause_and_follow(make: Any, stage: Any) -> None:
    source = Source(*make.lines(100))
    panel = LogPanel(source)
    async with stage(panel).run_test(size=(80, 10)) as pilot:
        panel.apply(make.snapshot())
        panel.take_focus()
        await pilot.press("f")
        source.waiting = make.lines(7, first=100)
        panel.apply(make.snapshot())
        await pilot.pause()
        assert panel.border_subtitle == "INFO and above · 107 lines · paused, 7 below"
        await pilot.press("f")
        await pilot.pause()
        assert panel.border_subtitle == "INFO and above · 107 lines · following"


async def test_lines_lost_from_memory_are_counted(make: Any, stage: Any) -> None:
    panel = LogPanel(a_run(make))
    async with stage(panel).run_test(size=(100, 10)) as pilot:
        panel.apply(make.snapshot(lost=1500))
        await pilot.pause()
        assert "1.50 k older only in the files" in str(panel.border_subtitle)


async def test_a_flood_is_taken_in_over_several_frames_and_nothing_is_lost(make: Any, stage: Any) -> None:
    source = Source(*make.lines(100_000))
    panel = LogPanel(source)
    async with stage(panel).run_test(size=(80, 10)) as pilot:
        panel.apply(make.snapshot())
        assert source.waiting
        while source.waiting:
            panel.apply(make.snapshot())
            await pilot.pause()
        assert panel.view.ring.total == 100_000


async def test_all_lines_are_written_to_a_file(
    make: Any, stage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    panel = LogPanel(a_run(make))
    app = stage(panel)
    async with app.run_test(size=(80, 10)) as pilot:
        panel.apply(make.snapshot())
        panel.take_focus()
        await pilot.press("w")
        await until(pilot, lambda: len(app._notifications) == 1)
        (note,) = app._notifications
        (file,) = written(tmp_path)
        assert note.severity == "information"
        assert str(file) in note.message
        lines = file.read_text().splitlines()
        assert [line[50:] for line in lines] == [
            "  worker got sentinel -- exiting",
            "  child process calling self.run()",
            "  3,200,000 done",
            "  something is odd",
            "  it broke",
        ]
        await pilot.press("w")
        await until(pilot, lambda: len(app._notifications) == 2)
        assert len(written(tmp_path)) == 2


async def test_a_directory_that_cannot_be_written_is_said(
    make: Any, stage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    panel = LogPanel(a_run(make))
    app = stage(panel)
    async with app.run_test(size=(80, 10)) as pilot:
        panel.apply(make.snapshot())
        panel.take_focus()
        await pilot.press("w")
        await until(pilot, lambda: len(app._notifications) == 1)
        (note,) = app._notifications
        assert note.severity == "error"
        assert "could not be written" in note.message


@pytest.mark.parametrize("size", [(20, 4), (40, 6), (78, 10), (200, 40)])
async def test_it_stands_at_every_size(size: tuple[int, int], make: Any, stage: Any, rows: Any) -> None:
    panel = LogPanel(a_run(make))
    async with stage(panel).run_test(size=size) as pilot:
        panel.apply(make.snapshot())
        await pilot.pause()
        assert all(len(row) <= size[0] for row in rows(panel.view))
