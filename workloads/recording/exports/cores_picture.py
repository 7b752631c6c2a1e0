"""What the cores did over time as a picture: all of them added up, and a strip for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ...report import figures
from .drawing import GUTTER, PLOT, axis, number, picture, rectangle

if TYPE_CHECKING:
    from ...model import CoresSample, CoreUsage
    from .source import Source

USES = ("user", "system", "steal")
"""What a core can be busy with, from the bottom of the picture upwards."""
_HEIGHT = 110.0
_STRIPS = ((16, 14), (64, 8), (256, 3))
"""Height of a core's strip, by the most cores for which it is taken."""
_SHADES = 5
"""A strip is darker the busier the core was, in so many steps."""
_TOP = 8.0
_GAP = 10.0
_BOTTOM = 26.0
_MOST_POINTS = 1_800


def cores_picture(source: Source) -> str:
    """Draw the history of the cores as SVG; "" without enough samples."""
    samples = _thinned([sample for sample in source.cores if sample.cores])
    if len(samples) < 2:
        return ""
    numbers = sorted({core.number for sample in samples for core in sample.cores})
    strip = next((height for most, height in _STRIPS if len(numbers) <= most), 0)
    bottom = _TOP + _HEIGHT + _GAP + strip * len(numbers)
    lefts = [_left(source, sample.time_ns) for sample in samples]
    content = [axis(source.length_ns, _TOP, bottom), *_sum(samples, lefts, len(numbers))]
    if strip:
        content += _strips(samples, lefts, numbers, strip)
    return picture(bottom + _BOTTOM, "Cores", f"How busy {len(numbers):,} cores were over the run", content)


def _thinned(samples: Sequence[CoresSample]) -> list[CoresSample]:
    step = -(-len(samples) // _MOST_POINTS)
    return list(samples[:: max(1, step)])


def _left(source: Source, time_ns: int) -> float:
    return GUTTER + PLOT * min(1.0, max(0.0, (time_ns - source.origin_ns) / source.length_ns))


def _sum(samples: Sequence[CoresSample], lefts: Sequence[float], cores: int) -> Iterator[str]:
    """Draw the busy cores as areas on top of each other; a sample speaks for the time before it."""
    floor = [0.0] * len(samples)
    for use in USES:
        ceiling = [
            low + min(float(cores), sum(getattr(core, use) for core in sample.cores) / 100)
            for low, sample in zip(floor, samples, strict=True)
        ]
        if use == "user" or any(high - low > 0.005 for low, high in zip(floor, ceiling, strict=True)):
            path = _area(lefts, floor, ceiling, cores)
            yield f'<path class="{use}" d="{path}"><title>{use} time</title></path>'
        floor = ceiling
    for share, label in (
        (0.0, "0"),
        (0.5, figures.cpus(cores / 2)),
        (1.0, f"{cores:,} {'core' if cores == 1 else 'cores'}"),
    ):
        height = _TOP + _HEIGHT * (1 - share)
        yield f'<path class="grid" d="M{GUTTER} {number(height)}h{PLOT}"/>'
        yield f'<text class="name" x="{GUTTER - 8}" y="{number(height + 4)}">{label}</text>'


def _area(lefts: Sequence[float], floor: Sequence[float], ceiling: Sequence[float], cores: int) -> str:
    def steps(values: Sequence[float]) -> list[str]:
        points = [f"{number(GUTTER)} {_level(values[0], cores)}"]
        for left, value in zip(lefts, values, strict=True):
            points += [f"{points[-1].split(' ')[0]} {_level(value, cores)}", f"{number(left)} {_level(value, cores)}"]
        return points

    return f"M{'L'.join([*steps(ceiling), *reversed(steps(floor))])}z"


def _level(value: float, cores: int) -> str:
    return number(_TOP + _HEIGHT * (1 - min(1.0, value / cores)))


def _strips(
    samples: Sequence[CoresSample], lefts: Sequence[float], numbers: Sequence[int], height: int
) -> Iterator[str]:
    top = _TOP + _HEIGHT + _GAP
    rows: dict[int, dict[int, list[str]]] = {number: {} for number in numbers}
    places = {core: place for place, core in enumerate(numbers)}
    before = float(GUTTER)
    for left, sample in zip(lefts, samples, strict=True):
        if left > before:
            for core in sample.cores:
                shade = _shade(core)
                if shade:
                    y = top + places[core.number] * height
                    rows[core.number].setdefault(shade, []).append(
                        rectangle(before, y + 0.5, left - before, height - 1)
                    )
        before = left
    for core_number, shades in rows.items():
        y = top + places[core_number] * height
        if height >= 8:
            place = f'x="{GUTTER - 8}" y="{number(y + height - 3)}"'
            yield f'<text class="small name" {place}>core {core_number}</text>'
        paths = [f'<path class="busy{shade}" d="{"".join(shapes)}"/>' for shade, shapes in sorted(shades.items())]
        yield f"<g><title>core {core_number}</title>{''.join(paths)}</g>"


def _shade(core: CoreUsage) -> int:
    """0 for an idle core, up to `_SHADES` for a busy one."""
    return min(_SHADES, round(core.busy / 100 * _SHADES))
