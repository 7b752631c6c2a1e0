"""Where each panel goes: a pure function of the room, the chosen panel and the zoom, and its Textual layout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from poolscope.tui.panels.base import Panel

Shape = Literal["full", "tabs", "tiny"]

WORKLOADS, LANES, CORES, LEDGER, TIMELINE, PROCESSES, LOG = range(1, 8)
"""The panels by their digits."""

SMALL_CORES = 4
SMALL_LOG = 3
"""Rows, borders included, of what stays in sight below the chosen tab."""
LEAST_TIMELINE = 6
"""Rows, borders included: two processes, the axis and a line of words."""


def shape_of(width: int, height: int) -> Shape:
    """Tell which layout a terminal of WIDTH x HEIGHT cells gets."""
    if width < 60 or height < 15:
        return "tiny"
    return "full" if width >= 100 and height >= 30 else "tabs"


def regions_of(shape: Shape, size: Size, chosen: int, *, zoomed: bool) -> dict[int, Region]:
    """Place the panels on SIZE (header, tabs and footer left out).

    Args:
        shape: How much of the screen there is.
        size: The room for panels.
        chosen: The panel that has the focus, or that was chosen from the tabs.
        zoomed: Whether the chosen panel has all the room.

    Returns:
        Regions by the panels' digits; panels that are left out are hidden.
    """
    if shape == "tiny":
        return {}
    if zoomed:
        return {chosen: Region(0, 0, size.width, size.height)}
    return _full(size) if shape == "full" else _tabs(size, chosen)


def _full(size: Size) -> dict[int, Region]:
    width, height = size
    left = _clamp(width // 4, 26, 50)
    right = _clamp(width // 4, 28, 52)
    top = _clamp(round(height * 0.37), 11, 16)
    middle = _clamp(round(height * 0.22), 7, 11)
    log = min(_clamp(round(height * 0.18), 4, 14), height - top - middle - LEAST_TIMELINE)
    # The table of processes has more columns than the ledger has to say once both have got enough.
    ledger = max(width // 2, 60)
    bottom = height - log
    return {
        WORKLOADS: Region(0, 0, left, top),
        LANES: Region(left, 0, width - left - right, top),
        CORES: Region(width - right, 0, right, top),
        LEDGER: Region(0, top, ledger, middle),
        PROCESSES: Region(ledger, top, width - ledger, middle),
        TIMELINE: Region(0, top + middle, width, bottom - top - middle),
        LOG: Region(0, bottom, width, log),
    }


def _tabs(size: Size, chosen: int) -> dict[int, Region]:
    width, left = size
    regions = {}
    for number, rows, least in ((LOG, SMALL_LOG, 11), (CORES, SMALL_CORES, 10)):
        if chosen != number and left - rows >= least:
            left -= rows
            regions[number] = Region(0, left, width, rows)
    regions[chosen] = Region(0, 0, width, left)
    return regions


def _clamp(value: int, least: int, most: int) -> int:
    return max(least, min(most, value))


class LabLayout(Layout):
    """Puts each panel of the lab where `regions_of` says."""

    name = "lab"

    def __init__(self) -> None:
        self.regions: Mapping[int, Region] = {}

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        """Place the panels that have a region."""
        del size, greedy
        parent.pre_layout(self)
        return [
            WidgetPlacement(self.regions[child.NUMBER], NULL_OFFSET, NULL_SPACING, child)
            for child in children
            if isinstance(child, Panel) and child.NUMBER in self.regions
        ]
