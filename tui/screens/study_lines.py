"""A study as lines of text: its answer, its table, and how far it has come. Pure functions of what is known of it."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from poolscope.tui.glyphs import Glyphs
from poolscope.tui.panels.big_figures import big
from poolscope.tui.study_view import KINDS, TITLES, StudyKind, StudyView
from poolscope.tui.widgets.bar import bar
from poolscope.tui.widgets.line_view import Line, Piece, cells_of, line_width
from poolscope.workloads.report import figures
from poolscope.workloads.text import clean, shorten

ROOMY = 30
"""Rows of the terminal from which the figure of the answer is large."""
_LONGEST = 600
_GAP = 3
_BAR = 30
INVITATIONS: dict[StudyKind, str] = {
    "break-even": "Small amounts of work are done before workers have even started; from some size on, they may pay. "
    "Measured here is which size that is: {lane} against {reference}, at sizes chosen for what they tell.",
    "scaling": "More workers help until something else than workers is scarce. Measured here is how many times as fast "
    "the work is with 1, 2, 4 and more of them, and where more of them cost more than they bring: {lane}.",
    "chunks": "Tasks are shipped in chunks: small ones cost a message each, large ones leave workers idle at the end. "
    "Measured here is which size is best: {lane}.",
    "advice": "All of it within a minute: which engine, how many workers, which start method and chunk size, what that "
    "gains here, why, from which size on, and the code to paste. Lanes are tried as long as they promise anything.",
}
"""What each study is about, where it was not made yet; {lane} and {reference} stand for the lanes."""


def invitation(kind: StudyKind, reference: str, lane: str) -> str:
    """Say what a study of that KIND would find out."""
    return INVITATIONS[kind].format(lane=lane, reference=reference)


def kinds_line(chosen: StudyKind) -> tuple[Line, list[tuple[int, int, str]]]:
    """Write one tab a kind; the chosen one is in capitals, so that it is seen without colour."""
    pieces: list[Piece] = [(" ", "")]
    spots: list[tuple[int, int, str]] = []
    for number, kind in enumerate(KINDS, 1):
        title = TITLES[kind]
        text = f"{number} {title.upper() if kind == chosen else title}"
        begin = line_width(tuple(pieces))
        spots.append((begin, begin + len(text), f"kind({number})"))
        pieces += [(text, "cursor" if kind == chosen else "text-muted"), ("  ", "")]
    return tuple(pieces), spots


def answer_lines(view: StudyView, width: int, glyphs: Glyphs, *, is_roomy: bool) -> list[Line]:
    """Write the answer: a large figure where there is room for it, the sentence beside it, and what else there is."""
    room = max(16, width - 2)
    large = big(view.figure) if is_roomy and glyphs.bar_partial else None
    if large is not None and width >= len(large[0]) + 30:
        room = width - len(large[0]) - 5
    role = "text-error" if view.error else "text-success" if view.is_over and not view.is_cancelled else "strong"
    said: list[Line] = [((text, role),) for text in _wrapped(view.error or view.sentence, room)]
    if view.error and view.sentence:
        said += [((text, "strong"),) for text in _wrapped(view.sentence, room)]
    for sentence in view.more:
        said += [((text, "text-muted"),) for text in _wrapped(sentence, room)]
    for note in view.notes:
        said += [((text, "text-warning"),) for text in _wrapped(note, room)]
    if large is None or room == max(16, width - 2):
        return [((" ", ""), *line) for line in said]
    said = [()] * (len(said) == 1) + said
    lines: list[Line] = []
    for row in range(max(3, len(said))):
        left = large[row] if row < 3 else " " * len(large[0])
        lines.append(((f" {left}{' ' * _GAP}", role), *(said[row] if row < len(said) else ())))
    return lines


def _wrapped(sentence: str, width: int) -> list[str]:
    return wrap(clean(sentence, _LONGEST), width)


def table_lines(view: StudyView, width: int, glyphs: Glyphs) -> list[Line]:
    """Write what was measured, a row a place, under the titles of the columns."""
    table = [view.head, *view.rows] if view.rows else []
    widths = [max(cells_of(row[column]) for row in table) for column in range(len(view.head))] if table else []
    lines: list[Line] = []
    for number, row in enumerate(table):
        gaps = [" " * (size - cells_of(cell)) for cell, size in zip(row, widths, strict=True)]
        cells = [gap + cell for cell, gap in zip(row, gaps, strict=True)]
        if view.head[0] == "lane":  # a name, and not a figure
            cells[0] = row[0] + gaps[0]
        text = shorten(f" {(' ' * _GAP).join(cells)}", width, glyphs.ellipsis)
        lines.append(((text, "text-muted" if number == 0 else ""),))
    return lines


def code_lines(code: str | None) -> list[Line]:
    """Write the code to paste, as it will be copied."""
    if code is None:
        return []
    heading: Line = ((" The code to paste (y copies it)", "title"),)
    return [heading, (), *(((f"  {clean(line, _LONGEST)}", ""),) for line in code.rstrip("\n").split("\n"))]


def progress_line(view: StudyView | None, width: int, glyphs: Glyphs, *, other: str = "") -> Line:
    """Say how far a study has come; OTHER is what goes on instead, in a sentence, if something does."""
    if view is None or view.is_over:
        if other:
            return ((f" {shorten(other, width - 2, glyphs.ellipsis)}", "text-warning"),)
        if view is None:
            return ((" Press r to measure.", "text-primary"),)
        stays = "Cancelled; what was measured stands above." if view.rows else "Cancelled before anything was measured."
        return ((f" {stays}", "text-warning"),) if view.is_cancelled else ()
    pieces: list[Piece] = [(" ", "")]
    if view.share is not None:
        full, rest = bar(view.share, max(4, min(_BAR, width // 3)), glyphs)
        pieces += [(full, "text-primary"), (rest, "surface"), ("  ", "")]
    said = [] if view.left_ns is None else [f"at most {figures.brief(view.left_ns)} left"]
    said += [view.doing] if view.doing else []
    text = f" {glyphs.separator} ".join(said)
    pieces.append((shorten(text, max(1, width - line_width(tuple(pieces)) - 1), glyphs.ellipsis), ""))
    return tuple(pieces)


def lane_labels(labels: Sequence[str]) -> tuple[str, str]:
    """Name the reference and the other lane of a study."""
    return (labels[0] if labels else "serial"), (labels[1] if len(labels) > 1 else labels[0] if labels else "pool")
