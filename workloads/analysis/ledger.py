"""The ledger: where a run's wall time went, from the exact counters alone.

Every worker of the lane is followed over the timed region, from RUN_BEGUN to RUN_ENDED (or to now). Its time is cut at
a few moments, and each piece belongs to one phase::

    RUN_BEGUN   ENTERED   FIRST_RECEIVED        LAST_SENT    last LAST_SENT   RESULTS_THERE   RUN_ENDED
        | starting | sending | receiving -> sending |  waiting    |   returning      |   stopping   |
                             | computing            |
                             | returning            |
                             | the rest: waiting    |

The rules:

- From its first chunk to its last result, a worker's counters say what it did; what they leave over is waiting. The
  phase in hand counts up to now, or to the worker's death.
- A worker that never got a chunk counts as sending until another one got its first, then as waiting.
- Whoever has sent its last result waits for the slowest worker; once that one is done too, the parent still takes in
  results, and for all workers that is returning. While tasks are missing, it is waiting.
- A worker that takes the place of one that ended (after ``maxtasksperchild``, or a death) goes on in that one's line;
  the gap between the two is waiting, and then starting. Without a successor the rest of a dead worker's line is waiting
  while results are missing.
- From RESULTS_THERE on, everything is stopping.
- Where the runner computed on its own (the serial engine), its time is computing until the results are there.

The phases of each line sum to wall time and are never negative, whatever the counters say: a reader may see them while
they change, and a damaged file may hold anything. The ledger is the average over the lines, rounded so that the sum is
kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..model import PHASES, Ledger
from ..recorder import layout
from ..recording.states import has_chunk

if TYPE_CHECKING:
    from ..recording.contents import Contents
    from ..recording.events import EventFile


class _Region(NamedTuple):
    """What holds for all workers of the lane."""

    begin: int
    there: int
    """When the results were there, or now."""
    end: int
    first_received: int
    """When the first worker had its first chunk, or `there`."""
    last_sent: int
    """When the last worker had sent its last result; `there` while results are missing."""


class _Stay(NamedTuple):
    """One worker on its line."""

    file: EventFile
    begin: int
    """When its part of the line begins."""
    end: int
    """When its part ends: at its successor's birth, or with the line."""
    death: int
    """When it stopped working for good; not before the end of its part if it lives."""


def ledger_of(recording: Contents, now_ns: int) -> Ledger:
    """Say where the run's time went so far.

    Args:
        recording: Refreshed already.
        now_ns: The end of the timed region while it has not ended.

    Returns:
        All zero before the timed region began.
    """
    marks = recording.marks
    if marks.begun_ns is None:
        return Ledger()
    begin = marks.begun_ns
    end = max(begin, marks.ended_ns if marks.ended_ns is not None else _last_sign(recording, now_ns))
    there = _within(marks.results_there_ns if marks.results_there_ns is not None else end, begin, end)
    workers = recording.workers
    if workers and workers[0] is recording.runner:
        return Ledger(computing_ns=there - begin, stopping_ns=end - there)
    if not workers:
        return Ledger(starting_ns=there - begin, stopping_ns=end - there)
    lines = _lines(recording, workers)
    region = _region(recording, workers, begin, there, end)
    sums = dict.fromkeys(PHASES, 0)
    for line in lines:
        _add_line(sums, recording, line, region)
    return _average(sums, len(lines), end - begin)


def _last_sign(recording: Contents, now_ns: int) -> int:
    """The end of a run whose runner never said it: now, or when the runner was missed."""
    gone = recording.end_ns(recording.runner) if recording.runner is not None else None
    return now_ns if gone is None else min(gone, now_ns)


def _within(moment: int, least: int, most: int) -> int:
    return max(least, min(moment, most))


def _lines(recording: Contents, workers: Sequence[EventFile]) -> list[list[EventFile]]:
    """Put each worker behind one that had ended before it was born, or on a line of its own."""
    lines: list[list[EventFile]] = []
    free: list[tuple[int, list[EventFile]]] = []
    for worker in sorted(workers, key=lambda file: file.created_ns):
        line = next((line for ended, line in free if ended <= worker.created_ns), None)
        if line is None:
            line = []
            lines.append(line)
        else:
            free = [(ended, other) for ended, other in free if other is not line]
        line.append(worker)
        ended = recording.end_ns(worker)
        if ended is not None:
            free.append((ended, line))
            free.sort(key=lambda item: item[0])
    return lines


def _region(recording: Contents, workers: Sequence[EventFile], begin: int, there: int, end: int) -> _Region:
    received = [file.slots[layout.FIRST_RECEIVED] for file in workers if file.slots[layout.FIRST_RECEIVED]]
    planned = recording.marks.tasks_planned
    is_missing = recording.tasks_done < planned if planned is not None else any(has_chunk(file) for file in workers)
    sent = max(file.slots[layout.LAST_SENT] for file in workers)
    return _Region(
        begin=begin,
        there=there,
        end=end,
        first_received=_within(min(received, default=there), begin, there),
        last_sent=there if is_missing or not sent else _within(sent, begin, there),
    )


def _add_line(sums: dict[str, int], recording: Contents, line: Sequence[EventFile], region: _Region) -> None:
    sums["stopping"] += region.end - region.there
    begin = region.begin
    for index, file in enumerate(line):
        death = recording.end_ns(file)
        death = region.there if death is None else _within(death, begin, region.there)
        is_last = index == len(line) - 1
        end = region.there if is_last else _within(line[index + 1].created_ns, death, region.there)
        _add_stay(sums, _Stay(file, begin, end, death), region)
        begin = end


def _add_stay(sums: dict[str, int], stay: _Stay, region: _Region) -> None:
    """Share out the time of one worker on its line, in the order in which it passed."""
    slots = stay.file.slots
    is_busy = has_chunk(stay.file)
    entered = _within(slots[layout.ENTERED] or stay.death, stay.begin, stay.end)
    sums["starting"] += entered - stay.begin
    received = slots[layout.FIRST_RECEIVED]
    if not received and not slots[layout.CHUNKS_STARTED] and not is_busy:
        # Never got a chunk.
        first = _within(region.first_received, entered, stay.end)
        sums["sending"] += first - entered
        _add_tail(sums, first, stay.end, region)
        return
    first = _within(received or entered, entered, stay.end)
    sums["sending"] += first - entered
    last = _within(stay.death if is_busy else slots[layout.LAST_SENT] or stay.death, first, stay.end)
    _add_work(sums, slots, first, last)
    if is_busy:
        sums["waiting"] += stay.end - last
    else:
        _add_tail(sums, last, stay.end, region)


def _add_work(sums: dict[str, int], slots: Sequence[int], begin: int, end: int) -> None:
    """Share out the time between the first chunk and the last result by the counters."""
    counted = {
        "computing": slots[layout.COMPUTING],
        "returning": slots[layout.RETURNING],
        "sending": slots[layout.RECEIVING],
    }
    in_hand = {
        layout.PHASE_COMPUTING: "computing",
        layout.PHASE_RETURNING: "returning",
        layout.PHASE_RECEIVING: "sending",
    }.get(slots[layout.PHASE])
    if in_hand is not None:
        counted[in_hand] += end - _within(slots[layout.PHASE_SINCE], begin, end)
    left = end - begin
    for phase, spent in counted.items():
        taken = _within(spent, 0, left)
        sums[phase] += taken
        left -= taken
    sums["waiting"] += left


def _add_tail(sums: dict[str, int], begin: int, end: int, region: _Region) -> None:
    """Share out the time of a worker that has nothing to do any more."""
    slowest = _within(region.last_sent, begin, end)
    sums["waiting"] += slowest - begin
    sums["returning"] += end - slowest


def _average(sums: dict[str, int], lines: int, wall: int) -> Ledger:
    """Divide by the number of lines; what rounding leaves over goes to the phases that lost most by it."""
    shares = {phase: total // lines for phase, total in sums.items()}
    left = wall - sum(shares.values())
    for phase in sorted(PHASES, key=lambda name: sums[name] % lines, reverse=True)[:left]:
        shares[phase] += 1
    return Ledger(**{f"{phase}_ns": share for phase, share in shares.items()})
