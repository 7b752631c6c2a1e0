"""The Mandelbrot set, one row of its picture a task: independent, uneven, and pretty to watch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ..model import Lane, Parameters, Workload
    from .canvas import Brush

EXPLANATION = """\
Draws the Mandelbrot set. Each pixel is a number c; starting from 0, one squares and adds c again and again, and \
counts how often until the result runs away. Where it never does, the pixel belongs to the set. Each row of the \
picture is a task, which needs nothing of any other row.

Watch the picture: rows come in as they are computed, in the colour of the worker that computed them. Watch the \
order: a pool hands out rows in chunks, so the picture grows in bands, one a worker. Rows through the middle take \
many times longer than those at the edge, since pixels of the set take all the steps that are allowed.

Expect the pool to be faster by nearly as many times as there are cores. If it is not, look for a worker that still \
computes while the others wait: it got a chunk from the middle.

Try next: pool:chunksize=1, where every worker takes the next row as soon as it can, and the bands become stripes; \
the engine process, where each child gets one large band and the middle ones are late; and iterations = 1,000, which \
makes rows more uneven still."""

_LEFT, _SPAN = -2.2, 3.0
"""Where the picture begins on the real axis, and how far it goes; it is centred on it."""
_MOST = 4_096
"""Pixels in a row, and rows, as a canvas may have."""
_RAMP = " .:-=+*%#"
_SET = "@"
_SHOWN_COLUMNS, _SHOWN_LINES = 64, 20
_EDGE = 1e-9
_SMALL_NUMBER, _PLACE_BYTES, _NUMBER_BYTES = 256, 8, 28
"""Numbers up to this one exist once in a process; a place in a list and a larger number take so much."""
_COUNTED_AGAIN = 6
"""Pixels of each row that are computed again to see whether they are right."""

Task = tuple[int, int, int, int]
"""Number of the row, width and height of the picture, and how many iterations are allowed."""
Computed = tuple[int, list[int]]
"""Number of the row, and the iterations of each of its pixels."""

_brush: Brush | None = None
"""What this process draws with, if there is somebody to look at it."""


def compute_row(task: Task) -> Computed:
    """Compute one row of the picture: one task."""
    row, width, height, limit = task
    imaginary = _imaginary(row, width, height)
    step = _SPAN / width
    levels = [iterations(_LEFT + step * column, imaginary, limit) for column in range(width)]
    if _brush is not None:
        _brush.draw(row, levels)
    return row, levels


def iterations(real: float, imaginary: float, limit: int) -> int:
    """Count the steps until a point runs away, LIMIT at most."""
    x = y = 0.0
    for count in range(limit):
        x_squared, y_squared = x * x, y * y
        if x_squared + y_squared > 4.0:
            return count
        y = 2.0 * x * y + imaginary
        x = x_squared - y_squared + real
    return limit


def take_brush() -> None:
    """Let this process draw the rows that it computes."""
    global _brush  # noqa: PLW0603 - a task can find it nowhere else
    from .canvas import Brush, place

    _brush = Brush(place())


def build() -> Workload:
    """Describe the workload."""
    from ..model import Lane, Parameter, Workload

    return Workload(
        name="mandelbrot",
        summary="a picture, row by row",
        explanation=EXPLANATION,
        parameters=(
            Parameter(
                name="width",
                kind="integer",
                default=480,
                help="How many pixels a row has.",
                minimum=1,
                maximum=_MOST,
                presets=(120, 480, 1_920),
            ),
            Parameter(
                name="height",
                kind="integer",
                default=320,
                help="How many rows, and so tasks, the picture has.",
                minimum=1,
                maximum=_MOST,
                presets=(80, 320, 1_280),
            ),
            Parameter(
                name="iterations",
                kind="integer",
                default=200,
                help="After how many steps a pixel counts as one of the set.",
                minimum=1,
                maximum=50_000,
                presets=(50, 200, 1_000),
            ),
        ),
        function=compute_row,
        inputs=_inputs,
        summarise=_summarise,
        default_lanes=lambda _: (Lane("serial"), Lane("pool")),
        memory_needed=_memory_needed,
        count_tasks=lambda parameters: _sizes(parameters)[1],
        show=_show,
        topic="perfectly parallel",
        check=_check,
        surround=_canvas,
        initializer=take_brush,
    )


def _sizes(parameters: Parameters) -> tuple[int, int, int]:
    """Width, height and iterations."""
    width, height, limit = (cast("int", parameters[name]) for name in ("width", "height", "iterations"))
    return width, height, limit


def _inputs(parameters: Parameters) -> Sequence[Task]:
    width, height, limit = _sizes(parameters)
    return [(row, width, height, limit) for row in range(height)]


@contextmanager
def _canvas(parameters: Parameters) -> Iterator[None]:
    """Have something to draw on, which is kept for who looks at it later."""
    from .canvas import create

    create(*_sizes(parameters))
    yield


def _imaginary(row: int, width: int, height: int) -> float:
    """The imaginary part of a row's pixels, which are as high as they are wide; the row in the middle has 0."""
    return ((height - 1) / 2 - row) * _SPAN / width


def _summarise(results: Sequence[Computed], parameters: Parameters) -> str:
    width, height, limit = _sizes(parameters)
    inside = sum(levels.count(limit) for _, levels in results)
    return f"{width:,} × {height:,} pixels, {100 * inside / (width * height):.1f} % of them in the set"


def _show(results: Sequence[Computed], parameters: Parameters) -> tuple[str, ...]:
    """Draw the picture with characters, which are about twice as high as wide."""
    width, height, limit = _sizes(parameters)
    rows = [levels for _, levels in sorted(results)]
    columns = min(_SHOWN_COLUMNS, width)
    lines = max(1, min(_SHOWN_LINES, len(rows), round(columns * height / width / 2)))
    picture = []
    for line in range(lines):
        levels = rows[(2 * line + 1) * len(rows) // (2 * lines)]
        places = [(2 * column + 1) * width // (2 * columns) for column in range(columns)]
        picture.append("".join(_character(levels[place], limit) for place in places).rstrip())
    return tuple(picture)


def _character(level: int, limit: int) -> str:
    return _SET if level >= limit else _RAMP[min(len(_RAMP) - 1, level.bit_length())]


def _check(results: Sequence[Computed], parameters: Parameters) -> str | None:
    width, height, limit = _sizes(parameters)
    if sorted(row for row, _ in results) != list(range(height)):
        return f"There are {len({row for row, _ in results}):,} rows instead of {height:,}."
    for row, levels in results:
        if len(levels) != width or not 0 <= min(levels) <= max(levels) <= limit:
            return f"Row {row + 1:,} is no row of {width:,} pixels with 0 to {limit:,} iterations each."
        wrong = _wrong_column(row, levels, width, height, limit)
        if wrong is not None:
            return f"Pixel {wrong + 1:,} of row {row + 1:,} is wrong: {levels[wrong]:,} iterations."
    return None


def _wrong_column(row: int, levels: list[int], width: int, height: int, limit: int) -> int | None:
    """Find a pixel that cannot be right, looking at some of a row; None if there is none.

    What lies in the two largest parts of the set is known without counting, and what is farther than 2 from the
    middle runs away at once. A few pixels of each row, each time others, are counted again.
    """
    imaginary = _imaginary(row, width, height)
    for column in range(row % 8, width, 8):
        real = _LEFT + _SPAN / width * column
        if _is_surely_in_the_set(real, imaginary) and levels[column] != limit:
            return column
        if real * real + imaginary * imaginary > 4.0 + _EDGE and levels[column] > 2:
            return column
    apart = -(-width // _COUNTED_AGAIN)
    for column in range(row % apart, width, apart):
        if levels[column] != iterations(_LEFT + _SPAN / width * column, imaginary, limit):
            return column
    return None


def _is_surely_in_the_set(real: float, imaginary: float) -> bool:
    """Whether a point lies in the cardioid or in the circle to its left."""
    squared = imaginary * imaginary
    offset = real - 0.25
    distance = offset * offset + squared
    return distance * (distance + offset) < 0.25 * squared - _EDGE or (real + 1) * (real + 1) + squared < 0.0625 - _EDGE


def _memory_needed(parameters: Parameters, lane: Lane) -> int:
    from .estimate import peak_bytes

    width, height, limit = _sizes(parameters)
    row = 200 + width * (_PLACE_BYTES if limit <= _SMALL_NUMBER else _PLACE_BYTES + _NUMBER_BYTES)
    canvas = 2 * width * height
    return canvas + peak_bytes(height, lane, argument=200, result=row, held=200, travelling=20 + 3 * width)
