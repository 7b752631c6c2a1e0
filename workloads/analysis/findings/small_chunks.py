"""Chunks that compute for less time than it takes to ship them."""

from __future__ import annotations

from ...report import figures
from .base import LARGE_MESSAGE, Case, Finding, Page, counted

_MANY = 8
"""Chunks a worker, from which on there is something to put together: twice the four that `Pool.map` makes."""
_OVERHEAD = 0.3
"""Share of the time that shipping takes; it is also more than computing then, or the chunks are not called small."""
_LONG_NS = 200_000_000
"""A chunk that computes longer is never too small: the least that joblib's own batching aims at
(`AutoBatchingMixin.MIN_IDEAL_BATCH_DURATION`)."""
_WORTH = 10
"""How many times as long as it takes to ship it a chunk should compute, so that shipping costs a tenth."""
_PER_WORKER = 4
"""Chunks a worker below which ends become uneven: the rule of `Pool.map`."""

PAGE = Page(
    kind="small-chunks",
    title="Chunks are too small",
    meaning=(
        "Each chunk costs its way to a worker and back, some tens of microseconds in a pool and some hundreds in an "
        "executor, however little there is to compute. With chunksize=1, the default of imap, apply_async and of an "
        "executor's map, every task pays that alone."
    ),
    found_by=(
        "There are at least 8 chunks a worker, shipping and waiting for them take at least 30 % of the time and more "
        "than computing does, and their arguments and results are smaller than 16 KiB."
    ),
    remedy=(
        "Set a chunksize, so that a chunk computes ten times as long as it takes to ship, and yet each worker gets at "
        "least four of them. Or let each task do more."
    ),
)


def detect(case: Case) -> Finding | None:
    """Compare what chunks cost with what they compute."""
    facts, ledger = case.facts, case.facts.ledger
    overhead = ledger.sending_ns + ledger.returning_ns + ledger.waiting_ns
    is_large = max(facts.bytes_in, facts.bytes_out) / max(1, facts.chunks) >= LARGE_MESSAGE
    is_small = facts.chunks >= _MANY * case.workers and case.chunk_ns < _LONG_NS and not is_large
    if (
        case.is_serial
        or case.engine == "process"
        or not is_small
        or overhead < max(ledger.computing_ns, _OVERHEAD * case.wall_ns)
    ):
        return None
    each = overhead * case.workers / max(1, facts.chunks)
    size = _better_size(case, each)
    now = max(1, facts.tasks) / max(1, facts.chunks)
    advice = (
        f"Set chunksize={size}: so a chunk computes for {figures.duration(case.chunk_ns / now * size)}."
        if size > now
        else "Let each task do more: even all of them together are little work."
    )
    return case.finding(
        PAGE,
        f"The chunks of {case.of} are too small: each took longer to ship than to compute.",
        (
            (
                f"{counted(facts.chunks, 'chunk')} of {figures.short_count(now)} task{'' if now == 1 else 's'} "
                f"computed for {figures.duration(case.chunk_ns)} each, and cost {figures.duration(each)} each besides."
            ),
            f"Shipping and waiting took {case.of_wall(overhead)}.",
        ),
        advice,
        overhead,
    )


def _better_size(case: Case, overhead_ns: float) -> int:
    """Tasks that a chunk should have."""
    task_ns = max(1.0, case.facts.computing_ns / max(1, case.facts.tasks))
    most = -(-case.facts.tasks // (_PER_WORKER * case.workers))
    return max(1, min(most, round(_WORTH * overhead_ns / task_ns)))
