"""What a break-even comes to, in a sentence for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..report import figures
from .breakeven import CONTRADICTED, wins
from .crossing import contradiction, split

if TYPE_CHECKING:
    from .breakeven import BreakEven, Shipping

_FEWEST_RUNS = 6
"""Pairs of runs around the crossing below which it may be noise."""
_FEWEST = 4
"""Sizes below which nothing is said of the costs of an item."""


def in_words(found: BreakEven, names: tuple[str, str], unit: str, shipping: Shipping | None = None) -> str:
    """Say from which size on a lane beats the reference, or why it never does.

    Args:
        found: The answer.
        names: The reference and the lane, as they are called: ``("serial", "pool")``.
        unit: What sizes are called: ``N``, or ``inputs``.
        shipping: What the ledgers say of one item; None where they say nothing.
    """
    if not found.ratios:
        return "Nothing was measured in both lanes, so there is nothing to compare."
    reference, lane = names
    first, last = found.ratios[0].size, found.ratios[-1].size
    if found.answer == "at":
        return _at(found, names, unit)
    if found.answer == "always":
        return f"Always: {lane} beats {reference} from the smallest size measured on, {_size(first, unit)}."
    if found.answer == "never":
        return f"Never: {_why_never(found, names, unit, shipping)}"
    return f"{_why_unknown(found, names, unit)} Measured was {_range(first, last, unit)}."


def _at(found: BreakEven, names: tuple[str, str], unit: str) -> str:
    reference, lane = names
    assert found.size is not None  # noqa: S101 - the answer would be another one
    between = ""
    if found.interval is not None:
        low, high = (figures.count(_rounded(end)) for end in found.interval)
        if low != high:
            between = f" (95 % interval {low} to {high})"
        if found.runs < _FEWEST_RUNS:
            between = f" (between {low} and {high}, if the {found.runs} pairs of runs around it can be trusted)"
    return f"{lane} beats {reference} from about {_size(_rounded(found.size), unit)} on{between}."


def _why_never(found: BreakEven, names: tuple[str, str], unit: str, shipping: Shipping | None) -> str:
    reference, lane = names
    own, other = found.reference, found.lane
    if not found.is_by_items or own is None or other is None:
        return f"{lane} is slower than {reference} at every size up to the largest, {found.ratios[-1].size:,}."
    if shipping is not None and shipping.ship_ns > shipping.compute_ns > 0:
        ship, compute = figures.duration(shipping.ship_ns), figures.duration(shipping.compute_ns)
        return f"each item costs more to ship ({ship}) than to compute ({compute})."
    if other.item_ns <= own.item_ns:
        return f"at the largest sizes, what each {item_of(unit)} costs is no less in {lane} than in {reference}."
    more, less = figures.duration(other.item_ns), figures.duration(own.item_ns)
    return f"each {item_of(unit)} takes {more} in {lane} and {less} in {reference}."


def item_of(unit: str) -> str:
    """What one more of UNIT is called: ``input``, or ``unit of N``."""
    return "input" if unit == "inputs" else f"unit of {unit}"


def _why_unknown(found: BreakEven, names: tuple[str, str], unit: str) -> str:
    reference, lane = names
    medians = [each.median for each in found.ratios]
    if len(medians) == 1:
        faster = lane if medians[0] > 0 else reference
        return f"Unknown: {faster} was faster at the only size that was measured."
    if max(medians) <= 0:
        lead = f"Unknown: {reference} is faster at every size that was measured"
        if found.expected_size is not None:
            size = _size(_rounded(found.expected_size), unit)
            return f"{lead}; the costs would be even at about {size}, if they go on as they do, which was not measured."
        if len(medians) < _FEWEST:
            return f"{lead}, and these are too few to say what comes beyond."
        return f"{lead}, and what an item costs is too close in both to say what comes beyond."
    index = split(found.ratios)
    if index < len(medians) and contradiction(found.ratios) <= CONTRADICTED:
        pairs = wins(found.ratios)
        few = "a single pair of runs" if pairs == 1 else f"{pairs} pairs of runs"
        begin = _size(found.ratios[index].size, unit)
        return f"Unknown: {lane} was faster from {begin} on, but in {few}, which may be chance."
    return f"Unknown: {lane} is faster at some sizes and slower at others, in no order that tells from which size on."


def _range(first: int, last: int, unit: str) -> str:
    if first == last:
        return _size(first, unit)
    if unit.isupper():
        return f"{unit} = {figures.count(first)} to {figures.count(last)}"
    return f"{figures.count(first)} to {figures.count(last)} {unit}"


def _size(size: int, unit: str) -> str:
    if unit != "inputs":
        return f"{unit} = {figures.count(size)}"
    return f"{figures.count(size)} input{'' if size == 1 else 's'}"


def _rounded(size: float) -> int:
    """A size with three digits; the others would be noise."""
    return round(float(f"{size:.3g}"))
