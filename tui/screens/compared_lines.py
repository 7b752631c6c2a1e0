"""Two comparisons of the past beside each other: what differs, lane by lane ratios, and a chart. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from poolscope.tui.glyphs import Glyphs
from poolscope.tui.widgets.chart import Chart, Point, Series
from poolscope.tui.widgets.chart_axis import Axis, log_axis
from poolscope.tui.widgets.line_view import Line, Piece, cells_of, line_width
from poolscope.workloads.analysis.difference import Change, LanePair
from poolscope.workloads.analysis.statistics import FEWEST_RUNS, Ratio
from poolscope.workloads.report import figures
from poolscope.workloads.report.change_report import difference_in_words, local_time
from poolscope.workloads.text import shorten

from .past_lines import with_text

if TYPE_CHECKING:
    from poolscope.workloads.history.past import Past
    from poolscope.workloads.model import LaneState

MUTED = "text-muted"
MOST_NAMED = 3
"""Lanes that a sentence names; of more, it says how many they are."""
_ASIDE = 0.12
"""How far beside the middle of its lane each of the two is drawn, in lanes."""
_ANSWERS = {
    "faster": ("faster", "text-success"),
    "slower": ("slower", "text-error"),
    "no difference shown": ("no difference shown", "text-primary"),
    "not enough runs": ("too few runs to say", MUTED),
}
_BAR_LEAST, _BAR_MOST = 24, 48
_WIDE = 100
"""Cells from which the bars get their room before long names do."""


def heading_lines(first: Past, second: Past, width: int, glyphs: Glyphs) -> list[Line]:
    """Name the two."""
    lines: list[Line] = []
    for sign, past, role in zip(glyphs.markers, (first, second), ("text-primary", "text-warning"), strict=False):
        what = f"{past.name} {with_text(past, glyphs)}".rstrip()
        where = f"{past.machine.hostname}, Python {past.machine.python}"
        text = f"{local_time(past.origin.begun_epoch_ns) or 'at some time'}  {what}"
        rest = shorten(f"  {where}", max(0, width - len(text) - 4), glyphs.ellipsis)
        line: Line = ((f" {sign} ", role), (shorten(text, width - 4, glyphs.ellipsis), "strong"), (rest, MUTED))
        lines.append(line)
    return lines


def answer_sentence(change: Change) -> str:
    """Say in one sentence how the second comparison stands to the first."""
    known = [(pair.label, pair.ratio) for pair in change.lanes if pair.ratio is not None]
    if not known:
        return "No lane gave results in both, so there is nothing to compare."
    parts = []
    for name in ("slower", "faster"):
        ratios = {label: ratio for label, ratio in known if ratio.answer == name}
        if len(ratios) > MOST_NAMED:
            parts.append(f"{len(ratios)} lanes are {name}")
        elif ratios:
            parts.append(", ".join(f"{label} {figures.ratio_in_words(ratio.value)}" for label, ratio in ratios.items()))
    same = sum(ratio.answer == "no difference shown" for _, ratio in known)
    if parts:
        tail = f"; no difference shown in {same} other{'s' if same > 1 else ''}" if same else ""
        return f"In the second: {'; '.join(parts)}{tail}."
    if same:
        return "No difference is shown between the two."
    return f"There are too few runs to tell the two apart: {FEWEST_RUNS} of each lane are needed."


def ratio_lines(change: Change, width: int, glyphs: Glyphs) -> list[Line]:
    """Write a row a lane: both medians, how many times as fast the second is, and a bar of the interval around 1."""
    heads: tuple[str, ...] = ("lane", "first", "second", "as fast", "95 % interval", "")
    rows = [(pair.ratio, *_row(pair)) for pair in change.lanes]
    rows += [(None, (lane.label, _median(lane), "-", "", "", "not in the second"), MUTED) for lane in change.only_first]
    rows += [(None, (lane.label, "-", _median(lane), "", "", "not in the first"), MUTED) for lane in change.only_second]
    if not any(row[4] for _, row, _ in rows):
        heads = (*heads[:4], "", "")
    widths = [max(map(cells_of, column)) for column in zip(heads, *(row for _, row, _ in rows), strict=True)]
    used = sum(widths[1:]) + 2 * len(widths)
    reserved = _BAR_LEAST if width >= _WIDE else 0
    widths[0] = max(8, min(widths[0], width - used - reserved - 1))
    spare = width - sum(widths) - 2 * len(widths) - 1
    bars = min(spare, _BAR_MOST) if spare >= _BAR_LEAST else 0
    scale = _scale(change.lanes)
    head = _cells(heads, widths, MUTED, glyphs)
    lines: list[Line] = [(*head, (f"{'1':^{bars}}".rstrip(), MUTED)) if bars else head]
    for ratio, row, role in rows:
        line = _cells(row, widths, "", glyphs)
        line = (*line[:-1], (line[-1][0], role))
        lines.append((*line, *_interval_bar(ratio, bars, scale, role, glyphs)) if bars else line)
    return lines


def _row(pair: LanePair) -> tuple[tuple[str, ...], str]:
    medians = [_median(lane) for lane in (pair.first, pair.second)]
    if pair.ratio is None:
        return (pair.label, *medians, "", "", "no result in both"), MUTED
    interval = pair.ratio.interval
    between = figures.interval(*interval) if interval is not None else ""
    words, role = _ANSWERS[pair.ratio.answer]
    if pair.same_result is False:
        words, role = f"{words}; other results", "text-error"
    return (pair.label, *medians, f"{figures.factor(pair.ratio.value)} times", between, words), role


def _median(lane: LaneState) -> str:
    return figures.duration(lane.median_ns) if lane.median_ns else lane.state


def _cells(row: Sequence[str], widths: Sequence[int], role: str, glyphs: Glyphs) -> Line:
    pieces: list[Piece] = [(" ", "")]
    for column, (cell, size) in enumerate(zip(row, widths, strict=True)):
        text = shorten(cell, size, glyphs.ellipsis)
        gap = " " * (size - cells_of(text))
        pieces.append((text + gap + "  " if column in (0, len(row) - 1) else gap + text + "  ", role))
    return tuple(pieces)


def _scale(pairs: Sequence[LanePair]) -> float:
    """How far from 1 the bars reach on either side, as a factor: one scale for all of them."""
    ends = [
        max(end, 1 / end)
        for pair in pairs
        if pair.ratio is not None
        for end in (pair.ratio.value, *(pair.ratio.interval or ()))
        if end > 0
    ]
    return float(max([1.1, *ends]))


def _interval_bar(ratio: Ratio | None, width: int, scale: float, role: str, glyphs: Glyphs) -> list[Piece]:
    """Draw the interval on a logarithmic scale with 1 in the middle."""
    if ratio is None or width < 3:
        return []
    middle = width // 2

    def column(value: float) -> int:
        return max(0, min(width - 1, middle + round(math.log(value) / math.log(scale) * (middle - 1))))

    cells = [" "] * width
    cells[middle] = glyphs.stall
    low, high = ratio.interval or (ratio.value, ratio.value)
    for at in range(column(low), column(high) + 1):
        cells[at] = glyphs.chart_lines[3]
    cells[column(ratio.value)] = glyphs.markers[0]
    return [("".join(cells).rstrip(), role)]


def difference_lines(change: Change, width: int, glyphs: Glyphs) -> list[Line]:
    """Write what differs, a row each."""
    found = [difference_in_words(difference) for difference in change.differences]
    if not found:
        return [((" Nothing else differs between the two but when they were made.", MUTED),)]
    first = max(cells_of(what) for what, _, _ in found) + 2
    room = max(8, (width - first - 4) // 2)
    size = min(room, max(cells_of(one) for _, one, _ in found))
    lines: list[Line] = [((" What differs", "title"),)]
    for what, one, other in found:
        left = shorten(one, size, glyphs.ellipsis)
        pieces: tuple[Piece, ...] = (
            (f" {what}{' ' * (first - cells_of(what))}", MUTED),
            (left + " " * (size - cells_of(left)), ""),
            (f" {glyphs.arrow} ", MUTED),
        )
        lines.append((*pieces, (shorten(other, max(4, width - line_width(pieces)), glyphs.ellipsis), "")))
    return lines


def chart_of(change: Change) -> Chart | None:
    """Draw both times of every lane beside each other; None where nothing was measured."""
    places: list[tuple[str, LaneState | None, LaneState | None]] = [
        *((pair.first.key, pair.first, pair.second) for pair in change.lanes),
        *((lane.key, lane, None) for lane in change.only_first),
        *((lane.key, None, lane) for lane in change.only_second),
    ]
    both = (
        Series("first", _points([(at - _ASIDE, lane) for at, (_, lane, _) in enumerate(places, 1)])),
        Series("second", _points([(at + _ASIDE, lane) for at, (_, _, lane) in enumerate(places, 1)])),
    )
    times = [end for series in both for point in series.points for end in (point.low, point.high) if end]
    if not times:
        return None

    def name_of(tick: float) -> str:
        return places[round(tick) - 1][0] if 1 <= round(tick) <= len(places) else ""

    across = Axis(0.0, len(places) + 1.0, name_of, "lane", is_whole=True)
    return Chart(across, log_axis(times, figures.tick_duration, "time of a run"), both)


def _points(lanes: Sequence[tuple[float, LaneState | None]]) -> tuple[Point, ...]:
    """The median of each lane that gave a result, between its fastest and its slowest run."""
    return tuple(
        Point(at, float(lane.median_ns), min(lane.times_ns), max(lane.times_ns))
        for at, lane in lanes
        if lane is not None and lane.median_ns
    )
