"""What the timeline's cursor is on, in words: as much as there is room for, the most telling first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from poolscope.tui.glyphs import PART_ROLES, Glyphs
from poolscope.tui.widgets.line_view import Line, Piece, cells_of, line_width
from poolscope.workloads.report import figures
from poolscope.workloads.text import shorten

if TYPE_CHECKING:
    from poolscope.workloads.analysis.tracks import ChunkView, Stretch, TrackView

WORDS = {
    "starting": "starting",
    "waiting": "waiting for a task",
    "receiving": "receiving arguments",
    "computing": "computing",
    "sending": "sending the result",
    "idle": "idle, no task left",
    "blocked": "waiting for others",
    "running": "running",
    "stopping": "stopping",
    "none": "not started yet",
    "ended": "ended",
}
"""What a process is doing, by the names of the states."""
WORD_ROLES = {"success": "text-success", "warning": "text-warning", "secondary": "text-secondary"}
"""The colours of shapes in the tint that makes words readable."""
_LEAST_NAME = 6
"""Cells to which a name may be cut rather than left out."""


class Fact(NamedTuple):
    """A part of the detail line."""

    text: str
    rank: int
    """Facts of the lowest rank are taken first."""
    role: str = ""
    tail: str = ""
    """What stays after `text` where that is cut."""

    @property
    def cells(self) -> int:
        """What it takes."""
        return cells_of(self.text) + cells_of(self.tail)


def detail_lines(
    track: TrackView, stretch: Stretch | None, at: str, width: int, rows: int, glyphs: Glyphs, *, is_over: bool
) -> list[Line]:
    """Say what TRACK does at a moment.

    Args:
        track: The row.
        stretch: What it does then, or did last if it is gone; None if nothing is known.
        at: The moment as it is written.
        width: Cells of a line.
        rows: How many lines there are at most; at least 1.
        glyphs: What the terminal can show.
        is_over: Whether the process was gone by then.
    """
    head = _head(track, stretch, at, glyphs, is_over=is_over)
    chunk = stretch.chunk if stretch is not None else None
    about = _about_chunk(chunk, glyphs, is_held=is_over) if chunk is not None else []
    course = _course(chunk) if chunk is not None else _about_process(track) if stretch is not None or is_over else []
    if rows == 1:
        # On one line the stretch's own length stands for the time that the same part of the chunk took.
        return [_joined(head, [*about, *course], width, glyphs)]
    lines = [_joined(head, about, width, glyphs), _joined((), course, width, glyphs)]
    if chunk is not None and chunk.arguments:
        arguments = shorten(chunk.arguments, max(1, width - 10), glyphs.ellipsis)
        lines.append((("arguments ", "text-muted"), (arguments, "")))
    elif chunk is not None:
        lines.append(_joined((), _about_process(track), width, glyphs))
    return lines[:rows]


def _head(track: TrackView, stretch: Stretch | None, at: str, glyphs: Glyphs, *, is_over: bool) -> Line:
    """Who, when, and doing what for how long."""
    who: Line = ((track.label, "strong"), (f" at {at}  ", "text-muted"))
    if is_over:
        status = track.exit_status
        words = "gone" if status is None else figures.exit_status(status)
        is_bad = track.has_bad_end
        glyph = glyphs.cross if is_bad else glyphs.states["cancelled" if status else "ended"]
        lived = figures.duration((track.ended_ns or track.until_ns) - track.started_ns)
        return (*who, (f"{glyph} {words}", "text-error" if is_bad else "text-muted"), (f" after {lived}", ""))
    if stretch is None:
        return (*who, (WORDS["none"], "text-muted"))
    role = PART_ROLES.get(stretch.state, "text-muted")
    glyph, role = glyphs.parts.get(stretch.state, " "), WORD_ROLES.get(role, "text-muted")
    far = " so far" if stretch.is_open else ""
    return (
        *who,
        (f"{glyph} {WORDS[stretch.state]}", role),
        (f" {figures.duration(stretch.length_ns)}{far}", ""),
    )


def _about_chunk(chunk: ChunkView, glyphs: Glyphs, *, is_held: bool) -> list[Fact]:
    """Which chunk it is."""
    name = f"{'held ' if is_held else ''}chunk {figures.count(chunk.position + 1)}"
    if chunk.chunks:
        name += f" of {figures.count(chunk.chunks)}"
    times = f" {glyphs.times} {figures.count(chunk.items)}"
    if chunk.chunks == 1:
        name = "held the only chunk" if is_held else ""
    facts = [Fact(name, 0)] if name else []
    facts.append(Fact(chunk.function or "unknown function", 1, tail=times))
    if chunk.is_failed:
        facts.insert(0, Fact(f"{glyphs.cross} failed", 0, "text-error"))
    return facts


def _course(chunk: ChunkView) -> list[Fact]:
    """How long each part of a chunk took, and how many bytes went each way."""
    facts: list[Fact] = []
    if chunk.received_ns > chunk.waiting_from_ns > 0:
        facts.append(Fact(f"waited {figures.duration(chunk.received_ns - chunk.waiting_from_ns)}", 7))
    size = "" if chunk.bytes_in is None else f"{figures.size(chunk.bytes_in)} "
    if chunk.begin_ns > chunk.received_ns > 0:
        facts.append(Fact(f"received {size}in {figures.duration(chunk.begin_ns - chunk.received_ns)}", 4))
    if chunk.end_ns is not None:
        text = f"computed {figures.duration(chunk.end_ns - chunk.begin_ns)}"
        facts.append(Fact(text, 2))
    if chunk.cpu_ns is not None:
        facts.append(Fact(f"CPU {figures.duration(chunk.cpu_ns)}", 5))
    if chunk.core is not None:
        facts.append(Fact(f"core {chunk.core}", 6))
    if chunk.sent_ns is not None and chunk.end_ns is not None:
        size = "" if chunk.bytes_out is None else f"{figures.size(chunk.bytes_out)} "
        facts.append(Fact(f"sent {size}in {figures.duration(chunk.sent_ns - chunk.end_ns)}", 3))
    return facts


def _about_process(track: TrackView) -> list[Fact]:
    """Which process it is, for moments in which it held no chunk."""
    facts = [Fact(f"pid {track.pid}", 2)]
    if not track.is_recorded:
        facts.append(Fact("not recorded, so no details", 1, "text-warning"))
    if track.chunks_done:
        chunks = "1 chunk" if track.chunks_done == 1 else f"{figures.count(track.chunks_done)} chunks"
        failed = f", {figures.count(track.chunks_failed)} failed" if track.chunks_failed else ""
        facts.append(Fact(f"{chunks} in all{failed}", 4))
    if track.name:
        facts.append(Fact(track.name, 5))
    if track.function:
        facts.append(Fact(track.function, 3))
    return facts


def _joined(head: Line, facts: Sequence[Fact], width: int, glyphs: Glyphs) -> Line:
    """Write HEAD and those of FACTS that fit after it, the most telling first to be taken; a name may be cut."""
    dot = f" {glyphs.separator} "
    room = width - line_width(head) + (0 if head else len(dot))
    kept: dict[int, Fact] = {}
    for index, fact in sorted(enumerate(facts), key=lambda item: item[1].rank):
        left = room - len(dot) - cells_of(fact.tail)
        if cells_of(fact.text) > left and fact.rank <= 1 and left >= _LEAST_NAME:
            fact = fact._replace(text=shorten(fact.text, left, glyphs.ellipsis))  # noqa: PLW2901
        if cells_of(fact.text) <= left:
            kept[index] = fact
            room -= len(dot) + fact.cells
    pieces: list[Piece] = list(head)
    for index in sorted(kept):
        if pieces:
            pieces.append((dot, "text-muted"))
        pieces.append((kept[index].text + kept[index].tail, kept[index].role))
    return tuple(pieces)
