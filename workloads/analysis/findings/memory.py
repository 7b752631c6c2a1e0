"""What became of the memory of a run's processes, from samples of them.

The proportional size (PSS) of a process is looked up less often than its resident one (RSS), and samples repeat it in
between. So the two are compared only where they are of the same moment: where PSS has just changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...model import ProcessSample
    from ...recording.contents import Contents
    from ...recording.events import EventFile

_MOST_ROWS = 4_000
"""Of processes in samples that are looked at; each sample is parsed for it."""
_LEAST_SAMPLES = 8


class MemoryFacts(NamedTuple):
    """Memory of a run's workers together, at two moments at which all of them lived."""

    processes: int
    """How many workers there were at once."""
    between_ns: int
    first_rss: int
    last_rss: int
    first_shared: int
    """How much of that they did not have to themselves: RSS less PSS."""
    last_shared: int
    """Likewise; what they have to themselves only because the parent gave it up counts as shared still."""


class _Sizes(NamedTuple):
    """Of one process at one moment."""

    rss: int
    pss: int

    @property
    def shared(self) -> int:
        return max(0, self.rss - self.pss)


def memory_of(recording: Contents, files: Sequence[EventFile]) -> MemoryFacts | None:
    """Compare the first moment at which as many workers were sampled as ever with the last one.

    Args:
        recording: At the end of its run.
        files: Of its workers.

    Returns:
        None where too little was sampled, or this system does not say how much is shared.
    """
    root = recording.runner.pid if recording.runner is not None else 0
    workers = {file.pid for file in files} - {root}
    samples = recording.samples
    samples.refresh()
    times = samples.process_times()
    most = max(_LEAST_SAMPLES, _MOST_ROWS // (len(workers) + 1))
    if len(times) > most:
        times = [*times[: most // 2], *times[-(most // 2) :]]
    if not workers or len(times) < 2:
        return None
    rows = [{row.pid: row for row in samples.processes_at(time_ns)} for time_ns in times]
    present = [frozenset(workers & each.keys()) for each in rows]
    together = max(present, key=len)
    moments = [index for index, pids in enumerate(present) if pids == together]
    if not together or len(moments) < 2:
        return None
    first, last = moments[0], moments[-1]
    changes = [_change(pid, rows[first : last + 1]) for pid in together]
    known = [change for change in changes if change is not None]
    if len(known) < len(together):
        return None
    parent = [row.rss_bytes for each in (rows[first], rows[last]) if (row := each.get(root)) is not None]
    given_up = max(0, parent[0] - parent[-1]) if parent else 0
    return MemoryFacts(
        processes=len(together),
        between_ns=times[last] - times[first],
        first_rss=sum(rows[first][pid].rss_bytes for pid in together),
        last_rss=sum(rows[last][pid].rss_bytes for pid in together),
        first_shared=sum(before.shared for before, _ in known),
        last_shared=sum(after.shared for _, after in known) + len(together) * given_up,
    )


def _change(pid: int, rows: Sequence[dict[int, ProcessSample]]) -> tuple[_Sizes, _Sizes] | None:
    """Sizes of a process when its PSS was looked up first, and when it was found changed last."""
    fresh: list[_Sizes] = []
    for each in rows:
        row = each.get(pid)
        if row is not None and row.pss_bytes is not None and (not fresh or row.pss_bytes != fresh[-1].pss):
            fresh.append(_Sizes(row.rss_bytes, row.pss_bytes))
    return (fresh[0], fresh[-1]) if fresh else None
