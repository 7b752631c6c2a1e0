from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from poolscope.tui.widgets.log_view import LogView, as_text


async def filtered(view: LogView, pilot: Pilot[Any], level: int, query: str) -> None:
    view.want(level, query)
    while view.ring.is_scanning:
        await pilot.pause()
    await pilot.pause()


async def test_columns_of_a_line(make: Any, stage: Any, rows: Any) -> None:
    view = LogView()
    async with stage(view).run_test(size=(100, 5)) as pilot:
        view.extend(
            [
                make.line("child process calling self.run()", time_ns=5_000_000_000),
                make.line("3,200,000 done", 0, stream="out", time_ns=5_171_000_000),
            ]
        )
        await pilot.pause()
        assert rows(view)[:3] == [
            "    0.000 INFO       41208 ForkPoolWorker-1   child process calling self.run()",
            "    0.171 out        41208 ForkPoolWorker-1   3,200,000 done",
            "",
        ]


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (100, "    0.000 SUBDEBUG   41208 ForkPoolWorker-1   finalizer calling something"),
        (80, "   0.000 SUBDB   41208 ForkPoolWorker-1 finalizer calling something"),
        (60, "   0.000 SUBDB   41208 finalizer calling something"),
        (30, "SUBDB finalizer calling somet…"),
    ],
)
async def test_columns_are_left_out_before_the_text(width: int, line: str, make: Any, stage: Any, rows: Any) -> None:
    view = LogView()
    async with stage(view).run_test(size=(width + 1, 5)) as pilot:
        view.extend([make.line("finalizer calling something", 5)])
        await filtered(view, pilot, 5, "")
        assert rows(view)[0] == line


async def test_a_long_line_is_one_row_and_moves_sideways(make: Any, stage: Any, rows: Any) -> None:
    view = LogView()
    async with stage(view).run_test(size=(31, 5)) as pilot:
        view.focus()
        view.extend([make.line("0123456789abcdefghijklmnopqrstuvwxyz"), make.line("next")])
        await pilot.pause()
        assert rows(view)[:2] == ["INFO  0123456789abcdefghijklm…", "INFO  next"]
        await pilot.press("right")
        assert rows(view)[:2] == ["INFO  89abcdefghijklmnopqrstuv", "INFO"]
        await pilot.press("right", "right", "right", "right")
        assert rows(view)[0] == "INFO  cdefghijklmnopqrstuvwxyz"
        await pilot.press(*["left"] * 5)
        assert rows(view)[0] == "INFO  0123456789abcdefghijklm…"


async def test_wide_characters_keep_the_columns(make: Any, stage: Any) -> None:
    view = LogView()
    async with stage(view).run_test(size=(41, 3)) as pilot:
        view.extend([make.line("漢字" * 30), make.line("漢字" * 3)])
        await pilot.pause()
        assert [view.render_line(y).cell_length for y in range(3)] == [40, 40, 40]


async def test_it_follows_until_the_reader_scrolls_up_and_again_from_the_end(make: Any, stage: Any, rows: Any) -> None:
    view = LogView()
    async with stage(view).run_test(size=(31, 10)) as pilot:
        view.focus()
        view.extend(make.lines(100))
        await pilot.pause()
        assert rows(view)[-1] == "INFO  line 99"
        await pilot.press("up")
        assert not view.is_following
        view.extend(make.lines(50, first=100))
        await pilot.pause()
        assert rows(view)[-1] == "INFO  line 98"
        assert view.lines_below == 51
        await pilot.press("end")
        view.extend(make.lines(50, first=150))
        await pilot.pause()
        assert view.is_following
        assert rows(view)[-1] == "INFO  line 199"


async def test_home_goes_to_the_oldest_and_stays(make: Any, stage: Any, rows: Any) -> None:
    view = LogView()
    async with stage(view).run_test(size=(31, 10)) as pilot:
        view.focus()
        view.extend(make.lines(100))
        await pilot.press("home")
        view.extend(make.lines(100, first=100))
        await pilot.pause()
        assert rows(view)[0] == "INFO  line 0"
        await pilot.press("pagedown")
        assert rows(view)[0] == "INFO  line 9"


async def test_a_resized_view_still_follows(make: Any, stage: Any, rows: Any) -> None:
    view = LogView()
    async with stage(view).run_test(size=(31, 10)) as pilot:
        view.extend(make.lines(100))
        await pilot.pause()
        for size in ((31, 4), (50, 20), (40, 8)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert rows(view)[-1].endswith("line 99")
            assert view.is_following


async def test_the_line_under_the_eye_stays_when_old_ones_fall_out(make: Any, stage: Any, rows: Any) -> None:
    view = LogView()
    view.ring._limit = 100
    async with stage(view).run_test(size=(31, 10)) as pilot:
        view.focus()
        view.extend(make.lines(100))
        await pilot.press("up")
        seen = rows(view)
        view.extend(make.lines(20, first=100))
        await pilot.pause()
        assert rows(view) == seen


async def test_lines_that_come_while_the_view_is_hidden_stay_bounded(make: Any, stage: Any, rows: Any) -> None:
    view = LogView()
    view.ring._limit = 1000
    view.display = False
    async with stage(view).run_test(size=(31, 10)) as pilot:
        for first in range(0, 5000, 100):
            view.extend(make.lines(100, first=first))
            await pilot.pause()
        assert view.ring.total <= 1000
        view.display = True
        await pilot.pause()
        assert rows(view)[-1] == "INFO  line 4999"


async def test_filtering_keeps_what_is_on_top_when_not_following(make: Any, stage: Any, rows: Any) -> None:
    view = LogView()
    async with stage(view).run_test(size=(31, 10)) as pilot:
        view.focus()
        view.extend(make.lines(100))
        await pilot.press("home", "pagedown", "pagedown")
        assert rows(view)[0] == "INFO  line 18"
        await filtered(view, pilot, 20, "7")
        assert rows(view)[:3] == ["INFO  line 27", "INFO  line 37", "INFO  line 47"]
        await filtered(view, pilot, 20, "")
        assert rows(view)[0] == "INFO  line 27"


async def test_a_sentence_stands_where_there_is_no_line(make: Any, stage: Any, rows: Any) -> None:
    view = LogView()
    async with stage(view).run_test(size=(31, 4)) as pilot:
        view.set_empty("Nothing was logged yet. Press r to run the lanes.")
        await pilot.pause()
        assert rows(view) == ["Nothing was logged yet. Press", "r to run the lanes.", "", ""]
        view.extend(make.lines(1))
        await pilot.pause()
        assert rows(view)[0] == "INFO  line 0"


async def test_only_new_rows_are_painted_while_they_fit(make: Any, stage: Any) -> None:
    view = LogView()
    async with stage(view).run_test(size=(31, 10)) as pilot:
        view.extend(make.lines(3))
        await pilot.pause()
        painted: list[int] = []
        draw = view.render_line
        view.render_line = lambda y: (painted.append(y), draw(y))[1]  # type: ignore[method-assign,func-returns-value]
        view.extend(make.lines(2, first=3))
        await pilot.pause()
        assert set(painted) == set(range(3, 10))


async def test_nothing_is_painted_for_lines_that_the_level_leaves_out(make: Any, stage: Any) -> None:
    view = LogView()
    async with stage(view).run_test(size=(31, 10)) as pilot:
        view.extend(make.lines(30))
        await pilot.pause()
        painted: list[int] = []
        draw = view.render_line
        view.render_line = lambda y: (painted.append(y), draw(y))[1]  # type: ignore[method-assign,func-returns-value]
        view.extend(make.lines(30, level=10))
        await pilot.pause()
        assert painted == []


def test_a_line_in_a_file(make: Any) -> None:
    line = make.line("hello", time_ns=3_500_000_000)
    assert as_text(line, 1_000_000_000).split() == ["2.500", "INFO", "41208", "ForkPoolWorker-1", "hello"]


async def test_every_row_that_moved_is_drawn_again(
    make: Any, stage: Any, rows: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = LogView()
    async with stage(view).run_test(size=(60, 5)) as pilot:
        view.extend([make.line(f"line {number}") for number in range(4)])
        await pilot.pause()
        drawn: set[int] = set()
        refresh = view.refresh

        def spy(*regions: Any, **options: Any) -> Any:
            drawn.update(y for region in regions for y in range(region.y, region.bottom))
            return refresh(*regions, **options)

        monkeypatch.setattr(view, "refresh", spy)
        view.extend([make.line(f"line {number}") for number in range(4, 7)])
        assert view.is_following
        assert drawn == set(range(5))
        view.focus()
        await pilot.press("up", "up")
        drawn.clear()
        await pilot.press("end")
        assert view.is_following
        assert drawn >= set(range(5))
        assert rows(view)[-1].endswith("line 6")
