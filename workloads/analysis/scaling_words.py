"""What scaling comes to, in a sentence for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..report import figures

if TYPE_CHECKING:
    from .scaling import Scaling, Speedup
    from .statistics import Ratio


def in_words(found: Scaling, reference: str | None) -> str:
    """Say how many workers are worth having, and what they bring.

    Args:
        found: What was measured.
        reference: What the lane that is to be beaten is called; None without one.
    """
    if found.enough is None:
        return "Nothing was measured, so nothing can be said of workers."
    point = next(each for each in found.points if each.workers == found.enough)
    if len(found.points) == 1:
        return f"Only {_workers(point.workers)} came to an end, so nothing can be said of others."
    ratio, than = (point.over_reference, reference) if point.over_reference is not None else (point.over_one, None)
    if reference is not None and _is_beaten_by_none(found):
        best = next(each for each in found.points if each.workers == found.best)
        assert best.over_reference is not None  # noqa: S101 - it is beaten by none
        be = "is" if best.workers == 1 else "are"
        if best.over_reference.answer == "no difference shown":
            return _no_difference(best, best.over_reference, reference)
        return f"No number of workers beats {reference}: {_workers(best.workers)} {be} {_gain(best.over_reference)}."
    if than is not None and ratio is not None and ratio.answer == "no difference shown":
        return _no_difference(point, ratio, than)
    lead = f"{_workers(point.workers)} {'is' if point.workers == 1 else 'are'} enough"
    if found.too_many is None:
        lead = f"{_workers(point.workers)} {'is' if point.workers == 1 else 'are'} best of those measured"
    said = f"{lead}: {_gain(ratio, than or 'one worker')}" if ratio is not None else lead
    return f"{said}{_beyond(found, point)}."


def _no_difference(point: Speedup, ratio: Ratio, reference: str) -> str:
    """That the interval spans 1, so that a gain is not shown, and a loss neither."""
    return (
        f"No number of workers is shown to beat {reference}: between that and {_workers(point.workers)} no difference "
        f"is shown{_figures(ratio)}."
    )


def _workers(count: int) -> str:
    return f"{count:,} worker{'' if count == 1 else 's'}"


def _is_beaten_by_none(found: Scaling) -> bool:
    """Whether no number of workers is faster than the reference."""
    return all(point.over_reference is not None and point.over_reference.value < 1 for point in found.points)


def _gain(ratio: Ratio, than: str | None = None) -> str:
    words = figures.ratio_in_words(ratio.value)
    said = f"{words} {'as' if words == 'as fast' else 'than'} {than}" if than is not None else words
    return f"{said}{_figures(ratio)}"


def _figures(ratio: Ratio) -> str:
    if ratio.interval is None:
        return ""
    low, high = (figures.factor(end) for end in ratio.interval)
    return f" (ratio {figures.factor(ratio.value)}, 95 % interval {low} to {high})"


def _beyond(found: Scaling, point: Speedup) -> str:
    if found.too_many is None:
        return ""
    more = next(each for each in found.points if each.workers == found.too_many)
    change = figures.ratio_in_words(point.median_ns / more.median_ns)
    if more.median_ns <= point.median_ns:
        return f"; {found.too_many:,} bring nothing that could be shown"
    if change == "as fast":
        return f"; {found.too_many:,} bring nothing more"
    return f"; {found.too_many:,} are {change} than {point.workers:,}"
