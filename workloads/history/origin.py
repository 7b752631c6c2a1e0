"""Where a comparison comes from: its identity, when it began, and a digest of the code that it ran."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..model import Workload

_DIGEST_BYTES = 8


class Origin(NamedTuple):
    """What tells a comparison from all others."""

    identity: str
    """Unique over all comparisons of a machine, sorts by time: ``20261122-210355-4f2a``."""
    begun_epoch_ns: int
    """`time.time_ns` when it began; 0 where nobody knows."""
    poolscope: str
    """Version that made it; "" where nobody knows."""
    code: str | None
    """Digest of the source of the workload's module; None where there is no source."""


def origin_of(workload: Workload, begun_epoch_ns: int) -> Origin:
    """Say where a comparison of WORKLOAD comes from that began at that time, by `time.time_ns`."""
    from .. import __version__
    from ..recording.meta import new_identity

    code = workload.code if workload.code is not None else code_of(workload.function.__module__)
    return Origin(new_identity(begun_epoch_ns), begun_epoch_ns, __version__, code or None)


def code_of(module: str) -> str | None:
    """Digest the source file of a MODULE that was imported; None where there is none."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if not isinstance(file, str) or not file.endswith(".py"):
        return None
    from hashlib import blake2b

    try:
        with open(file, "rb") as source:  # noqa: PTH123 - this is imported before `pathlib` is
            return blake2b(source.read(), digest_size=_DIGEST_BYTES).hexdigest()
    except OSError:
        return None
