"""What the system counts of a process anyway, looked up once, when it is about to end: it costs a task nothing.

The kernel keeps the time in which a thread could have run but had no CPU. That tells a task that waits for something
from one that has to share its core, which the clocks alone do not.
"""

import os
from time import perf_counter_ns, process_time_ns, thread_time_ns

from . import layout

TYPE_CHECKING = False  # `typing` would cost every process milliseconds
if TYPE_CHECKING:
    from typing import Any

_BYTES = 256
_FORGOTTEN = [0, 0, 0]
"""CPU time, that of all threads but the main one, and waits of that one for a CPU, that do not count."""
_OF_CHUNKS = (
    layout.WAITING, layout.RECEIVING, layout.CHUNKS_STARTED, layout.FIRST_RECEIVED, layout.BLOCKED,
)  # fmt: skip


def forget(slots: "Any") -> None:
    """Forget what a worker has done and used so far, which is to count nowhere: it has no task now, and waits."""
    used = process_time_ns()
    _FORGOTTEN[:] = used, used - thread_time_ns(), delay_of("self")
    for slot in _OF_CHUNKS:
        slots[slot] = 0
    slots[layout.PHASE_SINCE] = perf_counter_ns()
    slots[layout.PHASE] = layout.PHASE_WAITING


def note_end(slots: "Any") -> None:
    """Note what this process has used in all: CPU time, waits of its main thread for a CPU, threads.

    To be called by the main thread.
    """
    cpu, others, delay = _FORGOTTEN
    used = process_time_ns()
    slots[layout.USED_CPU] = max(0, used - cpu)
    slots[layout.OTHERS_CPU] = max(0, used - thread_time_ns() - others)
    # At least 1 where the system says it, as in `delay_of`.
    delayed = delay_of("self")
    slots[layout.DELAYED] = max(1, delayed - delay) if delayed else 0
    # The links of that directory are the threads, and two more.
    slots[layout.THREADS] = max(0, os.stat("/proc/self/task").st_nlink - 2)  # noqa: PTH116


def delay_of(thread: "int | str") -> int:
    """Return how long a thread of this process has waited for a CPU so far, in ns; 0 where the system does not say.

    Args:
        thread: Its number as the system counts threads, or ``self`` for the main one.
    """
    path = "/proc/self/schedstat" if thread == "self" else f"/proc/self/task/{thread}/schedstat"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        # At least 1: a thread that never waited is not one of which nothing is known.
        return max(1, int(os.read(descriptor, _BYTES).split()[1]))
    finally:
        os.close(descriptor)
