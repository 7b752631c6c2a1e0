"""The words about the cursor: the most telling first, whole where there is room, never wider than the line."""

from __future__ import annotations

from typing import Any

import pytest

from poolscope.tui.glyphs import ASCII, UNICODE
from poolscope.tui.panels.timeline_detail import detail_lines
from poolscope.tui.widgets.line_view import Line, line_width
from poolscope.workloads.analysis.tracks import STATES, ChunkView, Stretch, TrackView

MS = 10**6
CHUNK = ChunkView(
    number=4, function="square_root", job=0, position=4, chunks=8, items=625_000, waiting_from_ns=100 * MS,
    received_ns=103 * MS, begin_ns=104 * MS, end_ns=224 * MS, sent_ns=314 * MS, pickled_ns=250 * MS, bytes_in=34,
    bytes_out=5_600_000, cpu_ns=118 * MS, core=0, is_failed=False, arguments="(3, 'a')",
)  # fmt: skip
COMPUTING = Stretch(7, "computing", 104 * MS, 224 * MS, is_open=False, chunk=CHUNK)


def track(**changes: Any) -> TrackView:
    values: dict[str, Any] = {
        "row": 1, "pid": 7, "created_ns": 5, "parent": 1, "label": "w1", "name": "ForkPoolWorker-1", "role": "worker",
        "function": "square_root", "started_ns": 0, "entered_ns": 5, "exiting_ns": None, "ended_ns": None,
        "until_ns": 400 * MS, "exit_status": None, "has_bad_end": False, "is_recorded": True, "chunks_done": 5,
        "chunks_failed": 0, "items_done": 9, "details_until_ns": None, "data": None, **changes,
    }  # fmt: skip
    known: dict[str, Any] = {name: values.get(name) for name in TrackView._fields}
    return TrackView(**known)


def text(line: Line) -> str:
    return "".join(piece for piece, _ in line)


def words(stretch: Stretch | None, rows: int = 2, width: int = 118, **changes: Any) -> list[str]:
    is_over = changes.pop("is_over", False)
    lines = detail_lines(track(**changes), stretch, "0.120 s", width, rows, UNICODE, is_over=is_over)
    return [text(line) for line in lines]


def test_a_chunk_in_two_lines() -> None:
    assert words(COMPUTING) == [
        "w1 at 0.120 s  █ computing 120 ms · chunk 5 of 8 · square_root × 625,000",
        "waited 3.00 ms · received 34 B in 1.00 ms · computed 120 ms · CPU 118 ms · core 0 · sent 5.60 MB in 90.0 ms",
    ]
    assert words(COMPUTING, 3)[2] == "arguments (3, 'a')"


def test_a_chunk_in_one_line_leaves_out_what_tells_least() -> None:
    (line,) = words(COMPUTING, 1)
    assert line.startswith("w1 at 0.120 s  █ computing 120 ms · chunk 5 of 8 · square_root × 625,000 · computed 120 ms")
    assert "sent 5.60 MB" in line
    assert "waited" not in line


def test_the_chunk_in_hand_says_what_is_known_so_far() -> None:
    chunk = CHUNK._replace(end_ns=None, sent_ns=None, pickled_ns=None, bytes_in=None, bytes_out=None, cpu_ns=None)
    first, second = words(Stretch(7, "computing", 104 * MS, 400 * MS, is_open=True, chunk=chunk))
    assert "computing 296 ms so far" in first
    assert second == "waited 3.00 ms · received in 1.00 ms · core 0"


def test_jobs_without_a_known_number_of_chunks() -> None:
    chunk = CHUNK._replace(chunks=1, function="once")
    assert words(COMPUTING._replace(chunk=chunk))[0].endswith("120 ms · once × 625,000")
    chunk = CHUNK._replace(chunks=0, function="")
    assert "chunk 5 · unknown function × 625,000" in words(COMPUTING._replace(chunk=chunk))[0]


def test_a_failed_task_says_so() -> None:
    sending = Stretch(7, "sending", 224 * MS, 314 * MS, is_open=False, chunk=CHUNK._replace(is_failed=True))
    assert "▞ sending the result 90.0 ms · ✗ failed · chunk 5 of 8" in words(sending)[0]


def test_the_dead_name_their_signal_and_what_they_held() -> None:
    held = COMPUTING._replace(chunk=CHUNK._replace(end_ns=None, sent_ns=None))
    gone = {"ended_ns": 300 * MS, "exit_status": -9, "has_bad_end": True, "is_over": True}
    assert words(held, **gone)[0] == (
        "w1 at 0.120 s  ✗ SIGKILL after 300 ms · held chunk 5 of 8 · square_root × 625,000"
    )
    well = {"ended_ns": 300 * MS, "exit_status": 0, "is_over": True}
    assert words(None, **well)[0] == "w1 at 0.120 s  ✔ exit 0 after 300 ms"
    by_its_pool = {"ended_ns": 300 * MS, "exit_status": -15, "is_over": True}
    assert "◼ SIGTERM after 300 ms" in words(None, **by_its_pool)[0]
    unseen = {"ended_ns": 300 * MS, "is_over": True}
    assert "gone after 300 ms" in words(None, **unseen)[0]


def test_without_a_chunk_it_says_which_process_it_is() -> None:
    waiting = Stretch(7, "waiting", 100 * MS, 103 * MS, is_open=False)
    assert words(waiting) == [
        "w1 at 0.120 s  ░ waiting for a task 3.00 ms",
        "pid 7 · 5 chunks in all · ForkPoolWorker-1 · square_root",
    ]
    assert words(None) == ["w1 at 0.120 s  not started yet", ""]
    assert "not recorded, so no details" in words(waiting, is_recorded=False)[1]


@pytest.mark.parametrize("width", range(20, 200, 7))
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_no_line_is_wider_than_the_room(width: int, rows: int) -> None:
    chunk = CHUNK._replace(function="äußerst.langer名前" * 9, arguments="('語' * 90)" * 9, is_failed=True)
    for glyphs in (UNICODE, ASCII):
        for stretch in (COMPUTING._replace(chunk=chunk), COMPUTING._replace(chunk=None)):
            who = track(name="名" * 70, label="w1")
            lines = detail_lines(who, stretch, "0.1 s", width, rows, glyphs, is_over=False)
            assert len(lines) <= rows
            # The head stands, whatever the room; it is cut by the view.
            assert all(line_width(line) <= max(width, 40) for line in lines)


def test_a_long_name_is_cut_and_the_number_of_items_stays() -> None:
    chunk = CHUNK._replace(function="a_function_with_a_name_that_goes_on_and_on_and_on")
    (line, *_) = words(COMPUTING._replace(chunk=chunk), width=76)
    assert line.endswith("… × 625,000")
    assert len(line) <= 76


def test_every_state_has_words() -> None:
    for state in STATES:
        (line, *_) = words(Stretch(7, state, 0, MS, is_open=False))
        assert len(line) > len("w1 at 0.120 s   1.00 ms")
