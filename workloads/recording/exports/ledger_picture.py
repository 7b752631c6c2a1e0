"""The ledgers as a picture: a bar a process, as long as it lived, divided by what it did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from ...report import figures
from .drawing import GUTTER, MARGIN, PLOT, SHAPES, escaped, number, picture, rectangle

if TYPE_CHECKING:
    from ...programs import ProcessLedger, ProcessPart

_HEIGHT = 18
_MOST_ROWS = 64
_LEAST = 0.3
"""Pixels that a part must take to be drawn."""
_ORDER: tuple[ProcessPart, ...] = (
    "starting",
    "receiving",
    "computing",
    "sending",
    "running",
    "waiting",
    "blocked",
    "idle",
    "stopping",
)
"""What is work stands together, so that bars are easy to compare."""


def ledger_picture(ledgers: Sequence[ProcessLedger]) -> str:
    """Draw the ledgers as SVG; of very many, those with the longest lives."""
    shown = sorted(ledgers, key=lambda ledger: -ledger.wall_ns)[:_MOST_ROWS]
    shown = [ledger for ledger in ledgers if ledger in shown]
    longest = max([1, *(ledger.wall_ns for ledger in shown)])
    rows = chain.from_iterable(_row(ledger, row * _HEIGHT, longest) for row, ledger in enumerate(shown))
    description = f"How {len(shown):,} processes spent their time; the longest lived {figures.duration(longest)}"
    return picture(len(shown) * _HEIGHT + 2, "Ledgers", description, rows)


def _row(ledger: ProcessLedger, top: int, longest: int) -> Iterable[str]:
    yield f'<text class="name" x="{GUTTER - 8}" y="{top + 13}">{escaped(ledger.label)}</text>'
    parts, left = ledger.parts(), float(GUTTER)
    for part in _ORDER:
        spent = parts[part]
        width = PLOT * spent / longest
        if width >= _LEAST:
            upper, lower = SHAPES[part]
            room = _HEIGHT - 3
            share = 100 * spent / max(1, ledger.wall_ns)
            hint = f"{ledger.label}: {part} {figures.duration(spent)}, {share:.0f} %"
            path = rectangle(left, top + 1 + room * upper, width, room * (lower - upper))
            yield f'<path class="{part}" d="{path}"><title>{escaped(hint)}</title></path>'
        left += width
    x = min(left + 6, GUTTER + PLOT + MARGIN - 60)
    yield f'<text class="muted" x="{number(x)}" y="{top + 13}">{figures.duration(ledger.wall_ns)}</text>'
