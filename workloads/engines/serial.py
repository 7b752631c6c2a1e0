"""The serial engine: one task after the other, in the runner itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .blocks import call_in_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Lane
    from . import Work


def execute(work: Work, lane: Lane, results_there: Callable[[], object]) -> list[Any]:
    """Call the function once for each of the inputs."""
    del lane
    work.initialize()
    results = call_in_blocks(work.function, work.inputs)
    results_there()
    return results
