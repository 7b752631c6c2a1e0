"""The result of a lane as lines of text: its table, its sentences, and what raised."""

from __future__ import annotations

import re
from textwrap import wrap

from poolscope.tui.glyphs import Glyphs
from poolscope.tui.widgets.line_view import Line
from poolscope.workloads.model import LaneState
from poolscope.workloads.text import clean, shorten

_COLUMNS = re.compile(r"\S {2,}\S")
"""What a line of a table has, and a sentence has not."""
_LONGEST = 1_000


def has_lines(lane: LaneState) -> bool:
    """Whether the result of a LANE says more than its summary."""
    return bool(lane.results and lane.results[-1].lines)


def has_failures(lane: LaneState) -> bool:
    """Whether it is known what raised in a LANE."""
    return bool(lane.traceback or any(result.failures for result in lane.results))


def result_lines(lane: LaneState, width: int, glyphs: Glyphs) -> list[Line]:
    """Write what the result of a LANE says, below a title; sentences are wrapped, tables are not."""
    result = lane.results[-1]
    lines: list[Line] = [((f" Result of {lane.key}", "strong"),)]
    for line in result.lines:
        text = clean(line, _LONGEST)
        indent = len(text) - len(text.lstrip())
        if _COLUMNS.search(text):
            lines.append(((f" {shorten(text, width - 1, glyphs.ellipsis)}", ""),))
        else:
            lines += [((f" {part}", ""),) for part in wrap(text, max(20, width - 2), subsequent_indent=" " * indent)]
    return lines


def cut(lines: list[Line], height: int) -> list[Line]:
    """Make do with HEIGHT lines, at least one: the title goes first, and the last line says how to see the rest."""
    if len(lines) <= height:
        return lines
    return [*lines[1:height], ((" enter ", "text-primary"), ("all of the result", "text-muted"))]
