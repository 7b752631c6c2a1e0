"""The timeline as a picture: a row a process, states apart by form, pattern and colour, failures and ends marked.

A bar that is wide enough tells on pointing what it stands for. All others of a row and state are one path, so that a
row costs little however often a process changed what it did.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...analysis.timeline import STATES, cells, stalls, stretch_at
from ...report import figures
from ...text import shorten, shorten_middle
from .drawing import GUTTER, PLOT, SHAPES, axis, escaped, number, picture, rectangle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...analysis.tracks import ChunkView, TrackView
    from .source import Source

_HEIGHTS = ((24, 22), (64, 16), (128, 10), (1_000_000, 6))
"""Height of a row, by the most rows for which it is taken."""
_TEXT_HEIGHT = 14
"""Rows lower than this have no room for a text of the usual size."""
_MOST_ROWS = 512
_MOST_HINTS = 4_000
_HINT_WIDTH = 3
"""Columns that a bar must be wide to say on its own what it is."""
_LABEL_CELLS = 19
_STATUS_CELLS = 14
_TOP = 6.0
_BOTTOM = 26.0
_NAMED = (*range(1, len(STATES) - 1),)
"""Codes of the states that are drawn."""


class _Run(NamedTuple):
    """Columns in which a process did the same."""

    code: int
    is_mixed: bool
    begin: int
    end: int


def timeline_picture(source: Source) -> str:
    """Draw the timeline of the whole run as SVG; the style sheet of the page gives it its colours."""
    tracks = source.view.tracks[:_MOST_ROWS]
    height = next(height for most, height in _HEIGHTS if len(tracks) <= most)
    bottom = _TOP + height * len(tracks)
    length = source.length_ns
    parts = [axis(length, _TOP, bottom), *_stalls(source, tracks, height)]
    hints = _MOST_HINTS
    for row, track in enumerate(tracks):
        texts, hints = _row(source, track, _TOP + row * height, height, hints)
        parts += texts
    left_out = len(source.view.tracks) - len(tracks)
    if left_out:
        parts.append(f'<text class="name" x="{GUTTER - 8}" y="{number(bottom + 16)}">{left_out:,} more</text>')
    description = f"What each of {len(source.view.tracks):,} processes did in {figures.duration(length)}"
    return picture(bottom + _BOTTOM, "Timeline", description, parts)


def hint_of(source: Source, track: TrackView, time_ns: int) -> str:
    """Say in plain text what a process did at a moment."""
    stretch = stretch_at(track, time_ns)
    if stretch is None:
        return track.label
    begin = figures.duration(max(0, stretch.begin_ns - source.origin_ns))
    lines = [f"{track.label}: {stretch.state} for {figures.duration(stretch.length_ns)}, from {begin}"]
    if stretch.chunk is not None:
        lines.append(_chunk_in_words(stretch.chunk))
    return "\n".join(lines)


def _chunk_in_words(chunk: ChunkView) -> str:
    of = f" of {chunk.chunks:,}" if chunk.chunks > chunk.position else ""
    parts = [f"{chunk.function or 'task'}, chunk {chunk.position + 1:,}{of}"]
    parts += [f"{chunk.items:,} items"] if chunk.items != 1 else []
    parts += [f"{figures.size(chunk.bytes_in)} in"] if chunk.bytes_in is not None else []
    parts += [f"{figures.size(chunk.bytes_out)} out"] if chunk.bytes_out is not None else []
    parts += [f"CPU {figures.duration(chunk.cpu_ns)}"] if chunk.cpu_ns is not None else []
    parts += [f"core {chunk.core}"] if chunk.core is not None else []
    parts += ["failed"] if chunk.is_failed else []
    return ", ".join(parts)


def _row(source: Source, track: TrackView, top: float, height: int, hints: int) -> tuple[list[str], int]:
    """Draw one process; returns its parts, and how many hints are left for the rows below."""
    found = cells(track, source.origin_ns, source.origin_ns + source.length_ns, PLOT)
    parts = [
        f'<text class="{_size(height)} name" x="{GUTTER - 8}" y="{number(top + height * 0.72)}">{_label(track)}</text>'
    ]
    paths: dict[str, list[str]] = {}
    bars = []
    for run in _runs(found.state, found.is_mixed):
        shape = _bar(run, top, height)
        classes = STATES[run.code] + (" mixed" if run.is_mixed else "")
        if run.end - run.begin >= _HINT_WIDTH and hints > 0:
            hints -= 1
            middle = source.origin_ns + source.length_ns * (run.begin + run.end) // (2 * PLOT)
            hint = hint_of(source, track, middle)
            if run.is_mixed or run.end - run.begin > _HINT_WIDTH:
                bars.append(f'<path class="{classes}" d="{shape}"><title>{_lines(hint)}</title></path>')
                continue
        paths.setdefault(classes, []).append(shape)
    drawn = [f'<path class="{classes}" d="{"".join(shapes)}"/>' for classes, shapes in paths.items()]
    parts += [f"<g><title>{escaped(track.label)}</title>{''.join(drawn)}</g>" if drawn else "", *bars]
    failures = _failures(source, track, found.has_failure)
    if failures:
        parts.append(f'<path class="failed" d="{"".join(_failure(column, top, height) for column in failures)}"/>')
    parts += _end(source, track, top, height)
    return parts, hints


def _size(height: int) -> str:
    return "usual" if height >= _TEXT_HEIGHT else "small" if height >= 8 else "tiny"


def _label(track: TrackView) -> str:
    room = _LABEL_CELLS - len(track.label) - 1
    name = shorten_middle(track.name, room) if track.name != track.label and room > 3 else ""
    label = shorten(track.label, _LABEL_CELLS)
    shown = f'{escaped(label)} <tspan class="muted">{escaped(name)}</tspan>' if name else escaped(label)
    return f"{shown}<title>{escaped(f'{track.label} {track.name} pid {track.pid} {track.function}')}</title>"


def _runs(states: NDArray[np.uint8], mixed: NDArray[np.bool_]) -> Iterator[_Run]:
    """Join columns that look the same."""
    looks = states.astype(np.int16) * 2 + mixed
    edges = np.flatnonzero(np.diff(looks)) + 1
    bounds = [0, *edges.tolist(), len(looks)]
    for begin, end in pairwise(bounds):
        code = int(states[begin])
        if code in _NAMED:
            yield _Run(code, bool(mixed[begin]), begin, end)


def _bar(run: _Run, top: float, height: int) -> str:
    upper, lower = SHAPES[STATES[run.code]]
    room = height - 2
    return rectangle(GUTTER + run.begin, top + 1 + room * upper, run.end - run.begin, max(1.0, room * (lower - upper)))


def _failures(source: Source, track: TrackView, has_failure: NDArray[np.bool_]) -> list[int]:
    """Columns in which a task failed; a bad end has a mark of its own."""
    if not track.chunks_failed:
        return []
    columns = set(np.flatnonzero(has_failure).tolist())
    if track.has_bad_end and track.ended_ns is not None:
        columns.discard(min(PLOT - 1, (track.ended_ns - source.origin_ns) * PLOT // source.length_ns))
    return sorted(columns)


def _failure(column: int, top: float, height: int) -> str:
    """A triangle that points down to the failure."""
    half = min(4.5, max(3.0, height / 3))
    return (
        f"M{number(GUTTER + column + 0.5 - half)} {number(top)}h{number(2 * half)}l{number(-half)} {number(2 * half)}z"
    )


def _end(source: Source, track: TrackView, top: float, height: int) -> list[str]:
    """Mark where a process ended, and how, unless that was as it should be."""
    if track.ended_ns is None:
        return []
    left = GUTTER + PLOT * min(1.0, max(0.0, (track.ended_ns - source.origin_ns) / source.length_ns))
    if not track.has_bad_end:
        return [f'<path class="end" d="M{number(left)} {number(top + 1)}v{number(height - 2)}"/>']
    half = min(5.0, height / 3)
    middle = top + height / 2
    cross = (
        f"M{number(left - half)} {number(middle - half)}l{number(2 * half)} {number(2 * half)}"
        f"m0 {number(-2 * half)}l{number(-2 * half)} {number(2 * half)}"
    )
    status = (
        "" if track.exit_status is None else escaped(shorten(figures.exit_status(track.exit_status), _STATUS_CELLS))
    )
    place = f'x="{number(left + half + 4)}" y="{number(top + height * 0.72)}"'
    return [f'<path class="cross" d="{cross}"/>', f'<text class="{_size(height)} bad" {place}>{status}</text>']


def _stalls(source: Source, tracks: Sequence[TrackView], height: int) -> Iterator[str]:
    """Mark the times in which no worker had work."""
    if not any(track.is_worker for track in tracks):
        return
    found = stalls(source.view, source.origin_ns, source.origin_ns + source.length_ns, PLOT)
    edges = np.flatnonzero(np.diff(np.concatenate(([0], found.astype(np.int8), [0])))).tolist()
    shapes = [
        rectangle(GUTTER + begin, _TOP, max(1.5, end - begin), height * len(tracks))
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
    ]
    if shapes:
        yield f'<path class="stall" d="{"".join(shapes)}"><title>No worker had work</title></path>'


def _lines(text: str) -> str:
    return "\n".join(escaped(line) for line in text.splitlines())
