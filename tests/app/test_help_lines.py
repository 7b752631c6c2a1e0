"""The legend of the help, folded to the width of the dialog: nothing of it may be cut off."""

from __future__ import annotations

import pytest

from poolscope.tui.commands import COMMANDS
from poolscope.tui.glyphs import ASCII, UNICODE
from poolscope.tui.screens.help import folded_line, key_lines, shape_lines
from poolscope.tui.widgets.line_view import Line, line_width

LINES = (*shape_lines(UNICODE), *shape_lines(ASCII), *key_lines((), COMMANDS, 1))


def words(lines: list[Line]) -> list[str]:
    return " ".join("".join(text for text, _ in line) for line in lines).split()


@pytest.mark.parametrize("width", [40, 55, 72, 80, 200])
def test_every_line_fits_and_keeps_its_words(width: int) -> None:
    for line in LINES:
        folded = folded_line(line, width)
        assert all(line_width(part) <= width for part in folded)
        assert words(folded) == words([line])
        assert (len(folded) == 1) == (line_width(line) <= width)


def test_what_a_key_does_stays_beside_it() -> None:
    line = (("q               ", "text-primary"), ("Leave; asks first while something runs", ""))
    assert folded_line(line, 40) == [
        (line[0], ("Leave; asks first while", "")),
        ((" " * 16, ""), ("something runs", "")),
    ]


def test_a_shape_keeps_its_name() -> None:
    for line in shape_lines(UNICODE):
        for part in folded_line(line, 30):
            assert len(part) % 2 == 0 or len(part) == 1
