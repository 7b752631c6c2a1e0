"""The rows of the timeline as lines of text: pure functions of tracks, a window and what the terminal can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from poolscope.tui.glyphs import PART_ROLES, Glyphs
from poolscope.tui.widgets.line_view import Line, Piece, cells_of
from poolscope.workloads.analysis.tracks import STATES, WAITING
from poolscope.workloads.report import figures
from poolscope.workloads.text import shorten

from .timeline_window import Window

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poolscope.workloads.analysis.tracks import Cells, TimelineView, TrackView
    from poolscope.workloads.model import ProcessState

LEAST_LABEL, MOST_LABEL = 4, 12
"""Cells of a row's label."""
ENDING = 8
"""Cells of what is written at the end of a row: ``SIGKILL``, and a blank before it."""
LEGEND = (
    "waiting", "receiving", "computing", "sending", "failed", "stall", "idle", "blocked", "running", "starting",
    "stopping",
)  # fmt: skip
"""What the legend names, the most telling first."""
FAILED, STALLED = len(STATES), len(STATES) + 1
"""Codes beside those of the states."""
FULL = "█"
LATER = "surface"
"""Role of what happened after the moment that is shown."""
_GOLDEN = 0.6180339887498949
"""Multiples of it, less their whole part, are spread evenly, however many there are."""
_GRAIN = 2
"""Neighbouring columns that choose alike: each change of style costs a terminal some forty bytes."""


class Look(NamedTuple):
    """How rows are drawn; the same for all rows of a frame."""

    window: Window
    label_width: int
    shapes: tuple[tuple[str, str], ...]
    """Glyph and role by code."""
    moment_ns: int
    """The moment that is shown; nothing later is drawn as if it had happened."""
    shows_later: bool
    """Whether what comes later is drawn at all, faintly."""
    cursor: int | None
    """Column of the cursor; None if it is not shown."""
    cursor_role: str
    ellipsis: str
    marker: str


def shapes_of(glyphs: Glyphs) -> tuple[tuple[str, str], ...]:
    """Glyph and role of every code that a cell may have."""
    parts = [(glyphs.parts[state], PART_ROLES[state]) if state in glyphs.parts else (" ", "") for state in STATES]
    return (*parts, (glyphs.cross, PART_ROLES["failed"]), (glyphs.stall, PART_ROLES["stall"]))


def legend_lines(width: int, most: int, glyphs: Glyphs) -> list[Line]:
    """Say what the shapes mean, as many as fit into MOST lines of WIDTH cells."""
    others = {"stall": glyphs.stall, "failed": glyphs.cross}
    lines: list[list[Piece]] = [[]]
    left = width
    for word in LEGEND:
        taken = 1 + 1 + len(word)
        if lines[-1] and left < taken + 2:
            if len(lines) == most:
                break
            lines.append([])
            left = width
        gap = "  " if lines[-1] else ""
        left -= len(gap) + taken
        lines[-1] += [
            (gap, ""),
            (others.get(word) or glyphs.parts[word], PART_ROLES[word]),
            (f" {word}", "text-muted"),
        ]
    return [tuple(line) for line in lines]


def unseen_ends(view: TimelineView, processes: Sequence[ProcessState]) -> dict[int, int]:
    """How those processes ended of which only the guardian knows it while their run is not closed: status by row."""
    unknown = [track for track in view.tracks if track.exit_status is None and track.ended_ns is not None]
    if not unknown:
        return {}
    statuses = {state.pid: state.exit_status for state in processes}
    return {track.row: status for track in unknown if (status := statuses.get(track.pid)) is not None}


def with_ends(view: TimelineView, statuses: Mapping[int, int]) -> TimelineView:
    """Put exit STATUSES into VIEW, by row."""
    if not statuses:
        return view
    tracks = list(view.tracks)
    for row, status in statuses.items():
        tracks[row] = tracks[row]._replace(exit_status=status, has_bad_end=status != 0)
    return view._replace(tracks=tuple(tracks))


def label_width(tracks: Sequence[TrackView]) -> int:
    """Cells of the column of labels, its marker and the blank after it left out."""
    longest = max((cells_of(track.label) for track in tracks), default=0)
    return min(max(longest, LEAST_LABEL), MOST_LABEL)


def stalled_columns(view: TimelineView, window: Window) -> NDArray[Any]:
    """In which columns a stall is drawn.

    Each stall is seen, however short. Where many are close together, they are drawn as often as they took time, so that
    they do not hide all that was done between them.
    """
    import numpy as np

    begins, ends = view.stall_begins, view.stall_ends
    if not len(begins):
        return np.zeros(window.columns, np.bool_)
    edges = window.begin_ns + np.arange(window.columns + 1, dtype=np.int64) * window.column_ns
    index = np.searchsorted(begins, edges, "right")
    lengths = np.concatenate([[0], np.cumsum(ends - begins)])
    last = np.maximum(index - 1, 0)
    unfinished = np.where(index > 0, np.maximum(ends[last] - edges, 0), 0)
    share = np.diff(lengths[index] - unfinished) / window.column_ns
    places = (np.arange(window.columns) + (window.begin_ns - view.begin_ns) // window.column_ns) // _GRAIN
    drawn: NDArray[Any] = share > places * _GOLDEN % 1.0
    bounds = np.flatnonzero(np.diff(np.concatenate([[False], share > 0, [False]])))
    for begin, end in zip(bounds[::2].tolist(), bounds[1::2].tolist(), strict=True):
        if not drawn[begin:end].any():
            drawn[begin + int(share[begin:end].argmax())] = True
    return drawn


def codes_of(cells: Cells, stalled: NDArray[Any] | None, first_column: int) -> NDArray[Any]:
    """What each column of a row shows.

    A column in which several things were done shows one of them, so that in many columns each is seen as often as it
    took time; which one depends on the column's place in the run, so that it does not flicker.

    Args:
        cells: The row.
        stalled: Columns in which no worker had work; None for a row that is no worker.
        first_column: Number of the first column, counted from the beginning of the run.
    """
    import numpy as np

    codes = cells.state.astype(np.int64)
    mixed = np.flatnonzero(cells.is_mixed)
    if mixed.size:
        known = cells.amounts[1:-1, mixed].cumsum(axis=0)
        threshold = ((mixed + first_column) // _GRAIN * _GOLDEN % 1.0) * known[-1]
        codes[mixed] = np.minimum((known <= threshold).sum(axis=0), len(STATES) - 3) + 1
    if stalled is not None:
        # To be idle at the end, when nothing is left to do, is no reason to look twice.
        codes[stalled & (cells.amounts[WAITING] > 0)] = STALLED
    codes[cells.has_failure] = FAILED
    return codes


def row_line(track: TrackView, codes: NDArray[Any], look: Look, *, is_chosen: bool) -> Line:
    """Draw one row: label, what the process did, and how it ended."""
    pieces: list[Piece] = [_label(track, look, is_chosen=is_chosen)]
    shown = min(max(0, look.window.column_at(look.moment_ns) + 1), len(codes))
    pieces += _runs(codes[:shown], look)
    if look.shows_later:
        pieces += [(text, LATER if role else "") for text, role in _runs(codes[shown:], look)]
    else:
        pieces.append((" " * (len(codes) - shown), ""))
    if is_chosen and look.cursor is not None:
        pieces = with_cursor(pieces, look.label_width + 2 + look.cursor, look.cursor_role)
    pieces.append(ending(track, look.moment_ns))
    return tuple(piece for piece in pieces if piece[0])


def _label(track: TrackView, look: Look, *, is_chosen: bool) -> Piece:
    label = shorten(track.label, look.label_width, look.ellipsis)
    is_there = track.started_ns <= look.moment_ns and not _is_over(track, look.moment_ns)
    role = look.cursor_role if is_chosen else ("" if is_there else "text-muted")
    return f"{look.marker if is_chosen else ' '}{label}{' ' * (look.label_width - cells_of(label) + 1)}", role


def _is_over(track: TrackView, moment_ns: int) -> bool:
    return track.ended_ns is not None and track.ended_ns <= moment_ns


def _runs(codes: NDArray[Any], look: Look) -> list[Piece]:
    """Join neighbours that look alike."""
    if not len(codes):
        return []
    starts = [0, *((codes[1:] != codes[:-1]).nonzero()[0] + 1).tolist()]
    shapes = [look.shapes[code] for code in codes[starts].tolist()]
    ends = [*starts[1:], len(codes)]
    return [(glyph * (end - start), role) for (glyph, role), start, end in zip(shapes, starts, ends, strict=True)]


def with_cursor(pieces: Sequence[Piece], at: int, role: str) -> list[Piece]:
    """Show the one cell AT in another ROLE."""
    marked: list[Piece] = []
    begin = 0
    for text, own in pieces:
        end = begin + cells_of(text)
        if begin <= at < end and len(text) == end - begin:
            index = at - begin
            # A full block would leave nothing to see of the cursor's own colour.
            under = " " if text[index] == FULL else text[index]
            marked += [(text[:index], own), (under, role), (text[index + 1 :], own)]
        else:
            marked.append((text, own))
        begin = end
    return [piece for piece in marked if piece[0]]


def ending(track: TrackView, moment_ns: int) -> Piece:
    """How the process had ended at the moment, right-aligned; blank while it lives."""
    if not _is_over(track, moment_ns):
        return " " * ENDING, ""
    status = track.exit_status
    if status is None:
        return f"{'gone':>{ENDING}}", "text-muted"
    text = figures.exit_status(status).replace("signal", "sig")
    return f"{text:>{ENDING}}"[-ENDING:], "text-error" if track.has_bad_end else "text-muted"
