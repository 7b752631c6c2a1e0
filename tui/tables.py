"""Tables of the headless command for a terminal, drawn by Rich: as wide as the terminal, cut where they must be."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from poolscope.workloads.report.grid import Block, Grid

_WIDTH = 80
_GAP = 2
"""Blanks between two columns."""


def draw(blocks: Sequence[Block], width: int | None = None) -> str:
    """Draw a report.

    Args:
        blocks: Its parts; nothing in them is taken for markup.
        width: Cells; None for those of the terminal that stdout is.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    page = StringIO()
    console = Console(
        file=page,
        width=width or _terminal_width(),
        force_terminal=True,
        color_system=None if os.environ.get("NO_COLOR") else "standard",
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for number, block in enumerate(blocks):
        if number:
            console.print()
        if isinstance(block, str):
            console.print(Text(block))
        else:
            console.print(_table(_fitting(block, console.width), is_ascii=not _is_unicode(encoding)))
    return page.getvalue().rstrip("\n")


def _fitting(grid: Grid, width: int) -> Grid:
    """Leave out columns that can be spared until the others have room."""
    while grid.spare and sum(grid.widths) + _GAP * (len(grid.heads) - 1) > width:
        grid = grid.without_last()
    return grid


def _table(grid: Grid, *, is_ascii: bool) -> Table:
    table = Table(
        box=box.ASCII2 if is_ascii else box.SIMPLE_HEAD,
        show_header=any(grid.heads),
        header_style="bold",
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
    )
    for index, head in enumerate(grid.heads):
        is_figure = index in grid.right
        table.add_column(
            Text(head),
            justify="right" if is_figure else "left",
            overflow="fold",
            no_wrap=is_figure or index in grid.whole,
        )
    for row in grid.rows:
        table.add_row(*map(Text, row))
    return table


def _is_unicode(encoding: str) -> bool:
    return encoding.lower().replace("-", "") in ("utf8", "utf16", "utf32")


def _terminal_width() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or _WIDTH
    except (OSError, ValueError, AttributeError):
        return _WIDTH
