"""The timeline as it is drawn: every state a shape, every end a word, every key a way to get there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.timelines import MS, at, short_run, view_of

from poolscope.tui.glyphs import ASCII, PART_ROLES, UNICODE
from poolscope.tui.messages import MomentChosen
from poolscope.tui.panels.timeline import TimelinePanel
from poolscope.tui.panels.timeline_lines import stalled_columns
from poolscope.tui.panels.timeline_window import Window
from poolscope.tui.snapshot import Snapshot, Transport
from poolscope.tui.widgets.line_view import LineView, line_width
from poolscope.tui.widgets.palette import ROLES
from poolscope.tui.widgets.timeline_view import TimelineRows
from poolscope.workloads.analysis.timeline import TimelineView
from poolscope.workloads.programs import PARTS

SIZE = (120, 10)
LABEL = 8
"""Cells before the first column, with labels of six."""


@pytest.fixture
def view(tmp_path: Path) -> TimelineView:
    return view_of(short_run(tmp_path))


@pytest.fixture
def snapshot(make: Any, view: TimelineView) -> Snapshot:
    shown: Snapshot = make.snapshot()._replace(timeline=view)
    return shown


def rows_of(panel: TimelinePanel) -> list[str]:
    view = panel.query_one(TimelineRows)
    return [view.render_line(y).text for y in range(view.size.height)]


def foot_of(panel: TimelinePanel) -> list[str]:
    return ["".join(text for text, _ in line) for line in panel.query_one(LineView).lines]


async def shown(pilot: Any, panel: TimelinePanel, snapshot: Snapshot) -> None:
    panel.apply(snapshot)
    await pilot.pause()
    panel.take_focus()
    await pilot.pause()


async def test_one_row_a_process_with_its_end(stage: Any, snapshot: Snapshot) -> None:
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        await shown(pilot, panel, snapshot)
        rows = rows_of(panel)
        assert [row[1:7].strip() for row in rows] == ["runner", "w1", "w2", "w3"]
        assert [row.split()[-2:] for row in rows[1:3]] == [["exit", "0"]] * 2
        assert rows[3].rstrip().endswith("SIGKILL")
        bars = [row[LABEL:-9] for row in rows]
        assert set(bars[0].strip()) == {"▄"}
        assert set("░▚█▞·▕▏") <= set(bars[1])
        assert bars[2].count("✗") == 1
        assert bars[3].rstrip().endswith("✗")
        assert len({len(row) for row in rows}) == 1


async def test_an_end_that_only_the_guardian_saw(make: Any, stage: Any, snapshot: Snapshot) -> None:
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        await shown(pilot, panel, snapshot)
        assert rows_of(panel)[0].rstrip().endswith("gone")
        runner = snapshot.timeline.tracks[0].pid  # type: ignore[union-attr]
        for status, words in ((0, "exit 0"), (-11, "SIGSEGV")):
            ended = make.process(runner, "runner", "ended", role="runner", exit_status=status)
            await shown(pilot, panel, snapshot._replace(processes=(ended,)))
            assert rows_of(panel)[0].rstrip().endswith(words)


async def test_each_state_is_drawn_where_it_was(stage: Any, snapshot: Snapshot) -> None:
    panel = TimelinePanel()
    async with stage(panel).run_test(size=(230, 10)) as pilot:
        await shown(pilot, panel, snapshot)
        await pilot.press("0")
        window = panel.place.window
        row = rows_of(panel)[1][LABEL:]
        for milliseconds, glyph in ((195, "░"), (213, "▚"), (232, "█"), (251, "▞"), (900, "·")):
            assert row[window.column_at(at(milliseconds))] == glyph
        assert not row[: window.column_at(at(95))].strip()


async def test_the_axis_stands_right_below_and_the_words_below_that(stage: Any, snapshot: Snapshot) -> None:
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        await shown(pilot, panel, snapshot)
        assert panel.query_one(LineView).region.y == panel.query_one(TimelineRows).region.bottom
        assert panel.query_one(TimelineRows).size.height == 4
        foot = foot_of(panel)
        assert foot[0].startswith(" " * LABEL + "╵0 s")
        assert foot[1].startswith("w1 at 1.")
        assert "exit 0" in foot[1]
        await pilot.press("S")
        foot = foot_of(panel)
        assert "█ computing 18.8 ms · chunk 1 of 30 · square_root × 1" in foot[1]
        assert "waited 18.8 ms · received 34 B in" in foot[2]
        assert "slowest task 1 of 10" in str(panel.border_subtitle)


async def test_the_dead_name_the_chunk_that_they_held(stage: Any, snapshot: Snapshot) -> None:
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        await shown(pilot, panel, snapshot)
        await pilot.press("home", "N")
        assert "✗ SIGKILL after" in foot_of(panel)[1]
        assert "held chunk 18 of 30 · square_root × 1" in foot_of(panel)[1]
        assert rows_of(panel)[3].startswith("▸w3")


def test_stalls_are_drawn_as_often_as_they_took_time_and_each_one_at_least_once(view: TimelineView) -> None:
    from numpy import arange, array

    begins = at(0) + arange(100, dtype="int64") * 10 * MS
    many = view._replace(stall_begins=begins, stall_ends=begins + 2 * MS)
    far, near = Window(at(0), 10 * MS, 100), Window(at(0), MS, 1000)
    assert 15 <= stalled_columns(many, far).sum() <= 25
    assert stalled_columns(many, near).sum() == 200
    moved = stalled_columns(many, Window(at(130), 10 * MS, 87))
    assert (moved == stalled_columns(many, far)[13:]).mean() > 0.95
    one = view._replace(stall_begins=array([at(333)]), stall_ends=array([at(333.01)]))
    for length in (10_000, MS, 100 * MS, 10_000 * MS):
        found = stalled_columns(one, Window(at(0), length, 400 if length > MS else 40_000))
        assert found.sum() == 1
        assert found[(at(333) - at(0)) // length]
    assert not stalled_columns(one, Window(at(400), MS, 100)).any()


@pytest.mark.parametrize("width", [28, 60, 120, 240])
async def test_a_stall_goes_through_all_workers_at_every_zoom(
    make: Any, stage: Any, tmp_path: Path, width: int
) -> None:
    # Both workers wait from 130 to 204 ms and from 505 to 579 ms.
    view = view_of(short_run(tmp_path, workers=2, chunks=2))
    panel = TimelinePanel()
    async with stage(panel).run_test(size=(width, 10)) as pilot:
        await shown(pilot, panel, make.snapshot()._replace(timeline=view))
        window = panel.place.window
        rows = rows_of(panel)
        assert "┊" not in rows[0]
        for begin, end in ((130, 204), (505, 579)):
            within = slice(LABEL + window.column_at(at(begin)), LABEL + window.column_at(at(end)) + 1)
            assert "┊" in rows[1][within]
            assert [cell == "┊" for cell in rows[1][within]] == [cell == "┊" for cell in rows[2][within]]
        assert all(row[LABEL + window.column_at(at(300))] != "┊" for row in rows[1:3])
        panel.place.look_at(at(170))
        await pilot.press(*["plus"] * 12)
        assert panel.place.window.span_ns < 70 * MS
        assert all("┊" in row for row in rows_of(panel)[1:3])


async def test_many_short_tasks_are_drawn_in_proportion(make: Any, stage: Any, tmp_path: Path) -> None:
    view = view_of(short_run(tmp_path, workers=1, chunks=2000))
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        await shown(pilot, panel, make.snapshot()._replace(timeline=view))
        window = panel.place.window
        row = rows_of(panel)[1][LABEL:][window.column_at(at(120)) : window.column_at(at(850))]
        counts = {glyph: row.count(glyph) for glyph in "░┊▚█▞"}
        shares = [counts["░"] + counts["┊"], counts["▚"], counts["█"], counts["▞"]]
        assert sum(shares) == len(row)
        assert all(0.15 < share / len(row) < 0.35 for share in shares)
        before = row
        panel.apply(make.snapshot()._replace(timeline=view._replace(version=99)))
        await pilot.pause()
        assert rows_of(panel)[1][LABEL:][window.column_at(at(120)) : window.column_at(at(850))] == before


async def test_keys_go_about(stage: Any, snapshot: Snapshot) -> None:
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        await shown(pilot, panel, snapshot)
        place = panel.place
        begin = place.window
        for key in ("left", "h"):
            before = place.cursor_ns
            await pilot.press(key)
            assert place.cursor_ns < before
        for key in ("right", "l"):
            before = place.cursor_ns
            await pilot.press(key)
            assert place.cursor_ns > before
        for keys in (("plus", "minus"), ("equals_sign", "underscore")):
            await pilot.press(keys[0])
            assert place.window.column_ns < begin.column_ns
            await pilot.press(keys[1])
            assert place.shows_whole
        await pilot.press("plus", "plus", "plus")
        for back, on in (("shift+left", "shift+right"), ("H", "L")):
            before = place.window.begin_ns
            await pilot.press(back)
            assert place.window.begin_ns < before
            await pilot.press(on)
            assert place.window.begin_ns == before
        await pilot.press("0")
        assert place.window == begin
        await pilot.press("home")
        assert place.cursor_ns == at(0)
        assert not place.follows
        await pilot.press("f")
        assert place.follows
        await pilot.press("left", "end")
        assert place.follows
        await pilot.press("up")
        assert place.row == 0
        await pilot.press("down", "j", "j", "j", "k")
        assert place.row == 2
        await pilot.press("pageup")
        assert place.row == 0
        await pilot.press("pagedown")
        assert place.row == 3
        await pilot.press("b")
        assert place.cursor_ns < at(1000)


async def test_enter_shows_the_moment_everywhere(stage: Any, snapshot: Snapshot) -> None:
    told: list[MomentChosen] = []

    class Listening(TimelinePanel):
        def on_moment_chosen(self, event: MomentChosen) -> None:
            told.append(event)

    panel = Listening()
    async with stage(panel).run_test(size=SIZE) as pilot:
        await shown(pilot, panel, snapshot)
        await pilot.press("S", "enter")
        await pilot.pause()
        assert [message.time_ns for message in told] == [panel.place.cursor_ns]


async def test_a_moment_of_the_past_hides_what_came_after(stage: Any, snapshot: Snapshot) -> None:
    past = Transport(is_live=False, time_ns=at(500), begin_ns=at(0), end_ns=at(1000), is_replay=True)
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        await shown(pilot, panel, snapshot._replace(transport=past))
        column = panel.place.window.column_at(at(500))
        rows = rows_of(panel)
        assert all(not row[LABEL + column + 1 :].strip() for row in rows)
        assert all(row[LABEL:][column - 2].strip() for row in rows)
        assert "▲" in foot_of(panel)[0]
        assert foot_of(panel)[1].startswith("w1 at 0.5")
        later = snapshot._replace(transport=past._replace(time_ns=at(700)))
        panel.apply(later)
        await pilot.pause()
        assert panel.place.cursor_ns == at(700)
        assert rows_of(panel)[3].rstrip().endswith("SIGKILL")
        # Whoever looks around sees what comes, faintly.
        await pilot.press("left")
        assert rows_of(panel)[1][LABEL + panel.place.window.column_at(at(800)) :].strip()


async def test_it_follows_a_run_that_goes_on(make: Any, stage: Any, tmp_path: Path) -> None:
    run = short_run(tmp_path)
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        lengths = set()
        for now in range(1000, 4000, 100):
            view = view_of(run, at(now))
            panel.apply(make.snapshot()._replace(timeline=view._replace(is_live=True, end_ns=at(now))))
            await pilot.pause()
            assert panel.place.cursor_ns == at(now)
            lengths.add(panel.place.window.column_ns)
        assert len(lengths) <= 8
        assert "following" in str(panel.border_subtitle)


async def test_only_what_changed_is_painted(stage: Any, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        await shown(pilot, panel, snapshot)
        rows = panel.query_one(TimelineRows)
        painted: list[tuple[int, int, int]] = []
        monkeypatch.setattr(rows, "repaint_spans", painted.extend)
        panel.apply(snapshot._replace(now_ns=snapshot.now_ns + 1))
        assert painted == []
        panel.place.step(snapshot.timeline, -1)  # type: ignore[arg-type]
        panel.apply(snapshot._replace(now_ns=snapshot.now_ns + 2))
        assert {y for y, _, _ in painted} == {1}
        assert sum(end - begin for _, begin, end in painted) < 20


async def test_the_cursor_hides_while_it_only_goes_along(stage: Any, snapshot: Snapshot) -> None:
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        panel.apply(snapshot)
        pilot.app.set_focus(None)
        await pilot.pause()
        rows = panel.query_one(TimelineRows)

        def cursor() -> bool:
            look = rows.style_of("focused-cursor"), rows.style_of("cursor")
            return any(segment.style in look for segment in list(rows.render_line(1))[1:])

        assert not cursor()
        await pilot.press("tab")
        assert rows.has_focus
        assert cursor()


async def test_before_the_first_run_it_says_what_to_do(make: Any, stage: Any) -> None:
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        await shown(pilot, panel, make.snapshot())
        assert rows_of(panel)[0].strip() == "No run yet: press r."
        await pilot.press("left", "plus", "n", "S", "I", "f", "home", "0", "up", "b", "H", "pagedown")
        assert rows_of(panel)[0].strip() == "No run yet: press r."
        assert panel.check_action("slowest", ()) is None
        replay = make.snapshot()._replace(transport=Transport(is_live=False, is_replay=True))
        await shown(pilot, panel, replay)
        assert rows_of(panel)[0].strip() == "No process was recorded so far."


async def test_a_run_after_none_and_none_after_a_run(make: Any, stage: Any, snapshot: Snapshot) -> None:
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        await shown(pilot, panel, make.snapshot())
        await shown(pilot, panel, snapshot)
        assert rows_of(panel)[1].startswith("▸w1")
        await shown(pilot, panel, make.snapshot())
        assert rows_of(panel)[0].strip() == "No run yet: press r."
        assert foot_of(panel) == []


async def test_256_processes_scroll(make: Any, stage: Any, tmp_path: Path) -> None:
    view = view_of(short_run(tmp_path, workers=255, chunks=3))
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        await shown(pilot, panel, make.snapshot()._replace(timeline=view))
        assert "256 processes" in str(panel.border_subtitle)
        for _ in range(60):
            await pilot.press("pagedown")
        assert panel.place.row == 255
        label = view.tracks[255].label
        assert any(row.startswith(f"▸{label} ") for row in rows_of(panel))
        await pilot.press("n")
        assert any(row.startswith("▸") for row in rows_of(panel))


async def test_clicks_and_the_wheel(stage: Any, snapshot: Snapshot) -> None:
    panel = TimelinePanel()
    async with stage(panel).run_test(size=SIZE) as pilot:
        await shown(pilot, panel, snapshot)
        await pilot.click(TimelineRows, offset=(LABEL + 30, 2))
        assert panel.place.row == 2
        assert panel.place.window.column_at(panel.place.cursor_ns) == 30
        rows = panel.query_one(TimelineRows)
        length = panel.place.window.column_ns
        rows.post_message(TimelineRows.WheelTurned(-1, is_zoom=True, x=LABEL + 50))
        await pilot.pause()
        assert panel.place.window.column_ns < length
        begin = panel.place.window.begin_ns
        rows.post_message(TimelineRows.WheelTurned(1, is_zoom=False, x=0))
        await pilot.pause()
        assert panel.place.window.begin_ns > begin


@pytest.mark.parametrize("size", [(12, 4), (28, 5), (60, 8), (80, 14), (120, 40), (200, 50), (250, 6)])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
async def test_it_fits_every_size(stage: Any, snapshot: Snapshot, size: tuple[int, int], glyphs: Any) -> None:
    tracks = snapshot.timeline.tracks if snapshot.timeline else ()
    view = snapshot.timeline._replace(  # type: ignore[union-attr]
        tracks=tuple(t._replace(label=f"名前が長い{t.label}" * 4 if t.row == 2 else t.label) for t in tracks)
    )
    panel = TimelinePanel()
    panel.glyphs = glyphs
    async with stage(panel).run_test(size=size) as pilot:
        await shown(pilot, panel, snapshot._replace(timeline=view))
        for key in ("0", "n", "plus", "S", "I"):
            await pilot.press(key)
            rows, foot = rows_of(panel), panel.query_one(LineView).lines
            if size[1] >= 5:
                assert rows
                assert all(line_width(((row, ""),)) <= size[0] for row in rows)
            if glyphs is ASCII:
                assert "".join(row for row in rows if "名" not in row).isascii()
                assert "".join(text for line in foot for text, _ in line if "名" not in text).isascii()
                assert str(panel.border_subtitle).isascii()


async def test_the_legend_stands_where_there_is_room(stage: Any, snapshot: Snapshot) -> None:
    panel = TimelinePanel()
    async with stage(panel).run_test(size=(120, 20)) as pilot:
        await shown(pilot, panel, snapshot)
        assert "█ computing" in foot_of(panel)[-1]
        assert "✗ failed" in foot_of(panel)[-1]
        await pilot.resize_terminal(120, 6)
        await pilot.pause()
        assert not any("✗ failed" in line for line in foot_of(panel))


def test_every_state_has_a_shape_of_its_own_and_a_colour() -> None:
    for glyphs in (UNICODE, ASCII):
        shapes = [*glyphs.parts.values(), glyphs.cross, glyphs.stall]
        assert set(glyphs.parts) == set(PARTS)
        assert len(set(shapes)) == len(shapes)
        assert all(len(shape) == 1 for shape in shapes)
    assert set(PART_ROLES) == {*PARTS, "failed", "stall"}
    assert set(PART_ROLES.values()) <= set(ROLES)


def test_every_key_is_explained_once() -> None:
    keys = [key for binding in TimelinePanel.BINDINGS for key in binding.key.split(",")]  # type: ignore[union-attr]
    assert len(set(keys)) == len(keys)
    for binding in TimelinePanel.BINDINGS:
        assert binding.id  # type: ignore[union-attr]
        assert binding.tooltip.isascii()  # type: ignore[union-attr]
        assert hasattr(TimelinePanel, f"action_{binding.action.partition('(')[0]}")  # type: ignore[union-attr]


def test_one_millisecond_is_what_the_tests_count_in() -> None:
    assert at(1) - at(0) == MS
