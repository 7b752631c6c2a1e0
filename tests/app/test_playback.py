"""The clock of what is shown: held, moved, set faster and slower, and never beyond what there is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poolscope.tui.playback import SECOND, SPEEDS, Playback, clock, parse_moment
from poolscope.tui.snapshot import Transport
from poolscope.workloads.errors import UsageError

BEGIN, END = 100 * SECOND, 110 * SECOND


def replay() -> Playback:
    playback = Playback(is_replay=True)
    playback.set_bounds(BEGIN, END)
    return playback


def live(end: int = END) -> Playback:
    playback = Playback()
    playback.set_bounds(BEGIN, end)
    return playback


def test_a_recording_is_shown_from_its_end_and_plays_from_its_begin() -> None:
    playback = replay()
    assert playback.transport(0) == Transport(
        is_live=False, is_playing=False, time_ns=END, begin_ns=BEGIN, end_ns=END, is_replay=True, is_over=True
    )
    playback.toggle(5)
    assert playback.move(5) == BEGIN
    assert playback.move(5 + 3 * SECOND) == BEGIN + 3 * SECOND
    playback.toggle(5 + 4 * SECOND)
    assert not playback.is_playing
    assert playback.move(5 + 9 * SECOND) == BEGIN + 4 * SECOND


def test_playing_stops_at_the_end_of_a_recording() -> None:
    playback = replay()
    playback.toggle(0)
    assert playback.move(60 * SECOND) == END
    assert playback.move(61 * SECOND) == END
    assert not playback.is_playing
    assert not playback.is_live


def test_playing_does_not_drift_however_late_the_looks_come() -> None:
    playback = replay()
    playback.toggle(0)
    for late in (0.26, 0.49, 0.8, 1.2, 3.3):
        assert playback.move(round(late * SECOND)) == BEGIN + round(late * SECOND)


def test_the_speed_changes_from_where_it_is_and_stays_within_its_steps() -> None:
    playback = replay()
    playback.toggle(0)
    playback.change_speed(1, SECOND)
    assert playback.move(2 * SECOND) == BEGIN + 3 * SECOND
    for _ in range(20):
        playback.change_speed(-1, 2 * SECOND)
    assert playback.transport(2 * SECOND).speed == SPEEDS[0] == 0.1
    assert playback.move(12 * SECOND) == BEGIN + 4 * SECOND
    for _ in range(20):
        playback.change_speed(1, 12 * SECOND)
    assert playback.transport(12 * SECOND).speed == SPEEDS[-1] == 100


def test_a_run_is_followed_until_it_is_held_and_again_at_its_end() -> None:
    playback = live()
    assert playback.transport(0).is_live
    playback.set_bounds(BEGIN, END + SECOND)
    assert playback.move(0) == END + SECOND
    playback.toggle(0)
    playback.set_bounds(BEGIN, END + 5 * SECOND)
    held = playback.transport(SECOND)
    assert (held.is_live, held.is_playing, held.time_ns) == (False, False, END + SECOND)
    playback.go_to_end()
    assert playback.move(0) == END + 5 * SECOND
    assert playback.is_live


def test_what_is_over_plays_from_its_begin_and_is_live_again_at_its_end() -> None:
    playback = live()
    playback.set_bounds(BEGIN, END, is_over=True)
    playback.toggle(0)
    assert playback.is_playing
    assert playback.move(SECOND) == BEGIN + SECOND
    assert playback.move(11 * SECOND) == END
    assert playback.is_live


def test_playing_that_reaches_the_present_follows_it() -> None:
    playback = live()
    playback.hold_at(END - SECOND)
    playback.change_speed(1, 0)
    playback.toggle(0)
    playback.set_bounds(BEGIN, END + SECOND // 2)
    assert playback.move(SECOND // 2) == END
    assert playback.is_playing
    assert playback.move(SECOND) == END + SECOND // 2
    assert playback.is_live
    assert not playback.is_playing


def test_a_seek_leaves_the_present_and_a_step_holds() -> None:
    playback = live()
    playback.seek(BEGIN + SECOND, 0)
    assert playback.move(5 * SECOND) == BEGIN + SECOND
    playback.toggle(0)
    playback.seek(BEGIN + 2 * SECOND, 0)
    assert playback.move(SECOND) == BEGIN + 3 * SECOND
    playback.hold_at(BEGIN - 7)
    assert playback.move(9 * SECOND) == BEGIN
    assert not playback.is_playing


def test_nothing_moves_where_there_is_nothing_to_go_about_in() -> None:
    playback = Playback()
    playback.toggle(0)
    playback.seek(5, 0)
    playback.hold_at(5)
    playback.change_speed(1, 0)
    assert playback.is_live
    assert not playback.transport(0).is_playing


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["toggle", "seek", "hold", "faster", "slower", "end", "grow"]), st.integers(0, 10**12)
        )
    ),
    st.booleans(),
)
def test_the_moment_never_leaves_the_run(moves: list[tuple[str, int]], is_replay: bool) -> None:
    playback = Playback(is_replay=is_replay)
    end = BEGIN + 1
    playback.set_bounds(BEGIN, end)
    now = 0
    for name, value in moves:
        now += value
        if name == "grow":
            end += value
            playback.set_bounds(BEGIN, end)
        elif name == "seek":
            playback.seek(value, now)
        elif name == "hold":
            playback.hold_at(value)
        elif name == "toggle":
            playback.toggle(now)
        elif name == "end":
            playback.go_to_end()
        else:
            playback.change_speed(1 if name == "faster" else -1, now)
        transport = playback.transport(now)
        assert BEGIN <= transport.time_ns <= end
        assert not (transport.is_live and transport.is_playing)
        assert not (transport.is_live and is_replay)


SHOWN = Transport(is_live=False, time_ns=BEGIN + 4 * SECOND, begin_ns=BEGIN, end_ns=END)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3.5", 3.5), (" 3.5 s", 3.5), ("0", 0), ("0:07", 7), ("0:00:07.25", 7.25), ("50%", 5), ("12.5 %", 1.25),
        ("+2", 6), ("-0.5", 3.5), ("- 4", 0), ("begin", 0), ("End", 10), ("10", 10), (".5", 0.5),
    ],
)  # fmt: skip
def test_a_time_is_read(text: str, seconds: float) -> None:
    assert parse_moment(text, SHOWN) == BEGIN + round(seconds * SECOND)


@pytest.mark.parametrize(
    "text", ["", "soon", "1:2:3:4", "1e3", "nan", "--2", "٣", "3,5", "%", "+", "9" * 400, "\x1b[2J"]
)
def test_what_is_no_time_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match=r"write seconds such as 3\.5.*\.$") as caught:
        parse_moment(text, SHOWN)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "where"), [("10.1", "after its end"), ("-5", "before its beginning"), ("101%", "after")]
)
def test_a_time_outside_is_refused_with_the_length(text: str, where: str) -> None:
    with pytest.raises(UsageError, match=rf"{where}.*lasts 10\.000 s\.$"):
        parse_moment(text, SHOWN)


@pytest.mark.parametrize(
    ("seconds", "whole", "text"),
    [
        (0.0041, 0.0412, " 4.100 ms"),
        (0, 0.8, "0.000 s"), (3.25, 12, " 3.250 s"), (12, 12, "12.000 s"), (63.27, 754, " 1:03.2"),
        (3599.99, 3600, "0:59:59"), (7263, 7300, "2:01:03"),
    ],
)  # fmt: skip
def test_a_time_is_written_as_wide_as_the_whole(seconds: float, whole: float, text: str) -> None:
    assert clock(round(seconds * SECOND), round(whole * SECOND)) == text
    assert len(clock(0, round(whole * SECOND))) == len(text)
