"""Two comparisons of the past beside each other: what differs, lane by lane ratios, and a chart. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from poolscope.tui.glyphs import Glyphs
from poolscope.tui.widgets.chart import Chart, Point, Series
from poolscope.tui.widgets.chart_axis import even_axis, log_axis
from poolscope.tui.widgets.line_view import Line, Piece, cells_of, line_width
from poolscope.workloads.analysis.difference import compare
from poolscope.workloads.report import figures
from poolscope.workloads.report.change_report import difference_in_words
from poolscope.workloads.text import shorten

from .past_lines import local_time, with_text

if TYPE_CHECKING:
    from poolscope.workloads.analysis.statistics import Ratio
    from poolscope.workloads.history.past import Past
    from poolscope.workloads.model import LaneState

_ASIDE = 0.12
"""How far beside the middle of its lane each of the two is drawn, in lanes."""
_ANSWERS = {
    "faster": ("faster", "text-success"),
    "slower": ("slower", "text-error"),
    "no difference shown": ("no difference shown", "text-primary"),
    "not enough runs": ("too few runs to say", "text-muted"),
}
_BAR_LEAST, _BAR_MOST = 24, 48
_WIDE = 100
"""Cells from which the bars get their room before long names do."""


class Pair(NamedTuple):
    """One lane in both comparisons."""

    label: str
    first: LaneState | None
    """None where the first comparison has no such lane."""
    second: LaneState | None
    ratio: Ratio | None
    """How many times as fast the second one is; None where one of them gave no result."""


def times_of(lane: LaneState | None) -> tuple[int, ...]:
    """Nanoseconds of its runs that succeeded."""
    return tuple(result.elapsed_ns for result in lane.results if result.ok) if lane is not None else ()


def pairs_of(first: Past, second: Past) -> tuple[Pair, ...]:
    """Put the lanes of two comparisons together, as the command does, in the first's order."""
    change = compare(first, second)
    both = {pair.first.key: Pair(pair.label, pair.first, pair.second, pair.ratio) for pair in change.lanes}
    pairs = [both.get(lane.key, Pair(lane.label, lane, None, None)) for lane in first.lanes]
    return (*pairs, *(Pair(lane.label, None, lane, None) for lane in change.only_second))


def differences(first: Past, second: Past) -> list[tuple[str, str, str]]:
    """What differs between two comparisons: what it is, in the first, in the second; nothing that is the same."""
    return list(map(difference_in_words, compare(first, second).differences))


def heading_lines(first: Past, second: Past, width: int, glyphs: Glyphs) -> list[Line]:
    """Name the two."""
    lines: list[Line] = []
    for sign, past, role in zip(glyphs.markers, (first, second), ("text-primary", "text-warning"), strict=False):
        what = f"{past.name} {with_text(past, glyphs)}".rstrip()
        where = f"{past.machine.hostname}, Python {past.machine.python}"
        text = f"{local_time(past.origin.begun_epoch_ns) or 'at some time'}  {what}"
        rest = shorten(f"  {where}", max(0, width - len(text) - 4), glyphs.ellipsis)
        line: Line = ((f" {sign} ", role), (shorten(text, width - 4, glyphs.ellipsis), "strong"), (rest, "text-muted"))
        lines.append(line)
    return lines


def answer_sentence(pairs: Sequence[Pair]) -> str:
    """Say in one sentence how the second comparison stands to the first."""
    known = [(pair.label, pair.ratio) for pair in pairs if pair.ratio is not None]
    if not known:
        return "No lane gave results in both, so there is nothing to compare."
    told = {name: [label for label, ratio in known if ratio.answer == name] for name in _ANSWERS}
    parts = []
    for name, words in (("slower", "slower"), ("faster", "faster")):
        ratios = {label: ratio for label, ratio in known if ratio.answer == name}
        if ratios:
            which = ", ".join(f"{label} {figures.ratio_in_words(ratio.value)}" for label, ratio in ratios.items())
            parts.append(which if len(ratios) < 4 else f"{len(ratios)} lanes are {words}")
    if parts:
        rest = len(told["no difference shown"])
        tail = f"; no difference shown in {rest} other{'s' if rest > 1 else ''}" if rest else ""
        return f"In the second: {'; '.join(parts)}{tail}."
    if told["no difference shown"]:
        return "No difference is shown between the two."
    return "There are too few runs to tell the two apart: 5 of each lane are needed."


def ratio_lines(pairs: Sequence[Pair], width: int, glyphs: Glyphs) -> list[Line]:
    """Write a row a lane: both medians, how many times as fast the second is, and a bar of the interval around 1."""
    heads = ("lane", "first", "second", "as fast", "95 % interval", "")
    rows = [_row(pair) for pair in pairs]
    widths = [max(map(cells_of, column)) for column in zip(heads, *(row for row, _ in rows), strict=True)]
    used = sum(widths[1:]) + 2 * len(widths)
    reserved = _BAR_LEAST if width >= _WIDE else 0
    widths[0] = max(8, min(widths[0], width - used - reserved - 1))
    spare = width - sum(widths) - 2 * len(widths) - 1
    bars = spare if spare >= _BAR_LEAST else 0
    scale = _scale(pairs)
    lines: list[Line] = [_cells(heads, widths, "text-muted", glyphs)]
    if bars:
        middle = "1" if scale > 0 else ""
        lines[0] = (*lines[0], (f"{middle:^{min(bars, _BAR_MOST)}}".rstrip(), "text-muted"))
    for pair, (row, role) in zip(pairs, rows, strict=True):
        line = _cells(row, widths, "", glyphs)
        line = (*line[:-1], (line[-1][0], role))
        lines.append((*line, *_interval_bar(pair.ratio, min(bars, _BAR_MOST), scale, role, glyphs)) if bars else line)
    return lines


def _row(pair: Pair) -> tuple[tuple[str, ...], str]:
    medians = [figures.duration(lane.median_ns) if lane and lane.median_ns else "-" for lane in pair[1:3]]
    if pair.ratio is None:
        missing = (
            "not in the first" if pair.first is None else "not in the second" if pair.second is None else "no result"
        )
        return (pair.label, *medians, "", "", missing), "text-muted"
    interval = pair.ratio.interval
    between = f"{interval.low:.2f} to {interval.high:.2f}" if interval is not None else ""
    words, role = _ANSWERS[pair.ratio.answer]
    return (pair.label, *medians, f"{pair.ratio.value:.2f} times", between, words), role


def _cells(row: Sequence[str], widths: Sequence[int], role: str, glyphs: Glyphs) -> Line:
    pieces: list[Piece] = [(" ", "")]
    for column, (cell, size) in enumerate(zip(row, widths, strict=True)):
        text = shorten(cell, size, glyphs.ellipsis)
        gap = " " * (size - cells_of(text))
        pieces.append((text + gap + "  " if column in (0, len(row) - 1) else gap + text + "  ", role))
    return tuple(pieces)


def _scale(pairs: Sequence[Pair]) -> float:
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
    from math import log

    if ratio is None or width < 3:
        return []
    middle = width // 2

    def column(value: float) -> int:
        return max(0, min(width - 1, middle + round(log(value) / log(scale) * (middle - 1))))

    cells = [" "] * width
    cells[middle] = glyphs.stall
    low, high = ratio.interval or (ratio.value, ratio.value)
    for at in range(column(low), column(high) + 1):
        cells[at] = glyphs.chart_lines[3]
    cells[column(ratio.value)] = glyphs.markers[0]
    return [("".join(cells).rstrip(), role)]


def difference_lines(found: Sequence[tuple[str, str, str]], width: int, glyphs: Glyphs) -> list[Line]:
    """Write what differs, a row each."""
    if not found:
        return [((" Nothing else differs: machine, Python, parameters and code are the same.", "text-muted"),)]
    first = max(cells_of(what) for what, _, _ in found) + 2
    room = max(8, (width - first - 4) // 2)
    size = min(room, max(cells_of(one) for _, one, _ in found))
    lines: list[Line] = [((" What differs", "title"),)]
    for what, one, other in found:
        left = shorten(one, size, glyphs.ellipsis)
        pieces: tuple[Piece, ...] = (
            (f" {what}{' ' * (first - cells_of(what))}", "text-muted"),
            (left + " " * (size - cells_of(left)), ""),
            (f" {glyphs.arrow} ", "text-muted"),
        )
        lines.append((*pieces, (shorten(other, max(4, width - line_width(pieces)), glyphs.ellipsis), "")))
    return lines


def chart_of(pairs: Sequence[Pair]) -> Chart | None:
    """Draw both times of every lane beside each other; None where nothing was measured."""
    keys = [(pair.first or pair.second).key for pair in pairs if pair.first or pair.second]  # type: ignore[union-attr]
    series = []
    times: list[float] = []
    both = (("first", [pair.first for pair in pairs], -_ASIDE), ("second", [pair.second for pair in pairs], _ASIDE))
    for name, lanes, aside in both:
        points = []
        for at, lane in enumerate(lanes, 1):
            ordered = sorted(times_of(lane))
            if ordered:
                middle = (ordered[len(ordered) // 2] + ordered[(len(ordered) - 1) // 2]) / 2
                points.append(Point(at + aside, middle, ordered[0], ordered[-1]))
                times += [ordered[0], ordered[-1]]
        series.append(Series(name, tuple(points)))
    if not times:
        return None

    def name_of(tick: float) -> str:
        return keys[round(tick) - 1] if 1 <= round(tick) <= len(keys) else ""

    across = even_axis([len(pairs) + 0.5], name_of, "lane", is_whole=True)._replace(high=len(pairs) + 1)
    return Chart(across, log_axis(times, figures.tick_duration, "time of a run"), tuple(series))
