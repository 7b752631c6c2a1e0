"""Going about in the timeline: what follows, what stays, and where the keys for what matters lead."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.timelines import MS, at, short_run, view_of

from poolscope.tui.panels.timeline_place import Place
from poolscope.tui.panels.timeline_window import LEAST_COLUMN_NS
from poolscope.workloads.analysis.timeline import TimelineView, stretch_at

COLUMNS = 100


@pytest.fixture
def view(tmp_path: Path) -> TimelineView:
    return view_of(short_run(tmp_path))


@pytest.fixture
def place(view: TimelineView) -> Place:
    settled = Place()
    settled.settle(view, COLUMNS, view.end_ns)
    return settled


def test_at_first_the_whole_run_is_in_sight_and_its_end_is_looked_at(place: Place, view: TimelineView) -> None:
    assert place.follows
    assert place.window.begin_ns == view.begin_ns
    assert place.window.holds(view.end_ns)
    assert place.cursor_ns == view.end_ns
    assert view.tracks[place.row].label == "w1"


def test_steps_move_the_cursor_by_a_column_and_the_window_at_its_edge(place: Place, view: TimelineView) -> None:
    place.step(view, -1)
    assert not place.follows
    before = place.cursor_ns
    place.step(view, -1)
    assert place.cursor_ns == before - place.window.column_ns
    place.zoom(closer=True)
    place.zoom(closer=True)
    window = place.window
    place.look_at(window.begin_ns)
    place.step(view, -1)
    assert place.window.column_ns == window.column_ns
    assert place.window.begin_ns < window.begin_ns
    assert place.window.holds(place.cursor_ns)


def test_pages_go_through_the_whole_run_and_stop_at_its_ends(place: Place, view: TimelineView) -> None:
    for _ in range(3):
        place.zoom(closer=True)
    seen = set()
    for _ in range(100):
        seen.add(place.window.begin_ns)
        place.page(-1)
    assert place.window.begin_ns == view.begin_ns
    assert place.window.column_at(place.cursor_ns) == 0
    for _ in range(100):
        place.page(1)
    assert place.cursor_ns <= view.end_ns
    assert place.window.holds(view.end_ns)


def test_zooming_keeps_the_cursor_in_its_column(place: Place) -> None:
    place.look_at(at(333))
    for _ in range(20):
        column = place.window.column_at(place.cursor_ns)
        place.zoom(closer=True)
        assert abs(place.window.column_at(place.cursor_ns) - column) <= 1
    assert place.window.column_ns == LEAST_COLUMN_NS
    for _ in range(20):
        place.zoom(closer=False)
    assert place.shows_whole


def test_what_is_followed_is_followed_on_when_zoomed(tmp_path: Path) -> None:
    run = short_run(tmp_path)
    place = Place()
    place.settle(view_of(run, at(300)), COLUMNS, at(300))
    place.zoom(closer=True)
    place.zoom(closer=True)
    place.settle(view_of(run, at(900)), COLUMNS, at(900))
    assert place.follows
    assert place.window.holds(at(900))
    assert place.cursor_ns == at(900)


def test_a_window_that_is_looked_at_stays_while_the_run_goes_on(tmp_path: Path) -> None:
    run = short_run(tmp_path)
    run.vanished.clear()
    place = Place()
    place.settle(view_of(run, at(1000)), COLUMNS, at(1000))
    place.look_at(at(500))
    window = place.window
    place.settle(view_of(run, at(9000)), COLUMNS, at(9000))
    assert place.window == window
    assert place.cursor_ns == at(500)
    place.show_whole()
    place.settle(view_of(run, at(9000)), COLUMNS, at(9000))
    assert place.window.holds(at(9000))
    place.follow()
    assert place.cursor_ns == at(9000)


def test_a_moment_that_was_sought_is_followed_and_one_that_plays_is_not(place: Place, view: TimelineView) -> None:
    place.look_at(at(500))
    place.settle(view, COLUMNS, at(200))
    assert place.cursor_ns == at(500)
    place.settle(view, COLUMNS, at(210), is_sought=True)
    assert place.follows
    assert place.cursor_ns == at(210)


def test_failures_come_one_after_the_other_and_then_from_the_start(place: Place, view: TimelineView) -> None:
    place.look_at(view.begin_ns)
    seen = []
    for _ in range(3):
        assert place.seek_failure(view, 1)
        seen.append((view.tracks[place.row].label, place.found))
    assert seen == [("w2", "a task failed"), ("w3", "a process ended badly"), ("w2", "a task failed")]
    assert place.seek_failure(view, -1)
    assert view.tracks[place.row].label == "w3"


def test_stepping_into_a_failure_stops_at_it(place: Place, view: TimelineView) -> None:
    place.mark(view, 2)
    failure = at(411.25)
    place.look_at_column(view, place.window.column_at(failure))
    assert place.cursor_ns == failure
    place.mark(view, 1)
    place.look_at_column(view, place.window.column_at(failure))
    assert place.cursor_ns != failure


def test_the_slowest_tasks_and_longest_idle_stretches_in_turn(place: Place, view: TimelineView) -> None:
    assert place.seek_slowest(view)
    assert place.found == "slowest task 1 of 10"
    stretch = stretch_at(view.tracks[place.row], place.cursor_ns)
    assert stretch is not None
    assert stretch.state == "computing"
    assert place.seek_slowest(view)
    assert place.found == "slowest task 2 of 10"
    assert place.seek_idle(view)
    assert place.found.startswith("longest idle stretch 1 of ")
    stretch = stretch_at(view.tracks[place.row], place.cursor_ns)
    assert stretch is not None
    assert stretch.state == "idle"
    assert stretch.length_ns == 80 * MS
    place.step(view, 1)
    assert place.seek_idle(view)
    assert place.found.startswith("longest idle stretch 1 of ")


def test_changes_lead_through_everything_that_a_process_did(place: Place, view: TimelineView) -> None:
    place.mark(view, 1)
    place.look_at(view.tracks[1].started_ns)
    states = []
    for _ in range(6):
        stretch = stretch_at(view.tracks[1], place.cursor_ns)
        assert stretch is not None
        states.append(stretch.state)
        assert place.seek_change(view, 1)
    assert states == ["starting", "waiting", "receiving", "computing", "sending", "waiting"]
    while place.seek_change(view, 1):
        assert place.cursor_ns < view.tracks[1].until_ns
    back = 0
    while place.seek_change(view, -1):
        back += 1
        assert back < 200
    assert place.cursor_ns == view.tracks[1].started_ns


def test_another_run_begins_anew(place: Place, view: TimelineView, tmp_path: Path) -> None:
    place.mark(view, 3)
    place.look_at(at(200))
    (tmp_path / "next").mkdir()
    run = short_run(tmp_path / "next", workers=1)
    run.runner.path = run.runner.path.with_name(f"{run.RUNNER}.{at(1)}.ev")
    run.runner.put(CREATED=at(1))
    other = view_of(run)
    place.settle(other, COLUMNS, other.end_ns)
    assert place.follows
    assert place.row == 1


def test_the_marked_process_keeps_its_mark_when_rows_come_before_it(tmp_path: Path) -> None:
    place = Place()
    few = view_of(short_run(tmp_path))
    place.settle(few, COLUMNS, few.end_ns)
    place.mark(few, 2)
    marked = few.tracks[2]
    shifted = few._replace(tracks=(few.tracks[0], few.tracks[1]._replace(pid=5), *(
        track._replace(row=track.row + 1) for track in few.tracks[1:]
    )))  # fmt: skip
    place.settle(shifted, COLUMNS, few.end_ns)
    assert shifted.tracks[place.row].pid == marked.pid
    gone = few._replace(tracks=few.tracks[:2])
    place.settle(gone, COLUMNS, few.end_ns)
    assert place.row == 0


def test_without_tasks_there_is_nothing_to_go_to(tmp_path: Path) -> None:
    run = short_run(tmp_path, workers=0)
    view = view_of(run)
    place = Place()
    place.settle(view, COLUMNS, view.end_ns)
    assert not place.seek_failure(view, 1)
    assert not place.seek_slowest(view)
    assert not place.seek_idle(view)
    assert place.follows
