"""What is known of one process, as arrays that only grow."""

from __future__ import annotations

from typing import NamedTuple


class TrackData(NamedTuple):
    """The chunks of a process and its other stretches, up to one moment."""
