"""Bars as text: a fraction of a width in eighths of a cell, and parts that share a width without lying."""

from __future__ import annotations

from collections.abc import Sequence

from poolscope.tui.glyphs import Glyphs


def bar(fraction: float, width: int, glyphs: Glyphs) -> tuple[str, str]:
    """Draw FRACTION (clamped to 0..1) of WIDTH cells.

    A bar that has begun is never drawn empty, and one that is not complete never full.

    Returns:
        The filled and the empty part; together exactly WIDTH cells.
    """
    if width <= 0:
        return "", ""
    fraction = min(1.0, max(0.0, fraction)) if fraction == fraction else 0.0
    steps_per_cell = len(glyphs.bar_partial) + 1
    steps = round(fraction * width * steps_per_cell)
    if fraction > 0:
        steps = max(1, steps)
    if fraction < 1:
        steps = min(width * steps_per_cell - 1, steps)
    whole, partial = divmod(steps, steps_per_cell)
    filled = glyphs.bar * whole + (glyphs.bar_partial[partial - 1] if partial else "")
    return filled, glyphs.bar_empty * (width - len(filled))


def segments(parts: Sequence[float], width: int) -> list[int]:
    """Share WIDTH cells among PARTS in proportion, by the largest remainder.

    The cells add up to WIDTH exactly (to 0 when nothing is positive). A positive part gets at least one cell
    as long as there are enough cells for all of them: something that took time is never drawn as nothing.
    """
    weights = [part if part > 0 else 0.0 for part in parts]
    total = sum(weights)
    if total <= 0 or width <= 0:
        return [0] * len(weights)
    exact = [weight / total * width for weight in weights]
    cells = [int(share) for share in exact]
    by_remainder = sorted(range(len(cells)), key=lambda i: (cells[i] - exact[i], i))
    for index in by_remainder[: width - sum(cells)]:
        cells[index] += 1
    if sum(1 for weight in weights if weight) <= width:
        for index, weight in enumerate(weights):
            if weight and not cells[index]:
                cells[max(range(len(cells)), key=cells.__getitem__)] -= 1
                cells[index] = 1
    return cells


def meter(user: float, system: float, steal: float, width: int) -> tuple[int, int, int]:
    """Share WIDTH cells, which stand for 0 to 100 %, among what a core did.

    Unlike `segments`, a share below half a cell is left out: the scale is fixed, and the figure stands beside it.

    Returns:
        Cells of user, system and steal time; together at most WIDTH.
    """
    ends = []
    reached = 0.0
    for share in (user, system, steal):
        reached = min(100.0, reached + max(0.0, share))
        ends.append(round(reached / 100 * width))
    return ends[0], ends[1] - ends[0], ends[2] - ends[1]
