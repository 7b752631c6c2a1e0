"""A recording as a trace that ui.perfetto.dev opens: the Trace Event Format, as JSON.

Every process is a process of the trace with one thread, on which slices never overlap but by nesting::

    starting | waiting | function(receiving | computing | sending) | waiting | ... | idle | stopping

A slice of a function is one chunk, from when it was there until its result was sent; its arguments say the rest.
What is no worker of a pool has one slice ``running`` instead, with ``blocked`` in it while it waits for others.
Life and death are instants on the same thread; jobs are asynchronous slices of the process that gave them; memory and
CPU are counters of each process, cores and tasks those of a process called ``machine``. Times count from the begin of
the recording, in microseconds with three decimals: in that form all readers take them for exact nanoseconds.

Of a recording with many tasks the phases within each one are left out, because the viewer's memory has a limit; how
long they took is among the arguments all the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ...report.figures import exit_status
from .rows import formatted, quoted, thousandths
from .tasks import NO_CORE, TaskBlock, blocked_stretches, task_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...analysis.tracks import TrackView
    from .sink import Write
    from .source import Source

    Integers = NDArray[np.int64]

MOST_IN_DETAIL = 250_000
"""Chunks of a recording up to which the phases within each one get slices of their own."""
_MOST_JOBS = 5_000
_PID_SPACE = 1 << 22
"""No system numbers its processes higher, so numbers from here on are free for what is no process."""
_MACHINE = _PID_SPACE + 1
_MOST_PID = 1 << 31
"""Readers keep numbers in 32 bits; what is beyond this comes from a damaged recording."""
_STEPS = 2_000
"""Points of the counter of tasks at most."""
_SHORTEST_NS = 1
"""Phases that took no time are left out."""

_HEAD = ',\n{"ph":"X","pid":%d,"tid":%d,"ts":%%d.%%03d,"dur":%%d.%%03d,"name":%s,"cat":%s'
_TASK = (
    ',\n{"ph":"X","pid":%d,"tid":%d,"ts":%%d.%%03d,"dur":%%d.%%03d,"name":%%s,"cat":"task","args":{"job":%%d,'
    '"chunk":%%d,"tasks":%%d,"bytes_in":%%d,"bytes_out":%%d,"receiving_us":%%d.%%03d,"computing_us":%%d.%%03d,'
    '"sending_us":%%d.%%03d%%s}}'
)


def write_trace(source: Source, write: Write, *, in_detail: bool | None = None) -> None:
    """Write the trace, a piece at a time.

    Args:
        source: What is exported.
        write: Takes the bytes.
        in_detail: Whether each chunk's phases get slices of their own. Default: if there are few enough of them.
    """
    if in_detail is None:
        in_detail = sum(track.chunks_done for track in source.view.tracks) <= MOST_IN_DETAIL
    write(b'{"traceEvents":[\n')
    write(_event("M", _MACHINE, _MACHINE, name="process_name", args={"name": "machine"}).encode())
    sent = _Steps(source.length_ns)
    for track, pid in _numbered(source):
        for text in _named(track, pid):
            write(b",\n" + text.encode())
        _write_track(source, track, pid, write, sent, in_detail)
    _write_events(_jobs(source), write)
    _write_events(_tasks_done(sent), write)
    _write_events(_cores(source), write)
    _write_events(_memory(source), write)
    write(b'\n],\n"otherData":' + json.dumps(_about(source, in_detail=in_detail)).encode() + b"}\n")


def _event(phase: str, pid: int, tid: int, **fields: Any) -> str:
    content = {"ph": phase, "pid": pid, "tid": tid, **fields}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _at(phase: str, pid: int, tid: int, time_ns: int, **fields: Any) -> str:
    """Write an event that has a time; three decimals, for which JSON's own numbers cannot be relied on."""
    stamp = max(0, time_ns)
    text = _event(phase, pid, tid, **fields)
    return f'{text[:-1]},"ts":{stamp // 1000}.{stamp % 1000:03d}}}'


def _write_events(events: Iterable[str], write: Write) -> None:
    for event in events:
        write(b",\n" + event.encode())


def _numbered(source: Source) -> Iterator[tuple[TrackView, int]]:
    """Give each process a number of its own; a pid may have been used twice."""
    used: set[int] = set()
    for track in source.view.tracks:
        pid = track.pid % _MOST_PID
        while pid in used:
            pid += 2 * _PID_SPACE
        used.add(pid)
        yield track, pid


def _named(track: TrackView, pid: int) -> Iterator[str]:
    name = f"{track.label} {track.name}" if track.name not in ("", track.label) else track.label
    yield _event("M", pid, pid, name="process_name", args={"name": name})
    yield _event("M", pid, pid, name="process_sort_index", args={"sort_index": track.row})
    yield _event("M", pid, pid, name="process_labels", args={"labels": track.role})
    yield _event("M", pid, pid, name="thread_name", args={"name": track.label})


def _write_track(source: Source, track: TrackView, pid: int, write: Write, sent: _Steps, in_detail: bool) -> None:
    """Write what one process did, in the order of time."""
    origin, until = source.origin_ns, track.until_ns
    # Of a process that is known from samples only, nothing but its life is known.
    entered = track.entered_ns or (until if track.is_recorded else track.started_ns)
    exiting = max(entered, min(track.exiting_ns or until, until))
    life = np.array([track.started_ns, entered, exiting, until], np.int64) - origin
    begin, ready, told, gone = np.maximum.accumulate(np.clip(life, 0, source.length_ns)).tolist()
    _write_events(_born(source, track, pid, begin), write)
    if ready > begin:
        _write_slices(write, pid, "starting", "life", np.array([[begin], [ready]]))
    if not track.is_worker and told > ready:
        _write_slices(write, pid, "running", "life", np.array([[ready], [told]]))
    last = ready
    # Those of a process that is no worker lie within its slice.
    for block in task_blocks(source, track, None if track.is_worker else told):
        sent.add(block)
        _write_tasks(block, pid, write, in_detail)
        last = max(last, int(block.moments[-1, -1]))
    if track.is_worker:
        last = _write_unfinished(source, track, pid, write, last)
        if told > last:
            _write_slices(write, pid, "idle", "wait", np.array([[last], [told]]))
    _write_blocked(source, track, pid, write, (ready, told))
    if gone > max(told, last):
        _write_slices(write, pid, "stopping", "life", np.array([[max(told, last)], [gone]]))
    _write_events(_dead(track, pid, gone), write)


def _write_tasks(block: TaskBlock, pid: int, write: Write, in_detail: bool) -> None:
    waiting, received, begin, end, _, sent = block.moments
    if block.track.is_worker:
        _write_slices(write, pid, "waiting", "wait", np.stack((waiting, received)))
    names = {name: quoted(name or "task") for name in set(block.functions)}
    columns: list[list[Any]] = [
        *thousandths(received),
        *thousandths(sent - received),
        [names[name] for name in block.functions],
        block.job.tolist(),
        block.position.tolist(),
        block.items.tolist(),
        block.bytes_in.tolist(),
        block.bytes_out.tolist(),
        *thousandths(begin - received),
        *thousandths(end - begin),
        *thousandths(sent - end),
        _more(block),
    ]
    write(formatted(_TASK % (pid, pid), columns))
    if in_detail:
        for name, times in (("receiving", (received, begin)), ("computing", (begin, end)), ("sending", (end, sent))):
            _write_slices(write, pid, name, "phase", np.stack(times))


def _more(block: TaskBlock) -> list[str]:
    """Arguments that only some chunks have."""
    texts = [
        (f',"cpu_us":{spent}' if spent else "") + (f',"core":{core}' if core != NO_CORE else "")
        for spent, core in zip(block.cpu_us.tolist(), block.core.tolist(), strict=True)
    ]
    for index in np.flatnonzero(block.is_failed).tolist():
        texts[index] += ',"failed":true'
    for index, arguments in enumerate(block.arguments):
        if arguments:
            texts[index] += f',"arguments":{quoted(arguments)}'
    return texts


def _write_slices(write: Write, pid: int, name: str, category: str, times: Integers, tid: int | None = None) -> None:
    """Write one slice for each column of TIMES, which holds begins and ends."""
    begins, ends = times[:, times[1] - times[0] >= _SHORTEST_NS]
    if len(begins):
        head = _HEAD % (pid, pid if tid is None else tid, quoted(name), quoted(category))
        write(formatted(head + "}", [*thousandths(begins), *thousandths(ends - begins)]))


def _write_unfinished(source: Source, track: TrackView, pid: int, write: Write, last: int) -> int:
    """Write the chunk that a worker had in hand at the end of what is known of it, and return when that was."""
    from ...analysis.timeline import stretch_at

    stretch = stretch_at(track, track.until_ns - 1)
    if stretch is None or stretch.chunk is None or stretch.chunk.sent_ns is not None:
        return last
    chunk = stretch.chunk
    begin = max(last, chunk.received_ns - source.origin_ns)
    end = min(max(begin, track.until_ns - source.origin_ns), source.length_ns)
    if end <= begin:
        return last
    _write_slices(write, pid, "waiting", "wait", np.array([[last], [begin]]))
    about = {"job": chunk.job, "chunk": chunk.position, "tasks": chunk.items, "unfinished": True}
    slice_ = _at("X", pid, pid, begin, name=chunk.function or "task", cat="task", args=about)
    length = end - begin
    write(f',\n{slice_[:-1]},"dur":{length // 1000}.{length % 1000:03d}}}'.encode())
    return end


def _write_blocked(source: Source, track: TrackView, pid: int, write: Write, within: tuple[int, int]) -> None:
    """Write when the process waited for others: within ``running``, or on a thread of its own beside chunks."""
    times = np.clip(blocked_stretches(source, track), *within)
    if not (times[1] > times[0]).any():
        return
    tid = pid
    if track.is_worker or track.chunks_done:
        tid = pid + _PID_SPACE
        _write_events([_event("M", pid, tid, name="thread_name", args={"name": "blocked"})], write)
    _write_slices(write, pid, "blocked", "wait", times, tid)


def _born(source: Source, track: TrackView, pid: int, begin: int) -> Iterator[str]:
    about: dict[str, Any] = {"role": track.role}
    if track.parent:
        about["parent"] = next((other.label for other in source.view.tracks if other.pid == track.parent), "unknown")
    yield _at("i", pid, pid, begin, name="started", cat="life", s="t", args=about)


def _dead(track: TrackView, pid: int, gone: int) -> Iterator[str]:
    if track.ended_ns is None:
        return
    status = track.exit_status
    if not status or not track.has_bad_end:
        name = "ended"
    else:
        name = f"died of {exit_status(status)}" if status < 0 else f"ended with {exit_status(status)}"
    about = {} if status is None else {"exit_status": status}
    yield _at("i", pid, pid, gone, name=name, cat="life", s="t", args=about)


def _jobs(source: Source) -> Iterator[str]:
    """Jobs overlap, so they are asynchronous; of very many, the largest are told."""
    jobs = sorted(source.jobs, key=lambda job: -job.items_done)[:_MOST_JOBS]
    owners = {track.pid for track in source.view.tracks if track.pid < _MOST_PID}
    for number, job in enumerate(sorted(jobs, key=lambda job: job.submitted_ns), 1):
        if job.parent not in owners:
            continue
        begin = min(max(0, job.submitted_ns - source.origin_ns), source.length_ns)
        end = min(max(begin, job.last_ns - source.origin_ns), source.length_ns)
        name = f"{job.pool or 'job'}: {job.function or 'tasks'}"
        about = {"job": job.job, "chunks_done": job.chunks_done, "tasks_done": job.items_done,
                 "chunks_failed": job.chunks_failed, "chunksize": job.chunksize}  # fmt: skip
        shared: dict[str, Any] = {"name": name, "cat": "job", "id": f"0x{number:x}"}
        yield _at("b", job.parent, job.parent, begin, **shared, args=about)
        yield _at("e", job.parent, job.parent, end, **shared)


def _tasks_done(sent: _Steps) -> Iterator[str]:
    yield _at("C", _MACHINE, _MACHINE, 0, name="tasks done", args={"tasks": 0})
    for time_ns, done in sent.points():
        yield _at("C", _MACHINE, _MACHINE, time_ns, name="tasks done", args={"tasks": done})


def _cores(source: Source) -> Iterator[str]:
    for sample in source.cores:
        time_ns = sample.time_ns - source.origin_ns
        if not 0 <= time_ns <= source.length_ns:
            continue
        for core in sample.cores:
            use = {"user": round(core.user, 1), "system": round(core.system, 1), "steal": round(core.steal, 1)}
            yield _at("C", _MACHINE, _MACHINE, time_ns, name=f"core {core.number} %", args=use)


def _memory(source: Source) -> Iterator[str]:
    """Memory and CPU of each process, on its own rows; a number that was used twice is left to its first owner."""
    owners = {track.pid for track in source.view.tracks if track.pid < _MOST_PID}
    for sampled_ns in source.samples.process_times():
        time_ns = sampled_ns - source.origin_ns
        if not 0 <= time_ns <= source.length_ns:
            continue
        for process in source.samples.processes_at(sampled_ns):
            if process.pid in owners:
                sizes = {"resident": round(process.rss_bytes / 1e6, 1)}
                yield _at("C", process.pid, process.pid, time_ns, name="memory MB", args=sizes)
                if process.cpu_percent is not None:
                    share = {"cpu": round(process.cpu_percent, 1)}
                    yield _at("C", process.pid, process.pid, time_ns, name="CPU %", args=share)


def _about(source: Source, *, in_detail: bool) -> Mapping[str, Any]:
    meta = source.recording.meta
    remarks = [*([source.error] if source.error else []), *source.notes]
    if not in_detail:
        remarks.append("The phases within each task are left out; how long they took is among its arguments.")
    return {
        "title": meta.title if meta is not None else "",
        "identity": meta.identity if meta is not None else "",
        "begun_epoch_ns": meta.begun_epoch_ns if meta is not None else 0,
        "recorded_by": f"poolscope {meta.poolscope}" if meta is not None else "poolscope",
        "notes": "\n".join(remarks),
    }


class _Steps:
    """Counts tasks by the time at which their results were sent, in steps of equal length."""

    def __init__(self, length_ns: int) -> None:
        self._step = -(-length_ns // _STEPS)
        self._counts = np.zeros(_STEPS + 1, np.int64)

    def add(self, block: TaskBlock) -> None:
        """Count the tasks of a block."""
        np.add.at(self._counts, block.moments[-1] // self._step, block.items)

    def points(self) -> Iterator[tuple[int, int]]:
        """Say how many tasks were done at the end of each step in which any was."""
        totals = np.cumsum(self._counts)
        for index in np.flatnonzero(self._counts).tolist():
            yield (index + 1) * self._step, int(totals[index])
