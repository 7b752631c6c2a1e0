"""A comparison as pictures in SVG: how long each lane took, how many times as fast it is, and where its time went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..analysis.statistics import spread_of
from ..model import PHASES
from ..recording.exports.drawing import GUTTER, PLOT, SHAPES, axis, escaped, number, picture, rectangle
from . import figures
from .comparison_cells import beside_the_first, ledger_of

if TYPE_CHECKING:
    from ..analysis.statistics import Interval
    from ..history.past import Past
    from ..model import LaneState, Ledger

_ROW = 26
_BAR = 16
_TOP = 4
_MOST_DOTS = 60
_NAME = 22
LOOKS = {
    "starting": "starting",
    "sending": "receiving",
    "computing": "computing",
    "returning": "sending",
    "waiting": "waiting",
    "stopping": "stopping",
}
"""How each phase of a lane's ledger is drawn: as the state of a worker in which it is spent."""


def times_picture(lanes: Sequence[LaneState]) -> str:
    """Draw the median of each lane as a bar, its middle half as a line over it, and its runs as dots."""
    shown = [lane for lane in lanes if lane.times_ns]
    longest = max(max(lane.times_ns) for lane in shown)
    bottom = _TOP + len(shown) * _ROW
    parts = [axis(longest, _TOP, bottom)]
    for index, lane in enumerate(shown):
        top = _TOP + index * _ROW
        spread = spread_of(lane.times_ns)
        width, reach = PLOT * spread.median / longest, PLOT * spread.upper / longest
        parts += _bar(lane, top, (width, reach), "computing", figures.duration(spread.median))
        if spread.count > 1:
            parts.append(_whisker(top, PLOT * spread.lower / longest, PLOT * spread.upper / longest))
            parts += [_dot(top, PLOT * time / longest) for time in lane.times_ns[:_MOST_DOTS]]
    return picture(bottom + 22, "Times of the lanes", f"Medians of {len(shown)} lanes with their middle halves", parts)


def ratios_picture(past: Past) -> str:
    """Draw how many times as fast each lane is as the first one, with 95 % intervals; "" where nobody knows."""
    shown = [(lane, ratio) for lane, ratio in beside_the_first(past) if ratio is not None]
    if not shown:
        return ""
    largest = max(1.0, *(max(ratio.value, ratio.interval.high if ratio.interval else 0.0) for _, ratio in shown))
    bottom = _TOP + len(shown) * _ROW
    one = GUTTER + PLOT / largest
    parts = [
        f'<path class="grid" d="M{number(one)} {_TOP}V{bottom + 4}"/>',
        f'<text class="tick" x="{number(one)}" y="{bottom + 16}">as fast</text>',
    ]
    for index, (lane, ratio) in enumerate(shown):
        top = _TOP + index * _ROW
        hint = f"{figures.factor(ratio.value)}×{_in_words(ratio.interval)}, {ratio.answer}"
        reach = ratio.interval.high if ratio.interval is not None else ratio.value
        parts += _bar(lane, top, (PLOT * ratio.value / largest, PLOT * reach / largest), "running", hint)
        if ratio.interval is not None:
            parts.append(_whisker(top, PLOT * ratio.interval.low / largest, PLOT * ratio.interval.high / largest))
    return picture(bottom + 22, "Speed of the lanes", "How many times as fast each lane is as the first one", parts)


def ledgers_picture(lanes: Sequence[LaneState]) -> str:
    """Draw where the time of each lane's last run went, on one scale; "" where nobody knows."""
    shown = [(lane, ledger) for lane in lanes if (ledger := ledger_of(lane)) is not None]
    if not shown:
        return ""
    longest = max(ledger.total_ns for _, ledger in shown)
    bottom = _TOP + len(shown) * _ROW
    parts = [axis(longest, _TOP, bottom)]
    for index, (lane, ledger) in enumerate(shown):
        parts += _phases(lane, ledger, _TOP + index * _ROW, longest)
    return picture(bottom + 22, "Where the time went", f"Phases of the last runs of {len(shown)} lanes", parts)


def _phases(lane: LaneState, ledger: Ledger, top: int, longest: int) -> Iterator[str]:
    yield _name(lane, top)
    left = float(GUTTER)
    for phase in PHASES:
        spent = ledger.phases()[phase]
        width = PLOT * spent / longest
        upper, lower = SHAPES[LOOKS[phase]]
        if width > 0:
            path = rectangle(left, top + _BAR * upper, width, _BAR * (lower - upper))
            hint = escaped(f"{lane.key}: {phase} {figures.duration(spent)}, {100 * spent / ledger.total_ns:.0f} %")
            yield f'<path class="{LOOKS[phase]}" d="{path}"><title>{hint}</title></path>'
        left += width
    yield _figure(top, left, figures.duration(ledger.total_ns))


def _bar(lane: LaneState, top: int, extent: tuple[float, float], look: str, hint: str) -> Iterator[str]:
    """Draw a bar with its figure, which stands beyond whatever is drawn over the bar.

    Args:
        lane: Whose bar it is.
        top: Of its row.
        extent: Width of the bar, and how far something reaches that is drawn over it.
        look: Class of the bar.
        hint: All that there is to say; the figure is what stands before the first comma or bracket.
    """
    yield _name(lane, top)
    title = escaped(f"{lane.key} {lane.label}: {hint}")
    yield f'<path class="{look}" d="{rectangle(GUTTER, top, extent[0], _BAR)}"><title>{title}</title></path>'
    yield _figure(top, GUTTER + max(extent), hint.partition(" (")[0].partition(",")[0])


def _name(lane: LaneState, top: int) -> str:
    label = f"{lane.key} {lane.label}"
    shown = label if len(label) <= _NAME else f"{label[: _NAME - 1]}…"
    return f'<text class="name" x="{GUTTER - 8}" y="{top + 12}">{escaped(shown)}<title>{escaped(label)}</title></text>'


def _figure(top: int, right: float, text: str) -> str:
    return f'<text class="muted" x="{number(right + 8)}" y="{top + 12}">{escaped(text)}</text>'


def _whisker(top: int, low: float, high: float) -> str:
    middle, left, right = top + _BAR / 2, GUTTER + low, GUTTER + high
    ends = "".join(f"M{number(x)} {number(middle - 5)}v10" for x in (left, right))
    return f'<path class="whisker" d="M{number(left)} {number(middle)}H{number(right)}{ends}"/>'


def _dot(top: int, at: float) -> str:
    return f'<circle class="dot" cx="{number(GUTTER + at)}" cy="{top + _BAR + 4}" r="1.6"/>'


def _in_words(interval: Interval | None) -> str:
    return "" if interval is None else f" ({figures.interval(*interval)})"
