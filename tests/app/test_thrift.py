"""What is sent to the terminal thriftily looks the same there as what Textual would send."""

from __future__ import annotations

import random
from typing import Literal

import pyte
import pytest
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from poolscope.tui.thrift import ThriftyUpdate
from poolscope.tui.widgets.line_view import changed_spans

WIDTH, HEIGHT = 40, 6
STYLES = [
    Style.parse(text)
    for text in (
        "#d5dbe3 on #12161c", "#86c28b on #12161c", "bold #e2707e on #12161c", "underline #86c28b on #12161c",
        "bold underline #000000 on #6fb3d2", "#a0a0a0 on #222a35", "none", "reverse", "red", "on blue",
    )
]  # fmt: skip


def scene(chance: random.Random) -> list[Strip]:
    """Make a screen of lines in random pieces."""
    lines = []
    for _ in range(HEIGHT):
        segments, taken = [], 0
        while taken < WIDTH:
            text = chance.choice(("word", "   ", "x", "▁▂▃▄▅", " 1.5 s"))[: WIDTH - taken]
            segments.append(Segment(text, chance.choice(STYLES)))
            taken += len(text)
        lines.append(Strip(segments, WIDTH))
    return lines


def chops_of(lines: list[Strip], cuts: list[int]) -> list[dict[int, Strip]]:
    """Divide LINES where widgets meet."""
    return [dict(zip([0, *cuts], line.divide([*cuts, WIDTH]), strict=True)) for line in lines]


def shown(*texts: str) -> list[list[tuple[object, ...]]]:
    """Return the cells of a terminal that was sent TEXTS, without the colour of blanks."""
    screen = pyte.Screen(WIDTH, HEIGHT)
    stream = pyte.Stream(screen)
    for text in texts:
        stream.feed(text)
    rows = [[screen.buffer[y][x] for x in range(WIDTH)] for y in range(HEIGHT)]
    return [
        [cell._replace(fg="") if cell.data == " " and not (cell.reverse or cell.underscore) else cell for cell in row]
        for row in rows
    ]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("system", ["truecolor", "256", "standard"])
def test_it_looks_the_same_and_is_shorter(seed: int, system: Literal["truecolor", "256", "standard"]) -> None:
    chance = random.Random(seed)
    console = Console(color_system=system, force_terminal=True)
    for style in STYLES:
        style._ansi = None  # remembered from another number of colours
    cuts = sorted(chance.sample(range(1, WIDTH), 2))
    ends = [[*cuts, WIDTH]] * HEIGHT
    everything = [(y, 0, WIDTH) for y in range(HEIGHT)]
    before = ChopsUpdate(chops_of(scene(chance), cuts), everything, ends).render_segments(console)
    lines = scene(chance)
    new = chops_of(lines, cuts)
    all_of_it = ThriftyUpdate(new, everything, ends).render_segments(console)
    usual = ChopsUpdate(new, everything, ends).render_segments(console)
    assert shown(before, all_of_it) == shown(before, usual)
    assert len(all_of_it) < len(usual)
    y, first, last = chance.randrange(HEIGHT), *sorted(chance.sample(range(WIDTH + 1), 2))
    part = ThriftyUpdate(new, [(y, first, last)], ends).render_segments(console)
    cells, old = shown(before, part), shown(before)
    assert cells[y] == old[y][:first] + shown(before, usual)[y][first:last] + old[y][last:]
    assert [row for number, row in enumerate(cells) if number != y] == [
        row for number, row in enumerate(old) if number != y
    ]


def test_only_what_differs_of_a_line_is_drawn_again() -> None:
    old = (("A pool", "strong"), ("  ", ""), ("1.5 s", "success"))
    assert changed_spans(old, old, 20) == []
    assert changed_spans(old, (("A pool", "strong"), ("  ", "title"), ("1.7 s", "success")), 20) == [(10, 11)]
    assert changed_spans(old, (("B pool", "strong"), ("  ", ""), ("1.5 s", "warning")), 20) == [(0, 13)]
    assert changed_spans(old, (("B pool", "strong"), ("  ", ""), ("1.5 s", "success"), ("!", "")), 20) == [
        (0, 1),
        (13, 14),
    ]
    assert changed_spans(old, (("A pool", "strong"), ("  ", "track"), ("1.5 s", "success")), 20) == [(6, 8)]
    assert changed_spans(old, (("日", ""),), 20) == [(0, 20)]
    assert changed_spans((), (("longer than the view", ""),), 6) == [(0, 6)]


def test_an_update_of_another_make_is_drawn_as_textual_draws_it() -> None:
    chance = random.Random(5)
    chops = chops_of(scene(chance), [10])
    ends = [[10, WIDTH] for _ in range(HEIGHT)]
    spans = [(y, 0, WIDTH) for y in range(HEIGHT)]
    plain = Console(force_terminal=True, color_system="truecolor")
    update = ThriftyUpdate(chops, spans, ends)
    del update.chop_ends
    with pytest.raises(AttributeError):
        update._render(plain)
    whole = ThriftyUpdate(chops, spans, ends)
    whole._render = update._render  # type: ignore[method-assign]
    assert whole.render_segments(plain) == ChopsUpdate(chops, spans, ends).render_segments(plain)
