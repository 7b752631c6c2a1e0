"""Which moment is shown, and how it moves on: a clock that can be held, moved, and set faster or slower.

Nothing here reads a clock or a recording. Whoever uses it says what time it is (`now_ns`, on the clock of
``time.perf_counter_ns``) and how far the run goes; so playing never drifts, however late a frame comes.
"""

from __future__ import annotations

import math

from poolscope.workloads.errors import UsageError
from poolscope.workloads.text import clean

from .snapshot import Transport

SPEEDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Seconds of the run a second."""
SECOND = 1_000_000_000
MILLISECOND = 1_000_000
_FACTORS = (1, 60, 3600)


class Playback:
    """The moment of a run that is shown.

    Args:
        is_replay: Whether a recording is shown. Otherwise the run has a present, which is followed at first and again
            when playing reaches it.
    """

    def __init__(self, *, is_replay: bool = False) -> None:
        self._is_replay = is_replay
        self._is_live = not is_replay
        self._is_playing = False
        self._is_over = is_replay
        self._speed = 1.0
        self._begin = self._end = 0
        self._anchor_ns = 0
        """When `_time` was the moment shown, on the clock of whoever watches."""
        self._time = 0

    @property
    def is_live(self) -> bool:
        """Whether the present is shown."""
        return self._is_live

    @property
    def is_playing(self) -> bool:
        """Whether a moment of the past moves on."""
        return self._is_playing

    @property
    def can_move(self) -> bool:
        """Whether there is anything to go about in."""
        return self._end > self._begin

    def set_bounds(self, begin_ns: int, end_ns: int, *, is_over: bool = False) -> None:
        """Say from when to when the run goes, as far as it has come; a recording is shown from its end at first."""
        self._is_over = is_over or self._is_replay
        was_at_end = self._time >= self._end
        self._begin, self._end = begin_ns, max(begin_ns, end_ns)
        if self._is_replay and was_at_end and not self._is_playing:
            self._time = self._end

    def move(self, now_ns: int) -> int:
        """Move on to where the clock is, and tell the moment shown."""
        if self._is_live:
            return self._end
        time = self._reached(now_ns)
        if self._is_playing and time >= self._end:
            self._is_playing = False
            self._time = self._end
            self._is_live = not self._is_replay
        return time

    def transport(self, now_ns: int) -> Transport:
        """Move on, and say all of it."""
        time = self.move(now_ns)
        return Transport(
            is_live=self._is_live,
            is_playing=self._is_playing,
            speed=self._speed,
            time_ns=time,
            begin_ns=self._begin,
            end_ns=self._end,
            is_replay=self._is_replay,
            is_over=self._is_over,
        )

    # What a person does with it.

    def toggle(self, now_ns: int) -> None:
        """Hold what plays or goes on; play what is held, and from the beginning what is over and shown at its end."""
        if not self.can_move:
            return
        at = self.move(now_ns)
        if self._is_playing or (self._is_live and not self._is_over):
            self._hold(at)
            return
        self._is_live = False
        self._is_playing = True
        self._set(self._begin if at >= self._end else at, now_ns)

    def seek(self, time_ns: int, now_ns: int) -> None:
        """Go to the moment TIME_NS, or the nearest there is; what plays plays on from there."""
        if self.can_move:
            self._is_live = False
            self._set(time_ns, now_ns)

    def hold_at(self, time_ns: int) -> None:
        """Show the moment TIME_NS, or the nearest there is, and stay."""
        if self.can_move:
            self._hold(time_ns)

    def change_speed(self, direction: int, now_ns: int) -> None:
        """Play faster (1) or slower (-1), from wherever it is."""
        at = self.move(now_ns)
        index = SPEEDS.index(self._speed) + direction
        self._speed = SPEEDS[max(0, min(index, len(SPEEDS) - 1))]
        if not self._is_live:
            self._set(at, now_ns)

    def go_to_end(self) -> None:
        """Show the end of a recording; follow the present of anything else."""
        if self._is_replay:
            self._hold(self._end)
        else:
            self.follow()

    def follow(self) -> None:
        """Follow the present, if there is one."""
        self._is_playing = False
        self._is_live = not self._is_replay

    def _hold(self, time_ns: int) -> None:
        self._is_live = self._is_playing = False
        self._time = self._within(time_ns)

    def _set(self, time_ns: int, now_ns: int) -> None:
        self._time, self._anchor_ns = self._within(time_ns), now_ns

    def _reached(self, now_ns: int) -> int:
        passed = (now_ns - self._anchor_ns) * self._speed if self._is_playing else 0
        return self._within(self._time + round(passed))

    def _within(self, time_ns: int) -> int:
        return max(self._begin, min(time_ns, self._end))


def parse_moment(text: str, transport: Transport) -> int:
    """Read where to go.

    Args:
        text: Seconds from the beginning (``3.5``, ``1:30``, ``1:02:03.5``), a share of the whole (``50 %``), or a way
            from the moment shown (``+2``, ``-0.5``); ``begin`` and ``end``, too.
        transport: What there is to go about in.

    Raises:
        UsageError: If it is none of these, or lies outside, in one sentence that says what is right.
    """
    begin, end = transport.begin_ns, transport.end_ns
    said = "".join(text.split()).lower()
    if said in ("begin", "start", "end"):
        return end if said == "end" else begin
    if said.endswith("%"):
        share = _number(said[:-1], text)
        moment = begin + round((end - begin) * share / 100)
    elif said[:1] in ("+", "-"):
        way = _seconds(said[1:], text)
        moment = transport.time_ns + (way if said[0] == "+" else -way)
    else:
        moment = begin + _seconds(said, text)
    if begin <= moment <= end:
        return moment
    where = "before its beginning" if moment < begin else "after its end"
    raise UsageError(f"{clean(text.strip(), 40)} lies {where}: the run lasts {(end - begin) / SECOND:,.3f} s.")


def _seconds(said: str, text: str) -> int:
    """Read seconds, perhaps with minutes and hours before them; in nanoseconds."""
    parts = said.removesuffix("s").split(":")
    if len(parts) > len(_FACTORS):
        raise _unreadable(text)
    seconds = sum(_number(part, text) * factor for part, factor in zip(reversed(parts), _FACTORS, strict=False))
    return round(seconds * SECOND)


def _number(said: str, text: str) -> float:
    if not said.isascii() or not said.replace(".", "", 1).isdigit() or len(said) > 15:
        raise _unreadable(text)
    number = float(said)
    if not math.isfinite(number):
        raise _unreadable(text)
    return number


def _unreadable(text: str) -> UsageError:
    shown = clean(text.strip(), 40)
    said = f"{shown} is no time" if shown else "A time is missing"
    return UsageError(f"{said}: write seconds such as 3.5, minutes such as 1:30, a share such as 50 %, or +2 and -2.")


def clock(nanoseconds: int, whole: int) -> str:
    """Write a time within a run that lasts WHOLE nanoseconds, always as wide: ``3.250 s``, ``1:03.2``, ``2:01:03``."""
    if whole < SECOND // 10:
        width = len(f"{whole / MILLISECOND:.3f}")
        return f"{nanoseconds / MILLISECOND:{width}.3f} ms"
    if whole < 100 * SECOND:
        width = len(f"{whole / SECOND:.3f}")
        return f"{nanoseconds / SECOND:{width}.3f} s"
    tenths = nanoseconds * 10 // SECOND
    minutes, rest = divmod(tenths, 600)
    if whole < 3600 * SECOND:
        width = len(str(whole // (60 * SECOND)))
        return f"{minutes:{width}}:{rest / 10:04.1f}"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:{len(str(whole // (3600 * SECOND)))}}:{minutes:02}:{rest // 10:02}"
