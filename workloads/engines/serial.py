"""The serial engine: one task after the other, in the runner itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .blocks import call_in_blocks

if TYPE_CHECKING:
    from ..model import Lane


def execute(
    function: Callable[[Any], Any], inputs: Sequence[Any], lane: Lane, results_there: Callable[[], object]
) -> list[Any]:
    """Call FUNCTION once for each of the INPUTS."""
    del lane
    results = call_in_blocks(function, inputs)
    results_there()
    return results
