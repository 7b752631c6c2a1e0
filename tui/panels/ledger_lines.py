"""Ledgers as lines of text: bars on one time axis, and a table of figures that is their legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from poolscope.tui.glyphs import PHASE_ROLES, Glyphs
from poolscope.tui.widgets.bar import segments
from poolscope.tui.widgets.line_view import Line, Piece
from poolscope.workloads.model import PHASES, LaneState, Ledger
from poolscope.workloads.report import figures

if TYPE_CHECKING:
    from poolscope.workloads.programs import RunAccount

SHORT_NAMES = {
    "starting": "start",
    "sending": "send",
    "computing": "compute",
    "returning": "return",
    "waiting": "wait",
    "stopping": "stop",
}
_SHORT_COLUMN = 9
_LEAST_COLUMN = 8
_LONG_COLUMN = 12
_STEPS = (1, 1.5, 2, 3, 4, 5, 6, 8, 10)


def ledger_of(state: LaneState) -> Ledger:
    """The ledger that stands for a lane: of its median run once it is done, else of the current run."""
    if state.state == "running" or not state.ledgers:
        return state.ledger
    return state.ledgers[_median_run(state)]


def account_of(state: LaneState) -> RunAccount | None:
    """The account of the run that `ledger_of` shows; None while it is under way, or if none was kept."""
    if state.state == "running" or not state.accounts:
        return None
    return state.accounts[min(_median_run(state) if state.ledgers else 0, len(state.accounts) - 1)]


def _median_run(state: LaneState) -> int:
    ordered = sorted(range(len(state.ledgers)), key=lambda run: state.ledgers[run].total_ns)
    return ordered[(len(ordered) - 1) // 2]


def round_scale(longest_ns: float) -> float:
    """Round up to a figure that an axis can end at; it grows in steps, so bars do not crawl while a lane runs."""
    if longest_ns <= 0:
        return 0.0
    power = 1.0
    while longest_ns > power * 10:
        power *= 10
    return next(step * power for step in _STEPS if step * power >= longest_ns)


def bar_line(state: LaneState, scale_ns: float, width: int, glyphs: Glyphs) -> Line:
    """Draw one lane's bar: as long as its time on the common scale, parted by phase."""
    ledger = ledger_of(state)
    total = ledger.total_ns
    figure = figures.duration(total) if total else glyphs.states[state.state]
    suffix = f" {glyphs.ellipsis}" if state.state == "running" else "  "
    room = max(4, width - 3 - 11)
    pieces: list[Piece] = [(f" {state.key} ", "strong")]
    length = 0
    if total > 0 and scale_ns > 0:
        length = max(1, min(room, round(total / scale_ns * room)))
        for name, cells in zip(PHASES, segments(list(ledger.phases().values()), length), strict=True):
            if cells:
                pieces.append((glyphs.phases[name] * cells, PHASE_ROLES[name]))
    pieces += [(" " * (room - length), ""), (f"{figure:>9}{suffix}", "" if total else "text-muted")]
    return tuple(pieces)


def axis_line(scale_ns: float, width: int) -> Line:
    """Write the common axis: nought, the middle and the end."""
    room = max(4, width - 3 - 11)
    end = figures.duration(scale_ns)
    middle = figures.duration(scale_ns / 2)
    left = "0 s" if room < 30 else f"0 s{middle:>{room // 2 - 3 + len(middle) // 2}}"
    text = f"   {left}{end:>{room - len(left)}}"
    return ((text, "text-muted"),)


def table_lines(lanes: Sequence[LaneState], width: int, glyphs: Glyphs) -> list[Line]:
    """Write a head that explains the shapes, and the figures of every lane under it, in columns."""
    is_long = width >= 3 + _LONG_COLUMN * len(PHASES)
    column = _LONG_COLUMN if is_long else max(_LEAST_COLUMN, min(_SHORT_COLUMN, (width - 3) // len(PHASES)))
    words = {name: name if is_long else SHORT_NAMES[name] for name in PHASES}
    columns = {name: max(column, len(word) + 2) for name, word in words.items()}  # a gap before each shape
    if sum(columns.values()) + 3 > width:
        columns = dict.fromkeys(PHASES, column)
    head: list[Piece] = [("   ", "")]
    for name, word in words.items():
        head += [(" " * (columns[name] - len(word) - 1), ""), (glyphs.phases[name], PHASE_ROLES[name]), (word, "")]
    lines: list[Line] = [tuple(head)]
    for state in lanes:
        ledger = ledger_of(state)
        if not ledger.total_ns:
            continue
        cells = [f"{_figure(value, glyphs):>{columns[name]}}" for name, value in ledger.phases().items()]
        lines.append(((f" {state.key} ", "strong"), ("".join(cells), "text-muted")))
    return lines


def _figure(nanoseconds: int, glyphs: Glyphs) -> str:
    return figures.duration(nanoseconds) if nanoseconds else glyphs.separator


def scale_of(lanes: Sequence[LaneState]) -> float:
    """The end of the common axis, in nanoseconds."""
    return round_scale(max((ledger_of(state).total_ns for state in lanes), default=0))


def short_ledger(lanes: Sequence[LaneState], width: int, glyphs: Glyphs) -> list[Line]:
    """Bars and a legend in as few lines as possible; nothing before there is a figure."""
    scale = scale_of(lanes)
    if not scale:
        return []
    legend: list[Piece] = [("   ", "")]
    for name in PHASES:
        legend += [(glyphs.phases[name], PHASE_ROLES[name]), (f" {SHORT_NAMES[name]}   ", "text-muted")]
    return [*(bar_line(state, scale, width, glyphs) for state in lanes), tuple(legend)]


def biggest_part(lanes: Sequence[LaneState]) -> str | None:
    """Say what took the most of the running lane's time so far, when that is not computing."""
    running = next((state for state in lanes if state.state == "running"), None)
    if running is None or not running.ledger.total_ns:
        return None
    phases = running.ledger.phases()
    name = max(phases, key=phases.__getitem__)
    share = phases[name] / running.ledger.total_ns
    return f"So far {share * 100:.0f} % of {running.key}'s time went into {name}."
