"""Results that came as they were ready, put back into the order of their inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def in_order_of_inputs(results: Sequence[Any], order: Sequence[int], chunksize: int) -> list[Any] | None:
    """Put RESULTS back into the order of the inputs.

    Args:
        results: As they came, chunk by chunk.
        order: Numbers of the chunks as they came, from 0 on.
        chunksize: Tasks of each chunk; the one with the highest number may have fewer.

    Returns:
        None if the chunks are not known, or not all of them.
    """
    total = len(results)
    chunks = -(-total // chunksize)
    if len(order) != chunks or set(order) != set(range(chunks)):
        return None
    arranged: list[Any] = [None] * total
    start = 0
    for number in order:
        begin = number * chunksize
        end = min(begin + chunksize, total)
        arranged[begin:end] = results[start : start + end - begin]
        start += end - begin
    return arranged
