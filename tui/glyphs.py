"""The language of shapes: one glyph and one colour role a phase and a state, in Unicode and in ASCII."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .widgets.line_view import Line


class Glyphs(NamedTuple):
    """The characters that a terminal can show."""

    phases: dict[str, str]
    """By the names in `poolscope.workloads.model.PHASES`."""
    states: dict[str, str]
    """By run state and process phase."""
    parts: dict[str, str]
    """By the names in `poolscope.workloads.programs.PARTS`: what one process does with its time. Seen from a worker,
    arguments are received and results sent; both have the shape that they have for the lane."""
    bar: str
    bar_empty: str
    bar_partial: str
    """Eighths of a cell from 1/8 to 7/8; empty where the terminal has none."""
    history: str
    """Levels of a one-cell history column, from none to full."""
    ellipsis: str
    times: str
    arrow: str
    separator: str
    cross: str
    meter: str = "█▓▒"
    """What a core did: user, system and steal time."""
    differs: str = "≠"
    """Beside a result that is not the reference's."""
    stall: str = "┊"
    """A moment in which no worker had work."""
    tick: str = "╵"
    """Where a figure of an axis belongs to."""
    here: str = "▲"
    """Under the moment that is shown or looked at."""
    at_most: str = "≤"
    """Before a figure that is an upper bound."""
    markers: str = "●▲■◆○△□◇"
    """Points of a chart, one shape a series."""
    curves: str = ""
    """Curves of a chart, one character a series; "" to draw them in braille."""
    chart_lines: Sequence[str] = tuple("│┤└─┴━╋")
    """The vertical axis, a tick of it, the corner, the horizontal axis, a tick of it, an interval on it, a mark."""
    target: str = "◎"
    """Where two curves cross."""
    spelling: Mapping[int, str] = MappingProxyType({})
    """How characters of figures and words are written where the terminal has no glyph for them."""

    def spell(self, lines: Sequence[Line]) -> list[Line]:
        """Write LINES so that the terminal can show their words too."""
        if not self.spelling:
            return list(lines)
        return [tuple((text.translate(self.spelling), role) for text, role in line) for line in lines]


UNICODE = Glyphs(
    phases={"starting": "▏", "sending": "▚", "computing": "█", "returning": "▞", "waiting": "░", "stopping": "▕"},
    states={
        "queued": "·", "running": "▶", "done": "✔", "failed": "✗", "cancelled": "◼", "suspended": "⏸",
        "skipped": "⊘", "off": "○",
        "starting": "▏", "waiting": "░", "receiving": "▚", "computing": "▶", "returning": "▞", "idle": "·",
        "ended": "✔",
    },
    parts={
        "starting": "▏", "waiting": "░", "receiving": "▚", "computing": "█", "sending": "▞", "idle": "·",
        "blocked": "╌", "running": "▄", "stopping": "▕",
    },
    bar="█", bar_empty="░", bar_partial="▏▎▍▌▋▊▉", history=" ▁▂▃▄▅▆▇█",
    ellipsis="…", times="×", arrow="▸", separator="·", cross="✗",
)  # fmt: skip

ASCII = Glyphs(
    phases={"starting": "|", "sending": "/", "computing": "#", "returning": "\\", "waiting": ".", "stopping": "]"},
    states={
        "queued": ".", "running": ">", "done": "+", "failed": "x", "cancelled": "-", "suspended": "=",
        "skipped": "_", "off": "o",
        "starting": "|", "waiting": ".", "receiving": "/", "computing": ">", "returning": "\\", "idle": ".",
        "ended": "+",
    },
    parts={
        "starting": "|", "waiting": ".", "receiving": "/", "computing": "#", "sending": "\\", "idle": ",",
        "blocked": "-", "running": "=", "stopping": "]",
    },
    bar="#", bar_empty=".", bar_partial="", history="0123456789",
    ellipsis="~", times="x", arrow=">", separator="-", cross="x", meter="#=!", at_most="<", differs="!",
    stall=":", tick="'", here="^", markers="ox+*@%&$", curves=".-~=,_;!", chart_lines=tuple("||+-+=^"), target="X",
    spelling=str.maketrans({"µ": "u", "·": "-", "×": "x", "…": "~", "–": "-", "“": '"', "”": '"'}),
)  # fmt: skip

PHASE_ROLES = {
    "starting": "text-muted",
    "sending": "warning",
    "computing": "success",
    "returning": "secondary",
    "waiting": "surface",
    "stopping": "text-muted",
    "failed": "error",
}
"""Colour role in the theme of each phase; the same in lanes, ledger, processes and help."""

PART_ROLES = {
    "starting": "text-muted",
    "waiting": "surface",
    "receiving": "warning",
    "computing": "success",
    "sending": "secondary",
    "idle": "text-muted",
    "blocked": "text-muted",
    "running": "text-primary",
    "stopping": "text-muted",
    "failed": "error",
    "stall": "warning",
}
"""Colour role in the theme of each part of a process's time; the same in timeline, ledger and help."""
