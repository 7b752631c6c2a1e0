"""Lines made of text and a role: the line-API base of everything that changes often.

A line is a tuple of (text, role) pieces. Roles are those of the palette, so colours come from the theme and change
with it. A view repaints only the lines whose pieces changed: Textual resends every cell of a dirty region.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from .palette import ROLES, style_in

Piece = tuple[str, str]
"""Text and the role that it is shown in; "" is the widget's own style."""

Line = tuple[Piece, ...]

NEAR = 8
"""Unchanged cells between changed ones that are drawn again with them: moving the cursor takes as many bytes."""

SHOWING_BLANKS = ("track", "success-seated", "warning-seated", "error-seated", "cursor", "focused-cursor")
"""Roles in which a blank can be seen."""


def cells_of(text: str) -> int:
    """Cells that TEXT takes, as Textual counts them."""
    return len(text) if text.isascii() else cell_len(text)


def line_width(line: Line) -> int:
    """Cells that LINE takes."""
    return sum(cells_of(text) for text, _ in line)


def merged(line: Line) -> list[Piece]:
    """Join neighbours that look alike: each change of style costs the terminal some forty bytes.

    A blank looks the same in every role that shows nothing behind or under the text.
    """
    pieces: list[Piece] = []
    for text, role in line:
        if not text:
            continue
        if pieces:
            before, before_role = pieces[-1]
            is_plain_blank = not role and before_role not in SHOWING_BLANKS and text.isspace()
            if role == before_role or is_plain_blank:
                pieces[-1] = (before + text, before_role)
                continue
        pieces.append((text, role))
    return pieces


def changed_spans(old: Line, new: Line, width: int) -> list[tuple[int, int]]:
    """Cells, from the first up to the last and one, in which two lines differ when drawn in WIDTH cells.

    Spans that are near each other are one: going on costs less than moving there.
    """
    same = next(
        (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )
    begin = min(cells_of("".join([text for text, _ in old[:same]])), width)
    before, after = _cells(old[same:], width - begin), _cells(new[same:], width - begin)
    if before is None or after is None:
        return [(begin, width)]
    spans: list[tuple[int, int]] = []
    for x, (one, other) in enumerate(zip(before, after, strict=True), begin):
        if one == other:
            continue
        if spans and x - spans[-1][1] < NEAR:
            spans[-1] = (spans[-1][0], x + 1)
        else:
            spans.append((x, x + 1))
    return spans


def _cells(line: Line, width: int) -> list[Piece] | None:
    """The LINE cell by cell; None if a character takes another number of cells than one."""
    whole = "".join([text for text, _ in line])
    if cells_of(whole) != len(whole):
        return None
    cells: list[Piece] = []
    for text, role in line:
        if len(text) == 1 and text != " ":
            cells.append((text, role))
            continue
        blank = (" ", role if role in SHOWING_BLANKS else "")
        cells += [blank if character == " " else (character, role) for character in text]
    return cells[:width] + [(" ", "")] * (width - len(cells))


def exact_strip(segments: list[Segment], width: int, style: Style) -> Strip:
    """Make a strip of exactly WIDTH cells, padded in STYLE; builds no more strips than needed, for each is dear."""
    taken = cells_of("".join([segment.text for segment in segments]))
    if taken < width:
        segments.append(Segment(" " * (width - taken), style))
    strip = Strip(segments, max(taken, width))
    return strip if taken <= width else strip.crop(0, width)


def sentence_line(sentence: str, width: int, row: int) -> Line:
    """The line in ROW of a SENTENCE that stands where there is nothing to show, broken between words at WIDTH."""
    lines = wrap(sentence, max(1, width))
    return ((lines[row], "text-muted"),) if row < len(lines) else ()


class StyledView(ScrollView, inherit_bindings=False):
    """A scrolling view that turns pieces into strips, with the styles of the theme at hand."""

    DEFAULT_CSS = """
    StyledView {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        background: transparent;
        scrollbar-color: $foreground 25%;
        scrollbar-color-hover: $foreground 45%;
        scrollbar-color-active: $foreground 60%;
        scrollbar-background: $foreground 4%;
        scrollbar-background-hover: $foreground 8%;
        scrollbar-background-active: $foreground 8%;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._styles_of_roles: dict[str, Style] = {}
        self.drawn_width = 0

    @property
    def content_width(self) -> int:
        """Cells a line may take, the scrollbar left out."""
        return self.scrollable_content_region.width

    @property
    def content_height(self) -> int:
        """Lines that are visible."""
        return self.scrollable_content_region.height

    def notify_style_update(self) -> None:
        """Forget the styles when the theme or the focus changed them."""
        super().notify_style_update()
        self._styles_of_roles.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw the lines in CROP; the width is the same for all of them and dear to ask for."""
        self.drawn_width = self.content_width
        return super().render_lines(crop)

    def style_of(self, role: str) -> Style:
        """The style of ROLE in the current theme."""
        try:
            return self._styles_of_roles[role]
        except KeyError:
            style = style_in(self, ROLES[role]) if role else self.rich_style
            self._styles_of_roles[role] = style
            return style

    def strip_of(self, line: Line, width: int, *, is_cursor: bool = False) -> Strip:
        """Draw LINE in exactly WIDTH cells; under the cursor in one style, so that it reads in every theme."""
        if is_cursor:
            style = self.style_of("focused-cursor" if self.has_focus else "cursor")
            return exact_strip([Segment("".join([text for text, _ in line]), style)], width, style)
        segments = [Segment(text, self.style_of(role)) for text, role in merged(line)]
        return exact_strip(segments, width, self.style_of(""))

    def repaint(self, rows: Sequence[int]) -> None:
        """Mark visible ROWS, counted from the top of the view, to be drawn again."""
        self.repaint_spans([(y, 0, self.content_width) for y in rows])

    def repaint_spans(self, spans: Sequence[tuple[int, int, int]]) -> None:
        """Mark parts of visible rows to be drawn again: row, first cell, last cell and one."""
        height = self.content_height
        regions = [Region(x, y, end - x, 1) for y, x, end in spans if 0 <= y < height]
        if regions:
            self.refresh(*regions)


class LineView(StyledView):
    """Shows lines as they are, scrolling when there are more than fit."""

    can_focus = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Up", show=False),
        Binding("down,j", "scroll_down", "Down", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("home", "scroll_home", "Start", show=False),
        Binding("end", "scroll_end", "End", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._lines: tuple[Line, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown, from the top."""
        return self._lines

    def show(self, lines: Sequence[Line]) -> None:
        """Show LINES, repainting only those that differ from what was there."""
        old, self._lines = self._lines, tuple(lines)
        if len(old) != len(self._lines):
            self.virtual_size = Size(0, len(self._lines))
            self.refresh()
            return
        top = self.scroll_offset.y
        width, height = self.content_width, self.content_height
        self.repaint_spans(
            [
                (y - top, *span)
                for y, line in enumerate(self._lines)
                if line != old[y] and 0 <= y - top < height
                for span in changed_spans(old[y], line, width)
            ]
        )

    def on_resize(self, _event: events.Resize) -> None:
        """Draw everything again if it was painted at another width."""
        if self.content_width != self.drawn_width:
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw visible row Y."""
        index = self.scroll_offset.y + y
        line = self._lines[index] if index < len(self._lines) else ()
        return self.strip_of(line, self.content_width)
