"""The threads of a lane that calls the function in threads: each is recorded as a worker process would be.

A thread has an event file of its own, under its number as the system counts threads, which is never that of a process
at the same time. To a reader it is a worker that the process started.
"""

import os
from time import perf_counter_ns, thread_time_ns

from . import layout as at
from .eventfile import CPU_UNKNOWN, Writer, writer
from .packing import CHUNK_RECORD
from .quiet import quietly
from .usage import delay_of


class Member:
    """One thread. To be used by one thread at a time.

    Args:
        name: Of the thread.
        number: As the system counts threads.
    """

    def __init__(self, name: str, number: int) -> None:
        self._writer = _ThreadWriter()
        self._writer.number = number
        self._begun = self._cpu_begun = 0
        self._function = ""
        self._delay_forgotten = 0
        quietly(self._enter, name, number)

    def _enter(self, name: str, number: int) -> None:
        begun = perf_counter_ns()
        self._writer.open()
        slots = self._writer.slots
        self._writer.text(at.NAME_TEXT, name)
        writer.life(at.STARTED, a=number, time=begun, v1=perf_counter_ns(), v2=at.START_WORKER)
        slots[at.ENTERED] = slots[at.PHASE_SINCE] = perf_counter_ns()
        slots[at.PHASE] = at.PHASE_WAITING
        slots[at.ROLE] = at.ROLE_WORKER

    def begin(self, items: int, index: int, function: str) -> None:
        """Begin a chunk of so many tasks."""
        now, slots = perf_counter_ns(), self._writer.slots
        if function != self._function:
            self._function = function
            quietly(self._writer.text, at.FUNCTION_TEXT, function)
        if not slots[at.FIRST_RECEIVED]:
            slots[at.FIRST_RECEIVED] = now
        slots[at.WAITING] += now - slots[at.PHASE_SINCE]
        slots[at.INDEX] = index
        slots[at.ITEMS] = items
        slots[at.CHUNKS_STARTED] += 1
        self._cpu_begun = thread_time_ns()
        self._begun = now
        slots[at.PHASE_SINCE] = now
        slots[at.PHASE] = at.PHASE_COMPUTING

    def end(self, failed: bool) -> None:
        """End the chunk; ``failed`` if its function raised."""
        self._note(self._begun, perf_counter_ns(), thread_time_ns() - self._cpu_begun, failed)

    def did(self, items: int, index: int, function: str, begun: int, ended: int, cpu: int, failed: bool) -> None:
        """Note a chunk after it was done: when it began and ended, and the nanoseconds of CPU that it took."""
        slots = self._writer.slots
        since = slots[at.PHASE_SINCE]
        self.begin(items, index, function)
        slots[at.WAITING] += begun - slots[at.PHASE_SINCE]
        if slots[at.FIRST_RECEIVED] > begun:
            slots[at.FIRST_RECEIVED] = max(begun, since)
        self._note(begun, ended, cpu, failed)

    def _note(self, begun: int, ended: int, cpu: int, failed: bool) -> None:
        slots = self._writer.slots
        slots[at.COMPUTING] += ended - begun
        slots[at.COMPUTING_CPU] += cpu
        slots[at.COMPUTING_MEASURED] += ended - begun
        quietly(self._record, begun, ended, cpu // 1000, failed)
        slots[at.CHUNKS_FAILED] += bool(failed)
        slots[at.CHUNKS_DONE] += 1
        slots[at.ITEMS_DONE] += slots[at.ITEMS]
        slots[at.LAST_SENT] = slots[at.PHASE_SINCE] = ended
        slots[at.PHASE] = at.PHASE_WAITING

    def _record(self, begun: int, ended: int, cpu: int, failed: bool) -> None:
        number = self._writer.take()
        place = self._writer.place(number)
        if place is not None:
            slots = self._writer.slots
            CHUNK_RECORD(
                *place, at.CHUNK, at.FLAG_FAILED if failed else 0, CPU_UNKNOWN, slots[at.ITEMS], 0, slots[at.INDEX],
                begun, begun, begun, ended, ended, ended, 0, 0, cpu, number + 1,
            )  # fmt: skip

    def forget(self, number: int) -> None:
        """Forget how long the thread has waited so far, for tasks and for a CPU."""
        self._delay_forgotten = quietly(delay_of, number) or 0
        self._writer.slots[at.PHASE_SINCE] = perf_counter_ns()

    def note_delay(self, number: int) -> None:
        """Note how long the thread has waited for a CPU, while it is still there."""
        delayed = quietly(delay_of, number) or 0
        self._writer.slots[at.DELAYED] = max(1, delayed - self._delay_forgotten) if delayed else 0

    def leave(self) -> None:
        """Say that the thread is over."""
        slots = self._writer.slots
        slots[at.PHASE_SINCE] = now = perf_counter_ns()
        slots[at.PHASE] = at.PHASE_NONE
        slots[at.EXIT_CODE] = 0
        slots[at.EXITING] = now


class _ThreadWriter(Writer):
    """Writes the file of one thread."""

    __slots__ = ("number",)
    number: int

    def _numbers(self) -> "tuple[int, int]":
        return self.number, os.getpid()
